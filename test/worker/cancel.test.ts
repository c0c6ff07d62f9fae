import t from 'tap';
import { cancelInARace, cancelInOrder, cancelMidway, startWaiting } from '../helpers/cancelling.ts';
import { startService } from '../helpers/service.ts';

t.setTimeout(90_000);

const service = await startService(t);

t.test('an attempt is told of from its first moment, and not cancelled', (t) =>
  cancelMidway(t, service),
);

t.test('the next of an ordering key does not overtake one whose cancellation was refused', (t) =>
  cancelInOrder(t, service),
);

t.test('of cancellations that race with attempts, each answer is true', (t) =>
  cancelInARace(t, service),
);

t.test('whatever becomes of its subscription, an attempt under way is logged', async (t) => {
  const { call, runtime, subscribe, patch, ingest, untilDelivery, attempts } = service;
  const { receiver, answer } = await startWaiting(t);
  const ways: Record<string, (id: string) => Promise<unknown>> = {
    pause: (id) => patch(id, { status: 'paused' }),
    disable: (id) => runtime.disable(id, 'by the test'),
    delete: (id) => call('DELETE', `/subscriptions/${id}`),
  };
  for (const [name, change] of Object.entries(ways)) {
    const count = receiver.requests.length;
    const { id } = await subscribe(receiver.url);
    const { delivery_id: deliveryId } = await ingest(id);
    await receiver.received(count + 1);
    await change(id);
    answer();
    await untilDelivery(deliveryId, 'delivered');
    t.match(await attempts(deliveryId), [{ attempt_number: 1, outcome: 'success' }], name);
  }
});
