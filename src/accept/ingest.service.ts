import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AppError, type FieldError } from '../base/errors.ts';
import type { EnforcementService } from '../event-types/enforcement.service.ts';
import { isDelivery, keepHops, readHops } from '../sender/hops.ts';
import { verifyIngestSignature } from '../sender/signature.ts';
import { wantsEventType } from '../matching/event-types.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';
import type { SubscriptionDirectory } from '../subscriptions/subscription-directory.ts';
import type { AcceptService } from './accept.service.ts';
import { traceOf } from './trace-headers.ts';

/** An event for one subscription, with everything its signature may cover. */
export type Ingest = {
  readonly subscriptionId: string;
  /** The caller's tenant; null stands for every tenant. */
  readonly tenant: string | null;
  /** The caller has shown no API key: only a valid signature lets the event in. */
  readonly mustBeSigned: boolean;
  /** All request headers, where signatures are looked for. */
  readonly headers: IncomingHttpHeaders;
  /** The whole request body, which is what a signature covers. */
  readonly signedBytes: Buffer;
  readonly eventType: string;
  readonly payload: string;
  /** The payload, as JSON.parse reads it. */
  readonly value: unknown;
  /** Where the payload stands in the body of the request. */
  readonly pointer: string;
  readonly idempotencyKey?: string | undefined;
  /** Whether the caller has closed the connection. */
  readonly isGone?: (() => boolean) | undefined;
};

export type IngestAnswer = {
  readonly eventId: string;
  readonly deliveryId: string;
  /** Deviations from the catalogue in events that were accepted anyway. */
  readonly warnings?: FieldError[] | undefined;
};

export type IngestService = {
  /**
   * Resolves once the event is committed, or with undefined when the subscription does not want
   * this event type and nothing was stored.
   *
   * @throws AppError `subscription_not_found`, `invalid_signature`, `signature_required`,
   * `invalid_payload`, `unknown_event_type`, `idempotency_conflict`, `idempotency_key_in_use`,
   * `overloaded`
   */
  ingest(request: Ingest): Promise<IngestAnswer | undefined>;
};

export type IngestServiceDeps = {
  accept: AcceptService;
  directory: SubscriptionDirectory;
  enforcement: EnforcementService;
  /** Unix time in milliseconds. */
  now(): number;
};

/** How often a subscription may change between being checked and being written to. */
const MAX_CHANGES = 5;

/** Accepting for one named subscription, which is checked here and fenced by its version in SQL. */
export function createIngestService(deps: IngestServiceDeps): IngestService {
  const { accept, directory, enforcement, now } = deps;

  async function inspect(request: Ingest, tenant: string): Promise<FieldError[] | undefined> {
    if (enforcement.isFree(tenant, [request])) return undefined;
    return enforcement.inspect(tenant, [{ ...request, eventPointer: '' }]);
  }

  async function tryOnce(request: Ingest, subscription: KnownSubscription) {
    if (!wantsEventType(subscription, request.eventType)) return undefined;
    const warnings = await inspect(request, subscription.tenant);
    const [answer] = await accept.accept({
      tenant: subscription.tenant,
      events: [
        {
          eventType: request.eventType,
          payload: request.payload,
          payloadBytes: Buffer.byteLength(request.payload),
          headers: keepHops(undefined, readHops(request.headers)),
        },
      ],
      target: { subscriptionId: subscription.id, version: subscription.version },
      trace: traceOf(request.headers),
      isGone: request.isGone,
      idempotency:
        request.idempotencyKey === undefined
          ? undefined
          : { key: request.idempotencyKey, requestHash: hashIngest(request) },
    });
    return answer && { ...answer, warnings };
  }

  /** The subscription, which admits the request. @throws AppError the refusal */
  async function admit(request: Ingest): Promise<KnownSubscription> {
    const { subscriptionId: id } = request;
    const known = directory.peek(id) ?? (await directory.get(id));
    try {
      return check(request, known, now());
    } catch (refusal) {
      if (known === undefined || !isInvalidSignature(refusal)) throw refusal;
      // Another process may have replaced the secret before its announcement has come here.
      return check(request, await directory.get(id, known.version + 1), now());
    }
  }

  return {
    async ingest(request) {
      for (let change = 0; change < MAX_CHANGES; change += 1) {
        const subscription = await admit(request);
        const answer = await tryOnce(request, subscription);
        if (answer === undefined) return undefined;
        if (answer.eventId !== null && answer.deliveryId !== null && answer.outcome !== 'stale') {
          const { eventId, deliveryId, warnings } = answer;
          return { eventId, deliveryId, warnings };
        }
        await directory.get(request.subscriptionId, subscription.version + 1);
      }
      throw new AppError('subscription_changed', 'The subscription keeps changing; try again.');
    },
  };
}

function isVisible(subscription: KnownSubscription, tenant: string | null): boolean {
  return tenant === null || subscription.tenant === tenant;
}

/** @returns the subscription given. @throws AppError */
function check(
  request: Ingest,
  subscription: KnownSubscription | undefined,
  nowMs: number,
): KnownSubscription {
  if (subscription === undefined || !isVisible(subscription, request.tenant)) {
    if (request.mustBeSigned) throw invalidSignature();
    throw new AppError('subscription_not_found', 'There is no such subscription.');
  }
  checkSignature(request, subscription, nowMs);
  return subscription;
}

function checkSignature(request: Ingest, subscription: KnownSubscription, nowMs: number): void {
  if (subscription.ingestSignature === 'off') {
    if (request.mustBeSigned) throw invalidSignature();
    return;
  }
  const found = verifyIngestSignature(
    request.headers,
    request.signedBytes,
    subscription.secrets,
    nowMs,
  );
  // A delivery is signed for its own subscription, which says nothing to this one.
  const verdict = found === 'invalid' && isDelivery(request.headers) ? 'absent' : found;
  if (verdict === 'invalid' || (verdict === 'absent' && request.mustBeSigned)) {
    throw invalidSignature();
  }
  if (verdict === 'absent' && subscription.ingestSignature === 'required') {
    throw new AppError('signature_required', "Sign the request with the subscription's secret.");
  }
}

function isInvalidSignature(error: unknown): boolean {
  return error instanceof AppError && error.code === 'invalid_signature';
}

/** Of a caller without a key, the answer also to an unknown subscription: none can be found so. */
function invalidSignature(): AppError {
  return new AppError('invalid_signature', 'The signature does not match the body and the secret.');
}

function hashIngest({ subscriptionId, eventType, payload }: Ingest): string {
  return createHash('sha256').update(`${subscriptionId}\n${eventType}\n${payload}`).digest('hex');
}
