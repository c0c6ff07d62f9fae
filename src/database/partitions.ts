import type { Pool } from 'pg';

/** Creates the partitions that ids of the next three days need. */
export async function ensurePartitions(pool: Pool): Promise<string[]> {
  const { rows } = await pool.query<{ created: string[] }>(
    `select posthorn.ensure_partitions(now() - interval '12 hours', now() + interval '3 days') as created`,
  );
  return rows[0]?.created ?? [];
}

/**
 * Does the work and, where a row found no partition for its id, makes the partitions and does it
 * again: maintenance that did not run for days costs time, not events.
 */
export async function withPartitions<T>(pool: Pool, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isMissingPartition(error)) throw error;
    await ensurePartitions(pool);
    return work();
  }
}

/** No partition for the row's id: 23514 without the name of a check constraint. */
function isMissingPartition(error: unknown): boolean {
  const { code, constraint } = error as { code?: string; constraint?: string };
  return code === '23514' && constraint === undefined;
}
