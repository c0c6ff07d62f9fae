import t from 'tap';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

t.jobs = 4;

const service = await startService(t);
const { subscribe, ingest, publish, untilDelivery, patch, pool, call } = service;

/** Runs the sweep now, which else comes once a minute. */
const sweep = () => pool.query(`select ${QUEUE_SCHEMA}.add_job('sweep', '{}')`);
const failingFor = (subscriptionId: string, minutes: number) =>
  pool.query(
    `update posthorn.subscription_failures
  set failing_since = now() - $2 * interval '1 minute', failures = 10 where subscription_id = $1`,
    [subscriptionId, minutes],
  );

const told = (receiver: { requests: readonly { body: Buffer }[] }): any[] =>
  receiver.requests.map(({ body }) => JSON.parse(body.toString()));

t.test(
  'a failed delivery is told to those who ask by name or by wildcard, and to no others',
  async (t) => {
    const tenant = 'failed';
    const [byName, byWildcard, everything, star, otherName, otherTenant] = await Promise.all(
      Array.from({ length: 6 }, () => startReceiver(t)),
    );
    const bad = await startReceiver(t, 500);
    await subscribe(byName!.url, { tenant, event_types: ['posthorn.delivery.failed'] });
    await subscribe(byWildcard!.url, { tenant, event_types: ['order.*', 'posthorn.*'] });
    await subscribe(everything!.url, { tenant });
    await subscribe(star!.url, { tenant, event_types: ['*'] });
    await subscribe(otherName!.url, { tenant, event_types: ['posthorn.subscription.*'] });
    await subscribe(otherTenant!.url, { tenant: 'other', event_types: ['posthorn.*'] });
    const { id } = await subscribe(bad.url, {
      tenant,
      retry_schedule: 'none',
      event_types: ['user.created'],
    });

    const { event_id: eventId, delivery_id: deliveryId } = await ingest(id, '{}', {
      eventType: 'user.created',
    });
    await until(() => byName!.requests.length > 0 && byWildcard!.requests.length > 0);
    const expected = {
      type: 'posthorn.delivery.failed',
      timestamp: String,
      data: {
        subscription_id: id,
        delivery_id: deliveryId,
        event_id: eventId,
        event_type: 'user.created',
        attempt_count: 1,
        reason: 'exhausted',
        status_code: 500,
        error: { kind: 'rejected' },
      },
    };
    t.match(told(byName!), [expected]);
    t.match(told(byWildcard!), [expected]);
    t.equal(byName!.requests[0]?.headers['x-event-type'], 'posthorn.delivery.failed');
    for (const receiver of [everything, star, otherName, otherTenant])
      t.strictSame(receiver!.requests, []);
  },
);

t.test('a failed delivery of an operational event is told to nobody', async (t) => {
  const tenant = 'loops';
  const listening = await startReceiver(t);
  const deaf = await startReceiver(t, 500);
  const bad = await startReceiver(t, 500);
  await subscribe(listening.url, { tenant, event_types: ['posthorn.*', 'mine'] });
  const { id: deafId } = await subscribe(deaf.url, {
    tenant,
    event_types: ['posthorn.*'],
    retry_schedule: 'none',
  });
  const { id } = await subscribe(bad.url, { tenant, event_types: ['a'], retry_schedule: 'none' });
  await ingest(id, '{}', { eventType: 'a' });
  await until(async () => {
    const { body } = await call('GET', `/deliveries?subscription_id=${deafId}&status=failed`);
    return body.data.length === 1;
  });
  await publish({ tenant, event_type: 'mine', payload: 1 });
  await until(() => told(listening).includes(1));
  t.strictSame(
    told(listening)
      .filter((one) => one.type === 'posthorn.delivery.failed')
      .map(({ data }) => data.subscription_id),
    [id],
  );
});

t.test('failing and recovery are told once each', async (t) => {
  const tenant = 'failing';
  const operator = await startReceiver(t);
  let isBroken = true;
  const receiver = await startReceiver(t, { byRequest: () => (isBroken ? 500 : 200) });
  await subscribe(operator.url, { tenant, event_types: ['posthorn.subscription.*'] });
  const { id } = await subscribe(receiver.url, {
    tenant,
    event_types: ['a'],
    retry_schedule: '1h',
  });
  const { delivery_id: first } = await ingest(id, '{}', { eventType: 'a' });
  await untilDelivery(first, 'retry_scheduled');
  await sweep();
  await failingFor(id, 6);
  await sweep();
  await until(() => operator.requests.length === 1);
  t.match(told(operator)[0], {
    type: 'posthorn.subscription.failing',
    data: { subscription_id: id, failing_since: String, failures: 10 },
  });
  await sweep();

  isBroken = false;
  await ingest(id, '{}', { eventType: 'a' });
  await until(() => operator.requests.length === 2);
  t.match(told(operator)[1], {
    type: 'posthorn.subscription.recovered',
    data: { subscription_id: id },
  });

  const { delivery_id: later } = await ingest(id, '{}', { eventType: 'a' });
  await untilDelivery(later, 'delivered');
  t.equal(operator.requests.length, 2, 'a further success is no recovery');
});

t.test('to pause and to resume is no recovery, nor is to delete', async (t) => {
  const tenant = 'resumed';
  const operator = await startReceiver(t);
  const bad = await startReceiver(t, 500);
  await subscribe(operator.url, { tenant, event_types: ['posthorn.*'] });
  const { id } = await subscribe(bad.url, { tenant, event_types: ['a'], retry_schedule: '1h' });
  const { delivery_id: first } = await ingest(id, '{}', { eventType: 'a' });
  await untilDelivery(first, 'retry_scheduled');
  await failingFor(id, 6);
  await sweep();
  await until(() => operator.requests.length === 1);
  await patch(id, { status: 'paused' });
  await patch(id, { status: 'active' });
  const { rows } = await pool.query(
    `select from ${QUEUE_SCHEMA}._private_jobs as j
    where j.payload ->> 'type' = 'posthorn.subscription.recovered' and j.payload ->> 'subscription_id' = $1`,
    [id],
  );
  t.strictSame(rows, []);

  const { id: other } = await subscribe(bad.url, {
    tenant,
    event_types: ['b'],
    retry_schedule: '1h',
  });
  const { delivery_id: second } = await ingest(other, '{}', { eventType: 'b' });
  await untilDelivery(second, 'retry_scheduled');
  await failingFor(other, 6);
  await sweep();
  await until(() => operator.requests.length === 2);
  await call('DELETE', `/subscriptions/${other}`);
  await until(async () => {
    const jobs = await pool.query(`select from ${QUEUE_SCHEMA}._private_jobs as j
      join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id where t.identifier = 'alert'`);
    return jobs.rowCount === 0;
  });
  t.strictSame(
    told(operator).map(({ type }) => type),
    ['posthorn.subscription.failing', 'posthorn.subscription.failing'],
  );
});

t.test('disabling is told, with the reason', async (t) => {
  const tenant = 'disabled';
  const operator = await startReceiver(t);
  const gone = await startReceiver(t, 410);
  await subscribe(operator.url, { tenant, event_types: ['posthorn.subscription.disabled'] });
  const { id } = await subscribe(gone.url, { tenant, event_types: ['a'] });
  await ingest(id, '{}', { eventType: 'a' });
  await until(() => operator.requests.length === 1);
  t.match(told(operator), [
    {
      type: 'posthorn.subscription.disabled',
      data: { subscription_id: id, reason: 'The receiver answered 410 Gone.' },
    },
  ]);
});
