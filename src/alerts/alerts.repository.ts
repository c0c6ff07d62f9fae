import type { Pool } from 'pg';

/** A subscription that has asked for an operational event. */
export type Asker = { readonly id: string; readonly version: number };

/**
 * Subscriptions of a tenant that ask for an operational event by its name or by a wildcard that
 * begins with the prefix: neither those to everything nor those to `*`.
 */
export async function findAskers(pool: Pool, tenant: string, eventType: string): Promise<Asker[]> {
  const { rows } = await pool.query<{ id: string; version: string }>(
    `select s.id, s.version
    from posthorn.subscriptions as s
    where s.tenant = $1 and s.status <> 'disabled'
      and exists (
        select from unnest(s.event_types) as pattern
        where pattern like 'posthorn.%' and $2 like any (posthorn.like_patterns(array[pattern])))
    order by s.id`,
    [tenant, eventType],
  );
  return rows.map(({ id, version }) => ({ id, version: Number(version) }));
}

/** Whether a subscription exists and takes deliveries. */
export async function isActive(pool: Pool, subscriptionId: string): Promise<boolean> {
  const { rowCount } = await pool.query(
    `select from posthorn.subscriptions where id = $1 and status = 'active'`,
    [subscriptionId],
  );
  return rowCount === 1;
}

/** Adds an `alert` job for each active subscription that has failed for so long, once each. */
export async function tellFailing(pool: Pool, forSeconds: number, failures: number): Promise<void> {
  await pool.query(`select posthorn.tell_failing($1 * interval '1 second', $2)`, [
    forSeconds,
    failures,
  ]);
}
