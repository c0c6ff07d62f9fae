import { setTimeout as delay } from 'node:timers/promises';
import type { Pool } from 'pg';
import { createClosers, type Closers } from './base/closers.ts';
import { createInFlight } from './engine/in-flight.ts';
import { runnerCron } from './queue/cron.ts';
import { createDeliveryQueue } from './queue/delivery-queue.service.ts';
import { createDrains } from './queue/drains.ts';
import { watchOutbox } from './queue/outbox.ts';
import { startRunner } from './queue/runner.ts';
import { planSweeps } from './queue/sweep-planner.ts';
import { createUnderWay } from './queue/under-way.ts';
import type { ReplayRunner } from './replays/replay-runner.service.ts';
import type { Runtime } from './runtime.ts';
import { createFailures } from './subscription-health/failures.service.ts';
import { publishLaneStates } from './subscription-health/lane-states.ts';
import { createLanes } from './subscription-health/lanes.ts';
import { TASKS, type TaskParts } from './worker-tasks.ts';
import { createCustody } from './workers/custody.ts';
import { ANSWER_CHANNEL, answerQuestion, QUESTION_CHANNEL } from './workers/custody-messages.ts';
import { startLiveness, type Liveness } from './workers/liveness.ts';
import { retireWorker } from './workers/workers.repository.ts';

/** One life of a worker: from its registration until it stops or is lost. */
export type WorkerSession = {
  /** Resolves with the reason when the session cannot go on. */
  readonly lost: Promise<string>;
  /** Takes no new jobs, lets attempts in flight end, and hands back what does not end in time. */
  stop(): Promise<void>;
};

export type WorkerSessionDeps = {
  readonly runtime: Runtime;
  readonly queuePool: Pool;
  readonly replays: ReplayRunner;
};

/** What its parts know of a session that is being opened or goes on. */
type Session = WorkerSessionDeps & {
  /** What was started; undone in reverse, which is the order in which a session stops. */
  readonly closers: Closers;
  /** Aborted once others may have taken over what its jobs carry. */
  readonly over: AbortController;
  /** Called with the reason when it cannot go on. */
  lose(reason: string): void;
};

export const CONCURRENT_JOBS = 32;
const MAX_PER_SUBSCRIPTION = 256;
const RECORD_WITHIN_MS = 5_000;

/** Rejects when it could not start; nothing of it is left then. */
export async function startWorkerSession(deps: WorkerSessionDeps): Promise<WorkerSession> {
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  const session: Session = { ...deps, closers: createClosers(), over: new AbortController(), lose };
  try {
    const workerId = await startDelivering(session);
    const { logger } = deps.runtime;
    logger.info({ worker_id: workerId }, 'worker started');
    return {
      lost,
      async stop() {
        await session.closers.close();
        logger.info({ worker_id: workerId }, 'worker stopped');
      },
    };
  } catch (error) {
    // A worker that beats without working keeps others from its jobs.
    await session.closers.close();
    throw error;
  }
}

/** Answers the worker's id. */
async function startDelivering(session: Session): Promise<string> {
  const { runtime, closers } = session;
  const { config, logger, loadPool } = runtime;
  const runner = await startRunner({
    pool: session.queuePool,
    logger,
    concurrentJobs: CONCURRENT_JOBS,
    stopWithinMs: config.shutdownTimeoutMs,
    cron: runnerCron(config),
    tasks: TASKS,
    open: (workerId) => open(session, workerId),
  });
  closers.push(() => settled(runner.stop(), config.shutdownTimeoutMs));
  runner.ended.then(
    () => session.lose('the queue runner ended'),
    (error: unknown) => session.lose(`the queue runner failed: ${String(error)}`),
  );
  const stopOutbox = watchOutbox({ pool: loadPool, logger });
  closers.push(() => settled(stopOutbox(), RECORD_WITHIN_MS));
  closers.push(planSweeps({ pool: loadPool, logger }));
  rememberAccepted(session);
  return runner.poolId;
}

/** Registers the worker and prepares what its tasks go by. */
async function open(session: Session, workerId: string): Promise<TaskParts> {
  const { runtime, replays, closers } = session;
  const { config, logger, loadPool, handoff } = runtime;
  const custody = createCustody({ forget: (id) => void handoff.take(id) });
  runtime.custodies.set(workerId, custody);
  closers.push(() => runtime.custodies.delete(workerId));
  const liveness = await register(session, workerId, (payload) =>
    answerQuestion(custody, workerId, payload),
  );
  const lanes = createLanes({
    maxInFlight: config.workerConcurrency,
    maxPerSubscription: MAX_PER_SUBSCRIPTION,
    workerCount: () => liveness.workerCount,
    now: () => performance.now(),
  });
  runtime.instruments.metrics.watchInFlight(() => lanes.inFlight);
  closers.push(publishLaneStates({ pool: loadPool, poolId: workerId, lanes, logger }));
  const { attempts, recorder } = runtime.createAttempts(workerId);
  closers.push(() => settled(recorder.drained(), RECORD_WITHIN_MS));
  const inFlight = createInFlight();
  const underWay = createUnderWay();
  closers.push(() => underWay.end(config.shutdownTimeoutMs, inFlight.works));
  const drains = createDrains(loadPool);
  const failures = createFailures({
    pool: loadPool,
    logger,
    disable: runtime.disable,
    disableAfterFailingHours: config.disableAfterFailingHours,
  });
  // What was held by a setting that this start has changed goes out now, not with the next sweep.
  drains
    .planMissing()
    .then(failures.forgetOrphaned)
    .catch((err: unknown) => logger.debug({ err }, 'could not plan drains; a sweep will'));
  return {
    runtime,
    replays,
    queue: createDeliveryQueue({ pool: loadPool, workerId, handoff }),
    drains,
    failures,
    attempts,
    lanes,
    custody,
    inFlight,
    underWay,
    isOver: () => session.over.signal.aborted,
  };
}

/** Shows that the worker lives, and answers what other processes ask of it, until it is retired. */
async function register(
  { runtime, closers, over, lose }: Session,
  workerId: string,
  answer: (payload: string) => string | undefined,
): Promise<Liveness> {
  const { logger, loadPool } = runtime;
  const liveness = await startLiveness({
    databaseUrl: runtime.databaseUrl,
    pool: loadPool,
    poolId: workerId,
    version: runtime.version,
    logger,
    questions: { channel: QUESTION_CHANNEL, answerChannel: ANSWER_CHANNEL, answer },
    keyIds: runtime.secretBox.keyIds,
    onLost(reason) {
      over.abort();
      lose(reason);
    },
  });
  closers.push(async () => {
    await liveness.stop();
    await retireWorker(loadPool, workerId).catch((err: unknown) => {
      logger.warn({ err }, 'the worker could not hand back its jobs; others will take them');
    });
  });
  return liveness;
}

/** Has this process keep what it accepts for this session, until that stops or is over. */
function rememberAccepted({ runtime, closers, over: { signal } }: Session): void {
  const close = runtime.handoff.open();
  closers.push(close);
  if (signal.aborted) close();
  else signal.addEventListener('abort', close, { once: true });
}

/** Resolves when the work has ended, well or not, or has had its time. */
async function settled(work: Promise<unknown>, withinMs: number): Promise<void> {
  await Promise.race([Promise.allSettled([work]), delay(withinMs, undefined, { ref: false })]);
}
