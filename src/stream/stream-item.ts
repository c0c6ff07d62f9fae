import { toAttemptResource } from '../log/attempt.resource.ts';
import type { DeliveryRow, FedAttempt } from '../log/attempt-feed.service.ts';
import { toDeliveryResource } from '../log/delivery.resource.ts';
import { STATUS_AFTER } from './stream-filter.ts';
import type { StreamItem } from './stream-reader.ts';

/** The `attempt` event, whose id says how far a reader has come. */
function attemptItem({ attempt, delivery }: FedAttempt): StreamItem {
  const { subscription_id, event_id, event_type, tenant } = delivery;
  const key = `${attempt.delivery_id}-${attempt.attempt_number}`;
  const endedAtMs = attempt.started_at.getTime() + attempt.duration_ms;
  const data = { ...toAttemptResource(attempt), subscription_id, event_id, event_type, tenant };
  return {
    key,
    subject: { tenant, subscription_id, event_type, status: STATUS_AFTER[attempt.outcome] },
    bytes: encode('attempt', data, `${endedAtMs}-${key}`),
  };
}

/** The `delivery` event: the delivery as it is now. */
export function deliveryItem(delivery: DeliveryRow): StreamItem {
  return { key: null, subject: delivery, bytes: encode('delivery', toDeliveryResource(delivery)) };
}

/** An attempt and the state it led to; each is sent once, whichever way it is heard of. */
export function attemptItems(fed: FedAttempt): readonly StreamItem[] {
  const attempt = attemptItem(fed);
  return [attempt, { ...deliveryItem(fed.delivery), key: `${attempt.key}-delivery` }];
}

/** The moment at which the attempt that an event's id names ended; undefined if it names none. */
export function readEventId(id: string): Date | undefined {
  const [, ms] = /^(\d{12,14})-[\da-f-]{36}-\d{1,5}$/.exec(id) ?? [];
  return ms === undefined ? undefined : new Date(Number(ms));
}

/** JSON has no raw line breaks, so one `data` line always holds it. */
function encode(event: string, data: object, id?: string): Buffer {
  const idLine = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`event: ${event}\n${idLine}data: ${JSON.stringify(data)}\n\n`);
}

/** How many attempts were left out; null: more than are read again for who resumes. */
export function skippedEvent(count: number | null): string {
  return `event: skipped\ndata: ${JSON.stringify({ count })}\n\n`;
}
