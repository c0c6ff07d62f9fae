import { DatabaseError, type ClientBase, type Pool } from 'pg';

/** How long what has ended is kept, counted from the moment its event was accepted. */
export type Retention = {
  readonly retentionHours: number;
  /** Of what failed or was discarded; where it is the shorter of the two, the other one holds. */
  readonly failedRetentionDays: number;
};

/** Before this moment, in SQL: of all that has ended as $1, of what failed as $2. */
const BEFORE = `now() - $1 * interval '1 hour'`;
const FAILED_BEFORE = `now() - $2 * interval '1 hour'`;

function hoursOf({ retentionHours, failedRetentionDays }: Retention): [number, number] {
  return [retentionHours, Math.max(retentionHours, failedRetentionDays * 24)];
}

/** Ends parked deliveries that are past retention. Answers how many. */
export async function expireParked(
  pool: Pool,
  retention: Retention,
  limit: number,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `select posthorn.expire_parked(${BEFORE}, ${FAILED_BEFORE}, $3) as count`,
    [...hoursOf(retention), limit],
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

export type EndedPeriod = {
  readonly period: string;
  /** Whether what failed in it stays; otherwise it goes whole. */
  readonly keeps: boolean;
};

/** The twelve-hour periods whose time has come, oldest first; some may hold pending work. */
export async function findEndedPeriods(
  client: ClientBase,
  retention: Retention,
): Promise<EndedPeriod[]> {
  const { rows } = await client.query<EndedPeriod>(
    `select period, keeps from posthorn.ended_periods(${BEFORE}, ${FAILED_BEFORE})`,
    hoursOf(retention),
  );
  return rows;
}

/**
 * Builds the tables that hold what is kept of a period, beside its partitions. Answers how many
 * deliveries that is; null when something is pending, so that the period stays as it is.
 */
export async function buildKept(
  client: ClientBase,
  { period, keeps }: EndedPeriod,
): Promise<number | null> {
  const { rows } = await client.query<{ count: string | null }>(
    'select posthorn.build_kept($1, $2) as count',
    [period, keeps],
  );
  const count = rows[0]?.count ?? null;
  return count === null ? null : Number(count);
}

/**
 * Waits for transactions that have written deliveries of the period, of which {@link buildKept} would
 * not know. False when one lasts too long.
 */
export async function awaitWriters(client: ClientBase, period: string): Promise<boolean> {
  try {
    await client.query('select posthorn.await_writers($1)', [period]);
    return true;
  } catch (error) {
    if (isLockNotAvailable(error)) return false;
    throw error;
  }
}

/** What nobody notices. */
export const SHORTEST_SWAP_PATIENCE_MS = 100;

/** Another one held a lock for longer than everybody else should wait. */
const LOCK_NOT_AVAILABLE = '55P03';

const isLockNotAvailable = (error: unknown): boolean =>
  error instanceof DatabaseError && error.code === LOCK_NOT_AVAILABLE;

/**
 * Takes a period's partitions out and puts in their place, with `keeps`, what {@link buildKept} has
 * built. `reopened`: someone has retried a delivery of it meanwhile, and nothing was done. `busy`: a
 * transaction that lasts longer than `patienceMs` is in the way; everybody else waits that long too.
 */
export async function swapPeriod(
  client: ClientBase,
  { period, keeps }: EndedPeriod,
  patienceMs = SHORTEST_SWAP_PATIENCE_MS,
): Promise<'swapped' | 'reopened' | 'busy'> {
  try {
    const { rows } = await client.query<{ is_swapped: boolean }>(
      'select posthorn.swap_period($1, $2, $3) as is_swapped',
      [period, keeps, patienceMs],
    );
    return rows[0]?.is_swapped === true ? 'swapped' : 'reopened';
  } catch (error) {
    if (isLockNotAvailable(error)) return 'busy';
    throw error;
  }
}

/**
 * Drops the tables of ended periods that are no partitions: those that were taken out, and those
 * that were built and never put in. Answers their names.
 */
export async function dropLeftOver(client: ClientBase, retention: Retention): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select name from posthorn.period_tables
    where not is_attached and ends_at <= now() - $1 * interval '1 hour'
    order by ends_at, name`,
    [retention.retentionHours],
  );
  for (const { name } of rows) await client.query(`drop table posthorn.${name}`);
  return rows.map(({ name }) => name);
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
