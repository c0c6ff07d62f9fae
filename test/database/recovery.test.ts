import pg from 'pg';
import t from 'tap';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import { leaseDeliveries, parkDeliveries } from '../../src/queue/delivery-queue.repository.ts';
import { promoteDue } from '../../src/queue/promote.ts';
import { rescueLost } from '../../src/queue/rescue.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import {
  beat,
  countWorkers,
  reapWorkers,
  registerWorker,
  retireWorker,
  unlockOrphanedJobs,
} from '../../src/workers/workers.repository.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { attemptOf, requestOf, retryIn, useStorage } from '../helpers/storage.ts';
import { until } from '../helpers/until.ts';

const { pool, url } = await createTestDatabase(t);
const { addSubscription, acceptAll, accept, delivery, queued, clearJobs } = useStorage(pool);
const LIMIT_MS = 60_000;
let lockKey = 1_000;

/** A worker on the register with a session that holds its lock, as a process has it. */
async function startWorker(poolId: string): Promise<pg.Client> {
  const session = new pg.Client({ connectionString: url });
  session.on('error', () => undefined);
  await session.connect();
  lockKey += 1;
  await registerWorker(session, {
    poolId,
    lockKey,
    host: 'here',
    processId: 1,
    version: 'test',
    keyIds: [],
  });
  return session;
}

async function lockJobs(poolId: string): Promise<number> {
  const { rowCount } = await pool.query(
    `update ${QUEUE_SCHEMA}._private_jobs set locked_by = $1, locked_at = now(), attempts = attempts + 1
    where locked_by is null`,
    [poolId],
  );
  return rowCount ?? 0;
}

const countLocked = async (): Promise<number> =>
  (
    await pool.query(
      `select count(*)::int from ${QUEUE_SCHEMA}._private_jobs where locked_by is not null`,
    )
  ).rows[0].count;

const subscriptionId = await addSubscription();
const queueOne = async (): Promise<string> =>
  (await accept({ target: { subscriptionId, version: 1 } })).deliveryId as string;

t.beforeEach(async () => void (await clearJobs()));

t.test('a worker that lives is left alone', async (t) => {
  const session = await startWorker('alive');
  t.strictSame(await reapWorkers(pool, LIMIT_MS), []);
  t.ok(await beat(session, 'alive'));
  t.equal(await countWorkers(pool), 1);
  await retireWorker(pool, 'alive');
  t.notOk(await beat(session, 'alive'), 'and knows when it is off the register');
  await session.end();
});

t.test('a worker does not take the lock key of another one that lives', async (t) => {
  const session = await startWorker('first');
  const other = new pg.Client({ connectionString: url });
  await other.connect();
  await t.rejects(
    registerWorker(other, {
      poolId: 'second',
      lockKey,
      host: 'here',
      processId: 1,
      version: 'test',
      keyIds: [],
    }),
    { message: /is another worker's/ },
  );
  t.equal(await countWorkers(pool), 1);
  await retireWorker(pool, 'first');
  await Promise.all([session.end(), other.end()]);
});

t.test(
  'a worker whose session has ended is dead: its jobs and leases are free at once',
  async (t) => {
    const session = await startWorker('dead');
    const [leased, waiting] = [await queueOne(), await queueOne()];
    await leaseDeliveries(pool, 'dead', [{ deliveryId: leased, attemptCount: 0, leaseMs: 15_000 }]);
    await recordAttempts(pool, 'dead', [attemptOf(waiting, { verdict: retryIn(60_000) })]);
    t.ok((await lockJobs('dead')) > 0);
    await session.end();
    await until(async () => (await reapWorkers(pool, LIMIT_MS)).includes('dead'));
    t.equal(await countLocked(), 0);
    t.equal(await countWorkers(pool), 0);
    t.equal(await promoteDue(pool, 10), 1);
    t.match(await delivery(leased), { status: 'pending', leased_by: null });
    t.match(
      await delivery(waiting),
      { reason: 'retry_scheduled', next_attempt_at: Date },
      'a retry keeps its time',
    );
    await t.rejects(recordAttempts(pool, 'dead', [attemptOf(leased)]), { code: 'PH001' });
  },
);

t.test('a worker that is silent for too long is dead, though its session lives', async (t) => {
  const [frozen, awake] = [await startWorker('frozen'), await startWorker('awake')];
  await pool.query(
    `update posthorn.workers set beat_at = clock_timestamp() - interval '10 seconds' where pool_id = 'frozen'`,
  );
  t.strictSame(await reapWorkers(pool, 5_000), ['frozen']);
  t.notOk(await beat(frozen, 'frozen'));
  t.ok(await beat(awake, 'awake'));
  await Promise.all([frozen.end(), awake.end()]);
  await retireWorker(pool, 'awake');
});

t.test('many who look at once declare each dead worker dead once', async (t) => {
  const sessions = await Promise.all(Array.from({ length: 6 }, (_, n) => startWorker(`gone-${n}`)));
  await Promise.all(sessions.map((session) => session.end()));
  const reaped: string[] = [];
  await until(async () => {
    const rounds = await Promise.all(Array.from({ length: 8 }, () => reapWorkers(pool, LIMIT_MS)));
    reaped.push(...rounds.flat());
    return (await countWorkers(pool)) === 0;
  });
  t.strictSame(
    reaped.sort(),
    sessions.map((_, n) => `gone-${n}`),
  );
});

t.test('whoever takes over wakes the workers that wait for jobs', async (t) => {
  const session = await startWorker('sleeping');
  await queueOne();
  await lockJobs('sleeping');
  const listener = new pg.Client({ connectionString: url });
  await listener.connect();
  t.teardown(() => listener.end());
  await listener.query('listen "jobs:insert"');
  let isNotified = false;
  listener.once('notification', () => (isNotified = true));
  await retireWorker(pool, 'sleeping');
  await until(() => isNotified, { timeoutMs: 2_000 });
  await session.end();
});

t.test('a worker that stops hands back what it holds', async (t) => {
  const session = await startWorker('stopping');
  const id = await queueOne();
  await leaseDeliveries(pool, 'stopping', [{ deliveryId: id, attemptCount: 0, leaseMs: 15_000 }]);
  await lockJobs('stopping');
  await retireWorker(pool, 'stopping');
  t.equal(await countLocked(), 0);
  t.equal(await promoteDue(pool, 10), 1);
  await session.end();
});

t.test('jobs locked by nobody on the register are freed after a while', async (t) => {
  await queueOne();
  await lockJobs('never registered');
  t.equal(await unlockOrphanedJobs(pool), 0, 'it may be about to register');
  await pool.query(
    `update ${QUEUE_SCHEMA}._private_jobs set locked_at = now() - interval '1 minute'`,
  );
  t.equal(await unlockOrphanedJobs(pool), 1);
  t.equal(await countLocked(), 0);
});

t.test('what no job carries is queued again, once, and nothing else', async (t) => {
  const old = Date.now() - 2 * 3_600_000;
  const request = () => requestOf({ target: { subscriptionId, version: 1 } });
  const acceptOld = async () => (await acceptAll([request()], old))[0]?.[0]?.deliveryId as string;
  const lost = [await acceptOld(), await acceptOld()];
  const [parked, waiting, done, leased] = [
    await acceptOld(),
    await acceptOld(),
    await acceptOld(),
    await acceptOld(),
  ];
  const session = await startWorker('worker');
  await parkDeliveries(pool, null, [{ id: parked, reason: 'saturated', waitMs: null }]);
  await recordAttempts(pool, 'worker', [
    attemptOf(waiting, { verdict: retryIn(60_000) }),
    attemptOf(done),
  ]);
  await leaseDeliveries(pool, 'worker', [{ deliveryId: leased, attemptCount: 0, leaseMs: 15_000 }]);
  await clearJobs();
  const [carried, running] = [await acceptOld(), await acceptOld()];
  await lockJobs('worker');
  const fresh = await queueOne();

  // Earlier tests leave deliveries of this minute behind, which are none of its business.
  while ((await rescueLost(pool, 1)) > 0);
  const found = await queued();
  t.strictSame(found.filter((id) => lost.includes(id)).sort(), lost.toSorted());
  t.strictSame(
    found.filter((id) => id === carried || id === running).length,
    2,
    'by their own jobs alone',
  );
  for (const id of [parked, waiting, done, leased]) t.notOk(found.includes(id));
  t.equal(found.filter((id) => id === fresh).length, 1);
  await session.end();
  await retireWorker(pool, 'worker');
});
