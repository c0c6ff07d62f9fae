import type { ClientBase, Pool } from 'pg';

/** Ends parked deliveries older than `retentionHours`. Answers how many. */
export async function expireParked(
  pool: Pool,
  retentionHours: number,
  limit: number,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select posthorn.expire_parked(now() - $1 * interval '1 hour', $2) as count`,
    [retentionHours, limit],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Does the work on a connection that holds the lock of those who drop partitions, so that one
 * process does it at a time. Undefined when another one is at it.
 */
export async function whileAloneDropping<T>(
  pool: Pool,
  work: (client: ClientBase) => Promise<T>,
): Promise<T | undefined> {
  const client = await pool.connect();
  let isReusable = false;
  try {
    const { rows } = await client.query<{ is_alone: boolean }>(
      `select pg_try_advisory_lock(hashtext('posthorn'), hashtext('drop_period')) as is_alone`,
    );
    const result = rows[0]?.is_alone === true ? await work(client) : undefined;
    await client.query('select pg_advisory_unlock_all()');
    isReusable = true;
    return result;
  } finally {
    // Ending the session is what frees the lock when the work has failed.
    client.release(!isReusable);
  }
}

/** The twelve-hour periods that are over and hold terminal deliveries only, oldest first. */
export async function findDroppablePeriods(
  client: ClientBase,
  retentionHours: number,
): Promise<string[]> {
  const { rows } = await client.query<{ period: string }>(
    `select posthorn.droppable_periods(now() - $1 * interval '1 hour') as period`,
    [retentionHours],
  );
  return rows.map((row) => row.period);
}

/**
 * Drops a period's partitions. Each is detached concurrently first, which blocks none of those
 * that read and write the other partitions, though it waits for their transactions; a period
 * dropped half-way is finished by the next call. Not for several at once, see
 * {@link whileAloneDropping}.
 */
export async function dropPeriod(client: ClientBase, period: string): Promise<string[]> {
  if (!/^\d{8}_\d{2}$/.test(period)) throw new Error(`${period} is no period`);
  const dropped: string[] = [];
  for (const parent of ['attempts', 'events', 'deliveries']) {
    const name = `${parent}_${period}`;
    const { rows } = await client.query<{ is_pending: boolean }>(
      `select inhdetachpending as is_pending from pg_inherits
      where inhrelid = to_regclass($1)`,
      [`posthorn.${name}`],
    );
    const table = `posthorn.${parent}`;
    if (rows[0] !== undefined) {
      const how = rows[0].is_pending ? 'finalize' : 'concurrently';
      await client.query(`alter table ${table} detach partition posthorn.${name} ${how}`);
    }
    await client.query(`drop table if exists posthorn.${name}`);
    dropped.push(name);
  }
  return dropped;
}

/** Forgets idempotency keys older than `retentionHours`. Answers how many. */
export async function deleteIdempotencyKeys(
  pool: Pool,
  retentionHours: number,
  limit: number,
): Promise<number> {
  const { rowCount } = await pool.query(
    `delete from posthorn.idempotency_keys
    where (tenant, key) in (
      select tenant, key from posthorn.idempotency_keys
      where created_at < now() - $1 * interval '1 hour'
      limit $2
    )`,
    [retentionHours, limit],
  );
  return rowCount ?? 0;
}
