import t from 'tap';
import { retentionOf } from '../../src/retention.ts';
import { maintain } from '../../src/retention/retention.service.ts';
import { createLogger } from '../../src/base/logger.ts';
import { NOWHERE } from '../helpers/api.ts';
import { apiDocument } from '../helpers/contract.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { startService } from '../helpers/service.ts';

const ROOT = 'root-key-of-the-environment';
const TARGET = 'https://receiver.example/hooks';

const service = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
const { call, pool } = service;
const root = bearer(ROOT);

const read = async (query = '', headers: Record<string, string> = root): Promise<any[]> =>
  (await call('GET', `/audit${query}`, { headers })).body.data;

async function create(tenant: string): Promise<any> {
  const { body } = await call('POST', '/subscriptions', {
    headers: root,
    json: { target_url: TARGET, tenant },
  });
  return body;
}

t.test('a change is in the log before it is answered: who, what, whose, from where', async (t) => {
  const { id, tenant } = await create('acme');
  const answer = await call('DELETE', `/subscriptions/${id}`, { headers: root });
  t.equal(answer.status, 204);
  const [entry, before] = await read();
  t.match(entry, {
    actor: 'environment:1',
    tenant,
    operation: 'deleteSubscription',
    target_id: id,
    status: 204,
    address: '127.0.0.1',
    request_id: /^[0-9a-f-]{36}$/,
  });
  t.ok(Math.abs(Date.now() - Date.parse(entry.created_at)) < 60_000);
  t.match(before, { operation: 'createSubscription', target_id: id, status: 201, tenant });
});

t.test('every operation for admins that changes something is written down', async (t) => {
  const { id } = await create('acme');
  const ingested = await call('POST', `/ingest/${id}`, { headers: root, json: {} });
  const { delivery_id: deliveryId } = ingested.body;
  const key = await call('POST', '/api-keys', { headers: root, json: { scopes: ['read'] } });
  const changes = apiDocument.operations.filter(
    ({ method, security }) =>
      method !== 'GET' && security.some(({ bearer: scopes }) => scopes?.includes('admin')),
  );
  t.ok(changes.length >= 9);
  for (const { id: operation, method, path } of changes) {
    const target = path.startsWith('/deliveries/')
      ? deliveryId
      : path.startsWith('/api-keys/')
        ? key.body.id
        : id;
    const isDeletion = operation === 'deleteSubscription';
    const { status } = await call(
      method,
      path.replace(/\{[^}]+\}/, isDeletion ? NOWHERE : target),
      {
        headers: root,
        ...(['PUT', 'PATCH'].includes(method) && { json: {} }),
        ...(method === 'POST' && !path.includes('{') && { json: {} }),
      },
    );
    const [entry] = await read();
    t.match(entry, { operation, status }, operation);
  }
});

t.test('so is who was shown a secret, and what did not succeed', async (t) => {
  const { id } = await create('acme');
  await call('GET', `/subscriptions/${id}/secret`, { headers: root });
  t.match((await read())[0], { operation: 'getSubscriptionSecret', target_id: id, tenant: 'acme' });
  await call('POST', `/deliveries/${NOWHERE}/retry`, { headers: root });
  t.match((await read())[0], {
    operation: 'retryDelivery',
    target_id: NOWHERE,
    status: 404,
    tenant: null,
  });
});

t.test('what reads, what sends events in and what may not is not', async (t) => {
  const { id } = await create('acme');
  const [last] = await read();
  const reader = bearer(await keyMaker(service)(['read']));
  await call('GET', '/subscriptions', { headers: root });
  await call('GET', `/subscriptions/${id}`, { headers: root });
  await call('POST', `/ingest/${id}`, { headers: root, json: {} });
  await call('POST', '/events', { headers: root, json: { event_type: 'x', payload: 1 } });
  await call('POST', '/webhook', { json: {} });
  t.equal((await call('DELETE', `/subscriptions/${id}`)).status, 401);
  t.equal((await call('DELETE', `/subscriptions/${id}`, { headers: reader })).status, 403);
  t.strictSame(await read('?limit=1'), [last]);
});

t.test('the log holds neither secrets nor what was sent', async (t) => {
  const planted = 'planted-secret-of-a-subscription';
  const { body } = await call('POST', '/subscriptions', {
    headers: root,
    json: { target_url: TARGET, secret: planted, name: 'a telling name' },
  });
  await call('POST', `/subscriptions/${body.id}/secret/rotate`, {
    headers: root,
    json: { secret: `${planted}2` },
  });
  const { body: made } = await call('POST', '/api-keys', {
    headers: root,
    json: { scopes: ['read'] },
  });
  const { rows } = await pool.query('select * from posthorn.audit_log');
  const text = JSON.stringify(rows);
  for (const secret of [planted, made.key, ROOT, 'a telling name', TARGET])
    t.notOk(text.includes(secret));
});

t.test('the log is filtered and paged', async (t) => {
  const { id } = await create('filtered');
  const actor = await call('POST', '/api-keys', {
    headers: root,
    json: { scopes: ['admin'], tenant: 'filtered' },
  });
  for (let change = 0; change < 5; change += 1) {
    await call('PATCH', `/subscriptions/${id}`, { headers: bearer(actor.body.key), json: {} });
  }
  t.equal((await read(`?actor=${actor.body.id}`)).length, 5);
  t.equal((await read(`?target_id=${id}`)).length, 6);
  t.equal((await read(`?target_id=${id}&operation=createSubscription`)).length, 1);
  t.equal((await read('?tenant=filtered')).length, 7, 'the key made for the tenant is among them');
  const entries = await read(`?target_id=${id}`);
  const from = entries.at(-1).created_at;
  t.equal((await read(`?target_id=${id}&created_before=${from}`)).length, 0);
  t.equal((await read(`?target_id=${id}&created_after=${from}`)).length, 6);

  const paged: any[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const next: string = cursor === '' ? '' : `&cursor=${cursor}`;
    const { body } = await call('GET', `/audit?target_id=${id}&limit=2${next}`, { headers: root });
    paged.push(...body.data);
    cursor = body.next_cursor;
  }
  t.strictSame(paged, entries);
  t.equal((await call('GET', '/audit?cursor=x', { headers: root })).status, 400);
});

t.test('an admin of one tenant sees what concerns that tenant', async (t) => {
  const mine = await create('mine');
  await create('theirs');
  await call('DELETE', `/subscriptions/${mine.id}`, { headers: root });
  const headers = bearer(await keyMaker(service)(['admin'], 'mine'));
  const entries = await read('', headers);
  t.strictSame(
    entries.map(({ operation }) => operation),
    ['deleteSubscription', 'createSubscription'],
    'also what the operator did to it',
  );
  t.match(await call('GET', '/audit?tenant=theirs', { headers }), {
    status: 403,
    body: { code: 'tenant_forbidden' },
  });
});

t.test('a call succeeds although it cannot be written down', async (t) => {
  await pool.query('alter table posthorn.audit_log rename to hidden');
  t.teardown(() => pool.query('alter table posthorn.hidden rename to audit_log'));
  t.equal((await create('acme')).tenant, 'acme');
});

t.test('what is older than its retention goes', async (t) => {
  const logger = createLogger({ logLevel: 'silent' });
  const tell = async () => (await read('?limit=200')).length;
  await create('old');
  await pool.query(`update posthorn.audit_log set id = posthorn.uuid_v7(now() - interval '40 days')
    where tenant = 'old'`);
  const before = await tell();
  await maintain({
    pool,
    ...retentionOf({ retentionHours: 72, failedRetentionDays: 14, auditRetentionDays: 41 }),
    logger,
  });
  t.equal(await tell(), before);
  await maintain({
    pool,
    ...retentionOf({ retentionHours: 72, failedRetentionDays: 14, auditRetentionDays: 39 }),
    logger,
  });
  t.equal(await tell(), before - 1);
});
