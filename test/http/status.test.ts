import t from 'tap';
import { NOWHERE } from '../helpers/api.ts';
import { get, readAll, startReadSide } from '../helpers/read-side.ts';

const { call, pool, insertSubscription, insertTenant, publish, publishTo, record, deliver } =
  await startReadSide(t);

t.test('the status of a request is the attempt log of its event, oldest first', async (t) => {
  const tenant = 'request';
  await insertSubscription({ tenant });
  await insertSubscription({ tenant });
  const { eventId, deliveryIds } = await publish({ tenant });
  const [second, first] = deliveryIds as [string, string];
  await publish({ tenant });
  await record(second, { status: 'pending', waitMs: 1, ageMs: 4_000 });
  await record(first, { status: 'pending', waitMs: 1, ageMs: 3_000 });
  await deliver(second, 2);
  await record(first, { number: 2 });

  const path = `/status/request/${eventId}`;
  const { status, body } = await get(call, path);
  t.equal(status, 200);
  t.equal(body.next_cursor, null);
  t.match(body.data, [
    { delivery_id: second, attempt_number: 1, outcome: 'failed_attempt' },
    { delivery_id: first, attempt_number: 1, outcome: 'failed_attempt' },
    { delivery_id: second, attempt_number: 2, outcome: 'success' },
    { delivery_id: first, attempt_number: 2, outcome: 'failure' },
  ]);
  t.equal(body.data.length, 4);
  const log = (await get(call, `/deliveries/${first}/attempts`)).body.data;
  t.strictSame([body.data[1], body.data[3]], log);
  for (const limit of [1, 3]) {
    t.strictSame((await readAll(call, `${path}?limit=${limit}`)).entries, body.data, `by ${limit}`);
  }
  await pool.query('update posthorn.attempts set started_at = now() where event_id = $1', [
    eventId,
  ]);
  const tied = (await get(call, path)).body.data;
  t.strictSame((await readAll(call, `${path}?limit=1`)).entries, tied, 'all at one moment');
});

t.test('a request without attempts has an empty log, an unknown one is 404', async (t) => {
  const { eventId } = await publish({ tenant: 'empty' });
  const { body } = await get(call, `/status/request/${eventId}`);
  t.strictSame(body, { data: [], next_cursor: null });
  t.match(await get(call, `/status/request/${NOWHERE}`), {
    status: 404,
    body: { code: 'event_not_found' },
  });
  t.match(await get(call, `/status/request/${eventId}?cursor=x`), {
    status: 400,
    body: { code: 'invalid_cursor' },
  });
});

t.test('the status of a subscription is its recent attempts, as under its own path', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('subscription');
  for (let n = 0; n < 3; n += 1) await deliver((await publishTo(tenant)).id);
  const { status, body } = await get(call, `/status/subscription/${subscriptionId}?limit=2`);
  t.equal(status, 200);
  t.equal(body.data.length, 2);
  t.strictSame(body, (await get(call, `/subscriptions/${subscriptionId}/attempts?limit=2`)).body);
  t.match(await get(call, `/status/subscription/${NOWHERE}`), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
});

t.test('nothing crosses tenants', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('mine');
  const { eventId, id } = await publishTo(tenant);
  await deliver(id);
  for (const path of [`/status/request/${eventId}`, `/status/subscription/${subscriptionId}`]) {
    t.match(await get(call, path, 'other'), { status: 404 });
    t.equal((await get(call, path, tenant)).body.data.length, 1);
  }
});
