import { Redis } from 'ioredis';
import type { Logger } from '../logger.ts';

/** Texts by key, shared by every process that uses the same Redis. */
export type RedisStore = {
  /** Undefined for what is not there; undefined too, at once, while Redis is out of order. */
  get(key: string): Promise<string | undefined>;
  /** Does nothing while Redis is out of order. */
  set(key: string, value: string, ttlSeconds: number): Promise<void>;
  /** @throws Error when the key may still be there. */
  delete(key: string): Promise<void>;
  /** @throws Error when Redis does not answer. */
  ping(): Promise<unknown>;
  close(): Promise<void>;
};

export type RedisStoreOptions = {
  readonly logger: Logger;
  /** Milliseconds on a clock that is never set. */
  readonly now?: () => number;
};

/** Reading the row from Postgres takes about as long, so waiting longer would gain nothing. */
const COMMAND_TIMEOUT_MS = 100;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_WAIT_MS = 2_000;
/** Failures in a row after which Redis is left alone. */
const FAILURE_LIMIT = 3;
/** How long it is left alone before one command tries it again. */
const REST_MS = 1_000;

/**
 * A Redis that refuses connections costs nothing, since commands fail at once while there is no
 * connection; one that hangs costs a few time-outs, then one each second. Whether it works is
 * logged when that changes, not with every command.
 */
export function createRedisStore(
  url: string,
  { logger, now = () => performance.now() }: RedisStoreOptions,
): RedisStore {
  const client = connect(url);
  let failures = 0;
  let restUntil = 0;
  let isReported = false;

  function noteFailure(error: Error): void {
    failures += 1;
    if (failures < FAILURE_LIMIT) return;
    restUntil = now() + REST_MS;
    if (isReported) return;
    isReported = true;
    logger.warn({ err: error }, 'Redis is out of order: reading subscriptions from the database');
  }

  function noteSuccess(): void {
    failures = 0;
    restUntil = 0;
    if (!isReported) return;
    isReported = false;
    logger.info('Redis is back');
  }

  async function ask<T>(command: () => Promise<T>): Promise<T> {
    try {
      const answer = await command();
      noteSuccess();
      return answer;
    } catch (error) {
      noteFailure(error as Error);
      throw error;
    }
  }

  /** For commands that may be left out. While Redis rests, one caller a period goes through. */
  async function askUnlessResting<T>(command: () => Promise<T>): Promise<T | undefined> {
    if (now() < restUntil) return undefined;
    if (failures >= FAILURE_LIMIT) restUntil = now() + REST_MS;
    return ask(command).catch(() => undefined);
  }

  // Every lost connection and every vain reconnection comes through here.
  client.on('error', noteFailure);
  client.on('ready', noteSuccess);

  return {
    async get(key) {
      return (await askUnlessResting(() => client.get(key))) ?? undefined;
    },
    async set(key, value, ttlSeconds) {
      await askUnlessResting(() => client.set(key, value, 'EX', ttlSeconds));
    },
    // Never left out: on one connection it comes after every `set`, even those still on their way
    // to a Redis that hangs, so nothing set before a delete survives it.
    async delete(key) {
      await ask(() => client.del(key));
    },
    ping: () => client.ping(),
    async close() {
      client.disconnect();
    },
  };
}

function connect(url: string): Redis {
  return new Redis(url, {
    connectionName: 'posthorn',
    commandTimeout: COMMAND_TIMEOUT_MS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Without a connection a command fails at once. One kept for the next connection could come
    // after the deletion of the same key by another process, and bring back what was deleted.
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (tries) => Math.min(tries * 50, MAX_RECONNECT_WAIT_MS),
  });
}
