import { timeOfId } from '../ids/event-id.ts';
import type { components } from '../openapi/generated.ts';
import type { TenantRow } from './tenants.service.ts';

export function toTenantResource(row: TenantRow): components['schemas']['TenantOverview'] {
  const { active, paused, disabled, failing, events, deliveries, attempts, delivered } = row;
  return {
    tenant: row.tenant,
    subscriptions: { active, paused, disabled, failing },
    last_24h: {
      events,
      deliveries,
      attempts,
      success_rate: attempts === 0 ? null : delivered / attempts,
    },
    last_event_at: row.last_event_id === null ? null : timeOfId(row.last_event_id).toISOString(),
    portal_sessions: row.portal_sessions,
  };
}
