import { useEffect, useSyncExternalStore } from 'react';

import { api, ask } from '../api/client.ts';
import type { Subscription } from '../api/types.ts';

export interface SubscriptionName {
  title: string;
  isDeleted: boolean;
}

const names = new Map<string, SubscriptionName>();
const asked = new Set<string>();
const wanted = new Set<string>();
const listeners = new Set<() => void>();
let isListLoaded = false;

/** The name of a subscription in the interface: its name, else its target without the scheme. */
export function titleOf(subscription: Pick<Subscription, 'name' | 'target_url'>): string {
  return subscription.name || subscription.target_url.replace(/^https?:\/\//, '');
}

/** The name of a subscription; all that are asked for at once are loaded together. */
export function useSubscriptionName(id: string): SubscriptionName | undefined {
  useEffect(() => {
    if (names.has(id) || asked.has(id)) return;
    if (wanted.size === 0) queueMicrotask(() => void loadWanted());
    wanted.add(id);
  }, [id]);
  return useSyncExternalStore(subscribe, () => names.get(id));
}

export function rememberSubscriptions(subscriptions: readonly Subscription[]): void {
  for (const one of subscriptions) {
    const title = titleOf(one);
    if (names.get(one.id)?.title !== title) names.set(one.id, { title, isDeleted: false });
  }
  announce();
}

export function markDeleted(id: string): void {
  names.set(id, { title: names.get(id)?.title ?? id.slice(-8), isDeleted: true });
  announce();
}

async function loadWanted(): Promise<void> {
  const ids = [...wanted];
  wanted.clear();
  for (const id of ids) asked.add(id);
  try {
    if (!isListLoaded) {
      isListLoaded = true;
      const page = await ask(api.GET('/subscriptions', { params: { query: { limit: 200 } } }));
      rememberSubscriptions(page.data);
    }
    await Promise.all(ids.filter((id) => !names.has(id)).map(loadName));
  } catch {
    // Names are a courtesy: the id stands in, and the next row asks again.
    for (const id of ids) asked.delete(id);
  }
  announce();
}

async function loadName(id: string): Promise<void> {
  const { data, response } = await api.GET('/subscriptions/{id}', { params: { path: { id } } });
  if (data !== undefined) names.set(id, { title: titleOf(data), isDeleted: false });
  else if (response.status === 404) names.set(id, { title: id.slice(-8), isDeleted: true });
}

function announce(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
