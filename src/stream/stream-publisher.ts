import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { passes, type StreamFilter, type StreamSubject } from './stream-filter.ts';
import { encodeMessage, type AttemptKey } from './stream-message.ts';
import { findFilters, notifyReaders } from './stream.repository.ts';

export type StreamPublisher = {
  attempt(key: AttemptKey, subject: StreamSubject): void;
  /** A delivery has changed its state other than by an attempt. */
  delivery(id: string, subject: StreamSubject): void;
  stop(): Promise<void>;
};

const LOOK_EVERY_MS = 1_000;
const TELL_EVERY_MS = 100;
/**
 * The most that a process publishes, 500 a second: more than anybody reads, and little
 * enough that readers cost the engine nothing to speak of. The rest is counted.
 */
const MAX_KEYS = 50;
/** How long a new reader may go unnoticed here: readers catch up on it from the database. */
export const NOTICED_WITHIN_MS = LOOK_EVERY_MS + 3 * TELL_EVERY_MS;

/**
 * Publishes attempts and changes of state while somebody reads the stream. Without readers it costs
 * a look at an empty table once a second.
 */
export function startStreamPublisher({
  pool,
  logger,
}: {
  pool: Pool;
  logger: Logger;
}): StreamPublisher {
  let filters: readonly StreamFilter[] = [];
  let attempts: AttemptKey[] = [];
  let deliveries: string[] = [];
  let skipped = 0;
  let work: Promise<void> | undefined;
  let lookedAtMs = Number.NEGATIVE_INFINITY;

  function mayTell(subject: StreamSubject): boolean {
    if (filters.length === 0 || !filters.some((filter) => passes(filter, subject))) return false;
    if (attempts.length + deliveries.length < MAX_KEYS) return true;
    skipped += 1;
    return false;
  }

  async function step(): Promise<void> {
    if (performance.now() - lookedAtMs >= LOOK_EVERY_MS) {
      lookedAtMs = performance.now();
      filters = await findFilters(pool);
    }
    if (attempts.length + deliveries.length === 0) return;
    const message = encodeMessage({ attempts, deliveries, skipped });
    attempts = [];
    deliveries = [];
    skipped = 0;
    await notifyReaders(pool, message);
  }

  const timer = setInterval(() => {
    work ??= step()
      .catch((err: unknown) => logger.debug({ err }, 'could not publish to the live stream'))
      .finally(() => (work = undefined));
  }, TELL_EVERY_MS);
  timer.unref();

  return {
    attempt(key, subject) {
      if (mayTell(subject)) attempts.push(key);
    },
    delivery(id, subject) {
      if (mayTell(subject)) deliveries.push(id);
    },
    async stop() {
      clearInterval(timer);
      await work;
    },
  };
}
