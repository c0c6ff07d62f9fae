import t from 'tap';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const ROOT = 'root-key-of-the-environment';

t.test('a tenant exists while something names it', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { call, subscribe, publish } = service;
  const names = async (query = '') =>
    (await call('GET', `/tenants${query}`)).body.data.map(
      ({ tenant }: { tenant: string }) => tenant,
    );
  t.strictSame(await names(), []);
  t.match(await call('GET', '/tenants/acme'), { status: 404, body: { code: 'tenant_not_found' } });

  const { id } = await subscribe('https://receiver.example/', { tenant: 'subscriber' });
  await publish({ tenant: 'publisher', event_type: 'a', payload: 1 });
  const { body: session } = await call('POST', '/tenants/Visitor/portal-session');
  await until(async () => (await names()).length === 3, { what: 'the roll-up of the publisher' });
  // From the first key on every request needs one.
  const { body: key } = await call('POST', '/api-keys', {
    json: { scopes: ['admin'], tenant: 'keyed' },
  });
  const root = bearer(await keyMaker(service)(['admin']));
  const list = async (query = '') =>
    (await call('GET', `/tenants${query}`, { headers: root })).body;
  const all = async (query = '') =>
    (await list(query)).data.map(({ tenant }: { tenant: string }) => tenant);
  t.strictSame((await all()).sort(), ['Visitor', 'keyed', 'publisher', 'subscriber']);
  t.strictSame(await all('?q=VISIT'), ['Visitor'], 'found by part of the name, in any case');
  t.strictSame(await all('?q=%25'), [], 'which is text and no pattern');

  const pages: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const { data, next_cursor } = await list(`?limit=1${cursor && `&cursor=${cursor}`}`);
    pages.push(...data.map(({ tenant }: { tenant: string }) => tenant));
    cursor = next_cursor;
  }
  t.strictSame(pages, await all(), 'pages neither repeat nor skip');

  await call('DELETE', `/subscriptions/${id}`, { headers: root });
  await call('DELETE', `/api-keys/${key.id}`, { headers: root });
  await call('DELETE', `/portal-sessions/${session.id}`, { headers: root });
  t.strictSame(await all(), ['publisher']);
  t.equal((await call('GET', '/tenants/keyed', { headers: root })).status, 404);
});

t.test('an overview counts what concerns the tenant, as /stats does', async (t) => {
  const service = await startService(t, { env: { API_KEYS: ROOT } });
  const headers = bearer(ROOT);
  const { call } = service;
  const good = await startReceiver(t);
  const bad = await startReceiver(t, 500);
  const subscribe = (fields: object) => call('POST', '/subscriptions', { headers, json: fields });
  await subscribe({ tenant: 'acme', target_url: good.url });
  await subscribe({ tenant: 'acme', target_url: bad.url, retry_schedule: 'none' });
  await subscribe({ tenant: 'acme', target_url: good.url, status: 'paused' });
  await subscribe({ tenant: 'other', target_url: good.url });
  const { body: event } = await call('POST', '/events', {
    headers,
    json: { tenant: 'acme', event_type: 'a', payload: 1 },
  });
  await call('POST', '/tenants/acme/portal-session', { headers });

  const overview = await until(async () => {
    const { body } = await call('GET', '/tenants/acme', { headers });
    return body.last_24h.attempts === 2 && body.subscriptions.failing === 1 && body;
  });
  const { body: shown } = await call('GET', `/events/${event.id}`, { headers });
  t.strictSame(overview, {
    tenant: 'acme',
    subscriptions: { active: 2, paused: 1, disabled: 0, failing: 1 },
    last_24h: { events: 1, deliveries: 3, attempts: 2, success_rate: 0.5 },
    last_event_at: shown.received_at,
    portal_sessions: 1,
  });
  const { body: stats } = await call('GET', '/stats?window=24h&tenant=acme', { headers });
  t.match(stats.totals, { events: 1, deliveries: 3, attempts: 2, success_rate: 0.5 });
  const { body: list } = await call('GET', '/tenants', { headers });
  t.strictSame(list.data[0], overview);
  t.match(list.data[1], {
    tenant: 'other',
    last_24h: { attempts: 0, success_rate: null },
    last_event_at: null,
  });

  const acme = bearer(await keyMaker(service)(['read'], 'acme'));
  t.equal((await call('GET', '/tenants/acme', { headers: acme })).status, 200);
  for (const path of ['/tenants/other', '/tenants']) {
    t.match(
      await call('GET', path, { headers: acme }),
      { status: 403, body: { code: 'tenant_forbidden' } },
      path,
    );
  }
});
