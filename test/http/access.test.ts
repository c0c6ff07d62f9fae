import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import t from 'tap';
import type { Test } from 'tap';
import { createApiKeyService } from '../../src/access/api-keys.service.ts';
import { createFirstKey } from '../../src/access/first-key.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Operation } from '../../src/openapi/document.ts';
import { bodyHmac } from '../../src/sender/hmac.ts';
import { NOWHERE } from '../helpers/api.ts';
import { apiDocument, type Answer } from '../helpers/contract.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { createFixtures, idIn, TARGET, type Fixtures } from '../helpers/tenant-fixtures.ts';
import { until } from '../helpers/until.ts';

// Every route with every kind of key takes its time on a busy machine.
t.setTimeout(300_000);

const ROOT = 'root-key-of-the-environment';

/** A service that asks for keys: one of the environment may do everything. */
const startKeyed = (t: Test, env: Record<string, string> = {}) =>
  startService(t, { hasWorker: false, env: { API_KEYS: ROOT, ...env } });

type Keyed = Awaited<ReturnType<typeof startKeyed>>;

const scopesOf = ({ security }: Operation): string[] =>
  security.flatMap(({ bearer: scopes = [] }) => scopes);
const isSecured = ({ security }: Operation): boolean => security.length > 0;
const namesTenant = ({ path }: Operation): boolean => path.includes('{tenant}');
const templatesOf = ({ path }: Operation): string[] => path.match(/\{[^}]+\}/g) ?? [];

/** What a subscriber may call, by the document. */
const isForSubscribers = ({ security }: Operation): boolean =>
  security.some((requirement) => 'portal' in requirement);

/** The first example of the operation's body, about the fixtures. */
function exampleBody(operation: Operation, fixtures: Fixtures): RequestInit {
  const item = (apiDocument.json as any).paths[operation.path][operation.method.toLowerCase()];
  const content = item.requestBody?.content?.['application/json'];
  if (content === undefined) return {};
  const [example] = Object.values<any>(content.examples);
  const value =
    'subscription_id' in example.value
      ? { ...example.value, subscription_id: fixtures.subscription }
      : example.value;
  return { body: JSON.stringify(value), headers: { 'content-type': 'application/json' } };
}

async function ask(
  service: Keyed,
  operation: Operation,
  fixtures: Fixtures,
  key?: string,
): Promise<Answer> {
  if (operation.id === 'openStream' && key !== undefined) return askForStream(service, key);
  const path = operation.path.replaceAll(/\{[^}]+\}/g, () => idIn(operation.path, fixtures));
  const { headers, ...init } = exampleBody(operation, fixtures);
  return service.call(operation.method, path, {
    ...init,
    headers: { ...(headers as Record<string, string>), ...(key !== undefined && bearer(key)) },
  });
}

/** The stream would not end by itself. */
async function askForStream({ address }: Keyed, key: string): Promise<Answer> {
  const stop = new AbortController();
  const response = await fetch(`${address}/stream`, { headers: bearer(key), signal: stop.signal });
  const { status, headers } = response;
  const text = status === 200 ? '' : await response.text();
  stop.abort();
  return { status, headers, text, body: text === '' ? undefined : JSON.parse(text) };
}

/** Asking every route leaves things behind that do not mind each other. */
const routes = await startKeyed(t);

t.test('every route, by openapi.yaml', async (t) => {
  const service = routes;
  const makeKey = keyMaker(service);
  const fixtures = await createFixtures(service, bearer(ROOT), 'acme');
  const secured = apiDocument.operations.filter(isSecured);
  t.ok(secured.length > 20, 'most operations ask for a key');

  await t.test('without a key is 401, and says what is wanted', async (t) => {
    for (const operation of secured) {
      const { status, headers, body } = await ask(service, operation, fixtures);
      t.equal(status, 401, operation.id);
      t.equal(headers.get('www-authenticate'), 'Bearer realm="posthorn"', operation.id);
      t.equal(body.code, 'unauthorized', operation.id);
    }
  });

  await t.test('with what is no key, or no longer, is 401', async (t) => {
    const revoked = await makeKey(['admin']);
    await service.pool.query(`update posthorn.api_keys set revoked_at = now()
      where id = (select max(id::text)::uuid from posthorn.api_keys)`);
    const expired = await makeKey(['admin']);
    await service.pool.query(`update posthorn.api_keys set expires_at = now()
      where id = (select max(id::text)::uuid from posthorn.api_keys)`);
    for (const operation of secured) {
      for (const key of [revoked, expired, `${ROOT}x`, 'x']) {
        const { status } = await ask(service, operation, fixtures, key);
        t.equal(status, 401, `${operation.id} with ${key}`);
      }
    }
  });

  await t.test('with a key of other scopes is 403', async (t) => {
    const keys = {
      admin: await makeKey(['read', 'publish'], 'acme'),
      publish: await makeKey(['read'], 'acme'),
      read: await makeKey(['publish'], 'acme'),
    };
    for (const operation of secured) {
      const [scope] = scopesOf(operation);
      const { status, body } = await ask(
        service,
        operation,
        fixtures,
        keys[scope as keyof typeof keys],
      );
      t.equal(status, 403, operation.id);
      t.equal(body.code, 'forbidden', operation.id);
    }
  });

  await t.test('shows a key nothing of another tenant', async (t) => {
    const foreign = await makeKey(['admin'], 'other');
    const reads = secured.filter(
      (operation) =>
        operation.method === 'GET' &&
        templatesOf(operation).length === 0 &&
        operation.id !== 'openStream',
    );
    for (const operation of reads) {
      const ids = operation.parameters.filter(
        ({ name }) => name === 'subscription_id' || name === 'event_id',
      );
      const queries = [
        '',
        ...ids.map(
          ({ name }) => `?${name}=${name === 'event_id' ? fixtures.event : fixtures.subscription}`,
        ),
      ];
      for (const query of queries) {
        const { status, body, text } = await service.call('GET', operation.path + query, {
          headers: bearer(foreign),
        });
        t.ok([200, 403, 404].includes(status), `${operation.id}${query} is ${status}`);
        if (query === '')
          t.notOk(
            Object.values(fixtures).some((id) => text.includes(id)),
            operation.id,
          );
        else if (Array.isArray(body.data)) t.strictSame(body.data, [], operation.id);
      }
    }
  });

  await t.test('of another tenant is 404, as if there were nothing', async (t) => {
    const foreign = await makeKey(['admin'], 'other');
    const addressed = secured.filter(
      (operation) =>
        (templatesOf(operation).length > 0 && !namesTenant(operation)) ||
        operation.id === 'ingestEnvelope',
    );
    for (const operation of addressed) {
      const { status, body } = await ask(service, operation, fixtures, foreign);
      const nowhere = Object.fromEntries(Object.keys(fixtures).map((kind) => [kind, NOWHERE]));
      const unknown = await ask(service, operation, nowhere as Fixtures, foreign);
      t.equal(status, 404, operation.id);
      t.match(body.code, /_not_found$/, operation.id);
      t.strictSame(body, unknown.body, `${operation.id} tells nothing`);
    }
    const { rows } = await service.pool.query(
      'select status from posthorn.subscriptions where id = $1',
      [fixtures.subscription],
    );
    t.strictSame(rows, [{ status: 'active' }], 'and nothing has been done');
  });

  await t.test('that asks for no key answers without one', async (t) => {
    const open = apiDocument.operations.filter((operation) => !isSecured(operation));
    t.strictSame(open.map(({ id }) => id).sort(), [
      'getHealth',
      'getReadiness',
      'getSubscriptionKeySet',
      'listTestWebhooks',
      'receiveTestWebhook',
    ]);
    for (const operation of open) {
      const { status } = await ask(service, operation, fixtures);
      t.not(status, 401, operation.id);
      t.not(status, 403, operation.id);
    }
    for (const path of ['/docs/', '/openapi.yaml', '/openapi.json', '/']) {
      t.equal((await fetch(service.address + path)).status, 200, path);
    }
  });
});

t.test("a key sees and makes what is its tenant's alone", async (t) => {
  const service = await startKeyed(t);
  const { call } = service;
  const [acme, other] = await Promise.all(
    ['acme', 'other'].map((tenant) => keyMaker(service)(['admin'], tenant)),
  );
  const json = { target_url: TARGET };
  const mine = await call('POST', '/subscriptions', { json, headers: bearer(acme as string) });
  t.equal(mine.body.tenant, 'acme');
  t.match(
    await call('POST', '/subscriptions', {
      json: { ...json, tenant: 'other' },
      headers: bearer(acme as string),
    }),
    { status: 403, body: { code: 'tenant_forbidden', errors: [{ pointer: '/tenant' }] } },
  );
  for (const path of ['/subscriptions', '/events', '/api-keys', '/audit']) {
    const { body } = await call('GET', path, { headers: bearer(other as string) });
    t.notOk(
      body.data.some(({ tenant }: any) => tenant !== 'other'),
      path,
    );
  }
});

t.test('every route, through the portal', async (t) => {
  const service = routes;
  const secured = apiDocument.operations.filter(isSecured);
  const portal = async (
    tenant: string,
    json: object = {},
  ): Promise<{ id: string; token: string }> =>
    (
      await service.call('POST', `/tenants/${tenant}/portal-session`, {
        headers: bearer(ROOT),
        json,
      })
    ).body;
  const { token } = await portal('acme');
  const receiver = await startReceiver(t);

  await t.test(
    'is for subscribers where the document says so, and never where all tenants meet',
    (t) => {
      const theirs = secured.filter(isForSubscribers);
      t.ok(theirs.length > 20);
      for (const { id, path, security } of theirs) {
        t.notMatch(
          path,
          /^\/(ingest|api-keys|audit|operations|metrics|tenants|portal-sessions)/,
          id,
        );
        t.notOk(
          security.some(({ bearer: scopes }) => scopes?.includes('publish')),
          id,
        );
      }
      t.end();
    },
  );

  for (const isReadOnly of [false, true]) {
    await t.test(
      `allows just that${isReadOnly ? ', if it reads, where it may only look' : ''}`,
      async (t) => {
        const { token } = await portal('acme', { read_only: isReadOnly });
        let fixtures = await createFixtures(service, bearer(ROOT), 'acme', receiver.url);
        for (const operation of secured) {
          const { status, body } = await ask(service, operation, fixtures, token);
          // What has been deleted or cancelled is of no use to the next.
          if (status < 300 && !['GET', 'POST'].includes(operation.method)) {
            fixtures = await createFixtures(service, bearer(ROOT), 'acme', receiver.url);
          }
          const isAllowed =
            isForSubscribers(operation) && (!isReadOnly || scopesOf(operation).includes('read'));
          // 409: to be retried, a delivery must have been attempted.
          if (isAllowed)
            t.ok(status < 300 || status === 409, `${operation.id} is allowed: ${status}`);
          else
            t.match({ status, body }, { status: 403, body: { code: 'forbidden' } }, operation.id);
        }
      },
    );
  }

  await t.test('ends with the session', async (t) => {
    const revoked = await portal('acme');
    await service.call('DELETE', `/portal-sessions/${revoked.id}`, { headers: bearer(ROOT) });
    const expired = await portal('acme');
    await service.pool.query(
      'update posthorn.portal_sessions set expires_at = now() where id = $1',
      [expired.id],
    );
    const fixtures = await createFixtures(service, bearer(ROOT), 'acme');
    for (const operation of secured) {
      for (const one of [revoked.token, expired.token]) {
        const { status, body } = await ask(service, operation, fixtures, one);
        t.match({ status, body }, { status: 401, body: { code: 'unauthorized' } }, operation.id);
      }
    }
  });

  await t.test('leads to nothing of another tenant by its id', async (t) => {
    const fixtures = await createFixtures(service, bearer(ROOT), 'other');
    const nowhere = Object.fromEntries(
      Object.keys(fixtures).map((kind) => [kind, NOWHERE]),
    ) as Fixtures;
    for (const operation of secured.filter((one) => templatesOf(one).length > 0)) {
      const { status, body } = await ask(service, operation, fixtures, token);
      t.equal(status, isForSubscribers(operation) ? 404 : 403, operation.id);
      const unknown = await ask(service, operation, nowhere, token);
      t.strictSame(body, unknown.body, `${operation.id} tells nothing`);
    }
    const { rows } = await service.pool.query(
      'select status from posthorn.subscriptions where id = $1',
      [fixtures.subscription],
    );
    t.strictSame(rows, [{ status: 'active' }], 'and nothing has been done');
  });

  await t.test('shows nothing of another tenant in any list or number', async (t) => {
    const foreign = await createFixtures(service, bearer(ROOT), 'other');
    const own = await createFixtures(service, bearer(ROOT), 'acme');
    const reads = secured.filter(
      (operation) =>
        isForSubscribers(operation) &&
        operation.method === 'GET' &&
        templatesOf(operation).length === 0 &&
        operation.id !== 'openStream',
    );
    t.ok(reads.length >= 4);
    for (const operation of reads) {
      const may = operation.parameters.map(({ name }) => name);
      const queries = {
        '': true,
        [`?tenant=${foreign.tenant}`]: may.includes('tenant'),
        [`?subscription_id=${foreign.subscription}`]: may.includes('subscription_id'),
        [`?event_id=${foreign.event}`]: may.includes('event_id'),
      };
      for (const query of Object.keys(queries).filter((one) => queries[one])) {
        const { status, body, text } = await service.call('GET', operation.path + query, {
          headers: bearer(token),
        });
        t.ok([200, 403, 404].includes(status), `${operation.id}${query} is ${status}`);
        t.notOk(
          Object.values(foreign).some((id) => text.includes(`"${id}"`)),
          operation.id + query,
        );
        if (query === '' || status === 403) continue;
        if (Array.isArray(body.data)) t.strictSame(body.data, [], operation.id + query);
        if (operation.id === 'getStats')
          t.match(body, { totals: { attempts: 0 }, subscriptions: [] });
      }
    }
    const { text } = await service.call('GET', '/deliveries', { headers: bearer(token) });
    t.ok(text.includes(own.delivery), 'its own are there');
  });

  await t.test('makes nothing for another tenant', async (t) => {
    const { status } = await service.call('POST', '/subscriptions', {
      headers: bearer(token),
      json: { target_url: TARGET, tenant: 'other' },
    });
    t.equal(status, 403);
  });
});

t.test('keys', async (t) => {
  const service = await startKeyed(t);
  const { call } = service;
  const admin = bearer(ROOT);

  t.test('are shown once, listed without themselves, and revoked', async (t) => {
    const { status, headers, body } = await call('POST', '/api-keys', {
      headers: admin,
      json: { name: 'Orders', scopes: ['publish', 'read'], tenant: 'acme' },
    });
    t.equal(status, 201);
    t.equal(headers.get('cache-control'), 'no-store');
    t.equal(headers.get('location'), `/api-keys/${body.id}`);
    const { key, ...shown } = body;
    t.match(key, /^ph_/);
    t.match(shown, {
      name: 'Orders',
      prefix: key.slice(0, 9),
      scopes: ['publish', 'read'],
      tenant: 'acme',
      last_used_at: null,
      expires_at: null,
    });
    t.strictSame((await call('GET', '/api-keys', { headers: admin })).body.data, [shown]);

    t.equal((await call('GET', '/events', { headers: bearer(key) })).status, 200);
    const used = await until(async () => {
      const { body } = await call('GET', '/api-keys', { headers: admin });
      return body.data[0].last_used_at;
    });
    t.ok(Math.abs(Date.now() - Date.parse(used)) < 60_000);

    t.equal((await call('DELETE', `/api-keys/${body.id}`, { headers: admin })).status, 204);
    t.equal((await call('GET', '/events', { headers: bearer(key) })).status, 401, 'at once');
    t.strictSame((await call('GET', '/api-keys', { headers: admin })).body.data, []);
    t.match(await call('DELETE', `/api-keys/${body.id}`, { headers: admin }), {
      status: 404,
      body: { code: 'api_key_not_found' },
    });
  });

  t.test('bound to a tenant make keys of that tenant alone', async (t) => {
    const headers = bearer(await keyMaker(service)(['admin'], 'acme'));
    const own = await call('POST', '/api-keys', { headers, json: { scopes: ['admin'] } });
    t.equal(own.body.tenant, 'acme');
    for (const tenant of ['other', null]) {
      t.match(await call('POST', '/api-keys', { headers, json: { scopes: ['read'], tenant } }), {
        status: 403,
        body: { code: 'tenant_forbidden', errors: [{ pointer: '/tenant' }] },
      });
    }
    const { key } = (
      await call('POST', '/api-keys', { headers: admin, json: { scopes: ['read'] } })
    ).body;
    const { body } = await call('GET', '/api-keys', { headers });
    t.notOk(
      body.data.some(({ prefix }: any) => key.startsWith(prefix)),
      'and see no others',
    );
  });

  t.test('may expire', async (t) => {
    const expiresAt = (ms: number) => new Date(Date.now() + ms).toISOString();
    t.match(
      await call('POST', '/api-keys', {
        headers: admin,
        json: { scopes: ['read'], expires_at: expiresAt(-1_000) },
      }),
      { status: 400, body: { errors: [{ pointer: '/expires_at' }] } },
    );
    const { body } = await call('POST', '/api-keys', {
      headers: admin,
      json: { scopes: ['read'], expires_at: expiresAt(3_000) },
    });
    const read = async () => (await call('GET', '/events', { headers: bearer(body.key) })).status;
    t.equal(await read(), 200);
    await until(async () => (await read()) === 401);
  });

  t.test('revoked by one process are refused by another within five seconds', async (t) => {
    const second = await startService(t, {
      hasWorker: false,
      database: service,
      env: { API_KEYS: ROOT },
    });
    const { body } = await call('POST', '/api-keys', {
      headers: admin,
      json: { scopes: ['read'] },
    });
    const read = async () =>
      (await second.call('GET', '/events', { headers: bearer(body.key) })).status;
    t.equal(await read(), 200);
    await call('DELETE', `/api-keys/${body.id}`, { headers: admin });
    await until(async () => (await read()) === 401, { timeoutMs: 8_000 });
  });

  t.test('name no scope that there is not', async (t) => {
    for (const scopes of [[], ['root'], ['read', 'read'], undefined]) {
      t.equal((await call('POST', '/api-keys', { headers: admin, json: { scopes } })).status, 400);
    }
  });
});

t.test('without any key', async (t) => {
  const service = await startService(t, { hasWorker: false });
  const { app } = service.api;
  const remotely = (method: 'GET' | 'POST', url: string) =>
    app.inject({ method, url, remoteAddress: '203.0.113.7' });

  t.test('this machine may do everything', async (t) => {
    t.equal((await service.subscribe(TARGET)).tenant, 'default');
    t.equal(
      (await service.call('GET', '/events', { headers: bearer('whatever-is-sent') })).status,
      200,
    );
  });

  t.test('other machines may do nothing but look whether it lives', async (t) => {
    const { statusCode, body } = await remotely('GET', '/subscriptions');
    t.equal(statusCode, 401);
    t.match(JSON.parse(body).detail, /There is no API key yet/);
    t.equal((await remotely('POST', '/api-keys')).statusCode, 401);
    t.equal((await remotely('GET', '/health')).statusCode, 200);
  });

  t.test('what a proxy or a web page sends to this machine is not from this machine', async (t) => {
    for (const headers of [
      { 'x-forwarded-for': '203.0.113.7' },
      { forwarded: 'for=203.0.113.7' },
      { origin: 'https://evil.example' },
    ] as Record<string, string>[]) {
      const { status } = await service.call('GET', '/events', { headers });
      t.equal(status, 401, JSON.stringify(headers));
    }
    const rebound = await app.inject({ url: '/events', headers: { host: 'evil.example:3000' } });
    t.equal(rebound.statusCode, 401);
  });

  t.test(
    'the first one ends that in every process, and its revocation does not bring it back',
    async (t) => {
      const second = await startService(t, { hasWorker: false, database: service });
      t.equal((await second.call('GET', '/events')).status, 200);
      const { body } = await service.call('POST', '/api-keys', { json: { scopes: ['admin'] } });
      t.equal((await service.call('GET', '/events')).status, 401);
      await until(async () => (await second.call('GET', '/events')).status === 401);
      const headers = bearer(body.key);
      t.equal((await service.call('DELETE', `/api-keys/${body.id}`, { headers })).status, 204);
      t.equal((await service.call('GET', '/events')).status, 401);
      const third = await startService(t, { hasWorker: false, database: service });
      t.equal((await third.call('GET', '/events')).status, 401);
    },
  );
});

t.test('the first key', async (t) => {
  const configure = (env: Record<string, string>) =>
    loadConfig({ DATABASE_URL: 'postgres://x', ...env });

  t.test('is made once where other machines can call, whoever starts first', async (t) => {
    const { db } = await createTestDatabase(t);
    const make = () => createFirstKey({ config: configure({ HOST: '0.0.0.0' }), db });
    const made = await Promise.all([make(), make(), make()]);
    t.equal(made.filter((key) => key !== undefined).length, 1);
    t.equal(await make(), undefined);
  });

  t.test('is not made on loopback, nor beside a key of the environment', async (t) => {
    const { db } = await createTestDatabase(t);
    t.equal(await createFirstKey({ config: configure({}), db }), undefined);
    t.equal(await createFirstKey({ config: configure({ HOST: '::1' }), db }), undefined);
    t.equal(
      await createFirstKey({ config: configure({ HOST: '0.0.0.0', API_KEYS: ROOT }), db }),
      undefined,
    );
  });
});

t.test('on ingest a signature stands in for a key', async (t) => {
  const service = await startKeyed(t);
  const subscribe = async (ingest_signature: string) =>
    (
      await service.call('POST', '/subscriptions', {
        headers: bearer(ROOT),
        json: { target_url: TARGET, ingest_signature },
      })
    ).body;
  const [off, optional, required] = await Promise.all(
    ['off', 'optional', 'required'].map(subscribe),
  );
  const send = (id: string, headers: Record<string, string>, body = '{"a":1}') =>
    service.post(`/ingest/${id}`, body, headers);
  const sign = (secret: string, body = '{"a":1}') => ({
    'x-hub-signature-256': bodyHmac(secret, body),
  });

  for (const { id, secret, ingest_signature } of [optional, required]) {
    t.equal((await send(id, sign(secret))).status, 202, ingest_signature);
    t.match(await send(id, sign('another secret')), {
      status: 401,
      body: { code: 'invalid_signature' },
    });
    t.match(await send(id, {}), { status: 401, body: { code: 'unauthorized' } });
  }
  t.match(
    await send(off.id, sign(off.secret)),
    { status: 401 },
    'not where they are not looked at',
  );
  t.equal((await send(off.id, bearer(ROOT))).status, 202);
  t.equal((await send(optional.id, bearer(ROOT))).status, 202);
  t.match(await send(required.id, bearer(ROOT)), {
    status: 401,
    body: { code: 'signature_required' },
  });
  t.match(
    await send(optional.id, { ...sign(optional.secret), ...bearer('not-a-key-at-all') }),
    {
      status: 401,
      body: { code: 'unauthorized' },
    },
    'a wrong key is not mended by a right signature',
  );

  const wrong = await send(optional.id, sign('another secret'));
  const unknown = await send(NOWHERE, sign('another secret'));
  t.strictSame(unknown.body, wrong.body, 'whether there is a subscription does not show');

  const envelope = JSON.stringify({ subscription_id: optional.id, event_type: 'x', body: {} });
  t.equal((await service.post('/ingest', envelope, sign(optional.secret, envelope))).status, 202);
  t.equal((await service.post('/ingest', envelope, sign('another secret', envelope))).status, 401);
  t.equal(
    (await service.post('/events', '{"event_type":"x","payload":1}', sign(optional.secret))).status,
    401,
    'publishing is not ingest',
  );
});

t.test('events are taken from the listed networks alone', async (t) => {
  const json = { event_type: 'x', payload: 1 };
  const send = (service: Keyed, headers: Record<string, string> = {}) =>
    service.call('POST', '/events', { json, headers: { ...bearer(ROOT), ...headers } });

  t.test("by the peer's address", async (t) => {
    const listed = await startKeyed(t, { INGEST_IP_ALLOWLIST: '127.0.0.0/8' });
    t.equal((await send(listed)).status, 202);
    const service = await startKeyed(t, { INGEST_IP_ALLOWLIST: '192.0.2.0/24' });
    t.match(await send(service), { status: 403, body: { code: 'forbidden' } });
    t.equal((await send(service, { 'x-forwarded-for': '192.0.2.1' })).status, 403, 'hearsay');
    t.equal((await service.call('GET', '/events', { headers: bearer(ROOT) })).status, 200);
    t.equal((await service.post(`/ingest/${NOWHERE}`, '{}', bearer(ROOT))).status, 403);
  });

  t.test('by what a trusted proxy says, and no proxy before it', async (t) => {
    const service = await startKeyed(t, {
      INGEST_IP_ALLOWLIST: '192.0.2.0/24',
      TRUST_PROXY: '127.0.0.0/8',
    });
    t.equal((await send(service, { 'x-forwarded-for': '192.0.2.1' })).status, 202);
    t.equal((await send(service, { 'x-forwarded-for': '192.0.2.1, 203.0.113.7' })).status, 403);
    t.equal((await send(service)).status, 403);
  });
});

t.test('browsers', async (t) => {
  const origin = 'https://app.example';
  const preflight = { origin, 'access-control-request-method': 'POST' };

  t.test('may not call from pages of other origins', async (t) => {
    const { app } = (await startKeyed(t)).api;
    const { headers } = await app.inject({ url: '/health', headers: { origin } });
    t.equal(headers['access-control-allow-origin'], undefined);
    const refused = await app.inject({ method: 'OPTIONS', url: '/events', headers: preflight });
    t.equal(refused.statusCode, 405);
  });

  t.test('may from those that are configured', async (t) => {
    const { app } = (await startKeyed(t, { CORS_ORIGINS: `${origin}, http://localhost:5173` })).api;
    const allowed = await app.inject({ method: 'OPTIONS', url: '/events', headers: preflight });
    t.equal(allowed.statusCode, 204);
    t.equal(allowed.headers['access-control-allow-origin'], origin);
    const answer = await app.inject({ url: '/events', headers: { origin, ...bearer(ROOT) } });
    t.equal(answer.headers['access-control-allow-origin'], origin);
    t.equal(answer.headers['access-control-allow-credentials'], undefined);
    const problem = await app.inject({ url: '/events', headers: { origin } });
    t.equal(problem.headers['access-control-allow-origin'], origin, 'errors can be read, too');
    const evil = await app.inject({ url: '/health', headers: { origin: 'https://evil.example' } });
    t.equal(evil.headers['access-control-allow-origin'], undefined);
    t.equal((await app.inject({ url: '/nowhere' })).statusCode, 404);
  });

  t.test('are told how to treat every answer', async (t) => {
    const { app } = (await startKeyed(t)).api;
    for (const url of ['/health', '/subscriptions', '/nowhere', '/docs/', '/openapi.json']) {
      const { headers } = await app.inject(url);
      t.equal(headers['x-content-type-options'], 'nosniff', url);
      t.match(headers['content-security-policy'], /frame-ancestors 'none'/, url);
      t.notMatch(headers['content-security-policy'], /script-src[^;]*unsafe-inline/, url);
      t.equal(headers['strict-transport-security'], undefined, 'whoever ends TLS decides');
    }
    const published = await app.inject({
      method: 'POST',
      url: '/events',
      headers: bearer(ROOT),
      payload: { event_type: 'x', payload: 1 },
    });
    t.equal(published.headers['x-content-type-options'], 'nosniff');
  });
});

t.test('the command line makes, lists and revokes keys', async (t) => {
  const { url, db } = await createTestDatabase(t);
  const run = (...args: string[]) =>
    promisify(execFile)('node', ['bin/posthorn.js', ...args], {
      cwd: new URL('../../', import.meta.url),
      env: { PATH: process.env['PATH'], DATABASE_URL: url },
    });
  const made = await run(
    'keys',
    'create',
    '--name',
    'ops',
    '--scopes',
    'read,publish',
    '--tenant',
    'acme',
  );
  t.match(made.stdout, /^ph_\w+\n$/, 'the key and nothing else, for use in scripts');
  const [apiKey] = await createApiKeyService({ db }).list(null, { limit: 10 });
  t.match(apiKey, { name: 'ops', scopes: ['read', 'publish'], tenant: 'acme' });
  const { id = '' } = apiKey ?? {};
  t.match((await run('keys', 'list')).stdout, new RegExp(`^${id} .* acme .* ops$`, 'm'));
  await run('keys', 'revoke', id);
  t.strictSame(await createApiKeyService({ db }).list(null, { limit: 10 }), []);
  for (const args of [
    ['revoke', id],
    ['revoke', randomUUID()],
  ]) {
    await t.rejects(run('keys', ...args), { code: 1 }, args.join(' '));
  }
  for (const args of [['create', '--scopes', 'root'], ['x'], []]) {
    await t.rejects(run('keys', ...args), { code: 2 }, args.join(' '));
  }
});
