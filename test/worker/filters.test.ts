import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { buildClient, spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.setTimeout(90_000);
t.jobs = 4;

const service = await startService(t);
const { subscribe, publish, ingest, patch, call, delivery, attempts, untilDelivery, pool } =
  service;

const order = (total: unknown, currency = 'EUR') => ({ order: { total, currency } });

/** What became of a subscription's deliveries, by reason or else by status. */
async function outcomes(subscriptionId: string): Promise<Record<string, number>> {
  const { rows } = await pool.query<{ outcome: string; count: number }>(
    `select coalesce(reason, status) as outcome, count(*)::integer as count
    from posthorn.deliveries where subscription_id = $1 group by 1`,
    [subscriptionId],
  );
  return Object.fromEntries(rows.map(({ outcome, count }) => [outcome, count]));
}

t.test('only what matches arrives; the rest is discarded without an attempt', async (t) => {
  const receiver = await startReceiver(t);
  const everything = await startReceiver(t);
  const tenant = 'filters';
  const { id } = await subscribe(receiver.url, {
    tenant,
    filter: { type: { $startsWith: 'order.' }, payload: { 'order.total': { $gte: 100 } } },
  });
  const { id: other } = await subscribe(everything.url, { tenant });
  const events = Array.from({ length: 60 }, (_, n) => ({
    tenant,
    event_type: n % 3 === 0 ? 'user.created' : 'order.created',
    payload: order(n * 5),
  }));
  const { data } = await publish(events);
  t.ok(data.every(({ deliveries }: { deliveries: number }) => deliveries === 2));
  await everything.received(60);
  const wanted = events.filter(
    ({ event_type: type, payload }) =>
      type === 'order.created' && (payload.order.total as number) >= 100,
  );
  await until(async () => (await outcomes(id))['filtered'] === 60 - wanted.length);
  await until(async () => (await outcomes(id))['delivered'] === wanted.length);
  t.strictSame(
    receiver.requests
      .map(({ body }) => JSON.parse(body.toString()).order.total)
      .sort((a, b) => a - b),
    wanted.map(({ payload }) => payload.order.total),
  );
  await until(async () => (await outcomes(other))['delivered'] === 60);

  const {
    rows: [row],
  } = await pool.query(
    `select count(*)::integer as attempts,
      (select count(*)::integer from posthorn.subscription_failures where subscription_id = $1) as failures
    from posthorn.attempts where subscription_id = $1`,
    [id],
  );
  t.strictSame(row, { attempts: wanted.length, failures: 0 });
  const {
    rows: [one],
  } = await pool.query(
    `select id from posthorn.deliveries where subscription_id = $1 and reason = 'filtered' limit 1`,
    [id],
  );
  t.match(await delivery(one.id), {
    status: 'discarded',
    reason: 'filtered',
    attempt_count: 0,
    next_attempt_at: null,
    completed_at: String,
  });
  await service.runtime.instruments.rollups.flush();
  t.match((await call('GET', `/stats?subscription_id=${id}`)).body.totals, {
    filtered: 60 - wanted.length,
    attempts: wanted.length,
  });
  t.match((await call('GET', `/stats?tenant=${tenant}`)).body.totals, {
    filtered: 60 - wanted.length,
    events: 60,
  });
  t.match(
    (await call('GET', '/metrics')).text,
    /posthorn_deliveries_unsent_total\{reason="filtered"\} [1-9]/,
  );
});

t.test('an event with headers, one from SQL and one of a megabyte are judged alike', async (t) => {
  const receiver = await startReceiver(t);
  const tenant = 'ways';
  const { id } = await subscribe(receiver.url, {
    tenant,
    filter: {
      $or: [
        { headers: { 'X-Environment': 'production' } },
        { payload: { mark: { $endsWith: '!' } } },
      ],
    },
  });
  await publish({
    tenant,
    event_type: 'a',
    payload: 1,
    headers: { 'x-environment': 'production' },
  });
  await publish({ tenant, event_type: 'a', payload: 2, headers: { 'x-environment': 'test' } });
  await pool.query(`select posthorn.publish('a', '{"mark": "x!", "n": 3}', $1)`, [tenant]);
  await publish({
    tenant,
    event_type: 'a',
    payload: { long: 'x'.repeat(900_000), mark: '!', n: 4 },
  });
  await publish({
    tenant,
    event_type: 'a',
    payload: { long: 'x'.repeat(900_000), mark: '?', n: 5 },
  });
  await until(async () => Object.values(await outcomes(id)).reduce((a, b) => a + b, 0) === 5);
  await until(
    async () => (await outcomes(id))['delivered'] === 3 && (await outcomes(id))['filtered'] === 2,
  );
  t.strictSame(
    receiver.requests
      .map(({ body }) => {
        const value = JSON.parse(body.toString());
        return value.n ?? value;
      })
      .sort(),
    [1, 3, 4],
  );
});

t.test('a filtered delivery lets the next in its order go', async (t) => {
  const receiver = await startReceiver(t);
  const tenant = 'ordered';
  const { id } = await subscribe(receiver.url, {
    tenant,
    filter: { payload: { n: { $nin: [0, 2, 3] } } },
  });
  for (let n = 0; n < 6; n += 1) {
    await publish({ tenant, event_type: 'a', ordering_key: 'k', payload: { n } });
  }
  await receiver.received(3);
  await until(async () => (await outcomes(id))['filtered'] === 3);
  t.strictSame(
    receiver.requests.map(({ body }) => JSON.parse(body.toString()).n),
    [1, 4, 5],
  );
});

t.test('what is retried by hand is sent whatever the filter says', async (t) => {
  const receiver = await startReceiver(t, [500, 200]);
  const { id } = await subscribe(receiver.url, {
    filter: { payload: { n: 1 } },
    retry_schedule: '1s',
  });
  const { delivery_id: deliveryId } = await ingest(id, '{"n":2}');
  await untilDelivery(deliveryId, 'filtered');
  t.equal((await call('POST', `/deliveries/${deliveryId}/retry`)).status, 202);
  await untilDelivery(deliveryId, 'delivered');
  t.equal((await attempts(deliveryId)).length, 2, 'with a schedule of its own');
});

t.test(
  'what was held is judged by the filter there is when it goes out, what failed before is not judged again',
  async (t) => {
    const receiver = await startReceiver(t, [500, 200]);
    const { id } = await subscribe(receiver.url, { retry_schedule: '2s' });
    const { delivery_id: failed } = await ingest(id, '{"n":2}');
    await untilDelivery(failed, 'retry_scheduled');
    await patch(id, { status: 'paused' });
    const { delivery_id: held } = await ingest(id, '{"n":2}');
    await patch(id, { status: 'active', filter: { payload: { n: 1 } } });
    await untilDelivery(held, 'filtered');
    t.match(await untilDelivery(failed, 'delivered'), { attempt_count: 2 });
  },
);

t.test(
  'a change of the filter takes effect in every other process once it is answered',
  async (t) => {
    const idle = await startService(t, { hasWorker: false });
    const { address } = await spawnPosthorn(t, 'api', { databaseUrl: idle.url });
    await spawnPosthorn(t, 'worker', { databaseUrl: idle.url });
    await untilWorkers(idle, 1);
    const client = buildClient(t, address);
    const receiver = await startReceiver(t);
    const { id } = await client.subscribe(receiver.url, { filter: { payload: { n: 1 } } });
    const first = await idle.ingest(id, '{"n":1}');
    await idle.untilDelivery(first.delivery_id, 'delivered');
    for (const wanted of [2, 1, 2]) {
      await client.patch(id, { filter: { payload: { n: wanted } } });
      const [one, two] = [await idle.ingest(id, '{"n":1}'), await client.ingest(id, '{"n":2}')];
      await idle.untilDelivery((wanted === 1 ? one : two).delivery_id, 'delivered');
      await idle.untilDelivery((wanted === 1 ? two : one).delivery_id, 'filtered');
    }
    await client.patch(id, { filter: null });
    const last = await idle.ingest(id, '{"n":3}');
    await idle.untilDelivery(last.delivery_id, 'delivered');
  },
);
