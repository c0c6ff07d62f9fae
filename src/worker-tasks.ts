import { createAlertTask } from './alerts/alert.task.ts';
import type { AttemptService } from './attempts/attempt.service.ts';
import { createDeliverTask } from './engine/deliver.task.ts';
import { createDrainTask } from './engine/drain.task.ts';
import { createEndWaitingTask } from './engine/end-waiting.task.ts';
import type { InFlight } from './engine/in-flight.ts';
import type { DeliveryQueue } from './queue/delivery-queue.service.ts';
import type { Drains } from './queue/drains.ts';
import { endAllWaiting } from './queue/end-waiting.ts';
import { promoteAllDue } from './queue/promote.ts';
import { rescueAllLost } from './queue/rescue.ts';
import type { TaskBuilders } from './queue/runner.ts';
import { createSweepTask } from './queue/sweep.task.ts';
import type { UnderWay } from './queue/under-way.ts';
import { createReplayTask } from './replays/replay.task.ts';
import type { ReplayRunner } from './replays/replay-runner.service.ts';
import { retentionOf } from './retention.ts';
import { maintain } from './retention/retention.service.ts';
import type { Runtime } from './runtime.ts';
import type { Failures } from './subscription-health/failures.service.ts';
import type { Lanes } from './subscription-health/lanes.ts';
import type { Custody } from './workers/custody.ts';
import { unlockOrphanedJobs } from './workers/workers.repository.ts';

/** What a session has for its tasks. */
export type TaskParts = {
  readonly runtime: Runtime;
  readonly replays: ReplayRunner;
  readonly queue: DeliveryQueue;
  readonly drains: Drains;
  readonly failures: Failures;
  readonly attempts: AttemptService;
  readonly lanes: Lanes;
  readonly custody: Custody;
  readonly inFlight: InFlight;
  readonly underWay: UnderWay;
  /** Whether others have taken over what this session's jobs carry. */
  isOver(): boolean;
};

/**
 * Deliveries loaded beside those in flight: enough that no place stays empty. Whatever is loaded
 * and gets no place within half a second is parked, which costs two writes and helps nobody.
 */
const MOST_WAITING = 256;

/** Every task of the queue, and how a session's own is built. */
export const TASKS: TaskBuilders<TaskParts> = {
  deliver: ({ runtime, underWay, ...parts }) =>
    underWay.watch(
      createDeliverTask({
        queue: parts.queue,
        directory: runtime.directory,
        attempts: parts.attempts,
        lanes: parts.lanes,
        custody: parts.custody,
        logger: runtime.logger,
        inFlight: parts.inFlight,
        defaultTimeoutMs: runtime.config.deliveryTimeoutMs,
        isClosed: runtime.guard.isClosed,
        maxLoaded: runtime.config.workerConcurrency + MOST_WAITING,
        isOver: parts.isOver,
        onMoved: runtime.instruments.deliveryChanged,
      }),
    ),

  promote:
    ({ runtime }) =>
    () =>
      promoteAllDue(runtime.loadPool),

  drain: ({ runtime, drains, lanes }) =>
    createDrainTask({
      drains,
      lanes,
      directory: runtime.directory,
      isClosed: runtime.guard.isClosed,
    }),

  end_waiting: ({ runtime }) =>
    createEndWaitingTask({
      directory: runtime.directory,
      endAll: (end) => endAllWaiting(runtime.loadPool, end),
    }),

  sweep: ({ runtime: { loadPool, instruments }, drains, failures, replays }) =>
    createSweepTask({
      promoteAllDue: () => promoteAllDue(loadPool),
      planMissingDrains: drains.planMissing,
      forgetOrphanedFailures: failures.forgetOrphaned,
      unlockOrphanedJobs: () => unlockOrphanedJobs(loadPool),
      findFailing: instruments.alerts.findFailing,
      resumeStrandedReplays: replays.repair,
      disableLongFailing: failures.disableLongFailing,
    }),

  alert: ({ runtime }) => createAlertTask(runtime.instruments),

  replay: ({ replays }) => createReplayTask({ replays }),

  maintain:
    ({ runtime: { config, loadPool, logger } }) =>
    async () => {
      await rescueAllLost(loadPool);
      await maintain({ ...retentionOf(config), pool: loadPool, logger });
    },
};
