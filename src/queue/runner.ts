import { EventEmitter } from 'node:events';
import {
  Logger as GraphileLogger,
  parseCronItems,
  run,
  type Runner,
  type TaskList,
  type WorkerEvents,
} from 'graphile-worker';
import type { Pool } from 'pg';
import type { Logger } from '../base/logger.ts';
import { ignoreForeignMigrations, QUEUE_PRESET } from '../database/queue-schema.ts';
import { patchRelease } from './local-queue-release.ts';
import type { TaskName, TaskPayloads } from './tasks.ts';

/** The implementation of each task of the queue. A task rejects on infrastructure faults alone. */
export type Tasks = { [Name in TaskName]: (payload: TaskPayloads[Name]) => Promise<void> };

/** How each task is built from what a session has; that it has them all is where their names are. */
export type TaskBuilders<Session> = { [Name in TaskName]: (session: Session) => Tasks[Name] };

/** A cron pattern in UTC and the task that it starts; a run that was missed is not made up. */
export type CronEntry = { readonly pattern: string; readonly task: TaskName };

export type RunnerOptions<Session> = {
  pool: Pool;
  logger: Logger;
  cron: readonly CronEntry[];
  /** Jobs under way at once. */
  concurrentJobs: number;
  /** How long jobs may continue after a stop was asked for. */
  stopWithinMs: number;
  /** Prepares what the tasks need, for the pool of jobs that is about to start. */
  open(poolId: string): Promise<Session>;
  tasks: TaskBuilders<Session>;
};

export type QueueRunner = {
  readonly poolId: string;
  /** Takes no new jobs and lets those under way end. */
  stop(): Promise<void>;
  /** Resolves when it stops, asked or not; rejects when Graphile Worker gave up. */
  readonly ended: Promise<void>;
};

/** Jobs fetched ahead: enough that fetching costs nothing, few enough to share among workers. */
const LOCAL_QUEUE_SIZE = 32;
const POLL_INTERVAL_MS = 1_000;

/**
 * Runs Graphile Worker in the way that measured fastest: jobs fetched in batches, completed in
 * batches, no named queues.
 */
export async function startRunner<Session>(options: RunnerOptions<Session>): Promise<QueueRunner> {
  const events: WorkerEvents = new EventEmitter();
  const poolId = new Promise<string>((resolve) => {
    events.once('pool:create', ({ workerPool }) => resolve(workerPool.id));
  });
  // A pool that fails to complete a job shuts itself down, and may then never say that it ended.
  const isEnding = new Promise<void>((resolve) => {
    events.once('pool:gracefulShutdown', () => resolve());
    events.once('pool:forcefulShutdown', () => resolve());
  });
  ignoreForeignMigrations(events);
  events.once('localQueue:init', ({ localQueue }) => patchRelease(localQueue));
  const session = poolId.then(options.open);
  session.catch(() => undefined);

  const runner: Runner = await run({
    pgPool: options.pool,
    events,
    noHandleSignals: true,
    logger: toGraphileLogger(options.logger),
    taskList: toTaskList(options.tasks, session),
    parsedCronItems: parseCronItems(
      options.cron.map(({ pattern, task }) => ({
        match: pattern,
        task,
        identifier: `cron:${task}`,
      })),
    ),
    gracefulShutdownAbortTimeout: options.stopWithinMs,
    preset: {
      extends: [QUEUE_PRESET],
      worker: {
        concurrentJobs: options.concurrentJobs,
        pollInterval: POLL_INTERVAL_MS,
        localQueue: { size: Math.max(LOCAL_QUEUE_SIZE, options.concurrentJobs) },
        completeJobBatchDelay: 0,
        failJobBatchDelay: 0,
      },
    },
  });
  try {
    await session;
  } catch (error) {
    await runner.stop();
    throw error;
  }
  return {
    poolId: await poolId,
    stop: () => runner.stop(),
    ended: Promise.race([runner.promise, isEnding]),
  };
}

/** Jobs may arrive before the session is open; those wait for it. */
function toTaskList<Session>(builders: TaskBuilders<Session>, session: Promise<Session>): TaskList {
  return Object.fromEntries(
    keysOf(builders).map((name) => {
      const task = session.then((opened) => builders[name](opened));
      task.catch(() => undefined);
      // Jobs are added by this service alone, each with the payload that its task declares.
      return [name, async (payload: unknown) => (await task)(payload as never)];
    }),
  );
}

function keysOf<Entries extends object>(entries: Entries): Extract<keyof Entries, string>[] {
  const keys: Extract<keyof Entries, string>[] = [];
  for (const key in entries) keys.push(key);
  return keys;
}

const LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;

function toGraphileLogger(logger: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    logger[LEVELS[level]]({ component: 'graphile-worker' }, message);
  });
}
