/** A bounded store of this process, for when there is no Redis. */
export type MemoryStore = {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
};

type Entry = { readonly value: string; readonly expiresAtMs: number };

/** Keeps the `maxEntries` keys that were used last, each for its time. */
export function createMemoryStore({ maxEntries = 10_000, now = Date.now } = {}): MemoryStore {
  /** The least recently used first. */
  const entries = new Map<string, Entry>();

  return {
    async get(key) {
      const entry = entries.get(key);
      if (entry === undefined) return undefined;
      entries.delete(key);
      if (entry.expiresAtMs <= now()) return undefined;
      entries.set(key, entry);
      return entry.value;
    },
    async set(key, value, ttlSeconds) {
      entries.delete(key);
      entries.set(key, { value, expiresAtMs: now() + ttlSeconds * 1_000 });
      if (entries.size > maxEntries) entries.delete(entries.keys().next().value as string);
    },
    async delete(key) {
      entries.delete(key);
    },
    async close() {
      entries.clear();
    },
  };
}
