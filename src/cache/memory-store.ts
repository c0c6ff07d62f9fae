import { createMemo } from '../base/memo.ts';

/** A bounded store of this process, for when there is no Redis. */
export type MemoryStore = {
  get(key: string): Promise<string | undefined>;
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  delete(key: string): Promise<void>;
  close(): Promise<void>;
};

/** Keeps the `maxEntries` keys that were used last, each for its time. */
export function createMemoryStore({ maxEntries = 10_000, now = Date.now } = {}): MemoryStore {
  const memo = createMemo<string>({ maxEntries, now });
  return {
    get: async (key) => memo.get(key),
    set: async (key, value, ttlSeconds) => memo.set(key, value, ttlSeconds * 1_000),
    delete: async (key) => memo.delete(key),
    close: async () => memo.clear(),
  };
}
