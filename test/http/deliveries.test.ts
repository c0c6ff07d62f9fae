import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { NOWHERE } from '../helpers/api.ts';
import { get, hoursAgo, idAt, post, readAll, startReadSide } from '../helpers/read-side.ts';

const {
  call,
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
  finishJobs,
} = await startReadSide(t);

const idsOf = (entries: { id: string }[]) => entries.map(({ id }) => id);
const list = async (query: string) => idsOf((await readAll(call, `/deliveries?${query}`)).entries);

t.test('a delivery tells where it is and why', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('shape');
  const { eventId, id } = await publishTo(tenant);
  const createdAt = new Date(Number.parseInt(id.replace('-', '').slice(0, 12), 16)).toISOString();
  const queued = {
    id,
    event_id: eventId,
    subscription_id: subscriptionId,
    tenant,
    event_type: 'order.created',
    status: 'pending',
    reason: null,
    attempt_count: 0,
    next_attempt_at: null,
    created_at: createdAt,
    completed_at: null,
  };
  t.strictSame((await get(call, `/deliveries/${id}`)).body, queued);

  await record(id, { status: 'pending', waitMs: 10_000 });
  const waiting = (await get(call, `/deliveries/${id}`)).body;
  t.strictSame(
    { ...waiting, next_attempt_at: null },
    { ...queued, reason: 'retry_scheduled', attempt_count: 1 },
  );
  t.ok(Date.parse(waiting.next_attempt_at) > Date.now());

  await record(id, { number: 2 });
  const failed = (await get(call, `/deliveries/${id}`)).body;
  t.strictSame(
    { ...failed, completed_at: null },
    { ...queued, status: 'failed', reason: 'exhausted', attempt_count: 2 },
  );
  t.match(failed.completed_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

t.test('the end of a lease is no next attempt', async (t) => {
  const { tenant } = await insertTenant('leased');
  const { id } = await publishTo(tenant);
  await lease(id);
  t.match((await get(call, `/deliveries/${id}`)).body, {
    status: 'delivering',
    reason: 'in_flight',
    next_attempt_at: null,
  });
});

t.test('an unknown delivery is 404, a malformed id 400', async (t) => {
  t.match(await get(call, `/deliveries/${NOWHERE}`), {
    status: 404,
    body: { code: 'delivery_not_found' },
  });
  t.match(await get(call, '/deliveries/7'), { status: 400, body: { code: 'invalid_request' } });
});

t.test('deliveries come newest first and page without gaps, those of one moment too', async (t) => {
  const tenant = 'paged';
  for (let n = 0; n < 5; n += 1) await insertSubscription({ tenant });
  const moment = hoursAgo(1);
  const seeded = [
    await accept(idAt(hoursAgo(2)), { tenant }),
    await accept(idAt(moment, 1), { tenant }),
    await accept(idAt(moment, 2), { tenant }),
  ];
  const expected = seeded
    .flatMap(({ deliveryIds }) => deliveryIds)
    .sort()
    .reverse();
  for (const limit of [1, 2, 4, 14, 15, 200]) {
    const { entries, pages } = await readAll(call, `/deliveries?tenant=${tenant}&limit=${limit}`);
    t.strictSame(idsOf(entries), expected, `by ${limit}`);
    t.equal(pages, Math.ceil(15 / limit));
  }
});

t.test('a cursor of another list, or none at all, is 400', async (t) => {
  const foreign = Buffer.from(JSON.stringify([1, 5])).toString('base64url');
  for (const cursor of ['nonsense', foreign]) {
    t.match(await get(call, `/deliveries?cursor=${cursor}`), {
      status: 400,
      body: { code: 'invalid_cursor', errors: [{ pointer: '/query/cursor' }] },
    });
  }
});

t.test('a limit out of bounds and an unknown parameter are 400', async (t) => {
  const limits = ['limit=0', 'limit=201', 'limit=x', 'limt=5'];
  for (const query of [...limits, 'status=lost', 'created_after=now']) {
    t.match(await get(call, `/deliveries?${query}`), {
      status: 400,
      body: { code: 'invalid_request' },
    });
  }
});

t.test('each state is found, wherever its deliveries wait', async (t) => {
  const { tenant } = await insertTenant('states');
  const one = async () => (await publishTo(tenant)).id;
  const [queued, waiting, parked] = [await one(), await one(), await one()];
  const [leased, delivered, failed] = [await one(), await one(), await one()];
  const [discarded, cancelled] = [await one(), await one()];
  await record(waiting, { status: 'pending', waitMs: 60_000 });
  await park(parked, 'rate_limited');
  await lease(leased);
  await deliver(delivered);
  await record(failed);
  await end(discarded, 'discarded', 'expired');
  await end(cancelled, 'cancelled', 'cancelled_by_request');

  const expected = {
    pending: [parked, waiting, queued],
    delivering: [leased],
    delivered: [delivered],
    failed: [failed],
    discarded: [discarded],
    cancelled: [cancelled],
  };
  for (const [status, ids] of Object.entries(expected)) {
    for (const limit of [1, 50]) {
      t.strictSame(await list(`tenant=${tenant}&status=${status}&limit=${limit}`), ids, status);
    }
  }
  await finishJobs();
  t.strictSame(
    await list(`tenant=${tenant}&status=pending`),
    expected.pending,
    'within a minute of its acceptance a delivery is found without its job, too',
  );
});

t.test('a delivery that has been queued for hours is found as pending', async (t) => {
  const { tenant } = await insertTenant('backlog');
  const { deliveryIds } = await accept(idAt(hoursAgo(3)), { tenant });
  await pool.query(
    `update ${QUEUE_SCHEMA}._private_jobs set created_at = now() - interval '3 hours'
    where payload ->> 'deliveries' like $1`,
    [`%${deliveryIds[0]}%`],
  );
  t.strictSame(await list(`tenant=${tenant}&status=pending`), deliveryIds);
});

t.test('the class of the last status is a filter', async (t) => {
  const { tenant } = await insertTenant('classes');
  const ids: Record<string, string> = {};
  for (const statusCode of [204, 302, 404, 503]) {
    const { id } = await publishTo(tenant);
    if (statusCode === 204) await deliver(id);
    else await record(id, { statusCode });
    ids[`${String(statusCode)[0]}xx`] = id;
  }
  await record((await publishTo(tenant)).id, { statusCode: null });
  for (const [statusClass, id] of Object.entries(ids)) {
    t.strictSame(await list(`tenant=${tenant}&status_class=${statusClass}`), [id], statusClass);
  }
});

t.test('subscription, event and event type are filters, and filters add up', async (t) => {
  const tenant = 'filters';
  const first = await insertSubscription({ tenant, eventTypes: ['order.*'] });
  const second = await insertSubscription({ tenant });
  const order = await publish({ tenant, type: 'order.created' });
  const user = await publish({ tenant, type: 'user.created' });
  const all = [...user.deliveryIds, ...order.deliveryIds];
  t.strictSame(await list(`tenant=${tenant}`), all);
  t.strictSame(await list(`event_id=${order.eventId}`), order.deliveryIds);
  t.strictSame(await list(`event_id=${order.eventId}&status=pending`), order.deliveryIds);
  t.strictSame(await list(`tenant=${tenant}&event_type=user.created`), user.deliveryIds);
  const [toFirst] = await list(`subscription_id=${first}`);
  t.ok(order.deliveryIds.includes(toFirst as string));
  t.strictSame((await list(`subscription_id=${second}&event_type=order.created`)).length, 1);
  t.strictSame(await list(`subscription_id=${first}&event_type=user.created`), []);
});

t.test('times bound a list: from the first inclusive, to the second exclusive', async (t) => {
  const { tenant } = await insertTenant('times');
  const times = [3, 2, 1].map(hoursAgo);
  const ids: string[] = [];
  for (const time of times) ids.push(...(await accept(idAt(time), { tenant })).deliveryIds);
  const [oldest, middle, newest] = ids;
  const [, second, third] = times.map((time) => time.toISOString());
  const query = (bounds: string) => list(`tenant=${tenant}&${bounds}`);
  t.strictSame(await query(`created_after=${second}`), [newest, middle]);
  t.strictSame(await query(`created_before=${second}`), [oldest]);
  t.strictSame(await query(`created_after=${second}&created_before=${third}`), [middle]);
  t.strictSame(await query('created_before=0000-01-01T00:00:00Z'), []);
  t.strictSame(await query('created_after=9999-12-31T23:59:60Z'), []);
  const here = encodeURIComponent(`${second?.slice(0, -1)}+00:00`);
  t.strictSame(await query(`created_after=${here}`), [newest, middle]);
});

t.test('nothing crosses tenants', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('mine');
  const { id } = await publishTo(tenant);
  await record(id);
  const paths = [`/deliveries/${id}`, `/deliveries/${id}/attempts`];
  for (const path of paths) t.match(await get(call, path, 'other'), { status: 404 });
  for (const action of ['retry', 'cancel']) {
    t.match(await post(call, `/deliveries/${id}/${action}`, 'other'), {
      status: 404,
      body: { code: 'delivery_not_found' },
    });
  }
  t.match(await get(call, `/subscriptions/${subscriptionId}/deliveries`, 'other'), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
  const filters = ['', `subscription_id=${subscriptionId}`, 'status=failed'];
  for (const filter of filters) {
    t.strictSame((await get(call, `/deliveries?${filter}`, 'other')).body.data, []);
  }
  t.match(await get(call, `/deliveries?tenant=${tenant}`, 'other'), {
    status: 403,
    body: { code: 'tenant_forbidden' },
  });
  t.strictSame(idsOf((await get(call, '/deliveries', tenant)).body.data), [id]);
});

t.test('a subscription lists its own deliveries, 20 unless told otherwise', async (t) => {
  const tenant = 'of-subscription';
  const mine = await insertSubscription({ tenant });
  const other = await insertSubscription({ tenant });
  for (let n = 0; n < 21; n += 1) await publish({ tenant });
  const path = `/subscriptions/${mine}/deliveries`;
  t.equal((await get(call, path)).body.data.length, 20);
  const { entries, pages } = await readAll(call, path);
  t.equal(pages, 2);
  t.equal(entries.length, 21);
  t.ok(entries.every((delivery) => delivery.subscription_id === mine));
  t.strictSame(idsOf(entries), idsOf(entries).sort().reverse());
  t.equal((await get(call, `/subscriptions/${other}/deliveries?limit=200`)).body.data.length, 21);
  t.match(await get(call, `/subscriptions/${NOWHERE}/deliveries`), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
});
