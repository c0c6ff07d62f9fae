import { api, ask } from '../api/client.ts';
import type { EventType } from '../api/types.ts';
import { useCaller } from './caller.tsx';
import { useResource } from './use-resource.ts';

/**
 * The event types of a tenant, of which the default's go for "none named", or the caller's own where
 * it has one; at most 200, for suggestions. None where they cannot be read: who writes a form can do
 * without.
 */
export function useEventTypes(tenant: string): readonly EventType[] {
  const { seeAllTenants } = useCaller().may;
  const named = tenant.trim() || (seeAllTenants ? 'default' : undefined);
  const isName = named === undefined || /^[\w.:-]{1,128}$/.test(named);
  const { data } = useResource(isName ? `event types of ${named ?? ''}` : null, (signal) => {
    const query = { limit: 200, ...(named !== undefined && { tenant: named }) };
    return ask(api.GET('/event-types', { params: { query }, signal }));
  });
  return data?.data ?? [];
}
