import { timeOfId } from '../ids/event-id.ts';
import { page } from '../paging/pagination.ts';
import type { components } from '../openapi/generated.ts';
import type { DeliveryRow } from './deliveries.repository.ts';

type Delivery = components['schemas']['Delivery'];

export function toDeliveryResource(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    event_id: row.event_id,
    subscription_id: row.subscription_id,
    tenant: row.tenant,
    event_type: row.event_type,
    status: row.status,
    reason: row.reason,
    attempt_count: row.attempt_count,
    // While an attempt is under way the column holds the end of its lease, which is no attempt.
    next_attempt_at: row.status === 'pending' ? (row.next_attempt_at?.toISOString() ?? null) : null,
    // The id's own time: lists are filtered and ordered by it.
    created_at: timeOfId(row.id).toISOString(),
    completed_at: row.completed_at?.toISOString() ?? null,
  };
}

export function toDeliveryPage(
  rows: readonly DeliveryRow[],
  limit: number,
): components['schemas']['DeliveryList'] {
  const { data, next_cursor } = page(rows, limit, (row) => [row.id]);
  return { data: data.map(toDeliveryResource), next_cursor };
}
