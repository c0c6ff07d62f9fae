/** One event of a request to accept. `payload` is valid JSON text, byte for byte as received. */
export type NewEvent = {
  readonly eventType: string;
  readonly payload: string;
  readonly payloadBytes: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly orderingKey?: string | undefined;
};

/** An event as somebody publishes it. */
export type IncomingEvent = {
  readonly event: NewEvent;
  /** The payload, as JSON.parse reads it. */
  readonly value: unknown;
  /** Where the event stands in the body of the request. */
  readonly pointer: string;
};

/** What one caller wants accepted: all of its events or none. */
export type AcceptRequest = {
  readonly tenant: string;
  readonly events: readonly NewEvent[];
  /** One subscription as the caller checked it; absent: every subscription that matches. */
  readonly target?: { readonly subscriptionId: string; readonly version: number } | undefined;
  readonly idempotency?: { readonly key: string; readonly requestHash: string } | undefined;
  /** Whether nobody waits for the answer any more, so that what is not under way need not begin. */
  readonly isGone?: (() => boolean) | undefined;
  /** The sender's W3C trace context, of use only while tracing is on. */
  readonly trace?: {
    readonly traceparent?: string | undefined;
    readonly tracestate?: string | undefined;
  };
};

export type AcceptedEvent = {
  readonly outcome: 'accepted' | 'replayed' | 'conflict' | 'stale' | 'in_use';
  readonly eventId: string | null;
  readonly deliveryId: string | null;
  readonly deliveryCount: number;
  /** For whom the event's only delivery is queued; null when it has several, or none that is. */
  readonly recipient: { readonly subscriptionId: string; readonly version: number } | null;
};
