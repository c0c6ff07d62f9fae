import { createSecretKey, randomBytes } from 'node:crypto';
import t from 'tap';
import type { Test } from 'tap';
import { checkEncryption } from '../../src/cli/doctor/encryption-check.ts';
import { loadConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/base/logger.ts';
import { assertKeysPresent } from '../../src/subscriptions/encryption.service.ts';
import { createSecretBox } from '../../src/subscriptions/secret-box.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { spawnPosthorn, startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const newKey = (): string => randomBytes(32).toString('base64');
const idOf = (key: string) => createSecretBox([createSecretKey(Buffer.from(key, 'base64'))]).keyId!;
const withKey = (key: string) => ({ SECRET_ENCRYPTION_KEY: key });

/** A database with a subscription whose secret and header are sealed with a key of its own. */
async function seal(t: Test) {
  const key = newKey();
  const receiver = await startReceiver(t);
  const service = await startService(t, { hasWorker: false, env: withKey(key) });
  const sealed = await service.subscribe(receiver.url, {
    event_types: ['a'],
    headers: { 'X-Key': 'quince' },
  });
  return { key, receiver, service, sealed };
}

const configOf = (databaseUrl: string, key: string) =>
  loadConfig({ DATABASE_URL: databaseUrl, ...withKey(key) });

/** What a process that starts does about keys. */
function start({ url: databaseUrl }: { url: string }, key: string): Promise<void> {
  const config = configOf(databaseUrl, key);
  return assertKeysPresent({
    config,
    given: config,
    databaseUrl,
    logger: createLogger({ logLevel: 'silent' }),
  });
}

const doctor = (databaseUrl: string, key: string) =>
  checkEncryption(configOf(databaseUrl, key), databaseUrl);

t.test('a process without the key does not start, and says so in one sentence', async (t) => {
  const { key, service } = await seal(t);
  const other = newKey();
  const lacks = `2 secrets are encrypted with key ${idOf(key)}, which this process lacks: `;
  for (const [given, advice] of [
    ['', 'set SECRET_ENCRYPTION_KEY to that key'],
    [
      other,
      'put that key into SECRET_ENCRYPTION_KEY, behind the one that is there, separated by a comma',
    ],
  ] as const) {
    await t.rejects(start(service, given), { name: 'StartError', message: lacks + advice });
  }
  await start(service, `${other},${key}`);
  const refusal = await spawnPosthorn(t, 'all', {
    databaseUrl: service.url,
    env: withKey(other),
  }).then(
    () => '',
    (error: Error) => error.message,
  );
  const said = refusal
    .split('\n')
    .slice(1)
    .filter((line) => !line.startsWith('{'));
  t.equal(said.length, 1);
  t.ok(said[0]?.startsWith(lacks), refusal);
});

t.test('where nothing is encrypted any key will do, or none', async (t) => {
  const service = await startService(t, { hasWorker: false, env: withKey('') });
  await service.subscribe('https://receiver.example/', { headers: { A: '1' } });
  for (const given of ['', newKey()]) await t.resolves(start(service, given));
});

t.test('what expired with a key that is gone keeps nobody from starting', async (t) => {
  const { service, sealed } = await seal(t);
  await service.patch(sealed.id, { headers: {} });
  await t.rejects(start(service, newKey()), /1 secret is encrypted/);
  await service.pool.query(
    `update posthorn.subscription_secrets set expires_at = now() - interval '1 second'`,
  );
  await t.resolves(start(service, newKey()));
});

t.test('a worker that lacks a key says so, holds what needs it, and nothing else', async (t) => {
  const { key, receiver, service, sealed } = await seal(t);
  const other = newKey();
  const plainKeeper = await startService(t, { database: service, env: withKey(other) });
  const readable = await plainKeeper.subscribe(receiver.url, { event_types: ['a'] });

  const { id: eventId } = await plainKeeper.publish({ event_type: 'a', payload: { n: 1 } });
  const deliveryOf = async (subscriptionId: string) =>
    until(
      async () =>
        (await service.call('GET', `/deliveries?subscription_id=${subscriptionId}`)).body.data[0],
    );
  const held = await deliveryOf(sealed.id);
  await plainKeeper.untilDelivery((await deliveryOf(readable.id)).id, 'delivered');
  t.match(await plainKeeper.untilDelivery(held.id, 'secret_unreadable'), {
    event_id: eventId,
    status: 'pending',
    attempt_count: 0,
  });
  t.equal(receiver.requests.length, 1);
  t.match((await service.call('GET', '/deliveries?reason=secret_unreadable')).body.data, [
    { id: held.id },
  ]);

  for (const api of [service, plainKeeper]) {
    const { status, body } = await api.call('GET', '/ready');
    t.equal(status, 200, 'events are taken all the same');
    t.strictSame(body.checks.encryption.status, 'failed', 'each names what any process lacks');
    t.ok(body.checks.encryption.missing_keys.includes(idOf(key)));
  }
  const { body: shown } = await plainKeeper.call('GET', `/subscriptions/${sealed.id}`);
  t.strictSame(shown.headers, { 'X-Key': '***' }, 'what cannot be read is shown masked');
  for (const [method, path, json] of [
    ['GET', `/subscriptions/${sealed.id}/secret`],
    ['POST', `/subscriptions/${sealed.id}/test`],
    ['POST', `/ingest/${sealed.id}`, {}],
    ['PATCH', `/subscriptions/${sealed.id}`, { headers: {} }],
  ] as const) {
    const answer = await plainKeeper.call(method, path, json && { json });
    t.match(answer, { status: 503, body: { code: 'secret_unreadable' } }, `${method} ${path}`);
  }
  t.equal(
    (await plainKeeper.call('PATCH', `/subscriptions/${sealed.id}`, { json: { status: 'paused' } }))
      .status,
    200,
  );
  t.equal(
    (await plainKeeper.call('PATCH', `/subscriptions/${sealed.id}`, { json: { status: 'active' } }))
      .status,
    200,
  );

  await plainKeeper.stopWorker();
  const restored = await startService(t, { database: service, env: withKey(`${other},${key}`) });
  await untilWorkers(service, 1);
  await restored.untilDelivery(held.id, 'delivered', { timeoutMs: 40_000 });
  t.equal(receiver.requests.at(-1)!.headers['x-key'], 'quince');
});

t.test('a disabled subscription needs no key to have its deliveries ended', async (t) => {
  const { service, sealed } = await seal(t);
  const worker = await startService(t, { database: service, env: withKey(newKey()) });
  await worker.publish({ event_type: 'a', payload: {} });
  const held = await until(
    async () => (await service.call('GET', '/deliveries?reason=secret_unreadable')).body.data[0],
  );
  await worker.runtime.disable(sealed.id, 'for a test');
  await worker.untilDelivery(held.id, 'discarded');
});

t.test('doctor tells how much is encrypted, and with which keys', async (t) => {
  const { key, service } = await seal(t);
  t.match(await doctor(service.url, key), {
    status: 'ok',
    detail: `2 secrets are encrypted with key ${idOf(key)}`,
  });
  for (const given of ['', newKey()]) {
    t.match(await doctor(service.url, given), {
      status: 'failed',
      detail: `2 secrets are encrypted with key ${idOf(key)}, which this process lacks`,
    });
  }
  const plain = await startService(t, {
    hasWorker: false,
    database: await createTestDatabase(t),
    env: withKey(''),
  });
  t.match(await doctor(plain.url, key), { status: 'ok', detail: 'there are no secrets yet' });
  await plain.subscribe('https://receiver.example/');
  t.match(await doctor(plain.url, ''), {
    status: 'warning',
    detail: /not set: .* unencrypted, 1 so far/,
  });
  t.match(await doctor(plain.url, key), {
    status: 'warning',
    detail: '1 is not encrypted',
    fix: 'posthorn secrets reseal',
  });
});
