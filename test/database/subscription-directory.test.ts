import { createSecretKey, randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { createRedisStore } from '../../src/cache/redis-store.ts';
import { createDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSecretBox } from '../../src/subscriptions/secret-box.ts';
import {
  createSubscriptionDirectory,
  type SubscriptionDirectoryOptions,
} from '../../src/subscriptions/subscription-directory.ts';
import type { TextStore } from '../../src/subscriptions/subscription-store.ts';
import { createSubscriptionService } from '../../src/subscriptions/subscriptions.service.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { redisIsMissing, startTestRedis } from '../helpers/redis.ts';
import { until } from '../helpers/until.ts';

const TARGET = 'https://receiver.example/hooks';
const logger = createLogger({ logLevel: 'silent' });
const secretBox = createSecretBox([createSecretKey(randomBytes(32))]);
const guard = createAddressGuard({ allowedPrivateCidrs: [] });
const { url, pool } = await createTestDatabase(t);
const db = createDatabase(pool);
const keyOf = (id: string) => `subscription:${id}`;

function createMapStore(texts = new Map<string, string>()): TextStore & { texts: typeof texts } {
  return {
    texts,
    get: async (key) => texts.get(key),
    set: async (key, text) => void texts.set(key, text),
    delete: async (key) => void texts.delete(key),
  };
}

/** What one process has: a directory that listens, and a service that writes. */
async function startProcess(t: Test, options: Partial<SubscriptionDirectoryOptions> = {}) {
  const directory = createSubscriptionDirectory({
    db,
    databaseUrl: url,
    store: createMapStore(),
    secretBox,
    ttlSeconds: 600,
    logger,
    ...options,
  });
  t.teardown(() => directory.close());
  const service = createSubscriptionService({ db, directory, guard, secretBox });
  const { subscription } = await service.create('default', { target_url: `${TARGET}/probe` });
  // Only what is remembered without a version shows that the directory is listening.
  await until(async () => {
    await directory.get(subscription.id);
    return directory.peek(subscription.id);
  });
  return { directory, service };
}

type Process = Awaited<ReturnType<typeof startProcess>>;

async function create({ service }: Process): Promise<string> {
  const input = { target_url: TARGET, secret: 'a secret of my own' };
  return (await service.create('default', input)).subscription.id;
}

async function setTarget(id: string, target: string): Promise<void> {
  await db.updateTable('subscriptions').set({ target_url: target }).where('id', '=', id).execute();
}

/** Changes the row without anyone being told, as if the notification were still on its way. */
async function setTargetSilently(id: string, target: string): Promise<void> {
  await db.transaction().execute(async (trx) => {
    await sql`alter table posthorn.subscriptions disable trigger subscriptions_notify`.execute(trx);
    await trx
      .updateTable('subscriptions')
      .set({ target_url: target })
      .where('id', '=', id)
      .execute();
    await sql`alter table posthorn.subscriptions enable trigger subscriptions_notify`.execute(trx);
  });
}

t.test('a subscription is known whole, with its secret open', async (t) => {
  const own = await startProcess(t);
  const { subscription } = await own.service.create('acme', {
    target_url: TARGET,
    event_types: ['order.*'],
    secret: 'a secret of my own',
    signature_schemes: ['github'],
    headers: { 'X-A': '1' },
    rate_limit: 5,
    retry_schedule: '10s',
  });
  const expected = {
    id: subscription.id,
    tenant: 'acme',
    version: 1,
    status: 'active',
    targetUrl: TARGET,
    shownTargetUrl: TARGET,
    eventTypes: ['order.*'],
    headers: { 'X-A': '1' },
    signatureSchemes: ['github'],
    secrets: ['a secret of my own'],
    ingestSignature: 'optional',
    timeoutMs: null,
    retrySchedule: '10s',
    rateLimit: 5,
    maxConcurrency: null,
    filter: null,
  };
  t.equal(own.directory.peek(subscription.id), undefined);
  t.strictSame(await own.directory.get(subscription.id), expected);
  t.strictSame(own.directory.peek(subscription.id), expected);
  t.equal(await own.directory.get('019aa089-9af2-7c31-8a5e-2f0d6c1b7e94'), undefined);
});

t.test('the store shows no secret and serves a process that starts', async (t) => {
  const store = createMapStore();
  const own = await startProcess(t, { store });
  const id = await create(own);
  await own.directory.get(id);
  const text = store.texts.get(keyOf(id)) ?? '';
  t.match(JSON.parse(text), { id, version: 1, targetUrl: TARGET });
  t.notOk(text.includes('a secret') || text.includes(Buffer.from('a secret').toString('base64')));

  store.texts.set(keyOf(id), text.replace(TARGET, `${TARGET}/from-the-store`));
  const other = await startProcess(t, { store });
  t.match(await other.directory.get(id), {
    targetUrl: `${TARGET}/from-the-store`,
    secrets: ['a secret of my own'],
  });
});

t.test('a damaged entry of the store is a miss', async (t) => {
  const store = createMapStore();
  const own = await startProcess(t, { store });
  const id = await create(own);
  const other = await create(own);
  await own.directory.get(id);
  await own.directory.get(other);
  const entry = JSON.parse(store.texts.get(keyOf(id)) ?? '');
  const [secret] = entry.secrets;
  const damages: unknown[] = [
    '',
    'nonsense',
    '{',
    'null',
    '[]',
    '{}',
    '1',
    store.texts.get(keyOf(other)),
    ...Object.keys(entry).map((name) => ({ ...entry, [name]: undefined })),
    { ...entry, status: 'gone' },
    { ...entry, version: '1' },
    { ...entry, headers: { 'X-A': 1 } },
    { ...entry, eventTypes: [null] },
    { ...entry, secrets: [{ ...secret, sealed: 'AAAA' }] },
    { ...entry, secrets: [{ ...secret, keyId: 'another' }] },
    { ...entry, tenant: 'another', secrets: [secret] },
  ];
  for (const damage of damages) {
    const text = typeof damage === 'string' ? damage : JSON.stringify(damage);
    const started = createSubscriptionDirectory({
      db,
      databaseUrl: url,
      store,
      secretBox,
      ttlSeconds: 600,
      logger,
    });
    store.texts.set(keyOf(id), text);
    const known = await started.get(id, 1);
    await started.close();
    t.match(known, { id, tenant: 'default', targetUrl: TARGET, secrets: ['a secret of my own'] });
  }
});

t.test('an entry older than the version asked for is a miss everywhere', async (t) => {
  const store = createMapStore();
  const own = await startProcess(t, { store });
  const id = await create(own);
  await own.directory.get(id);
  await setTargetSilently(id, `${TARGET}/2`);

  t.equal(own.directory.peek(id)?.targetUrl, TARGET);
  t.equal(own.directory.peek(id, 2), undefined);
  t.equal((await own.directory.get(id, 1))?.targetUrl, TARGET);
  t.equal((await own.directory.get(id, 2))?.targetUrl, `${TARGET}/2`);
  t.equal(own.directory.peek(id)?.targetUrl, `${TARGET}/2`);
  t.match(JSON.parse(store.texts.get(keyOf(id)) ?? ''), { version: 2 });
});

t.test('reads at once are one read', async (t) => {
  const store = createMapStore();
  let reads = 0;
  const get = (key: string) => ((reads += 1), store.get(key));
  const own = await startProcess(t, { store: { ...store, get } });
  const id = await create(own);
  reads = 0;
  const answers = await Promise.all(Array.from({ length: 50 }, () => own.directory.get(id)));
  t.equal(new Set(answers).size, 1);
  t.equal(reads, 1);
});

t.test('what is remembered is bounded, and the least used goes first', async (t) => {
  const own = await startProcess(t, { maxEntries: 2 });
  const [a, b, c] = [await create(own), await create(own), await create(own)];
  await own.directory.get(a);
  await own.directory.get(b);
  own.directory.peek(a);
  await own.directory.get(c);
  t.same(
    [a, b, c].map((id) => own.directory.peek(id) !== undefined),
    [true, false, true],
  );
});

t.test('what is remembered lives as long as it may, and no longer than its secrets', async (t) => {
  let nowMs = Date.now();
  const own = await startProcess(t, { ttlSeconds: 60, now: () => nowMs });
  const id = await create(own);
  await own.directory.get(id);
  nowMs += 59_999;
  t.ok(own.directory.peek(id));
  nowMs += 1;
  t.equal(own.directory.peek(id), undefined);

  await db
    .insertInto('subscription_secrets')
    .values({
      tenant: 'default',
      subscription_id: id,
      id: sql`posthorn.uuid_v7(now() - interval '1 day')`,
      key_id: null,
      sealed: Buffer.from('the old one'),
      expires_at: new Date(nowMs + 10_000),
    })
    .execute();
  await own.directory.forget(id);
  t.same((await own.directory.get(id))?.secrets, ['a secret of my own', 'the old one']);
  nowMs += 10_000;
  t.equal(own.directory.peek(id), undefined);
  t.same((await own.directory.get(id))?.secrets, ['a secret of my own']);
});

t.test('a change in one process is heard of in every other', async (t) => {
  const store = createMapStore();
  const [first, second] = [await startProcess(t, { store }), await startProcess(t)];
  const id = await create(first);
  for (let version = 2; version < 12; version += 1) {
    await first.directory.get(id);
    await second.directory.get(id);
    const target = `${TARGET}/${version}`;
    await first.service.update(null, id, { target_url: target });
    t.equal((await first.directory.get(id))?.targetUrl, target);
    await until(async () => (await second.directory.get(id))?.targetUrl === target);
  }
  await first.service.delete(null, id);
  t.equal(await first.directory.get(id), undefined);
  await until(() => second.directory.peek(id) === undefined);
  t.equal(await second.directory.get(id), undefined);
});

t.test('a change made in SQL by hand is heard of as well, and leaves the store', async (t) => {
  const store = createMapStore();
  const own = await startProcess(t, { store });
  const id = await create(own);
  await own.directory.get(id);
  await setTarget(id, `${TARGET}/by-hand`);
  await until(() => own.directory.peek(id) === undefined && !store.texts.has(keyOf(id)));
  t.equal((await own.directory.get(id))?.targetUrl, `${TARGET}/by-hand`);
});

t.test('while changes are not announced, nothing remembered is believed', async (t) => {
  const store = createMapStore();
  const own = await startProcess(t, { store });
  const id = await create(own);
  await own.directory.get(id);
  t.ok(own.directory.peek(id));

  const cut = sql`
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'posthorn listen'
  `;
  await cut.execute(db);
  await until(() => own.directory.peek(id) === undefined);
  await setTarget(id, `${TARGET}/unheard`);
  t.equal((await own.directory.get(id))?.targetUrl, `${TARGET}/unheard`);

  await until(async () => {
    await own.directory.get(id);
    return own.directory.peek(id);
  });
  t.equal(own.directory.peek(id)?.targetUrl, `${TARGET}/unheard`);
});

t.test('a store that failed to forget is not believed until it has forgotten', async (t) => {
  const store = createMapStore();
  let isDown = false;
  const failWhenDown =
    <Args extends unknown[], Value>(call: (...args: Args) => Promise<Value>) =>
    async (...args: Args) => {
      if (isDown) throw new Error('the store is down');
      return call(...args);
    };
  const own = await startProcess(t, {
    store: {
      get: failWhenDown(store.get),
      set: failWhenDown(store.set),
      delete: failWhenDown(store.delete),
    },
  });
  const id = await create(own);
  await own.directory.get(id);
  const old = store.texts.get(keyOf(id));

  isDown = true;
  await own.service.update(null, id, { target_url: `${TARGET}/while-down` });
  t.equal((await own.directory.get(id))?.targetUrl, `${TARGET}/while-down`);
  t.equal(store.texts.get(keyOf(id)), old);
  await setTargetSilently(id, `${TARGET}/3`);

  isDown = false;
  t.equal((await own.directory.get(id, 3))?.targetUrl, `${TARGET}/3`);
  t.notOk(store.texts.get(keyOf(id)) === old);
});

t.test('processes share what they know through Redis', { skip: redisIsMissing }, async (t) => {
  const redis = await startTestRedis(t);
  const client = new Redis(redis.url);
  t.teardown(() => client.disconnect());
  const open = () => {
    const store = createRedisStore(redis.url, { logger });
    t.teardown(() => store.close());
    return store;
  };
  const [first, second] = [
    await startProcess(t, { store: open() }),
    await startProcess(t, { store: open() }),
  ];
  const id = await create(first);

  t.test('under the key of the subscription, for as long as entries may live', async (t) => {
    await until(async () => {
      await first.directory.forget(id);
      await first.directory.get(id);
      return (await client.exists(keyOf(id))) === 1;
    });
    t.match(JSON.parse((await client.get(keyOf(id))) ?? ''), { id, targetUrl: TARGET });
    const ttlSeconds = await client.ttl(keyOf(id));
    t.ok(ttlSeconds > 590 && ttlSeconds <= 600, `${ttlSeconds} s`);
  });

  t.test('and each change leaves Redis before it is answered', async (t) => {
    await second.directory.get(id);
    await first.service.update(null, id, { target_url: `${TARGET}/2` });
    t.equal(await client.exists(keyOf(id)), 0);
    await until(async () => (await second.directory.get(id))?.targetUrl === `${TARGET}/2`);
  });

  t.test('a damaged entry in Redis is a miss', async (t) => {
    await client.set(keyOf(id), '{"id":');
    await second.directory.get(id, 2);
    const third = await startProcess(t, { store: open() });
    t.equal((await third.directory.get(id))?.targetUrl, `${TARGET}/2`);
  });

  t.test('stopping Redis in mid-run changes nothing but speed', async (t) => {
    await redis.kill();
    for (let version = 3; version < 8; version += 1) {
      const target = `${TARGET}/${version}`;
      const startedAt = performance.now();
      await first.service.update(null, id, { target_url: target });
      t.equal((await first.directory.get(id))?.targetUrl, target);
      t.equal((await second.directory.get(id, version))?.targetUrl, target);
      t.ok(performance.now() - startedAt < 10_000, 'a hang, not a busy machine');
    }
    await redis.start();
    await until(async () => {
      await second.directory.forget(id);
      await second.directory.get(id);
      return (await client.exists(keyOf(id))) === 1;
    });
    await first.service.update(null, id, { target_url: `${TARGET}/after` });
    t.equal((await first.directory.get(id))?.targetUrl, `${TARGET}/after`);
    await until(async () => (await second.directory.get(id))?.targetUrl === `${TARGET}/after`);
  });

  t.test('what was left in Redis while it could not be reached is not used', async (t) => {
    const stale = await until(async () => {
      await first.directory.forget(id);
      await first.directory.get(id);
      return client.get(keyOf(id));
    });
    await redis.kill();
    await first.service.update(null, id, { target_url: `${TARGET}/unreachable` });
    await redis.start();
    await until(() => client.set(keyOf(id), stale));
    t.equal((await first.directory.get(id))?.targetUrl, `${TARGET}/unreachable`);
  });
});
