import type { Pool } from 'pg';
import { inBatches, queryCount } from './counted.ts';

/** Queues deliveries that no job carries any more. Answers how many. */
export function rescueLost(pool: Pool, limit: number): Promise<number> {
  return queryCount(pool, 'select posthorn.rescue_lost($1) as count', [limit]);
}

/** Queues everything that no job carries any more; reads whole partitions. */
export function rescueAllLost(pool: Pool): Promise<void> {
  return inBatches((limit) => rescueLost(pool, limit));
}
