/**
 * Graphile Worker 0.18.0 has a fault in its local queue. Released with jobs in it and nothing else
 * under way, it counts its background work as over before the return of those jobs has begun:
 * `release` throws, the pool never ends, and when the jobs cannot be returned either, because the
 * database is gone, the rejection is nobody's and ends the process.
 *
 * Something that is under way for as long as `release` runs keeps the count above zero. That takes
 * a method that Graphile Worker calls private, so the version is pinned, and a test fails
 * when it is raised, so that somebody checks whether this is still needed.
 */
export const PATCHED_VERSION = '0.18.0';

type LocalQueue = {
  readonly mode: string;
  background(work: Promise<unknown>): void;
  release(): Promise<unknown>;
};

/** Whether it has what the patch goes by. */
export function isPatchable(queue: object): queue is LocalQueue {
  return (
    'mode' in queue &&
    typeof queue.mode === 'string' &&
    'background' in queue &&
    typeof queue.background === 'function' &&
    'release' in queue &&
    typeof queue.release === 'function'
  );
}

export function patchRelease(queue: object): void {
  if (!isPatchable(queue)) return;
  const release = queue.release.bind(queue);
  queue.release = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (queue.mode !== 'RELEASED') queue.background(promise);
    const released = release();
    resolve();
    return released;
  };
}
