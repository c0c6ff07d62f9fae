import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';
import type { TaskName, TaskPayloads } from './tasks.ts';

/**
 * Graphile Worker gives a job up after this many attempts. A crash counts as one, so the bound is
 * far away: nothing of ours may be given up because machines die.
 */
const MAX_ATTEMPTS = 1000;

const ADD_JOB = sql.id(QUEUE_SCHEMA, 'add_job');

export type JobOptions = {
  /** Jobs that share a key are one job: adding it again replaces what has not started. */
  readonly jobKey?: string;
  /** Not before this moment. */
  readonly runAt?: Date;
};

/** Adds a job. Inside a transaction the job exists once that commits, together with the rest. */
export async function addJob<Name extends TaskName>(
  db: Kysely<DB>,
  task: Name,
  payload: TaskPayloads[Name],
  options: JobOptions = {},
): Promise<void> {
  await sql`
    select ${ADD_JOB}(
      ${task},
      ${JSON.stringify(payload)}::json,
      run_at := ${options.runAt ?? null}::timestamptz,
      max_attempts := ${MAX_ATTEMPTS},
      job_key := ${options.jobKey ?? null}
    )
  `.execute(db);
}
