import pg from 'pg';
import t from 'tap';
import { createAcceptService } from '../../src/accept/accept.service.ts';
import { ensurePartitions } from '../../src/database/partitions.ts';
import { timeOfId } from '../../src/ids/event-id.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { idAt, requestOf, useStorage } from '../helpers/storage.ts';
import { until } from '../helpers/until.ts';

const database = await createTestDatabase(t);
const { pool } = database;
const { addSubscription, acceptAll, accept, deliveriesOf, queued, jobs, clearJobs } =
  useStorage(pool);

const countEvents = async (tenant: string): Promise<number> =>
  (await pool.query('select count(*)::int from posthorn.events where tenant = $1', [tenant]))
    .rows[0].count;
const findKeys = async (tenant: string): Promise<string[]> =>
  (
    await pool.query('select key from posthorn.idempotency_keys where tenant = $1 order by key', [
      tenant,
    ])
  ).rows.map(({ key }) => key);

t.beforeEach(async () => void (await clearJobs()));

t.test('an event reaches every subscription of its tenant that wants its type', async (t) => {
  const tenant = 'fan-out';
  const all = await addSubscription({ tenant });
  const exact = await addSubscription({ tenant, event_types: ['invoice.paid', 'order.created'] });
  const wild = await addSubscription({ tenant, event_types: ['order.*'] });
  await addSubscription({ tenant, event_types: ['order.deleted', 'ord*.x'] });
  await addSubscription({ tenant: 'other' });
  const { outcome, eventId, deliveryCount } = await accept(
    { tenant },
    {
      eventType: 'order.created',
    },
  );
  t.equal(outcome, 'accepted');
  t.equal(deliveryCount, 3);
  const deliveries = await deliveriesOf(eventId);
  t.strictSame(deliveries.map((one) => one.subscription_id).sort(), [all, exact, wild].sort());
  t.ok(
    deliveries.every(
      ({ status, reason, parked }) => status === 'pending' && reason === null && !parked,
    ),
  );
  t.strictSame(
    (await queued()).sort(),
    deliveries.map(({ id }) => id),
  );
  t.ok(
    deliveries.every(({ id }) => timeOfId(id).getTime() === timeOfId(eventId as string).getTime()),
  );
});

t.test('an event that nobody wants is kept', async (t) => {
  t.match(await accept({ tenant: 'nobody' }), {
    outcome: 'accepted',
    deliveryId: null,
    deliveryCount: 0,
  });
  t.equal(await countEvents('nobody'), 1);
  t.strictSame(await queued(), []);
});

t.test('paused subscriptions hold an event, disabled ones take no part', async (t) => {
  const tenant = 'states';
  const paused = await addSubscription({ tenant, status: 'paused' });
  await addSubscription({ tenant, status: 'disabled' });
  const { eventId } = await accept({ tenant });
  t.match(await deliveriesOf(eventId), [
    { subscription_id: paused, status: 'pending', reason: 'subscription_paused', parked: true },
  ]);
  t.strictSame(await queued(), []);
});

t.test('an event for one subscription needs the version its caller has checked', async (t) => {
  const tenant = 'targeted';
  const id = await addSubscription({ tenant, event_types: ['something.else'] });
  await addSubscription({ tenant });
  const answer = await accept({ tenant, target: { subscriptionId: id, version: 1 } });
  t.match(answer, { outcome: 'accepted', deliveryCount: 1 });
  t.match(await deliveriesOf(answer.eventId), [{ id: answer.deliveryId, subscription_id: id }]);
  await pool.query('update posthorn.subscriptions set name = $2 where id = $1', [id, 'changed']);
  const stale = [
    await accept({ tenant, target: { subscriptionId: id, version: 1 } }),
    await accept({ tenant, target: { subscriptionId: id, version: 3 } }),
    await accept({ tenant: 'another', target: { subscriptionId: id, version: 2 } }),
    await accept({ tenant, target: { subscriptionId: idAt(0), version: 1 } }),
  ];
  for (const one of stale) t.match(one, { outcome: 'stale', deliveryId: null });
  t.equal(await countEvents(tenant), 1);
});

t.test('what goes to a disabled subscription is discarded, with the reason', async (t) => {
  const id = await addSubscription({ tenant: 'disabled', status: 'disabled' });
  const { eventId } = await accept({
    tenant: 'disabled',
    target: { subscriptionId: id, version: 1 },
  });
  t.match(await deliveriesOf(eventId), [
    { status: 'discarded', reason: 'subscription_disabled', completed_at: Date },
  ]);
  t.strictSame(await queued(), []);
});

t.test('a batch keeps the order of requests and events, and one job carries it', async (t) => {
  const tenant = 'batch';
  await addSubscription({ tenant });
  const payloads = ['{"a":"\\u001e"}', '"\\u0000"', '[1.0]', '{"a":1,"a":2}', '"é😀"'];
  const answers = await acceptAll([
    requestOf({ tenant }, ...payloads.slice(0, 2).map((payload) => ({ payload }))),
    requestOf({ tenant: 'batch-2' }, { payload: payloads[2]! }),
    requestOf({ tenant }, ...payloads.slice(3).map((payload) => ({ payload }))),
  ]);
  t.strictSame(
    answers.map((request) => request.length),
    [2, 1, 2],
  );
  t.strictSame(
    answers.flat().map(({ deliveryCount }) => deliveryCount),
    [1, 1, 0, 1, 1],
  );
  const ids = answers.flat().map(({ eventId }) => eventId);
  const { rows } = await pool.query(
    'select payload, payload_bytes from posthorn.events where id = any ($1) order by id',
    [ids],
  );
  t.strictSame(
    rows,
    payloads.map((payload) => ({ payload, payload_bytes: Buffer.byteLength(payload) })),
  );
  t.equal((await jobs('deliver')).length, 1);
});

t.test('a large fan-out is spread over jobs of 256 deliveries', async (t) => {
  const tenant = 'large';
  await pool.query(
    `insert into posthorn.subscriptions (tenant, id, target_url)
    select $1, posthorn.uuid_v7(), 'https://receiver.example/' from generate_series(1, 600)`,
    [tenant],
  );
  t.match(await accept({ tenant }), { deliveryCount: 600 });
  const found = await jobs('deliver');
  t.strictSame(
    found.map(({ payload }) => payload.deliveries.length),
    [256, 256, 88],
  );
  t.equal(new Set(found.flatMap(({ payload }) => payload.deliveries)).size, 600);
});

t.test('the same request with the same key is answered as the first was', async (t) => {
  const tenant = 'replay';
  await addSubscription({ tenant });
  const request = { tenant, idempotency: { key: 'k', requestHash: 'h' } };
  const first = await accept(request);
  t.equal(first.outcome, 'accepted');
  t.strictSame(await accept(request), { ...first, outcome: 'replayed', recipient: null });
  t.equal(await countEvents(tenant), 1);
  t.equal((await queued()).length, 1);
  t.equal(
    (await accept({ ...request, tenant: 'replay-2' })).outcome,
    'accepted',
    'keys belong to tenants',
  );
});

t.test('another request with the same key is a conflict and stores nothing', async (t) => {
  const tenant = 'conflict';
  await addSubscription({ tenant });
  await accept({ tenant, idempotency: { key: 'k', requestHash: 'one' } });
  t.match(await accept({ tenant, idempotency: { key: 'k', requestHash: 'two' } }), {
    outcome: 'conflict',
    eventId: null,
  });
  t.equal(await countEvents(tenant), 1);
});

t.test('a key covers all events of its request', async (t) => {
  const tenant = 'many';
  await addSubscription({ tenant, event_types: ['a'] });
  const request = requestOf(
    { tenant, idempotency: { key: 'k', requestHash: 'h' } },
    { eventType: 'a' },
    { eventType: 'b' },
    { eventType: 'a' },
  );
  const [first] = await acceptAll([request]);
  const [second] = await acceptAll([request]);
  t.strictSame(
    second,
    first?.map((answer) => ({ ...answer, outcome: 'replayed', recipient: null })),
  );
  t.strictSame(
    second?.map(({ deliveryCount }) => deliveryCount),
    [1, 0, 1],
  );
  t.equal(await countEvents(tenant), 3);
});

t.test('within a batch, too, one key makes one event', async (t) => {
  const tenant = 'together';
  await addSubscription({ tenant });
  const keyed = (requestHash: string) =>
    requestOf({
      tenant,
      idempotency: { key: 'k', requestHash },
    });
  const answers = await acceptAll([keyed('h'), requestOf({ tenant }), keyed('h'), keyed('other')]);
  t.strictSame(
    answers.map(([answer]) => answer?.outcome),
    ['accepted', 'accepted', 'replayed', 'conflict'],
  );
  t.equal(answers[2]?.[0]?.eventId, answers[0]?.[0]?.eventId);
  t.equal(await countEvents(tenant), 2);
});

t.test('at once over many connections, one key makes one event', async (t) => {
  const tenant = 'race';
  await addSubscription({ tenant });
  const request = { tenant, idempotency: { key: 'k', requestHash: 'h' } };
  // One that another transaction holds is answered as in use, and asked for again.
  const acceptOnceFree = async () => {
    for (;;) {
      const answer = await accept(request);
      if (answer.outcome !== 'in_use') return answer;
    }
  };
  const answers = await Promise.all(Array.from({ length: 20 }, acceptOnceFree));
  t.equal(new Set(answers.map(({ eventId }) => eventId)).size, 1);
  t.equal(answers.filter(({ outcome }) => outcome === 'accepted').length, 1);
  t.equal(await countEvents(tenant), 1);
});

t.test('batches with the same keys in opposite orders do not deadlock', async (t) => {
  const keyed = (key: string) =>
    requestOf({
      tenant: 'crossed',
      idempotency: { key, requestHash: key },
    });
  const keys = Array.from({ length: 40 }, (_, n) => `k${n}`);
  const batches = Array.from({ length: 8 }, (_, n) =>
    (n % 2 === 0 ? keys : keys.toReversed()).map(keyed),
  );
  await Promise.all(batches.map((batch) => acceptAll(batch)));
  t.equal(await countEvents('crossed'), 40);
});

t.test('a request whose subscription has changed leaves no key behind', async (t) => {
  const tenant = 'keyless';
  const id = await addSubscription({ tenant });
  const request = (version: number) =>
    requestOf({
      tenant,
      target: { subscriptionId: id, version },
      idempotency: { key: 'k', requestHash: 'h' },
    });
  t.match(await acceptAll([request(7)]), [[{ outcome: 'stale' }]]);
  t.strictSame(await findKeys(tenant), []);
  t.match(
    await acceptAll([request(7), request(7)]),
    [[{ outcome: 'stale' }], [{ outcome: 'stale' }]],
    'not even when it came twice',
  );
  t.match(await acceptAll([request(1)]), [[{ outcome: 'accepted' }]]);
  t.strictSame(await findKeys(tenant), ['k']);
});

t.test('the one recipient of an event is told, with the version that was queued', async (t) => {
  const tenant = 'recipient';
  const recipientOf = async (...given: Parameters<typeof accept>) =>
    (await accept(...given)).recipient;
  t.equal(await recipientOf({ tenant }), null, 'nobody');
  const subscriptionId = await addSubscription({ tenant, event_types: ['a', 'b'] });
  const one = { subscriptionId, version: 1 };
  t.strictSame(await recipientOf({ tenant }, { eventType: 'a' }), one);
  t.strictSame(await recipientOf({ tenant, target: one }), one);
  t.equal(await recipientOf({ tenant, target: { ...one, version: 2 } }), null, 'stale');
  t.equal(await recipientOf({ tenant }, { eventType: 'a', orderingKey: 'k' }), null, 'in order');
  await addSubscription({ tenant, event_types: ['b'] });
  t.equal(await recipientOf({ tenant }, { eventType: 'b' }), null, 'one of two');
  const idempotency = { key: 'once', requestHash: 'h' };
  t.strictSame(await recipientOf({ tenant, idempotency }, { eventType: 'a' }), one);
  t.match(await accept({ tenant, idempotency }, { eventType: 'a' }), {
    outcome: 'replayed',
    recipient: null,
  });
  await pool.query(`update posthorn.subscriptions set status = 'paused' where id = $1`, [
    subscriptionId,
  ]);
  t.equal(await recipientOf({ tenant }, { eventType: 'a' }), null, 'paused');
});

t.test('a missing partition is made while accepting', async (t) => {
  const own = await createTestDatabase(t);
  const partitions = async () =>
    (await own.pool.query('select name from posthorn.partitions order by name')).rows;
  const before = await partitions();
  for (const { name } of before) await own.pool.query(`drop table posthorn.${name}`);
  const accepting = createAcceptService({ pool: own.pool, concurrency: 3, now: Date.now });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => accepting.accept(requestOf())),
  );
  t.ok(answers.every(([answer]) => answer?.outcome === 'accepted'));
  t.ok((await partitions()).length >= before.length - 3);
});

t.test('twenty processes make the partitions of the next days once', async (t) => {
  const own = await createTestDatabase(t);
  const { rows } = await own.pool.query('select name from posthorn.partitions');
  for (const { name } of rows) await own.pool.query(`drop table posthorn.${name}`);
  const processes = Array.from({ length: 20 }, () => {
    const connection = new pg.Pool({ connectionString: own.url, max: 1 });
    return connection.on('error', () => undefined);
  });
  const created = await Promise.all(processes.map((process) => ensurePartitions(process)));
  await Promise.all(processes.map((process) => process.end()));
  t.equal(created.filter((names) => names.length > 0).length, 1);
  t.equal(created.flat().length, new Set(created.flat()).size);
});

t.test('what one request holds wrong does not fail the others of its batch', async (t) => {
  const accepting = createAcceptService({ pool, concurrency: 1, now: Date.now });
  const tenant = 'mixed';
  const results = await Promise.allSettled([
    accepting.accept(requestOf({ tenant })),
    accepting.accept(requestOf({ tenant, target: { subscriptionId: 'no id', version: 1 } })),
    accepting.accept(requestOf({ tenant })),
  ]);
  t.strictSame(
    results.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  t.equal(await countEvents(tenant), 2);
});

t.test('past its bound it answers overloaded, and what it took it keeps', async (t) => {
  const blocker = await pool.connect();
  await blocker.query('begin; lock table posthorn.events in access exclusive mode');
  const accepting = createAcceptService({ pool, concurrency: 1, now: Date.now });
  const payload = JSON.stringify('x'.repeat(1_000_000));
  const results = Array.from({ length: 80 }, () =>
    accepting.accept(requestOf({ tenant: 'flood' }, { payload })),
  );
  const outcomes = Promise.allSettled(results);
  await until(() => accepting.waiting > 0);
  await blocker.query('rollback');
  blocker.release();
  const settled = await outcomes;
  const refused = settled.filter((one) => one.status === 'rejected');
  t.ok(refused.length > 0 && refused.length < 40, `${refused.length} of 80 refused`);
  for (const { reason } of refused)
    t.match(reason, {
      code: 'overloaded',
      retryAfterSeconds: 1,
    });
  await accepting.drained();
  t.equal(await countEvents('flood'), settled.length - refused.length);
});
