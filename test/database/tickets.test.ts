import t from 'tap';
import { cancelDelivery, setReleased } from '../../src/log/delivery-actions.repository.ts';
import { findRegister } from '../../src/workers/register.ts';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import {
  endDeliveries,
  leaseDeliveries,
  loadQueuedDeliveries,
  parkDeliveries,
} from '../../src/queue/delivery-queue.repository.ts';
import { promoteDue } from '../../src/queue/promote.ts';
import { releaseParked } from '../../src/queue/drains.ts';
import { rescueLost } from '../../src/queue/rescue.ts';
import type { AttemptRecord } from '../../src/queue/queued-delivery.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import type { TaskPayloads } from '../../src/queue/tasks.ts';
import { retireWorker } from '../../src/workers/workers.repository.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { attemptOf, EXHAUSTED, requestOf, retryIn, useStorage } from '../helpers/storage.ts';

type Job = TaskPayloads['deliver'];

const { pool, db } = await createTestDatabase(t);
const { addSubscription, acceptAll, accept, jobs, clearJobs, register, delivery, queueOutbox } =
  useStorage(pool);
const subscriptionId = await addSubscription();
const target = { subscriptionId, version: 1 };

t.beforeEach(async () => void (await clearJobs()));

const queueOne = async (): Promise<string> => (await accept({ target })).deliveryId as string;
const queuedJobs = async (): Promise<Job[]> =>
  (await jobs('deliver')).map(({ payload }) => payload);
const release = (id: string) => db.transaction().execute((trx) => setReleased(trx, null, id));
const cancel = async (id: string) => cancelDelivery(db, null, id, await findRegister(db));
const drain = () => releaseParked(pool, { subscriptionId, limit: 10, nextDrainMs: 0 });
const makeDue = (id: string) =>
  pool.query('update posthorn.deliveries set next_attempt_at = now() where id = $1', [id]);

async function record(id: string, verdict: AttemptRecord['verdict']): Promise<void> {
  const attemptNumber = (await delivery(id)).attempt_count + 1;
  await recordAttempts(pool, null, [attemptOf(id, { attemptNumber, verdict })]);
}

async function load({ deliveries, tickets }: Job): Promise<string[]> {
  return (await loadQueuedDeliveries(pool, deliveries, tickets ?? null)).map(({ id }) => id);
}

/** What puts a delivery, whose job has survived its worker, on the queue again. */
const WAYS: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
  async 'parked and released'(id) {
    await parkDeliveries(pool, null, [{ id, reason: 'saturated', waitMs: null }]);
    await drain();
  },
  async 'failed and due again'(id) {
    await record(id, retryIn(1));
    await makeDue(id);
    await promoteDue(pool, 100);
  },
  async 'leased by a worker that died'(id) {
    await register('leasing');
    await leaseDeliveries(pool, 'leasing', [{ deliveryId: id, attemptCount: 0, leaseMs: 9_000 }]);
    await retireWorker(pool, 'leasing');
    await promoteDue(pool, 100);
  },
  async 'waiting and retried by hand at once'(id) {
    await record(id, retryIn(60_000));
    await release(id);
  },
  async 'exhausted and retried by hand'(id) {
    await record(id, EXHAUSTED);
    await release(id);
  },
  async 'cancelled and retried by hand'(id) {
    await cancel(id);
    await release(id);
  },
};

for (const [what, requeue] of Object.entries(WAYS)) {
  t.test(`a delivery that was ${what} is carried by its new job alone`, async (t) => {
    const id = await queueOne();
    await requeue(id);
    await requeue(id);
    const [first, second, third, ...rest] = await queuedJobs();
    t.strictSame(rest, []);
    t.strictSame(first, { deliveries: [id] }, 'what accepting made carries no tickets');
    t.strictSame(third, { deliveries: [id], tickets: [2] });
    t.strictSame(await load(first as Job), []);
    t.strictSame(await load(second as Job), []);
    t.strictSame(await load(third as Job), [id]);
  });
}

t.test('the next of an ordering key that was called is carried by its new job alone', async (t) => {
  const keyed = async () => (await accept({ target }, { orderingKey: 'a' })).deliveryId as string;
  const [first, second] = [await keyed(), await keyed()];
  await parkDeliveries(pool, null, [{ id: second, reason: 'awaiting_order', waitMs: null }]);
  await endDeliveries(pool, null, [
    { id: first, status: 'discarded', reason: 'subscription_disabled' },
  ]);
  const [, old, called] = await queuedJobs();
  t.strictSame(called, { deliveries: [second], tickets: [1] });
  t.strictSame(await load(old as Job), []);
  t.strictSame(await load(called as Job), [second]);
});

t.test('each delivery of a job is held against its own ticket', async (t) => {
  const ids = [await queueOne(), await queueOne(), await queueOne()] as const;
  const [first, second, third] = ids;
  for (let n = 0; n < 2; n += 1) await WAYS['parked and released']?.(second);
  await clearJobs();
  await parkDeliveries(
    pool,
    null,
    ids.map((id) => ({ id, reason: 'saturated', waitMs: null })),
  );
  await drain();
  const [job] = await queuedJobs();
  t.strictSame(job, { deliveries: [first, second, third], tickets: [1, 3, 1] });
  t.strictSame(await load(job as Job), ids);
  t.strictSame(await load({ deliveries: [...ids], tickets: [3, 1, 1] }), [third]);
});

t.test('large releases are cut into jobs with the tickets of each', async (t) => {
  const requests = Array.from({ length: 300 }, () => requestOf({ target }));
  const ids = (await acceptAll(requests)).map(([answer]) => answer?.deliveryId as string);
  await clearJobs();
  await parkDeliveries(
    pool,
    null,
    ids.map((id) => ({ id, reason: 'saturated', waitMs: null })),
  );
  await releaseParked(pool, { subscriptionId, limit: 300, nextDrainMs: 0 });
  const found = await queuedJobs();
  t.strictSame(
    found.map((job) => [job.deliveries.length, job.tickets?.length]),
    [
      [256, 256],
      [44, 44],
    ],
  );
  t.strictSame((await Promise.all(found.map(load))).flat().toSorted(), ids.toSorted());
});

t.test('what waits in the outbox is not lost, however old it is', async (t) => {
  const [[answer] = []] = await acceptAll([requestOf({ target })], Date.now() - 2 * 3_600_000);
  const id = answer?.deliveryId as string;
  await clearJobs();
  await pool.query('select posthorn.defer_deliveries(array[$1::uuid])', [id]);
  t.equal(await rescueLost(pool, 100), 0);
  await queueOutbox();
  t.strictSame(await queuedJobs(), [{ deliveries: [id] }]);
  await cancel(id);
});

t.test('what only a job with an old ticket names is lost, and is rescued', async (t) => {
  const [[answer] = []] = await acceptAll([requestOf({ target })], Date.now() - 2 * 3_600_000);
  const id = answer?.deliveryId as string;
  await WAYS['parked and released']?.(id);
  await pool.query(`delete from ${QUEUE_SCHEMA}._private_jobs where payload::jsonb ? 'tickets'`);
  await rescueLost(pool, 100);
  const [old, rescued, ...rest] = await queuedJobs();
  t.strictSame(rest, []);
  t.strictSame(await load(old as Job), []);
  t.strictSame(await load(rescued as Job), [id]);
  t.equal(await rescueLost(pool, 100), 0, 'once');
});
