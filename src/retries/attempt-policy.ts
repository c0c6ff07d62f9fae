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
  | { readonly kind: 'failed' };

type FinalReason = 'exhausted' | 'subscription_gone' | 'target_blocked' | 'loop_detected';

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

const DELIVERED: AttemptVerdict = {
  outcome: 'success',
  status: 'delivered',
  reason: null,
  waitMs: null,
};

/**
 * Any 2xx delivers. 410, a forbidden address and a loop end the delivery at once, since a further attempt
 * would meet the same. Everything else is retried for as long as the schedule has waits;
 * `Retry-After` can lengthen a wait, never shorten it.
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
  if (result.kind === 'responded' && result.statusCode === GONE) return failed('subscription_gone');
  if (result.kind === 'responded' && result.isLoop === true) return failed('loop_detected');

  const waitMs = waitAfterFailure(schedule, failures, random);
  if (waitMs === undefined) return failed('exhausted');
  const retryAfterMs = result.kind === 'responded' ? (result.retryAfterMs ?? 0) : 0;
  return {
    outcome: 'failed_attempt',
    status: 'pending',
    reason: 'retry_scheduled',
    waitMs: Math.max(waitMs, Math.min(retryAfterMs, MAX_RETRY_AFTER_MS)),
  };
}

function failed(reason: FinalReason): AttemptVerdict {
  return { outcome: 'failure', status: 'failed', reason, waitMs: null };
}

/**
 * Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. Undefined when absent or unreadable.
 *
 * @param nowMs Unix time in milliseconds
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs);
}
