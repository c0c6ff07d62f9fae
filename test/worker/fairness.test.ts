import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { startReceiver, type Receiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.jobs = 6;

const { subscribe, ingest, patch, untilDelivery, delivery, attempts, publish, call, pool } =
  await startService(t);

const percentile = (values: number[], p: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(p * values.length) - 1] ?? Number.NaN;

/** Sends events one after the other and answers how long each took to arrive. */
async function arrivalTimes(
  receiver: Receiver,
  subscriptionId: string,
  count: number,
): Promise<number[]> {
  const times: number[] = [];
  for (let n = 0; n < count; n += 1) {
    const startedAtMs = Date.now();
    const { delivery_id: id } = await ingest(subscriptionId);
    const request = await until(() =>
      receiver.requests.find(({ headers }) => headers['x-delivery-id'] === id),
    );
    times.push(request.receivedAtMs - startedAtMs);
  }
  return times;
}

const reasonsOf = async (subscriptionId: string): Promise<Record<string, number>> => {
  const { rows } = await pool.query(
    `select coalesce(reason, status) as reason, count(*)::int from posthorn.deliveries
    where subscription_id = $1 group by 1`,
    [subscriptionId],
  );
  return Object.fromEntries(rows.map(({ reason, count }) => [reason, count]));
};

t.test('a receiver that never answers delays nobody else', async (t) => {
  const [dead, healthy] = [await startReceiver(t, 'hang'), await startReceiver(t)];
  const tenant = 'noisy';
  const flooded: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    flooded.push((await subscribe(`${dead.url}${n}`, { tenant, timeout_ms: 10_000 })).id);
  }
  const { id } = await subscribe(healthy.url);
  for (let n = 0; n < 4; n += 1) {
    await publish(Array.from({ length: 100 }, () => ({ tenant, event_type: 'a', payload: n })));
  }
  await until(() => dead.requests.length >= 5);
  const times = await arrivalTimes(healthy, id, 60);
  t.comment(
    `healthy arrivals: p50 ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms`,
  );
  // Behind one of the others they would wait for ten seconds.
  t.ok(percentile(times, 0.95) < 9_000);
  const reasons = await reasonsOf(flooded[0] as string);
  t.ok((reasons['saturated'] ?? 0) + (reasons['released'] ?? 0) > 300, JSON.stringify(reasons));
  t.ok((reasons['in_flight'] ?? 0) <= 20, 'and only a few are under way');
  for (const subscriptionId of flooded) await call('DELETE', `/subscriptions/${subscriptionId}`);
});

t.test('what a saturated receiver cannot take is parked and arrives in its turn', async (t) => {
  const receiver = await startReceiver(t, { status: 200, delayMs: 300 });
  const { id } = await subscribe(receiver.url, { max_concurrency: 2, tenant: 'slow' });
  const { data } = await publish(
    Array.from({ length: 12 }, (_, n) => ({ tenant: 'slow', event_type: 'a', payload: n })),
  );
  t.equal(data.length, 12);
  await until(async () => ((await reasonsOf(id))['saturated'] ?? 0) > 0, {
    what: 'parked deliveries',
  });
  await until(async () => ((await reasonsOf(id))['delivered'] ?? 0) === 12, {
    timeoutMs: 15_000,
    what: 'all to arrive',
  });
  t.equal(receiver.requests.length, 12, 'each of them once');
  const { rows } = await pool.query(
    'select attempt_count from posthorn.deliveries where subscription_id = $1',
    [id],
  );
  t.ok(
    rows.every(({ attempt_count: count }) => count === 1),
    'parking costs no attempt',
  );
});

t.test('no more attempts are under way than max_concurrency allows', async (t) => {
  let underWay = 0;
  let most = 0;
  const receiver = await startReceiver(t, (_request, response) => {
    underWay += 1;
    most = Math.max(most, underWay);
    setTimeout(() => {
      underWay -= 1;
      response.writeHead(200).end();
    }, 30);
  });
  const tenant = 'capped';
  const { id } = await subscribe(receiver.url, { tenant, max_concurrency: 3 });
  await publish(Array.from({ length: 60 }, () => ({ tenant, event_type: 'a', payload: 1 })));
  await until(async () => ((await reasonsOf(id))['delivered'] ?? 0) === 60, { timeoutMs: 45_000 });
  t.equal(most, 3);
});

t.test('a rate limit spreads attempts over time', async (t) => {
  const receiver = await startReceiver(t);
  const tenant = 'limited';
  const { id } = await subscribe(receiver.url, { tenant, rate_limit: 10 });
  await publish(Array.from({ length: 40 }, () => ({ tenant, event_type: 'a', payload: 1 })));
  await until(async () => ((await reasonsOf(id))['rate_limited'] ?? 0) > 0, {
    what: 'parked deliveries',
  });
  await until(() => receiver.requests.length === 40, { timeoutMs: 45_000 });
  const [first, last] = [
    receiver.requests[0]!.receivedAtMs,
    receiver.requests.at(-1)!.receivedAtMs,
  ];
  t.ok(last - first >= 2_800, `40 at 10 a second with a burst of 10 take 3 s: ${last - first} ms`);
  t.ok(last - first < 20_000, `and not much longer: ${last - first} ms`);
});

t.test('Retry-After rests the whole subscription, and costs the others no attempt', async (t) => {
  const receiver = await startReceiver(t, [{ status: 429, headers: { 'retry-after': '2' } }, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s,1s' });
  const { delivery_id: first } = await ingest(id);
  await untilDelivery(first, 'retry_scheduled');
  const { delivery_id: second } = await ingest(id);
  t.match(await untilDelivery(second, 'rate_limited'), { status: 'pending', attempt_count: 0 });
  await untilDelivery(second, 'delivered');
  await untilDelivery(first, 'delivered');
  const [refused, next] = receiver.requests;
  t.ok(next!.receivedAtMs - refused!.receivedAtMs >= 1_900);
  t.equal((await attempts(second)).length, 1);
});

t.test(
  'ten failures open the breaker, and a probe that succeeds lets everything through',
  async (t) => {
    const receiver = await startReceiver(t, 500);
    const tenant = 'broken';
    const { id } = await subscribe(receiver.url, {
      tenant,
      retry_schedule: '1h',
      max_concurrency: 1,
    });
    await publish(Array.from({ length: 25 }, () => ({ tenant, event_type: 'a', payload: 1 })));
    await until(async () => ((await reasonsOf(id))['breaker_open'] ?? 0) > 0, {
      what: 'the breaker to open',
    });
    const failed = receiver.requests.length;
    t.ok(failed >= 10 && failed <= 12, `${failed} attempts before it opened`);
    receiver.behave(200);
    await until(
      async () => {
        const reasons = await reasonsOf(id);
        return (reasons['delivered'] ?? 0) + (reasons['retry_scheduled'] ?? 0) === 25;
      },
      { timeoutMs: 45_000, what: 'the rest to be delivered' },
    );
    const probe = receiver.requests[failed]!;
    t.ok(
      probe.receivedAtMs - receiver.requests[failed - 1]!.receivedAtMs >= 4_500,
      'after five seconds',
    );
    t.equal((await reasonsOf(id))['delivered'], 25 - failed);
  },
);

t.test('a flood on one subscription does not hold up the trickle on another', async (t) => {
  const [flooded, quiet] = [await startReceiver(t, { delayMs: 20 }), await startReceiver(t)];
  const tenant = 'flood';
  const { id: floodedId } = await subscribe(flooded.url, { tenant });
  const { id } = await subscribe(quiet.url);
  for (let n = 0; n < 4; n += 1) {
    await publish(Array.from({ length: 250 }, () => ({ tenant, event_type: 'a', payload: n })));
  }
  const times = await arrivalTimes(quiet, id, 25);
  t.comment(`quiet arrivals: p50 ${percentile(times, 0.5)} ms, p95 ${percentile(times, 0.95)} ms`);
  t.ok(percentile(times, 0.95) < 8_000);
  await until(async () => ((await reasonsOf(floodedId))['delivered'] ?? 0) === 1_000, {
    timeoutMs: 20_000,
  });
  t.equal(flooded.requests.length, 1_000);
});

t.test(
  'a subscription that is paused while it is saturated keeps what is parked until it is resumed',
  async (t) => {
    const receiver = await startReceiver(t, { status: 200, delayMs: 400 });
    const { id } = await subscribe(receiver.url, { max_concurrency: 1, tenant: 'pausing' });
    const { data } = await publish(
      Array.from({ length: 5 }, (_, n) => ({ tenant: 'pausing', event_type: 'a', payload: n })),
    );
    await receiver.received(1);
    await patch(id, { status: 'paused' });
    await until(async () => {
      const reasons = await reasonsOf(id);
      return (
        (reasons['in_flight'] ?? 0) === 0 &&
        (reasons['saturated'] ?? 0) + (reasons['subscription_paused'] ?? 0) >= 3
      );
    });
    const before = receiver.requests.length;
    await delay(600);
    t.equal(receiver.requests.length, before, 'nothing is sent while it is paused');
    await patch(id, { status: 'active' });
    await until(async () => ((await reasonsOf(id))['delivered'] ?? 0) === 5, { timeoutMs: 45_000 });
    t.equal(data.length, receiver.requests.length);
    await delivery((await ingest(id)).delivery_id);
  },
);
