import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { createRollups, type Rollups } from './rollups.ts';
import { addRollups, deleteRollups } from './stats.repository.ts';

export type RollupWriter = Pick<Rollups, 'countAccepted' | 'countAttempt' | 'countFiltered'> & {
  /** Resolves once everything counted so far is written, or was lost to an error. */
  flush(): Promise<void>;
  stop(): Promise<void>;
};

const WRITE_EVERY_MS = 2_000;

/**
 * Counts in memory and adds to the roll-ups every two seconds, one statement for the whole process.
 * A crash, or a database that does not answer, costs the counts of two seconds at the most, and
 * nothing but counts.
 */
export function startRollupWriter({
  pool,
  now,
  logger,
}: {
  pool: Pool;
  now(): number;
  logger: Logger;
}): RollupWriter {
  const rollups = createRollups(now);
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    const rows = rollups.take();
    if (rows.length === 0) return;
    await addRollups(pool, rows).catch((err: unknown) => {
      logger.debug({ err, rows: rows.length }, 'lost two seconds of statistics');
    });
  }

  /** Counts that do not fit between two writes wait in memory, summed up: one minute is one row. */
  function tick(): void {
    writing ??= write().finally(() => (writing = undefined));
  }

  const timer = setInterval(tick, WRITE_EVERY_MS);
  timer.unref();

  async function flush(): Promise<void> {
    await writing;
    tick();
    await writing;
  }

  return {
    countAccepted: rollups.countAccepted,
    countAttempt: rollups.countAttempt,
    countFiltered: rollups.countFiltered,
    flush,
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

const FORGET_BATCH = 10_000;

/** Drops roll-ups past retention. */
export async function forgetRollups(pool: Pool, retentionHours: number): Promise<void> {
  let count: number;
  do count = await deleteRollups(pool, retentionHours, FORGET_BATCH);
  while (count === FORGET_BATCH);
}
