import type { Logger } from '../base/logger.ts';
import type { DeliveryQueue } from './delivery-queue.service.ts';

export type SweepTaskDeps = {
  queue: DeliveryQueue;
  logger: Logger;
  /** Unlocks jobs whose worker died before it was known. */
  unlockOrphanedJobs(): Promise<unknown>;
  disable(subscriptionId: string, reason: string): Promise<boolean>;
  /** Has it told which subscriptions have begun to fail. */
  findFailing(): Promise<void>;
  /** Has replays go on whose job was lost. */
  repairReplays(): Promise<void>;
  disableAfterFailingHours: number;
};

/**
 * The task `sweep`, once a minute: makes good what a lost job or a lost worker has left behind,
 * and disables subscriptions that have done nothing but fail for days.
 */
export function createSweepTask(deps: SweepTaskDeps) {
  const { queue, logger, disableAfterFailingHours: hours } = deps;
  return async function sweep(): Promise<void> {
    await queue.promote();
    await queue.repair();
    await deps.unlockOrphanedJobs();
    await deps.findFailing();
    await deps.repairReplays();
    for (const { id, failingSince } of await queue.findLongFailing(hours)) {
      const reason = `Nothing but failures since ${failingSince.toISOString()}.`;
      if (await deps.disable(id, reason)) {
        logger.warn({ subscription_id: id, reason }, 'subscription disabled');
      }
    }
  };
}
