import type { components } from '../openapi/generated.ts';
import type { EventType } from './event-type.ts';

export function toEventTypeResource(type: EventType): components['schemas']['EventTypeEntry'] {
  return {
    ...type,
    deprecated: type.deprecated_at !== null,
    deprecated_at: type.deprecated_at?.toISOString() ?? null,
    created_at: type.created_at.toISOString(),
    updated_at: type.updated_at.toISOString(),
  };
}
