import type { Pool } from 'pg';
import type { StreamFilter } from './stream-filter.ts';

export const STREAM_CHANNEL = 'posthorn:stream';
/** A process that has not beaten for this long has no readers any more. */
const BEAT_LIMIT_SECONDS = 5;

/** Says what the readers of this process want to see. */
export async function setReaders(
  pool: Pool,
  processId: string,
  filters: readonly StreamFilter[],
): Promise<void> {
  await pool.query(
    `insert into posthorn.stream_readers (process_id, filters) values ($1, $2)
    on conflict (process_id) do update set filters = excluded.filters, beat_at = now()`,
    [processId, JSON.stringify(filters)],
  );
}

/** The last reader is gone; so are processes that died with theirs. */
export async function deleteReaders(pool: Pool, processId: string): Promise<void> {
  await pool.query(
    `delete from posthorn.stream_readers
    where process_id = $1 or beat_at < now() - interval '1 minute'`,
    [processId],
  );
}

/** The filters of the readers of all processes. */
export async function findFilters(pool: Pool): Promise<StreamFilter[]> {
  const { rows } = await pool.query<{ filters: StreamFilter[] }>(
    `select filters from posthorn.stream_readers
    where beat_at > now() - $1 * interval '1 second'`,
    [BEAT_LIMIT_SECONDS],
  );
  return rows.flatMap(({ filters }) => filters);
}

/** Tells every process that listens. */
export async function notifyReaders(pool: Pool, message: string): Promise<void> {
  await pool.query('select pg_notify($1, $2)', [STREAM_CHANNEL, message]);
}
