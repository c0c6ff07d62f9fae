import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import { Redis } from 'ioredis';
import { LRUCache } from 'lru-cache';

import { createBreaker } from '../base/breaker.ts';

export type RateLimitCounter = {
  /** The plugin's `store`, which it makes itself. */
  readonly store: FastifyRateLimitStoreCtor;
  close(): void;
};

type Count = { readonly current: number; readonly ttl: number };

/** Addresses and keys of which a process keeps count. */
const MAX_COUNTED = 10_000;
const NAMESPACE = 'posthorn:rate:';
const REDIS_OPTIONS = {
  connectionName: 'posthorn rate-limit',
  commandTimeout: 200,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (tries: number) => Math.min(tries * 50, 2_000),
};

/**
 * Counts requests within windows that begin with a key's first request: for all processes together
 * in Redis, else for this one. While Redis is out of order each process counts for itself, and one
 * that hangs costs the requests that find out one time-out, not every request.
 */
export function createRateLimitCounter(redisUrl: string | undefined): RateLimitCounter {
  const countHere = createLocalCount();
  const shared = redisUrl === undefined ? undefined : createSharedCount(redisUrl);
  class Store implements FastifyRateLimitStore {
    incr(...[key, done, windowMs]: Parameters<FastifyRateLimitStore['incr']>): void {
      if (shared === undefined) return done(null, countHere(key, windowMs));
      void shared
        .count(key, windowMs)
        .then((count) => done(null, count ?? countHere(key, windowMs)));
    }
    child(): Store {
      return this;
    }
  }
  return { store: Store, close: () => shared?.close() };
}

function createLocalCount(): (key: string, windowMs: number) => Count {
  const windows = new LRUCache<string, { count: number; endsAtMs: number }>({ max: MAX_COUNTED });
  return (key, windowMs) => {
    const nowMs = performance.now();
    const known = windows.get(key);
    const window =
      known !== undefined && known.endsAtMs > nowMs
        ? known
        : { count: 0, endsAtMs: nowMs + windowMs };
    window.count += 1;
    if (window !== known) windows.set(key, window);
    return { current: window.count, ttl: window.endsAtMs - nowMs };
  };
}

/** Both at once: a window that was begun and given no end would never be over. */
const COUNT = `
  local count = redis.call('INCR', KEYS[1])
  if count == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
  return {count, redis.call('PTTL', KEYS[1])}`;

function createSharedCount(url: string) {
  const redis = new Redis(url, REDIS_OPTIONS);
  const breaker = createBreaker({ failureLimit: 1, probe: () => redis.ping() });
  redis.on('error', breaker.failed);
  redis.on('ready', breaker.worked);
  return {
    /** Undefined while Redis is out of order. */
    count: (key: string, windowMs: number) =>
      breaker.runIfUsable(async () =>
        readCount(await redis.eval(COUNT, 1, NAMESPACE + key, windowMs)),
      ),
    close: () => redis.disconnect(),
  };
}

function readCount(answer: unknown): Count {
  const [current, ttl] = Array.isArray(answer) ? answer.map(Number) : [];
  if (current === undefined || ttl === undefined) throw new Error('Redis did not count');
  return { current, ttl };
}
