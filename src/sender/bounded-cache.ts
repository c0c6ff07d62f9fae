import { LRUCache } from 'lru-cache';

/** Remembers what `create` gave for the `max` keys that were used last. */
export function boundedCache<Value extends NonNullable<unknown>>(
  max: number,
  create: (key: string) => Value,
): (key: string) => Value {
  const cache = new LRUCache<string, Value>({ max, memoMethod: create });
  return (key) => cache.memo(key);
}
