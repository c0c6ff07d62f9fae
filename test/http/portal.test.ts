import t, { type Test } from 'tap';
import { retentionOf } from '../../src/retention.ts';
import { maintain } from '../../src/retention/retention.service.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService, type Service } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

const ROOT = 'root-key-of-the-environment';
const TARGET = 'https://receiver.example/hooks';
const admin = bearer(ROOT);

const startKeyed = (t: Test, env: Record<string, string> = {}, database?: Service) =>
  startService(t, {
    hasWorker: false,
    env: { API_KEYS: ROOT, ...env },
    ...(database && { database }),
  });

const openPortal = async ({ call }: Service, tenant: string, json: object = {}) =>
  (await call('POST', `/tenants/${tenant}/portal-session`, { headers: admin, json })).body;

t.test('a portal session', async (t) => {
  const service = await startKeyed(t);
  const { call, pool } = service;

  t.test('is a link that carries its token behind the #, and ends when it says', async (t) => {
    const { status, headers, body } = await call('POST', '/tenants/acme/portal-session', {
      headers: admin,
    });
    t.equal(status, 201);
    t.equal(headers.get('cache-control'), 'no-store');
    t.equal(headers.get('location'), `/portal-sessions/${body.id}`);
    const { token, url, created_at, expires_at, ...rest } = body;
    t.match(token, /^phs_[0-9A-Za-z]{42}$/);
    t.equal(url, `${service.address}/#portal=${token}`);
    t.equal(Date.parse(expires_at) - Date.parse(created_at), 3_600_000, 'an hour by default');
    t.strictSame(rest, { id: body.id, tenant: 'acme', read_only: false });
    const { rows } = await pool.query(
      'select portal_sessions::text as row from posthorn.portal_sessions',
    );
    t.notOk(
      rows.some(({ row }) => row.includes(token)),
      'the token is not stored',
    );
  });

  t.test('lasts from a minute to a day', async (t) => {
    for (const [seconds, status] of [
      [59, 400],
      [60, 201],
      [86_400, 201],
      [86_401, 400],
      ['60', 400],
    ]) {
      const answer = await call('POST', '/tenants/acme/portal-session', {
        headers: admin,
        json: { expires_in_seconds: seconds },
      });
      t.equal(answer.status, status, String(seconds));
    }
  });

  t.test('knows whose it is', async (t) => {
    const { id, token, expires_at } = await openPortal(service, 'acme', { read_only: true });
    t.strictSame((await call('GET', '/session', { headers: bearer(token) })).body, {
      actor: `portal:${id}`,
      tenant: 'acme',
      scopes: ['portal-read'],
      expires_at,
    });
    t.strictSame((await call('GET', '/session', { headers: admin })).body, {
      actor: 'environment:1',
      tenant: null,
      scopes: ['admin'],
      expires_at: null,
    });
  });

  t.test('is made for its own tenant by a key that is bound to one', async (t) => {
    const acme = bearer(await keyMaker(service)(['admin'], 'acme'));
    t.equal((await call('POST', '/tenants/acme/portal-session', { headers: acme })).status, 201);
    t.match(await call('POST', '/tenants/other/portal-session', { headers: acme }), {
      status: 403,
      body: { code: 'tenant_forbidden', errors: [{ pointer: '/path/tenant' }] },
    });
    t.equal((await call('DELETE', '/tenants/other/portal-session', { headers: acme })).status, 403);
    const { id } = await openPortal(service, 'other');
    t.equal((await call('DELETE', `/portal-sessions/${id}`, { headers: acme })).status, 404);
  });

  t.test('is revoked at once, alone or with all of its tenant', async (t) => {
    const sees = async ({ token }: { token: string }) =>
      (await call('GET', '/events', { headers: bearer(token) })).status;
    const [one, two, three, foreign] = await Promise.all(
      ['many', 'many', 'many', 'few'].map((tenant) => openPortal(service, tenant)),
    );
    t.equal(await sees(one), 200);
    t.equal((await call('DELETE', `/portal-sessions/${one.id}`, { headers: admin })).status, 204);
    t.equal(await sees(one), 401);
    t.equal(await sees(two), 200);
    t.match(await call('DELETE', `/portal-sessions/${one.id}`, { headers: admin }), {
      status: 404,
      body: { code: 'portal_session_not_found' },
    });
    t.equal((await call('DELETE', '/tenants/many/portal-session', { headers: admin })).status, 204);
    t.strictSame([await sees(two), await sees(three), await sees(foreign)], [401, 401, 200]);
  });

  t.test('leaves who may send events, and how long they wait, to the operator', async (t) => {
    const headers = bearer((await openPortal(service, 'acme')).token);
    const json = { target_url: TARGET };
    const made = await call('POST', '/subscriptions', { headers, json });
    t.match(made.body, { tenant: 'acme', ingest_signature: 'off', retry_schedule: null });
    for (const field of [{ ingest_signature: 'optional' }, { retry_schedule: '7d,7d' }]) {
      const refused = { status: 403, body: { errors: [{ pointer: `/${Object.keys(field)[0]}` }] } };
      const path = `/subscriptions/${made.body.id}`;
      t.match(
        await call('POST', '/subscriptions', { headers, json: { ...json, ...field } }),
        refused,
      );
      t.match(await call('PATCH', path, { headers, json: field }), refused);
      t.match(await call('PUT', path, { headers, json: field }), refused);
    }
    const changed = await call('PATCH', `/subscriptions/${made.body.id}`, {
      headers,
      json: { rate_limit: 5, status: 'paused', headers: { 'X-Own': '1' } },
    });
    t.match(changed, { status: 200, body: { rate_limit: 5, status: 'paused' } });
  });

  t.test('makes no more than a hundred subscriptions', async (t) => {
    const headers = bearer((await openPortal(service, 'greedy')).token);
    const create = (as: Record<string, string>) =>
      call('POST', '/subscriptions', {
        headers: as,
        json: { target_url: TARGET, tenant: 'greedy' },
      });
    await pool.query(`insert into posthorn.subscriptions (id, tenant, target_url)
      select posthorn.uuid_v7(), 'greedy', 'https://receiver.example/' from generate_series(1, 99)`);
    t.equal((await create(headers)).status, 201);
    t.match(await create(headers), { status: 403, body: { code: 'forbidden' } });
    t.equal((await create(admin)).status, 201, 'the operator may');
  });

  t.test('stands in the audit log by its id, and so does who made it', async (t) => {
    const { id, token } = await openPortal(service, 'audited');
    await call('POST', '/subscriptions', { headers: bearer(token), json: { target_url: TARGET } });
    await call('DELETE', '/tenants/audited/portal-session', { headers: admin });
    const { body } = await call('GET', '/audit?tenant=audited', { headers: admin });
    t.match(body.data, [
      { operation: 'revokePortalSessions', actor: 'environment:1', tenant: 'audited' },
      { operation: 'createSubscription', actor: `portal:${id}` },
      { operation: 'createPortalSession', actor: 'environment:1', target_id: id },
    ]);
  });

  t.test('is forgotten by clean-up once it has expired', async (t) => {
    const [kept, expired] = [
      await openPortal(service, 'swept'),
      await openPortal(service, 'swept'),
    ];
    await pool.query('update posthorn.portal_sessions set expires_at = now() where id = $1', [
      expired.id,
    ]);
    await maintain({
      pool,
      ...retentionOf({ retentionHours: 72, failedRetentionDays: 14, auditRetentionDays: 90 }),
      logger: service.runtime.logger,
    });
    const { rows } = await pool.query(
      `select id from posthorn.portal_sessions where tenant = 'swept'`,
    );
    t.strictSame(rows, [{ id: kept.id }]);
  });

  t.test('begins with PUBLIC_URL where that is set', async (t) => {
    const behindProxy = await startKeyed(t, { PUBLIC_URL: 'https://hooks.example/' }, service);
    const { url, token } = await openPortal(behindProxy, 'acme');
    t.equal(url, `https://hooks.example/#portal=${token}`);
  });
});

t.test('where no key is needed, who comes through the portal still sees one tenant', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { call, subscribe } = service;
  await subscribe(TARGET, { tenant: 'other' });
  const { token, id } = (await call('POST', '/tenants/acme/portal-session')).body;
  const headers = bearer(token);
  t.strictSame((await call('GET', '/subscriptions', { headers })).body.data, []);
  t.equal((await call('GET', '/tenants', { headers })).status, 403);
  await call('DELETE', `/portal-sessions/${id}`);
  t.equal((await call('GET', '/subscriptions', { headers })).status, 401);
  t.equal((await call('GET', '/subscriptions')).body.data.length, 1);
});

/** Reads the stream until it ends. */
function readStream(t: Test, { address }: Service, key: string, query = '') {
  const stop = new AbortController();
  t.teardown(() => stop.abort());
  const state = { text: '', isOver: false };
  const reading = (async () => {
    const response = await fetch(`${address}/stream${query}`, {
      headers: bearer(key),
      signal: stop.signal,
    });
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream()))
      state.text += chunk;
  })();
  reading.catch(() => undefined).finally(() => (state.isOver = true));
  return state;
}

t.test('the stream', async (t) => {
  const service = await startKeyed(t);
  const { call, pool } = service;

  t.test('shows a subscriber what happens to the tenant, and nothing else', async (t) => {
    const receiver = await startReceiver(t);
    const [own, foreign] = await Promise.all(
      ['acme', 'other'].map(
        async (tenant) =>
          (
            await call('POST', '/subscriptions', {
              headers: admin,
              json: { target_url: receiver.url, tenant },
            })
          ).body.id,
      ),
    );
    const { token } = await openPortal(service, 'acme');
    const stream = readStream(t, service, token);
    const probing = readStream(t, service, token, `?subscription_id=${foreign}`);
    const everything = readStream(t, service, ROOT);
    await until(() => stream.text !== '' && probing.text !== '' && everything.text !== '');
    for (const id of [foreign, own])
      await call('POST', `/subscriptions/${id}/test`, { headers: admin });
    await until(() => stream.text.includes(own) && everything.text.includes(own));
    t.ok(everything.text.includes(foreign), 'it did happen');
    t.notOk(stream.text.includes(foreign));
    t.equal(probing.text, 'retry: 1000\n\n');
    const { status } = await call('GET', '/stream?tenant=other', { headers: bearer(token) });
    t.equal(status, 403);
  });

  t.test('ends within seconds when the key is revoked or expires, in every process', async (t) => {
    const second = await startKeyed(t, {}, service);
    const session = await openPortal(service, 'acme');
    const expiring = await openPortal(service, 'acme');
    await pool.query(
      `update posthorn.portal_sessions set expires_at = now() + interval '3 s' where id = $1`,
      [expiring.id],
    );
    const { body: made } = await call('POST', '/api-keys', {
      headers: admin,
      json: { scopes: ['read'] },
    });
    const keys = [session.token, expiring.token, made.key];
    const ending = [service, second].flatMap((one) => keys.map((key) => readStream(t, one, key)));
    const staying = readStream(t, service, ROOT);
    await until(() => [...ending, staying].every(({ text }) => text !== ''));
    await call('DELETE', `/portal-sessions/${session.id}`, { headers: admin });
    await call('DELETE', `/api-keys/${made.id}`, { headers: admin });
    const startedAtMs = performance.now();
    await until(() => ending.every(({ isOver }) => isOver), { timeoutMs: 45_000 });
    t.ok(
      performance.now() - startedAtMs < 40_000,
      `${Math.round(performance.now() - startedAtMs)} ms`,
    );
    t.notOk(staying.isOver);
  });
});

t.test(
  'the page may be framed by the origins that are named, and API documents by nobody',
  async (t) => {
    const paths = {
      page: ['/', '/ui/deliveries'],
      others: ['/subscriptions', '/docs/', '/openapi.json', '/health', '/x'],
    };
    const ancestors = async ({ api }: Service, url: string) => {
      const { headers } = await api.app.inject({ url, headers: admin });
      const policy = /frame-ancestors ([^;]*)/.exec(
        String(headers['content-security-policy']),
      )?.[1];
      return [policy, headers['x-frame-options']];
    };
    const closed = await startKeyed(t);
    const open = await startKeyed(
      t,
      { PORTAL_ALLOWED_ORIGINS: 'https://app.example, http://localhost:5173' },
      closed,
    );
    for (const url of [...paths.page, ...paths.others]) {
      t.strictSame(await ancestors(closed, url), ["'none'", 'DENY'], url);
    }
    for (const url of paths.others)
      t.strictSame(await ancestors(open, url), ["'none'", 'DENY'], url);
    for (const url of paths.page) {
      t.strictSame(
        await ancestors(open, url),
        ['https://app.example http://localhost:5173', undefined],
        url,
      );
    }
  },
);
