import { api, askWithText } from '../api/client.ts';
import type { Subscription } from '../api/types.ts';
import { memberTexts, textToEdit } from '../json-text.ts';

/** A subscription, with its filter as it is written; empty for none. */
export interface WrittenSubscription {
  subscription: Subscription;
  filter: string;
}

export async function loadSubscription(
  id: string,
  signal: AbortSignal,
): Promise<WrittenSubscription> {
  const { data, text } = await askWithText((fetch) =>
    api.GET('/subscriptions/{id}', { params: { path: { id } }, signal, fetch }),
  );
  return { subscription: data, filter: textToEdit(memberTexts(text), 'filter') };
}
