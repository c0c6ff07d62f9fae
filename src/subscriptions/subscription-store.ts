import { parseEntry, type SubscriptionEntry } from './subscription-entry.ts';

/** The interface of a cache. One that fails answers undefined or rejects. */
export type TextStore = {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** Rejects when the key may still be there. */
  delete(key: string): Promise<void>;
};

/** Where processes leave subscriptions for each other. Never rejects: what fails is a miss. */
export type SubscriptionStore = {
  find(id: string): Promise<SubscriptionEntry | undefined>;
  set(entry: SubscriptionEntry): Promise<void>;
  delete(id: string): Promise<void>;
};

const keyOf = (id: string): string => `subscription:${id}`;

/** Uses no entry that it has once failed to delete, until it has been deleted. */
export function createSubscriptionStore(store: TextStore, ttlSeconds: number): SubscriptionStore {
  const undeleted = new Set<string>();

  async function deleteEntry(id: string): Promise<void> {
    try {
      await store.delete(keyOf(id));
      undeleted.delete(id);
    } catch {
      undeleted.add(id);
    }
  }

  return {
    async find(id) {
      if (undeleted.has(id)) {
        await deleteEntry(id);
        return undefined;
      }
      const text = await store.get(keyOf(id)).catch(() => undefined);
      return text === undefined ? undefined : parseEntry(text, id);
    },

    async set(entry) {
      if (undeleted.has(entry.id)) return;
      await store.set(keyOf(entry.id), JSON.stringify(entry), ttlSeconds).catch(() => undefined);
    },

    delete: deleteEntry,
  };
}
