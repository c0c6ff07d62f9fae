import pg from 'pg';
import t from 'tap';
import { createDeliveryQueue } from '../../src/queue/delivery-queue.service.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService } from '../helpers/service.ts';

const service = await startService(t, { hasWorker: false });
const {
  pool,
  runtime: { handoff },
  call,
  subscribe,
  ingest,
  publish,
} = service;
const close = handoff.open();
t.teardown(close);

const remembering = createDeliveryQueue({ pool, workerId: 'worker', handoff });
const reading = createDeliveryQueue({ pool, workerId: 'worker' });

t.test('what was handed over is what the database holds, and nothing of it is read', async (t) => {
  const { id } = await subscribe('https://receiver.example/', {
    tenant: 'same',
    event_types: ['a.b'],
  });
  await service.patch(id, { description: 'its second version' });
  const { id: eventId } = await publish({
    tenant: 'same',
    event_type: 'a.b',
    payload: { text: 'ä "\\\u0000' },
    headers: { 'x-b': '1', 'x-a': '2' },
  });
  const { delivery_id: ingested } = await ingest(id, '{ "as": "it was"}', { eventType: 'a.b' });
  const {
    rows: [published],
  } = await pool.query('select id from posthorn.deliveries where event_id = $1', [eventId]);
  const job = { deliveries: [published.id, ingested] };
  const ended = new pg.Pool();
  await ended.end();
  const blind = createDeliveryQueue({ pool: ended, workerId: 'worker', handoff });
  const handed = await blind.load(job);
  const { deliveries, contents } = await reading.load(job);
  t.equal(deliveries.length, 2);
  t.strictSame(handed.deliveries, deliveries);
  t.strictSame(handed.contents.get(deliveries[1]!.eventId), contents.get(deliveries[1]!.eventId));
  t.strictSame(handed.contents.get(eventId), contents.get(eventId));
  await t.rejects(blind.load(job), 'what was handed over once is loaded the second time');
});

t.test('a delivery that was cancelled is not handed over', async (t) => {
  const { id } = await subscribe('https://receiver.example/');
  const { delivery_id: deliveryId } = await ingest(id);
  t.equal((await call('POST', `/deliveries/${deliveryId}/cancel`)).status, 200);
  t.strictSame((await remembering.load({ deliveries: [deliveryId] })).deliveries, []);
});

t.test('a delivery that was queued again is loaded', async (t) => {
  const { id } = await subscribe('https://receiver.example/');
  const { delivery_id: deliveryId } = await ingest(id);
  const { deliveries } = await remembering.load({ deliveries: [deliveryId], tickets: [1] });
  t.strictSame(deliveries, [], 'under another ticket than its own');
});

t.test('handed over and loaded, the deliveries of a job go out together', async (t) => {
  const receiver = await startReceiver(t);
  const other = await startService(t, { database: service, hasWorker: false });
  const { id } = await subscribe(receiver.url, { tenant: 'both' });
  const here = await ingest(id, '"here"');
  const there = await other.ingest(id, '"there"');
  const { deliveries, contents } = await remembering.load({
    deliveries: [there.delivery_id, here.delivery_id],
  });
  t.strictSame(
    deliveries.map(({ eventId }) => contents.get(eventId)?.payload),
    ['"here"', '"there"'],
  );
});
