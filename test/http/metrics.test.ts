import { readFileSync } from 'node:fs';
import t from 'tap';
import { parse } from 'yaml';
import { startMetricsServer } from '../../src/metrics/metrics-server.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const service = await startService(t);
const { call, subscribe, ingest, publish, runtime, untilDelivery } = service;

const scrape = async (): Promise<string> => (await call('GET', '/metrics')).text;

/** The sum of a metric's samples whose labels include those given. */
function valueOf(text: string, name: string, labels: Record<string, string> = {}): number {
  const wanted = Object.entries(labels).map(([key, value]) => `${key}="${value}"`);
  const samples = text
    .split('\n')
    .map((line) => /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line))
    .filter((match) => match?.[1] === name && wanted.every((label) => match[2]?.includes(label)));
  return samples.reduce((sum, match) => sum + Number(match?.[3]), 0);
}

t.test('what is accepted, attempted and delivered is counted', async (t) => {
  const good = await startReceiver(t, 204);
  const bad = await startReceiver(t, 503);
  await subscribe(good.url, { tenant: 'counted' });
  const { id } = await subscribe(bad.url, { tenant: 'counted', retry_schedule: '1h' });
  await publish({ tenant: 'counted', event_type: 'a', payload: 1 });
  const { delivery_id: waiting } = await ingest(id);
  await untilDelivery(waiting, 'retry_scheduled');
  await until(async () => valueOf(await scrape(), 'posthorn_retries_waiting') === 2);
  const text = await scrape();
  t.equal(valueOf(text, 'posthorn_events_accepted_total'), 2);
  t.equal(valueOf(text, 'posthorn_deliveries_created_total'), 3);
  t.equal(valueOf(text, 'posthorn_deliveries_delivered_total'), 1);
  t.equal(valueOf(text, 'posthorn_attempts_total', { outcome: 'success', status_class: '2xx' }), 1);
  t.equal(
    valueOf(text, 'posthorn_attempts_total', { outcome: 'failed_attempt', status_class: '5xx' }),
    2,
  );
  t.equal(valueOf(text, 'posthorn_accept_duration_seconds_count'), 2);
  t.equal(valueOf(text, 'posthorn_attempt_duration_seconds_count'), 3);
  t.equal(valueOf(text, 'posthorn_delivery_latency_seconds_count'), 1);
  t.ok(valueOf(text, 'posthorn_batch_size_count', { batch: 'record' }) > 0);
  t.ok(valueOf(text, 'posthorn_cache_lookups_total') > 0);
  t.ok(valueOf(text, 'posthorn_database_connections', { pool: 'record' }) > 0);
});

t.test('no label says whose anything is, so that their number is bounded', async (t) => {
  const text = await scrape();
  const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, name]) => name));
  t.strictSame(
    [...labels].filter((name) => /tenant|subscription|event|delivery|url/.test(name ?? '')),
    [],
  );
  t.notMatch(text, 'counted');
  t.ok(text.split('\n').length < 600, `${text.split('\n').length} lines`);
});

const names = (text: string): Set<string> => {
  const types = [...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)];
  return new Set(
    types.flatMap(([, name, type]) =>
      type === 'histogram'
        ? ['_bucket', '_sum', '_count'].map((suffix) => `${name}${suffix}`)
        : [name as string],
    ),
  );
};

const metricsIn = (expression: string): string[] =>
  [...expression.matchAll(/\b(?:posthorn|nodejs|process)_\w+/g)].map(([name]) => name);

t.test('the alert rules are well-formed and ask for metrics that exist', async (t) => {
  const known = names(await scrape());
  const { groups } = parse(
    readFileSync(new URL('../../deploy/prometheus/alerts.yaml', import.meta.url), 'utf8'),
  );
  const rules = groups.flatMap((group: any) => group.rules);
  t.ok(rules.length > 5);
  for (const { alert, expr, for: period, labels, annotations } of rules) {
    t.match(
      { alert, period, labels, annotations },
      {
        alert: /^Posthorn\w+$/,
        period: /^\d+m$/,
        labels: { severity: /^(critical|warning)$/ },
        annotations: { summary: String, description: String },
      },
    );
    const used = metricsIn(expr);
    t.ok(used.length > 0 && used.every((name) => known.has(name)), `${alert}: ${used.join(', ')}`);
    t.equal((expr.match(/\(/g) ?? []).length, (expr.match(/\)/g) ?? []).length, 'brackets match');
  }
});

t.test('the Grafana dashboard loads and asks for metrics that exist', async (t) => {
  const known = names(await scrape());
  const dashboard = JSON.parse(
    readFileSync(new URL('../../deploy/grafana/posthorn.json', import.meta.url), 'utf8'),
  );
  t.match(dashboard, { title: 'Posthorn', uid: 'posthorn', schemaVersion: Number });
  const ids = dashboard.panels.map(({ id }: { id: number }) => id);
  t.equal(new Set(ids).size, ids.length);
  for (const { title, targets } of dashboard.panels) {
    const used = targets.flatMap(({ expr }: { expr: string }) => metricsIn(expr));
    t.ok(
      used.length > 0 && used.every((name: string) => known.has(name)),
      `${title}: ${used.join(', ')}`,
    );
  }
});

t.test(
  'a process without the API serves metrics and its health, and nothing else, on a port of their own',
  async (t) => {
    const { metrics } = runtime.instruments;
    let isReady = false;
    const server = await startMetricsServer({
      metrics,
      host: '127.0.0.1',
      port: 0,
      isReady: () => isReady,
    });
    t.teardown(() => server.stop());
    const response = await fetch(`http://127.0.0.1:${server.port}/metrics`);
    t.match(response.headers.get('content-type'), /^text\/plain/);
    t.match(await response.text(), /posthorn_attempts_total\{/);
    t.same(await (await fetch(`http://127.0.0.1:${server.port}/health`)).json(), { status: 'ok' });
    for (const [ready, status] of [
      [false, 503],
      [true, 200],
    ] as const) {
      isReady = ready;
      t.equal((await fetch(`http://127.0.0.1:${server.port}/ready`)).status, status);
    }
    t.equal((await fetch(`http://127.0.0.1:${server.port}/`)).status, 404);
  },
);
