import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { Pool } from 'pg';
import { first } from '../base/must.ts';
import type { DB } from '../database/tables.ts';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';

/*
 * The one module that reads Graphile Worker's tables, which it calls private and may change with
 * any release. Beside it there are only functions in sql/migrations and the autoscaler's query.
 */

const JOBS = sql.id(QUEUE_SCHEMA, '_private_jobs');
const TASKS = sql.id(QUEUE_SCHEMA, '_private_tasks');
const CRONTABS = sql.id(QUEUE_SCHEMA, '_private_known_crontabs');

/** Jobs of one task. Fetched ahead counts as running. */
export type TaskState = {
  readonly task: string;
  readonly waiting: number;
  /** Planned for later. */
  readonly scheduled: number;
  readonly running: number;
  /** Failed before, and waiting to run again. */
  readonly retrying: number;
  /** Since when the longest waiting job could have run. */
  readonly oldestAgeSeconds: number | null;
};

/** The jobs of each task, and how many deliveries they carry; looks at `mostCounted` jobs at most. */
export async function findTaskStates(
  pool: Pool,
  mostCounted: number,
): Promise<(TaskState & { deliveries: number })[]> {
  const { rows } = await pool.query<TaskState & { deliveries: number }>(
    `with job as (
      select task_id, attempts, locked_at, run_at,
        coalesce(json_array_length(payload -> 'deliveries'), 0) as deliveries
      from ${QUEUE_SCHEMA}._private_jobs
      where attempts < max_attempts
      limit $1
    )
    select t.identifier as task,
      (count(j.task_id) filter (
        where locked_at is null and attempts = 0 and run_at <= now()))::integer as waiting,
      (count(j.task_id) filter (
        where locked_at is null and attempts = 0 and run_at > now()))::integer as scheduled,
      (count(j.task_id) filter (where locked_at is not null))::integer as running,
      (count(j.task_id) filter (where locked_at is null and attempts > 0))::integer as retrying,
      (extract(epoch from now() - min(j.run_at) filter (
        where locked_at is null and run_at <= now())))::double precision as "oldestAgeSeconds",
      coalesce(sum(j.deliveries), 0)::integer as deliveries
    from ${QUEUE_SCHEMA}._private_tasks as t
    left join job as j on j.task_id = t.id
    group by t.identifier
    order by t.identifier`,
    [mostCounted],
  );
  return rows;
}

/** When each cron entry last started its task, by the entry's identifier. */
export async function findLastRuns(db: Kysely<DB>): Promise<Map<string, Date | null>> {
  const { rows } = await sql<{ identifier: string; last_execution: Date | null }>`
    select identifier, last_execution from ${CRONTABS}
  `.execute(db);
  return new Map(rows.map((row) => [row.identifier, row.last_execution]));
}

/**
 * No delivery without a reason that waits in the queue or the outbox has a smaller id, give or take
 * what the clocks of accepting processes are behind the database's. Published from SQL, it may be
 * far older than its job. Jobs with tickets carry only what has a reason; the rest carry their least
 * id first, give or take its siblings.
 */
export async function findOldestQueuedId(db: Kysely<DB>): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    select posthorn.uuid_first_sibling(least(
      posthorn.uuid_floor(coalesce(min(j.created_at), now()) - interval '1 minute'),
      min((j.payload -> 'deliveries' ->> 0) collate "C")::uuid,
      (select min(o.delivery_ids[1]::text collate "C")::uuid from posthorn.outbox as o)
    )) as id
    from ${JOBS} as j
    join ${TASKS} as t on t.id = j.task_id
    where t.identifier = 'deliver' and j.payload -> 'tickets' is null
  `.execute(db);
  return first(rows, 'the oldest id in the queue').id;
}

/** Whether there is a job with this key, waiting or under way. */
export function hasJob(key: RawBuilder<string>): RawBuilder<boolean> {
  return sql<boolean>`exists (select from ${JOBS} as j where j.key = ${key})`;
}
