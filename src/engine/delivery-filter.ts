import { setImmediate as nextTurn } from 'node:timers/promises';
import { filterableEvent, type FilterableEvent } from '../matching/filter.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import type { DeliveryQueue } from '../queue/delivery-queue.service.ts';
import type { EventContent, QueuedDelivery } from '../queue/queued-delivery.ts';

export type FilterCandidate = {
  readonly delivery: QueuedDelivery;
  readonly subscription: KnownSubscription;
  /** Undefined when the event is lost, which fails the attempt. */
  readonly content: EventContent | undefined;
};

type Queue = Pick<DeliveryQueue, 'loadContent' | 'findRetried'>;

/** Judging may take this long before everything else in the process gets a turn. */
const TURN_MS = 10;

/**
 * Those whose event does not pass their subscription's filter, as it is now. Asked once
 * an attempt has been made, and whatever someone has retried manually, passes any filter.
 */
export async function findFiltered(
  candidates: readonly FilterCandidate[],
  queue: Queue,
): Promise<ReadonlySet<QueuedDelivery>> {
  const refused: QueuedDelivery[] = [];
  const eventOf = createEventReader(queue);
  let turnStartedAt = performance.now();
  for (const candidate of candidates) {
    const {
      delivery,
      subscription: { filter },
      content,
    } = candidate;
    if (filter === null || delivery.attemptCount > 0 || content === undefined) continue;
    const event = await eventOf(delivery, content, filter.readsPayload);
    if (!filter.matches(event)) refused.push(delivery);
    if (performance.now() - turnStartedAt < TURN_MS) continue;
    await nextTurn();
    turnStartedAt = performance.now();
  }
  if (refused.length === 0) return new Set();
  const retried = await queue.findRetried(refused.map(({ id }) => id));
  return new Set(refused.filter(({ id }) => !retried.has(id)));
}

/** An event's deliveries come one after the other, so that remembering the last parses it once. */
function createEventReader(queue: Queue) {
  let last: { eventId: string; isWhole: boolean; event: FilterableEvent } | undefined;
  return async (
    { eventId, eventType }: QueuedDelivery,
    content: EventContent,
    needsPayload: boolean,
  ): Promise<FilterableEvent> => {
    if (last?.eventId === eventId && (last.isWhole || !needsPayload)) return last.event;
    const isWhole = needsPayload || content.payload !== null;
    const payload =
      content.payload ?? (needsPayload ? (await queue.loadContent(eventId))?.payload : null);
    const event = filterableEvent({
      type: eventType,
      payload: payload ?? '',
      headers: content.headers,
    });
    last = { eventId, isWhole, event };
    return event;
  };
}
