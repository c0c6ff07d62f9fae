import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import type { DeliveryQueue } from '../queue/delivery-queue.service.ts';
import { UNREADABLE_WAIT_MS } from './disposal.ts';
import type { Lanes } from '../subscription-health/lanes.ts';
import { isUnreadable, lookUp, type LookedUp } from '../subscriptions/look-up.ts';

const RELEASE_LIMIT = 1_000;
/** Between two drains of one subscription, while deliveries of it are parked. */
const DRAIN_EVERY_MS = 250;
/** No row has this version, so whoever asks for it is answered from the database. */
const FROM_DATABASE = Number.MAX_SAFE_INTEGER;

/** The task `promote`: queues everything that has become due. */
export function createPromoteTask({ queue }: { queue: DeliveryQueue }) {
  return () => queue.promote();
}

/**
 * The task `end_waiting`: ends what waits for a subscription that is gone or disabled, unless that
 * has been enabled again meanwhile.
 */
export function createEndWaitingTask({
  queue,
  directory,
}: {
  queue: DeliveryQueue;
  directory: SubscriptionDirectory;
}) {
  return async function end(payload: {
    subscription_id: string;
    status: 'cancelled' | 'discarded';
    reason: string;
  }): Promise<void> {
    const { subscription_id: subscriptionId, status, reason } = payload;
    const subscription = await lookUp(directory, subscriptionId, FROM_DATABASE);
    if (subscription !== undefined && subscription.status !== 'disabled') return;
    await queue.endWaiting(subscriptionId, status, reason);
  };
}

/**
 * The task `drain`: brings back as many of a subscription's parked deliveries as its lane has an
 * appetite for, oldest first, and comes again while there are more.
 */
export function createDrainTask({
  queue,
  directory,
  lanes,
  isClosed,
}: {
  queue: DeliveryQueue;
  directory: SubscriptionDirectory;
  lanes: Lanes;
  isClosed(targetUrl: string): boolean;
}) {
  return async function drain(payload: { subscription_id: string }): Promise<void> {
    const subscriptionId = payload.subscription_id;
    const subscription = await freshIfHeld(directory, subscriptionId);
    if (subscription?.status === 'paused') return;
    if (subscription === undefined || subscription.status === 'disabled') {
      // Their deliver job ends them, with the reason.
      while ((await queue.release(subscriptionId, RELEASE_LIMIT, 0)) > 0);
      return;
    }
    if (isUnreadable(subscription)) return queue.planDrain(subscriptionId, UNREADABLE_WAIT_MS);
    if (isClosed(subscription.targetUrl))
      return queue.holdParked(subscriptionId, 'loopback_closed');
    const { count, waitMs } = lanes.appetite(subscription);
    if (count === 0) return queue.planDrain(subscriptionId, Math.max(waitMs, DRAIN_EVERY_MS));
    await queue.release(subscriptionId, count, DRAIN_EVERY_MS);
  };
}

/** The job of a resume may overtake the news of it, so who seems held is looked up again. */
async function freshIfHeld(directory: SubscriptionDirectory, id: string): Promise<LookedUp> {
  const known = await lookUp(directory, id);
  if (known === undefined || known.status === 'active') return known;
  return lookUp(directory, id, FROM_DATABASE);
}
