import type { Drains } from '../queue/drains.ts';
import type { TaskPayloads } from '../queue/tasks.ts';
import type { Lanes } from '../subscription-health/lanes.ts';
import { FROM_DATABASE, isUnreadable, lookUp, type LookedUp } from '../subscriptions/look-up.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import { UNREADABLE_WAIT_MS } from './disposal.ts';

const RELEASE_LIMIT = 1_000;
/** Between two drains of one subscription, while deliveries of it are parked. */
const DRAIN_EVERY_MS = 250;

export type DrainTaskDeps = {
  drains: Drains;
  directory: SubscriptionDirectory;
  lanes: Pick<Lanes, 'appetite'>;
  isClosed(targetUrl: string): boolean;
};

/**
 * The task `drain`: brings back as many of a subscription's parked deliveries as its lane has an
 * appetite for, oldest first, and comes again while there are more.
 */
export function createDrainTask({ drains, directory, lanes, isClosed }: DrainTaskDeps) {
  return async function drain(payload: TaskPayloads['drain']): Promise<void> {
    const subscriptionId = payload.subscription_id;
    const subscription = await freshIfHeld(directory, subscriptionId);
    if (subscription?.status === 'paused') return;
    if (subscription === undefined || subscription.status === 'disabled') {
      // Their deliver job ends them, with the reason.
      while ((await drains.release(subscriptionId, RELEASE_LIMIT, 0)) > 0);
      return;
    }
    if (isUnreadable(subscription)) return drains.plan(subscriptionId, UNREADABLE_WAIT_MS);
    if (isClosed(subscription.targetUrl)) return drains.hold(subscriptionId, 'loopback_closed');
    const { count, waitMs } = lanes.appetite(subscription);
    if (count === 0) return drains.plan(subscriptionId, Math.max(waitMs, DRAIN_EVERY_MS));
    await drains.release(subscriptionId, count, DRAIN_EVERY_MS);
  };
}

/** The job of a resume may overtake the news of it, so who seems held is looked up again. */
async function freshIfHeld(directory: SubscriptionDirectory, id: string): Promise<LookedUp> {
  const known = await lookUp(directory, id);
  if (known === undefined || known.status === 'active') return known;
  return lookUp(directory, id, FROM_DATABASE);
}
