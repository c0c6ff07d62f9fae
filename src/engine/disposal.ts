import { isUnreadable, type LookedUp } from '../subscriptions/look-up.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import type { Admission } from '../subscription-health/lanes.ts';
import type { EndedDelivery, ParkedDelivery, QueuedDelivery } from '../queue/queued-delivery.ts';

/** The outcome of one delivery of a job. */
export type Disposal =
  | { kind: 'done' }
  | { kind: 'park'; parked: ParkedDelivery }
  /** Somebody is about to decide whether it is sent: it comes again with its row as it is then. */
  | { kind: 'withheld'; id: string }
  | { kind: 'end'; ended: EndedDelivery };

/** Whether a delivery may be sent now, and to whom. */
export type Clearance =
  | { readonly kind: 'clear'; readonly subscription: KnownSubscription }
  | { readonly kind: 'refused'; readonly disposal: Disposal };

/** Between two looks whether a subscription's secrets open, here or in another process. */
export const UNREADABLE_WAIT_MS = 10_000;

export const DONE: Disposal = { kind: 'done' };

/** Goes by the subscription, its order and what the operator has closed. */
export function clear(
  { id, isNextInOrder }: QueuedDelivery,
  subscription: LookedUp,
  isClosed: (targetUrl: string) => boolean,
): Clearance {
  if (subscription === undefined) return end(id, 'cancelled', 'subscription_deleted');
  if (subscription.status === 'disabled') return end(id, 'discarded', 'subscription_disabled');
  if (subscription.status === 'paused') return park(id, 'subscription_paused', null);
  if (isUnreadable(subscription)) return park(id, 'secret_unreadable', UNREADABLE_WAIT_MS);
  if (!isNextInOrder) return park(id, 'awaiting_order', null);
  // Held until the operator opens it again, with a start; what starts then plans the drain.
  if (isClosed(subscription.targetUrl)) return park(id, 'loopback_closed', null);
  return { kind: 'clear', subscription };
}

function park(id: string, reason: string, waitMs: number | null): Clearance {
  return { kind: 'refused', disposal: { kind: 'park', parked: { id, reason, waitMs } } };
}

function end(id: string, status: EndedDelivery['status'], reason: string): Clearance {
  return { kind: 'refused', disposal: { kind: 'end', ended: { id, status, reason } } };
}

export function loopbackClosed({ id }: QueuedDelivery): Disposal {
  return { kind: 'park', parked: { id, reason: 'loopback_closed', waitMs: null } };
}

export function filteredOut({ id }: QueuedDelivery): Disposal {
  return { kind: 'end', ended: { id, status: 'discarded', reason: 'filtered' } };
}

/** Put aside by its lane. */
export function withoutPlace(
  { id }: QueuedDelivery,
  { reason, waitMs }: Extract<Admission, { kind: 'parked' }>,
): Disposal {
  return { kind: 'park', parked: { id, reason, waitMs: Math.ceil(waitMs) } };
}
