import t from 'tap';
import { NOWHERE } from '../helpers/api.ts';
import { bearer, keyMaker } from '../helpers/keys.ts';
import { get, readAll, startReadSide } from '../helpers/read-side.ts';
import { startService } from '../helpers/service.ts';

const TARGET = 'https://receiver.example/hooks';
const ROOT = 'root-key-of-the-environment';
const FILTER = {
  payload: { 'order.total': { $gte: 100 }, order: { currency: 'EUR' } },
  type: 'order.created',
};

t.setTimeout(90_000);

const service = await startService(t, { hasWorker: false });
const { call, subscribe, patch, ingest, publish } = service;

const test = (json: object, headers: Record<string, string> = {}) =>
  call('POST', '/filters/test', { json, headers });

t.test('a filter is kept as it was written, changed and taken away', async (t) => {
  const { id, filter } = await subscribe(TARGET, { filter: FILTER });
  const order = JSON.stringify(FILTER);
  t.equal(JSON.stringify(filter), order);
  t.equal(JSON.stringify((await call('GET', `/subscriptions/${id}`)).body.filter), order);
  t.equal(JSON.stringify((await patch(id, { name: 'x' })).filter), order, 'what is omitted stays');
  const put = await call('PUT', `/subscriptions/${id}`, { json: { filter: { type: 'x' } } });
  t.strictSame(put.body.filter, { type: 'x' });
  t.equal((await patch(id, { filter: null })).filter, null);
  const { body } = await call('GET', '/subscriptions');
  t.equal(body.data[0].filter, null);
  t.equal((await subscribe(TARGET)).filter, null);
});

t.test('what is wrong with a filter is named by its place in the request', async (t) => {
  const filter = { payload: { total: { $regex: '.*' }, tags: ['a'] }, header: {} };
  const expected = [
    {
      pointer: '/filter/payload/total/$regex',
      detail: 'is no operator; a name that begins with $ is written \\$',
    },
    {
      pointer: '/filter/payload/tags',
      detail: 'is a list: write $in for any one of these, $eq for exactly this list',
    },
    {
      pointer: '/filter/header',
      detail: 'is not known: a filter has payload, type, headers, $and, $or and $not',
    },
  ];
  const { id } = await subscribe(TARGET);
  for (const [method, path, json] of [
    ['POST', '/subscriptions', { target_url: TARGET, filter }],
    ['PATCH', `/subscriptions/${id}`, { filter }],
    ['PUT', `/subscriptions/${id}`, { filter }],
    ['POST', '/filters/test', { filter, event: { event_type: 'a', payload: 1 } }],
  ] as const) {
    const { status, body } = await call(method, path, { json });
    t.equal(status, 400, `${method} ${path}`);
    t.match(body, { code: 'invalid_request', errors: expected });
  }
  for (const value of ['x', 5, [FILTER], {}, { payload: 'a\0b' }]) {
    const { status, body } = await call('POST', '/subscriptions', {
      json: { target_url: TARGET, filter: value },
    });
    t.equal(status, 400, JSON.stringify(value));
    t.match(body.errors[0].pointer, /^\/filter/);
  }
});

t.test('a filter is tried on an event made up, and explained', async (t) => {
  const { status, body } = await test({
    filter: {
      type: { $startsWith: 'order.' },
      payload: { 'order.total': { $gte: 100 }, gone: { $exists: false } },
    },
    event: { event_type: 'order.created', payload: { order: { total: 49.9 } } },
  });
  t.equal(status, 200);
  t.strictSame(body, {
    matches: false,
    explanation: [
      {
        pointer: '/type/$startsWith',
        path: 'type',
        operator: '$startsWith',
        expected: 'order.',
        actual: ['order.created'],
        matches: true,
        negated: false,
        detail: null,
      },
      {
        pointer: '/payload/order.total/$gte',
        path: 'payload.order.total',
        operator: '$gte',
        expected: 100,
        actual: [49.9],
        matches: false,
        negated: false,
        detail: 'is smaller',
      },
      {
        pointer: '/payload/gone/$exists',
        path: 'payload.gone',
        operator: '$exists',
        expected: false,
        actual: [],
        matches: true,
        negated: false,
        detail: null,
      },
    ],
  });
  const headers = {
    filter: { headers: { 'x-a': '1' } },
    event: { event_type: 'a', payload: null, headers: { 'X-A': '1' } },
  };
  t.ok((await test(headers)).body.matches);
  t.strictSame((await test({ ...headers, filter: null })).body, { matches: true, explanation: [] });
});

t.test(
  'a filter is tried on an event that was received, and a subscription stands for its filter',
  async (t) => {
    const { id } = await subscribe(TARGET, {
      tenant: 'tried',
      filter: { payload: { n: 1 }, headers: { 'x-a': '1' } },
    });
    const { event_id: ingested } = await ingest(id, '{"n":1}');
    const { id: published } = await publish({
      tenant: 'tried',
      event_type: 'a',
      payload: { n: 1 },
      headers: { 'X-A': '1' },
    });
    t.match((await test({ subscription_id: id, event_id: ingested })).body, {
      matches: false,
      explanation: [
        { matches: true },
        { path: 'headers.x-a', matches: false, actual: [], detail: 'is not there' },
      ],
    });
    t.ok((await test({ subscription_id: id, event_id: published })).body.matches);
    t.ok((await test({ filter: { payload: { n: { $lt: 2 } } }, event_id: ingested })).body.matches);
  },
);

t.test('a test names one filter and one event', async (t) => {
  for (const [json, pointers] of [
    [{}, ['/filter', '/event']],
    [{ filter: FILTER, subscription_id: NOWHERE, event_id: NOWHERE }, ['/subscription_id']],
    [{ filter: FILTER, event: { event_type: 'a', payload: 1 }, event_id: NOWHERE }, ['/event_id']],
    [{ filter: FILTER, event: { event_type: 'a' } }, ['/event/payload']],
    [{ filter: FILTER, event_id: 'x' }, ['/event_id', '/event_id']],
    [{ filter: FILTER, event_id: NOWHERE, more: 1 }, ['/more']],
  ] as const) {
    const { status, body } = await test(json);
    t.equal(status, 400);
    t.strictSame(
      body.errors.map(({ pointer }: { pointer: string }) => pointer),
      pointers,
    );
  }
  t.match((await test({ filter: FILTER, event_id: NOWHERE })).body, { code: 'event_not_found' });
  t.match((await test({ subscription_id: NOWHERE, event_id: NOWHERE })).body, {
    code: 'subscription_not_found',
  });
});

t.test('a key of a tenant tries what is the tenant’s, with the scope read', async (t) => {
  const keyed = await startService(t, { hasWorker: false, env: { API_KEYS: ROOT } });
  const makeKey = keyMaker(keyed);
  const root = bearer(ROOT);
  const created = await keyed.call('POST', '/subscriptions', {
    headers: root,
    json: { target_url: TARGET, tenant: 'acme', filter: { type: 'a' } },
  });
  const ingested = await keyed.call('POST', `/ingest/${created.body.id}`, {
    headers: { ...root, 'x-event-type': 'a' },
    json: {},
  });
  const tryAs = async (key: string, json: object) => {
    const { status, body } = await keyed.call('POST', '/filters/test', {
      headers: bearer(key),
      json,
    });
    return body.code ?? (status === 200 && body.matches);
  };
  const [own, other] = [await makeKey(['read'], 'acme'), await makeKey(['read'], 'other')];
  const both = { subscription_id: created.body.id, event_id: ingested.body.event_id };
  t.equal(await tryAs(own, both), true);
  t.equal(await tryAs(other, both), 'subscription_not_found');
  t.equal(await tryAs(other, { filter: FILTER, event_id: both.event_id }), 'event_not_found');
  t.equal(await tryAs(await makeKey(['publish'], 'acme'), both), 'forbidden');
});

t.test('filtered deliveries are listed where they are asked for, and nowhere else', async (t) => {
  const read = await startReadSide(t);
  const { call: ask } = read;
  const { subscriptionId } = await read.insertTenant('acme');
  const made = [];
  for (let n = 0; n < 8; n += 1) made.push(await read.publishTo('acme', 'a'));
  const ids = made.map(({ id }) => id);
  for (const id of ids.slice(0, 4)) await read.end(id, 'discarded', 'filtered');
  await read.end(ids[4]!, 'discarded', 'subscription_disabled');
  await read.record(ids[5]!);
  await read.deliver(ids[6]!);
  const list = async (query: string) => {
    const { entries } = await readAll(ask, `/deliveries?limit=3${query}`);
    return entries.map(({ id }) => ids.indexOf(id)).sort();
  };
  const filtered = [0, 1, 2, 3];
  t.strictSame(await list(''), [4, 5, 6, 7]);
  t.strictSame(await list('&tenant=acme'), [4, 5, 6, 7]);
  t.strictSame(await list('&status=discarded'), [4]);
  t.strictSame(await list('&status=failed'), [5]);
  t.strictSame(await list('&status=pending'), [7]);
  t.strictSame(await list('&reason=filtered'), filtered);
  t.strictSame(await list('&status=discarded&reason=filtered&tenant=acme'), filtered);
  t.strictSame(await list(`&reason=filtered&subscription_id=${subscriptionId}`), filtered);
  t.strictSame(await list('&reason=exhausted'), [5]);
  t.strictSame(await list('&status=pending&reason=released'), []);
  t.strictSame(await list(`&event_id=${made[0]!.eventId}`), [0], 'of an event, all are listed');
  t.strictSame(await list(`&event_id=${made[0]!.eventId}&status=discarded`), [0]);
  t.strictSame(await list('&reason=filtered&status=failed'), []);
  const own = await readAll(ask, `/subscriptions/${subscriptionId}/deliveries`);
  t.strictSame(own.entries.map(({ id }) => ids.indexOf(id)).sort(), [4, 5, 6, 7]);
  t.equal((await get(ask, '/deliveries?reason=nonsense')).status, 400);

  const { body: event } = await get(ask, `/events/${made[0]!.eventId}/status`);
  t.match(event, {
    event: { deliveries: { discarded: 1 } },
    deliveries: [{ reason: 'filtered', attempts: [] }],
  });
  const { entries: events } = await readAll(ask, '/events?status=discarded');
  t.strictSame(
    events.map(({ id }) => id),
    [made[4]!.eventId],
  );
});
