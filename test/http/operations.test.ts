import t from 'tap';
import { nextRun } from '../../src/queue/cron.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const { call } = await startService(t, {
  env: { API_KEYS: 'a-key-for-everything', CLEANUP_CRON: '30 4 * * 1' },
});
const headers = { authorization: 'Bearer a-key-for-everything' };

t.test('workers, queue, cron, partitions and the cache are shown', async (t) => {
  const { status, body } = await call('GET', '/operations', { headers });
  t.equal(status, 200);
  t.match(body.workers, [
    {
      id: String,
      host: String,
      process_id: process.pid,
      version: '0.0.0-test',
      is_live: true,
      in_flight: 0,
    },
  ]);
  t.match(body.queue, {
    depth: 0,
    oldest_age_seconds: null,
    retries_waiting: 0,
    parked: 0,
    open_breakers: 0,
  });
  t.ok(body.queue.tasks.every(({ running }: { running: number }) => running >= 0));
  t.match(body.cron, [
    { task: 'sweep', pattern: '* * * * *', next_run_at: String },
    { task: 'maintain', pattern: '30 4 * * 1', next_run_at: /T04:30:00\.000Z$/ },
  ]);
  t.equal(new Date(body.cron[1].next_run_at).getUTCDay(), 1);
  t.match(body.partitions[0], {
    parent: String,
    name: String,
    starts_at: String,
    total_bytes: Number,
  });
  t.match(body.cache, { lookups: 0, hits: 0, hit_rate: null });
});

t.test('keys of one tenant see neither operations nor metrics', async (t) => {
  const created = await call('POST', '/api-keys', {
    headers,
    json: { name: 'one', scopes: ['read'], tenant: 'acme' },
  });
  t.equal(created.status, 201);
  const limited = { authorization: `Bearer ${created.body.key}` };
  for (const path of ['/operations', '/metrics']) {
    t.match(
      await call('GET', path, { headers: limited }),
      { status: 403, body: { code: 'tenant_forbidden' } },
      path,
    );
    t.match(await call('GET', path), { status: 401 }, `${path} without a key`);
  }
  const { status, body } = await call('GET', '/stats', { headers: limited });
  t.equal(status, 200);
  t.match(body.queue, { depth: null, oldest_age_seconds: null, retries_waiting: 0, parked: 0 });
  for (const path of ['/stats?tenant=other', '/stream?tenant=other']) {
    t.match(
      await call('GET', path, { headers: limited }),
      { status: 403, body: { code: 'tenant_forbidden' } },
      path,
    );
  }
});

t.test('what waits is counted', async (t) => {
  const bad = await startReceiver(t, 500);
  const subscription = await call('POST', '/subscriptions', {
    headers,
    json: { target_url: bad.url, retry_schedule: '1h' },
  });
  await call('POST', `/ingest/${subscription.body.id}`, {
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{}',
  });
  await until(async () => {
    const { body } = await call('GET', '/operations', { headers });
    const promote = body.queue.tasks.find(({ task }: { task: string }) => task === 'promote');
    return body.queue.retries_waiting === 1 && promote?.scheduled === 1 && body.cache.lookups > 0;
  });
  t.pass();
});

t.test('the next run of a pattern is found', (t) => {
  const at = (pattern: string, after: string) => nextRun(pattern, Date.parse(after))?.toISOString();
  t.equal(at('* * * * *', '2026-01-31T23:59:10Z'), '2026-02-01T00:00:00.000Z');
  t.equal(at('0 */12 * * *', '2026-01-31T12:00:00Z'), '2026-02-01T00:00:00.000Z');
  t.equal(at('0 0 29 2 *', '2027-03-01T00:00:00Z'), '2028-02-29T00:00:00.000Z');
  t.equal(at('0 0 30 2 *', '2026-01-01T00:00:00Z'), undefined);
  t.end();
});
