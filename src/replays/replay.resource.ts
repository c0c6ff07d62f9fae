import { timeOfId } from '../ids/event-id.ts';
import type { components } from '../openapi/generated.ts';
import type { ReplayRow } from './replays.service.ts';

export function toReplayResource(row: ReplayRow): components['schemas']['Replay'] {
  return {
    id: row.id,
    tenant: row.tenant,
    subscription_id: row.subscription_id,
    target_subscription_id: row.target_subscription_id,
    source: row.source,
    created_after: timeOfId(row.after_id).toISOString(),
    created_before: timeOfId(row.before_id).toISOString(),
    statuses: row.statuses && [...row.statuses],
    event_types: row.event_types && [...row.event_types],
    event_id: row.event_id,
    filter: row.filter,
    rate_limit: row.rate_limit,
    status: row.status,
    failure: row.failure,
    total: row.total,
    is_estimate: row.is_estimate,
    seen: row.seen,
    replayed: row.replayed,
    skipped: row.seen - row.replayed,
    position: row.position_id === row.after_id ? null : timeOfId(row.position_id).toISOString(),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
    completed_at: row.completed_at?.toISOString() ?? null,
  };
}
