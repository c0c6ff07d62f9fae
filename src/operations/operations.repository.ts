import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

export type WorkerState = {
  readonly id: string;
  readonly host: string;
  readonly process_id: number;
  readonly version: string;
  readonly started_at: Date;
  readonly last_seen_at: Date;
  readonly in_flight: number;
};

/** Registered workers, the oldest first. */
export async function findWorkers(db: Kysely<DB>): Promise<WorkerState[]> {
  const { rows } = await sql<WorkerState>`
    select w.pool_id as id, w.host, w.process_id, w.version, w.started_at,
      w.beat_at as last_seen_at,
      coalesce((
        select sum(l.in_flight) from posthorn.lane_states as l where l.pool_id = w.pool_id
      ), 0)::integer as in_flight
    from posthorn.workers as w
    order by w.started_at, w.pool_id
  `.execute(db);
  return rows;
}

export type PartitionState = {
  readonly parent: string;
  readonly name: string;
  readonly starts_at: Date;
  readonly total_bytes: number;
  readonly estimated_rows: number;
};

export async function findPartitions(db: Kysely<DB>): Promise<PartitionState[]> {
  const { rows } = await sql<PartitionState>`
    select parent, name, starts_at, total_bytes::double precision as total_bytes,
      estimated_rows::double precision as estimated_rows
    from posthorn.partitions
  `.execute(db);
  return rows;
}
