import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { LATENCY_BOUNDS_MS, latencyBucket, latencyPercentile } from '../../src/stats/latency.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const { subscribe, ingest, publish, call, runtime, pool, untilDelivery } = await startService(t);

const stats = async (query = ''): Promise<any> => {
  await runtime.instruments.rollups.flush();
  const { status, body } = await call('GET', `/stats${query}`);
  if (status !== 200) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
  return body;
};

t.test('a window without events has all its buckets, empty', async (t) => {
  const body = await stats('?tenant=nobody');
  t.match(body, {
    bucket_seconds: 60,
    totals: {
      events: 0,
      deliveries: 0,
      delivered: 0,
      failed: 0,
      attempts: 0,
      success_rate: null,
      latency_ms: { p50: null, p95: null, p99: null },
    },
    subscriptions: [],
  });
  t.equal(body.buckets.length, 60);
  t.equal(body.buckets[0].at, body.window_start);
  const steps = body.buckets
    .slice(1)
    .map(
      (bucket: any, index: number) => Date.parse(bucket.at) - Date.parse(body.buckets[index].at),
    );
  t.ok(steps.every((step: number) => step === 60_000));
  t.strictSame(body.buckets[0], {
    at: body.window_start,
    events: 0,
    attempts: 0,
    delivered: 0,
    failed: 0,
    latency_ms_p50: null,
    latency_ms_p95: null,
  });
});

t.test('events, deliveries and attempts are counted in every window', async (t) => {
  const good = await startReceiver(t);
  const bad = await startReceiver(t, 500);
  const tenant = 'counted';
  const { id: delivered } = await subscribe(good.url, { tenant, name: 'Good' });
  const { id: failing } = await subscribe(bad.url, { tenant, retry_schedule: '1s' });
  for (let n = 0; n < 3; n += 1) await publish({ tenant, event_type: 'order.created', payload: n });
  const { delivery_id: last } = await ingest(failing, '{}');
  await untilDelivery(last, 'failed');
  await until(async () => (await stats(`?tenant=${tenant}`)).totals.attempts === 11);

  for (const window of ['1h', '24h', '72h']) {
    const body = await stats(`?window=${window}&tenant=${tenant}`);
    t.match(
      body.totals,
      {
        events: 4,
        deliveries: 7,
        attempts: 11,
        delivered: 3,
        failed: 8,
        success_rate: 3 / 11,
        latency_ms: { p50: Number, p95: Number, p99: Number },
      },
      window,
    );
    const attempts = body.buckets.reduce((sum: number, one: any) => sum + one.attempts, 0);
    t.equal(attempts, 11);
    t.match(
      body.subscriptions,
      [
        {
          id: failing,
          name: null,
          target_url: bad.url,
          attempts: 8,
          failed: 8,
          success_rate: 0,
          failing_since: String,
        },
        {
          id: delivered,
          name: 'Good',
          attempts: 3,
          failed: 0,
          success_rate: 1,
          failing_since: null,
        },
      ],
      'those that fail come first',
    );
  }
  t.match(await stats(`?subscription_id=${delivered}`), {
    totals: { events: 3, deliveries: 3, attempts: 3, delivered: 3, failed: 0, success_rate: 1 },
    subscriptions: [{ id: delivered }],
  });
  t.match(await stats(), { totals: { events: 4, attempts: 11 } }, 'without a tenant, all of them');
});

t.test('the queue is a part of it', async (t) => {
  const bad = await startReceiver(t, 500);
  const { id } = await subscribe(bad.url, { tenant: 'waiting', retry_schedule: '1h' });
  const { delivery_id: deliveryId } = await ingest(id);
  await untilDelivery(deliveryId, 'retry_scheduled');
  await until(async () => (await stats()).queue.retries_waiting === 1);
  t.match((await stats()).queue, { depth: Number, parked: 0 });
});

t.test('the answer takes no longer after twenty million attempts', async (t) => {
  await pool.query(`
    insert into posthorn.subscriptions (tenant, id, target_url)
    select 'large', posthorn.uuid_v7(), 'https://receiver.example/' || n
    from generate_series(1, 200) as n`);
  await pool.query(`
    insert into posthorn.tenant_rollups
    select 'large', width, date_bin(width * interval '1 second', now(), 'epoch') - n * width * interval '1 second',
      4630 * width / 60, 4630 * width / 60, 4630 * width / 60, 4600 * width / 60, array_fill(210 * width / 60, '{22}')
    from (values (60, 4319), (900, 287), (3600, 71)) as w (width, count), generate_series(0, count) as n`);
  await pool.query(`
    insert into posthorn.subscription_rollups
    select 'large', s.id, width, date_bin(width * interval '1 second', now(), 'epoch') - n * width * interval '1 second',
      width / 60, width / 60, width / 60, array_fill(width / 60, '{9}')
    from (values (60, 719), (3600, 71)) as w (width, count), generate_series(0, count) as n, posthorn.subscriptions as s
    where s.tenant = 'large'`);
  await pool.query('analyze posthorn.tenant_rollups, posthorn.subscription_rollups');
  for (const query of ['window=1h', 'window=24h', 'window=72h', 'window=72h&bucket_seconds=900']) {
    const times: number[] = [];
    for (let n = 0; n < 7; n += 1) {
      const startedAtMs = performance.now();
      const { body } = await call('GET', `/stats?tenant=large&${query}`);
      times.push(performance.now() - startedAtMs);
      if (query === 'window=72h') t.equal(body.totals.attempts, 4630 * 60 * 72);
    }
    const median = times.sort((a, b) => a - b)[3] as number;
    t.comment(`${query}: ${median.toFixed(0)} ms`);
    t.ok(median < 5_000, `${median} ms on a machine that tests share`);
  }
});

t.test('too many buckets, and what is no window, are 400', async (t) => {
  const queries = [
    'window=72h&bucket_seconds=60',
    'window=2h',
    'bucket_seconds=7',
    'window=1h&x=1',
  ];
  for (const query of queries) {
    t.match(
      await call('GET', `/stats?${query}`),
      { status: 400, body: { code: 'invalid_request' } },
      query,
    );
  }
  t.equal((await stats('?window=24h&bucket_seconds=60')).buckets.length, 1_440);
});

t.test('percentiles come within their bucket of the truth', async (t) => {
  const values = Array.from({ length: 10_000 }, (_, n) => 1.001 ** n).filter((ms) => ms < 30_000);
  const counts: number[] = Array.from({ length: LATENCY_BOUNDS_MS.length + 1 }, () => 0);
  for (const ms of values) counts[latencyBucket(ms)]! += 1;
  for (const share of [0.01, 0.5, 0.95, 0.99]) {
    const exact = values[Math.ceil(share * values.length) - 1] as number;
    const estimate = latencyPercentile(counts, share) as number;
    t.ok(Math.max(exact / estimate, estimate / exact) < 2, `${share}: ${exact} ${estimate}`);
  }
  t.equal(latencyPercentile([], 0.5), null);
  t.equal(
    latencyPercentile([...LATENCY_BOUNDS_MS.map(() => 0), 5], 0.5),
    30_000,
    'nothing is said beyond the last bound',
  );
});

t.test('retention takes roll-ups with it', async () => {
  await pool.query(
    `select posthorn.add_rollups('{old,old}', array[null, $1::uuid], '{60,3600}',
      array[now() - interval '80 hours', now() - interval '80 hours'], '{1,0}', '{1,1}', '{1,1}',
      '{1,1}', array['{1}', '{1}'], '{0,0}')`,
    ['019aa089-9af2-7c31-8a5e-2f0d6c1b7e94'],
  );
  await pool.query(`select ${QUEUE_SCHEMA}.add_job('maintain', '{}')`);
  await until(async () => {
    const { rows } = await pool.query(`select
      (select count(*) from posthorn.tenant_rollups where tenant = 'old')
      + (select count(*) from posthorn.subscription_rollups where tenant = 'old') as count`);
    return Number(rows[0].count) === 0;
  });
});
