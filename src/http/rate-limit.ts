import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Redis } from 'ioredis';

import { AppError } from '../base/errors.ts';

export interface RateLimitOptions {
  /** Requests a second with one key; 0 is any number. */
  perKey: number;
  /** Requests a second from one address without a key known here; 0 is any number. */
  perAddress: number;
  /** Counts for all processes together. Absent: each process counts for itself. */
  redisUrl?: string | undefined;
  /** The id of the key that a request carries, if it is known without asking the database. */
  knownKeyOf(request: FastifyRequest): string | undefined;
}

const WINDOW_MS = 1_000;
/** Addresses and keys of which a process keeps count. */
const MAX_COUNTED = 10_000;
/** Probes come from where everything else may come from, and cost nothing. */
const PROBES: readonly (string | undefined)[] = ['getHealth', 'getReadiness'];

/**
 * Counts requests by key, and what carries no key that is known by address, so that trying keys is
 * limited before it reaches the database, and a busy owner of a key is not mistaken for a flood.
 * Registers nothing when there are no limits.
 */
export async function limitRates(app: FastifyInstance, options: RateLimitOptions): Promise<void> {
  const { perKey, perAddress, redisUrl, knownKeyOf } = options;
  if (perKey === 0 && perAddress === 0) return;
  const redis = redisUrl === undefined ? undefined : new Redis(redisUrl, REDIS_OPTIONS);
  redis?.on('error', () => undefined);
  app.addHook('onClose', async () => redis?.disconnect());
  await app.register(fastifyRateLimit, {
    global: false,
    timeWindow: WINDOW_MS,
    cache: MAX_COUNTED,
    skipOnError: true,
    nameSpace: 'posthorn:rate:',
    ...(redis && { redis: withRests(redis) }),
  });
  const keys = new WeakMap<FastifyRequest, string>();
  const limitKey = app.createRateLimit({
    max: perKey,
    keyGenerator: (request) => `key:${keys.get(request)}`,
  });
  const limitAddress = app.createRateLimit({ max: perAddress });

  app.addHook('onRequest', async (request, reply) => {
    if (PROBES.includes(request.routeOptions.config.operationId)) return;
    const key = knownKeyOf(request);
    if (key !== undefined) keys.set(request, key);
    if ((key === undefined ? perAddress : perKey) === 0) return;
    const count = await (key === undefined ? limitAddress : limitKey)(request);
    if (!count.isAllowed) judge(reply, count);
  });
}

type Count = { max: number; remaining: number; ttlInSeconds: number; isExceeded: boolean };

function judge(reply: FastifyReply, { max, remaining, ttlInSeconds, isExceeded }: Count): void {
  reply.headers({
    'ratelimit-limit': max,
    'ratelimit-remaining': remaining,
    'ratelimit-reset': ttlInSeconds,
  });
  if (!isExceeded) return;
  throw new AppError('too_many_requests', `No more than ${max} requests a second are taken.`, {
    retryAfterSeconds: Math.max(1, ttlInSeconds),
  });
}

const REDIS_OPTIONS = {
  connectionName: 'posthorn rate-limit',
  commandTimeout: 200,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  retryStrategy: (tries: number) => Math.min(tries * 50, 2_000),
};

/** How long Redis is left alone after it has failed. */
const REST_MS = 1_000;

type Command = (...parts: unknown[]) => void;
type Callback = (error: unknown, answer?: unknown) => void;

/**
 * Redis as the plugin uses it, which fails neither fast nor slowly: while it is out of order each
 * process counts for itself, and one that hangs costs one time-out a second, not one a request.
 */
function withRests(redis: Redis) {
  const countHere = createCounter();
  let restUntilMs = 0;
  const guarded: Record<string, unknown> = {
    defineCommand(name: string, definition: { numberOfKeys: number; lua: string }) {
      redis.defineCommand(name, definition);
      const command = (redis as unknown as Record<string, Command>)[name] as Command;
      guarded[name] = (...parts: unknown[]) => {
        const done = parts.pop() as Callback;
        const [key] = parts as [string];
        if (performance.now() < restUntilMs) return done(null, countHere(key));
        command.call(redis, ...parts, (error: unknown, answer: unknown) => {
          if (!error) return done(null, answer);
          restUntilMs = performance.now() + REST_MS;
          done(null, countHere(key));
        });
      };
    },
  };
  return guarded;
}

/** Counts within windows that begin with a key's first request, and tells how long they last. */
function createCounter(): (key: string) => [count: number, ttlMs: number] {
  const windows = new Map<string, { count: number; endsAtMs: number }>();
  return (key) => {
    const nowMs = performance.now();
    const known = windows.get(key);
    const isOver = known === undefined || known.endsAtMs <= nowMs;
    const window = isOver ? { count: 0, endsAtMs: nowMs + WINDOW_MS } : known;
    if (isOver) windows.delete(key);
    window.count += 1;
    windows.set(key, window);
    const [oldest] = windows.keys();
    if (windows.size > MAX_COUNTED) windows.delete(oldest as string);
    return [window.count, window.endsAtMs - nowMs];
  };
}
