import type { AttemptVerdict } from '../retries/attempt-policy.ts';

/** A queued delivery as a job finds it. */
export type QueuedDelivery = {
  readonly id: string;
  readonly tenant: string;
  readonly eventId: string;
  readonly subscriptionId: string;
  /** The subscription's version now; null when it is gone. */
  readonly subscriptionVersion: number | null;
  readonly attemptCount: number;
  /** Attempts made before the last manual retry; the schedule counts from here. */
  readonly attemptBase: number;
  readonly eventType: string;
  /** False while an earlier delivery with the same ordering key has not ended. */
  readonly isNextInOrder: boolean;
};

/** An event's content; `payload` is null when it is larger than was asked for. */
export type EventContent = {
  readonly payload: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
};

/** One attempt to record, with what follows from it. Times are relative, see the SQL. */
export type AttemptRecord = {
  readonly deliveryId: string;
  readonly attemptNumber: number;
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** `performance.now()` at the start of the attempt. */
  readonly startedAtMs: number;
  readonly error: { readonly kind: string; readonly message: string } | null;
  readonly responseHeaders: Readonly<Record<string, unknown>> | null;
  readonly responseBody: string | null;
  /** What was missing from the answer or passed over in it. */
  readonly note: string | null;
  /** How often the request was written to a connection. */
  readonly sends: number;
  readonly targetUrl: string;
  readonly verdict: AttemptVerdict;
};

/** A right to continue with an attempt after its job has ended. */
export type Lease = {
  readonly deliveryId: string;
  readonly attemptCount: number;
  readonly leaseMs: number;
};

/** A delivery put aside; `waitMs` until it is looked at again, null: not before a resume. */
export type ParkedDelivery = {
  readonly id: string;
  readonly reason: string;
  readonly waitMs: number | null;
};

/** A delivery that will not be sent. */
export type EndedDelivery = {
  readonly id: string;
  readonly status: 'cancelled' | 'discarded';
  readonly reason: string;
};
