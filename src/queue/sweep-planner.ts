import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';

/** More often than once a minute, so that none is left out; a minute planned twice is one job. */
const PLAN_EVERY_MS = 20_000;

/**
 * Plans the task `sweep` for each minute of the database's clock, however many workers do. Graphile
 * Worker's cron goes by this process' clock and by the latest run it knows of: one worker two hours
 * ahead would leave the others without a sweep for two hours. Answers how to stop.
 */
export function planSweeps({ pool, logger }: { pool: Pool; logger: Logger }): () => void {
  function plan(): void {
    pool
      .query(
        `select ${QUEUE_SCHEMA}.add_job('sweep', '{}', run_at := at, max_attempts := 3,
          job_key := 'sweep:' || extract(epoch from at)::bigint)
        from (select date_trunc('minute', clock_timestamp()) + interval '1 minute' as at) as next`,
      )
      .catch((err: unknown) => logger.debug({ err }, 'could not plan a sweep'));
  }
  plan();
  const timer = setInterval(plan, PLAN_EVERY_MS);
  return () => clearInterval(timer);
}
