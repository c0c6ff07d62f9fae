import { HOPS_HEADER } from '../base/hops-header.ts';
import { nextHops } from '../sender/hops.ts';
import { signatureHeaders } from '../sender/signature.ts';
import type { SendRequest } from '../sender/sender.ts';
import type { KnownSubscription } from '../subscriptions/subscription.ts';

/** Everything that one attempt's request is made of. */
export type AttemptContent = {
  readonly deliveryId: string;
  readonly eventId: string;
  readonly eventType: string;
  readonly attemptNumber: number;
  readonly payload: string;
  /** The event's own headers. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly timestampSeconds: number;
  readonly deadlineMs: number;
  /** Of this attempt's span, in place of the event's own. */
  readonly trace?: { readonly traceparent: string; readonly tracestate?: string } | undefined;
};

/** The parts of the subscription that an attempt needs. */
export type Addressee = Pick<
  KnownSubscription,
  'targetUrl' | 'headers' | 'signatureSchemes' | 'secrets'
>;

/**
 * The request of one attempt. The subscription's headers win over the event's, ours over both;
 * `webhook-id` is the event's id and so the same over all attempts, as Standard Webhooks asks.
 */
export function buildRequest(subscription: Addressee, content: AttemptContent): SendRequest {
  return {
    url: subscription.targetUrl,
    headers: {
      ...lowerCased(content.headers),
      ...lowerCased(subscription.headers),
      ...signatureHeaders(subscription.signatureSchemes, subscription.secrets, {
        id: content.eventId,
        timestampSeconds: content.timestampSeconds,
        body: content.payload,
      }),
      ...content.trace,
      'x-event-type': content.eventType,
      'x-delivery-id': content.deliveryId,
      'x-attempt': String(content.attemptNumber),
      [HOPS_HEADER]: nextHops(content.headers),
    },
    body: content.payload,
    deadlineMs: content.deadlineMs,
  };
}

const NONE: Readonly<Record<string, string>> = Object.freeze({});

function lowerCased(
  headers: Readonly<Record<string, string>> | null,
): Readonly<Record<string, string>> {
  if (headers === null) return NONE;
  const entries = Object.entries(headers);
  if (entries.length === 0) return NONE;
  return Object.fromEntries(entries.map(([name, value]) => [name.toLowerCase(), value]));
}
