import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';

export type OutboxOptions = {
  /** One connection of it is used at a time, and none is held in between. */
  pool: Pool;
  logger: Logger;
};

/**
 * Events published from SQL arrive within a quarter of a second at rest: 0.2 s to be seen and some
 * milliseconds to be sent. At rest a look is a statement that reads an empty index.
 */
const LONGEST_PAUSE_MS = 200;
/** Where something was found, more is likely to come. */
const SHORTEST_PAUSE_MS = 25;
const PAUSE_AFTER_ERROR_MS = 1_000;
/** Rows of up to 256 deliveries taken in one transaction. */
const MOST_ROWS = 256;

const QUEUE = { name: 'queue_outbox', text: 'select posthorn.queue_outbox($1) as count' };

/**
 * Puts what was published from SQL on the queue, as soon as its transaction has committed. Any
 * number of workers may do so at once: each row is taken by one. Answers how to stop.
 */
export function watchOutbox({ pool, logger }: OutboxOptions): () => Promise<void> {
  const stopping = new AbortController();

  async function queueAll(): Promise<number> {
    let total = 0;
    for (;;) {
      const { rows } = await pool.query<{ count: number }>({ ...QUEUE, values: [MOST_ROWS] });
      const count = rows[0]?.count ?? 0;
      total += count;
      if (count < MOST_ROWS || stopping.signal.aborted) return total;
    }
  }

  async function watch(): Promise<void> {
    let pauseMs = LONGEST_PAUSE_MS;
    while (!stopping.signal.aborted) {
      try {
        const isBusy = (await queueAll()) > 0;
        pauseMs = isBusy ? SHORTEST_PAUSE_MS : Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      } catch (err) {
        logger.warn({ err }, 'could not queue what was published from SQL; trying again');
        pauseMs = PAUSE_AFTER_ERROR_MS;
      }
      await delay(pauseMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const watching = watch();
  return async () => {
    stopping.abort();
    await watching;
  };
}
