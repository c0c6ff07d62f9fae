import type { Pool } from 'pg';

/** Of the deliveries that are moved in one statement. */
const BATCH = 2_048;

/** Runs a statement that answers a `count`, and answers it. */
export async function queryCount(pool: Pool, text: string, values: unknown[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(text, values);
  return rows[0]?.count ?? 0;
}

/** Moves one batch after the other, until one is not full. */
export async function inBatches(move: (limit: number) => Promise<number>): Promise<void> {
  while ((await move(BATCH)) === BATCH);
}
