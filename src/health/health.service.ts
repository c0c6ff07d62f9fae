import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { findWorkerState, type WorkerState } from './health.repository.ts';

/** Workers beat every second; one that missed five is being replaced. */
const BEAT_LIMIT_MS = 5_000;

/** How long a server took to answer; null when it did not. */
export type Answer = { readonly latencyMs: number | null };

export type Readiness = {
  readonly isReady: boolean;
  readonly database: Answer;
  /** Undefined when none is configured. */
  readonly redis: Answer | undefined;
  /** Undefined when the database did not tell. */
  readonly workers: WorkerState | undefined;
};

export type HealthService = {
  /** Never rejects: what does not answer in time is reported as such. */
  readiness(): Promise<Readiness>;
};

export type HealthServiceDeps = {
  db: Kysely<DB>;
  /** Absent when none is configured. */
  redis?: { ping(): Promise<unknown> } | undefined;
  /** How long each server is given to answer. */
  timeoutMs?: number;
};

/**
 * Ready means that events are accepted: the database answers. Workers are named but do not decide,
 * since an API that refuses events while workers restart would lose what they could deliver later;
 * Redis only makes things faster. Probes that come at once share one look, so that asking often
 * costs the database nothing.
 */
export function createHealthService(deps: HealthServiceDeps): HealthService {
  const { db, redis, timeoutMs = 2_000 } = deps;
  let underWay: Promise<Readiness> | undefined;

  async function look(): Promise<Readiness> {
    const [database, cache] = await Promise.all([
      timed(() => findWorkerState(db, BEAT_LIMIT_MS), timeoutMs),
      redis && timed(() => redis.ping(), timeoutMs),
    ]);
    return {
      isReady: database.value !== undefined,
      database: { latencyMs: database.latencyMs },
      redis: cache && { latencyMs: cache.latencyMs },
      workers: database.value,
    };
  }

  return {
    readiness() {
      underWay ??= look().finally(() => (underWay = undefined));
      return underWay;
    },
  };
}

async function timed<Value>(
  ask: () => Promise<Value>,
  timeoutMs: number,
): Promise<Answer & { readonly value?: Value }> {
  const startedAt = performance.now();
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error('no answer in time')), timeoutMs);
  try {
    const value = await Promise.race([ask(), tooLate.promise]);
    return { latencyMs: Math.round(performance.now() - startedAt), value };
  } catch {
    return { latencyMs: null };
  } finally {
    clearTimeout(timer);
  }
}
