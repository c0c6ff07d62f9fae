import type { CompiledFilter } from '../matching/filter.ts';

export type SubscriptionStatus = 'active' | 'paused' | 'disabled';
export type SignatureScheme = 'standard-webhooks' | 'standard-webhooks-v1a' | 'github' | 'stripe';
export type IngestSignature = 'off' | 'optional' | 'required';

/** The settings of a subscription, in the words of API and database alike. */
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
