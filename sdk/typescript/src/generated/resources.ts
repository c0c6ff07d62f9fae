// Written by `npm run generate:sdks` from openapi.yaml.
import type { CallOptions, Http } from '../http.ts';
import { iteratePages } from '../paging.ts';
import { iterateEvents, type StreamEvent } from '../stream.ts';
import type { operations as Documented } from './openapi.ts';
import type {
  ApiKey,
  ApiKeyCreate,
  ApiKeyList,
  ApiKeyWithKey,
  Attempt,
  AttemptList,
  AuditEntry,
  AuditList,
  Delivery,
  DeliveryList,
  DeliveryWithAttempts,
  EnvelopeReceipt,
  Event,
  EventList,
  EventStatus,
  EventTypeCreate,
  EventTypeEntry,
  EventTypeImport,
  EventTypeList,
  EventTypeUpdate,
  FilterTest,
  FilterTestResult,
  Health,
  IngestEnvelope,
  IngestReceipt,
  KeySet,
  Operations,
  PortalSession,
  PortalSessionCreate,
  PublishBatchReceipt,
  PublishEvent,
  PublishReceipt,
  Readiness,
  Replay,
  ReplayCount,
  ReplayCreate,
  ReplayList,
  SecretRotation,
  Session,
  SigningSecret,
  Stats,
  Subscription,
  SubscriptionCreate,
  SubscriptionList,
  SubscriptionUpdate,
  SubscriptionWithSecret,
  TenantList,
  TenantOverview,
  TestWebhookList,
  TestWebhookReceipt,
} from './types.ts';

export type ListSubscriptionsQuery = NonNullable<Documented['listSubscriptions']['parameters']['query']>;
export type ListSubscriptionDeliveriesQuery = NonNullable<Documented['listSubscriptionDeliveries']['parameters']['query']>;
export type ListSubscriptionAttemptsQuery = NonNullable<Documented['listSubscriptionAttempts']['parameters']['query']>;
export type ListEventsQuery = NonNullable<Documented['listEvents']['parameters']['query']>;
export type GetEventStatusQuery = NonNullable<Documented['getEventStatus']['parameters']['query']>;
export type ListEventTypesQuery = NonNullable<Documented['listEventTypes']['parameters']['query']>;
export type ImportEventTypesQuery = NonNullable<Documented['importEventTypes']['parameters']['query']>;
export type GetEventTypeQuery = NonNullable<Documented['getEventType']['parameters']['query']>;
export type ReplaceEventTypeQuery = NonNullable<Documented['replaceEventType']['parameters']['query']>;
export type DeleteEventTypeQuery = NonNullable<Documented['deleteEventType']['parameters']['query']>;
export type UpdateEventTypeQuery = NonNullable<Documented['updateEventType']['parameters']['query']>;
export type GetEventTypeDeclarationsQuery = NonNullable<Documented['getEventTypeDeclarations']['parameters']['query']>;
export type GetEventTypeDocumentQuery = NonNullable<Documented['getEventTypeDocument']['parameters']['query']>;
export type ListDeliveriesQuery = NonNullable<Documented['listDeliveries']['parameters']['query']>;
export type ListDeliveryAttemptsQuery = NonNullable<Documented['listDeliveryAttempts']['parameters']['query']>;
export type ListReplaysQuery = NonNullable<Documented['listReplays']['parameters']['query']>;
export type GetRequestStatusQuery = NonNullable<Documented['getRequestStatus']['parameters']['query']>;
export type GetSubscriptionStatusQuery = NonNullable<Documented['getSubscriptionStatus']['parameters']['query']>;
export type ListApiKeysQuery = NonNullable<Documented['listApiKeys']['parameters']['query']>;
export type ListAuditEntriesQuery = NonNullable<Documented['listAuditEntries']['parameters']['query']>;
export type ListTenantsQuery = NonNullable<Documented['listTenants']['parameters']['query']>;
export type ListTestWebhooksQuery = NonNullable<Documented['listTestWebhooks']['parameters']['query']>;
export type ReceiveTestWebhookQuery = NonNullable<Documented['receiveTestWebhook']['parameters']['query']>;
export type GetStatsQuery = NonNullable<Documented['getStats']['parameters']['query']>;
export type OpenStreamQuery = NonNullable<Documented['openStream']['parameters']['query']>;

/** Receivers' endpoints, with the event types they want and how to deliver to them. */
export function subscriptions(http: Http) {
  return {
    /**
     * List subscriptions.
     *
     * Lists subscriptions, newest first.
     */
    list(query?: ListSubscriptionsQuery, options?: CallOptions): Promise<SubscriptionList> {
      return http.json({ method: 'GET', path: '/subscriptions', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListSubscriptionsQuery, options?: CallOptions): AsyncGenerator<Subscription, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/subscriptions', query }, 'data', options);
    },
    /**
     * Create a subscription.
     *
     * Subscribes an endpoint to event types of a tenant. The signing secret is in this answer;
     * later on, only `GET /subscriptions/{id}/secret` shows it.
     *
     * The target is checked as far as it can be without the network; what its name resolves to
     * is checked again each time a connection is made.
     */
    create(body: SubscriptionCreate | Uint8Array, options?: CallOptions): Promise<SubscriptionWithSecret> {
      return http.json({ method: 'POST', path: '/subscriptions', body }, options);
    },
    /**
     * Get a subscription.
     *
     * Answers the subscription as it is now, without its secret.
     */
    get(id: string, options?: CallOptions): Promise<Subscription> {
      return http.json({ method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}` }, options);
    },
    /**
     * Change a subscription (PUT).
     *
     * Sets what the body names and leaves what it omits unchanged, exactly as PATCH does: clients
     * of earlier services rely on it. `null` clears a field that may be null.
     *
     * Once this has been answered, no later attempt uses the old values. Setting `status` to
     * `active` resumes a paused or disabled subscription and releases what it held, in order.
     */
    replace(id: string, body: SubscriptionUpdate | Uint8Array, options?: CallOptions): Promise<Subscription> {
      return http.json({ method: 'PUT', path: `/subscriptions/${encodeURIComponent(id)}`, body }, options);
    },
    /**
     * Delete a subscription.
     *
     * Deletes the subscription. Its pending deliveries end as `cancelled` with reason
     * `subscription_deleted`; its deliveries and attempts stay readable until their retention
     * ends.
     */
    delete(id: string, options?: CallOptions): Promise<void> {
      return http.json({ method: 'DELETE', path: `/subscriptions/${encodeURIComponent(id)}` }, options);
    },
    /**
     * Change a subscription (PATCH).
     *
     * Sets what the body names and leaves what it omits unchanged. `null` clears a field that may
     * be null. Objects (`headers`, `metadata`) and arrays are set whole, not merged.
     *
     * Once this has been answered, no later attempt uses the old values. Setting `status` to
     * `active` resumes a paused or disabled subscription and releases what it held, in order.
     */
    update(id: string, body: SubscriptionUpdate | Uint8Array, options?: CallOptions): Promise<Subscription> {
      return http.json({ method: 'PATCH', path: `/subscriptions/${encodeURIComponent(id)}`, body }, options);
    },
    /**
     * Send a sample event.
     *
     * Sends a sample event of type `posthorn.test` to the target at once, signed as any other,
     * whatever the subscription's status, event types and filter, and answers with the attempt. A
     * failing receiver is the attempt's `failure`, not an error here. There is one attempt; it
     * is not retried. Takes no body.
     */
    test(id: string, options?: CallOptions): Promise<Attempt> {
      return http.json({ method: 'POST', path: `/subscriptions/${encodeURIComponent(id)}/test` }, options);
    },
    /**
     * Get a subscription's secret.
     *
     * Answers the secret that signs, and until when older ones sign beside it. The call is
     * written to the audit log.
     */
    getSecret(id: string, options?: CallOptions): Promise<SigningSecret> {
      return http.json({ method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/secret` }, options);
    },
    /**
     * Rotate a subscription's secret.
     *
     * Gives the subscription a new secret. For `overlap_hours` the old ones go on: deliveries
     * carry a signature of each, and ingest takes any of them. At most 10 old secrets are kept.
     * `X-Hub-Signature-256` has room for one signature, which is the new secret's from now on.
     *
     * An Ed25519 key of the scheme `standard-webhooks-v1a` is replaced in the same way.
     */
    rotateSecret(id: string, body: SecretRotation | Uint8Array = {}, options?: CallOptions): Promise<SubscriptionWithSecret> {
      return http.json({ method: 'POST', path: `/subscriptions/${encodeURIComponent(id)}/secret/rotate`, body }, options);
    },
    /**
     * Get a subscription's public keys.
     *
     * Answers, as a JSON Web Key Set (RFC 7517), the Ed25519 keys that signatures of the scheme
     * `standard-webhooks-v1a` verify with, newest first; none where the subscription does not
     * use it. Receivers hold no API key, so none is asked for.
     */
    getKeySet(id: string, options?: CallOptions): Promise<KeySet> {
      return http.json({ method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/jwks.json` }, options);
    },
    /**
     * List a subscription's deliveries.
     *
     * Lists the subscription's deliveries, newest first, without those that its filter did not let
     * through: `GET /deliveries?subscription_id=…&reason=filtered` lists these.
     */
    listDeliveries(id: string, query?: ListSubscriptionDeliveriesQuery, options?: CallOptions): Promise<DeliveryList> {
      return http.json({ method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/deliveries`, query }, options);
    },
    /** The entries of all pages of `listDeliveries`. */
    iterateDeliveries(id: string, query?: ListSubscriptionDeliveriesQuery, options?: CallOptions): AsyncGenerator<Delivery, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/deliveries`, query }, 'data', options);
    },
    /**
     * List a subscription's attempts.
     *
     * Lists the attempts made for the subscription, newest first.
     */
    listAttempts(id: string, query?: ListSubscriptionAttemptsQuery, options?: CallOptions): Promise<AttemptList> {
      return http.json({ method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/attempts`, query }, options);
    },
    /** The entries of all pages of `listAttempts`. */
    iterateAttempts(id: string, query?: ListSubscriptionAttemptsQuery, options?: CallOptions): AsyncGenerator<Attempt, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/subscriptions/${encodeURIComponent(id)}/attempts`, query }, 'data', options);
    },
    /**
     * Try a filter on an event.
     *
     * Says whether an event passes a filter and, for each of the filter's conditions, whether it
     * holds and why not. The filter is in the body or that of a subscription; the event is in the
     * body or one that was received. Nothing is stored or sent.
     */
    testFilter(body: FilterTest | Uint8Array, options?: CallOptions): Promise<FilterTestResult> {
      return http.json({ method: 'POST', path: '/filters/test', body }, options);
    },
  };
}

/** Events for one subscription, sent by systems that sign their requests or hold an API key. */
export function ingest(http: Http) {
  return {
    /**
     * Send an event to one subscription.
     *
     * Takes any JSON document of at most 1 MiB and delivers exactly those bytes to the
     * subscription.
     *
     * **Event type**: the `X-Event-Type` header, else the `event_type` header, else a string
     * member `event_type` or `event` of a JSON object body, else `untyped`. A text in
     * `event_type` that cannot be a type is answered 400. A type the subscription does not want
     * is answered 204, and nothing is queued.
     *
     * **Signature**: hexadecimal HMAC-SHA256 of the raw body under the subscription's secret in
     * `X-Hub-Signature-256`, `X-Webhook-Signature` or `x-signature`, with or without the prefix
     * `sha256=`; or the three headers of Standard Webhooks. A wrong signature is 401 unless the
     * subscription's `ingest_signature` is `off`; a missing one is 401 when it is `required`.
     *
     * A valid signature stands in for an API key. Without a key, an unknown subscription is
     * answered as a wrong signature is.
     *
     * **Chains**: a delivery of Posthorn, this one or another, carries `Posthorn-Hops` and is
     * never
     * let in by its signature, only by an API key. Past 3 hops it is 508 `loop_detected`.
     *
     * A paused subscription takes the event and holds it.
     */
    forSubscription(subscriptionId: string, body: unknown, options?: CallOptions & { eventType?: string | undefined; idempotencyKey?: string | undefined }): Promise<IngestReceipt | undefined> {
      return http.json({ method: 'POST', path: `/ingest/${encodeURIComponent(subscriptionId)}`, body, headers: { 'X-Event-Type': options?.eventType, 'Idempotency-Key': options?.idempotencyKey }, takesIdempotencyKey: true }, options);
    },
    /**
     * Send an event in an envelope.
     *
     * Takes an envelope that names the subscription and the event type. The bytes of its `body`
     * member are cut out as they stand and delivered exactly so. The signature, in the headers
     * and under the rules of `POST /ingest/{subscription_id}`, is over the whole request body.
     *
     * `request_id` is the event's id: follow it at `GET /status/request/{event_id}`.
     */
    envelope(body: IngestEnvelope | Uint8Array, options?: CallOptions & { idempotencyKey?: string | undefined }): Promise<EnvelopeReceipt | undefined> {
      return http.json({ method: 'POST', path: '/ingest', body, headers: { 'Idempotency-Key': options?.idempotencyKey }, takesIdempotencyKey: true }, options);
    },
  };
}

/** Publishing to every matching subscription of a tenant, and what was received. */
export function events(http: Http) {
  return {
    /**
     * List events.
     *
     * Lists events, newest first.
     */
    list(query?: ListEventsQuery, options?: CallOptions): Promise<EventList> {
      return http.json({ method: 'GET', path: '/events', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListEventsQuery, options?: CallOptions): AsyncGenerator<Event, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/events', query }, 'data', options);
    },
    /**
     * Publish an event or a batch.
     *
     * Delivers each event to every subscription of its tenant that is not disabled and wants its
     * type; paused subscriptions hold it. The bytes of `payload` are cut out as they stand and
     * delivered exactly so.
     *
     * One object publishes one event. An array of 1 to 500 publishes a batch, of one tenant: all
     * of it or, on any error, none. An `Idempotency-Key` covers the whole request.
     *
     * A delivery of Posthorn, this one or another, carries `Posthorn-Hops`; past 3 hops it is 508
     * `loop_detected`.
     */
    publish(body: PublishEvent | Uint8Array, options?: CallOptions & { idempotencyKey?: string | undefined }): Promise<PublishReceipt> {
      return http.json({ method: 'POST', path: '/events', body, headers: { 'Idempotency-Key': options?.idempotencyKey }, takesIdempotencyKey: true }, options);
    },
    /**
     * Publish an event or a batch.
     *
     * Delivers each event to every subscription of its tenant that is not disabled and wants its
     * type; paused subscriptions hold it. The bytes of `payload` are cut out as they stand and
     * delivered exactly so.
     *
     * One object publishes one event. An array of 1 to 500 publishes a batch, of one tenant: all
     * of it or, on any error, none. An `Idempotency-Key` covers the whole request.
     *
     * A delivery of Posthorn, this one or another, carries `Posthorn-Hops`; past 3 hops it is 508
     * `loop_detected`.
     */
    publishBatch(body: PublishEvent[] | Uint8Array, options?: CallOptions & { idempotencyKey?: string | undefined }): Promise<PublishBatchReceipt> {
      return http.json({ method: 'POST', path: '/events', body, headers: { 'Idempotency-Key': options?.idempotencyKey }, takesIdempotencyKey: true }, options);
    },
    /**
     * Get an event.
     *
     * Answers the event with the number of its deliveries in each state.
     */
    get(id: string, options?: CallOptions): Promise<Event> {
      return http.json({ method: 'GET', path: `/events/${encodeURIComponent(id)}` }, options);
    },
    /**
     * Get an event's deliveries and attempts.
     *
     * Answers the event and a page of its deliveries, newest first, each with its attempts in the
     * order they were made.
     */
    getStatus(id: string, query?: GetEventStatusQuery, options?: CallOptions): Promise<EventStatus> {
      return http.json({ method: 'GET', path: `/events/${encodeURIComponent(id)}/status`, query }, options);
    },
    /** The entries of all pages of `getStatus`. */
    iterateStatus(id: string, query?: GetEventStatusQuery, options?: CallOptions): AsyncGenerator<DeliveryWithAttempts, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/events/${encodeURIComponent(id)}/status`, query }, 'deliveries', options);
    },
    /**
     * Get an event's payload.
     *
     * Answers the payload's bytes exactly as they were received and are delivered.
     */
    getPayload(id: string, options?: CallOptions): Promise<unknown> {
      return http.json({ method: 'GET', path: `/events/${encodeURIComponent(id)}/payload` }, options);
    },
  };
}

/** The catalogue of what is published, with schemas, examples and what is enforced. */
export function eventTypes(http: Http) {
  return {
    /**
     * List event types.
     *
     * Lists the catalogue by tenant and name.
     */
    list(query?: ListEventTypesQuery, options?: CallOptions): Promise<EventTypeList> {
      return http.json({ method: 'GET', path: '/event-types', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListEventTypesQuery, options?: CallOptions): AsyncGenerator<EventTypeEntry, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/event-types', query }, 'data', options);
    },
    /**
     * Describe an event type.
     *
     * Adds a type to a tenant's catalogue. `schema` is checked as JSON Schema 2020-12, and
     * `example` against it. While `enforce` is `off`, published payloads are not checked.
     */
    create(body: EventTypeCreate | Uint8Array, options?: CallOptions): Promise<EventTypeEntry> {
      return http.json({ method: 'POST', path: '/event-types', body }, options);
    },
    /**
     * Import event types from an OpenAPI document.
     *
     * Makes a type of each entry of `webhooks` in an OpenAPI 3.1 document, in JSON or YAML: its
     * name,
     * the description, the schema and the example of its JSON request body, and whether it is
     * deprecated. References within the document are followed. Types that the document does not
     * name, and what it cannot say (`enforce`, `replaced_by`), stay as they are. All of it is
     * imported or, on any error, none.
     */
    import(body: Record<string, unknown> | Uint8Array, query?: ImportEventTypesQuery, options?: CallOptions): Promise<EventTypeImport> {
      return http.json({ method: 'POST', path: '/event-types/import', query, body }, options);
    },
    /**
     * Get an event type.
     *
     * Answers the type as the catalogue has it now.
     */
    get(name: string, query?: GetEventTypeQuery, options?: CallOptions): Promise<EventTypeEntry> {
      return http.json({ method: 'GET', path: `/event-types/${encodeURIComponent(name)}`, query }, options);
    },
    /**
     * Change an event type (PUT).
     *
     * Sets what the body names and leaves what it omits unchanged, exactly as PATCH does.
     */
    replace(name: string, body: EventTypeUpdate | Uint8Array, query?: ReplaceEventTypeQuery, options?: CallOptions): Promise<EventTypeEntry> {
      return http.json({ method: 'PUT', path: `/event-types/${encodeURIComponent(name)}`, query, body }, options);
    },
    /**
     * Delete an event type.
     *
     * Takes the type out of the catalogue. Events of it, and subscriptions to it, stay what they
     * are; it is an unknown type from then on.
     */
    delete(name: string, query?: DeleteEventTypeQuery, options?: CallOptions): Promise<void> {
      return http.json({ method: 'DELETE', path: `/event-types/${encodeURIComponent(name)}`, query }, options);
    },
    /**
     * Change an event type (PATCH).
     *
     * Sets what the body names and leaves what it omits unchanged. `null` clears a field that may
     * be
     * null. A new schema raises `version` by one. A schema that breaks what consumers were
     * promised
     * is 409 unless `allow_breaking` is set.
     */
    update(name: string, body: EventTypeUpdate | Uint8Array, query?: UpdateEventTypeQuery, options?: CallOptions): Promise<EventTypeEntry> {
      return http.json({ method: 'PATCH', path: `/event-types/${encodeURIComponent(name)}`, query, body }, options);
    },
    /**
     * TypeScript types of the catalogue.
     *
     * A TypeScript module: one type for each event type's payload, and `EventPayloads`, which maps
     * names to them.
     */
    getDeclarations(query?: GetEventTypeDeclarationsQuery, options?: CallOptions): Promise<string> {
      return http.text({ method: 'GET', path: '/event-types.ts', query }, options);
    },
    /**
     * The catalogue as an OpenAPI document.
     *
     * The tenant's event types as `webhooks` of an OpenAPI 3.1 document: what
     * `POST /event-types/import` reads, and what tools make documentation and code from.
     */
    getDocument(query?: GetEventTypeDocumentQuery, options?: CallOptions): Promise<Record<string, unknown>> {
      return http.json({ method: 'GET', path: '/event-types.json', query }, options);
    },
  };
}

/** One event on its way to one subscription, and the attempts made. */
export function deliveries(http: Http) {
  return {
    /**
     * List deliveries.
     *
     * Lists deliveries, newest first. `status`, `reason` and `next_attempt_at` of each say why it
     * has not arrived. Those with the reason `filtered` are listed where they are asked for alone:
     * by that reason, or as those of an event. All that ended undelivered since a time is
     * `?status=failed&status=discarded&status=cancelled&created_after=…`; `POST
     * /subscriptions/{id}/replay` sends it again.
     */
    list(query?: ListDeliveriesQuery, options?: CallOptions): Promise<DeliveryList> {
      return http.json({ method: 'GET', path: '/deliveries', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListDeliveriesQuery, options?: CallOptions): AsyncGenerator<Delivery, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/deliveries', query }, 'data', options);
    },
    /**
     * Get a delivery.
     *
     * Answers the delivery as it is now. An attempt shows as `delivering` from its first moment:
     * workers are asked, and have a tenth of a second to answer. Lists go by what is stored, and
     * show an attempt once it has taken half a second.
     */
    get(id: string, options?: CallOptions): Promise<Delivery> {
      return http.json({ method: 'GET', path: `/deliveries/${encodeURIComponent(id)}` }, options);
    },
    /**
     * List a delivery's attempts.
     *
     * Lists the delivery's attempts in the order they were made.
     */
    listAttempts(id: string, query?: ListDeliveryAttemptsQuery, options?: CallOptions): Promise<AttemptList> {
      return http.json({ method: 'GET', path: `/deliveries/${encodeURIComponent(id)}/attempts`, query }, options);
    },
    /** The entries of all pages of `listAttempts`. */
    iterateAttempts(id: string, query?: ListDeliveryAttemptsQuery, options?: CallOptions): AsyncGenerator<Attempt, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/deliveries/${encodeURIComponent(id)}/attempts`, query }, 'data', options);
    },
    /**
     * Retry a delivery.
     *
     * Queues another attempt at once: of a delivery that ended undelivered, or of one that waits
     * for its next attempt. Refused with 409 when it has been delivered, while an attempt is under
     * way, and when the subscription is paused, disabled or deleted. Takes no body.
     */
    retry(id: string, options?: CallOptions): Promise<Delivery> {
      return http.json({ method: 'POST', path: `/deliveries/${encodeURIComponent(id)}/retry` }, options);
    },
    /**
     * Cancel a delivery.
     *
     * Ends a delivery that is queued, waits or is held, as `cancelled` with reason
     * `cancelled_by_request`. Every worker is asked first, so that once this has answered 200 the
     * delivery is not sent. Refused with 409 while an attempt is under way and once it has ended,
     * and with 409 and `Retry-After` while a worker does not say whether an attempt is under way:
     * one that has died or hangs is known to within a few seconds. An attempt that is under way on
     * a worker that dies is in no log. Takes no body.
     */
    cancel(id: string, options?: CallOptions): Promise<Delivery> {
      return http.json({ method: 'POST', path: `/deliveries/${encodeURIComponent(id)}/cancel` }, options);
    },
  };
}

/** Sending again what a time range holds, to the same subscription or to another. */
export function replays(http: Http) {
  return {
    /**
     * Replay a subscription's deliveries.
     *
     * Begins to send again what a time range of the subscription holds: by default its deliveries
     * that ended as `failed` or `discarded`. `dry_run` counts them and begins nothing.
     *
     * To the subscription itself, a delivery is queued again as `POST /deliveries/{id}/retry`
     * does it: it keeps its id and its attempts and gets a whole new schedule. To another
     * subscription of the tenant, named by `target_subscription_id`, each event gets a new
     * delivery. With `source: events` the replay covers not deliveries but all events of
     * the tenant of the types that the target takes: what a new subscription has missed. An
     * event of which the target has a delivery already is skipped, in either case.
     *
     * A paused target's deliveries are held until it is resumed. A replay works in the
     * background, from the oldest to the newest, and resumes where it left off when a
     * worker ends; nothing is left out or done twice. Deliveries that retention has dropped are
     * not
     * found: failed and discarded ones are kept for longer than the rest, 14 days by default.
     */
    replaySubscription(id: string, body: ReplayCreate | Uint8Array, options?: CallOptions): Promise<ReplayCount | Replay> {
      return http.json({ method: 'POST', path: `/subscriptions/${encodeURIComponent(id)}/replay`, body }, options);
    },
    /**
     * List replays.
     *
     * Lists replays, newest first. Those that have ended are kept as long as the audit log.
     */
    list(query?: ListReplaysQuery, options?: CallOptions): Promise<ReplayList> {
      return http.json({ method: 'GET', path: '/replays', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListReplaysQuery, options?: CallOptions): AsyncGenerator<Replay, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/replays', query }, 'data', options);
    },
    /**
     * Get a replay.
     *
     * Answers the replay as it is now.
     */
    get(id: string, options?: CallOptions): Promise<Replay> {
      return http.json({ method: 'GET', path: `/replays/${encodeURIComponent(id)}` }, options);
    },
    /**
     * Pause a replay.
     *
     * Stops a running replay until it is resumed. Deliveries that it has already queued are sent.
     * Pausing
     * a paused one changes nothing; of one that has ended it is refused with 409. Takes no body.
     */
    pause(id: string, options?: CallOptions): Promise<Replay> {
      return http.json({ method: 'POST', path: `/replays/${encodeURIComponent(id)}/pause` }, options);
    },
    /**
     * Resume a replay.
     *
     * Lets a paused replay go on from where it was, or one that failed since its target was
     * disabled. Resuming a running one changes nothing; of one that was completed or cancelled it
     * is refused with 409. Takes no body.
     */
    resume(id: string, options?: CallOptions): Promise<Replay> {
      return http.json({ method: 'POST', path: `/replays/${encodeURIComponent(id)}/resume` }, options);
    },
    /**
     * Cancel a replay.
     *
     * Ends a replay for good. Deliveries that it has already queued are sent. Cancelling a
     * cancelled one
     * changes nothing; of one that was completed it is refused with 409. Takes no body.
     */
    cancel(id: string, options?: CallOptions): Promise<Replay> {
      return http.json({ method: 'POST', path: `/replays/${encodeURIComponent(id)}/cancel` }, options);
    },
  };
}

/** Attempt logs by request and by subscription. */
export function status(http: Http) {
  return {
    /**
     * Get the attempt log of a request.
     *
     * Lists every attempt made for one event, over all its deliveries, in the order they were
     * made. Takes an event's `id`, or the `request_id` that `POST /ingest` answered.
     */
    getRequestStatus(eventId: string, query?: GetRequestStatusQuery, options?: CallOptions): Promise<AttemptList> {
      return http.json({ method: 'GET', path: `/status/request/${encodeURIComponent(eventId)}`, query }, options);
    },
    /** The entries of all pages of `getRequestStatus`. */
    iterateRequestStatus(eventId: string, query?: GetRequestStatusQuery, options?: CallOptions): AsyncGenerator<Attempt, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/status/request/${encodeURIComponent(eventId)}`, query }, 'data', options);
    },
    /**
     * Get the recent attempts of a subscription.
     *
     * Lists the attempts made for one subscription, newest first.
     */
    getSubscriptionStatus(id: string, query?: GetSubscriptionStatusQuery, options?: CallOptions): Promise<AttemptList> {
      return http.json({ method: 'GET', path: `/status/subscription/${encodeURIComponent(id)}`, query }, options);
    },
    /** The entries of all pages of `getSubscriptionStatus`. */
    iterateSubscriptionStatus(id: string, query?: GetSubscriptionStatusQuery, options?: CallOptions): AsyncGenerator<Attempt, void, undefined> {
      return iteratePages(http, { method: 'GET', path: `/status/subscription/${encodeURIComponent(id)}`, query }, 'data', options);
    },
  };
}

/** API keys, and who changed what. */
export function access(http: Http) {
  return {
    /**
     * List API keys.
     *
     * Lists the keys that have not been revoked, newest first; those of its tenant where the
     * caller's key is bound to one. Keys named in the service's environment are not among them.
     */
    listApiKeys(query?: ListApiKeysQuery, options?: CallOptions): Promise<ApiKeyList> {
      return http.json({ method: 'GET', path: '/api-keys', query }, options);
    },
    /** The entries of all pages of `listApiKeys`. */
    iterateApiKeys(query?: ListApiKeysQuery, options?: CallOptions): AsyncGenerator<ApiKey, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/api-keys', query }, 'data', options);
    },
    /**
     * Create an API key.
     *
     * Makes a key. `key` is in this answer and in no later one: what is stored is its digest.
     * A key bound to a tenant makes keys of that tenant alone.
     *
     * From the first key on, every request needs one, in every process within two seconds, and
     * deliveries to the machine of the service are held with the reason `loopback_closed`, unless
     * `ALLOW_PRIVATE_TARGETS` opens it. `notices` says so.
     */
    createApiKey(body: ApiKeyCreate | Uint8Array, options?: CallOptions): Promise<ApiKeyWithKey> {
      return http.json({ method: 'POST', path: '/api-keys', body }, options);
    },
    /**
     * Revoke an API key.
     *
     * Ends the key for good. The process that answers refuses it from then on, every other one
     * within five seconds.
     */
    revokeApiKey(id: string, options?: CallOptions): Promise<void> {
      return http.json({ method: 'DELETE', path: `/api-keys/${encodeURIComponent(id)}` }, options);
    },
    /**
     * Get the current session.
     *
     * The tenant and the rights of this request's key or portal session, and when it ends.
     */
    getSession(options?: CallOptions): Promise<Session> {
      return http.json({ method: 'GET', path: '/session' }, options);
    },
    /**
     * Read the audit log.
     *
     * Lists who changed what, newest first: every call by an `admin` of an operation that changes
     * something, or shows a secret, whatever its answer was. Events that are sent in are not in
     * it; they are their own record. A key bound to a tenant sees what concerns that tenant.
     */
    listAuditEntries(query?: ListAuditEntriesQuery, options?: CallOptions): Promise<AuditList> {
      return http.json({ method: 'GET', path: '/audit', query }, options);
    },
    /** The entries of all pages of `listAuditEntries`. */
    iterateAuditEntries(query?: ListAuditEntriesQuery, options?: CallOptions): AsyncGenerator<AuditEntry, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/audit', query }, 'data', options);
    },
  };
}

/** The owners of events and subscriptions, and the portal: a dashboard for one tenant. */
export function tenants(http: Http) {
  return {
    /**
     * List tenants.
     *
     * Lists tenants by name, each with its subscriptions and the results of its deliveries. For
     * keys of all tenants. A tenant exists while a subscription, an event within retention, an
     * API key or a portal session names it.
     */
    list(query?: ListTenantsQuery, options?: CallOptions): Promise<TenantList> {
      return http.json({ method: 'GET', path: '/tenants', query }, options);
    },
    /** The entries of all pages of `list`. */
    iterate(query?: ListTenantsQuery, options?: CallOptions): AsyncGenerator<TenantOverview, void, undefined> {
      return iteratePages(http, { method: 'GET', path: '/tenants', query }, 'data', options);
    },
    /**
     * Get a tenant.
     *
     * Answers what the list of tenants says of one.
     */
    get(tenant: string, options?: CallOptions): Promise<TenantOverview> {
      return http.json({ method: 'GET', path: `/tenants/${encodeURIComponent(tenant)}` }, options);
    },
    /**
     * Open the portal.
     *
     * Makes a link to a dashboard that shows this tenant alone, for its people to manage
     * their subscriptions. Anyone who has the link may use it until it expires. `url` and `token`
     * are in this answer and in no later one: what is stored is the token's digest.
     *
     * The token stands behind the `#` of the link, so that no server and no log sees it. It may
     * do what operations with `portal` in their `security` do; a session that is `read_only`,
     * those of them which a key of scope `read` may call as well. A portal session may not set a
     * subscription's `retry_schedule` and `ingest_signature`, and the subscriptions it makes have
     * `ingest_signature` `off`: how long events are kept waiting, and who may send events, is
     * not the subscriber's to say. Once the tenant has 100 subscriptions, it makes no more.
     *
     * The tenant need not exist yet.
     */
    createPortalSession(tenant: string, body: PortalSessionCreate | Uint8Array = {}, options?: CallOptions): Promise<PortalSession> {
      return http.json({ method: 'POST', path: `/tenants/${encodeURIComponent(tenant)}/portal-session`, body }, options);
    },
    /**
     * End all portal sessions of a tenant.
     *
     * Ends every session of the tenant, as ending them one by one does. Also answered where there
     * was none.
     */
    revokePortalSessions(tenant: string, options?: CallOptions): Promise<void> {
      return http.json({ method: 'DELETE', path: `/tenants/${encodeURIComponent(tenant)}/portal-session` }, options);
    },
    /**
     * End a portal session.
     *
     * Ends the session before it expires. The process that answers refuses its token from then
     * on, every other one within five seconds; so do streams that are open.
     */
    revokePortalSession(id: string, options?: CallOptions): Promise<void> {
      return http.json({ method: 'DELETE', path: `/portal-sessions/${encodeURIComponent(id)}` }, options);
    },
  };
}

/**
 * A built-in receiver that keeps the last requests it was sent and gives the answers asked of it.
 * Where it is switched off, both its operations answer 404.
 */
export function testReceiver(http: Http) {
  return {
    /**
     * List the requests the test receiver kept.
     *
     * Lists the last requests, newest first. They are kept in the memory of one process and are
     * few: there is never a second page, and `next_cursor` is always null.
     */
    listTestWebhooks(query?: ListTestWebhooksQuery, options?: CallOptions): Promise<TestWebhookList> {
      return http.json({ method: 'GET', path: '/webhook', query }, options);
    },
    /**
     * Receive a request, for testing.
     *
     * Keeps the request for `GET /webhook` and answers as `status` and `delay_ms` ask. Point a
     * subscription's `target_url` here to watch deliveries, retries and signatures.
     */
    receiveTestWebhook(body: unknown, query?: ReceiveTestWebhookQuery, options?: CallOptions): Promise<TestWebhookReceipt | undefined> {
      return http.json({ method: 'POST', path: '/webhook', query, body }, options);
    },
  };
}

/** Liveness, readiness, statistics, the live stream and metrics. */
export function operations(http: Http) {
  return {
    /**
     * Liveness.
     *
     * Answers while the process serves requests. Asks nothing of the database.
     */
    getHealth(options?: CallOptions): Promise<Health> {
      return http.json({ method: 'GET', path: '/health' }, options);
    },
    /**
     * Readiness.
     *
     * Names the state of the database, of Redis and of the workers. Ready means that an event
     * which is
     * published now would be stored, and that the worker of this process, if it has one, can
     * start;
     * `reasons` names what is in the way. Workers of other processes do not decide, so that events
     * are
     * taken in while they restart; without Redis Posthorn is slower, and no less ready. An answer
     * may
     * be a second old.
     */
    getReadiness(options?: CallOptions): Promise<Readiness> {
      return http.json({ method: 'GET', path: '/ready' }, options);
    },
    /**
     * Statistics.
     *
     * Counts, success rate and latencies over a window, in buckets, and what waits now. They come
     * from sums by minute and hour, a second or two behind, so that the answer takes the same
     * time at any size of history. A process that dies takes the counts of its last second with
     * it; events published from SQL are counted by their attempts alone. `attempts` are
     * `delivered` and `failed` together: an attempt fails whether or not more follow.
     */
    getStats(query?: GetStatsQuery, options?: CallOptions): Promise<Stats> {
      return http.json({ method: 'GET', path: '/stats', query }, options);
    },
    /**
     * Watch attempts live.
     *
     * Server-Sent Events of attempts and changes of state, of all processes, as they happen:
     *
     * - `attempt`: an `Attempt` with its `subscription_id`, `event_id`, `event_type` and `tenant`.
     * Its `id` is what `Last-Event-ID` takes.
     * - `delivery`: a `Delivery` whose state has changed, as it is now.
     * - `skipped`: `{ count }` attempts were left out, since there were more than 500 a second
     * from one process; `null` for more than 5,000 missed by who resumes. Filters are applied
     * before that.
     *
     * With `Last-Event-ID`, attempts missed since are sent first. One that ended within two
     * seconds of it may come again: compare `delivery_id` and `attempt_number`. A reader that does
     * not keep up is cut off, and may resume. Comments keep idle connections open.
     */
    openStream(query?: OpenStreamQuery, options?: CallOptions & { lastEventId?: string | undefined }): AsyncGenerator<StreamEvent, void, undefined> {
      return iterateEvents(http, { method: 'GET', path: '/stream', query, headers: { 'Last-Event-ID': options?.lastEventId } }, options);
    },
    /**
     * Workers, queue, cron and storage.
     *
     * The state of the service, for operators. For keys of all tenants. Counts of jobs and
     * deliveries
     * go to 100,000 and are a few seconds old.
     */
    get(options?: CallOptions): Promise<Operations> {
      return http.json({ method: 'GET', path: '/operations' }, options);
    },
    /**
     * Metrics for Prometheus.
     *
     * This process' metrics in the text format of Prometheus, and what it sees in the database;
     * while
     * that does not answer, `posthorn_database_up` is 0 and the rest of what is in it is left out.
     * For keys of all tenants. No label names a subscription, a tenant or an event type.
     */
    getMetrics(options?: CallOptions): Promise<string> {
      return http.text({ method: 'GET', path: '/metrics' }, options);
    },
  };
}

/** Every group, over one way to the service. */
export function resources(http: Http) {
  return {
    subscriptions: subscriptions(http),
    ingest: ingest(http),
    events: events(http),
    eventTypes: eventTypes(http),
    deliveries: deliveries(http),
    replays: replays(http),
    status: status(http),
    access: access(http),
    tenants: tenants(http),
    testReceiver: testReceiver(http),
    operations: operations(http),
  };
}

export type Resources = ReturnType<typeof resources>;
