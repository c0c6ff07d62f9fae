import t from 'tap';
import { createAttemptService } from '../../src/attempts/attempt.service.ts';
import { createAttemptRecorder } from '../../src/attempts/attempt-recorder.ts';
import { createCustody } from '../../src/workers/custody.ts';
import { createDeliverTask } from '../../src/engine/deliver.task.ts';
import { createInFlight } from '../../src/engine/in-flight.ts';
import { createDeliveryQueue } from '../../src/queue/delivery-queue.service.ts';
import { createLanes } from '../../src/subscription-health/lanes.ts';
import { parseRetrySchedule } from '../../src/retries/retry-schedule.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { useStorage } from '../helpers/storage.ts';
import { until } from '../helpers/until.ts';

const service = await startService(t, { hasWorker: false });
const { pool, runtime, subscribe, ingest, publish, delivery, attempts: attemptsOf } = service;
const { register, clearJobs } = useStorage(pool);
t.beforeEach(async () => void (await clearJobs()));

/** The task of a worker of that name, without the queue that would call it. */
async function startTask({
  workerId = 'worker',
  random = 0.5,
  isRegistered = true,
  afterLoad = async (): Promise<void> => undefined,
  maxLoaded = 1_000,
  isOver = (): boolean => false,
} = {}) {
  if (isRegistered) await register(workerId).catch(() => undefined);
  const { logger, directory, sender, loadPool } = runtime;
  const lanes = createLanes({
    maxInFlight: 100,
    maxPerSubscription: 50,
    workerCount: () => 1,
    now: () => performance.now(),
  });
  const inFlight = createInFlight();
  const custody = createCustody({ forget: () => undefined });
  const attempts = createAttemptService({
    sender,
    logger,
    recorder: createAttemptRecorder({ pool: loadPool, workerId, concurrency: 2 }),
    defaultSchedule: parseRetrySchedule('10s'),
    defaultTimeoutMs: 10_000,
    disable: async () => undefined,
    now: Date.now,
    random: () => random,
  });
  const queue = createDeliveryQueue({ pool: loadPool, workerId });
  const deliver = createDeliverTask({
    queue: {
      ...queue,
      async load(job) {
        const loaded = await queue.load(job);
        await afterLoad();
        return loaded;
      },
    },
    directory,
    attempts,
    lanes,
    custody,
    logger,
    inFlight,
    defaultTimeoutMs: 10_000,
    maxLoaded,
    isOver,
    isClosed: () => false,
  });
  return { deliver: (...ids: string[]) => deliver({ deliveries: ids }), lanes, inFlight, custody };
}

async function queueOne(url: string, fields: object = {}): Promise<string> {
  const { id } = await subscribe(url, fields);
  return (await ingest(id)).delivery_id;
}

t.test('jitter decides where between four and six fifths of its wait a retry is due', async (t) => {
  const receiver = await startReceiver(t, 500);
  for (const [random, expectedMs] of [
    [0, 8_000],
    [0.5, 10_000],
    [0.999_999, 12_000],
  ] as const) {
    const { deliver } = await startTask({ random });
    const id = await queueOne(receiver.url);
    const before = Date.now();
    await deliver(id);
    const tookMs = Date.now() - before;
    const waitMs = Date.parse((await delivery(id)).next_attempt_at) - before;
    t.ok(waitMs > expectedMs - 500 && waitMs < expectedMs + tookMs + 500, `${waitMs} ms`);
  }
});

t.test('a job run twice, one after the other or at once, sends once', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 300 });
  const { deliver, inFlight } = await startTask();
  const id = await queueOne(receiver.url);
  await Promise.all([deliver(id), deliver(id)]);
  await deliver(id);
  t.equal(receiver.requests.length, 1);
  t.equal(inFlight.size, 0);
  t.match(await delivery(id), { status: 'delivered', attempt_count: 1 });
});

t.test('a job that comes again sends nothing that ended while it was loading', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 200 });
  const awaited: Promise<void>[] = [];
  const { deliver } = await startTask({ afterLoad: async () => void (await Promise.all(awaited)) });
  const id = await queueOne(receiver.url);
  const sending = deliver(id);
  await receiver.received(1);
  awaited.push(sending);
  await deliver(id);
  t.equal(receiver.requests.length, 1);
});

t.test('what is withheld after it was read is not sent, until its row is read again', async (t) => {
  const receiver = await startReceiver(t);
  const withholding = await startTask({
    afterLoad: async () => {
      t.notOk(withholding.custody.withhold(id), 'no attempt is under way');
    },
  });
  const id = await queueOne(receiver.url);
  await withholding.deliver(id);
  t.equal(receiver.requests.length, 0);
  t.notOk(withholding.custody.isUnderWay(id));
  t.match(await delivery(id), { status: 'pending', reason: 'released', attempt_count: 0 });
  const { rows } = await pool.query(
    `select payload -> 'subscription_id' as id, run_at > now() + interval '2 seconds' as is_later
    from posthorn_queue._private_jobs where key like 'drain:%'`,
  );
  t.match(rows, [{ is_later: true }], 'a drain brings it back');
});

t.test(
  'a delivery that has lost its event fails its job, holds up nobody and keeps no place',
  async (t) => {
    const receiver = await startReceiver(t);
    const { deliver, lanes } = await startTask();
    const { id: subscriptionId } = await subscribe(receiver.url);
    const [lost, other] = [await ingest(subscriptionId), await ingest(subscriptionId)];
    await pool.query('delete from posthorn.events where id = $1', [lost.event_id]);
    await t.rejects(deliver(lost.delivery_id, other.delivery_id), {
      message: /has lost its event/,
    });
    await until(() => receiver.requests.length === 1);
    await until(() => lanes.inFlight === 0);
    await until(async () => (await delivery(other.delivery_id)).status === 'delivered');
    await t.rejects(deliver(lost.delivery_id));
    t.equal(lanes.inFlight, 0);
  },
);

t.test(
  'the job of a worker that was declared dead fails, so that its deliveries keep a job',
  async (t) => {
    const receiver = await startReceiver(t);
    const { deliver } = await startTask({ workerId: 'dead', isRegistered: false });
    const id = await queueOne(receiver.url);
    await t.rejects(deliver(id), { code: 'PH001' });
    t.match(await delivery(id), { status: 'pending', attempt_count: 0 });
    t.strictSame(await attemptsOf(id), []);
  },
);

t.test('a worker that was taken over while its job loaded sends nothing', async (t) => {
  const receiver = await startReceiver(t);
  const id = await queueOne(receiver.url);
  let isOver = false;
  const { deliver } = await startTask({
    isOver: () => isOver,
    afterLoad: async () => {
      isOver = true;
    },
  });
  await t.rejects(deliver(id), { message: 'this worker has been taken over' });
  t.equal(receiver.requests.length, 0);
});

t.test('a job loads its deliveries once there is room for them', async (t) => {
  const receiver = await startReceiver(t, { delayMs: 100 });
  const [first, second] = [await queueOne(receiver.url), await queueOne(receiver.url)];
  let loads = 0;
  const { deliver } = await startTask({
    maxLoaded: 1,
    afterLoad: async () => {
      loads += 1;
    },
  });
  const both = [deliver(first), deliver(second)];
  await until(() => receiver.requests.length === 1);
  t.equal(loads, 1);
  await Promise.all(both);
  t.equal(loads, 2);
  t.equal(receiver.requests.length, 2);
});

t.test('a dead worker cannot keep others away from what it is still sending', async (t) => {
  const receiver = await startReceiver(t, 'hang');
  const { deliver } = await startTask({ workerId: 'dead', isRegistered: false });
  const id = await queueOne(receiver.url, { timeout_ms: 1_000 });
  await t.rejects(deliver(id), { code: 'PH001' });
  t.match(await delivery(id), { status: 'pending', reason: null });
  receiver.behave(200);
  await (await startTask()).deliver(id);
  t.match(await delivery(id), { status: 'delivered' });
});

t.test(
  'a job lets go of a slow attempt after half a second, under a lease that outlives the deadline',
  async (t) => {
    const receiver = await startReceiver(t, { delayMs: 5_000 });
    const { deliver, inFlight } = await startTask();
    const id = await queueOne(receiver.url, { timeout_ms: 15_000 });
    const startedAt = performance.now();
    await deliver(id);
    const tookMs = performance.now() - startedAt;
    t.ok(tookMs >= 490 && tookMs < 4_900, `${Math.round(tookMs)} ms`);
    const {
      rows: [row],
    } = await pool.query(
      `select leased_by, extract(epoch from next_attempt_at - now())::float as seconds
    from posthorn.deliveries where id = $1`,
      [id],
    );
    t.equal(row.leased_by, 'worker');
    t.ok(row.seconds > 10 && row.seconds <= 20, `${row.seconds} s`);
    await Promise.all(inFlight.works());
    t.match(await delivery(id), { status: 'delivered', attempt_count: 1 });
  },
);

t.test('deliveries of subscriptions that are paused, disabled or gone are not sent', async (t) => {
  const receiver = await startReceiver(t);
  const { deliver } = await startTask();
  const subscriptions = await Promise.all(Array.from({ length: 3 }, () => subscribe(receiver.url)));
  const ids = await Promise.all(
    subscriptions.map(async ({ id }) => (await ingest(id)).delivery_id),
  );
  const [paused, disabled, gone] = subscriptions;
  await pool.query(`update posthorn.subscriptions set status = 'paused' where id = $1`, [
    paused.id,
  ]);
  await pool.query(
    `update posthorn.subscriptions set status = 'disabled', disabled_reason = 'x' where id = $1`,
    [disabled.id],
  );
  await pool.query('delete from posthorn.subscriptions where id = $1', [gone.id]);
  await deliver(...ids);
  t.match(await Promise.all(ids.map(delivery)), [
    { status: 'pending', reason: 'subscription_paused' },
    { status: 'discarded', reason: 'subscription_disabled' },
    { status: 'cancelled', reason: 'subscription_deleted' },
  ]);
  t.equal(receiver.requests.length, 0);
});

t.test('a batch is sent together, whatever its size and payloads', async (t) => {
  const receiver = await startReceiver(t);
  const { deliver } = await startTask();
  const tenant = 'batch';
  const { id } = await subscribe(receiver.url, { tenant, max_concurrency: 50 });
  const sizes = Array.from({ length: 40 }, (_, n) => (n % 10 === 0 ? 100_000 : n));
  for (const size of sizes) await publish({ tenant, event_type: 'a', payload: 'x'.repeat(size) });
  const { rows } = await pool.query(
    'select id from posthorn.deliveries where subscription_id = $1',
    [id],
  );
  await deliver(...rows.map((row) => row.id));
  t.strictSame(
    receiver.requests.map(({ body }) => body.length - 2).sort((a, b) => a - b),
    sizes.toSorted((a, b) => a - b),
  );
});
