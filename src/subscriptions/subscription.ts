import type { CompiledFilter } from '../matching/filter.ts';

export type SubscriptionStatus = 'active' | 'paused' | 'disabled';
export type SignatureScheme = 'standard-webhooks' | 'standard-webhooks-v1a' | 'github' | 'stripe';
export type IngestSignature = 'off' | 'optional' | 'required';

/** What a client decides about a subscription, in the words of API and database alike. */
export type SubscriptionFields = {
  name: string | null;
  description: string | null;
  target_url: string;
  /** Null wants every event type. */
  event_types: string[] | null;
  /** As it was given; null lets every event through. */
  filter: Record<string, unknown> | null;
  /** Disabling is the engine's decision alone. */
  status: Exclude<SubscriptionStatus, 'disabled'>;
  signature_schemes: SignatureScheme[];
  ingest_signature: IngestSignature;
  headers: Record<string, string>;
  /** Attempts per second. */
  rate_limit: number | null;
  max_concurrency: number | null;
  retry_schedule: string | null;
  timeout_ms: number | null;
  metadata: Record<string, string>;
};

/** Where deliveries go, and what goes with them that is not of the event. */
export type Target = Pick<SubscriptionFields, 'target_url' | 'headers'>;

/** A subscription as everyone sees it: of its target and headers without what may be secret. */
export type Subscription = Omit<SubscriptionFields, 'status'> & {
  id: string;
  tenant: string;
  status: SubscriptionStatus;
  disabled_reason: string | null;
  created_at: Date;
  updated_at: Date;
  /** Its target and headers whole, where more is to be hidden than shown; sealed. */
  sealed_target: Buffer | null;
  sealed_target_key_id: string | null;
};

/** A subscription as accepting and delivering know it, secrets open. */
export type KnownSubscription = {
  readonly id: string;
  readonly tenant: string;
  /** Grows with every change of the row. */
  readonly version: number;
  readonly status: SubscriptionStatus;
  readonly targetUrl: string;
  /** Without what may be secret in it. */
  readonly shownTargetUrl: string;
  readonly eventTypes: readonly string[] | null;
  readonly filter: CompiledFilter | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly signatureSchemes: readonly SignatureScheme[];
  /** As given, newest first, without those that have expired. */
  readonly secrets: readonly string[];
  readonly ingestSignature: IngestSignature;
  readonly timeoutMs: number | null;
  readonly retrySchedule: string | null;
  readonly rateLimit: number | null;
  readonly maxConcurrency: number | null;
};

/**
 * Whether a subscription is to receive events of this type. The same rule in SQL is
 * `event_type like any (posthorn.like_patterns(event_types))`; a property test compares the two.
 */
export function wantsEventType(
  subscription: Pick<KnownSubscription, 'eventTypes'>,
  eventType: string,
): boolean {
  const { eventTypes } = subscription;
  return eventTypes === null || eventTypes.some((pattern) => matches(pattern, eventType));
}

/**
 * `*` stands for any run of characters, also none. Taking each literal part at its first possible
 * place is enough, and unlike a regular expression costs no more for a hostile pattern.
 */
function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === text;

  const first = parts[0] as string;
  const last = parts.at(-1) as string;
  const end = text.length - last.length;
  if (!text.startsWith(first) || !text.endsWith(last) || end < first.length) return false;

  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = text.indexOf(part, position);
    if (found === -1 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
}
