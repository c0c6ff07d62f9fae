import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.jobs = 4;

const { subscribe, publish, call, pool } = await startService(t);

const countDelivered = async (subscriptionId: string): Promise<number> =>
  (
    await pool.query(
      `select from posthorn.deliveries where subscription_id = $1 and status = 'delivered'`,
      [subscriptionId],
    )
  ).rowCount ?? 0;

/** A receiver that notes what overlaps and in which order the numbers of a key arrive. */
async function startWatching(
  t: Parameters<typeof startReceiver>[0],
  isFailing: (key: string, n: number) => boolean,
) {
  const underWay = new Map<string, number>();
  const arrived = new Map<string, number[]>();
  let overlaps = 0;
  const receiver = await startReceiver(t, (request, response) => {
    const { key, n } = JSON.parse(request.body.toString()) as { key: string; n: number };
    const count = (underWay.get(key) ?? 0) + 1;
    underWay.set(key, count);
    if (count > 1) overlaps += 1;
    setTimeout(() => {
      underWay.set(key, (underWay.get(key) ?? 0) - 1);
      if (isFailing(key, n)) return void response.writeHead(500).end();
      arrived.set(key, [...(arrived.get(key) ?? []), n]);
      response.writeHead(200).end();
    }, n % 3);
  });
  return { receiver, arrived, overlapCount: () => overlaps };
}

t.test('deliveries of one key arrive one at a time, in the order of their events', async (t) => {
  const tenant = 'fifo';
  const { receiver, arrived, overlapCount } = await startWatching(t, () => false);
  const { id } = await subscribe(receiver.url, { tenant });
  const keys = Array.from({ length: 30 }, (_, k) => `k${k}`);
  for (let n = 0; n < 8; n += 1) {
    const order = n % 2 === 0 ? keys : keys.toReversed();
    await publish(
      order.map((key) => ({ tenant, event_type: 'a', ordering_key: key, payload: { key, n } })),
    );
  }
  await until(async () => (await countDelivered(id)) === 240, {
    timeoutMs: 20_000,
    what: 'all to be delivered',
  });
  for (const key of keys) t.strictSame(arrived.get(key), [0, 1, 2, 3, 4, 5, 6, 7], key);
  t.equal(overlapCount(), 0);
  const { rows } = await pool.query(
    'select deadlocks::int from pg_stat_database where datname = current_database()',
  );
  t.strictSame(
    rows,
    [{ deadlocks: 0 }],
    'and whoever parks never waits in a circle with whoever records',
  );
});

t.test('a retry holds up its own key and no other', async (t) => {
  const tenant = 'held';
  let failures = 0;
  const { receiver, arrived } = await startWatching(
    t,
    (key, n) => key === 'bad' && n === 0 && failures++ < 1,
  );
  const { id } = await subscribe(receiver.url, { tenant, retry_schedule: '1s' });
  const batch = [0, 1, 2].flatMap((n) =>
    ['bad', 'good'].map((key) => ({
      tenant,
      event_type: 'a',
      ordering_key: key,
      payload: { key, n },
    })),
  );
  await publish(batch);
  await until(() => arrived.get('good')?.length === 3);
  t.equal(arrived.get('bad'), undefined, 'the others do not wait for it');
  await until(async () => (await countDelivered(id)) === 6, { timeoutMs: 15_000 });
  t.strictSame(arrived.get('bad'), [0, 1, 2]);
});

t.test('a delivery that ends undelivered lets the next one go', async (t) => {
  const tenant = 'ended';
  const { receiver, arrived } = await startWatching(t, (_key, n) => n === 0);
  const { id } = await subscribe(receiver.url, { tenant, retry_schedule: '1h' });
  const { data } = await publish(
    [0, 1].map((n) => ({
      tenant,
      event_type: 'a',
      ordering_key: 'k',
      payload: { key: 'k', n },
    })),
  );
  await until(() => receiver.requests.length === 1);
  const first = (await call('GET', `/deliveries?event_id=${data[0].id}`)).body.data[0].id;
  await until(async () => (await call('POST', `/deliveries/${first}/cancel`)).status === 200);
  await until(async () => (await countDelivered(id)) === 1);
  t.strictSame(arrived.get('k'), [1]);
});
