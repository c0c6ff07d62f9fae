import { api, ask } from '../api/client.ts';
import type { EventType } from '../api/types.ts';
import { useResource } from './use-resource.ts';

/**
 * The event types of a tenant, of which the default's go for "none named"; at most 200, for
 * suggestions. None where they cannot be read: who writes a form can do without.
 */
export function useEventTypes(tenant: string): readonly EventType[] {
  const named = tenant.trim() || 'default';
  const isName = /^[\w.:-]{1,128}$/.test(named);
  const { data } = useResource(isName ? `event types of ${named}` : null, (signal) =>
    ask(api.GET('/event-types', { params: { query: { tenant: named, limit: 200 } }, signal })),
  );
  return data?.data ?? [];
}
