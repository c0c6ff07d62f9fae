import { Redis } from 'ioredis';
import { createBreaker } from '../base/breaker.ts';
import type { Logger } from '../base/logger.ts';

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

const COMMAND_TIMEOUT_MS = 100;
/** Reading the row from Postgres takes less, so waiting longer would gain nothing. */
const READ_PATIENCE_MS = 25;
const CONNECT_TIMEOUT_MS = 2_000;
const MAX_RECONNECT_WAIT_MS = 2_000;
/** Failures in a row after which Redis is not used. */
const FAILURE_LIMIT = 3;

/**
 * A Redis that refuses connections costs nothing, since commands fail at once while there is no
 * connection; one that hangs or is slow costs a few reads their patience, and then nobody waits for
 * it. Whether it works is logged when that changes, not with every command.
 */
export function createRedisStore(
  url: string,
  { logger, now = () => performance.now() }: RedisStoreOptions,
): RedisStore {
  const client = connect(url);
  const breaker = createBreaker({
    failureLimit: FAILURE_LIMIT,
    probe: () => patiently(client.ping()),
    now,
    onOpen: (err) =>
      logger.warn({ err }, 'Redis is failing: reading subscriptions from the database'),
    onClose: () => logger.info('Redis is back'),
  });
  // Every lost connection and every vain reconnection comes through here.
  client.on('error', breaker.failed);
  client.on('ready', breaker.worked);

  return {
    async get(key) {
      return (await breaker.runIfUsable(() => patiently(client.get(key)))) ?? undefined;
    },
    async set(key, value, ttlSeconds) {
      await breaker.runIfUsable(() => client.set(key, value, 'EX', ttlSeconds));
    },
    // Never left out: on one connection it comes after every `set`, even those still on their way
    // to a Redis that hangs, so nothing set before a delete survives it.
    async delete(key) {
      await breaker.run(() => client.del(key));
    },
    ping: () => client.ping(),
    async close() {
      client.disconnect();
    },
  };
}

/** Rejects when the answer takes too long; one that has come and is still unread counts. */
function patiently<T>(answer: Promise<T>): Promise<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  const timer = setTimeout(
    () => setImmediate(reject, new Error(`no answer within ${READ_PATIENCE_MS} ms`)),
    READ_PATIENCE_MS,
  );
  answer.then(resolve, reject).finally(() => clearTimeout(timer));
  return promise;
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
