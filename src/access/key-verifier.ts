import { hash, timingSafeEqual } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { createMemo } from '../base/memo.ts';
import type { Logger } from '../base/logger.ts';
import type { Grant } from '../base/principal.ts';
import { digestOf, isWellFormed } from './api-key.ts';
import { findValidKey, hasKeys, setLastUsed } from './api-keys.repository.ts';
import { grantOf, isPortalToken } from './portal-session.ts';
import { findValidSession } from './portal-sessions.repository.ts';

/** Whose key it is and what it may do. A portal session's token is a key as well. */
export type KnownKey = {
  /** Its id; `environment:1` for the first of those in the environment; `portal:` and a session's. */
  readonly id: string;
  readonly tenant: string | null;
  readonly scopes: readonly Grant[];
  readonly expiresAt: Date | null;
};

export type KeyVerifier = {
  /** From memory alone. */
  peek(key: string): KnownKey | undefined;
  /**
   * Undefined for what is no key, or no longer.
   *
   * @throws Error when the database does not answer
   */
  verify(key: string): Promise<KnownKey | undefined>;
  /**
   * Whether a key is needed at all: there is, or ever was, one.
   *
   * @throws Error when the database does not answer
   */
  isKeyNeeded(): boolean | Promise<boolean>;
  /**
   * The same, out of what was known within the last hour where the database does not answer: for
   * what has to be seen just then, and shows nobody's data.
   */
  readonly recalling: Pick<KeyVerifier, 'peek' | 'verify' | 'isKeyNeeded'>;
  /** Called after keys have changed. */
  forgetAll(): void;
};

export type KeyVerifierOptions = {
  db: Kysely<DB>;
  /** Keys of the environment: they may do everything for every tenant. */
  environmentKeys: readonly string[];
  logger: Logger;
  /** Called when a look finds that there is a key. */
  onKeyFound?: () => void;
  /** Milliseconds on a clock that is never set. */
  now?: () => number;
};

/** A key revoked by another process works here for as long. */
const REMEMBER_MS = 5_000;
/** While there is no key, how long the first one made by another process may go unnoticed. */
const LOOK_AGAIN_MS = 2_000;
/** From then on the next look is taken beside the requests, so that none of them waits for it. */
const LOOK_AHEAD_MS = 1_000;
const MAX_REMEMBERED = 10_000;
const RECALL_MS = 3_600_000;
const LAST_USED_MS = 60_000;

/**
 * Keys are looked up by digest, in memory as in the database: how long that takes reveals something
 * about the digest of what was sent, and nothing about any key.
 */
export function createKeyVerifier(options: KeyVerifierOptions): KeyVerifier {
  const { db, logger, now = () => performance.now() } = options;
  const environment = options.environmentKeys.map((key, index) => ({
    digest: digestOf(key),
    known: {
      id: `environment:${index + 1}`,
      tenant: null,
      scopes: ['admin'],
      expiresAt: null,
    } as const,
  }));
  /** By digest; null: no key. */
  const memo = createMemo<KnownKey | null>({ maxEntries: MAX_REMEMBERED, now });
  let isKeyKnown = environment.length > 0;
  let noKeyUntilMs = 0;
  let looking: Promise<boolean> | undefined;
  let generation = 0;

  async function findKey(key: string): Promise<KnownKey | undefined> {
    const found = await findValidKey(db, digestOf(key));
    if (found === undefined) return undefined;
    if (isStale(found.last_used_at)) {
      setLastUsed(db, found.id).catch((err: unknown) => {
        logger.warn({ err }, 'could not note the use of an API key');
      });
    }
    return {
      id: found.id,
      tenant: found.tenant,
      scopes: found.scopes,
      expiresAt: found.expires_at,
    };
  }

  async function findSession(token: string): Promise<KnownKey | undefined> {
    const found = await findValidSession(db, digestOf(token));
    return (
      found && {
        id: `portal:${found.id}`,
        tenant: found.tenant,
        scopes: [grantOf(found)],
        expiresAt: found.expires_at,
      }
    );
  }

  /** Whether there is a key; one question at a time, however many requests would like to know. */
  function look(): Promise<boolean> {
    if (looking !== undefined) return looking;
    const begun = generation;
    const askedAtMs = now();
    const asked = hasKeys(db)
      .then((isThere) => {
        if (isThere && !isKeyKnown) {
          isKeyKnown = true;
          options.onKeyFound?.();
        }
        if (!isThere && generation === begun) noKeyUntilMs = askedAtMs + LOOK_AGAIN_MS;
        return isKeyKnown;
      })
      .finally(() => {
        if (looking === asked) looking = undefined;
      });
    looking = asked;
    return asked;
  }

  function recall(key: string): KnownKey | undefined {
    const known = memo.recall(nameOf(key), RECALL_MS);
    if (!known) return undefined;
    const expiresAtMs = known.expiresAt?.getTime() ?? Infinity;
    return expiresAtMs > Date.now() ? known : undefined;
  }

  const verifier: Omit<KeyVerifier, 'recalling'> = {
    peek: (key) => memo.get(nameOf(key)) ?? undefined,

    async verify(key) {
      const own = findEnvironmentKey(environment, key);
      if (own !== undefined) {
        memo.set(nameOf(key), own);
        return own;
      }
      if (!isWellFormed(key) && !isPortalToken(key)) return undefined;
      const known = await memo.fetch(nameOf(key), async (keep) => {
        const found = (await (isPortalToken(key) ? findSession(key) : findKey(key))) ?? null;
        const expiresInMs = (found?.expiresAt?.getTime() ?? Infinity) - Date.now();
        keep(found, Math.min(REMEMBER_MS, expiresInMs));
        return found;
      });
      return known ?? undefined;
    },

    isKeyNeeded() {
      if (isKeyKnown) return true;
      const leftMs = noKeyUntilMs - now();
      if (leftMs <= 0) return look();
      // When it fails, the next request that has to wait asks again and gets the error.
      if (leftMs <= LOOK_AHEAD_MS) look().catch(() => undefined);
      return false;
    },

    forgetAll() {
      generation += 1;
      memo.clear();
      looking = undefined;
      noKeyUntilMs = 0;
    },
  };

  return {
    ...verifier,
    recalling: {
      peek: verifier.peek,
      async verify(key) {
        try {
          return await verifier.verify(key);
        } catch (error) {
          const known = recall(key);
          if (known === undefined) throw error;
          return known;
        }
      },
      async isKeyNeeded() {
        try {
          return await verifier.isKeyNeeded();
        } catch (error) {
          if (noKeyUntilMs > 0 && noKeyUntilMs + RECALL_MS > now()) return false;
          throw error;
        }
      },
    },
  };
}

function nameOf(key: string): string {
  return hash('sha256', key, 'base64');
}

/** Compares with every one, whichever it is. */
function findEnvironmentKey(
  keys: readonly { digest: Buffer; known: KnownKey }[],
  key: string,
): KnownKey | undefined {
  const digest = digestOf(key);
  let match: KnownKey | undefined;
  for (const one of keys) {
    if (timingSafeEqual(one.digest, digest)) match = one.known;
  }
  return match;
}

function isStale(lastUsedAt: Date | null): boolean {
  return lastUsedAt === null || Date.now() - lastUsedAt.getTime() > LAST_USED_MS;
}
