import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase } from 'pg';
import t from 'tap';
import { recordAttempts } from '../../src/attempts/attempt-recorder.repository.ts';
import { cancelDelivery } from '../../src/log/delivery-actions.repository.ts';
import { findRegister } from '../../src/workers/register.ts';
import {
  endDeliveries,
  leaseDeliveries,
  parkDeliveries,
} from '../../src/queue/delivery-queue.repository.ts';
import { createAcceptService } from '../../src/accept/accept.service.ts';
import { createLogger } from '../../src/base/logger.ts';
import {
  buildKept,
  swapPeriod,
  whileAloneDropping,
  type EndedPeriod,
} from '../../src/retention/retention.repository.ts';
import { retentionOf } from '../../src/retention.ts';
import { maintain } from '../../src/retention/retention.service.ts';
import { createTestDatabase, type Teardown, type TestDatabase } from '../helpers/postgres.ts';
import { attemptOf, EXHAUSTED, requestOf, retryIn, useStorage } from '../helpers/storage.ts';
import { until } from '../helpers/until.ts';

t.jobs = 4;

const logger = createLogger({ logLevel: 'silent' });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const RETENTION_HOURS = 72;
const FAILED_RETENTION_DAYS = 14;

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
      Array.from({ length: count }, () => requestOf()),
      Date.now() - ageMs,
    );
    return answers.map(([answer]) => answer?.deliveryId as string);
  };
  const record = (...records: Parameters<typeof recordAttempts>[2][number][]) =>
    recordAttempts(pool, null, records);
  const finish = (ids: readonly string[]) => record(...ids.map((id) => attemptOf(id)));
  return { ...database, ...storage, subscriptionId, acceptAt, record, finish };
}

const run = (
  { pool }: Pick<TestDatabase, 'pool'>,
  options: Partial<Parameters<typeof maintain>[0]> = {},
) =>
  maintain({
    pool,
    ...retentionOf({
      retentionHours: RETENTION_HOURS,
      failedRetentionDays: FAILED_RETENTION_DAYS,
      auditRetentionDays: 90,
    }),
    logger,
    ...options,
  });
const partitionsOf = async ({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> =>
  (await pool.query('select name from posthorn.partitions order by name')).rows.map(
    ({ name }) => name,
  );
const countOf = async ({ pool }: Pick<TestDatabase, 'pool'>, table: string): Promise<number> =>
  (await pool.query(`select count(*)::int from posthorn.${table}`)).rows[0].count;
const tablesOf = async ({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> =>
  (
    await pool.query(
      `select relname as name from pg_class where relnamespace = 'posthorn'::regnamespace and relkind = 'r'
    and relname ~ '^(events|deliveries|attempts)_(kept_)?\\d' order by 1`,
    )
  ).rows.map(({ name }) => name);

t.test('finished work past retention goes, with its partitions, and nothing younger', async (t) => {
  const service = await setUp(t);
  await service.finish(await service.acceptAt(4.5 * DAY_MS, 3));
  await service.finish(await service.acceptAt(4 * DAY_MS));
  await service.finish(await service.acceptAt(2 * DAY_MS, 2));
  const { dropped, kept, expired } = await run(service);
  t.equal(expired, 0);
  t.equal(kept, 0);
  t.ok(dropped.length >= 6 && dropped.length % 3 === 0, dropped.join(' '));
  for (const table of ['events', 'deliveries', 'attempts'])
    t.equal(await countOf(service, table), 2, table);
  const names = await partitionsOf(service);
  t.notOk(names.some((name) => dropped.includes(name)));
  t.strictSame(await tablesOf(service), names, 'no table is left that is no partition');
  t.strictSame((await run(service)).dropped, [], 'and a second run finds nothing to do');
});

/** Deliveries of one moment: one that failed twice, one that a disabled subscription discarded. */
async function failAt(service: Awaited<ReturnType<typeof setUp>>, ageMs: number) {
  const { pool, db, acceptAt, record, finish } = service;
  const [failed, discarded, filtered, cancelled, ...delivered] = await acceptAt(ageMs, 6);
  await record(attemptOf(failed!, { verdict: retryIn(0), statusCode: 500 }));
  await record(attemptOf(failed!, { attemptNumber: 2, verdict: EXHAUSTED, statusCode: 500 }));
  await endDeliveries(pool, null, [
    { id: discarded!, status: 'discarded', reason: 'subscription_disabled' },
    { id: filtered!, status: 'discarded', reason: 'filtered' },
  ]);
  t.ok(await cancelDelivery(db, null, cancelled!, await findRegister(db)));
  await finish(delivered);
  return { failed: failed!, discarded: discarded! };
}

const idsOf = async ({ pool }: Pick<TestDatabase, 'pool'>): Promise<string[]> =>
  (await pool.query('select id from posthorn.deliveries order by id')).rows.map(({ id }) => id);
const retry = ({ pool }: Pick<TestDatabase, 'pool'>, id: string) =>
  pool.query(
    `select posthorn.rearm_deliveries(array[$1::uuid], array['failed', 'discarded'], false)`,
    [id],
  );
/** The keys of what is left of the oldest period that has something in it. */
const endedOf = ({ pool }: Pick<TestDatabase, 'pool'>, id: string) =>
  pool
    .query<EndedPeriod>(
      `select t.period, true as keeps from posthorn.deliveries as d
  join posthorn.period_tables as t on t.name = d.tableoid::regclass::text
    or 'posthorn.' || t.name = d.tableoid::regclass::text
  where d.id = $1`,
      [id],
    )
    .then(({ rows }) => rows[0]!);

t.test('what failed or was discarded outlives the rest, whole, until its own time', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const { failed, discarded } = await failAt(service, 4 * DAY_MS);
  const before = await service.delivery(failed);
  const report = await run(service);
  t.equal(report.kept, 2);
  t.strictSame(
    await idsOf(service),
    [failed, discarded],
    'neither filtered, cancelled nor delivered',
  );
  t.strictSame(await service.delivery(failed), before);
  t.match(await service.delivery(discarded), {
    status: 'discarded',
    reason: 'subscription_disabled',
  });
  const { rows } = await pool.query(
    'select attempt_number, status_code from posthorn.attempts order by attempt_number',
  );
  t.strictSame(
    rows,
    [1, 2].map((n) => ({ attempt_number: n, status_code: 500 })),
  );
  t.equal(
    (
      await pool.query('select from posthorn.events where payload = $1 and id = any ($2)', [
        '{}',
        (
          await pool.query('select event_id from posthorn.deliveries')
        ).rows.map((row) => row.event_id),
      ])
    ).rowCount,
    2,
    'their events with their payloads, and no other',
  );
  t.equal(await countOf(service, 'events'), 2);
  t.strictSame(await tablesOf(service), await partitionsOf(service));

  t.strictSame(
    await run(service),
    { ...report, created: [], dropped: [], kept: 0 },
    'nothing is left to do',
  );
  t.ok((await run(service, { failedRetentionDays: 3 })).dropped.length === 3);
  for (const table of ['events', 'deliveries', 'attempts'])
    t.equal(await countOf(service, table), 0, table);
});

t.test(
  'after the failed retention a period goes, whether or not it was dropped from before',
  async (t) => {
    const service = await setUp(t);
    for (const days of [13, 15])
      await service.pool.query(
        `select posthorn.ensure_partitions(now() - $1 * interval '1 day', now() - $1 * interval '1 day')`,
        [days],
      );
    await failAt(service, 15 * DAY_MS);
    const { failed, discarded } = await failAt(service, 13 * DAY_MS);
    t.equal((await run(service)).kept, 2);
    t.strictSame(await idsOf(service), [failed, discarded]);
  },
);

t.test('the longer of the two retentions holds for what failed', async (t) => {
  const service = await setUp(t);
  await failAt(service, 4 * DAY_MS);
  await run(service, { retentionHours: 10 * 24, failedRetentionDays: 1 });
  t.equal(await countOf(service, 'deliveries'), 6);
  t.equal((await run(service, { failedRetentionDays: 0 })).kept, 0);
  t.equal(await countOf(service, 'deliveries'), 0);
});

t.test(
  'a kept delivery that is retried is sent, recorded, and stays as long as it is pending',
  async (t) => {
    const service = await setUp(t);
    const { failed, discarded } = await failAt(service, 4 * DAY_MS);
    await run(service);
    await service.clearJobs();
    await retry(service, failed);
    t.strictSame(await service.queued(), [failed]);
    await service.record(attemptOf(failed, { attemptNumber: 3, verdict: retryIn(DAY_MS) }));
    t.strictSame(
      (await run(service, { failedRetentionDays: 3 })).dropped,
      [],
      'a retry is planned',
    );
    await service.pool.query(
      'update posthorn.deliveries set next_attempt_at = null where id = $1',
      [failed],
    );
    await service.record(attemptOf(failed, { attemptNumber: 4 }));
    t.match(await service.delivery(failed), { status: 'delivered', attempt_count: 4 });
    await run(service);
    t.strictSame(
      await idsOf(service),
      [failed, discarded],
      'once it is delivered it stays with the others',
    );
    t.equal(await countOf(service, 'attempts'), 4);
  },
);

t.test(
  'a kept delivery that is retried and held does not expire before its partition goes',
  async (t) => {
    const service = await setUp(t);
    const { failed } = await failAt(service, 4 * DAY_MS);
    await run(service);
    await retry(service, failed);
    await parkDeliveries(service.pool, null, [
      { id: failed, reason: 'rate_limited', waitMs: null },
    ]);
    t.equal((await run(service)).expired, 0);
    t.match(await service.delivery(failed), { status: 'pending', parked: true });
    t.equal((await run(service, { failedRetentionDays: 3 })).expired, 1);
  },
);

t.test(
  'an event that is kept can be replayed to a subscription that did not have it',
  async (t) => {
    const service = await setUp(t);
    const { failed } = await failAt(service, 4 * DAY_MS);
    await run(service);
    const other = await service.addSubscription({ event_types: ['none'] });
    const { event_id: eventId } = await service.delivery(failed);
    await service.pool.query('select posthorn.add_deliveries(array[$1::uuid], $2, $3, false)', [
      eventId,
      'default',
      other,
    ]);
    t.equal((await service.deliveriesOf(eventId)).length, 2);
  },
);

t.test('what is opened again while its period is being dropped is left where it is', async (t) => {
  const cases: Record<
    string,
    (service: Awaited<ReturnType<typeof setUp>>, ids: { failed: string }) => Promise<unknown>
  > = {
    retried: (service, { failed }) => retry(service, failed),
    'retried and delivered': async (service, { failed }) => {
      await retry(service, failed);
      await service.record(attemptOf(failed, { attemptNumber: 3 }));
    },
    'added by a replay': async (service, { failed }) => {
      const other = await service.addSubscription({ event_types: ['none'] });
      const { event_id: eventId } = await service.delivery(failed);
      await service.pool.query('select posthorn.add_deliveries(array[$1::uuid], $2, $3, false)', [
        eventId,
        'default',
        other,
      ]);
    },
  };
  for (const [what, change] of Object.entries(cases)) {
    const service = await setUp(t);
    const { pool } = service;
    const ids = await failAt(service, 4 * DAY_MS);
    const ended = await endedOf(service, ids.failed);
    const outcome = await whileAloneDropping(pool, async (client) => {
      t.equal(await buildKept(client, ended), 2);
      await change(service, ids);
      return swapPeriod(client, ended);
    });
    t.equal(outcome, 'reopened', what);
    const state = await service.delivery(ids.failed);
    const attempts = await countOf(service, 'attempts');
    await run(service);
    t.strictSame(
      (await service.delivery(ids.failed)) ?? 'gone',
      what === 'retried and delivered' ? 'gone' : state,
      what,
    );
    t.equal(
      await countOf(service, 'attempts'),
      what === 'retried and delivered' ? 0 : attempts,
      what,
    );
    t.strictSame(await tablesOf(service), await partitionsOf(service));
  }
});

t.test('retries by hand during clean-up are neither lost nor doubled', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const ids = (
    await Promise.all([3.6, 4.1, 4.6].map((days) => failAt(service, days * DAY_MS)))
  ).flatMap(({ failed }) => failed);
  await service.clearJobs();
  const over = new AbortController();
  const retried = new Set<string>();
  const hands = ids.map(async (id, index) => {
    await delay(index * 15);
    const { rowCount } = await retry(service, id);
    if (rowCount === 1) retried.add(id);
  });
  const cleanups = (async () => {
    while (!over.signal.aborted) await run(service);
  })();
  await Promise.all(hands);
  over.abort();
  await cleanups;
  t.equal(retried.size, ids.length);
  for (const id of ids)
    t.match(await service.delivery(id), { status: 'pending', reason: 'released' });
  t.strictSame((await service.queued()).sort(), [...ids].sort());
  t.equal(new Set(await idsOf(service)).size, (await idsOf(service)).length);
  await service.finish([]);
  await service.record(...ids.map((id) => attemptOf(id, { attemptNumber: 3 })));
  t.equal(
    (await pool.query('select from posthorn.attempts where delivery_id = any ($1)', [ids]))
      .rowCount,
    ids.length * 3,
  );
});

t.test('a clean-up that was killed at any step is finished by the next one', async (t) => {
  const stops: Record<string, (client: ClientBase, ended: EndedPeriod) => Promise<unknown>> = {
    'while it built': async (client, ended) => {
      await client.query('begin');
      await buildKept(client, ended);
    },
    'once it had built': buildKept,
    'while it swapped': async (client, ended) => {
      await buildKept(client, ended);
      await client.query('begin');
      await swapPeriod(client, ended);
    },
    'once it had swapped': async (client, ended) => {
      await buildKept(client, ended);
      await swapPeriod(client, ended);
    },
    'once it had dropped one table': async (client, ended) => {
      await buildKept(client, ended);
      await swapPeriod(client, ended);
      await client.query(`drop table posthorn.events_${ended.period}`);
    },
  };
  for (const [when, work] of Object.entries(stops)) {
    const service = await setUp(t);
    const { pool } = service;
    const { failed, discarded } = await failAt(service, 4 * DAY_MS);
    const ended = await endedOf(service, failed);
    await t.rejects(
      whileAloneDropping(pool, async (client) => {
        client.on('error', () => undefined);
        await work(client, ended);
        const { rows } = await client.query('select pg_backend_pid() as pid');
        await pool.query('select pg_terminate_backend($1)', [rows[0].pid]);
        await client.query('select');
      }),
      when,
    );
    await until(
      async () =>
        (
          await pool.query(
            `select from pg_locks join pg_database as d on d.oid = database
      where locktype = 'advisory' and datname = current_database()`,
          )
        ).rowCount === 0,
      { what: 'its lock to be free' },
    );
    await run(service);
    t.strictSame(await idsOf(service), [failed, discarded], when);
    t.equal(await countOf(service, 'events'), 2, when);
    t.equal(await countOf(service, 'attempts'), 2, when);
    t.strictSame(await tablesOf(service), await partitionsOf(service), when);
  }
});

t.test('a transaction that lasts puts dropping off and holds up no one for it', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const { failed } = await failAt(service, 4 * DAY_MS);
  const slow = await pool.connect();
  await slow.query('begin');
  await slow.query('select count(*) from posthorn.deliveries');
  const cleaning = run(service, { patienceMs: 0 });
  const startedAt = performance.now();
  await service.accept();
  t.ok(performance.now() - startedAt < 20_000, 'not until the transaction ends');
  t.strictSame((await cleaning).kept, 0);
  t.equal((await service.deliveriesOf((await service.delivery(failed)).event_id)).length, 1);
  t.equal(await countOf(service, 'deliveries'), 7);
  await slow.query('rollback');
  slow.release();
  t.equal((await run(service)).kept, 2);
  t.strictSame(await tablesOf(service), await partitionsOf(service));
});

t.test('dropping comes between transactions that publish one over the other', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  await failAt(service, 4 * DAY_MS);
  const over = new AbortController();
  /** Holds the tables from its first statement until it commits, 300 ms later. */
  const publish = async (startAfterMs: number) => {
    await delay(startAfterMs);
    while (!over.signal.aborted) {
      const client = await pool.connect();
      await client.query('begin');
      await client.query(`select posthorn.publish('a', '{}')`);
      await delay(300);
      await client.query('commit');
      client.release();
    }
  };
  const publishing = Promise.all([publish(0), publish(100), publish(200)]);
  await delay(250);
  t.equal((await run(service)).kept, 2);
  over.abort();
  await t.resolves(publishing, 'and none of them fails');
});

t.test('what a transaction commits while its period is being dropped stays', async (t) => {
  const service = await setUp(t);
  const { pool, subscriptionId } = service;
  const slow = await pool.connect();
  await slow.query('begin');
  // In the first period, which is decided on while this one is open.
  const { rows } = await slow.query<{ id: string }>(
    `with event as (
      insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
      values (posthorn.uuid_v7(now() - interval '5 days'), 'default', 'a', '{}', 2)
      returning id
    )
    insert into posthorn.deliveries (id, tenant, event_id, subscription_id, event_type)
    select posthorn.uuid_sibling(id), 'default', id, $1, 'a' from event
    returning id`,
    [subscriptionId],
  );
  const id = rows[0]?.id ?? '';
  const cleaning = run(service);
  await delay(500);
  await slow.query('commit');
  slow.release();
  await cleaning;
  t.match(await service.delivery(id), { status: 'pending' });
});

t.test('a period that a transaction is in the way of does not end the clean-up', async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  const { failed } = await failAt(service, 4.5 * DAY_MS);
  await service.finish(await service.acceptAt(4 * DAY_MS));
  const { period } = await endedOf(service, failed);
  const analyzing = await pool.connect();
  await analyzing.query('begin');
  await analyzing.query(`lock table posthorn.events_${period} in share update exclusive mode`);
  const { dropped, kept } = await run(service, { patienceMs: 0 });
  t.equal(kept, 0);
  t.ok(
    dropped.some((name) => name.startsWith('deliveries')),
    'a later period is dropped',
  );
  t.equal(await countOf(service, 'deliveries'), 6);
  await analyzing.query('rollback');
  analyzing.release();
  t.equal((await run(service)).kept, 2);
});

t.test("today's partitions are made beside a kept one of the same hours", async (t) => {
  const service = await setUp(t);
  const { pool } = service;
  await failAt(service, 4 * DAY_MS);
  await run(service);
  await pool.query(`select posthorn.ensure_partitions(now() - interval '5 days', now())`);
  t.equal(await countOf(service, 'deliveries'), 2);
});

t.test("a period begins at its hour of UTC, also where the session's zone skips it", async (t) => {
  const service = await setUp(t);
  const client = await service.pool.connect();
  const midnight = '2026-03-08T00:00:00Z';
  await client.query('select posthorn.ensure_partitions($1::timestamptz, $1)', [midnight]);
  await client.query(`set timezone = 'America/Havana'`);
  const { rows } = await client.query(
    `select posthorn.period_start('20260308_00') as period, starts_at as partition
    from posthorn.partitions where name = 'events_20260308_00'`,
  );
  const expected = new Date(midnight);
  t.strictSame(rows, [{ period: expected, partition: expected }]);
  await client.query('reset timezone');
  client.release();
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

  await pool.query('update posthorn.deliveries set next_attempt_at = null where id = $1', [
    waiting,
  ]);
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
    pool,
    null,
    [held!, young!].map((id) => ({ id, reason: 'subscription_paused', waitMs: null })),
  );
  t.equal((await run(service)).expired, 1);
  t.match(await service.delivery(held!), {
    status: 'discarded',
    reason: 'expired',
    parked: false,
    completed_at: Date,
  });
  t.match(await service.delivery(young!), { status: 'pending', parked: true });
  t.match(await service.delivery(queued!), { status: 'pending' });
});

t.test('idempotency keys are forgotten with their events', async (t) => {
  const service = await setUp(t);
  for (const key of ['old', 'young'])
    await service.accept({
      idempotency: { key, requestHash: 'h' },
    });
  await service.pool.query(
    `update posthorn.idempotency_keys set created_at = now() - interval '73 hours' where key = 'old'`,
  );
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
  const oldest = (await partitionsOf(service))
    .filter((name) => name.startsWith('deliveries_'))
    .slice(0, 3);
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
  for (const days of [3.9, 4.4, 4.9])
    await service.finish(await service.acceptAt(days * DAY_MS, 20));
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
  t.ok(slowestMs < 20_000, `nobody waited long: ${Math.round(slowestMs)} ms at the most`);
});
