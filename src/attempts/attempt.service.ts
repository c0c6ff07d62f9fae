import type { Logger } from '../base/logger.ts';
import { HOPS_HEADER } from '../base/hops-header.ts';
import type { Sender, SendOutcome } from '../sender/sender.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import { judgeAttempt, parseRetryAfter, type ExchangeResult } from '../retries/attempt-policy.ts';
import type { AttemptRecorder } from './attempt-recorder.ts';
import type { AttemptRecord, QueuedDelivery } from '../queue/queued-delivery.ts';
import { buildRequest } from './delivery-request.ts';
import type { Tracing } from '../tracing/tracing.ts';
import type { LaneSignal } from '../subscription-health/lane.ts';
import { parseRetrySchedule, type RetrySchedule } from '../retries/retry-schedule.ts';

/** A delivery with all that its next attempt needs. */
export type ReadyDelivery = QueuedDelivery & {
  readonly payload: string;
  readonly headers: Readonly<Record<string, string>> | null;
};

export type AttemptService = {
  /** Sends once. Resolves when the receiver has answered or failed to; never rejects. */
  send(delivery: ReadyDelivery, subscription: KnownSubscription): Promise<FinishedAttempt>;
  /**
   * Records what came of it and acts on it. Resolves with whether the record was taken.
   *
   * @throws Error when the attempt was called off, and the database's error; the attempt will be
   * made again
   */
  conclude(attempt: FinishedAttempt): Promise<boolean>;
};

export type FinishedAttempt = {
  readonly delivery: ReadyDelivery;
  readonly subscription: KnownSubscription;
  readonly outcome: SendOutcome;
  /** Null when the attempt was called off and says nothing about the receiver. */
  readonly record: AttemptRecord | null;
  readonly signal: LaneSignal;
};

export type AttemptServiceDeps = {
  sender: Sender;
  recorder: AttemptRecorder;
  logger: Logger;
  defaultSchedule: RetrySchedule;
  defaultTimeoutMs: number;
  /** Absent while tracing is off. */
  tracing?: Pick<Tracing, 'startAttempt'> | undefined;
  /** Called for each attempt that was recorded. Must not throw. */
  onRecorded?(attempt: FinishedAttempt): void;
  /** Called when a receiver answers 410. */
  disable(subscriptionId: string, reason: string): Promise<void>;
  /** Unix time in milliseconds. */
  now(): number;
  /** A number in [0, 1). */
  random(): number;
};

const GONE = 410;
/** Resource limits of some hosts have this status too, so it takes our header beside it. */
const LOOP_DETECTED = 508;
const OVERLOADED: ReadonlySet<number> = new Set([429, 502, 503, 504]);

/** One attempt, from the request to its record: what every way of delivering goes through. */
export function createAttemptService(deps: AttemptServiceDeps): AttemptService {
  const scheduleOf = createScheduleReader(deps.defaultSchedule);
  return {
    send: (delivery, subscription) => send(deps, scheduleOf(subscription), delivery, subscription),
    conclude: (attempt) => conclude(deps, attempt),
  };
}

/** The schedule of a subscription, each text read once. */
function createScheduleReader(defaultSchedule: RetrySchedule) {
  const schedules = new Map<string, RetrySchedule>();
  return ({ retrySchedule }: KnownSubscription): RetrySchedule => {
    if (retrySchedule === null) return defaultSchedule;
    let schedule = schedules.get(retrySchedule);
    if (schedule === undefined) {
      schedule = parseRetrySchedule(retrySchedule);
      if (schedules.size > 1_000) schedules.clear();
      schedules.set(retrySchedule, schedule);
    }
    return schedule;
  };
}

async function send(
  deps: AttemptServiceDeps,
  schedule: RetrySchedule,
  delivery: ReadyDelivery,
  subscription: KnownSubscription,
): Promise<FinishedAttempt> {
  const startedAtMs = performance.now();
  const attemptNumber = delivery.attemptCount + 1;
  const span = deps.tracing?.startAttempt(delivery.headers ?? {}, {
    'posthorn.tenant': delivery.tenant,
    'posthorn.event_id': delivery.eventId,
    'posthorn.event_type': delivery.eventType,
    'posthorn.delivery_id': delivery.id,
    'posthorn.subscription_id': delivery.subscriptionId,
    'posthorn.attempt_number': attemptNumber,
  });
  const request = buildRequest(subscription, {
    deliveryId: delivery.id,
    eventId: delivery.eventId,
    eventType: delivery.eventType,
    attemptNumber,
    payload: delivery.payload,
    headers: delivery.headers,
    timestampSeconds: Math.floor(deps.now() / 1_000),
    deadlineMs: subscription.timeoutMs ?? deps.defaultTimeoutMs,
    ...(span !== undefined && { trace: span.headers }),
  });
  const outcome = await deps.sender.send(request);
  span?.end(
    outcome.kind === 'responded' ? { 'http.response.status_code': outcome.statusCode } : {},
    toError(outcome)?.kind,
  );
  const result = toResult(outcome, deps.now());
  const failures = attemptNumber - delivery.attemptBase;
  const verdict = judgeAttempt(result, failures, schedule, deps.random());
  const record = {
    ...toRecord(outcome),
    deliveryId: delivery.id,
    attemptNumber,
    startedAtMs,
    targetUrl: subscription.shownTargetUrl,
    verdict,
  };
  return {
    delivery,
    subscription,
    outcome,
    signal: toSignal(outcome, result),
    record: outcome.kind === 'cancelled' ? null : record,
  };
}

async function conclude(deps: AttemptServiceDeps, attempt: FinishedAttempt): Promise<boolean> {
  const { delivery, record, outcome } = attempt;
  if (record === null) throw new Error('the attempt was called off before it had an outcome');
  const isRecorded = await deps.recorder.record(record);
  if (isRecorded) deps.onRecorded?.(attempt);
  deps.logger.info(
    {
      delivery_id: delivery.id,
      event_id: delivery.eventId,
      subscription_id: delivery.subscriptionId,
      tenant: delivery.tenant,
      event_type: delivery.eventType,
      attempt_number: record.attemptNumber,
      outcome: record.verdict.outcome,
      status_code: record.statusCode,
      duration_ms: Math.round(record.durationMs),
      error_kind: record.error?.kind,
      retry_in_ms: record.verdict.waitMs ?? undefined,
      is_recorded: isRecorded,
    },
    'attempt',
  );
  if (isRecorded && outcome.kind === 'responded' && outcome.statusCode === GONE) {
    await deps.disable(delivery.subscriptionId, 'The receiver answered 410 Gone.');
  }
  return isRecorded;
}

/** What the record of an attempt takes from its outcome. */
function toRecord(
  outcome: SendOutcome,
): Pick<
  AttemptRecord,
  'statusCode' | 'durationMs' | 'error' | 'responseHeaders' | 'responseBody' | 'note' | 'sends'
> {
  const response = outcome.kind === 'responded' ? outcome : undefined;
  return {
    statusCode: toStatusCode(outcome),
    durationMs: outcome.durationMs,
    error: toError(outcome),
    responseHeaders: response?.headers ?? null,
    responseBody: response?.body ?? null,
    note: response?.note ?? null,
    sends: outcome.sends,
  };
}

function toResult(outcome: SendOutcome, nowMs: number): ExchangeResult {
  if (outcome.kind === 'responded') {
    const retryAfter = outcome.headers['retry-after'];
    return {
      kind: 'responded',
      statusCode: outcome.statusCode,
      retryAfterMs: parseRetryAfter(Array.isArray(retryAfter) ? retryAfter[0] : retryAfter, nowMs),
      isLoop: outcome.statusCode === LOOP_DETECTED && outcome.headers[HOPS_HEADER] !== undefined,
    };
  }
  if (outcome.kind === 'internal') {
    return { kind: 'not_sent', isLasting: outcome.isLasting === true };
  }
  return { kind: outcome.kind === 'blocked' ? 'blocked' : 'failed' };
}

function toSignal(outcome: SendOutcome, result: ExchangeResult): LaneSignal {
  if (outcome.kind === 'responded') {
    if (OVERLOADED.has(outcome.statusCode)) {
      return {
        kind: 'overloaded',
        retryAfterMs: result.kind === 'responded' ? result.retryAfterMs : undefined,
      };
    }
    const isLoop = result.kind === 'responded' && result.isLoop === true;
    const isBroken = outcome.statusCode >= 500 || !isHttpStatus(outcome.statusCode);
    return { kind: isBroken && !isLoop ? 'broken' : 'healthy' };
  }
  if (outcome.kind === 'timed_out') return { kind: 'overloaded' };
  const isUnused = outcome.kind === 'cancelled' || outcome.kind === 'internal';
  return { kind: isUnused ? 'unused' : 'broken' };
}

function toError(outcome: SendOutcome): { kind: string; message: string } | null {
  if (outcome.kind !== 'responded') return { kind: outcome.kind, message: outcome.message };
  if (outcome.statusCode >= 200 && outcome.statusCode < 300) return null;
  const shown = String(outcome.statusCode).padStart(3, '0');
  return {
    kind: 'rejected',
    message: isHttpStatus(outcome.statusCode)
      ? `the receiver answered ${shown}`
      : `the receiver answered ${shown}, which is no status of HTTP and counts as a 5xx`,
  };
}

/** RFC 9110, 15: what is outside of the five classes is treated as a 5xx. */
function isHttpStatus(statusCode: number): boolean {
  return statusCode >= 100 && statusCode <= 599;
}

/** Null where there was none, or one that has fewer than three digits. */
function toStatusCode(outcome: SendOutcome): number | null {
  return outcome.kind === 'responded' && outcome.statusCode >= 100 ? outcome.statusCode : null;
}
