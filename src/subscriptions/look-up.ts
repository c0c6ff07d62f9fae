import type { KnownSubscription, SubscriptionStatus } from './subscription.ts';
import type { SubscriptionDirectory } from './subscription-directory.ts';
import { UnreadableSubscriptionError } from './subscription-entry.ts';

/** A subscription whose secrets this process cannot open. */
export type Unreadable = {
  readonly status: SubscriptionStatus;
  readonly fault: UnreadableSubscriptionError;
};

/** Not opening is no fault of the job that looks it up, whose other deliveries must not suffer. */
export type LookedUp = KnownSubscription | Unreadable | undefined;

/** No row has this version, so a request for it is answered from the database. */
export const FROM_DATABASE = Number.MAX_SAFE_INTEGER;

export function isUnreadable(subscription: LookedUp): subscription is Unreadable {
  return subscription !== undefined && 'fault' in subscription;
}

/** @throws Error when the database does not answer */
export async function lookUp(
  directory: Pick<SubscriptionDirectory, 'get'>,
  id: string,
  minimumVersion?: number,
): Promise<LookedUp> {
  try {
    return await directory.get(id, minimumVersion);
  } catch (error) {
    if (!(error instanceof UnreadableSubscriptionError)) throw error;
    return { status: error.subscriptionStatus, fault: error };
  }
}
