import type { components } from '../openapi/generated.ts';
import type { ApiKey } from './api-key.ts';

export function toApiKeyResource(key: ApiKey): components['schemas']['ApiKey'] {
  return {
    ...key,
    created_at: key.created_at.toISOString(),
    last_used_at: key.last_used_at?.toISOString() ?? null,
    expires_at: key.expires_at?.toISOString() ?? null,
  };
}
