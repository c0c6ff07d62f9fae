import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { EncryptionService } from '../subscriptions/encryption.service.ts';
import { findWorkerKeys, findWorkerState, type WorkerState } from './health.repository.ts';
import { hindrance, type Hindrance, type PublishProbe } from './publish-probe.ts';
import { withinMs } from '../base/within.ts';

/** Workers beat every second; one that missed five is being replaced. */
const BEAT_LIMIT_MS = 5_000;

/** How long a server took to answer; null when it did not. */
export type Answer = { readonly latencyMs: number | null };

export type Readiness = {
  readonly isReady: boolean;
  /** The reasons why it is not ready, each named once; none when it is. */
  readonly reasons: readonly Hindrance[];
  readonly database: Answer;
  /** Undefined when none is configured. */
  readonly redis: Answer | undefined;
  /** Undefined when the database did not answer. */
  readonly workers: WorkerState | undefined;
  /** The ids of encryption keys that are in use and that a process lacks; undefined as above. */
  readonly missingKeys: readonly string[] | undefined;
};

export type HealthService = {
  /** Never rejects: what does not answer in time is reported as such. */
  readiness(): Promise<Readiness>;
};

export type HealthServiceDeps = {
  db: Kysely<DB>;
  encryption: Pick<EncryptionService, 'findMissingKeys'>;
  /** Those that this process has. */
  keyIds: readonly string[];
  /** Absent when none is configured. */
  redis?: { ping(): Promise<unknown> } | undefined;
  /** Whether an event would be stored. */
  publishing: Pick<PublishProbe, 'look'>;
  /** This process' own; absent where it has none. */
  worker?: { readonly state: 'starting' | 'working' | 'failing' } | undefined;
  /** How long each server is given to answer. */
  timeoutMs?: number;
  /** How long an answer is given again. */
  freshMs?: number;
};

/**
 * Ready means that an event which is published now is stored, and that the worker of this process, if
 * it has one, can start. Workers elsewhere are named but do not decide, since an API that refuses
 * events while workers restart would lose what they could deliver later; Redis only makes things
 * faster. Probes share one look, which is good for a second, so that asking often costs the database
 * nothing.
 */
export function createHealthService(deps: HealthServiceDeps): HealthService {
  const {
    db,
    encryption,
    keyIds,
    redis,
    publishing,
    worker,
    timeoutMs = 2_000,
    freshMs = 1_000,
  } = deps;
  let underWay: Promise<Readiness> | undefined;
  let known: Readiness | undefined;
  let freshUntilMs = 0;

  /** Deliveries that one process cannot decrypt are held there. */
  async function findMissing(): Promise<string[]> {
    const ofWorkers = await findWorkerKeys(db, BEAT_LIMIT_MS);
    const missing = await Promise.all(
      [keyIds, ...dedupe(ofWorkers)].map(encryption.findMissingKeys),
    );
    return [...new Set(missing.flat())].toSorted();
  }

  async function look(): Promise<Readiness> {
    const [database, keys, cache, unpublishable] = await Promise.all([
      timed(() => findWorkerState(db, BEAT_LIMIT_MS), timeoutMs),
      timed(findMissing, timeoutMs),
      redis && timed(() => redis.ping(), timeoutMs),
      publishing.look(timeoutMs),
    ]);
    const reasons: Hindrance[] = [];
    if (unpublishable !== undefined) reasons.push(unpublishable);
    else if (database.value === undefined) reasons.push(hindrance('database_unreachable'));
    if (worker?.state === 'failing') reasons.push(hindrance('worker_cannot_start'));
    known = {
      isReady: reasons.length === 0,
      reasons,
      database: { latencyMs: database.latencyMs },
      redis: cache && { latencyMs: cache.latencyMs },
      workers: database.value,
      missingKeys: keys.value,
    };
    freshUntilMs = performance.now() + freshMs;
    return known;
  }

  return {
    async readiness() {
      if (known !== undefined && performance.now() < freshUntilMs) return known;
      underWay ??= look().finally(() => (underWay = undefined));
      return underWay;
    },
  };
}

/** Workers have the same keys as a rule, so one look serves them all. */
function dedupe(lists: readonly string[][]): string[][] {
  return [...new Map(lists.map((list) => [list.join(), list])).values()];
}

async function timed<Value>(
  ask: () => Promise<Value>,
  timeoutMs: number,
): Promise<Answer & { readonly value?: Value }> {
  const startedAt = performance.now();
  const value = await withinMs(
    ask().then((answer) => ({ answer })),
    timeoutMs,
  ).catch(() => undefined);
  if (value === undefined) return { latencyMs: null };
  return { latencyMs: Math.round(performance.now() - startedAt), value: value.answer };
}
