import type { WaitingEnd } from '../queue/end-waiting.ts';
import type { TaskPayloads } from '../queue/tasks.ts';
import { FROM_DATABASE, lookUp } from '../subscriptions/look-up.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';

/**
 * The task `end_waiting`: ends what waits for a subscription that is gone or disabled, unless that
 * has been enabled again meanwhile.
 */
export function createEndWaitingTask({
  directory,
  endAll,
}: {
  directory: SubscriptionDirectory;
  endAll(end: WaitingEnd): Promise<void>;
}) {
  return async function end(payload: TaskPayloads['end_waiting']): Promise<void> {
    const { subscription_id: subscriptionId, status, reason } = payload;
    const subscription = await lookUp(directory, subscriptionId, FROM_DATABASE);
    if (subscription !== undefined && subscription.status !== 'disabled') return;
    await endAll({ subscriptionId, status, reason });
  };
}
