import {
  createPublicKey,
  createSecretKey,
  randomBytes,
  verify,
  type JsonWebKey,
} from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { bodyHmac } from '../../src/sender/hmac.ts';
import { createEncryptionService } from '../../src/subscriptions/encryption.service.ts';
import { createSecretBox } from '../../src/subscriptions/secret-box.ts';
import { ensureSecretKey } from '../../src/subscriptions/secret-keys.ts';
import { resealSecrets } from '../../src/subscriptions/reseal.service.ts';
import { NOWHERE } from '../helpers/api.ts';
import { runCli } from '../helpers/cli.ts';
import { apiDocument } from '../helpers/contract.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { buildClient, spawnPosthorn, startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const TARGET = 'https://receiver.example/hooks';
const newKey = (): string => randomBytes(32).toString('base64');
const isSignedBy = (secret: string, { body, headers }: ReceivedRequest): boolean => {
  try {
    new Webhook(secret).verify(body, headers as Record<string, string>);
    return true;
  } catch {
    return false;
  }
};

async function rotate({ call }: Pick<Service, 'call'>, id: string, json?: object): Promise<any> {
  const { status, body } = await call(
    'POST',
    `/subscriptions/${id}/secret/rotate`,
    json && { json },
  );
  if (status !== 200) throw new Error(JSON.stringify(body));
  return body;
}

const show = async ({ call }: Pick<Service, 'call'>, id: string): Promise<any> =>
  (await call('GET', `/subscriptions/${id}/secret`)).body;

t.test('a secret is shown, and rotated with an overlap of 24 hours', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { id, secret } = await service.subscribe(TARGET);
  t.strictSame(await show(service, id), { secret, public_key: null, previous: [] });

  const rotated = await rotate(service, id);
  t.match(rotated.secret, /^whsec_/);
  t.not(rotated.secret, secret);
  const { previous, ...shown } = await show(service, id);
  t.strictSame(shown, { secret: rotated.secret, public_key: null });
  t.equal(previous.length, 1);
  const hours = (Date.parse(previous[0].expires_at) - Date.now()) / 3_600_000;
  t.ok(hours > 23.9 && hours < 24.1);
  t.match(await service.call('GET', `/subscriptions/${NOWHERE}/secret`), { status: 404 });
  t.match(await service.call('POST', `/subscriptions/${NOWHERE}/secret/rotate`), { status: 404 });
});

t.test('a rotation may bring its own secret, and end the old ones at once', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { id } = await service.subscribe(TARGET);
  await rotate(service, id);
  t.equal(
    (await rotate(service, id, { secret: 'a secret of my own', overlap_hours: 0 })).secret,
    'a secret of my own',
  );
  t.strictSame((await show(service, id)).previous, []);
  const { rows } = await service.pool.query('select from posthorn.subscription_secrets');
  t.equal(rows.length, 1, 'they are gone from the database, too');
  for (const json of [
    { secret: 'short' },
    { secret: 'whsec_***' },
    { secret: randomBytes(32).toString('base64') },
    { secret: `v1,whsec_${randomBytes(32).toString('base64')}` },
    { overlap_hours: -1 },
    { overlap_hours: 721 },
    { other: 1 },
  ]) {
    t.equal(
      (await service.call('POST', `/subscriptions/${id}/secret/rotate`, { json })).status,
      400,
    );
  }
});

t.test('ten old secrets are kept, and each lets events in until it expires', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { id, secret } = await service.subscribe(TARGET, { ingest_signature: 'required' });
  const secrets = [secret];
  for (let count = 0; count < 12; count += 1) secrets.unshift((await rotate(service, id)).secret);
  t.equal((await show(service, id)).previous.length, 10);
  const statuses = await Promise.all(
    secrets.map(
      async (one) =>
        (await service.post(`/ingest/${id}`, '{}', { 'x-signature': bodyHmac(one, '{}') })).status,
    ),
  );
  t.strictSame(statuses, [...Array.from({ length: 11 }, () => 202), 401, 401]);
  await rotate(service, id, { overlap_hours: 0 });
  t.equal(
    (await service.post(`/ingest/${id}`, '{}', { 'x-signature': bodyHmac(secrets[0]!, '{}') }))
      .status,
    401,
  );
});

t.test('changing the secret ends every older one at once, in every process', async (t) => {
  const service = await startService(t);
  const other = await startService(t, { hasWorker: false, database: service });
  const receiver = await startReceiver(t);
  const { id, secret: first } = await service.subscribe(receiver.url, {
    signature_schemes: ['standard-webhooks', 'standard-webhooks-v1a'],
  });
  const signs = (secret: string) => ({ 'x-signature': bodyHmac(secret, '{}') });
  let old = [first];
  for (const method of ['PATCH', 'PUT'] as const) {
    old = [(await rotate(service, id)).secret, ...old];
    const { public_key: publicKey } = await show(service, id);
    for (const { post } of [service, other]) {
      t.equal(
        (await post(`/ingest/${id}`, '{}', signs(first))).status,
        method === 'PATCH' ? 202 : 401,
      );
    }
    const secret = `whsec_${newKey()}`;
    t.equal((await service.call(method, `/subscriptions/${id}`, { json: { secret } })).status, 200);
    for (const { post } of [service, other]) {
      for (const ended of old)
        t.equal((await post(`/ingest/${id}`, '{}', signs(ended))).status, 401, method);
      t.equal((await post(`/ingest/${id}`, '{}', signs(secret))).status, 202, method);
    }
    t.strictSame(
      await show(service, id),
      { secret, public_key: publicKey, previous: [] },
      'the Ed25519 key is another matter',
    );
    const { delivery_id: deliveryId } = await service.ingest(id, '{}', { headers: signs(secret) });
    await service.untilDelivery(deliveryId, 'delivered');
    const request = receiver.requests.find(
      ({ headers }) => headers['x-delivery-id'] === deliveryId,
    )!;
    t.ok(isSignedBy(secret, request));
    for (const ended of old) t.notOk(isSignedBy(ended, request), `${method}: signs no more`);
    old = [secret, ...old];
  }
});

/** The v1a signatures of a request that one of the keys has made. */
function countV1a({ keys }: { keys: JsonWebKey[] }, { headers, body }: ReceivedRequest): number {
  const signed = Buffer.concat([
    Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`),
    body,
  ]);
  const signatures = String(headers['webhook-signature'])
    .split(' ')
    .filter((one) => one.startsWith('v1a,'))
    .map((one) => Buffer.from(one.slice(4), 'base64'));
  return signatures.filter((signature) =>
    keys.some((jwk) =>
      verify(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature),
    ),
  ).length;
}

t.test('v1a signatures verify with the public keys served', async (t) => {
  const service = await startService(t);
  const receiver = await startReceiver(t);
  const subscription = await service.subscribe(receiver.url, {
    signature_schemes: ['standard-webhooks', 'standard-webhooks-v1a'],
  });
  const keySet = async () =>
    (await service.call('GET', `/subscriptions/${subscription.id}/jwks.json`)).body;
  const first = await keySet();
  await service.ingest(subscription.id, '{"a":1}');
  const request = await receiver.next();
  t.equal(countV1a(first, request), 1);
  t.ok(isSignedBy(subscription.secret, request), 'beside v1');

  await rotate(service, subscription.id);
  const both = await keySet();
  t.equal(both.keys.length, 2);
  t.strictSame(both.keys[1], first.keys[0], 'newest first');
  t.notOk(JSON.stringify(both).includes('"d"'), 'the private half is not served');
  await service.ingest(subscription.id, '{"a":2}');
  const later = await receiver.next();
  t.equal(countV1a(first, later), 1, 'who knows the old key alone can verify');
  t.equal(countV1a({ keys: [both.keys[0]] }, later), 1, 'and who knows the new one');

  const hmacOnly = await service.subscribe(receiver.url);
  t.strictSame((await service.call('GET', `/subscriptions/${hmacOnly.id}/jwks.json`)).body, {
    keys: [],
  });
  await service.patch(hmacOnly.id, { signature_schemes: ['standard-webhooks-v1a'] });
  t.equal(
    (await service.call('GET', `/subscriptions/${hmacOnly.id}/jwks.json`)).body.keys.length,
    1,
    'a key is made when it comes to be needed',
  );
  t.equal((await service.call('GET', `/subscriptions/${NOWHERE}/jwks.json`)).status, 404);
});

t.test('a rotation under load refuses nobody, coming or going', async (t) => {
  const service = await startService(t);
  const other = await startService(t, { database: service });
  const receiver = await startReceiver(t);
  const { id, secret: old } = await service.subscribe(receiver.url, {
    ingest_signature: 'required',
  });
  const COUNT = 400;
  let fresh: string | undefined;
  let rotating: Promise<unknown> | undefined;
  const afterwards = new Set<string>();

  /** Signs with the new secret from the moment it is known, every other time. */
  async function send(number: number): Promise<void> {
    const body = JSON.stringify({ number });
    const known = fresh;
    const secret = known !== undefined && number % 2 === 0 ? known : old;
    // Both processes take events; the other one hears of the rotation by notification.
    const process = secret === old && number % 3 === 0 ? other : service;
    const accepted = await process.ingest(id, body, {
      headers: { 'x-signature': bodyHmac(secret, body) },
    });
    if (known !== undefined) afterwards.add(accepted.delivery_id);
  }

  for (let number = 0; number < COUNT; number += 8) {
    if (number === COUNT / 2) {
      rotating = rotate(service, id).then(({ secret }) => (fresh = secret));
    }
    await Promise.all(Array.from({ length: 8 }, (_, index) => send(number + index)));
  }
  await rotating;
  const requests = await receiver.received(COUNT);
  const refused = requests.filter((request) => !isSignedBy(old, request));
  t.equal(refused.length, 0, 'a receiver with the old secret verifies every delivery');
  const later = requests.filter(({ headers }) => afterwards.has(String(headers['x-delivery-id'])));
  t.ok(later.length > 50);
  const unsigned = later.filter((request) => !isSignedBy(fresh as string, request));
  t.equal(unsigned.length, 0, 'one with the new secret, every event sent since the rotation');
  const tampered = requests.filter((request) =>
    isSignedBy(old, { ...request, body: Buffer.from('{}') }),
  );
  t.equal(tampered.length, 0);
});

t.test('the key that encrypts secrets is replaced by putting another before it', async (t) => {
  const [old, fresh] = [newKey(), newKey()];
  const first = await startService(t, { hasWorker: false, env: { SECRET_ENCRYPTION_KEY: old } });
  const target = `${TARGET}?token=quince`;
  const { id, secret } = await first.subscribe(target, {
    headers: { Authorization: 'Bearer quince' },
  });
  await first.subscribe(TARGET);
  const second = await startService(t, {
    hasWorker: false,
    database: first,
    env: { SECRET_ENCRYPTION_KEY: `${fresh},${old}` },
  });
  t.equal((await show(second, id)).secret, secret, 'what the old key sealed is read');
  const rotated = await rotate(second, id);
  t.equal(
    await resealSecrets(first.db, createSecretBox(second.config.secretEncryptionKeys)),
    3,
    'what the old key sealed is sealed anew',
  );
  const third = await startService(t, {
    hasWorker: false,
    database: first,
    env: { SECRET_ENCRYPTION_KEY: fresh },
  });
  t.equal((await show(third, id)).secret, rotated.secret, 'the old key is needed no longer');
  t.match((await third.call('GET', `/subscriptions/${id}`)).body, {
    target_url: target,
    headers: { Authorization: 'Bearer quince' },
  });
  const { status } = await third.post(`/ingest/${id}`, '{}', {
    'x-signature': bodyHmac(secret, '{}'),
  });
  t.equal(status, 202, 'nor for secrets that expire');
});

t.test('a key is needed no longer by targets that have come to hide nothing', async (t) => {
  const [old, fresh] = [newKey(), newKey()];
  const first = await startService(t, { hasWorker: false, env: { SECRET_ENCRYPTION_KEY: old } });
  const { id } = await first.subscribe(`${TARGET}?token=quince`);
  await first.pool.query('update posthorn.subscriptions set target_url = $1', [TARGET]);
  const box = createSecretBox(
    [fresh, old].map((key) => createSecretKey(Buffer.from(key, 'base64'))),
  );
  t.equal(await resealSecrets(first.db, box), 1, 'the signing secret is all there is to encrypt');
  const { findMissingKeys } = createEncryptionService(first);
  t.strictSame(await findMissingKeys(box.keyIds.slice(0, 1)), []);
  const { body } = await first.call('GET', `/subscriptions/${id}`);
  t.equal(body.target_url, TARGET, 'what was set by hand counts');
});

t.test(
  'resealing says in one sentence what it cannot read, and needs no expired secret',
  async (t) => {
    const [old, fresh] = [newKey(), newKey()];
    const service = await startService(t, {
      hasWorker: false,
      env: { SECRET_ENCRYPTION_KEY: old },
    });
    const { id } = await service.subscribe(TARGET);
    const reseal = (keys: string) =>
      runCli(['secrets', 'reseal'], {
        env: { DATABASE_URL: service.url, SECRET_ENCRYPTION_KEY: keys },
      });
    t.match(await reseal(fresh), {
      code: 1,
      stderr: /^1 secret is encrypted with key \w+, which this process lacks: put .+\n$/,
    });
    await service.pool.query(`update posthorn.subscription_secrets set sealed = sealed || 'x'`);
    t.match(await reseal(`${fresh},${old}`), {
      code: 1,
      stderr: new RegExp(`^what is encrypted of subscription ${id} cannot be read: .+\\n$`),
    });
    await service.pool.query(
      `update posthorn.subscription_secrets set expires_at = now() - interval '1 second'`,
    );
    t.match(await reseal(fresh), { code: 0, stderr: /^Encrypted 0 secrets/ });
  },
);

t.test('a database of our own has a key of its own', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-key-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const nested = join(folder, 'data');
  const keys = await Promise.all(Array.from({ length: 5 }, () => ensureSecretKey(nested)));
  for (const key of keys) t.ok(key.equals(keys[0]!), 'one for all who begin at once');
  const file = join(nested, 'secret.key');
  t.equal((await stat(file)).mode & 0o777, 0o600);
  t.match(await readFile(file, 'utf8'), /^[A-Za-z0-9+/]{43}=\n$/);
  await writeFile(file, 'damaged');
  await t.rejects(ensureSecretKey(nested), { name: 'StartError' }, 'never replaced');
});

t.test('planted secrets appear nowhere but where they are asked for', async (t) => {
  const database = await createTestDatabase(t);
  const receiver = await startReceiver(t, {
    byRequest: ({ url }) => (url.includes('/bad') ? 500 : 200),
  });
  const planted = {
    environmentKey: `canary-${randomBytes(12).toString('hex')}`,
    encryptionKey: newKey(),
    givenSecret: `canary-${randomBytes(12).toString('hex')}`,
    standardSecret: `whsec_${newKey()}`,
  };
  const env = {
    LOG_LEVEL: 'trace',
    RETRY_SCHEDULE: 'none',
    API_KEYS: planted.environmentKey,
    SECRET_ENCRYPTION_KEY: planted.encryptionKey,
  };
  const { address, lines } = await spawnPosthorn(t, 'all', { databaseUrl: database.url, env });
  const { call, post } = buildClient(t, address);
  const storedKey = await keyMaker(database)(['admin']);
  const headers = bearer(planted.environmentKey);
  const answers: string[] = [];
  const keep = async (answer: ReturnType<typeof call>) => {
    const { body, text } = await answer;
    answers.push(text);
    return body;
  };
  const canary = (): string => `canary-${randomBytes(12).toString('hex')}`;
  // Shown to those who may change them, and to nobody else.
  const [inHeader, inQuery, inPath] = [canary(), canary(), canary()];
  const subscribe = async (target: string, secret: string) =>
    (
      await call('POST', '/subscriptions', {
        headers,
        json: {
          secret,
          target_url: `${target}/${inPath}?token=${inQuery}`,
          headers: { Authorization: `Bearer ${inHeader}` },
        },
      })
    ).body;

  const good = await subscribe(`${receiver.url}/good`, planted.givenSecret);
  const bad = await subscribe(`${receiver.url}/bad`, planted.standardSecret);
  const { secret: rotated } = await (async () =>
    (await call('POST', `/subscriptions/${good.id}/secret/rotate`, { headers })).body)();
  const secrets = [...Object.values(planted), storedKey, rotated];
  const targetSecrets = [inHeader, inQuery, inPath];

  const deliveries = await Promise.all(
    [good, bad].map(
      async ({ id }) =>
        (await keep(post(`/ingest/${id}`, '{"a":1}', { ...headers, 'x-event-type': 'a' })))
          .delivery_id,
    ),
  );
  await Promise.all(
    deliveries.map((id) =>
      until(async () => (await call('GET', `/deliveries/${id}`, { headers })).body.completed_at),
    ),
  );

  // Everything that can go wrong with a secret in hand.
  const { givenSecret: secret, environmentKey } = planted;
  await keep(
    call('POST', '/subscriptions', { headers, json: { target_url: 'http://10.0.0.1/', secret } }),
  );
  await keep(
    call('POST', '/subscriptions', { headers, json: { target_url: TARGET, secret, typo: 1 } }),
  );
  await keep(
    call('POST', '/subscriptions', { headers, json: { target_url: TARGET, secret: [secret] } }),
  );
  await keep(post('/subscriptions', `{"secret":"${secret}"`, headers));
  await keep(call('PATCH', `/subscriptions/${NOWHERE}`, { headers, json: { secret } }));
  await keep(call('GET', `/subscriptions?api_key=${environmentKey}`, { headers }));
  await keep(call('GET', '/events', { headers: bearer(`${environmentKey}x`) }));
  await keep(call('GET', `/nowhere?key=${environmentKey}`, { headers }));
  await keep(post(`/ingest/${good.id}`, '{}', { 'x-signature': bodyHmac('wrong', '{}') }));
  await keep(call('GET', '/events', { headers: bearer(storedKey) }));
  await database.pool.query('alter table posthorn.subscription_secrets rename to hidden');
  await keep(call('PATCH', `/subscriptions/${good.id}`, { headers, json: { secret } }));
  await database.pool.query('alter table posthorn.hidden rename to subscription_secrets');

  // Everything that can be read.
  const ids: Record<string, string> = {
    subscriptions: bad.id,
    deliveries: deliveries[1],
    status: bad.id,
  };
  const reads = apiDocument.operations.filter(
    ({ id, method }) => method === 'GET' && id !== 'getSubscriptionSecret' && id !== 'openStream',
  );
  const reader = bearer(await keyMaker(database)(['read']));
  const toReaders: string[] = [];
  for (const { path } of reads) {
    const [, kind = ''] = path.split('/');
    const filled = path.replace(/\{[^}]+\}/, ids[kind] ?? NOWHERE);
    await keep(call('GET', filled, { headers }));
    toReaders.push((await call('GET', filled, { headers: reader })).text);
  }
  for (const path of ['/docs/', '/openapi.json', '/']) await keep(call('GET', path));

  const dump = await dumpDatabase(database);
  t.ok(
    dump.includes(good.id) && lines.length > 10 && answers.length > 20,
    'there is something to search',
  );
  for (const [index, one] of secrets.entries()) {
    for (const form of formsOf(one)) {
      t.notOk(
        answers.some((text) => text.includes(form)),
        `answers, ${index}`,
      );
      t.notOk(
        lines.some((line) => line.includes(form)),
        `log, ${index}`,
      );
      t.notOk(dump.includes(form), `database, ${index}`);
    }
  }
  t.ok(
    toReaders.some((text) => text.includes('/bad/***?token=***')),
    'readers see targets',
  );
  for (const [index, one] of targetSecrets.entries()) {
    for (const form of formsOf(one)) {
      t.notOk(
        toReaders.some((text) => text.includes(form)),
        `answers, target ${index}`,
      );
      t.notOk(
        lines.some((line) => line.includes(form)),
        `log, target ${index}`,
      );
      t.notOk(dump.includes(form), `database, target ${index}`);
    }
  }
});

/** A secret as it stands, and as it stands in bytea, encoded and bare. */
function formsOf(secret: string): string[] {
  const bare = secret.replace(/^whsec_/, '');
  return [
    ...new Set([
      secret,
      bare,
      Buffer.from(secret).toString('hex'),
      Buffer.from(bare).toString('hex'),
      Buffer.from(bare, 'base64').toString('hex'),
      Buffer.from(secret).toString('base64').replace(/=*$/, ''),
    ]),
  ].filter((form) => form.length >= 16);
}

/** Every row of every table, as text. */
async function dumpDatabase({ pool }: Pick<Service, 'pool'>): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(`
    select format('%I.%I', schemaname, tablename) as name from pg_tables
    where schemaname in ('posthorn', '${QUEUE_SCHEMA}')`);
  const tables = await Promise.all(
    rows.map(({ name }) =>
      pool.query<{ text: string }>(`select one::text as text from ${name} as one`),
    ),
  );
  return tables.flatMap((table) => table.rows.map(({ text }) => text)).join('\n');
}
