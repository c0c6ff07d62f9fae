import type { Kysely } from 'kysely';
import type { Pool } from 'pg';
import { watchFirstKey, type FirstKeyWatch } from './access/first-key-watch.ts';
import { createMemoryStore } from './cache/memory-store.ts';
import { createRedisStore, type RedisStore } from './cache/redis-store.ts';
import type { Config } from './config/config.ts';
import { startDatabaseClock } from './database/clock.ts';
import {
  createDatabase,
  createPool,
  LOAD_SETTINGS,
  READ_SETTINGS,
  RECORD_SETTINGS,
  type SessionSettings,
} from './database/database.ts';
import type { DB } from './database/tables.ts';
import { createAttemptService, type AttemptService } from './attempts/attempt.service.ts';
import type { Custody } from './workers/custody.ts';
import { createHandoff, type Handoff } from './queue/handoff.ts';
import { createAttemptRecorder, type AttemptRecorder } from './attempts/attempt-recorder.ts';
import { startInstruments, type Instruments } from './instruments.ts';
import type { Logger } from './base/logger.ts';
import { createMetrics } from './metrics/metrics.ts';
import { createSender, type Sender } from './sender/sender.ts';
import { createTargetGuard, type TargetGuard } from './sender/target-guard.ts';
import { createSecretBox, type SecretBox } from './subscriptions/secret-box.ts';
import {
  createSubscriptionDirectory,
  type SubscriptionDirectory,
} from './subscriptions/subscription-directory.ts';
import { disableSubscription } from './subscriptions/subscriptions.service.ts';

/** The parts that API and worker share within a process: connections, the directory, the sender. */
export type Runtime = {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly logger: Logger;
  readonly version: string;
  readonly db: Kysely<DB>;
  /** Absent when none is configured. */
  readonly redis: RedisStore | undefined;
  readonly guard: TargetGuard;
  readonly firstKey: FirstKeyWatch;
  readonly secretBox: SecretBox;
  readonly directory: SubscriptionDirectory;
  readonly sender: Sender;
  /** From this process's API to its worker. */
  readonly handoff: Handoff;
  /** Of this process's workers, by worker id: there is one, or two while one takes over. */
  readonly custodies: Map<string, Custody>;
  /** For loading, moving and parking deliveries. */
  readonly loadPool: Pool;
  readonly instruments: Instruments;
  openPool(name: string, max: number, settings?: SessionSettings): Pool;
  /** Attempts recorded in the name of a worker, or of nobody. */
  createAttempts(workerId: string | null): { attempts: AttemptService; recorder: AttemptRecorder };
  disable(subscriptionId: string, reason: string): Promise<boolean>;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
  close(): Promise<void>;
};

export type RuntimeOptions = {
  config: Config;
  databaseUrl: string;
  logger: Logger;
  version: string;
};

const LOAD_CONNECTIONS = 4;
const RECORD_CONNECTIONS = 2;
const STATS_CONNECTIONS = 2;

export async function createRuntime({
  config,
  databaseUrl,
  logger,
  version,
}: RuntimeOptions): Promise<Runtime> {
  const pools: Pool[] = [];
  const metrics = createMetrics({ version });
  function openPool(name: string, max: number, settings?: SessionSettings): Pool {
    const pool = createPool(databaseUrl, { name, max, logger, settings });
    pools.push(pool);
    metrics.watchPool(name, pool);
    return pool;
  }

  const db = createDatabase(openPool('api', config.databasePoolSize, READ_SETTINGS));
  const redis =
    config.redisUrl === undefined ? undefined : createRedisStore(config.redisUrl, { logger });
  const store = redis ?? createMemoryStore();
  const firstKey = await watchFirstKey({
    db,
    databaseUrl,
    logger,
    hasEnvironmentKeys: config.apiKeys.length > 0,
  });
  const guard = createTargetGuard({
    privateTargets: config.allowPrivateTargets,
    isKeyThere: () => firstKey.isThere,
  });
  const secretBox = createSecretBox(config.secretEncryptionKeys);
  const directory = createSubscriptionDirectory({
    db,
    databaseUrl,
    store,
    secretBox,
    ttlSeconds: config.cacheTtlSeconds,
    logger,
    onLookup: metrics.lookedUp,
  });
  const sender = createSender({ guard, userAgent: `Posthorn/${version}` });
  // A connection to what is closed now would be used again without being judged again.
  firstKey.onFound(() => sender.reconsider());
  const loadPool = openPool('load', LOAD_CONNECTIONS, LOAD_SETTINGS);
  const recordPool = openPool('record', RECORD_CONNECTIONS, RECORD_SETTINGS);
  const clock = await startDatabaseClock(loadPool, logger);
  const instruments = await startInstruments({
    config,
    version,
    logger,
    metrics,
    now: clock.now,
    pool: openPool('stats', STATS_CONNECTIONS, RECORD_SETTINGS),
  });

  async function disable(subscriptionId: string, reason: string): Promise<boolean> {
    const isDisabled = await disableSubscription(db, subscriptionId, reason);
    await directory.forget(subscriptionId);
    return isDisabled;
  }

  return {
    config,
    databaseUrl,
    logger,
    version,
    db,
    redis,
    guard,
    firstKey,
    secretBox,
    directory,
    sender,
    loadPool,
    instruments,
    handoff: createHandoff(),
    custodies: new Map(),
    openPool,
    now: clock.now,
    disable,
    createAttempts: (workerId) =>
      createAttempts(
        { config, logger, sender, instruments, recordPool, disable, now: clock.now },
        workerId,
      ),
    async close() {
      clock.stop();
      await firstKey.close();
      await sender.close();
      await instruments.stop();
      await directory.close();
      await store.close();
      await Promise.all(pools.map((pool) => pool.end()));
    },
  };
}

function createAttempts(
  {
    config,
    logger,
    sender,
    instruments,
    recordPool,
    disable,
    now,
  }: Pick<Runtime, 'config' | 'logger' | 'sender' | 'instruments' | 'disable' | 'now'> & {
    recordPool: Pool;
  },
  workerId: string | null,
): ReturnType<Runtime['createAttempts']> {
  const recorder = createAttemptRecorder({
    pool: recordPool,
    workerId,
    concurrency: RECORD_CONNECTIONS,
    onBatch: (size) => instruments.metrics.batch('record', size),
  });
  const attempts = createAttemptService({
    sender,
    recorder,
    tracing: instruments.tracing,
    onRecorded: instruments.attemptRecorded,
    logger,
    defaultSchedule: config.retrySchedule,
    defaultTimeoutMs: config.deliveryTimeoutMs,
    disable: async (id, reason) => void (await disable(id, reason)),
    now,
    random: Math.random,
  });
  return { attempts, recorder };
}
