import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

export type WorkerState = {
  /** Workers whose beat is younger than the limit. */
  readonly live: number;
  /** The latest beat of any worker, living or not. */
  readonly lastSeenAt: Date | null;
};

/** The encryption keys that each living worker has. */
export async function findWorkerKeys(db: Kysely<DB>, beatLimitMs: number): Promise<string[][]> {
  const rows = await db
    .selectFrom('workers')
    .select('key_ids')
    .where('beat_at', '>', sql<Date>`clock_timestamp() - ${beatLimitMs} * interval '1 millisecond'`)
    .execute();
  return rows.map(({ key_ids: keyIds }) => keyIds);
}

/** Ages are measured by the database's clock, which is the one the beats were written by. */
export async function findWorkerState(db: Kysely<DB>, beatLimitMs: number): Promise<WorkerState> {
  return db
    .selectFrom('workers')
    .select((from) => [
      from.fn
        .countAll()
        .filterWhere(
          'beat_at',
          '>',
          sql<Date>`clock_timestamp() - ${beatLimitMs} * interval '1 millisecond'`,
        )
        .as('live'),
      from.fn.max('beat_at').as('lastSeenAt'),
    ])
    .executeTakeFirstOrThrow()
    .then(({ live, lastSeenAt }) => ({ live: Number(live), lastSeenAt: lastSeenAt ?? null }));
}
