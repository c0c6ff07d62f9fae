import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { NOWHERE } from '../helpers/api.ts';
import { get, hoursAgo, idAt, readAll, startReadSide } from '../helpers/read-side.ts';

const {
  call,
  origin,
  pool,
  insertSubscription,
  insertTenant,
  publish,
  publishTo,
  accept,
  record,
  deliver,
  park,
  lease,
  end,
} = await startReadSide(t);

const NO_DELIVERIES = {
  pending: 0,
  delivering: 0,
  delivered: 0,
  failed: 0,
  discarded: 0,
  cancelled: 0,
};
const list = async (query: string) =>
  (await readAll(call, `/events?${query}`)).entries.map(({ id }) => id as string);

t.test('an event tells what it is and how many deliveries are in each state', async (t) => {
  const tenant = 'shape';
  for (let n = 0; n < 3; n += 1) await insertSubscription({ tenant });
  const { eventId, deliveryIds } = await publish({
    tenant,
    type: 'order.created',
    payload: '{"n":"ä"}',
    idempotencyKey: 'once',
    orderingKey: 'o-1',
  });
  await deliver(deliveryIds[0] as string);
  await deliver(deliveryIds[1] as string);
  const { status, body } = await get(call, `/events/${eventId}`);
  t.equal(status, 200);
  t.strictSame(body, {
    id: eventId,
    tenant,
    event_type: 'order.created',
    received_at: new Date(Number.parseInt(eventId.replace('-', '').slice(0, 12), 16)).toISOString(),
    payload_bytes: 10,
    idempotency_key: 'once',
    ordering_key: 'o-1',
    deliveries: { ...NO_DELIVERIES, pending: 1, delivered: 2 },
  });
  const page = (await get(call, `/events?tenant=${tenant}`)).body;
  t.strictSame(page, { data: [body], next_cursor: null });
});

t.test('an event that nobody wanted is kept', async (t) => {
  const { eventId } = await publish({ tenant: 'unwanted' });
  t.match((await get(call, `/events/${eventId}`)).body, {
    idempotency_key: null,
    ordering_key: null,
    deliveries: NO_DELIVERIES,
  });
});

t.test('a payload comes back byte for byte', async (t) => {
  const payload =
    '{ "b":1e400,  "a":12345678901234567890, "a":"\\u0000\\ud83d\\ude00 €", "x": [ ] }\n';
  const { eventId } = await publish({ tenant: 'bytes', payload });
  const response = await fetch(`${origin}/events/${eventId}/payload`);
  t.equal(response.status, 200);
  t.match(response.headers.get('content-type'), /^application\/json/);
  t.strictSame(Buffer.from(await response.arrayBuffer()), Buffer.from(payload));
});

t.test('an unknown event is 404 everywhere', async (t) => {
  for (const path of ['', '/status', '/payload']) {
    t.match(await get(call, `/events/${NOWHERE}${path}`), {
      status: 404,
      body: { code: 'event_not_found' },
    });
  }
});

t.test('events come newest first and page without gaps, those of one moment too', async (t) => {
  const tenant = 'paged';
  const moment = hoursAgo(1);
  const ids = [
    idAt(hoursAgo(2)),
    ...[1, 2, 3, 4].map((order) => idAt(moment, order)),
    idAt(new Date()),
  ];
  for (const id of ids) await accept(id, { tenant });
  for (const limit of [1, 3, 6]) {
    const { entries, pages } = await readAll(call, `/events?tenant=${tenant}&limit=${limit}`);
    t.strictSame(
      entries.map(({ id }) => id),
      ids.toReversed(),
      `by ${limit}`,
    );
    t.equal(pages, ids.length / limit);
  }
});

t.test('a cursor that was not given out is 400', async (t) => {
  const { eventId } = await publish({ tenant: 'cursors' });
  for (const path of ['/events', `/events/${eventId}/status`]) {
    t.match(await get(call, `${path}?cursor=bm9uc2Vuc2U`), {
      status: 400,
      body: { code: 'invalid_cursor' },
    });
  }
});

t.test('event type and time are filters', async (t) => {
  const tenant = 'filters';
  const [old, young] = [hoursAgo(3), hoursAgo(1)];
  const { eventId: first } = await accept(idAt(old), { tenant, type: 'order.created' });
  const { eventId: second } = await accept(idAt(young), { tenant, type: 'order.paid' });
  const query = (filter: string) => list(`tenant=${tenant}&${filter}`);
  t.strictSame(await query('event_type=order.paid'), [second]);
  t.strictSame(await query('event_type=order'), []);
  t.strictSame(await query(`received_after=${young.toISOString()}`), [second]);
  t.strictSame(await query(`received_before=${young.toISOString()}`), [first]);
  t.strictSame(await query(`received_before=${young.toISOString()}&event_type=order.paid`), []);
});

t.test('events are found by the state of any of their deliveries', async (t) => {
  const tenant = 'states';
  await insertSubscription({ tenant });
  await insertSubscription({ tenant });
  const moment = hoursAgo(1);
  const seeded = [];
  for (let order = 1; order <= 4; order += 1) {
    seeded.push(await accept(idAt(moment, order), { tenant }));
  }
  seeded.push(await accept(idAt(hoursAgo(0.5)), { tenant, type: 'order.paid' }));
  const [a, b, c, d, e] = seeded.map(({ eventId }) => eventId);
  const [, toB, toC, toD, toE] = seeded.map(({ deliveryIds }) => deliveryIds as [string, string]);
  for (const id of toB ?? []) await record(id);
  await record(toC?.[0] as string, { status: 'pending', waitMs: 60_000 });
  await deliver(toC?.[1] as string);
  await lease(toD?.[0] as string);
  await end(toD?.[1] as string, 'cancelled', 'cancelled_by_request');
  await park(toE?.[0] as string, 'saturated');
  await record(toE?.[1] as string);
  await pool.query(
    `update ${QUEUE_SCHEMA}._private_jobs set created_at = now() - interval '2 hours'`,
  );

  for (const limit of [1, 2, 50]) {
    const query = (filter: string) => list(`tenant=${tenant}&${filter}&limit=${limit}`);
    t.strictSame(await query('status=failed'), [e, b], `failed by ${limit}`);
    t.strictSame(await query('status=delivered'), [c]);
    t.strictSame(await query('status=delivering'), [d]);
    t.strictSame(await query('status=cancelled'), [d]);
    t.strictSame(await query('status=discarded'), []);
    t.strictSame(await query('status=pending'), [e, c, a], `pending by ${limit}`);
    t.strictSame(await query('status=failed&event_type=order.paid'), [e]);
    const before = `received_before=${hoursAgo(0.75).toISOString()}`;
    t.strictSame(await query(`status=failed&${before}`), [b]);
  }
});

t.test('the status of an event lists each delivery with its attempts', async (t) => {
  const tenant = 'status';
  for (let n = 0; n < 3; n += 1) await insertSubscription({ tenant });
  const { eventId, deliveryIds } = await publish({ tenant });
  const [third, second, first] = deliveryIds as [string, string, string];
  await record(first, { status: 'pending', waitMs: 1 });
  await deliver(first, 2);
  await record(second);
  const path = `/events/${eventId}/status`;
  const { status, body } = await get(call, path);
  t.equal(status, 200);
  t.strictSame(body.event, (await get(call, `/events/${eventId}`)).body);
  t.equal(body.next_cursor, null);
  const expected = [];
  for (const id of [third, second, first]) {
    const delivery = (await get(call, `/deliveries/${id}`)).body;
    const attempts = (await get(call, `/deliveries/${id}/attempts`)).body.data;
    expected.push({ ...delivery, attempts });
  }
  t.strictSame(body.deliveries, expected);
  t.strictSame(
    expected.map(({ attempts }) => attempts.length),
    [0, 1, 2],
  );

  const page = (await get(call, `${path}?limit=2`)).body;
  t.strictSame(page.deliveries, expected.slice(0, 2));
  const rest = (await get(call, `${path}?limit=2&cursor=${page.next_cursor}`)).body;
  t.strictSame(rest.deliveries, expected.slice(2));
  t.equal(rest.next_cursor, null);
});

t.test('nothing crosses tenants', async (t) => {
  const { tenant } = await insertTenant('mine');
  const { eventId, id } = await publishTo(tenant);
  await record(id);
  for (const path of ['', '/status', '/payload']) {
    t.match(await get(call, `/events/${eventId}${path}`, 'other'), {
      status: 404,
      body: { code: 'event_not_found' },
    });
  }
  for (const query of ['', '?status=failed']) {
    t.strictSame((await get(call, `/events${query}`, 'other')).body.data, []);
    const ofMine = `${query}${query === '' ? '?' : '&'}tenant=${tenant}`;
    t.match(await get(call, `/events${ofMine}`, 'other'), {
      status: 403,
      body: { code: 'tenant_forbidden' },
    });
  }
  t.match((await get(call, '/events?status=failed', tenant)).body.data, [{ id: eventId }]);
  t.equal((await get(call, '/events', tenant)).body.data.length, 1);
});
