import type { FreshDelivery } from '../queue/handoff.ts';
import type { AcceptedEvent, NewEvent } from './event.ts';

/** The row of an accepted event's only delivery, as it was written; undefined when it has others. */
export function freshDelivery(
  event: NewEvent,
  { eventId, deliveryId, recipient }: AcceptedEvent,
  tenant: string,
): FreshDelivery | undefined {
  if (recipient === null || eventId === null || deliveryId === null) return undefined;
  return {
    delivery: {
      id: deliveryId,
      tenant,
      eventId,
      subscriptionId: recipient.subscriptionId,
      subscriptionVersion: recipient.version,
      attemptCount: 0,
      attemptBase: 0,
      eventType: event.eventType,
      isNextInOrder: true,
    },
    content: { payload: event.payload, headers: event.headers ?? null },
  };
}
