import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pool } from 'pg';
import { until } from '../faults/wait.ts';
import type { Place } from './place.ts';
import { TASKS } from './tasks.ts';

/** The application as a process of its own, and what its queue says. */
export type Neighbour = {
  /** Adds this many jobs of each task. */
  addJobs(perTask: number): Promise<void>;
  /** Adds a `deliver` job that takes so long, and resolves once it is under way. */
  startLongJob(ms: number): Promise<void>;
  /** Who has the long job now, and for which time; undefined when it is done. */
  findLongJob(): Promise<{ lockedBy: string | null; attempts: number } | undefined>;
  hasFinishedAll(): Promise<boolean>;
  /** The queue's migrations and functions, as text to compare. */
  snapshot(): Promise<string>;
  tally(): Promise<Tally>;
  /** Answers how it ended: by itself before, or now. */
  stop(): Promise<string>;
};

export type Tally = {
  readonly added: number;
  readonly lost: number;
  readonly doubled: number;
  /** Runs of jobs that the application never added. */
  readonly strange: number;
  /** Jobs that are left with an error. */
  readonly failed: number;
};

const PROGRAM = new URL('application.ts', import.meta.url).pathname;
const READY_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
const LONG_JOB = 'long';

export async function startNeighbour({
  module,
  url,
  pool,
  dir,
  closers,
}: Place): Promise<Neighbour> {
  const logFile = join(dir, 'application.log');
  await pool.query(`
    create schema application;
    create table application.added (key text primary key);
    create table application.runs (
      key text, task text not null, payload jsonb not null,
      started_at timestamptz not null default clock_timestamp(), finished_at timestamptz)`);
  const log = openSync(logFile, 'a');
  const child = spawn(process.execPath, [PROGRAM, module, url], {
    env: { PATH: process.env['PATH'] },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  closers.push(() => child.kill('SIGKILL'));
  let end: string | undefined;
  child.once('exit', (code, signal) => {
    end = signal ?? `code ${code}`;
  });
  await until(
    'ready application',
    READY_WITHIN_MS,
    async () =>
      end !== undefined || (await readFile(logFile, 'utf8')).includes('application: ready'),
  );
  if (end !== undefined) throw new Error(`the application ended with ${end}; see ${logFile}`);
  return {
    ...watchQueue(pool),
    async stop() {
      if (end !== undefined) return `by itself with ${end}`;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await until('end of the application', 2 * STOP_WITHIN_MS, () => end);
      clearTimeout(timer);
      return String(end);
    },
  };
}

function watchQueue(pool: Pool): Omit<Neighbour, 'stop'> {
  async function add(key: string, task: string, ms: number): Promise<void> {
    await pool.query(
      `with added as (insert into application.added values ($1) returning key)
      select graphile_worker.add_job($2, json_build_object('key', key, 'ms', $3::integer), job_key := key)
      from added`,
      [key, task, ms],
    );
  }
  let count = 0;
  const findLongJob: Neighbour['findLongJob'] = async () =>
    (
      await pool.query<{ lockedBy: string | null; attempts: number }>(
        'select locked_by as "lockedBy", attempts from graphile_worker.jobs where key = $1',
        [LONG_JOB],
      )
    ).rows[0];

  return {
    findLongJob,
    async addJobs(perTask) {
      for (const task of TASKS) {
        for (let index = 0; index < perTask; index += 1) {
          count += 1;
          await add(`${task}:${count}`, task, 0);
        }
      }
    },
    async startLongJob(ms) {
      await add(LONG_JOB, 'deliver', ms);
      await until(
        'start of the long job',
        READY_WITHIN_MS,
        async () => (await findLongJob())?.lockedBy,
      );
    },
    async hasFinishedAll() {
      const { rowCount } = await pool.query(`
        select from application.added as a
        where not exists (
          select from application.runs as r where r.key = a.key and r.finished_at is not null)
        limit 1`);
      return rowCount === 0;
    },
    async snapshot() {
      const {
        rows: [row],
      } = await pool.query<{ text: string }>(`
        select (select json_agg(m order by id) from graphile_worker.migrations as m)::text
          || (select string_agg(pg_get_functiondef(oid), '' order by oid) from pg_proc
            where pronamespace = 'graphile_worker'::regnamespace) as text`);
      return row?.text ?? '';
    },
    async tally() {
      const { rows } = await pool.query<Tally>(`
        with run as (
          select a.key, count(r.key) as runs, count(r.finished_at) as finished
          from application.added as a left join application.runs as r using (key)
          group by a.key)
        select count(*)::integer as added,
          (count(*) filter (where finished = 0))::integer as lost,
          (count(*) filter (where runs > 1))::integer as doubled,
          (select count(*)::integer from application.runs as r
            where not exists (select from application.added as a where a.key = r.key)) as strange,
          (select count(*)::integer from graphile_worker.jobs where last_error is not null) as failed
        from run`);
      const [tally] = rows;
      if (tally === undefined) throw new Error("the application's queue told nothing");
      return tally;
    },
  };
}
