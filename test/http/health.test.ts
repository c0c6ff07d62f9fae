import { setTimeout as delay } from 'node:timers/promises';
import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { createDatabase, createPool } from '../../src/database/database.ts';
import { healthHandlers } from '../../src/health/health.handlers.ts';
import { createHealthService, type HealthServiceDeps } from '../../src/health/health.service.ts';
import { createPublishProbe } from '../../src/health/publish-probe.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createEncryptionService } from '../../src/subscriptions/encryption.service.ts';
import { startApi } from '../helpers/api.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const logger = createLogger({ logLevel: 'silent' });
const { pool } = await createTestDatabase(t);
const db = createDatabase(pool);
const publishing = createPublishProbe({ pool, now: Date.now });

async function start(t: Test, deps: Partial<HealthServiceDeps> = {}) {
  const health = createHealthService({
    db,
    publishing,
    encryption: createEncryptionService({ db }),
    keyIds: [],
    timeoutMs: 300,
    freshMs: 0,
    ...deps,
  });
  const { call } = await startApi(t, healthHandlers({ health }));
  return { health, call };
}

async function beat(poolId: string, ageMs: number): Promise<void> {
  await db
    .insertInto('workers')
    .values({
      pool_id: poolId,
      lock_key: 1,
      host: 'localhost',
      process_id: 1,
      version: '0.0.0',
      beat_at: sql`clock_timestamp() - ${ageMs} * interval '1 millisecond'`,
    })
    .execute();
}

t.afterEach(async () => {
  await db.deleteFrom('workers').execute();
});

/** Nothing listens there. */
function createDeadDatabase(t: Test) {
  const nowhere = createPool('postgres://127.0.0.1:1/none', { name: 'dead', max: 1, logger });
  const dead = createDatabase(nowhere);
  t.teardown(() => dead.destroy());
  return { db: dead, publishing: createPublishProbe({ pool: nowhere, now: Date.now }) };
}

t.test('a process that serves is alive, whatever else is down', async (t) => {
  const { call } = await start(t, createDeadDatabase(t));
  const { status, body } = await call('GET', '/health');
  t.equal(status, 200);
  t.strictSame(body, { status: 'ok' });
});

t.test('with database and a live worker it is ready', async (t) => {
  const { call } = await start(t);
  await beat('living', 1_000);
  await beat('dead', 60_000);
  const { status, body } = await call('GET', '/ready');
  t.equal(status, 200);
  t.match(body, {
    status: 'ready',
    reasons: [],
    checks: {
      database: { status: 'ok', latency_ms: Number },
      redis: { status: 'unconfigured', latency_ms: null },
      workers: { status: 'ok', live: 1 },
      encryption: { status: 'ok', missing_keys: [] },
    },
  });
  const ageMs = Date.now() - Date.parse(body.checks.workers.last_seen_at);
  t.ok(Math.abs(ageMs - 1_000) < 5_000);
});

t.test(
  'a worker that has not beaten for five seconds is not alive, which does not decide',
  async (t) => {
    const { call } = await start(t);
    const none = await call('GET', '/ready');
    t.equal(none.status, 200);
    t.match(none.body.checks.workers, { status: 'failed', live: 0, last_seen_at: null });

    await beat('late', 5_100);
    const late = await call('GET', '/ready');
    t.equal(late.status, 200);
    t.match(late.body, {
      status: 'ready',
      checks: {
        database: { status: 'ok' },
        workers: { status: 'failed', live: 0, last_seen_at: /Z$/ },
      },
    });
  },
);

t.test('without the database it is not ready, and the workers are unknown', async (t) => {
  const { call } = await start(t, createDeadDatabase(t));
  const { status, headers, body } = await call('GET', '/ready');
  t.equal(status, 503);
  t.equal(headers.get('retry-after'), '1');
  t.strictSame(body, {
    status: 'not_ready',
    reasons: [{ code: 'database_unreachable', detail: 'The database does not answer.' }],
    checks: {
      database: { status: 'failed', latency_ms: null },
      redis: { status: 'unconfigured', latency_ms: null },
      workers: { status: 'unknown', live: 0, last_seen_at: null },
      encryption: { status: 'unknown', missing_keys: [] },
    },
  });
});

t.test('a database that does not answer in time counts as down', async (t) => {
  const { call } = await start(t, { timeoutMs: 100 });
  await beat('living', 0);
  const lock = await pool.connect();
  await lock.query('begin; lock table posthorn.workers in access exclusive mode');
  const startedAt = performance.now();
  const { status, body } = await call('GET', '/ready');
  t.ok(performance.now() - startedAt < 20_000, 'not until the lock is free');
  await lock.query('rollback');
  lock.release();
  t.equal(status, 503);
  t.equal(body.checks.database.status, 'failed');
});

t.test('Redis is named and does not decide', async (t) => {
  await beat('living', 0);
  const answers = await start(t, { redis: { ping: async () => 'PONG' } });
  const ok = await answers.call('GET', '/ready');
  t.equal(ok.status, 200);
  t.match(ok.body.checks.redis, { status: 'ok', latency_ms: Number });

  const refuse = () => Promise.reject(new Error('refused'));
  const hang = () => delay(3_000, 'PONG', { ref: false });
  for (const ping of [refuse, hang]) {
    await sql`update posthorn.workers set beat_at = clock_timestamp()`.execute(db);
    const { call } = await start(t, { redis: { ping }, timeoutMs: 200 });
    const down = await call('GET', '/ready');
    t.equal(down.status, 200);
    t.strictSame(down.body.checks.redis, { status: 'failed', latency_ms: null });
  }
});

t.test('probes that come at once share one look', async (t) => {
  let pings = 0;
  const { health } = await start(t, { redis: { ping: async () => (pings += 1) } });
  const looks = await Promise.all(Array.from({ length: 20 }, () => health.readiness()));
  t.equal(pings, 1);
  t.equal(new Set(looks).size, 1);
  await health.readiness();
  t.equal(pings, 2);
});

t.test('an answer is good for a second', async (t) => {
  let pings = 0;
  const { health } = await start(t, { redis: { ping: async () => (pings += 1) }, freshMs: 1_000 });
  const first = await health.readiness();
  t.equal(await health.readiness(), first);
  t.equal(pings, 1);
});
