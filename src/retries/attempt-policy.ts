export { parseRetryAfter } from './retry-after.ts';

import { waitAfterFailure, type RetrySchedule } from './retry-schedule.ts';

/** The result of an exchange with a receiver; a value, never a throw. */
export type ExchangeResult =
  | {
      readonly kind: 'responded';
      readonly statusCode: number;
      readonly retryAfterMs?: number | undefined;
      /** The receiver is a Posthorn, which has seen the event too often. */
      readonly isLoop?: boolean;
    }
  | { readonly kind: 'blocked' }
  /** The fault is the sender's own, and says nothing about the receiver. */
  | {
      readonly kind: 'not_sent';
      /** Another try would fail the same way. */
      readonly isLasting: boolean;
    }
  | { readonly kind: 'failed' };

type FinalReason =
  | 'exhausted'
  | 'subscription_gone'
  | 'target_blocked'
  | 'loop_detected'
  | 'unsendable';

/** The consequences of an attempt: the outcome in the log, and where the delivery goes. */
export type AttemptVerdict = {
  readonly outcome: 'success' | 'failed_attempt' | 'failure';
  readonly status: 'delivered' | 'pending' | 'failed';
  readonly reason: 'retry_scheduled' | FinalReason | null;
  /** Until the next attempt, in milliseconds; null when there is none. */
  readonly waitMs: number | null;
};

const GONE = 410;
/** A receiver may put a retry off by this much at the most. */
const MAX_RETRY_AFTER_MS = 3_600_000;
/** Until what this machine lacks is asked for again. */
const NOT_SENT_WAIT_MS = 20_000;
const JITTER = 0.2;

const DELIVERED: AttemptVerdict = {
  outcome: 'success',
  status: 'delivered',
  reason: null,
  waitMs: null,
};

/**
 * Any 2xx delivers. 410, a forbidden address and a loop end the delivery at once, since a further attempt
 * would meet the same. Everything else is retried for as long as the schedule has waits;
 * `Retry-After` can lengthen a wait, never shorten it. What was not sent for a fault of our own is
 * tried again beside the schedule, or ends when no try could send it.
 *
 * @param failures how many attempts have failed since the schedule began, this one included
 * @param random a number in [0, 1), for jitter
 */
export function judgeAttempt(
  result: ExchangeResult,
  failures: number,
  schedule: RetrySchedule,
  random: number,
): AttemptVerdict {
  if (result.kind === 'responded' && result.statusCode >= 200 && result.statusCode < 300) {
    return DELIVERED;
  }
  if (result.kind === 'blocked') return failed('target_blocked');
  if (result.kind === 'not_sent') {
    if (result.isLasting) return failed('unsendable');
    return retryIn(Math.round(NOT_SENT_WAIT_MS * (1 - JITTER + 2 * JITTER * random)));
  }
  if (result.kind === 'responded' && result.statusCode === GONE) return failed('subscription_gone');
  if (result.kind === 'responded' && result.isLoop === true) return failed('loop_detected');

  const waitMs = waitAfterFailure(schedule, failures, random);
  if (waitMs === undefined) return failed('exhausted');
  const retryAfterMs = result.kind === 'responded' ? (result.retryAfterMs ?? 0) : 0;
  return retryIn(Math.max(waitMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)));
}

function retryIn(waitMs: number): AttemptVerdict {
  return { outcome: 'failed_attempt', status: 'pending', reason: 'retry_scheduled', waitMs };
}

function failed(reason: FinalReason): AttemptVerdict {
  return { outcome: 'failure', status: 'failed', reason, waitMs: null };
}
