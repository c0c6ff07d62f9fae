import type { Pool, PoolClient } from 'pg';
import type { Logger } from '../base/logger.ts';

/** The database's time, known here. */
export type DatabaseClock = {
  /** Unix time in milliseconds. */
  now(): number;
  stop(): void;
};

const SYNC_EVERY_MS = 15_000;

/**
 * Ids, timestamps and waits of all processes follow one clock, the database's: it is read every
 * quarter of a minute, and carried on by this process' monotonic clock, so that a host whose own
 * clock is wrong or jumps moves nothing.
 *
 * @throws the database's error when the first reading fails
 */
export async function startDatabaseClock(pool: Pool, logger: Logger): Promise<DatabaseClock> {
  let offsetMs = await readOffset(pool);
  const timer = setInterval(() => {
    readOffset(pool).then(
      (readMs) => {
        offsetMs = readMs;
      },
      (err: unknown) => logger.debug({ err }, "could not read the database's clock"),
    );
  }, SYNC_EVERY_MS);
  timer.unref();
  return {
    now: () => Math.floor(performance.now() + offsetMs),
    stop: () => clearInterval(timer),
  };
}

type Reading = { readonly offsetMs: number; readonly tookMs: number };

const READINGS = 3;

/**
 * The database's Unix time less this process' monotonic time, both in milliseconds. Of some readings
 * the one that took the least: its error is half of that at most. The connection is there before the
 * first, or opening it would count as the way to the database.
 */
async function readOffset(pool: Pool): Promise<number> {
  const client = await pool.connect();
  try {
    let best = await read(client);
    for (let count = 1; count < READINGS; count += 1) {
      const next = await read(client);
      if (next.tookMs < best.tookMs) best = next;
    }
    client.release();
    return best.offsetMs;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

async function read(client: PoolClient): Promise<Reading> {
  const askedAtMs = performance.now();
  const { rows } = await client.query<{ now_ms: number }>(
    'select (extract(epoch from clock_timestamp()) * 1000)::double precision as now_ms',
  );
  const answeredAtMs = performance.now();
  return {
    offsetMs: (rows[0] as { now_ms: number }).now_ms - (askedAtMs + answeredAtMs) / 2,
    tookMs: answeredAtMs - askedAtMs,
  };
}
