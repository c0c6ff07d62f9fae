import fastifyRateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { AppError } from '../base/errors.ts';
import { createRateLimitCounter } from './rate-limit-store.ts';

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
  const counter = createRateLimitCounter(redisUrl);
  app.addHook('onClose', async () => counter.close());
  await app.register(fastifyRateLimit, {
    global: false,
    timeWindow: WINDOW_MS,
    store: counter.store,
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
