import { LRUCache } from 'lru-cache';

/** Answers by key, each for its time; those used last, when there is no room for all. */
export type Memo<Value> = {
  get(key: string): Value | undefined;
  /** The same, also when its time has been over for no longer than this. */
  recall(key: string, forMs: number): Value | undefined;
  set(key: string, value: Value, ttlMs?: number): void;
  /** What is remembered; else the answer of a read under way; else that of a new one. */
  fetch(key: string, read: Read<Value>): Promise<Value>;
  /** The answer of a read under way that no change has made old. */
  underWay(key: string): Promise<Value> | undefined;
  /** Reads again; a read under way still answers those who wait for it, and nobody else. */
  load(key: string, read: Read<Value>): Promise<Value>;
  /** To be called after a change, which makes the answers of reads under way old as well. */
  delete(key: string): void;
  clear(): void;
  keys(): string[];
};

/**
 * @param keep remembers the answer unless it has been made old meanwhile; says whether it did. A
 *   failure is not remembered, nor an answer that was not kept.
 */
export type Read<Value> = (keep: (value: Value, ttlMs?: number) => boolean) => Promise<Value>;

export type MemoOptions = {
  readonly maxEntries: number;
  /** Milliseconds. */
  readonly now?: () => number;
};

type Entry<Value> = { readonly value: Value; readonly expiresAtMs: number };
type Load<Value> = { answer?: Promise<Value> };

/**
 * The reads under way are kept here rather than by the library's `fetch`, which could put back an
 * answer that was deleted while it was read.
 */
export function createMemo<Value>(options: MemoOptions): Memo<Value> {
  const { maxEntries, now = () => performance.now() } = options;
  const entries = new LRUCache<string, Entry<Value>>({ max: maxEntries });
  const loads = new Map<string, Load<Value>>();

  function recall(key: string, forMs: number): Value | undefined {
    const entry = entries.get(key);
    return entry !== undefined && entry.expiresAtMs + forMs > now() ? entry.value : undefined;
  }

  function set(key: string, value: Value, ttlMs = Infinity): void {
    entries.set(key, { value, expiresAtMs: now() + ttlMs });
  }

  function load(key: string, read: Read<Value>): Promise<Value> {
    const own: Load<Value> = {};
    const isCurrent = () => loads.get(key) === own;
    loads.set(key, own);
    own.answer = read((value, ttlMs) => {
      if (!isCurrent()) return false;
      set(key, value, ttlMs);
      return true;
    }).finally(() => {
      if (isCurrent()) loads.delete(key);
    });
    return own.answer;
  }

  const get = (key: string) => recall(key, 0);
  const underWay = (key: string) => loads.get(key)?.answer;

  return {
    get,
    recall,
    set,
    async fetch(key, read) {
      const value = get(key);
      return value === undefined ? (underWay(key) ?? load(key, read)) : value;
    },
    underWay,
    load,
    delete(key) {
      entries.delete(key);
      loads.delete(key);
    },
    clear() {
      entries.clear();
      loads.clear();
    },
    keys: () => [...entries.keys()],
  };
}
