import type { Transaction } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';

/*
 * Since when a subscription has done nothing but fail. Recording an attempt writes it, as long as
 * there is a subscription; a success forgets it.
 */

/** Forgets since when a subscription has been failing. */
export async function deleteFailures(trx: Transaction<DB>, subscriptionId: string): Promise<void> {
  await trx
    .deleteFrom('subscription_failures')
    .where('subscription_id', '=', subscriptionId)
    .execute();
}

/** Forgets the failures of subscriptions that were deleted while an attempt was being recorded. */
export async function deleteOrphanedFailures(pool: Pool): Promise<void> {
  await pool.query(
    `delete from posthorn.subscription_failures as f
    where not exists (select from posthorn.subscriptions as s where s.id = f.subscription_id)`,
  );
}

/** Active subscriptions that have failed for that long without one success. */
export async function findLongFailing(
  pool: Pool,
  hours: number,
): Promise<{ id: string; failingSince: Date }[]> {
  const { rows } = await pool.query<{ id: string; failing_since: Date }>(
    `select s.id, f.failing_since
    from posthorn.subscription_failures as f
    join posthorn.subscriptions as s on s.id = f.subscription_id
    where s.status = 'active' and f.last_failed_at - f.failing_since >= $1 * interval '1 hour'`,
    [hours],
  );
  return rows.map((row) => ({ id: row.id, failingSince: row.failing_since }));
}
