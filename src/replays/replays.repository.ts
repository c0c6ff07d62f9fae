import { sql, type Kysely, type Transaction } from 'kysely';
import type { Pool } from 'pg';
import { first } from '../base/must.ts';
import type { DB } from '../database/tables.ts';
import { parseExact } from '../json/exact-json.ts';
import { hasJob } from '../queue/jobs.ts';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';
import type { ReplayScope, ReplayStatus } from './replay.ts';

export type ReplayRow = ReplayScope & {
  id: string;
  /** Deliveries a second. */
  rate_limit: number | null;
  status: ReplayStatus;
  failure: string | null;
  total: number;
  is_estimate: boolean;
  seen: number;
  replayed: number;
  /** All up to this id is done with. */
  position_id: string;
  created_at: Date;
  updated_at: Date;
  completed_at: Date | null;
};

export type NewReplay = ReplayScope & Pick<ReplayRow, 'rate_limit' | 'total' | 'is_estimate'>;

export type ReplayFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  /** Replays of it or to it. */
  readonly subscriptionId?: string | undefined;
  readonly status?: ReplayStatus | undefined;
};

const COLUMNS = [
  'id',
  'tenant',
  'subscription_id',
  'target_subscription_id',
  'source',
  'after_id',
  'before_id',
  'statuses',
  'event_types',
  'event_id',
  sql<string | null>`filter::text`.as('filter'),
  'rate_limit',
  'status',
  'failure',
  'is_estimate',
  'position_id',
  'created_at',
  'updated_at',
  'completed_at',
] as const;

/** As a query gives a row: the filter as JSON text. */
export type WithFilterText<Row extends Pick<ReplayRow, 'filter'>> = Omit<Row, 'filter'> & {
  filter: string | null;
};

/** With the numbers of the filter as they were written. */
export function withFilter<Row extends { filter: string | null }>(row: Row) {
  const filter = row.filter === null ? null : (parseExact(row.filter) as ReplayRow['filter']);
  return { ...row, filter };
}

/** Counts are bigint, which comes as text; no replay counts further than a double. */
const COUNTS = [
  sql<number>`total::float8`.as('total'),
  sql<number>`seen::float8`.as('seen'),
  sql<number>`replayed::float8`.as('replayed'),
] as const;

export async function insertReplay(trx: Transaction<DB>, replay: NewReplay): Promise<ReplayRow> {
  return trx
    .insertInto('replays')
    .values({
      ...replay,
      id: sql`posthorn.uuid_v7()`,
      statuses: replay.statuses && [...replay.statuses],
      event_types: replay.event_types && [...replay.event_types],
      filter: replay.filter && JSON.stringify(replay.filter),
      position_id: replay.after_id,
      page_after_id: replay.after_id,
    })
    .returning(COLUMNS)
    .returning(COUNTS)
    .$castTo<WithFilterText<ReplayRow>>()
    .executeTakeFirstOrThrow()
    .then(withFilter);
}

export async function findReplay(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<ReplayRow | undefined> {
  const query = db.selectFrom('replays').select(COLUMNS).select(COUNTS).where('id', '=', id);
  return (tenant === null ? query : query.where('tenant', '=', tenant))
    .$castTo<WithFilterText<ReplayRow>>()
    .executeTakeFirst()
    .then((row) => row && withFilter(row));
}

/** At most `limit` replays, newest first, older than the one named. */
export async function findReplays(
  db: Kysely<DB>,
  { tenant, subscriptionId, status }: ReplayFilter,
  { limit, beforeId }: { limit: number; beforeId?: string | undefined },
): Promise<ReplayRow[]> {
  let query = db
    .selectFrom('replays')
    .select(COLUMNS)
    .select(COUNTS)
    .orderBy('id', 'desc')
    .limit(limit);
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (status !== undefined) query = query.where('status', '=', status);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  if (subscriptionId !== undefined) {
    query = query.where((is) =>
      is.or([
        is('subscription_id', '=', subscriptionId),
        is('target_subscription_id', '=', subscriptionId),
      ]),
    );
  }
  return (await query.$castTo<WithFilterText<ReplayRow>>().execute()).map(withFilter);
}

/** Takes a replay from one of some states to another; undefined when it is in none of them. */
export async function setReplayStatus(
  trx: Transaction<DB>,
  tenant: string | null,
  id: string,
  { from, to }: { from: readonly ReplayStatus[]; to: 'running' | 'paused' | 'cancelled' },
): Promise<ReplayRow | undefined> {
  const update = trx
    .updateTable('replays')
    .set({
      status: to,
      failure: null,
      next_page_at: null,
      updated_at: sql`now()`,
      completed_at: to === 'cancelled' ? sql`now()` : null,
    })
    .where('id', '=', id)
    .where('status', 'in', from);
  return (tenant === null ? update : update.where('tenant', '=', tenant))
    .returning(COLUMNS)
    .returning(COUNTS)
    .$castTo<WithFilterText<ReplayRow>>()
    .executeTakeFirst()
    .then((row) => row && withFilter(row));
}

/** When the oldest of what is stored may have been made. */
export async function findOldestMoment(db: Kysely<DB>): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`
    select coalesce(min(starts_at), now()) as at from posthorn.partitions
  `.execute(db);
  return first(rows, 'the oldest moment').at;
}

/** Plans the next run of a replay, after `waitMs` by the database's clock. */
export async function planRun(db: Kysely<DB>, id: string, waitMs: number): Promise<void> {
  await sql`
    select ${sql.id(QUEUE_SCHEMA, 'add_job')}('replay', json_build_object('replay_id', ${id}::uuid),
      run_at := now() + ${Math.ceil(waitMs)} * interval '1 millisecond', max_attempts := 1000,
      job_key := 'replay:' || ${id}::uuid)
  `.execute(db);
}

/** Replays that should continue and that no job does. */
export async function findStranded(db: Kysely<DB>): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select r.id
    from posthorn.replays as r
    where r.status = 'running' and r.updated_at < now() - interval '30 seconds'
      and not ${hasJob(sql`'replay:' || r.id`)}
  `.execute(db);
  return rows.map((row) => row.id);
}

/** Forgets replays that ended more than `retentionDays` ago. */
export async function deleteEndedReplays(pool: Pool, retentionDays: number): Promise<void> {
  await pool.query(
    `delete from posthorn.replays where completed_at < now() - $1 * interval '1 day'`,
    [retentionDays],
  );
}
