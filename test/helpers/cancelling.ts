import type { ServerResponse } from 'node:http';
import type { Test } from 'tap';
import { startReceiver } from './receiver.ts';
import type { Service } from './service.ts';
import { until } from './until.ts';

export type Client = Pick<
  Service,
  'call' | 'subscribe' | 'ingest' | 'publish' | 'delivery' | 'attempts' | 'untilDelivery'
>;

/** A receiver that answers when it is told to. */
export async function startWaiting(t: Test) {
  const waiting: ServerResponse[] = [];
  const receiver = await startReceiver(t, (_request, response) => void waiting.push(response));
  return {
    receiver,
    waiting,
    answer(status = 200) {
      for (const response of waiting.splice(0)) response.writeHead(status).end();
    },
  };
}

/**
 * Asks for a cancellation. A worker on a busy machine may take too long to answer: then it is asked
 * for again.
 */
export async function untilRefusedOrCancelled({ call }: Pick<Client, 'call'>, id: string) {
  return until(async () => {
    const answer = await call('POST', `/deliveries/${id}/cancel`);
    return !String(answer.body.detail).startsWith('A worker has not answered') && answer;
  });
}

/** In the middle of each of 15 attempts, none of which a job has let go of, asks to cancel it. */
export async function cancelMidway(t: Test, client: Client): Promise<void> {
  const { receiver, answer } = await startWaiting(t);
  const { id } = await client.subscribe(receiver.url, { tenant: `midway-${Math.random()}` });
  for (let n = 1; n <= 15; n += 1) {
    const { delivery_id: deliveryId } = await client.ingest(id);
    await receiver.received(n);
    t.match(await untilRefusedOrCancelled(client, deliveryId), {
      status: 409,
      body: {
        code: 'delivery_not_cancellable',
        detail: 'An attempt is under way.',
      },
    });
    t.match(await client.untilDelivery(deliveryId, 'delivering'), {
      reason: 'in_flight',
      next_attempt_at: null,
    });
    t.match(await client.call('POST', `/deliveries/${deliveryId}/retry`), {
      status: 409,
      body: { detail: 'An attempt is under way.' },
    });
    answer();
    await client.untilDelivery(deliveryId, 'delivered');
    t.match(await client.attempts(deliveryId), [{ attempt_number: 1, outcome: 'success' }]);
  }
  t.equal(receiver.requests.length, 15);
}

/** The second of an ordering key must not overtake the first. */
export async function cancelInOrder(t: Test, client: Client): Promise<void> {
  const { receiver, waiting, answer } = await startWaiting(t);
  const tenant = `in-order-${Math.random()}`;
  await client.subscribe(receiver.url, { tenant });
  const event = { tenant, event_type: 'a', payload: {}, ordering_key: 'k' };
  await client.publish([event, event, event]);
  for (let n = 1; n <= 3; n += 1) {
    const { headers } = (await receiver.received(n))[n - 1] as { headers: Record<string, string> };
    const id = headers['x-delivery-id'] as string;
    t.equal((await untilRefusedOrCancelled(client, id)).status, 409);
    t.equal(waiting.length, 1, 'one at a time');
    answer();
    await client.untilDelivery(id, 'delivered');
  }
}

/** Cancels, all at once, what is being sent one by one, and holds each answer to what was sent. */
export async function cancelInARace(t: Test, client: Client): Promise<void> {
  const receiver = await startReceiver(t, { status: 200, delayMs: 50 });
  const tenant = `race-${Math.random()}`;
  const { id } = await client.subscribe(receiver.url, { tenant, max_concurrency: 1 });
  await client.publish(
    Array.from({ length: 30 }, () => ({ tenant, event_type: 'a', payload: {} })),
  );
  const { body } = await client.call('GET', `/subscriptions/${id}/deliveries?limit=30`);
  const ids: string[] = body.data.map((delivery: { id: string }) => delivery.id);
  t.equal(ids.length, 30);
  const answers = await Promise.all(ids.map((one) => untilRefusedOrCancelled(client, one)));
  const cancelled = new Set(ids.filter((_one, n) => answers[n]?.status === 200));
  t.comment(`${cancelled.size} of 30 cancelled`);
  for (const one of ids) {
    await client.untilDelivery(one, cancelled.has(one) ? 'cancelled' : 'delivered');
    t.equal((await client.attempts(one)).length, cancelled.has(one) ? 0 : 1);
  }
  // One more shows that whatever was still to be sent has been sent.
  const { delivery_id: last } = await client.ingest(id);
  await client.untilDelivery(last, 'delivered');
  const sent = receiver.requests.map(({ headers }) => headers['x-delivery-id']);
  t.strictSame(sent.toSorted(), [...ids.filter((one) => !cancelled.has(one)), last].toSorted());
}
