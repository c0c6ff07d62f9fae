import type { components } from '../openapi/generated.ts';
import { timeOfId } from '../ids/event-id.ts';
import type { CountedEvent } from './event-log.service.ts';

export function toEventResource(event: CountedEvent): components['schemas']['Event'] {
  return {
    id: event.id,
    tenant: event.tenant,
    event_type: event.event_type,
    received_at: timeOfId(event.id).toISOString(),
    payload_bytes: event.payload_bytes,
    idempotency_key: event.idempotency_key,
    ordering_key: event.ordering_key,
    deliveries: event.deliveries,
  };
}
