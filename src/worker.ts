import { setTimeout as delay } from 'node:timers/promises';
import { createAlertTask } from './alerts/alert.task.ts';
import { createCustody } from './workers/custody.ts';
import { ANSWER_CHANNEL, answerQuestion, QUESTION_CHANNEL } from './workers/custody-messages.ts';
import { createDeliverTask, type Disposal } from './engine/deliver.task.ts';
import { createDeliveryQueue } from './queue/delivery-queue.service.ts';
import { publishLaneStates } from './subscription-health/lane-states.ts';
import { createLanes } from './subscription-health/lanes.ts';
import { createDrainTask, createEndWaitingTask, createPromoteTask } from './engine/queue.tasks.ts';
import { createSweepTask } from './queue/sweep.task.ts';
import { createDatabase, LOAD_SETTINGS, REPLAY_SETTINGS } from './database/database.ts';
import { cronEntries } from './queue/cron.ts';
import { startLiveness, type Liveness } from './workers/liveness.ts';
import { watchOutbox } from './queue/outbox.ts';
import { startRunner, type QueueRunner, type Tasks } from './queue/runner.ts';
import { planSweeps } from './queue/sweep-planner.ts';
import { createUnderWay } from './queue/under-way.ts';
import { retireWorker, unlockOrphanedJobs } from './workers/workers.repository.ts';
import { createReplayTask } from './replays/replay.task.ts';
import { createReplayRunner, type ReplayRunner } from './replays/replay-runner.service.ts';
import { retentionOf } from './retention.ts';
import { maintain } from './retention/retention.service.ts';
import type { Runtime } from './runtime.ts';

export type Worker = {
  /** `failing`: it could not start, and tries again. */
  readonly state: 'starting' | 'working' | 'failing';
  /** Takes no new jobs, lets attempts in flight end, and hands back what does not end in time. */
  stop(): Promise<void>;
};

const CONCURRENT_JOBS = 32;
/**
 * Deliveries loaded beside those in flight: enough that no place stays empty. Whatever is loaded
 * and gets no place within half a second is parked, which costs two writes and helps nobody.
 */
const MOST_WAITING = 256;
/** Graphile Worker asks for one per job and one to listen on; it opens what it needs. */
const QUEUE_CONNECTIONS = CONCURRENT_JOBS + 2;
const MAX_PER_SUBSCRIPTION = 256;
/** Pages of replays done at once. */
const REPLAY_CONNECTIONS = 2;
const RESTART_AFTER_MS = 500;
const LONGEST_RESTART_MS = 5_000;

/** One life of a worker: from its registration until it stops or is lost. */
type Session = {
  /** Resolves with the reason when the session cannot go on. */
  readonly lost: Promise<string>;
  stop(): Promise<void>;
};

/**
 * Delivers until stopped. Whatever a session dies of, be it the database or a beat that came too
 * late, the next one begins in the same process; no supervisor has to restart anything.
 */
export function startWorker(runtime: Runtime): Worker {
  const { logger } = runtime;
  const stopping = new AbortController();
  const queuePool = runtime.openPool('queue', QUEUE_CONNECTIONS, LOAD_SETTINGS);
  const replays = createReplayRunner({
    db: createDatabase(runtime.openPool('replay', REPLAY_CONNECTIONS, REPLAY_SETTINGS)),
  });

  let state: Worker['state'] = 'starting';
  /** Sessions that end by themselves while the next one is at work already. */
  const ending = new Set<Promise<void>>();

  async function liveOnce(): Promise<void> {
    const session = await startSession(runtime, queuePool, replays);
    state = 'working';
    const reason = await Promise.race([session.lost, aborted(stopping.signal)]);
    if (reason !== undefined) logger.warn({ reason }, 'the worker starts over');
    const end: Promise<void> = session
      .stop()
      .catch((err: unknown) => logger.warn({ err }, 'a worker session did not end cleanly'))
      .finally(() => ending.delete(end));
    ending.add(end);
  }

  async function live(): Promise<void> {
    let waitMs = RESTART_AFTER_MS;
    while (!stopping.signal.aborted) {
      try {
        await liveOnce();
        waitMs = RESTART_AFTER_MS;
      } catch (err) {
        state = 'failing';
        logger.error({ err }, 'the worker could not start');
        waitMs = Math.min(waitMs * 2, LONGEST_RESTART_MS);
      }
      await delay(waitMs, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
    await Promise.all(ending);
  }

  const life = live();
  return {
    get state() {
      return state;
    },
    async stop() {
      stopping.abort();
      await life;
    },
  };
}

async function startSession(
  runtime: Runtime,
  queuePool: Runtime['loadPool'],
  replays: ReplayRunner,
): Promise<Session> {
  const { config, logger, loadPool, instruments } = runtime;
  const { promise: lost, resolve: lose } = Promise.withResolvers<string>();
  let isOver = false;
  const inFlight = new Map<string, Promise<Disposal>>();
  const underWay = createUnderWay();
  let liveness: Liveness | undefined;
  let drained = async (): Promise<void> => undefined;
  let stopPublishing = (): void => undefined;
  const closeHandoff = runtime.handoff.open();
  const custody = createCustody({ forget: (id) => void runtime.handoff.take(id) });
  let forgetCustody = (): void => undefined;

  async function createTasks(poolId: string): Promise<Tasks> {
    runtime.custodies.set(poolId, custody);
    forgetCustody = () => void runtime.custodies.delete(poolId);
    liveness = await startLiveness({
      databaseUrl: runtime.databaseUrl,
      pool: loadPool,
      poolId,
      version: runtime.version,
      logger,
      questions: {
        channel: QUESTION_CHANNEL,
        answerChannel: ANSWER_CHANNEL,
        answer: (payload) => answerQuestion(custody, poolId, payload),
      },
      keyIds: runtime.secretBox.keyIds,
      onLost(reason) {
        isOver = true;
        closeHandoff();
        lose(reason);
      },
    });
    const { attempts, recorder } = runtime.createAttempts(poolId);
    drained = () => recorder.drained();
    const lanes = createLanes({
      maxInFlight: config.workerConcurrency,
      maxPerSubscription: MAX_PER_SUBSCRIPTION,
      workerCount: () => liveness?.workerCount ?? 1,
      now: () => performance.now(),
    });
    instruments.metrics.watchInFlight(() => lanes.inFlight);
    stopPublishing = publishLaneStates({ pool: loadPool, poolId, lanes, logger });
    const { directory } = runtime;
    const queue = createDeliveryQueue({
      pool: loadPool,
      workerId: poolId,
      handoff: runtime.handoff,
    });
    // What was held by a setting that this start has changed goes out now, not with the next sweep.
    queue
      .repair()
      .catch((err: unknown) => logger.debug({ err }, 'could not plan drains; a sweep will'));
    return {
      deliver: underWay.watch(
        createDeliverTask({
          queue,
          directory,
          attempts,
          lanes,
          custody,
          logger,
          inFlight,
          defaultTimeoutMs: config.deliveryTimeoutMs,
          isClosed: runtime.guard.isClosed,
          maxLoaded: config.workerConcurrency + MOST_WAITING,
          isOver: () => isOver,
          onMoved: instruments.deliveryChanged,
        }),
      ),
      promote: createPromoteTask({ queue }),
      drain: createDrainTask({ queue, directory, lanes, isClosed: runtime.guard.isClosed }),
      end_waiting: createEndWaitingTask({ queue, directory }),
      sweep: createSweepTask({
        queue,
        logger,
        disable: runtime.disable,
        unlockOrphanedJobs: () => unlockOrphanedJobs(loadPool),
        disableAfterFailingHours: config.disableAfterFailingHours,
        findFailing: instruments.alerts.findFailing,
        repairReplays: replays.repair,
      }),
      alert: createAlertTask(instruments),
      replay: createReplayTask({ replays }),
      maintain: async () => {
        await queue.rescue();
        await maintain({ ...retentionOf(config), pool: loadPool, logger });
      },
    };
  }

  const runner: QueueRunner = await startRunner({
    pool: queuePool,
    logger,
    concurrentJobs: CONCURRENT_JOBS,
    stopWithinMs: config.shutdownTimeoutMs,
    cron: cronEntries(config).filter(({ task }) => task !== 'sweep'),
    createTasks,
  }).catch(async (error: unknown) => {
    // Whoever beats without working keeps others from its jobs.
    closeHandoff();
    stopPublishing();
    await liveness?.stop();
    forgetCustody();
    throw error;
  });
  runner.ended.then(
    () => lose('the queue runner ended'),
    (error: unknown) => lose(`the queue runner failed: ${String(error)}`),
  );
  const stopPlanning = planSweeps({ pool: loadPool, logger });
  const stopOutbox = watchOutbox({ pool: loadPool, logger });
  logger.info({ worker_id: runner.poolId }, 'worker started');

  return {
    lost,
    async stop() {
      closeHandoff();
      stopPlanning();
      await settled([stopOutbox()], RECORD_WITHIN_MS);
      await settled([runner.stop()], config.shutdownTimeoutMs);
      await underWay.end(config.shutdownTimeoutMs, () => inFlight.values());
      await settled([drained()], RECORD_WITHIN_MS);
      stopPublishing();
      await liveness?.stop();
      await retireWorker(loadPool, runner.poolId).catch((err: unknown) => {
        logger.warn({ err }, 'the worker could not hand back its jobs; others will take them');
      });
      forgetCustody();
      logger.info({ worker_id: runner.poolId }, 'worker stopped');
    },
  };
}

const RECORD_WITHIN_MS = 5_000;

async function settled(work: readonly Promise<unknown>[], withinMs: number): Promise<void> {
  if (work.length === 0) return;
  await Promise.race([Promise.allSettled(work), delay(withinMs, undefined, { ref: false })]);
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}
