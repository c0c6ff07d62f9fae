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
import type { TaskName, TaskPayloads } from './tasks.ts';

/** What each task of the queue does. A task rejects on infrastructure faults alone. */
export type Tasks = { [Name in TaskName]: (payload: TaskPayloads[Name]) => Promise<void> };

/** A cron pattern in UTC and the task that it starts; a run that was missed is not made up. */
export type CronEntry = { readonly pattern: string; readonly task: TaskName };

export type RunnerOptions = {
  pool: Pool;
  logger: Logger;
  cron: readonly CronEntry[];
  /** Jobs under way at once. */
  concurrentJobs: number;
  /** How long jobs may go on after a stop was asked for. */
  stopWithinMs: number;
  /** Builds the tasks for the pool of jobs that is about to start. */
  createTasks(poolId: string): Promise<Tasks>;
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
export async function startRunner(options: RunnerOptions): Promise<QueueRunner> {
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
  events.once('localQueue:init', ({ localQueue }) => mendRelease(localQueue));
  const tasks = poolId.then(options.createTasks);
  tasks.catch(() => undefined);

  const runner: Runner = await run({
    pgPool: options.pool,
    events,
    noHandleSignals: true,
    logger: toGraphileLogger(options.logger),
    taskList: toTaskList(tasks),
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
    await tasks;
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

const TASK_NAMES = [
  'deliver',
  'promote',
  'drain',
  'end_waiting',
  'sweep',
  'alert',
  'replay',
  'maintain',
] as const satisfies readonly TaskName[];

/**
 * Graphile Worker 0.18 trips over itself when its queue is released with jobs in it and nothing
 * else under way: `release` throws, the pool never ends, and when the jobs cannot be handed back
 * either, the rejection is nobody's and ends the process. Something under way meanwhile cures it.
 */
function mendRelease(localQueue: object): void {
  const queue = localQueue as {
    mode: string;
    background(work: Promise<unknown>): void;
    release(): Promise<unknown>;
  };
  const release = queue.release.bind(queue);
  queue.release = () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (queue.mode !== 'RELEASED') queue.background(promise);
    const released = release();
    resolve();
    return released;
  };
}

/** Jobs may arrive before their tasks are built; those wait for them. */
function toTaskList(tasks: Promise<Tasks>): TaskList {
  return Object.fromEntries(
    TASK_NAMES.map((name) => [
      name,
      async (payload: unknown) => (await tasks)[name](payload as never),
    ]),
  );
}

const LEVELS = { error: 'error', warning: 'warn', info: 'debug', debug: 'trace' } as const;

function toGraphileLogger(logger: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    logger[LEVELS[level]]({ component: 'graphile-worker' }, message);
  });
}
