import { createSecretKey, randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import t from 'tap';
import type { Test } from 'tap';
import { createMemoryStore } from '../../src/cache/memory-store.ts';
import { createDatabase } from '../../src/database/database.ts';
import { createLogger } from '../../src/base/logger.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { createAddressGuard } from '../../src/sender/address-guard.ts';
import { createSubscriptionHealth } from '../../src/subscription-health/subscription-health.service.ts';
import { createSecretBox, secretContext } from '../../src/subscriptions/secret-box.ts';
import { createSubscriptionDirectory } from '../../src/subscriptions/subscription-directory.ts';
import { subscriptionHandlers } from '../../src/subscriptions/subscriptions.handlers.ts';
import {
  createSubscriptionService,
  disableSubscription,
} from '../../src/subscriptions/subscriptions.service.ts';
import { byTestTenant, NOWHERE, startApi } from '../helpers/api.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const TARGET = 'https://receiver.example/hooks';
/** How delivering goes where nothing has been sent. */
const IDLE = {
  breaker: 'closed',
  concurrency: null,
  in_flight: 0,
  parked: 0,
  resumes_at: null,
  failing_since: null,
};
const logger = createLogger({ logLevel: 'silent' });
const secretBox = createSecretBox([createSecretKey(randomBytes(32))]);
const { url, pool } = await createTestDatabase(t);
const db = createDatabase(pool);

/** The API with a client; `x-test-tenant` stands for a key bound to that tenant. */
async function start(t: Test) {
  const directory = createSubscriptionDirectory({
    db,
    databaseUrl: url,
    store: createMemoryStore(),
    secretBox,
    ttlSeconds: 600,
    logger,
  });
  t.teardown(() => directory.close());
  const guard = createAddressGuard({ allowedPrivateCidrs: [] });
  const subscriptions = createSubscriptionService({ db, directory, guard, secretBox });
  const { call } = await startApi(
    t,
    subscriptionHandlers({ subscriptions, subscriptionHealth: createSubscriptionHealth({ db }) }),
    { authenticate: byTestTenant },
  );
  return { call, directory };
}

type Call = Awaited<ReturnType<typeof start>>['call'];

async function create(call: Call, fields: Record<string, unknown> = {}): Promise<any> {
  const { status, body } = await call('POST', '/subscriptions', {
    json: { target_url: TARGET, ...fields },
  });
  if (status !== 201) throw new Error(`not created: ${JSON.stringify(body)}`);
  return body;
}

async function findJobs(subscriptionId: string) {
  const { rows } = await sql<{ task: string; key: string; payload: object }>`
    select t.identifier as task, j.key, j.payload
    from ${sql.raw(QUEUE_SCHEMA)}._private_jobs as j
    join ${sql.raw(QUEUE_SCHEMA)}._private_tasks as t on t.id = j.task_id
    where j.payload ->> 'subscription_id' = ${subscriptionId}
    order by j.id
  `.execute(db);
  return rows;
}

async function findSecrets(id: string): Promise<string[]> {
  const rows = await db
    .selectFrom('subscription_secrets')
    .selectAll()
    .where('subscription_id', '=', id)
    .orderBy('id', 'desc')
    .execute();
  return rows.map(({ key_id: keyId, sealed, tenant }) =>
    secretBox.open({ keyId, sealed }, secretContext(tenant, id)),
  );
}

t.test('a subscription needs a target alone; its secret is shown once', async (t) => {
  const { call } = await start(t);
  const { status, headers, body } = await call('POST', '/subscriptions', {
    json: { target_url: TARGET },
  });
  t.equal(status, 201);
  const { id, secret, created_at: createdAt, ...rest } = body;
  t.equal(headers.get('location'), `/subscriptions/${id}`);
  t.match(secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const expected = {
    tenant: 'default',
    name: null,
    description: null,
    target_url: TARGET,
    event_types: null,
    filter: null,
    status: 'active',
    disabled_reason: null,
    signature_schemes: ['standard-webhooks'],
    ingest_signature: 'optional',
    headers: {},
    rate_limit: null,
    max_concurrency: null,
    retry_schedule: null,
    timeout_ms: null,
    metadata: {},
    updated_at: createdAt,
  };
  t.strictSame(rest, expected);

  const read = await call('GET', `/subscriptions/${id}`);
  t.equal(read.status, 200);
  t.strictSame(read.body, { id, created_at: createdAt, ...expected, state: IDLE });
});

t.test('every field is kept as it was given', async (t) => {
  const { call } = await start(t);
  const fields = {
    tenant: 'acme',
    name: 'Order fulfilment',
    description: 'Starts picking.',
    target_url: TARGET,
    event_types: ['order.*', 'invoice.paid'],
    status: 'paused',
    signature_schemes: ['stripe', 'github'],
    ingest_signature: 'required',
    headers: { 'X-Environment': 'production', Authorization: 'Bearer abc' },
    rate_limit: 50,
    max_concurrency: 10,
    retry_schedule: 'exponential:2m:5',
    timeout_ms: 5000,
    metadata: { team: 'fulfilment' },
  };
  const { secret, ...created } = await create(call, { ...fields, secret: 'a secret of my own' });
  t.equal(secret, 'a secret of my own');
  t.match(created, fields);
  const { body } = await call('GET', `/subscriptions/${created.id}`);
  t.strictSame(body, { ...created, state: IDLE });
});

t.test('secrets are sealed at rest', async (t) => {
  const { call } = await start(t);
  const { id } = await create(call, { secret: 'a secret of my own' });
  const row = await db
    .selectFrom('subscription_secrets')
    .select(['sealed', 'key_id'])
    .where('subscription_id', '=', id)
    .executeTakeFirstOrThrow();
  t.notOk(row.sealed.includes('secret'));
  t.ok(row.key_id);
  t.same(await findSecrets(id), ['a secret of my own']);
});

for (const method of ['PUT', 'PATCH']) {
  t.test(`${method} sets what is named, clears what is null and leaves the rest`, async (t) => {
    const { call } = await start(t);
    const { secret, ...before } = await create(call, {
      name: 'before',
      event_types: ['order.*'],
      rate_limit: 5,
      headers: { 'X-A': '1', 'X-B': '2' },
    });
    const { status, body } = await call(method, `/subscriptions/${before.id}`, {
      json: { name: 'after', rate_limit: null, headers: { 'X-C': '3' } },
    });
    t.equal(status, 200);
    t.ok(body.updated_at > before.updated_at);
    const expected = { ...before, name: 'after', rate_limit: null, headers: { 'X-C': '3' } };
    t.strictSame(body, { ...expected, updated_at: body.updated_at });
    t.strictSame((await call('GET', `/subscriptions/${before.id}`)).body, { ...body, state: IDLE });
    t.same(await findSecrets(before.id), [secret]);

    const unchanged = await call(method, `/subscriptions/${before.id}`, { json: {} });
    t.strictSame(unchanged.body, body);
  });
}

t.test('an empty list of event types means all of them', async (t) => {
  const { call } = await start(t);
  const { id, event_types: eventTypes } = await create(call, { event_types: [] });
  t.equal(eventTypes, null);
  await call('PATCH', `/subscriptions/${id}`, { json: { event_types: ['a.*'] } });
  const { body } = await call('PATCH', `/subscriptions/${id}`, { json: { event_types: [] } });
  t.equal(body.event_types, null);
});

t.test('a secret given later replaces the old one at once and is not shown', async (t) => {
  const { call } = await start(t);
  const { id } = await create(call, { secret: 'the first secret' });
  const { status, body } = await call('PATCH', `/subscriptions/${id}`, {
    json: { secret: 'the second secret' },
  });
  t.equal(status, 200);
  t.notOk('secret' in body);
  t.same(await findSecrets(id), ['the second secret']);
});

t.test('changes made at once all stay', async (t) => {
  const { call } = await start(t);
  const { id } = await create(call);
  const changes = [
    { name: 'n' },
    { description: 'd' },
    { rate_limit: 7 },
    { max_concurrency: 8 },
    { timeout_ms: 9000 },
    { retry_schedule: '10s' },
    { headers: { 'X-A': '1' } },
    { metadata: { a: '1' } },
    { event_types: ['a.*'] },
    { ingest_signature: 'off' },
  ];
  const answers = await Promise.all(
    changes.map((json) => call('PATCH', `/subscriptions/${id}`, { json })),
  );
  t.same(
    answers.map(({ status }) => status),
    changes.map(() => 200),
  );
  t.match((await call('GET', `/subscriptions/${id}`)).body, Object.assign({}, ...changes));
});

t.test('a change and a deletion at once end in deletion', async (t) => {
  const { call } = await start(t);
  const { id } = await create(call);
  const [changed, deleted] = await Promise.all([
    call('PATCH', `/subscriptions/${id}`, { json: { name: 'late' } }),
    call('DELETE', `/subscriptions/${id}`),
  ]);
  t.ok([200, 404].includes(changed.status));
  t.equal(deleted.status, 204);
  t.equal((await call('GET', `/subscriptions/${id}`)).status, 404);
});

t.test('a target that may not be reached is refused and nothing is stored', async (t) => {
  const { call } = await start(t);
  const { status, body } = await call('POST', '/subscriptions', {
    json: { target_url: 'http://127.0.0.1:8080/', name: 'forbidden target' },
  });
  t.equal(status, 422);
  t.strictSame(body, {
    type: 'urn:posthorn:problem:forbidden_target',
    title: 'Forbidden target',
    status: 422,
    code: 'forbidden_target',
    detail: 'The target was refused: the address is not public (loopback).',
    errors: [{ pointer: '/target_url', detail: 'the address is not public (loopback)' }],
  });
  t.same((await call('GET', '/subscriptions?q=forbidden%20target')).body.data, []);

  const { id } = await create(call);
  for (const target of ['http://10.0.0.1/', 'http://localhost/', 'ftp://receiver.example/']) {
    const refused = await call('PATCH', `/subscriptions/${id}`, { json: { target_url: target } });
    t.equal(refused.status, 422, target);
  }
  t.equal((await call('GET', `/subscriptions/${id}`)).body.target_url, TARGET);
});

t.test('a host in any script is kept as punycode, and slashes are not made up', async (t) => {
  const { call } = await start(t);
  const { body } = await call('POST', '/subscriptions', {
    json: { target_url: 'https://bücher.example.com/ä?q=é' },
  });
  t.equal(body.target_url, 'https://xn--bcher-kva.example.com/%C3%A4?q=%C3%A9');
  for (const target of ['http:receiver.example', 'http:/receiver.example/', 'https://a.onion/']) {
    const refused = await call('POST', '/subscriptions', { json: { target_url: target } });
    t.equal(refused.status, 422, target);
  }
  t.equal(
    (await call('POST', '/subscriptions', { json: { target_url: 'https://a b.example/' } })).status,
    400,
  );
});

t.test(
  'a secret that verifiers read as another key is refused, wherever it is given',
  async (t) => {
    const { call } = await start(t);
    const base64 = randomBytes(32).toString('base64');
    const { id } = await create(call);
    for (const secret of [base64, `v1,whsec_${base64}`, `whsec_${base64.slice(0, -1)}`]) {
      for (const { status, body } of [
        await call('POST', '/subscriptions', { json: { target_url: TARGET, secret } }),
        await call('PATCH', `/subscriptions/${id}`, { json: { secret } }),
      ]) {
        t.equal(status, 400, secret);
        t.equal(body.errors[0].pointer, '/secret');
        t.notOk(JSON.stringify(body).includes(base64.slice(0, 20)), 'it is not repeated');
      }
    }
    const github = { signature_schemes: ['github'], secret: base64 };
    const { status } = await call('POST', '/subscriptions', {
      json: { target_url: TARGET, ...github },
    });
    t.equal(status, 201);
  },
);

t.test(
  'schemes that the present secret does not fit are refused, unless another comes along',
  async (t) => {
    const { call } = await start(t);
    const secret = randomBytes(32).toString('base64');
    const { id } = await create(call, { signature_schemes: ['github'], secret });
    const patch = (json: object, method = 'PATCH') =>
      call(method, `/subscriptions/${id}`, { json });
    const standard = { signature_schemes: ['standard-webhooks'] };
    for (const method of ['PATCH', 'PUT']) {
      const { status, body } = await patch(standard, method);
      t.match({ status, ...body }, { status: 400, code: 'invalid_request' }, method);
      t.match(body.errors, [{ pointer: '/signature_schemes', detail: /present secret/ }]);
      t.notOk(JSON.stringify(body).includes(secret.slice(0, 20)), 'it is not repeated');
    }
    const both = { signature_schemes: ['standard-webhooks', 'github'] };
    t.equal((await patch(both)).status, 200);
    t.equal((await patch(standard)).status, 400);
    t.equal((await patch({ ...standard, secret: `whsec_${secret}` })).status, 200);
    t.equal((await patch(both)).status, 200);
    t.equal((await patch(standard)).status, 200);
  },
);

t.test('what a schema cannot express is refused, every fault with its place', async (t) => {
  const { call } = await start(t);
  const { status, body } = await call('POST', '/subscriptions', {
    json: {
      target_url: TARGET,
      name: 'half a pair: \ud800',
      headers: { Host: 'other.example', 'X-Fine': '1', 'Webhook-Id': '1' },
      retry_schedule: '10s,soon',
      metadata: { 'a/b~c': '\udc00' },
    },
  });
  t.equal(status, 400);
  t.equal(body.code, 'invalid_request');
  t.same(
    body.errors.map(({ pointer }: { pointer: string }) => pointer),
    ['/name', '/metadata/a~1b~0c', '/headers/Host', '/headers/Webhook-Id', '/retry_schedule'],
  );
  t.match(body.errors[2].detail, /set by the connection/);
  t.match(body.errors[4].detail, /"soon" is no wait/);
});

t.test('a value past its bounds is refused by the database as well', async (t) => {
  const directory = createSubscriptionDirectory({
    db,
    databaseUrl: url,
    store: createMemoryStore(),
    secretBox,
    ttlSeconds: 600,
    logger,
  });
  t.teardown(() => directory.close());
  const guard = createAddressGuard({ allowedPrivateCidrs: [] });
  const service = createSubscriptionService({ db, directory, guard, secretBox });
  await t.rejects(service.create('default', { target_url: TARGET, timeout_ms: 1 }), {
    code: 'invalid_request',
    errors: [{ pointer: '/timeout_ms', detail: 'is not allowed' }],
  });
});

t.test('a list is paged newest first, without a gap and without an end too soon', async (t) => {
  const { call } = await start(t);
  const ids: string[] = [];
  for (let index = 0; index < 5; index += 1) ids.push((await create(call, { tenant: 'pages' })).id);

  const seen: string[] = [];
  let cursor: string | null = '';
  const sizes: number[] = [];
  while (cursor !== null) {
    const page: { body: { data: { id: string }[]; next_cursor: string | null } } = await call(
      'GET',
      `/subscriptions?tenant=pages&limit=2${cursor && `&cursor=${cursor}`}`,
    );
    seen.push(...page.body.data.map(({ id }) => id));
    sizes.push(page.body.data.length);
    cursor = page.body.next_cursor;
  }
  t.same(seen, ids.sort().reverse());
  t.same(sizes, [2, 2, 1]);
  t.equal((await call('GET', '/subscriptions?tenant=pages&limit=5')).body.next_cursor, null);
});

t.test('a list is filtered by status, event type, text and tenant', async (t) => {
  const { call } = await start(t);
  const tenant = 'filters';
  const all = await create(call, { tenant, name: 'All of it' });
  const orders = await create(call, {
    tenant,
    event_types: ['order.*'],
    description: '100% orders',
  });
  const paused = await create(call, { tenant, event_types: ['a_b'], status: 'paused' });
  const list = async (query: string) => {
    const { status, body } = await call('GET', `/subscriptions?tenant=${tenant}&${query}`);
    t.equal(status, 200);
    return body.data.map(({ id }: { id: string }) => id);
  };

  t.same(await list(''), [paused.id, orders.id, all.id]);
  t.same(await list('status=paused'), [paused.id]);
  t.same(await list('status=disabled'), []);
  t.same(await list('event_type=order.created'), [orders.id, all.id]);
  t.same(await list('event_type=a_b'), [paused.id, all.id]);
  t.same(await list('event_type=aXb'), [all.id]);
  t.same(await list('q=ALL%20OF'), [all.id]);
  t.same(await list('q=0%25'), [orders.id]);
  t.same(await list('q=%25'), [orders.id]);
  t.same(await list('q=receiver.example'), [paused.id, orders.id, all.id]);
  t.same(await list('status=active&event_type=order.created&q=orders'), [orders.id]);
});

t.test('a bad cursor, filter or id is refused', async (t) => {
  const { call } = await start(t);
  const bad = await call('GET', '/subscriptions?cursor=WzEsMV0');
  t.equal(bad.status, 400);
  t.equal(bad.body.code, 'invalid_cursor');
  for (const path of ['?limt=5', '?limit=0', '?status=gone', '?q=', '/not-an-id']) {
    const { status, body } = await call('GET', `/subscriptions${path}`);
    t.equal(status, 400, path);
    t.equal(body.code, 'invalid_request', path);
  }
});

t.test('a subscription of another tenant does not exist', async (t) => {
  const { call } = await start(t);
  const theirs = await create(call, { tenant: 'theirs' });
  const headers = { 'x-test-tenant': 'ours' };
  const path = `/subscriptions/${theirs.id}`;
  for (const [method, json] of [
    ['GET'],
    ['PUT', { name: 'x' }],
    ['PATCH', { name: 'x' }],
    ['DELETE'],
  ] as const) {
    const { status, body } = await call(method, path, { headers, json });
    t.equal(status, 404, method);
    t.equal(body.code, 'subscription_not_found', method);
  }
  t.same((await call('GET', '/subscriptions', { headers })).body.data, []);
  t.match(await call('GET', '/subscriptions?tenant=theirs', { headers }), {
    status: 403,
    body: { code: 'tenant_forbidden' },
  });
  t.equal((await call('GET', path)).body.name, null);

  const ours = await call('POST', '/subscriptions', { headers, json: { target_url: TARGET } });
  t.equal(ours.body.tenant, 'ours');
});

t.test('what does not exist is 404', async (t) => {
  const { call } = await start(t);
  for (const [method, json] of [['GET'], ['PATCH', {}], ['PUT', {}], ['DELETE']] as const) {
    t.equal((await call(method, `/subscriptions/${NOWHERE}`, { json })).status, 404, method);
  }
});

t.test('a resumed subscription gets what was held for it, and a fresh start', async (t) => {
  const { call } = await start(t);
  const { id, tenant } = await create(call);
  const path = `/subscriptions/${id}`;
  await call('PATCH', path, { json: { status: 'paused' } });
  await call('PATCH', path, { json: { name: 'still paused' } });
  t.same(await findJobs(id), []);
  await db.insertInto('subscription_failures').values({ tenant, subscription_id: id }).execute();

  t.equal((await call('PATCH', path, { json: { status: 'active' } })).body.status, 'active');
  const drain = { task: 'drain', key: `drain:${id}`, payload: { subscription_id: id } };
  t.same(await findJobs(id), [drain]);
  t.same(await db.selectFrom('subscription_failures').selectAll().execute(), []);

  await call('PATCH', path, { json: { status: 'active' } });
  t.same(await findJobs(id), [drain]);
});

t.test('a disabled subscription says why until it is enabled again', async (t) => {
  const { call } = await start(t);
  const { id } = await create(call);
  const path = `/subscriptions/${id}`;
  t.equal(await disableSubscription(db, id, 'gone'), true);
  t.equal(await disableSubscription(db, id, 'failing'), false);
  t.equal(await disableSubscription(db, NOWHERE, 'gone'), false);
  t.match((await call('GET', path)).body, { status: 'disabled', disabled_reason: 'gone' });
  const payload = { subscription_id: id, status: 'discarded', reason: 'subscription_disabled' };
  const end = { task: 'end_waiting', key: `end:${id}`, payload };
  const [alert, ...jobs] = await findJobs(id);
  t.match(alert, {
    task: 'alert',
    payload: { type: 'posthorn.subscription.disabled', reason: 'gone' },
  });
  t.same(jobs, [end]);

  const renamed = await call('PATCH', path, { json: { name: 'still disabled' } });
  t.match(renamed.body, { status: 'disabled', disabled_reason: 'gone' });
  t.equal((await call('PATCH', path, { json: { status: 'disabled' } })).status, 400);

  const enabled = await call('PATCH', path, { json: { status: 'active' } });
  t.match(enabled.body, { status: 'active', disabled_reason: null });
  t.same(
    (await findJobs(id)).map(({ task }) => task),
    ['alert', 'end_waiting', 'drain'],
  );
});

t.test('a deletion cancels what waits and leaves what is done', async (t) => {
  const { call } = await start(t);
  const { id, tenant } = await create(call, { status: 'paused' });
  const publish = async () =>
    sql`
    select posthorn.publish('order.created', '{}', ${tenant})
  `.execute(db);
  await publish();
  await publish();
  const deliveries = () =>
    db
      .selectFrom('deliveries')
      .select(['status', 'reason', 'parked'])
      .where('subscription_id', '=', id)
      .execute();
  const held = { status: 'pending', reason: 'subscription_paused', parked: true };
  t.same(await deliveries(), [held, held]);

  const { status, text } = await call('DELETE', `/subscriptions/${id}`);
  t.equal(status, 204);
  t.equal(text, '');
  const ended = { status: 'cancelled', reason: 'subscription_deleted', parked: false };
  t.same(await deliveries(), [ended, ended]);
  const payload = { subscription_id: id, status: 'cancelled', reason: 'subscription_deleted' };
  t.same(await findJobs(id), [{ task: 'end_waiting', key: `end:${id}`, payload }]);
  t.same(await findSecrets(id), []);
  t.equal((await call('DELETE', `/subscriptions/${id}`)).status, 404);
});

t.test('a change is known to the directory once it has been answered', async (t) => {
  const { call, directory } = await start(t);
  const { id } = await create(call);
  t.equal((await directory.get(id))?.targetUrl, TARGET);
  for (let index = 0; index < 20; index += 1) {
    const target = `${TARGET}/${index}`;
    await call('PATCH', `/subscriptions/${id}`, { json: { target_url: target } });
    t.equal((await directory.get(id))?.targetUrl, target);
  }
  await call('DELETE', `/subscriptions/${id}`);
  t.equal(await directory.get(id), undefined);
});
