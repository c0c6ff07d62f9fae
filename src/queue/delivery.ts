export const DELIVERY_STATUSES = [
  'pending',
  'delivering',
  'delivered',
  'failed',
  'discarded',
  'cancelled',
] as const;

export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/** Why a delivery is where it is; null while it is freshly queued and once it is delivered. */
export type DeliveryReason =
  // it waits
  | 'retry_scheduled'
  | 'subscription_paused'
  | 'rate_limited'
  | 'saturated'
  | 'breaker_open'
  | 'awaiting_order'
  | 'loopback_closed'
  | 'secret_unreadable'
  // it moves
  | 'in_flight'
  | 'released'
  // it has ended
  | 'exhausted'
  | 'subscription_gone'
  | 'target_blocked'
  | 'loop_detected'
  | 'unsendable'
  | 'subscription_deleted'
  | 'subscription_disabled'
  | 'filtered'
  | 'cancelled_by_request'
  | 'expired';

/** What decides whether a delivery may be retried manually. */
export type RetryCandidate = {
  readonly status: DeliveryStatus;
  /** When the next attempt is due or, while delivering, when the lease ends. */
  readonly nextAttemptAt: Date | null;
};

/** Ended without having arrived: what a manual retry is for. */
export const UNDELIVERED_STATUSES = [
  'failed',
  'discarded',
  'cancelled',
] as const satisfies readonly DeliveryStatus[];

export function isTerminal(status: DeliveryStatus): boolean {
  return status !== 'pending' && status !== 'delivering';
}

/** Whether another attempt may be asked for manually, as far as the delivery itself goes. */
export function canRetry({ status, nextAttemptAt }: RetryCandidate): boolean {
  if (status === 'pending') return nextAttemptAt !== null;
  return UNDELIVERED_STATUSES.some((undelivered) => undelivered === status);
}

const HELD_REASONS: ReadonlySet<DeliveryReason | null> = new Set([
  'subscription_paused',
  'rate_limited',
  'saturated',
  'breaker_open',
  'awaiting_order',
]);

/** Whether its next attempt may begin at any moment, or have begun: it neither waits nor is held. */
export function isQueued({
  status,
  reason,
  next_attempt_at: nextAttemptAt,
}: {
  readonly status: DeliveryStatus;
  readonly reason: DeliveryReason | null;
  readonly next_attempt_at: Date | null;
}): boolean {
  return status === 'pending' && nextAttemptAt === null && !HELD_REASONS.has(reason);
}
