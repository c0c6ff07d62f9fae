import t from 'tap';
import { bearer } from '../helpers/keys.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { buildClient, spawnPosthorn } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

// Processes and rings take their time on a busy machine.
t.setTimeout(300_000);

const OPEN = { ALLOW_PRIVATE_TARGETS: '127.0.0.0/8,::1/128' };
const UNSAID = { ALLOW_PRIVATE_TARGETS: undefined, RETRY_SCHEDULE: '3s,1s' };

t.test(
  'the first key closes loopback at once in every process, and what waits is held',
  async (t) => {
    const { url: databaseUrl } = await createTestDatabase(t);
    const api = await spawnPosthorn(t, 'api', { databaseUrl, env: UNSAID });
    const worker = await spawnPosthorn(t, 'worker', { databaseUrl, env: UNSAID });
    const keyless = buildClient(t, api.address);
    t.ok(
      api.lines.some((line) =>
        line.includes('to this machine are allowed until the first API key'),
      ),
    );
    const receiver = await startReceiver(t);
    const broken = await startReceiver(t, 500);
    const tenant = { tenant: 'acme' };
    const taken = await keyless.subscribe(receiver.url, tenant);
    const failing = await keyless.subscribe(broken.url, tenant);
    const paused = await keyless.subscribe(`http://localhost:${receiver.port}/`, {
      ...tenant,
      status: 'paused',
    });
    const { delivery_id: before } = await keyless.ingest(taken.id);
    await keyless.untilDelivery(before, 'delivered');
    const { delivery_id: retrying } = await keyless.ingest(failing.id);
    await keyless.untilDelivery(retrying, 'retry_scheduled');
    const { delivery_id: parked } = await keyless.ingest(paused.id);

    const { body: made } = await keyless.call('POST', '/api-keys', {
      json: { scopes: ['admin'], ...tenant },
    });
    t.match(made.notices, [
      /first API key/,
      /held.*loopback_closed.*ALLOW_PRIVATE_TARGETS=127\.0\.0\.0\/8/,
    ]);
    const headers = bearer(made.key);
    t.match(
      await keyless.call('POST', '/subscriptions', { headers, json: { target_url: receiver.url } }),
      {
        status: 422,
        body: { code: 'forbidden_target', detail: /since there is an API key/ },
      },
      'at once',
    );
    const second = await keyless.call('POST', '/api-keys', { headers, json: { scopes: ['read'] } });
    t.notOk('notices' in second.body, 'the second key changes nothing');

    await until(() => worker.lines.some((line) => line.includes('there is an API key now')), {
      what: 'the worker to know',
      timeoutMs: 1_500,
    });
    const sent = receiver.requests.length;
    const {
      body: { delivery_id: after },
    } = await keyless.post(`/ingest/${taken.id}`, '{}', headers);
    await keyless.call('PATCH', `/subscriptions/${paused.id}`, {
      headers,
      json: { status: 'active' },
    });
    const read = async (id: string) =>
      (await keyless.call('GET', `/deliveries/${id}`, { headers })).body;
    for (const [id, attempts] of [
      [after, 0],
      [retrying, 1],
      [parked, 0],
    ] as const) {
      await until(async () => (await read(id)).reason === 'loopback_closed', {
        what: 'it to be held',
      });
      t.match(await read(id), { status: 'pending', attempt_count: attempts, completed_at: null });
    }
    t.equal(receiver.requests.length, sent, 'nothing reached the receiver');
    t.equal(broken.requests.length, 1);

    // A start without the setting changes nothing.
    worker.signal('SIGTERM');
    await worker.exited;
    const again = await spawnPosthorn(t, 'worker', { databaseUrl, env: UNSAID });
    const {
      body: { delivery_id: later },
    } = await keyless.post(`/ingest/${taken.id}`, '{}', headers);
    await until(async () => (await read(later)).reason === 'loopback_closed', {
      what: 'it to be held',
    });
    t.equal((await read(after)).reason, 'loopback_closed');
    again.signal('SIGTERM');
    await again.exited;

    // With it, what was held goes out.
    broken.behave(200);
    await spawnPosthorn(t, 'worker', { databaseUrl, env: { ...UNSAID, ...OPEN } });
    for (const id of [after, later, parked, retrying]) {
      await until(async () => (await read(id)).status === 'delivered', {
        what: 'what was held to go out',
      });
    }
  },
);

t.test('another target lets go of what is held', async (t) => {
  const { url: databaseUrl, pool } = await createTestDatabase(t);
  const all = await spawnPosthorn(t, 'all', { databaseUrl, env: UNSAID });
  const client = buildClient(t, all.address);
  const { id } = await client.subscribe(`${all.address}/webhook`);
  const {
    body: { key },
  } = await client.call('POST', '/api-keys', { json: { scopes: ['admin'] } });
  const headers = bearer(key);
  const {
    body: { delivery_id: held },
  } = await client.post(`/ingest/${id}`, '{}', headers);
  const read = async () => (await client.call('GET', `/deliveries/${held}`, { headers })).body;
  await until(async () => (await read()).reason === 'loopback_closed', { what: 'it to be held' });
  const { status } = await client.call('PATCH', `/subscriptions/${id}`, {
    headers,
    json: { target_url: 'http://receiver.example/' },
  });
  t.equal(status, 200);
  await until(async () => (await read()).attempt_count > 0, {
    what: 'an attempt at the new target',
  });
  const { rows } = await pool.query(`select from posthorn.deliveries where parked`);
  t.equal(rows.length, 0);
});
