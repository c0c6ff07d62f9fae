import type { Pool } from 'pg';
import { inBatches, queryCount } from './counted.ts';

/** Queues what is due. Answers how many; fewer than `limit` means that nothing else is due. */
export function promoteDue(pool: Pool, limit: number): Promise<number> {
  return queryCount(pool, 'select posthorn.promote_due($1) as count', [limit]);
}

/** Queues everything that is due. */
export function promoteAllDue(pool: Pool): Promise<void> {
  return inBatches((limit) => promoteDue(pool, limit));
}
