import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

/** The workers that may begin attempts, and until when what they say of them may be acted on. */
export type Register = { readonly workers: readonly string[]; readonly until: string };

/** A cancellation that asked nobody ends only where nobody has to be asked. */
export const NOBODY: Register = { workers: [], until: '-infinity' };

/** How long an answer holds; those who gave it withhold the delivery for longer. */
const DECIDE_WITHIN_MS = 1_000;

export async function findRegister(db: Kysely<DB>): Promise<Register> {
  const {
    rows: [register],
  } = await sql<{ workers: string[]; until: string }>`
    select array(select pool_id from posthorn.workers) as workers,
      (clock_timestamp() + ${DECIDE_WITHIN_MS} * interval '1 millisecond')::text as until
  `.execute(db);
  if (register === undefined) throw new Error('the register of workers was not answered');
  return register;
}
