import fc from 'fast-check';
import t from 'tap';
import { wantsEventType } from '../../src/matching/event-types.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const { call, post, subscribe, patch, publish, pool } = await startService(t);

/** Where nobody listens: for what is not about delivery. */
const NOBODY = 'http://127.0.0.1:1111/';

const deliveriesOf = async (eventId: string): Promise<any[]> =>
  (await call('GET', `/deliveries?event_id=${eventId}&limit=200`)).body.data;
const payloadOf = async (eventId: string): Promise<string> =>
  (await call('GET', `/events/${eventId}/payload`)).text;
const countEvents = async (tenant: string): Promise<number> =>
  (await pool.query('select count(*)::int from posthorn.events where tenant = $1', [tenant]))
    .rows[0].count;
const send = (body: object | string, headers: Record<string, string> = {}) =>
  post('/events', typeof body === 'string' ? body : JSON.stringify(body), headers);

t.test('an event goes to every subscription of its tenant that wants its type', async (t) => {
  const receiver = await startReceiver(t);
  const tenant = 'fan-out';
  const all = await subscribe(`${receiver.url}all`, { tenant });
  const wild = await subscribe(`${receiver.url}wild`, {
    tenant,
    event_types: ['invoice.paid', 'order.*'],
  });
  const exact = await subscribe(`${receiver.url}exact`, { tenant, event_types: ['order.created'] });
  const held = await subscribe(`${receiver.url}held`, {
    tenant,
    event_types: ['order.created'],
    status: 'paused',
  });
  await subscribe(`${receiver.url}unwanted`, {
    tenant,
    event_types: ['order', 'order.deleted', '*.paid'],
  });
  await subscribe(`${receiver.url}other`, { tenant: 'other' });
  const { status, body } = await send({ tenant, event_type: 'order.created', payload: { n: 1 } });
  t.equal(status, 202);
  t.strictSame(body, { id: body.id, deliveries: 4 });
  const deliveries = await deliveriesOf(body.id);
  t.strictSame(
    deliveries.map((delivery) => delivery.subscription_id).sort(),
    [all.id, wild.id, exact.id, held.id].sort(),
  );
  await receiver.received(3);
  t.strictSame(receiver.requests.map(({ url }) => url).sort(), ['/all', '/exact', '/wild']);
  t.match((await call('GET', `/events/${body.id}`)).body, { tenant, event_type: 'order.created' });
});

t.test('an event that nobody wants is accepted and kept', async (t) => {
  const { id, deliveries } = await publish({ tenant: 'nobody', event_type: 'a', payload: null });
  t.equal(deliveries, 0);
  t.equal(await payloadOf(id), 'null');
});

t.test(
  "the payload is delivered as the exact span received, with the event's own headers",
  async (t) => {
    const receiver = await startReceiver(t);
    const tenant = 'exact';
    await subscribe(receiver.url, { tenant, headers: { 'X-Mine': 'subscription' } });
    const payload = '{"b":1.0,\t"b":12345678901234567890, "s":"\\u0000\\/}\\""}';
    const { body } = await send(
      `{ "payload" : ${payload} , "headers":{"X-Trace":"t1","x-mine":"event"},"tenant":"${tenant}","event_type":"a"}`,
    );
    const request = await receiver.next();
    t.equal(request.body.toString(), payload);
    t.match(request.headers, { 'webhook-id': body.id, 'x-trace': 't1', 'x-mine': 'subscription' });
    t.equal(await payloadOf(body.id), payload);
  },
);

t.test('headers that cannot be sent are refused, and say which', async (t) => {
  for (const name of [
    'Host',
    'content-length',
    'Transfer-Encoding',
    'webhook-id',
    'Webhook-Signature',
    'X-Attempt',
  ]) {
    t.match(
      await send({ event_type: 'a', payload: 1, headers: { [name]: 'x' } }),
      {
        status: 400,
        body: { code: 'invalid_request', errors: [{ pointer: `/headers/${name}` }] },
      },
      name,
    );
  }
  t.match(
    await send([
      { event_type: 'a', payload: 1 },
      { event_type: 'a', payload: 1, headers: { host: 'x' } },
    ]),
    {
      status: 400,
      body: { errors: [{ pointer: '/1/headers/host' }] },
    },
  );
});

t.test('a batch is accepted whole, in order, and answered per event', async (t) => {
  const receiver = await startReceiver(t);
  const tenant = 'batch';
  await subscribe(receiver.url, { tenant, event_types: ['a'] });
  const payloads = ['{"n": 1.0}', ' [ ] '.trim(), '"\\u001e"', '{"payload":{"payload":1}}'];
  const text = payloads.map(
    (payload, n) =>
      `{"tenant":"${tenant}","event_type":"${n === 1 ? 'b' : 'a'}","payload": ${payload} }`,
  );
  const { status, body } = await send(` [ ${text.join(' ,\n')} ] `);
  t.equal(status, 202);
  t.strictSame(
    body.data.map(({ deliveries }: any) => deliveries),
    [1, 0, 1, 1],
  );
  const ids: string[] = body.data.map(({ id }: any) => id);
  t.strictSame(ids, ids.toSorted(), 'in the order in which they were given');
  for (const [n, id] of ids.entries()) t.equal(await payloadOf(id), payloads[n]);
  await receiver.received(3);
  t.equal(await countEvents(tenant), 4);
});

t.test('a batch of which one event is wrong is refused whole', async (t) => {
  const tenant = 'whole';
  const good = { tenant, event_type: 'a', payload: 1 };
  const cases: [object, string][] = [
    [[good, { ...good, event_type: 'a b' }], '/1/event_type'],
    [[good, { tenant, event_type: 'a' }], '/1/payload'],
    [[good, { ...good, extra: 1 }], '/1/extra'],
    [[good, good, { ...good, tenant: 'another' }], '/2/tenant'],
    [[], ''],
    [Array.from({ length: 501 }, () => good), ''],
  ];
  for (const [batch, pointer] of cases) {
    const { status, body } = await send(batch);
    t.match({ status, body }, { status: 400, body: { code: 'invalid_request' } });
    t.ok(
      body.errors.some((error: any) => error.pointer === pointer),
      `${pointer} is to blame`,
    );
  }
  t.equal(await countEvents(tenant), 0);
  t.equal((await send(Array.from({ length: 500 }, () => good))).status, 202);
  t.equal(await countEvents(tenant), 500);
});

t.test('an event that is not one is 400, and says where', async (t) => {
  const cases: [string, string][] = [
    ['7', ''],
    ['null', ''],
    ['{}', '/event_type'],
    ['{"event_type":"","payload":1}', '/event_type'],
    ['{"event_type":"a.*","payload":1}', '/event_type'],
    ['{"event_type":"a"}', '/payload'],
    ['{"event_type":"a","payload":1,"tenant":""}', '/tenant'],
    ['{"event_type":"a","payload":1,"ordering_key":""}', '/ordering_key'],
    ['{"event_type":"a","payload":1,"headers":{"a":1}}', '/headers/a'],
    ['{"event_type":"a","payload":1,"headers":{"a b":"1"}}', '/headers'],
    ['{"event_type":"a","payload":1,"__proto__":{}}', '/__proto__'],
  ];
  for (const [body, pointer] of cases) {
    const answer = await send(body);
    t.match(answer, { status: 400, body: { code: 'invalid_request' } }, body);
    t.ok(
      answer.body.errors.some((error: any) => error.pointer === pointer),
      `${pointer} is to blame`,
    );
  }
});

t.test('a payload may be any JSON value', async (t) => {
  for (const payload of ['null', 'false', '0', '""', '[]', '{}', '-1.50e2']) {
    const { status, body } = await send(
      `{"event_type":"a","tenant":"values","payload":${payload}}`,
    );
    t.equal(status, 202);
    t.equal(await payloadOf(body.id), payload);
  }
});

t.test('a publish with an Idempotency-Key makes one event', async (t) => {
  const tenant = 'keyed';
  await subscribe(NOBODY, { tenant, status: 'paused' });
  const event = { tenant, event_type: 'a', payload: { n: 1 } };
  const key = { 'idempotency-key': 'publish once' };
  const first = await send(event, key);
  t.strictSame((await send(event, key)).body, first.body);
  const others = [
    { ...event, payload: { n: 2 } },
    { ...event, event_type: 'b' },
    { ...event, ordering_key: 'o' },
    { ...event, headers: { 'X-A': '1' } },
    [event, event],
  ];
  for (const other of others) {
    t.match(await send(other, key), { status: 409, body: { code: 'idempotency_conflict' } });
  }
  t.equal(await countEvents(tenant), 1);
  t.equal((await send({ ...event, tenant: 'keyed-2' }, key)).status, 202, 'keys belong to tenants');
  t.match((await call('GET', `/events/${first.body.id}`)).body, {
    idempotency_key: 'publish once',
  });
});

t.test('a batch with an Idempotency-Key is answered as it was', async (t) => {
  const tenant = 'keyed-batch';
  await subscribe(NOBODY, { tenant, status: 'paused', event_types: ['a'] });
  const batch = ['a', 'b', 'a'].map((eventType) => ({ tenant, event_type: eventType, payload: 1 }));
  const key = { 'idempotency-key': 'batch once' };
  const answers = await Promise.all(Array.from({ length: 8 }, () => send(batch, key)));
  for (const { status, body } of answers) {
    t.equal(status, 202);
    t.strictSame(body, answers[0]?.body);
  }
  t.equal(await countEvents(tenant), 3);
});

t.test('a refused publish leaves no key behind', async (t) => {
  const key = { 'idempotency-key': 'refused' };
  t.equal((await send('{"event_type":"a"}', key)).status, 400);
  t.equal((await send({ event_type: 'a', tenant: 'after', payload: 1 }, key)).status, 202);
});

t.test('a body over 1 MiB is 413, another media type 415', async (t) => {
  const big = JSON.stringify({ event_type: 'a', payload: 'x'.repeat(1_048_576) });
  t.match(await send(big), { status: 413, body: { code: 'payload_too_large' } });
  t.match(await send('{}', { 'content-type': 'text/plain' }), { status: 415 });
});

t.test('a change of event types holds for the next event', async (t) => {
  const tenant = 'changing';
  const { id } = await subscribe(NOBODY, { tenant, status: 'paused', event_types: ['a'] });
  const count = async () => (await publish({ tenant, event_type: 'b', payload: 1 })).deliveries;
  t.equal(await count(), 0);
  await patch(id, { event_types: ['a', 'b'] });
  t.equal(await count(), 1);
  await patch(id, { event_types: ['c*'] });
  t.equal(await count(), 0);
  await patch(id, { event_types: null });
  t.equal(await count(), 1);
  await call('DELETE', `/subscriptions/${id}`);
  t.equal(await count(), 0);
});

t.test('fan-out and ingest agree on who wants what', async (t) => {
  const letters = fc.constantFrom('a', 'b', '.', '_', '-');
  const typeText = fc.string({ unit: letters, minLength: 1, maxLength: 4 });
  const pattern = fc.string({
    unit: fc.oneof(letters, fc.constant('*')),
    minLength: 1,
    maxLength: 4,
  });
  const tenant = 'property';
  const lists = fc.sample(fc.option(fc.uniqueArray(pattern, { minLength: 1, maxLength: 3 })), {
    numRuns: 25,
  });
  const wanted = new Map<string, string[] | null>();
  for (const eventTypes of lists) {
    const { id } = await subscribe(NOBODY, { tenant, status: 'paused', event_types: eventTypes });
    wanted.set(id, eventTypes);
  }
  for (const eventType of fc.sample(typeText, 20)) {
    const expected = [...wanted].filter(([, eventTypes]) =>
      wantsEventType({ eventTypes }, eventType),
    );
    const { id } = await publish({ tenant, event_type: eventType, payload: 1 });
    const found = (await deliveriesOf(id)).map((delivery) => delivery.subscription_id);
    t.strictSame(
      found.sort(),
      expected.map(([subscriptionId]) => subscriptionId).sort(),
      eventType,
    );
  }
});
