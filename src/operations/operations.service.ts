import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { CacheCounts } from '../metrics/metrics.ts';
import { findLastRuns } from '../queue/jobs.ts';
import { nextRun } from '../queue/cron.ts';
import {
  findPartitions,
  findWorkers,
  type PartitionState,
  type WorkerState,
} from './operations.repository.ts';
import type { QueueState, QueueStateService } from '../queue/queue-state.service.ts';

export type CronState = {
  readonly task: string;
  readonly pattern: string;
  readonly lastRunAt: Date | null;
  readonly nextRunAt: Date | null;
};

export type Operations = {
  readonly workers: readonly (WorkerState & { readonly isLive: boolean })[];
  readonly queue: QueueState;
  readonly cron: readonly CronState[];
  readonly partitions: readonly PartitionState[];
  /** Of the process that answers, since it started. */
  readonly cache: CacheCounts;
};

export type OperationsService = { read(): Promise<Operations> };

export type OperationsServiceDeps = {
  db: Kysely<DB>;
  queue: QueueStateService;
  cron: readonly { readonly pattern: string; readonly task: string }[];
  cache(): CacheCounts;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

/** Workers beat every second; one that missed five is being replaced. */
const BEAT_LIMIT_MS = 5_000;

/** The operator's view: workers, queue, cron, storage. */
export function createOperationsService(deps: OperationsServiceDeps): OperationsService {
  const { db, queue, now } = deps;
  return {
    async read() {
      const [workers, state, lastRuns, partitions] = await Promise.all([
        findWorkers(db),
        queue.current(),
        findLastRuns(db),
        findPartitions(db),
      ]);
      const nowMs = now();
      return {
        workers: workers.map((worker) => ({
          ...worker,
          isLive: nowMs - worker.last_seen_at.getTime() < BEAT_LIMIT_MS,
        })),
        queue: state,
        cron: deps.cron.map(({ pattern, task }) => ({
          task,
          pattern,
          lastRunAt: lastRuns.get(`cron:${task}`) ?? null,
          nextRunAt: nextRun(pattern, nowMs) ?? null,
        })),
        partitions,
        cache: deps.cache(),
      };
    },
  };
}
