import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes start slowly where many tests share a machine; what is measured begins when they run.
t.setTimeout(90_000);
t.jobs = 3;

/** What the promise is; Postgres, workers and receiver share the machine with other tests. */
const RESUMED_WITHIN_MS = 5_000;

t.test(
  'a worker that is killed loses nothing: another makes its deliveries within five seconds',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const { pool, subscribe, publish } = service;
    const receiver = await startReceiver(t, 'hang');
    const tenant = 'killed';
    const { id } = await subscribe(receiver.url, { tenant });
    const doomed = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
    await publish(Array.from({ length: 12 }, (_, n) => ({ tenant, event_type: 'a', payload: n })));
    await receiver.received(12);
    await until(
      async () =>
        (await pool.query(`select from posthorn.deliveries where status = 'delivering'`))
          .rowCount === 12,
    );
    await publish(Array.from({ length: 88 }, (_, n) => ({ tenant, event_type: 'a', payload: n })));
    await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
    await untilWorkers(service, 2);

    receiver.behave(200);
    const killedAtMs = Date.now();
    doomed.signal('SIGKILL');
    t.equal(await doomed.exited, 'SIGKILL');
    await until(
      async () =>
        (
          await pool.query(
            `select from posthorn.deliveries where subscription_id = $1 and status <> 'delivered'`,
            [id],
          )
        ).rowCount === 0,
      { timeoutMs: 45_000, what: 'everything to be delivered' },
    );

    const inFlight = receiver.requests.slice(0, 12).map(({ headers }) => headers['x-delivery-id']);
    const again = inFlight.map((deliveryId) =>
      receiver.requests.findLast(({ headers }) => headers['x-delivery-id'] === deliveryId),
    );
    const slowestMs =
      Math.max(...again.map((request) => (request as { receivedAtMs: number }).receivedAtMs)) -
      killedAtMs;
    t.comment(`taken over within ${slowestMs} ms`);
    t.ok(slowestMs < RESUMED_WITHIN_MS);
    const ids = receiver.requests.map(({ headers }) => headers['x-delivery-id']);
    t.equal(new Set(ids).size, 100, 'nothing is lost');
    t.ok(ids.length <= 100 + 12 + 88, 'and only what was under way is made again');
    const { rows } = await pool.query(
      `select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries from posthorn.attempts`,
    );
    t.strictSame(rows, [{ attempts: 100, deliveries: 100 }], 'and each is recorded once');
  },
);

t.test('a worker that is told to stop finishes what it can and hands back the rest', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { subscribe, ingest, delivery, attempts, untilDelivery } = service;
  const [slow, hanging] = [
    await startReceiver(t, { status: 200, delayMs: 1_500 }),
    await startReceiver(t, 'hang'),
  ];
  const [finishing, handedBack] = [
    await subscribe(slow.url),
    await subscribe(hanging.url, { timeout_ms: 20_000 }),
  ];
  const stopping = await spawnPosthorn(t, 'worker', {
    databaseUrl: service.url,
    env: { SHUTDOWN_TIMEOUT_MS: '2500' },
  });
  const { delivery_id: finished } = await ingest(finishing.id);
  const { delivery_id: unfinished } = await ingest(handedBack.id);
  await slow.received(1);
  await hanging.received(1);
  await untilDelivery(unfinished, 'delivering');

  const toldAtMs = Date.now();
  stopping.signal('SIGTERM');
  t.equal(await stopping.exited, 0);
  t.ok(Date.now() - toldAtMs < 18_000, `stopped within ${Date.now() - toldAtMs} ms`);
  t.match(await delivery(finished), { status: 'delivered', attempt_count: 1 });
  t.strictSame(await attempts(unfinished), [], 'an attempt that was called off is not one');
  await untilWorkers(service, 0);

  hanging.behave(200);
  await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  await untilDelivery(unfinished, 'delivered');
  t.match(await attempts(unfinished), [{ attempt_number: 1, outcome: 'success' }]);
});

t.test('what was accepted before a kill is delivered after a restart', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  const tenant = 'restart';
  await service.subscribe(receiver.url, { tenant });
  const first = await spawnPosthorn(t, 'all', { databaseUrl: service.url });
  const accepted: string[] = [];
  const publishing = (async () => {
    for (let n = 0; ; n += 1) {
      const response = await fetch(`${first.address}/events`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ tenant, event_type: 'a', payload: n }),
      });
      if (response.status === 202) accepted.push(((await response.json()) as { id: string }).id);
    }
  })().catch(() => 'cut off');
  await until(() => accepted.length >= 30);
  first.signal('SIGKILL');
  t.equal(await publishing, 'cut off');
  await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  const arrived = () => new Set(receiver.requests.map(({ headers }) => headers['webhook-id']));
  await until(() => accepted.every((id) => arrived().has(id)), { timeoutMs: 15_000 });
  t.pass(`all of ${accepted.length} arrived`);
});
