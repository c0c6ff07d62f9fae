import type { AttemptErrorKind, Delivery, DeliveryReason, DeliveryStatus } from './api/types.ts';
import { plural } from './format.ts';

/** Name and look of each status; `mark` distinguishes them without colour. */
export const STATUS: Readonly<Record<DeliveryStatus, { label: string; tone: Tone; mark: string }>> =
  {
    pending: { label: 'Pending', tone: 'wait', mark: '◷' },
    delivering: { label: 'Delivering', tone: 'busy', mark: '➤' },
    delivered: { label: 'Delivered', tone: 'good', mark: '✓' },
    failed: { label: 'Failed', tone: 'bad', mark: '✕' },
    discarded: { label: 'Discarded', tone: 'none', mark: '⊘' },
    cancelled: { label: 'Cancelled', tone: 'none', mark: '–' },
  };

export const STATUS_OPTIONS: readonly (readonly [DeliveryStatus, string])[] = [
  ['pending', STATUS.pending.label],
  ['delivering', STATUS.delivering.label],
  ['delivered', STATUS.delivered.label],
  ['failed', STATUS.failed.label],
  ['discarded', STATUS.discarded.label],
  ['cancelled', STATUS.cancelled.label],
];

export type Tone = 'good' | 'bad' | 'wait' | 'busy' | 'held' | 'none';

export const REASON: Readonly<Record<DeliveryReason, string>> = {
  retry_scheduled: 'Waiting to retry',
  subscription_paused: 'Subscription paused',
  rate_limited: 'Rate limited',
  saturated: 'At full concurrency',
  breaker_open: 'Circuit breaker open',
  awaiting_order: 'Waiting for its turn',
  loopback_closed: 'Loopback targets closed',
  secret_unreadable: 'Encryption key missing',
  in_flight: 'Attempt under way',
  released: 'Released, queued',
  exhausted: 'All attempts failed',
  subscription_gone: 'Receiver answered 410 Gone',
  subscription_deleted: 'Subscription deleted',
  subscription_disabled: 'Subscription disabled',
  filtered: 'Did not match the filter',
  cancelled_by_request: 'Cancelled manually',
  target_blocked: 'Target address forbidden',
  loop_detected: 'Its subscriptions form a loop',
  unsendable: 'A header of it cannot be sent',
  expired: 'Held until retention ended',
};

const EXPLANATION: Readonly<Record<DeliveryReason, string>> = {
  retry_scheduled:
    'The last attempt failed, and the retry schedule has another one. Retry makes it at once.',
  subscription_paused:
    'Its subscription is paused, so it is held. It is sent, in order, when the subscription is resumed.',
  rate_limited:
    'It is held to the pace that the subscription’s rate limit allows, or that the receiver asked for with Retry-After.',
  saturated:
    'The subscription has as many attempts under way as its concurrency limit allows. It is sent as soon as one of them ends.',
  breaker_open:
    'The receiver keeps failing, so its circuit breaker is open: a single request probes it from time to time. When one succeeds, the waiting deliveries are sent.',
  loopback_closed:
    'The target is on the machine of the service, which is no target once there is an API key. It is sent when the operator allows that with ALLOW_PRIVATE_TARGETS=127.0.0.0/8,::1/128 and restarts the service, or when the subscription has another target.',
  awaiting_order: 'An earlier event with the same ordering key has to arrive first.',
  secret_unreadable:
    'The subscription’s secrets were encrypted with a key that a worker lacks. It is sent when the operator has put the key back into SECRET_ENCRYPTION_KEY.',
  in_flight: 'A request to the receiver is under way.',
  released: 'It is no longer held. It is queued and will be sent next.',
  exhausted:
    'Every attempt that the retry schedule allows has failed. Fix the receiver, then retry manually.',
  subscription_gone:
    'The receiver answered 410 Gone, which means: send nothing more. The subscription was disabled.',
  subscription_deleted: 'Its subscription was deleted while this was waiting.',
  subscription_disabled: 'Its subscription was disabled, so it receives no deliveries.',
  filtered:
    'The event did not match the subscription’s filter, so it was not sent. Retry sends it whatever the filter says.',
  cancelled_by_request: 'Somebody cancelled it through the API or here.',
  target_blocked:
    'The target leads to a private or otherwise forbidden address. The operator decides which are allowed.',
  loop_detected:
    'It came to a Posthorn that its event had passed too often already: subscriptions that deliver to each other form a loop. Give one of them another target.',
  unsendable:
    'One of its headers cannot be sent over HTTP. The receiver was not asked; publish the event again without that header.',
  expired: 'It was held until retention ended, and was not sent. Retry sends it.',
};

/** Why a delivery is where it is, in a sentence or two. */
export function explainDelivery(delivery: Delivery): string {
  if (delivery.reason !== null) return EXPLANATION[delivery.reason] ?? delivery.reason;
  if (delivery.status === 'delivered') {
    return delivery.attempt_count <= 1
      ? 'The receiver took it at the first attempt.'
      : `The receiver took it after ${plural(delivery.attempt_count, 'attempt')}.`;
  }
  if (delivery.status === 'delivering') return EXPLANATION.in_flight;
  if (delivery.status === 'pending')
    return 'It is queued, and will be sent as soon as a worker is free.';
  return 'It has ended.';
}

export function reasonOf(delivery: Pick<Delivery, 'reason' | 'status'>): string {
  if (delivery.reason !== null) return REASON[delivery.reason] ?? delivery.reason;
  return delivery.status === 'pending' ? 'Queued' : '';
}

/** Waiting for something other than time or a worker. */
export function isHeld(delivery: Pick<Delivery, 'reason' | 'status'>): boolean {
  const { status, reason } = delivery;
  return (
    status === 'pending' && reason !== null && !['retry_scheduled', 'released'].includes(reason)
  );
}

export const ERROR_KIND: Readonly<Record<AttemptErrorKind, string>> = {
  timed_out: 'Timed out',
  unreachable: 'Unreachable',
  blocked: 'Blocked address',
  tls: 'TLS failed',
  protocol: 'Not valid HTTP',
  rejected: 'Rejected',
  too_large: 'Headers too large',
  internal: 'Not the receiver’s fault',
};
