import { setTimeout as delay } from 'node:timers/promises';
import { createDatabase, LOAD_SETTINGS, REPLAY_SETTINGS } from './database/database.ts';
import { createReplayRunner } from './replays/replay-runner.service.ts';
import type { Runtime } from './runtime.ts';
import { CONCURRENT_JOBS, startWorkerSession, type WorkerSession } from './worker-session.ts';

export type Worker = {
  /** `failing`: it could not start, and tries again. */
  readonly state: 'starting' | 'working' | 'failing';
  /** Takes no new jobs, lets attempts in flight end, and hands back what does not end in time. */
  stop(): Promise<void>;
};

/** Graphile Worker asks for one per job and one to listen on; it opens what it needs. */
const QUEUE_CONNECTIONS = CONCURRENT_JOBS + 2;
/** Pages of replays done at once. */
const REPLAY_CONNECTIONS = 2;
const RESTART_AFTER_MS = 500;
const LONGEST_RESTART_MS = 5_000;

/**
 * Delivers until stopped. Whatever a session dies of, be it the database or a beat that came too
 * late, the next one begins in the same process; no supervisor has to restart anything.
 */
export function startWorker(runtime: Runtime): Worker {
  const { logger } = runtime;
  const stopping = new AbortController();
  const queuePool = runtime.openPool('queue', QUEUE_CONNECTIONS, LOAD_SETTINGS);
  const replays = createReplayRunner({
    db: createDatabase(runtime.openPool('replay', REPLAY_CONNECTIONS, REPLAY_SETTINGS)),
  });

  let state: Worker['state'] = 'starting';
  /** Sessions that end while the next one is at work already. */
  const ending = new Set<Promise<void>>();

  function end(session: WorkerSession): void {
    const ended: Promise<void> = session
      .stop()
      .catch((err: unknown) => logger.warn({ err }, 'a worker session did not end cleanly'))
      .finally(() => ending.delete(ended));
    ending.add(ended);
  }

  async function liveOnce(): Promise<void> {
    const session = await startWorkerSession({ runtime, queuePool, replays });
    state = 'working';
    const reason = await Promise.race([session.lost, aborted(stopping.signal)]);
    state = 'starting';
    if (reason !== undefined) logger.warn({ reason }, 'the worker starts over');
    end(session);
  }

  async function live(): Promise<void> {
    let waitMs = RESTART_AFTER_MS;
    while (!stopping.signal.aborted) {
      try {
        await liveOnce();
        waitMs = RESTART_AFTER_MS;
      } catch (err) {
        state = 'failing';
        logger.error({ err }, 'the worker could not start');
        waitMs = Math.min(waitMs * 2, LONGEST_RESTART_MS);
      }
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await Promise.all(ending);
  }

  const life = live();
  return {
    get state() {
      return state;
    },
    async stop() {
      stopping.abort();
      await life;
    },
  };
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
