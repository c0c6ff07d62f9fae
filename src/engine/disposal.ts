import { isUnreadable, type LookedUp } from '../subscriptions/look-up.ts';
import type { EndedDelivery, ParkedDelivery, QueuedDelivery } from '../queue/queued-delivery.ts';

/** What becomes of one delivery of a job. */
export type Disposal =
  | { kind: 'done' }
  | { kind: 'park'; parked: ParkedDelivery }
  /** Somebody is about to decide whether it is sent: it comes again with its row as it is then. */
  | { kind: 'withheld'; id: string }
  | { kind: 'end'; ended: EndedDelivery };

/** Between two looks whether a subscription's secrets open, here or in another process. */
export const UNREADABLE_WAIT_MS = 10_000;

/** Why a delivery must not be sent now, as far as its subscription and its order tell. */
export function refuse(
  { id, isNextInOrder }: QueuedDelivery,
  subscription: LookedUp,
): Disposal | undefined {
  if (subscription === undefined) {
    return { kind: 'end', ended: { id, status: 'cancelled', reason: 'subscription_deleted' } };
  }
  if (subscription.status === 'disabled') {
    return { kind: 'end', ended: { id, status: 'discarded', reason: 'subscription_disabled' } };
  }
  if (subscription.status === 'paused') {
    return { kind: 'park', parked: { id, reason: 'subscription_paused', waitMs: null } };
  }
  if (isUnreadable(subscription)) {
    return {
      kind: 'park',
      parked: { id, reason: 'secret_unreadable', waitMs: UNREADABLE_WAIT_MS },
    };
  }
  if (!isNextInOrder) {
    return { kind: 'park', parked: { id, reason: 'awaiting_order', waitMs: null } };
  }
  return undefined;
}

/** Held until the operator opens loopback again, with a start; what starts then plans the drain. */
export function loopbackClosed({ id }: QueuedDelivery): Disposal {
  return { kind: 'park', parked: { id, reason: 'loopback_closed', waitMs: null } };
}

export function filteredOut({ id }: QueuedDelivery): Disposal {
  return { kind: 'end', ended: { id, status: 'discarded', reason: 'filtered' } };
}
