import type { Client } from 'pg';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import type { Stage } from './stage.ts';
import type { FaultyProcess } from './process.ts';

/** A moment of trouble, with the deliveries that may be made twice for it and no others. */
export type Fault = {
  readonly atMs: number;
  /** Ids of deliveries that had been taken from the queue and not been recorded. */
  readonly inFlight: ReadonlySet<string>;
  /** By when everything had arrived that was sent before it; absent where the sender lived on. */
  readonly arrivedByMs?: number;
};

/**
 * Ids carry the database's clock as each process estimates it, which may be some milliseconds ahead
 * on a busy machine: without an allowance, what was accepted just before a fault looked as if later.
 */
const CLOCK_SLACK = '50 milliseconds';

/** Rows that look at long past deliveries would find nothing of this scenario. */
const RECENT = '15 minutes';

const UNRECORDED = `
  select d.id from posthorn.deliveries as d
  where d.id >= posthorn.uuid_floor(now() - interval '${RECENT}')
    and d.id < posthorn.uuid_floor($1::timestamptz + interval '${CLOCK_SLACK}')
    and d.completed_at is null`;

const UNDER_WAY = `${UNRECORDED}
    and (d.status = 'delivering' or (not d.parked and d.next_attempt_at is null))`;

/** What has been accepted by then and, as far as Postgres knows now, neither ended nor waits. */
export async function findUnrecorded({ postgres }: Stage, before: Date): Promise<Set<string>> {
  const rows = await postgres.query<{ id: string }>(UNDER_WAY, [before]);
  return new Set(rows.map(({ id }) => id));
}

/** The same, by a connection that has been opened in time. */
export async function findUnrecordedBy(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ id: string }>(UNDER_WAY, [new Date()]);
  return rows.map(({ id }) => id);
}

/** What a worker process has taken: by a job that it has locked, or under a lease. */
export async function findHeldBy(
  { postgres }: Stage,
  { pid }: FaultyProcess,
): Promise<Set<string>> {
  const rows = await postgres.query<{ id: string }>(
    `with pool as (select pool_id from posthorn.workers where process_id = $2),
    carried as (
      select json_array_elements_text(j.payload -> 'deliveries')::uuid as id
      from ${QUEUE_SCHEMA}._private_jobs as j
      join pool on pool.pool_id = j.locked_by
      join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
      where t.identifier = 'deliver'
    )
    ${UNRECORDED}
      and (d.leased_by in (select pool_id from pool)
        or (d.status = 'pending' and not d.parked and d.next_attempt_at is null
          and d.id in (select id from carried)))`,
    [new Date(), pid],
  );
  return new Set(rows.map(({ id }) => id));
}
