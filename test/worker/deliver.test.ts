import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

// Most of the time is waiting for retries, which can be done together.
t.jobs = 8;

const service = await startService(t);
const { subscribe, ingest, untilDelivery, attempts, delivery, patch, call, publish, pool } =
  service;

t.test('an event arrives byte for byte, signed, and is logged', async (t) => {
  const receiver = await startReceiver(t, {
    status: 201,
    headers: { 'x-receiver': 'yes' },
    body: 'thanks',
  });
  const { id, secret } = await subscribe(receiver.url, { headers: { 'X-Mine': 'one' } });
  const body = '{"b":1.0,"a":12345678901234567890,"a":"\\u0000é\\/"} ';
  const { event_id: eventId, delivery_id: deliveryId } = await ingest(id, body, {
    eventType: 'order.paid',
  });
  const request = await receiver.next();
  t.equal(request.method, 'POST');
  t.equal(request.body.toString(), body);
  t.match(request.headers, {
    'content-type': 'application/json',
    'user-agent': 'Posthorn/0.0.0-test',
    'webhook-id': eventId,
    'x-event-type': 'order.paid',
    'x-delivery-id': deliveryId,
    'x-attempt': '1',
    'x-mine': 'one',
  });
  t.doesNotThrow(() =>
    new Webhook(secret).verify(request.body, request.headers as Record<string, string>),
  );

  const delivered = await untilDelivery(deliveryId, 'delivered');
  t.match(delivered, {
    reason: null,
    attempt_count: 1,
    next_attempt_at: null,
    completed_at: String,
  });
  const [attempt, ...others] = await attempts(deliveryId);
  t.strictSame(others, []);
  t.match(attempt, {
    delivery_id: deliveryId,
    attempt_number: 1,
    outcome: 'success',
    status_code: 201,
    error: null,
    response_headers: { 'x-receiver': 'yes' },
    response_body: 'thanks',
    target_url: receiver.url,
  });
  t.ok(Math.abs(Date.parse(attempt.started_at) - request.receivedAtMs) < 10_000);
});

t.test('a failure is retried by the schedule until it is exhausted', async (t) => {
  const receiver = await startReceiver(t, 500);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s,2s' });
  const { delivery_id: deliveryId, event_id: eventId } = await ingest(id);
  t.match(await untilDelivery(deliveryId, 'retry_scheduled'), {
    status: 'pending',
    next_attempt_at: String,
    completed_at: null,
  });
  await untilDelivery(deliveryId, 'exhausted');
  t.match(await delivery(deliveryId), {
    status: 'failed',
    attempt_count: 3,
    next_attempt_at: null,
    completed_at: String,
  });
  t.match(await attempts(deliveryId), [
    { attempt_number: 1, outcome: 'failed_attempt', status_code: 500, error: { kind: 'rejected' } },
    { attempt_number: 2, outcome: 'failed_attempt', status_code: 500 },
    { attempt_number: 3, outcome: 'failure', status_code: 500 },
  ]);
  const [first, second, third] = receiver.requests;
  t.strictSame(
    receiver.requests.map(({ headers }) => headers['x-attempt']),
    ['1', '2', '3'],
  );
  t.ok(receiver.requests.every(({ headers }) => headers['webhook-id'] === eventId));
  const waits = [
    second!.receivedAtMs - first!.receivedAtMs,
    third!.receivedAtMs - second!.receivedAtMs,
  ];
  t.ok(
    waits[0]! >= 790 && waits[0]! < 20_000,
    `1 s ± 20 %, rounded up to a second: ${waits[0]} ms`,
  );
  t.ok(
    waits[1]! >= 1_590 && waits[1]! < 20_000,
    `2 s ± 20 %, rounded up to a second: ${waits[1]} ms`,
  );
});

t.test('a retry that succeeds delivers', async (t) => {
  const receiver = await startReceiver(t, [503, 'garbage', 204]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s,1s,1s' });
  const { delivery_id: deliveryId } = await ingest(id, '{"n":1}');
  await untilDelivery(deliveryId, 'delivered');
  t.match(await attempts(deliveryId), [
    { outcome: 'failed_attempt', status_code: 503, error: { kind: 'rejected' } },
    { outcome: 'failed_attempt', status_code: null, error: { kind: 'protocol' } },
    { outcome: 'success', status_code: 204, error: null },
  ]);
  t.ok(receiver.requests.every(({ body }) => body.toString() === '{"n":1}'));
});

t.test('Retry-After puts the retry off', async (t) => {
  const receiver = await startReceiver(t, [{ status: 429, headers: { 'retry-after': '3' } }, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const { delivery_id: deliveryId } = await ingest(id);
  await untilDelivery(deliveryId, 'delivered');
  const [first, second] = receiver.requests;
  const waitMs = second!.receivedAtMs - first!.receivedAtMs;
  t.ok(waitMs >= 2_900 && waitMs < 20_000, `${waitMs} ms`);
});

t.test('410 disables the subscription and discards what waits for it', async (t) => {
  const receiver = await startReceiver(t, {
    byRequest: ({ body }) => (body.toString() === '"last"' ? 410 : 500),
  });
  const { id } = await subscribe(receiver.url, { retry_schedule: '1h', tenant: 'gone' });
  const { delivery_id: waiting } = await ingest(id, '"first"');
  await untilDelivery(waiting, 'retry_scheduled');
  const { delivery_id: gone } = await ingest(id, '"last"');
  t.match(await untilDelivery(gone, 'subscription_gone'), { status: 'failed', attempt_count: 1 });
  t.match(await untilDelivery(waiting, 'subscription_disabled'), {
    status: 'discarded',
    next_attempt_at: null,
  });
  t.match((await call('GET', `/subscriptions/${id}`)).body, {
    status: 'disabled',
    disabled_reason: 'The receiver answered 410 Gone.',
  });
  const { delivery_id: late } = await ingest(id, '"late"');
  t.match(await delivery(late), { status: 'discarded', reason: 'subscription_disabled' });
  t.equal(
    (await publish({ tenant: 'gone', event_type: 'a', payload: 1 })).deliveries,
    0,
    'and it takes no part in fan-out',
  );
});

t.test('a target that resolves to a forbidden address is blocked, without a retry', async (t) => {
  const { id } = await subscribe('https://receiver.example/');
  await pool.query(
    `update posthorn.subscriptions set target_url = 'http://169.254.169.254/' where id = $1`,
    [id],
  );
  const { delivery_id: deliveryId } = await ingest(id);
  t.match(await untilDelivery(deliveryId, 'target_blocked'), {
    status: 'failed',
    attempt_count: 1,
  });
  t.match(await attempts(deliveryId), [
    {
      outcome: 'failure',
      status_code: null,
      error: { kind: 'blocked' },
      target_url: 'http://169.254.169.254/',
    },
  ]);
  await call('DELETE', `/subscriptions/${id}`);
});

t.test('a paused subscription holds its deliveries and releases them in order', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { status: 'paused', max_concurrency: 1 });
  const deliveryIds: string[] = [];
  for (let n = 0; n < 12; n += 1) deliveryIds.push((await ingest(id, String(n))).delivery_id);
  t.match(await delivery(deliveryIds[0]!), { status: 'pending', reason: 'subscription_paused' });
  t.equal(receiver.requests.length, 0);
  await patch(id, { status: 'active' });
  for (const deliveryId of deliveryIds) await untilDelivery(deliveryId, 'delivered');
  const arrived = receiver.requests.map(({ body }) => body.toString());
  t.strictSame(
    arrived,
    Array.from({ length: 12 }, (_, n) => String(n)),
  );
});

t.test('what is queued or due when the subscription pauses is held as well', async (t) => {
  const receiver = await startReceiver(t, [500, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const { delivery_id: deliveryId } = await ingest(id);
  await untilDelivery(deliveryId, 'retry_scheduled');
  await patch(id, { status: 'paused' });
  t.match(await untilDelivery(deliveryId, 'subscription_paused'), {
    status: 'pending',
    attempt_count: 1,
  });
  await patch(id, { status: 'active' });
  await untilDelivery(deliveryId, 'delivered');
  t.equal(receiver.requests.length, 2);
});

t.test('deleting a subscription cancels what waits for it', async (t) => {
  const receiver = await startReceiver(t, 500);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1h' });
  const { delivery_id: waiting } = await ingest(id);
  await untilDelivery(waiting, 'retry_scheduled');
  await patch(id, { status: 'paused' });
  const { delivery_id: held } = await ingest(id);
  t.equal((await call('DELETE', `/subscriptions/${id}`)).status, 204);
  for (const deliveryId of [waiting, held]) {
    t.match(await untilDelivery(deliveryId, 'subscription_deleted'), {
      status: 'cancelled',
      next_attempt_at: null,
      completed_at: String,
    });
  }
});

t.test('an attempt under way when its subscription is deleted is the last', async (t) => {
  const receiver = await startReceiver(t, { status: 500, delayMs: 800 });
  const { id } = await subscribe(receiver.url, { retry_schedule: '1h' });
  const { delivery_id: deliveryId } = await ingest(id);
  await receiver.next();
  await call('DELETE', `/subscriptions/${id}`);
  await untilDelivery(deliveryId, 'subscription_deleted');
});

t.test('a failed delivery that is retried by hand gets a whole new schedule', async (t) => {
  const receiver = await startReceiver(t, 500);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const { delivery_id: deliveryId } = await ingest(id);
  await untilDelivery(deliveryId, 'exhausted');
  t.equal((await call('POST', `/deliveries/${deliveryId}/retry`)).status, 202);
  await untilDelivery(deliveryId, 'retry_scheduled');
  t.match(await delivery(deliveryId), { attempt_count: 3 });
  receiver.behave(200);
  t.match(await untilDelivery(deliveryId, 'delivered'), { attempt_count: 4 });
  t.strictSame(
    (await attempts(deliveryId)).map(({ outcome }) => outcome),
    ['failed_attempt', 'failure', 'failed_attempt', 'success'],
  );
  t.strictSame(
    receiver.requests.map(({ headers }) => headers['x-attempt']),
    ['1', '2', '3', '4'],
  );
});

t.test('an attempt slower than half a second shows as delivering, then ends', async (t) => {
  const receiver = await startReceiver(t, { status: 200, delayMs: 1_500 });
  const { id } = await subscribe(receiver.url);
  const { delivery_id: deliveryId } = await ingest(id);
  t.match(await untilDelivery(deliveryId, 'delivering'), {
    reason: 'in_flight',
    next_attempt_at: null,
    attempt_count: 0,
  });
  t.match(await untilDelivery(deliveryId, 'delivered'), { reason: null, attempt_count: 1 });
  t.equal(receiver.requests.length, 1);
});

t.test('an attempt that is slower than its deadline has timed out', async (t) => {
  const receiver = await startReceiver(t, 'hang');
  const { id } = await subscribe(receiver.url, { timeout_ms: 1_000, retry_schedule: 'none' });
  const { delivery_id: deliveryId } = await ingest(id);
  t.match(await untilDelivery(deliveryId, 'exhausted'), { status: 'failed', attempt_count: 1 });
  t.match(await attempts(deliveryId), [
    { outcome: 'failure', status_code: null, error: { kind: 'timed_out' } },
  ]);
});

t.test('a large payload is delivered whole', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url);
  const body = JSON.stringify('x'.repeat(900_000));
  const { delivery_id: deliveryId } = await ingest(id, body);
  await untilDelivery(deliveryId, 'delivered');
  t.ok(receiver.requests[0]?.body.equals(Buffer.from(body)));
});

t.test(
  'after a change of target_url has been answered, no attempt goes to the old one',
  async (t) => {
    const [before, after] = [await startReceiver(t, 500), await startReceiver(t, 200)];
    const { id } = await subscribe(before.url, { retry_schedule: '1s' });
    const { delivery_id: deliveryId } = await ingest(id);
    await untilDelivery(deliveryId, 'retry_scheduled');
    await patch(id, { target_url: after.url });
    await untilDelivery(deliveryId, 'delivered');
    await ingest(id);
    await after.received(2);
    t.equal(before.requests.length, 1);
  },
);

t.test('what has been failing for days is disabled, and says why', async (t) => {
  const receiver = await startReceiver(t, 500);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1h' });
  const { delivery_id: deliveryId } = await ingest(id);
  await untilDelivery(deliveryId, 'retry_scheduled');
  await pool.query(
    `update posthorn.subscription_failures set failing_since = now() - interval '121 hours'
    where subscription_id = $1`,
    [id],
  );
  await pool.query(`select ${QUEUE_SCHEMA}.add_job('sweep', '{}')`);
  await untilDelivery(deliveryId, 'subscription_disabled');
  const { body } = await call('GET', `/subscriptions/${id}`);
  t.match(body, {
    status: 'disabled',
    disabled_reason: /^Nothing but failures since \d{4}-\d\d-\d\dT/,
  });
  const { status } = await patch(id, { status: 'active' });
  t.equal(status, 'active');
});

t.test('one success ends the record of failures', async (t) => {
  const receiver = await startReceiver(t, [500, 200]);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s' });
  const { delivery_id: deliveryId } = await ingest(id);
  const countFailures = async () =>
    (
      await pool.query(
        'select failures::int from posthorn.subscription_failures where subscription_id = $1',
        [id],
      )
    ).rows;
  await untilDelivery(deliveryId, 'retry_scheduled');
  t.strictSame(await countFailures(), [{ failures: 1 }]);
  await untilDelivery(deliveryId, 'delivered');
  t.strictSame(await countFailures(), []);
});
