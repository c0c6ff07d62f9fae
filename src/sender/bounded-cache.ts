/** Remembers what `create` gave for a key; past `maxEntries` the oldest entry makes room. */
export function boundedCache<Value>(
  maxEntries: number,
  create: (key: string) => Value,
): (key: string) => Value {
  const entries = new Map<string, Value>();
  return (key) => {
    let value = entries.get(key);
    if (value === undefined) {
      value = create(key);
      const [oldest] = entries.size >= maxEntries ? entries.keys() : [];
      if (oldest !== undefined) entries.delete(oldest);
      entries.set(key, value);
    }
    return value;
  };
}
