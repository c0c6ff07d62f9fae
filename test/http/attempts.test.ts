import t from 'tap';
import { NOWHERE } from '../helpers/api.ts';
import { get, readAll, startReadSide } from '../helpers/read-side.ts';

const { call, pool, insertSubscription, insertTenant, publish, publishTo, record, deliver } =
  await startReadSide(t);

const keysOf = (attempts: { delivery_id: string; attempt_number: number }[]) =>
  attempts.map(({ delivery_id: id, attempt_number: number }) => `${id} ${number}`);

t.test('an attempt tells what was sent where and what came back', async (t) => {
  const { tenant } = await insertTenant('shape');
  const { id } = await publishTo(tenant);
  await record(id, {
    status: 'pending',
    waitMs: 1,
    responseHeaders: { 'content-type': 'text/plain', 'set-cookie': ['a=1', 'b=2'] },
  });
  await record(id, {
    number: 2,
    status: 'pending',
    waitMs: 1,
    statusCode: null,
    error: { kind: 'timed_out', message: 'No answer within 10 s.' },
    responseHeaders: null,
    responseBody: null,
  });
  await record(id, {
    number: 3,
    status: 'delivered',
    statusCode: 200,
    error: null,
    responseBody: '',
  });
  const { status, body } = await get(call, `/deliveries/${id}/attempts`);
  t.equal(status, 200);
  t.equal(body.next_cursor, null);
  const same = {
    delivery_id: id,
    duration_ms: 38,
    note: null,
    sends: 1,
    target_url: 'https://receiver.example/hooks',
  };
  const times = body.data.map(({ started_at }: { started_at: string }) => started_at);
  t.strictSame(body.data, [
    {
      ...same,
      attempt_number: 1,
      outcome: 'failed_attempt',
      status_code: 500,
      error: { kind: 'rejected', message: 'The receiver answered 500.' },
      response_headers: { 'content-type': 'text/plain', 'set-cookie': 'a=1, b=2' },
      response_body: 'out of paper',
      started_at: times[0],
    },
    {
      ...same,
      attempt_number: 2,
      outcome: 'failed_attempt',
      status_code: null,
      error: { kind: 'timed_out', message: 'No answer within 10 s.' },
      response_headers: null,
      response_body: null,
      started_at: times[1],
    },
    {
      ...same,
      attempt_number: 3,
      outcome: 'success',
      status_code: 200,
      error: null,
      response_headers: { 'content-type': 'text/plain' },
      response_body: '',
      started_at: times[2],
    },
  ]);
  for (const time of times) t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
});

t.test('a delivery lists its attempts in the order they were made, page by page', async (t) => {
  const { tenant } = await insertTenant('ordered');
  const { id } = await publishTo(tenant);
  for (let number = 1; number <= 5; number += 1) {
    await record(id, { number, status: 'pending', waitMs: 1 });
  }
  for (const limit of [1, 2, 5]) {
    const { entries, pages } = await readAll(call, `/deliveries/${id}/attempts?limit=${limit}`);
    t.strictSame(
      keysOf(entries),
      [1, 2, 3, 4, 5].map((number) => `${id} ${number}`),
    );
    t.equal(pages, Math.ceil(5 / limit));
  }
});

t.test('a subscription lists its attempts newest first, 50 unless told otherwise', async (t) => {
  const tenant = 'of-subscription';
  const mine = await insertSubscription({ tenant });
  await insertSubscription({ tenant });
  for (let n = 0; n < 26; n += 1) {
    for (const id of (await publish({ tenant })).deliveryIds) {
      await record(id, { status: 'pending', waitMs: 1 });
      await deliver(id, 2);
    }
  }
  const path = `/subscriptions/${mine}/attempts`;
  t.equal((await get(call, path)).body.data.length, 50);
  const { entries, pages } = await readAll(call, path);
  t.equal(pages, 2);
  const { rows } = await pool.query(
    `select delivery_id, attempt_number from posthorn.attempts where subscription_id = $1
    order by started_at desc`,
    [mine],
  );
  t.strictSame(keysOf(entries), keysOf(rows));
  t.equal(entries.length, 52);
});

t.test('attempts of one moment, or a microsecond apart, page without gaps', async (t) => {
  const tenant = 'ties';
  const subscriptionId = await insertSubscription({ tenant });
  for (let n = 0; n < 4; n += 1) {
    const { id } = await publishTo(tenant);
    await record(id, { status: 'pending', waitMs: 1 });
    await deliver(id, 2);
  }
  await pool.query(
    `update posthorn.attempts as a
    set started_at = timestamptz '2026-01-01 00:00:00.123456Z'
      + (n.position / 3) * interval '1 microsecond'
    from (
      select delivery_id, attempt_number,
        (row_number() over (order by attempt_number, delivery_id)) as position
      from posthorn.attempts
      where subscription_id = $1
    ) as n
    where a.delivery_id = n.delivery_id and a.attempt_number = n.attempt_number`,
    [subscriptionId],
  );
  const { rows } = await pool.query(
    `select delivery_id, attempt_number from posthorn.attempts where subscription_id = $1
    order by started_at desc, delivery_id desc, attempt_number desc`,
    [subscriptionId],
  );
  for (const limit of [1, 2, 3, 8]) {
    const { entries, pages } = await readAll(
      call,
      `/subscriptions/${subscriptionId}/attempts?limit=${limit}`,
    );
    t.strictSame(keysOf(entries), keysOf(rows), `by ${limit}`);
    t.equal(pages, Math.ceil(8 / limit));
  }
});

t.test('a cursor of another list is 400, and so is one with impossible numbers', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('cursors');
  const { id } = await publishTo(tenant);
  const cursor = (...key: unknown[]) =>
    Buffer.from(JSON.stringify([1, ...key])).toString('base64url');
  const ofDelivery = `/deliveries/${id}/attempts`;
  const ofSubscription = `/subscriptions/${subscriptionId}/attempts`;
  for (const path of [
    `${ofDelivery}?cursor=${cursor(id)}`,
    `${ofDelivery}?cursor=${cursor(1e300)}`,
    `${ofSubscription}?cursor=${cursor(1)}`,
    `${ofSubscription}?cursor=${cursor(1e300, id, 1)}`,
    `${ofSubscription}?cursor=${cursor('2026-01-01T00:00:00Z', id, 1)}`,
  ]) {
    t.match(await get(call, path), { status: 400, body: { code: 'invalid_cursor' } });
  }
  const largest = Number.MAX_SAFE_INTEGER;
  for (const number of [largest, -largest]) {
    t.equal((await get(call, `${ofDelivery}?cursor=${cursor(number)}`)).status, 200);
    const position = cursor(number, NOWHERE, number);
    t.equal((await get(call, `${ofSubscription}?cursor=${position}`)).status, 200);
  }
});

t.test('the attempts of what does not exist are 404', async (t) => {
  t.match(await get(call, `/deliveries/${NOWHERE}/attempts`), {
    status: 404,
    body: { code: 'delivery_not_found' },
  });
  t.match(await get(call, `/subscriptions/${NOWHERE}/attempts`), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
});

t.test('nothing crosses tenants', async (t) => {
  const { tenant, subscriptionId } = await insertTenant('mine');
  const { id } = await publishTo(tenant);
  await deliver(id);
  for (const path of [`/deliveries/${id}/attempts`, `/subscriptions/${subscriptionId}/attempts`]) {
    t.match(await get(call, path, 'other'), { status: 404 });
    t.equal((await get(call, path, tenant)).body.data.length, 1);
  }
});
