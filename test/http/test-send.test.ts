import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const { call, subscribe, pool } = await startService(t, { hasWorker: false });

const testSend = (id: string) => call('POST', `/subscriptions/${id}/test`);
const deliveriesOf = async (id: string): Promise<any[]> =>
  (await call('GET', `/subscriptions/${id}/deliveries`)).body.data;

t.test('a test sends a signed sample at once and answers with its attempt', async (t) => {
  const receiver = await startReceiver(t, { status: 201, body: 'hello' });
  const { id, secret } = await subscribe(receiver.url, { event_types: ['order.created'] });
  const { status, body } = await testSend(id);
  t.equal(status, 200);
  t.match(body, {
    attempt_number: 1,
    outcome: 'success',
    status_code: 201,
    error: null,
    response_body: 'hello',
    target_url: receiver.url,
  });
  const request = await receiver.next();
  t.doesNotThrow(() =>
    new Webhook(secret).verify(request.body, request.headers as Record<string, string>),
  );
  t.match(request.headers, {
    'x-event-type': 'posthorn.test',
    'x-delivery-id': body.delivery_id,
    'x-attempt': '1',
  });
  t.match(JSON.parse(request.body.toString()), {
    type: 'posthorn.test',
    data: { subscription_id: id },
  });
  t.match(await deliveriesOf(id), [
    {
      id: body.delivery_id,
      event_type: 'posthorn.test',
      status: 'delivered',
      attempt_count: 1,
      completed_at: String,
    },
  ]);
});

t.test('a test that fails is told as it is, and is not retried', async (t) => {
  const receiver = await startReceiver(t, 500);
  const { id } = await subscribe(receiver.url, { retry_schedule: '1s,1s' });
  t.match((await testSend(id)).body, {
    outcome: 'failure',
    status_code: 500,
    error: { kind: 'rejected' },
  });
  t.match(await deliveriesOf(id), [
    { status: 'failed', reason: 'exhausted', next_attempt_at: null },
  ]);
});

t.test(
  'a receiver that cannot be reached or is too slow is an outcome, not an error',
  async (t) => {
    const unreachable = await subscribe('http://127.0.0.1:1111/');
    t.match(await testSend(unreachable.id), {
      status: 200,
      body: { outcome: 'failure', status_code: null, error: { kind: 'unreachable' } },
    });
    const hanging = await subscribe((await startReceiver(t, 'hang')).url, { timeout_ms: 1_000 });
    t.match(await testSend(hanging.id), { status: 200, body: { error: { kind: 'timed_out' } } });
  },
);

t.test('a paused subscription can be tested', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url, { status: 'paused' });
  t.match(await testSend(id), { status: 200, body: { outcome: 'success' } });
});

t.test('a test goes to the target that was saved last', async (t) => {
  const [before, after] = [await startReceiver(t), await startReceiver(t)];
  const { id } = await subscribe(before.url);
  await testSend(id);
  await call('PATCH', `/subscriptions/${id}`, { json: { target_url: after.url } });
  t.match((await testSend(id)).body, { target_url: after.url });
  t.equal(before.requests.length, 1);
});

t.test('a test of a subscription that does not exist is 404', async (t) => {
  t.match(await testSend('019aa089-9af2-7c31-8a5e-2f0d6c1b7e94'), {
    status: 404,
    body: { code: 'subscription_not_found' },
  });
});

t.test('a missing partition is made for a test as well', async (t) => {
  const receiver = await startReceiver(t);
  const { id } = await subscribe(receiver.url);
  const { rows } = await pool.query('select name from posthorn.partitions');
  for (const { name } of rows) await pool.query(`drop table posthorn.${name}`);
  t.match(await testSend(id), { status: 200, body: { outcome: 'success' } });
});
