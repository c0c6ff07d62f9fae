import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { cancelDelivery, setReleased } from '../../../src/log/delivery-actions.repository.ts';
import { findRegister } from '../../../src/workers/register.ts';
import { recordAttempts } from '../../../src/attempts/attempt-recorder.repository.ts';
import {
  endDeliveries,
  leaseDeliveries,
  loadQueuedDeliveries,
  parkDeliveries,
} from '../../../src/queue/delivery-queue.repository.ts';
import { promoteDue } from '../../../src/queue/promote.ts';
import { releaseParked } from '../../../src/queue/drains.ts';
import { QUEUE_SCHEMA } from '../../../src/database/queue-schema.ts';
import {
  reapWorkers,
  registerWorker,
  retireWorker,
  unlockOrphanedJobs,
} from '../../../src/workers/workers.repository.ts';
import type { TestDatabase } from '../../helpers/postgres.ts';
import { attemptOf, EXHAUSTED, requestOf, retryIn, useStorage } from '../../helpers/storage.ts';

/** A job as its worker holds it: what it loaded and has not dealt with yet. */
type HeldJob = {
  readonly id: string;
  readonly task: string;
  readonly payload: { deliveries?: string[]; tickets?: number[]; subscription_id?: string };
  /** Undefined until loaded. */
  open: Map<string, number> | undefined;
  /** Something of it was refused or broke: it will not be completed. */
  isFailed: boolean;
};

/** A worker process: what it has in memory, and the session that shows that it lives. */
export type ModelWorker = {
  poolId: string;
  session: pg.Client;
  jobs: HeldJob[];
  /** Attempts that go on after their job: delivery and attempts made before. */
  leased: Map<string, number>;
};

export type Outcome = 'success' | 'retry' | 'exhausted';

const TASKS = ['deliver', 'promote', 'drain'];

/**
 * The protocol's steps as the service takes them, one function call each, on the real functions
 * and on as many connections as there are workers.
 */
export async function createWorld(database: TestDatabase, workerCount: number) {
  const { pool, db, url } = database;
  const storage = useStorage(pool);
  const subscriptionIds = [await storage.addSubscription(), await storage.addSubscription()];
  const workers: ModelWorker[] = [];
  for (let i = 0; i < workerCount; i += 1) workers.push(await enter());

  async function enter(): Promise<ModelWorker> {
    const session = new pg.Client({ connectionString: url });
    session.on('error', () => undefined);
    await session.connect();
    const poolId = `pool-${randomBytes(6).toString('hex')}`;
    await registerWorker(session, {
      poolId,
      lockKey: randomBytes(4).readInt32BE(),
      host: 'model',
      processId: 1,
      version: 'model',
      keyIds: [],
    });
    return { poolId, session, jobs: [], leased: new Map() };
  }

  /** What Graphile Worker does to take a job. */
  async function claim(worker: ModelWorker): Promise<void> {
    const { rows } = await pool.query(
      `with job as (
        select j.id, t.identifier from ${QUEUE_SCHEMA}._private_jobs as j
        join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
        where j.is_available and j.run_at <= now() and t.identifier = any ($2)
        order by j.priority, j.run_at, j.id limit 1 for update of j skip locked
      )
      update ${QUEUE_SCHEMA}._private_jobs as j
      set locked_by = $1, locked_at = now(), attempts = attempts + 1
      from job where j.id = job.id
      returning j.id, job.identifier as task, j.payload`,
      [worker.poolId, TASKS],
    );
    for (const { id, task, payload } of rows) {
      worker.jobs.push({ id, task, payload, open: undefined, isFailed: false });
    }
  }

  async function load(job: HeldJob): Promise<void> {
    const { deliveries: ids = [], tickets = null } = job.payload;
    const deliveries = await loadQueuedDeliveries(pool, ids, tickets);
    job.open = new Map(deliveries.map((delivery) => [delivery.id, delivery.attemptCount]));
  }

  /** A step of a worker that may have been declared dead: an error fails its job. */
  async function fenced(job: HeldJob | undefined, step: () => Promise<unknown>): Promise<void> {
    try {
      await step();
    } catch (error) {
      if ((error as { code?: string }).code !== 'PH001') throw error;
      if (job !== undefined) job.isFailed = true;
    }
  }

  function record(worker: ModelWorker, id: string, attempts: number, outcome: Outcome) {
    const verdict = { success: undefined, retry: retryIn(5_000), exhausted: EXHAUSTED }[outcome];
    return recordAttempts(pool, worker.poolId, [
      attemptOf(id, { attemptNumber: attempts + 1, ...(verdict && { verdict }) }),
    ]);
  }

  /** Promote and drain are one call each. */
  async function runTask({ task, payload }: HeldJob): Promise<void> {
    if (task === 'promote') await promoteDue(pool, 100);
    if (task === 'drain') {
      await releaseParked(pool, {
        subscriptionId: payload.subscription_id as string,
        limit: 2,
        nextDrainMs: 0,
      });
    }
  }

  /** Completing deletes whoever has the lock; failing does not. */
  async function finish(worker: ModelWorker, job: HeldJob): Promise<void> {
    worker.jobs = worker.jobs.filter((one) => one !== job);
    await pool.query(
      job.isFailed
        ? `update ${QUEUE_SCHEMA}._private_jobs set locked_by = null, locked_at = null
          where id = $1 and locked_by = $2`
        : `delete from ${QUEUE_SCHEMA}._private_jobs where id = $1 and $2::text is not null`,
      [job.id, worker.poolId],
    );
  }

  async function replace(index: number): Promise<void> {
    const worker = workers[index] as ModelWorker;
    await worker.session.end();
    workers[index] = await enter();
  }

  return {
    pool,
    workers,
    storage,
    claim,
    load,
    record,
    fenced,
    runTask,
    finish,
    accept: (which: number, count: number) =>
      storage.acceptAll(
        Array.from({ length: count }, () =>
          requestOf({
            target: { subscriptionId: subscriptionIds[which] as string, version: 1 },
          }),
        ),
      ),
    lease: (worker: ModelWorker, id: string, attempts: number) =>
      leaseDeliveries(pool, worker.poolId, [
        { deliveryId: id, attemptCount: attempts, leaseMs: 8_000 },
      ]),
    park: (worker: ModelWorker, id: string) =>
      parkDeliveries(pool, worker.poolId, [{ id, reason: 'saturated', waitMs: 0 }]),
    end: (worker: ModelWorker, id: string) =>
      endDeliveries(pool, worker.poolId, [
        { id, status: 'discarded', reason: 'subscription_disabled' },
      ]),
    /** kill -9: memory and session go, the register does not know yet. */
    crash: replace,
    async stop(index: number) {
      await retireWorker(pool, (workers[index] as ModelWorker).poolId);
      await replace(index);
    },
    /** Frozen: its beat is old, its memory is not. */
    silence: (worker: ModelWorker) =>
      pool.query(
        `update posthorn.workers set beat_at = now() - interval '1 minute' where pool_id = $1`,
        [worker.poolId],
      ),
    reap: () => reapWorkers(pool, 3_500),
    /** Ten seconds go by for all that waits; promote jobs are named after their moment. */
    passTime: () =>
      pool.query(`
      update posthorn.deliveries set next_attempt_at = next_attempt_at - interval '10 seconds'
        where next_attempt_at is not null;
      update ${QUEUE_SCHEMA}._private_jobs set run_at = run_at - interval '10 seconds',
        key = case when key like 'promote:%' then 'passing ' || key else key end;
      update ${QUEUE_SCHEMA}._private_jobs set key = 'promote:' || extract(epoch from run_at)::bigint
        where key like 'passing %'`),
    /** What the minute's sweep does for jobs that someone off the register had taken. */
    async sweep() {
      await pool.query(`update ${QUEUE_SCHEMA}._private_jobs
        set locked_at = locked_at - interval '1 minute' where locked_at is not null`);
      await unlockOrphanedJobs(pool);
    },
    retry: (id: string) => db.transaction().execute((trx) => setReleased(trx, null, id)),
    /** At the worst moment: as if nobody who has it under way had said so. */
    cancel: async (id: string) => cancelDelivery(db, null, id, await findRegister(db)),
    async ids(): Promise<string[]> {
      const { rows } = await pool.query('select id from posthorn.deliveries order by id');
      return rows.map((row) => row.id);
    },
    /** Ends every worker's session and empties the tables. */
    async reset() {
      for (const worker of workers) await worker.session.end();
      await pool.query(`delete from posthorn.attempts; delete from posthorn.deliveries;
        delete from posthorn.events; delete from posthorn.workers;
        delete from ${QUEUE_SCHEMA}._private_jobs;
        delete from posthorn.subscription_failures; delete from posthorn.subscriptions`);
    },
  };
}

export type World = Awaited<ReturnType<typeof createWorld>>;
