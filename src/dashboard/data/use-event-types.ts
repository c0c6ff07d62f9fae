import { api, askWithText } from '../api/client.ts';
import type { EventType, EventTypeFilters } from '../api/types.ts';
import type { WrittenEventType } from '../event-type-draft.ts';
import { itemTexts, memberTexts, textToEdit } from '../json-text.ts';
import { useCaller } from './caller.tsx';
import type { Page } from './use-pages.ts';
import { useResource } from './use-resource.ts';
import type { Resource } from './use-resource.ts';

type Query = EventTypeFilters & { limit: number; cursor?: string | undefined };

export async function loadEventTypes(
  query: Query,
  signal: AbortSignal,
): Promise<Page<WrittenEventType>> {
  const { data: page, text } = await askWithText((fetch) =>
    api.GET('/event-types', { params: { query }, signal, fetch }),
  );
  const texts = itemTexts(memberTexts(text).get('data') ?? '');
  return { ...page, data: page.data.map((type, at) => written(type, texts[at] ?? '')) };
}

export function useEventType(name: string, tenant?: string): Resource<WrittenEventType> {
  const params = { path: { name }, query: { tenant } };
  return useResource(`event type ${tenant} ${name}`, async (signal) => {
    const { data, text } = await askWithText((fetch) =>
      api.GET('/event-types/{name}', { params, signal, fetch }),
    );
    return written(data, text);
  });
}

function written(type: EventType, text: string): WrittenEventType {
  const members = memberTexts(text);
  return {
    type,
    schema: textToEdit(members, 'schema'),
    example: textToEdit(members, 'example'),
  };
}

/**
 * The event types of a tenant, of which the default's go for "none named", or the caller's own where
 * it has one; at most 200, for suggestions. None where they cannot be read: who writes a form can do
 * without.
 */
export function useEventTypes(tenant: string): readonly WrittenEventType[] {
  const { read, seeAllTenants } = useCaller().may;
  const named = tenant.trim() || (seeAllTenants ? 'default' : undefined);
  const isName = named === undefined || /^[\w.:-]{1,128}$/.test(named);
  const { data } = useResource(read && isName ? `event types of ${named ?? ''}` : null, (signal) =>
    loadEventTypes({ limit: 200, tenant: named }, signal),
  );
  return data?.data ?? [];
}
