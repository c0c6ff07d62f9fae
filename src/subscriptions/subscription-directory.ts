import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { createMemo, type Read } from '../base/memo.ts';
import type { Logger } from '../base/logger.ts';
import { listenForChanges } from '../database/change-listener.ts';
import type { SecretBox } from './secret-box.ts';
import type { KnownSubscription } from './subscription.ts';
import { firstExpiryMs, openEntry, type SubscriptionEntry } from './subscription-entry.ts';
import { createSubscriptionStore, type TextStore } from './subscription-store.ts';
import { findEntry } from './subscriptions.repository.ts';

/**
 * Subscriptions as accepting and delivering need them: from memory, else from the store, else
 * from the database. An answer without a version may be older than the database by as long
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

/**
 * Keeps no entry that could have missed a change. While changes are not announced, nothing goes
 * into the store, and what is remembered serves only a caller who has just read its version.
 * Every process that is notified of a change deletes the entry from the store as well, which comes
 * after anything it put there itself.
 */
export function createSubscriptionDirectory(
  options: SubscriptionDirectoryOptions,
): SubscriptionDirectory {
  const { db, secretBox, ttlSeconds, logger, maxEntries = 10_000, now = Date.now } = options;
  const store = createSubscriptionStore(options.store, ttlSeconds);
  const memo = createMemo<KnownSubscription | undefined>({ maxEntries, now });
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
    const known = memo.get(id);
    if (known === undefined || !isUsable(known, minimumVersion)) return undefined;
    options.onLookup?.('memory');
    return known;
  }

  async function get(id: string, minimumVersion?: number) {
    const remembered = peek(id, minimumVersion);
    if (remembered !== undefined) return remembered;
    const load = () => memo.load(id, (keep) => read(id, minimumVersion, keep));
    const underWay = memo.underWay(id);
    if (underWay === undefined) return load();
    // A read that began before this call may have missed the version asked for.
    const shared = await underWay;
    const isEnough = shared !== undefined && shared.version >= (minimumVersion ?? 0);
    return isEnough ? shared : load();
  }

  async function read(
    id: string,
    minimumVersion: number | undefined,
    keep: Parameters<Read<KnownSubscription | undefined>>[0],
  ): Promise<KnownSubscription | undefined> {
    const stored = await store.find(id);
    if (stored !== undefined && isUsable(stored, minimumVersion)) {
      const known = openOrMiss(stored);
      if (known !== undefined) {
        keep(known, lifeOf(stored));
        options.onLookup?.('store');
        return known;
      }
    }
    options.onLookup?.('database');
    const entry = await findEntry(db, id);
    if (entry === undefined) {
      memo.delete(id);
      return undefined;
    }
    const known = openEntry(entry, secretBox, now());
    if (keep(known, lifeOf(entry)) && listener.isListening) void store.set(entry);
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

  function lifeOf(entry: SubscriptionEntry): number {
    return Math.min(ttlSeconds * 1000, firstExpiryMs(entry, now()) - now());
  }

  async function forget(id: string): Promise<void> {
    memo.delete(id);
    await store.delete(id);
  }

  /** Entries written to the store just before the announcements stopped may be stale as well. */
  function forgetAll(): void {
    const ids = memo.keys();
    memo.clear();
    for (const id of ids) void store.delete(id);
  }

  return { peek, get, forget, close: () => listener.close() };
}
