import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { leaseDeliveries, parkDeliveries,
  recordAttempts } from '../../src/deliveries/delivery-queue.repository.ts';
import { createAcceptService } from '../../src/events/accept.service.ts';
import { createLogger } from '../../src/logger.ts';
import { maintain } from '../../src/retention/retention.service.ts';
import { createTestDatabase, type Teardown, type TestDatabase } from '../helpers/postgres.ts';
import { attemptOf, EXHAUSTED, requestOf, retryIn, useStorage } from '../helpers/storage.ts';

t.jobs = 4;

const logger = createLogger({ logLevel: 'silent' });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RETENTION_HOURS = 72;

/** A database with partitions that reach five days back, and one subscription. */
async function setUp(t: Teardown) {
  const database = await createTestDatabase(t);
  const { pool } = database;
  await pool.query(`select posthorn.ensure_partitions(now() - interval '5 days', now())`);
  const storage = useStorage(pool);
  const subscriptionId = await storage.addSubscription();
  /** Accepts so many events at a moment of the past and answers their deliveries. */
  const acceptAt = async (ageMs: number, count = 1): Promise<string[]> => {
    const answers = await storage.acceptAll(
      Array.from({ length: count }, () => requestOf()), Date.now() - ageMs);
    return answers.map(([answer]) => answer?.deliveryId as string);
  };
  const record = (...records: Parameters<typeof recordAttempts>[2][number][]) => recordAttempts(
    pool, null, records);
  const finish = (ids: readonly string[]) => record(...ids.map((id) => attemptOf(id)));
  return { ...database, ...storage, subscriptionId, acceptAt, record, finish };
}

const run = ({ pool }: Pick<TestDatabase, 'pool'>) =>
  maintain({ pool, retentionHours: RETENTION_HOURS, logger });
const partitionsOf = async ({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> =>
  (await pool.query(
    'select name from posthorn.partitions order by name')).rows.map(({ name }) => name);
const countOf = async ({ pool }: Pick<TestDatabase, 'pool'>, table: string): Promise<number> =>
  (await pool.query(`select count(*)::int from posthorn.${table}`)).rows[0].count;
const tablesOf = async ({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> => (await pool.query(
  `select relname as name from pg_class where relnamespace = 'posthorn'::regnamespace and relkind = 'r'
    and relname ~ '^(events|deliveries|attempts)_\\d' order by 1`)).rows.map(({ name }) => name);

t.test('finished work past retention goes, with its partitions, and nothing younger', async (t) => {
  const service = await setUp(t);
  await service.finish(await service.acceptAt(4.5 * DAY_MS, 3));
  const [failed] = await service.acceptAt(4 * DAY_MS);
  await service.record(attemptOf(failed!, { verdict: EXHAUSTED }));
  const kept = await service.acceptAt(2 * DAY_MS, 2);
  await service.finish(kept);
  const { dropped, expired } = await run(service);
  t.equal(expired, 0);
  t.ok(dropped.length >= 6 && dropped.length % 3 === 0, dropped.join(' '));
  for (const table of ['events', 'deliveries', 'attempts']) t.equal(
    await countOf(service, table), 2, table);
  const names = await partitionsOf(service);
  t.notOk(names.some((name) => dropped.includes(name)));
  t.strictSame(await tablesOf(service), names, 'no table is left that is no partition');
  t.strictSame((await run(service)).dropped, [], 'and a second run finds nothing to do');
});

t.test('pending work keeps its whole period', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const [waiting, ...others] = await service.acceptAt(4 * DAY_MS, 3);
  await service.finish(others);
  await service.record(attemptOf(waiting!, { verdict: retryIn(HOUR_MS) }));
  await run(service);
  t.equal(await countOf(service, 'events'), 3);
  t.equal(await countOf(service, 'attempts'), 3);
  t.match(await service.delivery(waiting!), { status: 'pending', reason: 'retry_scheduled' });

  await pool.query(
    'update posthorn.deliveries set next_attempt_at = null where id = $1', [waiting]);
  await run(service);
  t.match(await service.delivery(waiting!), { status: 'pending' }, 'queued');
  await service.register('w');
  await leaseDeliveries(pool, 'w', [{ deliveryId: waiting!, attemptCount: 1, leaseMs: 60_000 }]);
  await run(service);
  t.match(await service.delivery(waiting!), { status: 'delivering' });
  await service.record(attemptOf(waiting!, { attemptNumber: 2 }));
  t.ok((await run(service)).dropped.length >= 3);
  t.equal(await countOf(service, 'events'), 0);
});

t.test('what is held past retention expires, with that reason, before it goes', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const [held, queued] = await service.acceptAt(3.2 * DAY_MS, 2);
  const [young] = await service.acceptAt(2 * DAY_MS);
  await parkDeliveries(
    pool, null, [held!, young!].map((id) => ({ id, reason: 'subscription_paused', waitMs: null })));
  t.equal((await run(service)).expired, 1);
  t.match(await service.delivery(held!), {
    status: 'discarded', reason: 'expired', parked: false, completed_at: Date,
  });
  t.match(await service.delivery(young!), { status: 'pending', parked: true });
  t.match(await service.delivery(queued!), { status: 'pending' });
});

t.test('idempotency keys are forgotten with their events', async (t) => {
  const service = await setUp(t);
  for (const key of ['old', 'young']) await service.accept({
    idempotency: { key, requestHash: 'h' },
  });
  await service.pool.query(
    `update posthorn.idempotency_keys set created_at = now() - interval '73 hours' where key = 'old'`);
  t.equal((await run(service)).forgottenKeys, 1);
  const { rows } = await service.pool.query('select key from posthorn.idempotency_keys');
  t.strictSame(rows, [{ key: 'young' }]);
});

t.test('the partitions of the next three days are made', async (t) => {
  const service = await setUp(t);
  const before = await partitionsOf(service);
  const newest = before.filter((name) => name.startsWith('deliveries')).at(-1) as string;
  await service.pool.query(`drop table posthorn.${newest}`);
  t.strictSame((await run(service)).created, [newest]);
  t.ok((await partitionsOf(service)).includes(newest));
});

t.test('maintenance by many processes at once drops each period once', async (t) => {
  const service = await setUp(t);
  await service.finish(await service.acceptAt(4 * DAY_MS, 5));
  await service.finish(await service.acceptAt(4.6 * DAY_MS, 5));
  const reports = await Promise.all(Array.from({ length: 6 }, () => run(service)));
  const dropped = reports.flatMap((report) => report.dropped);
  t.ok(dropped.length >= 6);
  t.equal(new Set(dropped).size, dropped.length);
  t.equal(await countOf(service, 'events'), 0);
  t.strictSame(await tablesOf(service), await partitionsOf(service));
});

t.test('what was dropped half-way is finished by the next run', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  await service.finish(await service.acceptAt(4 * DAY_MS, 5));
  const oldest = (
    await partitionsOf(service)).filter((name) => name.startsWith('deliveries_')).slice(0, 3);
  const [first, second, third] = oldest.map((name) => name.slice('deliveries_'.length));
  await pool.query(`alter table posthorn.attempts detach partition posthorn.attempts_${first}`);
  await pool.query(`drop table posthorn.attempts_${second}`);
  for (const parent of ['attempts', 'events', 'deliveries']) {
    await pool.query(`alter table posthorn.${parent} detach partition posthorn.${parent}_${third}`);
  }
  const { dropped } = await run(service);
  for (const name of [`attempts_${first}`, `events_${second}`, `deliveries_${third}`]) {
    t.ok(dropped.includes(name), name);
  }
  t.strictSame(await tablesOf(service), await partitionsOf(service));
});

t.test('traffic goes on while partitions are made and dropped', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  for (const days of [3.9, 4.4, 4.9]) await service.finish(
    await service.acceptAt(days * DAY_MS, 20));
  const before = await countOf(service, 'events');
  const accepting = createAcceptService({ pool, concurrency: 3, now: Date.now });
  const over = new AbortController();
  let accepted = 0;
  let slowestMs = 0;
  const traffic = Array.from({ length: 4 }, async () => {
    while (!over.signal.aborted) {
      const startedAt = performance.now();
      const [answer] = await accepting.accept(requestOf());
      await recordAttempts(pool, null, [attemptOf(answer?.deliveryId as string)]);
      slowestMs = Math.max(slowestMs, performance.now() - startedAt);
      accepted += 1;
      await delay(1);
    }
  });
  const reports = await Promise.all([run(service), delay(20).then(() => run(service))]);
  over.abort();
  await Promise.all(traffic);
  t.ok(reports.flatMap(({ dropped }) => dropped).length >= 9);
  t.equal(await countOf(service, 'deliveries'), accepted, `of ${before} old ones none is left`);
  t.ok(slowestMs < 2_000, `nobody waited long: ${Math.round(slowestMs)} ms at the most`);
});
