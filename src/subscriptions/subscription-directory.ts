import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../base/logger.ts';
import { listenForChanges } from '../database/change-listener.ts';
import type { SecretBox } from './secret-box.ts';
import type { KnownSubscription } from './subscription.ts';
import { firstExpiryMs, openEntry, type SubscriptionEntry } from './subscription-entry.ts';
import { createSubscriptionStore, type TextStore } from './subscription-store.ts';
import { findEntry } from './subscriptions.repository.ts';

/**
 * Subscriptions as accepting and delivering need them: from memory, else from the store, else
 * from the database. What is answered without a version may be older than the database by as long
 * as a notification travels; who then writes to the database compares versions there.
 */
export type SubscriptionDirectory = {
  /** From memory alone. */
  peek(id: string, minimumVersion?: number): KnownSubscription | undefined;
  /**
   * Undefined when there is no such subscription.
   *
   * @throws UnreadableSubscriptionError when a secret of the row does not open.
   * @throws Error when the database does not answer.
   */
  get(id: string, minimumVersion?: number): Promise<KnownSubscription | undefined>;
  /** Called after a change has been committed. Resolves once the store has forgotten it too. */
  forget(id: string): Promise<void>;
  close(): Promise<void>;
};

export type SubscriptionDirectoryOptions = {
  db: Kysely<DB>;
  /** For the connection on which changes are announced. */
  databaseUrl: string;
  store: TextStore;
  secretBox: SecretBox;
  ttlSeconds: number;
  logger: Logger;
  /** Most subscriptions kept in memory. */
  maxEntries?: number;
  /** Hears what answered each look-up. Must not throw. */
  onLookup?(answeredBy: 'memory' | 'store' | 'database'): void;
  /** Unix time in milliseconds. */
  now?(): number;
};

type Memo = { readonly known: KnownSubscription; readonly expiresAtMs: number };
type Load = { readonly result: Promise<KnownSubscription | undefined> };

/**
 * Keeps no entry that could have missed a change. While changes are not announced, nothing goes
 * into the store, and what is remembered serves only a caller who has just read its version.
 * Every process that hears of a change deletes the entry from the store as well, which comes
 * after anything it put there itself.
 */
export function createSubscriptionDirectory(
  options: SubscriptionDirectoryOptions,
): SubscriptionDirectory {
  const { db, secretBox, ttlSeconds, logger, maxEntries = 10_000, now = Date.now } = options;
  const store = createSubscriptionStore(options.store, ttlSeconds);
  /** The least recently used first. */
  const memos = new Map<string, Memo>();
  /** Reads under way whose answer no change has made old. */
  const loads = new Map<string, Load>();
  const listener = listenForChanges({
    databaseUrl: options.databaseUrl,
    logger,
    channel: 'posthorn:subscription',
    warning:
      'not listening for changed subscriptions; reading them from the database until it works',
    onChange: (id) => void forget(id),
    onGap: forgetAll,
  });

  function isUsable({ version }: { version: number }, minimumVersion: number | undefined): boolean {
    return minimumVersion === undefined ? listener.isListening : version >= minimumVersion;
  }

  function peek(id: string, minimumVersion?: number): KnownSubscription | undefined {
    const memo = memos.get(id);
    if (memo === undefined || !isUsable(memo.known, minimumVersion)) return undefined;
    memos.delete(id);
    if (memo.expiresAtMs <= now()) return undefined;
    memos.set(id, memo);
    options.onLookup?.('memory');
    return memo.known;
  }

  async function get(id: string, minimumVersion?: number) {
    const remembered = peek(id, minimumVersion);
    if (remembered !== undefined) return remembered;
    const underWay = loads.get(id);
    if (underWay === undefined) return load(id, minimumVersion);
    // A read that began before this call may have missed the version asked for.
    const shared = await underWay.result;
    const isEnough = shared !== undefined && shared.version >= (minimumVersion ?? 0);
    return isEnough ? shared : load(id, minimumVersion);
  }

  function load(id: string, minimumVersion: number | undefined): Load['result'] {
    const own: Load = { result: read(id, minimumVersion, () => loads.get(id) === own) };
    loads.set(id, own);
    const settle = () => {
      if (loads.get(id) === own) loads.delete(id);
    };
    own.result.then(settle, settle);
    return own.result;
  }

  /** @param isCurrent whether the subscription is unchanged since, as far as this process knows */
  async function read(id: string, minimumVersion: number | undefined, isCurrent: () => boolean) {
    const stored = await store.find(id);
    if (stored !== undefined && isUsable(stored, minimumVersion)) {
      const known = openOrMiss(stored);
      if (known !== undefined && isCurrent()) remember(known, stored);
      if (known !== undefined) {
        options.onLookup?.('store');
        return known;
      }
    }
    options.onLookup?.('database');
    const entry = await findEntry(db, id);
    if (entry === undefined) {
      memos.delete(id);
      return undefined;
    }
    const known = openEntry(entry, secretBox, now());
    if (isCurrent()) {
      remember(known, entry);
      if (listener.isListening) void store.set(entry);
    }
    return known;
  }

  /** An entry whose secrets do not open was left by someone with other keys, or is damaged. */
  function openOrMiss(entry: SubscriptionEntry): KnownSubscription | undefined {
    try {
      return openEntry(entry, secretBox, now());
    } catch {
      return undefined;
    }
  }

  function remember(known: KnownSubscription, entry: SubscriptionEntry): void {
    const expiresAtMs = Math.min(now() + ttlSeconds * 1000, firstExpiryMs(entry, now()));
    memos.delete(known.id);
    memos.set(known.id, { known, expiresAtMs });
    if (memos.size <= maxEntries) return;
    const [oldest] = memos.keys();
    memos.delete(oldest as string);
  }

  async function forget(id: string): Promise<void> {
    memos.delete(id);
    loads.delete(id);
    await store.delete(id);
  }

  /** What went into the store just before the announcements stopped may be old as well. */
  function forgetAll(): void {
    const ids = [...memos.keys()];
    memos.clear();
    loads.clear();
    for (const id of ids) void store.delete(id);
  }

  return { peek, get, forget, close: () => listener.close() };
}
