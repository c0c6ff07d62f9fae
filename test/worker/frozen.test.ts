import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes start slowly where many tests share a machine; what is measured begins when they run.
t.setTimeout(90_000);
t.jobs = 3;

const TAKEN_OVER_WITHIN_MS = 5_000;
const CLIENTS = 16;

t.test('a frozen worker is taken over, and once woken records nothing', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { pool, subscribe, ingest, attempts, delivery, untilDelivery } = service;
  const held: { request: ReceivedRequest; response: ServerResponse }[] = [];
  const receiver = await startReceiver(
    t,
    (request, response) =>
      void held.push({
        request,
        response,
      }),
  );
  const { id } = await subscribe(receiver.url, { timeout_ms: 20_000 });

  const frozen = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  const { delivery_id: deliveryId } = await ingest(id);
  await receiver.received(1);
  await untilDelivery(deliveryId, 'delivering');
  const other = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  await untilWorkers(service, 2);
  const frozenAtMs = Date.now();
  frozen.signal('SIGSTOP');
  t.teardown(() => frozen.signal('SIGCONT'));

  const [, again] = await receiver.received(2);
  const tookMs = again!.receivedAtMs - frozenAtMs;
  t.comment(`taken over within ${tookMs} ms`);
  t.ok(tookMs < TAKEN_OVER_WITHIN_MS);
  await until(() => other.lines.some((line) => line.includes('took over from')));

  // The first request's answer reaches the woken worker while the second is still under way.
  frozen.signal('SIGCONT');
  held[0]!.response.writeHead(200).end('answer to the frozen one');
  await until(() => frozen.lines.some((line) => line.includes('the worker starts over')));
  await until(() => frozen.lines.some((line) => line.includes('was not recorded')));
  t.match(await delivery(deliveryId), { attempt_count: 0, completed_at: null });
  t.strictSame(await attempts(deliveryId), []);

  held[1]!.response.writeHead(200).end('answer to the other');
  await untilDelivery(deliveryId, 'delivered');
  t.match(await attempts(deliveryId), [
    { attempt_number: 1, response_body: 'answer to the other' },
  ]);

  await untilWorkers(service, 2);
  t.pass('and the woken one is back under another name');
  other.signal('SIGKILL');
  const { delivery_id: next } = await ingest(id);
  await receiver.received(3);
  held[2]!.response.writeHead(204).end();
  await untilDelivery(next, 'delivered');
  // A job ends after its deliveries are recorded, in a statement of its own.
  await until(
    async () =>
      (await pool.query(`select from ${QUEUE_SCHEMA}.jobs where task_identifier = 'deliver'`))
        .rowCount === 0,
  );
});

t.test('jobs that a frozen worker had fetched are done by others, and by them alone', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { pool, subscribe, publish } = service;
  const receiver = await startReceiver(t);
  const tenant = 'fetched';
  const { id } = await subscribe(receiver.url, { tenant });
  const frozen = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  frozen.signal('SIGSTOP');
  t.teardown(() => frozen.signal('SIGCONT'));
  await publish(Array.from({ length: 50 }, (_, n) => ({ tenant, event_type: 'a', payload: n })));
  // As if it had locked them in the moment before it froze.
  await pool.query(
    `update ${QUEUE_SCHEMA}._private_jobs set locked_at = now(), attempts = 1,
      locked_by = (select pool_id from posthorn.workers)
    where task_id = (select id from ${QUEUE_SCHEMA}._private_tasks where identifier = 'deliver')`,
  );
  await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
  await until(
    async () =>
      (
        await pool.query(
          `select from posthorn.deliveries where subscription_id = $1 and status <> 'delivered'`,
          [id],
        )
      ).rowCount === 0,
    { timeoutMs: 15_000 },
  );
  frozen.signal('SIGCONT');
  await until(() => frozen.lines.some((line) => line.includes('the worker starts over')));
  await untilWorkers(service, 2);
  t.equal(receiver.requests.length, 50);
});

t.test(
  'a process that accepts and delivers, frozen in the middle, loses nothing and repeats what was in flight',
  async (t) => {
    const service = await startService(t, { hasWorker: false });
    const { pool, subscribe } = service;
    const receiver = await startReceiver(t);
    const tenant = 'both';
    await subscribe(receiver.url, { tenant });
    const frozen = await spawnPosthorn(t, 'all', { databaseUrl: service.url });
    const other = await spawnPosthorn(t, 'worker', { databaseUrl: service.url });
    await untilWorkers(service, 2);
    const accepted: string[] = [];
    const over = new AbortController();
    const clients = Array.from({ length: CLIENTS }, async () => {
      while (!over.signal.aborted) {
        const response = await fetch(`${frozen.address}/events`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ tenant, event_type: 'a', payload: accepted.length }),
        });
        if (response.status === 202) accepted.push(((await response.json()) as { id: string }).id);
      }
    });
    await until(() => accepted.length >= 300);
    frozen.signal('SIGSTOP');
    t.teardown(() => frozen.signal('SIGCONT'));
    // The other one records what it had under way.
    await delay(500);
    const arrived = () =>
      new Set(receiver.requests.map(({ headers }) => headers['webhook-id'] as string));
    const recorded = new Set(
      (
        await pool.query(`select event_id from posthorn.deliveries where status = 'delivered'`)
      ).rows.map((row) => row.event_id),
    );
    const inFlight = [...arrived()].filter((id) => !recorded.has(id)).length;
    await until(() => other.lines.some((line) => line.includes('took over from')));
    frozen.signal('SIGCONT');
    await until(() => frozen.lines.some((line) => line.includes('the worker starts over')));
    over.abort();
    await Promise.all(clients);
    await until(
      async () =>
        (await pool.query(`select from posthorn.deliveries where status <> 'delivered'`))
          .rowCount === 0,
      { timeoutMs: 15_000 },
    );
    t.ok(
      accepted.every((id) => arrived().has(id)),
      `all of ${accepted.length} arrived`,
    );
    const doubled = receiver.requests.length - arrived().size;
    // Each client may have one more that was taken and not yet sent.
    t.ok(doubled <= inFlight + CLIENTS, `${doubled} came twice, ${inFlight} were in flight`);
    const { rows } = await pool.query(
      'select count(*)::int as attempts, count(distinct delivery_id)::int as deliveries from posthorn.attempts',
    );
    t.equal(rows[0].attempts, rows[0].deliveries, 'and each is recorded once');
  },
);

t.test('a database that is away for a while is waited for, workers included', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const receiver = await startReceiver(t);
  const { id } = await service.subscribe(receiver.url);
  const spawned = await spawnPosthorn(t, 'all', { databaseUrl: service.url });
  const url = new URL(service.url);
  const database = url.pathname.slice(1);
  url.pathname = '/postgres';
  const admin = new pg.Client({ connectionString: url.href });
  await admin.connect();
  t.teardown(() => admin.end());
  const ingest = () =>
    fetch(`${spawned.address}/ingest/${id}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
  t.equal((await ingest()).status, 202);

  await admin.query(`alter database ${database} with allow_connections false`);
  await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where datname = $1', [
    database,
  ]);
  const away = await ingest();
  t.ok(away.status >= 500, 'never a false 202');
  await until(() => spawned.lines.some((line) => line.includes('the worker could not start')));
  t.equal(spawned.child.exitCode, null, 'and it does not die of it');
  await admin.query(`alter database ${database} with allow_connections true`);

  await until(async () => (await ingest()).status === 202);
  await receiver.received(2);
  await untilWorkers(service, 1);
});
