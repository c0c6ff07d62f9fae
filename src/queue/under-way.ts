import { setTimeout as delay } from 'node:timers/promises';

/** The jobs of one session that are under way, whatever has become of the queue that began them. */
export type UnderWay = {
  /** The same task, watched. Once `end` was called its jobs reject, and are left to others. */
  watch<Payload>(task: (payload: Payload) => Promise<void>): (payload: Payload) => Promise<void>;
  /** Resolves when no job is under way and nothing else that is named; at the latest after `ms`. */
  end(ms: number, others: () => Iterable<Promise<unknown>>): Promise<void>;
};

/**
 * A queue that cannot reach its database ends without waiting for its jobs, and those begin
 * attempts as they continue: handing back what a session holds has to wait for them.
 */
export function createUnderWay(): UnderWay {
  const jobs = new Set<Promise<void>>();
  let isEnding = false;

  return {
    watch(task) {
      return (payload) => {
        if (isEnding) return Promise.reject(new Error('the session of this worker has ended'));
        const job = task(payload);
        const forget = (): void => void jobs.delete(job);
        jobs.add(job);
        job.then(forget, forget);
        return job;
      };
    },
    async end(ms, others) {
      isEnding = true;
      const cut = new AbortController();
      const timeOut = delay(ms, undefined, { ref: false, signal: cut.signal }).then(
        () => cut.abort(),
        () => undefined,
      );
      while (!cut.signal.aborted) {
        const all = [...jobs, ...others()];
        if (all.length === 0) break;
        await Promise.race([Promise.allSettled(all), timeOut]);
      }
      cut.abort();
    },
  };
}
