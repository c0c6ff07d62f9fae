// Written by `npm run generate:sdks` from openapi.yaml.
export interface paths {
    "/subscriptions": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List subscriptions
         * @description Lists subscriptions, newest first.
         */
        get: operations["listSubscriptions"];
        put?: never;
        /**
         * Create a subscription
         * @description Subscribes an endpoint to event types of a tenant. The signing secret is in this answer;
         *     later on, only `GET /subscriptions/{id}/secret` shows it.
         *
         *     The target is checked as far as it can be without the network; what its name resolves to
         *     is checked again each time a connection is made.
         */
        post: operations["createSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * Get a subscription
         * @description Answers the subscription as it is now, without its secret.
         */
        get: operations["getSubscription"];
        /**
         * Change a subscription (PUT)
         * @description Sets what the body names and leaves what it omits unchanged, exactly as PATCH does: clients
         *     of earlier services rely on it. `null` clears a field that may be null.
         *
         *     Once this has been answered, no later attempt uses the old values. Setting `status` to
         *     `active` resumes a paused or disabled subscription and releases what it held, in order.
         */
        put: operations["replaceSubscription"];
        post?: never;
        /**
         * Delete a subscription
         * @description Deletes the subscription. Its pending deliveries end as `cancelled` with reason
         *     `subscription_deleted`; its deliveries and attempts stay readable until their retention ends.
         */
        delete: operations["deleteSubscription"];
        options?: never;
        head?: never;
        /**
         * Change a subscription (PATCH)
         * @description Sets what the body names and leaves what it omits unchanged. `null` clears a field that may
         *     be null. Objects (`headers`, `metadata`) and arrays are set whole, not merged.
         *
         *     Once this has been answered, no later attempt uses the old values. Setting `status` to
         *     `active` resumes a paused or disabled subscription and releases what it held, in order.
         */
        patch: operations["updateSubscription"];
        trace?: never;
    };
    "/subscriptions/{id}/test": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send a sample event
         * @description Sends a sample event of type `posthorn.test` to the target at once, signed as any other,
         *     whatever the subscription's status, event types and filter, and answers with the attempt. A
         *     failing receiver is the attempt's `failure`, not an error here. There is one attempt; it
         *     is not retried. Takes no body.
         */
        post: operations["testSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/replay": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Replay a subscription's deliveries
         * @description Begins to send again what a time range of the subscription holds: by default its deliveries
         *     that ended as `failed` or `discarded`. `dry_run` counts them and begins nothing.
         *
         *     To the subscription itself, a delivery is queued again as `POST /deliveries/{id}/retry`
         *     does it: it keeps its id and its attempts and gets a whole new schedule. To another
         *     subscription of the tenant, named by `target_subscription_id`, each event gets a new
         *     delivery. With `source: events` the replay covers not deliveries but all events of
         *     the tenant of the types that the target takes: what a new subscription has missed. An
         *     event of which the target has a delivery already is skipped, in either case.
         *
         *     A paused target's deliveries are held until it is resumed. A replay works in the
         *     background, from the oldest to the newest, and resumes where it left off when a
         *     worker ends; nothing is left out or done twice. Deliveries that retention has dropped are not
         *     found: failed and discarded ones are kept for longer than the rest, 14 days by default.
         */
        post: operations["replaySubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/secret": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * Get a subscription's secret
         * @description Answers the secret that signs, and until when older ones sign beside it. The call is
         *     written to the audit log.
         */
        get: operations["getSubscriptionSecret"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/secret/rotate": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Rotate a subscription's secret
         * @description Gives the subscription a new secret. For `overlap_hours` the old ones go on: deliveries
         *     carry a signature of each, and ingest takes any of them. At most 10 old secrets are kept.
         *     `X-Hub-Signature-256` has room for one signature, which is the new secret's from now on.
         *
         *     An Ed25519 key of the scheme `standard-webhooks-v1a` is replaced in the same way.
         */
        post: operations["rotateSubscriptionSecret"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/jwks.json": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * Get a subscription's public keys
         * @description Answers, as a JSON Web Key Set (RFC 7517), the Ed25519 keys that signatures of the scheme
         *     `standard-webhooks-v1a` verify with, newest first; none where the subscription does not
         *     use it. Receivers hold no API key, so none is asked for.
         */
        get: operations["getSubscriptionKeySet"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * List a subscription's deliveries
         * @description Lists the subscription's deliveries, newest first, without those that its filter did not let
         *     through: `GET /deliveries?subscription_id=…&reason=filtered` lists these.
         */
        get: operations["listSubscriptionDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/subscriptions/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * List a subscription's attempts
         * @description Lists the attempts made for the subscription, newest first.
         */
        get: operations["listSubscriptionAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/filters/test": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Try a filter on an event
         * @description Says whether an event passes a filter and, for each of the filter's conditions, whether it
         *     holds and why not. The filter is in the body or that of a subscription; the event is in the
         *     body or one that was received. Nothing is stored or sent.
         */
        post: operations["testFilter"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ingest/{subscription_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event to one subscription
         * @description Takes any JSON document of at most 1 MiB and delivers exactly those bytes to the
         *     subscription.
         *
         *     **Event type**: the `X-Event-Type` header, else the `event_type` header, else a string
         *     member `event_type` or `event` of a JSON object body, else `untyped`. A text in
         *     `event_type` that cannot be a type is answered 400. A type the subscription does not want
         *     is answered 204, and nothing is queued.
         *
         *     **Signature**: hexadecimal HMAC-SHA256 of the raw body under the subscription's secret in
         *     `X-Hub-Signature-256`, `X-Webhook-Signature` or `x-signature`, with or without the prefix
         *     `sha256=`; or the three headers of Standard Webhooks. A wrong signature is 401 unless the
         *     subscription's `ingest_signature` is `off`; a missing one is 401 when it is `required`.
         *
         *     A valid signature stands in for an API key. Without a key, an unknown subscription is
         *     answered as a wrong signature is.
         *
         *     **Chains**: a delivery of Posthorn, this one or another, carries `Posthorn-Hops` and is never
         *     let in by its signature, only by an API key. Past 3 hops it is 508 `loop_detected`.
         *
         *     A paused subscription takes the event and holds it.
         */
        post: operations["ingestForSubscription"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ingest": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Send an event in an envelope
         * @description Takes an envelope that names the subscription and the event type. The bytes of its `body`
         *     member are cut out as they stand and delivered exactly so. The signature, in the headers
         *     and under the rules of `POST /ingest/{subscription_id}`, is over the whole request body.
         *
         *     `request_id` is the event's id: follow it at `GET /status/request/{event_id}`.
         */
        post: operations["ingestEnvelope"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List events
         * @description Lists events, newest first.
         */
        get: operations["listEvents"];
        put?: never;
        /**
         * Publish an event or a batch
         * @description Delivers each event to every subscription of its tenant that is not disabled and wants its
         *     type; paused subscriptions hold it. The bytes of `payload` are cut out as they stand and
         *     delivered exactly so.
         *
         *     One object publishes one event. An array of 1 to 500 publishes a batch, of one tenant: all
         *     of it or, on any error, none. An `Idempotency-Key` covers the whole request.
         *
         *     A delivery of Posthorn, this one or another, carries `Posthorn-Hops`; past 3 hops it is 508
         *     `loop_detected`.
         */
        post: operations["publishEvents"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        /**
         * Get an event
         * @description Answers the event with the number of its deliveries in each state.
         */
        get: operations["getEvent"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{id}/status": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        /**
         * Get an event's deliveries and attempts
         * @description Answers the event and a page of its deliveries, newest first, each with its attempts in the
         *     order they were made.
         */
        get: operations["getEventStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/events/{id}/payload": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        /**
         * Get an event's payload
         * @description Answers the payload's bytes exactly as they were received and are delivered.
         */
        get: operations["getEventPayload"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List event types
         * @description Lists the catalogue by tenant and name.
         */
        get: operations["listEventTypes"];
        put?: never;
        /**
         * Describe an event type
         * @description Adds a type to a tenant's catalogue. `schema` is checked as JSON Schema 2020-12, and
         *     `example` against it. While `enforce` is `off`, published payloads are not checked.
         */
        post: operations["createEventType"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types/import": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Import event types from an OpenAPI document
         * @description Makes a type of each entry of `webhooks` in an OpenAPI 3.1 document, in JSON or YAML: its name,
         *     the description, the schema and the example of its JSON request body, and whether it is
         *     deprecated. References within the document are followed. Types that the document does not
         *     name, and what it cannot say (`enforce`, `replaced_by`), stay as they are. All of it is
         *     imported or, on any error, none.
         */
        post: operations["importEventTypes"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types/{name}": {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
            };
            header?: never;
            path: {
                /**
                 * @description The event type's name.
                 * @example order.created
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        /**
         * Get an event type
         * @description Answers the type as the catalogue has it now.
         */
        get: operations["getEventType"];
        /**
         * Change an event type (PUT)
         * @description Sets what the body names and leaves what it omits unchanged, exactly as PATCH does.
         */
        put: operations["replaceEventType"];
        post?: never;
        /**
         * Delete an event type
         * @description Takes the type out of the catalogue. Events of it, and subscriptions to it, stay what they
         *     are; it is an unknown type from then on.
         */
        delete: operations["deleteEventType"];
        options?: never;
        head?: never;
        /**
         * Change an event type (PATCH)
         * @description Sets what the body names and leaves what it omits unchanged. `null` clears a field that may be
         *     null. A new schema raises `version` by one. A schema that breaks what consumers were promised
         *     is 409 unless `allow_breaking` is set.
         */
        patch: operations["updateEventType"];
        trace?: never;
    };
    "/event-types.ts": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * TypeScript types of the catalogue
         * @description A TypeScript module: one type for each event type's payload, and `EventPayloads`, which maps
         *     names to them.
         */
        get: operations["getEventTypeDeclarations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/event-types.json": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * The catalogue as an OpenAPI document
         * @description The tenant's event types as `webhooks` of an OpenAPI 3.1 document: what
         *     `POST /event-types/import` reads, and what tools make documentation and code from.
         */
        get: operations["getEventTypeDocument"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List deliveries
         * @description Lists deliveries, newest first. `status`, `reason` and `next_attempt_at` of each say why it
         *     has not arrived. Those with the reason `filtered` are listed where they are asked for alone:
         *     by that reason, or as those of an event. All that ended undelivered since a time is
         *     `?status=failed&status=discarded&status=cancelled&created_after=…`; `POST
         *     /subscriptions/{id}/replay` sends it again.
         */
        get: operations["listDeliveries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        /**
         * Get a delivery
         * @description Answers the delivery as it is now. An attempt shows as `delivering` from its first moment:
         *     workers are asked, and have a tenth of a second to answer. Lists go by what is stored, and
         *     show an attempt once it has taken half a second.
         */
        get: operations["getDelivery"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{id}/attempts": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        /**
         * List a delivery's attempts
         * @description Lists the delivery's attempts in the order they were made.
         */
        get: operations["listDeliveryAttempts"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{id}/retry": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Retry a delivery
         * @description Queues another attempt at once: of a delivery that ended undelivered, or of one that waits
         *     for its next attempt. Refused with 409 when it has been delivered, while an attempt is under
         *     way, and when the subscription is paused, disabled or deleted. Takes no body.
         */
        post: operations["retryDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/deliveries/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a delivery
         * @description Ends a delivery that is queued, waits or is held, as `cancelled` with reason
         *     `cancelled_by_request`. Every worker is asked first, so that once this has answered 200 the
         *     delivery is not sent. Refused with 409 while an attempt is under way and once it has ended,
         *     and with 409 and `Retry-After` while a worker does not say whether an attempt is under way:
         *     one that has died or hangs is known to within a few seconds. An attempt that is under way on
         *     a worker that dies is in no log. Takes no body.
         */
        post: operations["cancelDelivery"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List replays
         * @description Lists replays, newest first. Those that have ended are kept as long as the audit log.
         */
        get: operations["listReplays"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        /**
         * Get a replay
         * @description Answers the replay as it is now.
         */
        get: operations["getReplay"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{id}/pause": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Pause a replay
         * @description Stops a running replay until it is resumed. Deliveries that it has already queued are sent. Pausing
         *     a paused one changes nothing; of one that has ended it is refused with 409. Takes no body.
         */
        post: operations["pauseReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{id}/resume": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Resume a replay
         * @description Lets a paused replay go on from where it was, or one that failed since its target was
         *     disabled. Resuming a running one changes nothing; of one that was completed or cancelled it
         *     is refused with 409. Takes no body.
         */
        post: operations["resumeReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/replays/{id}/cancel": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Cancel a replay
         * @description Ends a replay for good. Deliveries that it has already queued are sent. Cancelling a cancelled one
         *     changes nothing; of one that was completed it is refused with 409. Takes no body.
         */
        post: operations["cancelReplay"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/status/request/{event_id}": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the attempt log of a request
         * @description Lists every attempt made for one event, over all its deliveries, in the order they were
         *     made. Takes an event's `id`, or the `request_id` that `POST /ingest` answered.
         */
        get: operations["getRequestStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/status/subscription/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        /**
         * Get the recent attempts of a subscription
         * @description Lists the attempts made for one subscription, newest first.
         */
        get: operations["getSubscriptionStatus"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List API keys
         * @description Lists the keys that have not been revoked, newest first; those of its tenant where the
         *     caller's key is bound to one. Keys named in the service's environment are not among them.
         */
        get: operations["listApiKeys"];
        put?: never;
        /**
         * Create an API key
         * @description Makes a key. `key` is in this answer and in no later one: what is stored is its digest.
         *     A key bound to a tenant makes keys of that tenant alone.
         *
         *     From the first key on, every request needs one, in every process within two seconds, and
         *     deliveries to the machine of the service are held with the reason `loopback_closed`, unless
         *     `ALLOW_PRIVATE_TARGETS` opens it. `notices` says so.
         */
        post: operations["createApiKey"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/api-keys/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The API key's id, which is not the key.
                 * @example 019aac0b-4b10-7c66-8d04-5e7f1a2b3c4d
                 */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * Revoke an API key
         * @description Ends the key for good. The process that answers refuses it from then on, every other one
         *     within five seconds.
         */
        delete: operations["revokeApiKey"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/session": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Get the current session
         * @description The tenant and the rights of this request's key or portal session, and when it ends.
         */
        get: operations["getSession"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List tenants
         * @description Lists tenants by name, each with its subscriptions and the results of its deliveries. For
         *     keys of all tenants. A tenant exists while a subscription, an event within retention, an
         *     API key or a portal session names it.
         */
        get: operations["listTenants"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{tenant}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The tenant's name.
                 * @example acme
                 */
                tenant: components["parameters"]["TenantPath"];
            };
            cookie?: never;
        };
        /**
         * Get a tenant
         * @description Answers what the list of tenants says of one.
         */
        get: operations["getTenant"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/tenants/{tenant}/portal-session": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The tenant's name.
                 * @example acme
                 */
                tenant: components["parameters"]["TenantPath"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        /**
         * Open the portal
         * @description Makes a link to a dashboard that shows this tenant alone, for its people to manage
         *     their subscriptions. Anyone who has the link may use it until it expires. `url` and `token`
         *     are in this answer and in no later one: what is stored is the token's digest.
         *
         *     The token stands behind the `#` of the link, so that no server and no log sees it. It may
         *     do what operations with `portal` in their `security` do; a session that is `read_only`,
         *     those of them which a key of scope `read` may call as well. A portal session may not set a
         *     subscription's `retry_schedule` and `ingest_signature`, and the subscriptions it makes have
         *     `ingest_signature` `off`: how long events are kept waiting, and who may send events, is
         *     not the subscriber's to say. Once the tenant has 100 subscriptions, it makes no more.
         *
         *     The tenant need not exist yet.
         */
        post: operations["createPortalSession"];
        /**
         * End all portal sessions of a tenant
         * @description Ends every session of the tenant, as ending them one by one does. Also answered where there
         *     was none.
         */
        delete: operations["revokePortalSessions"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/portal-sessions/{id}": {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The session's id, which is not its token.
                 * @example 019aac0b-4c21-7f4e-a1d3-8b6c5e4f3a2b
                 */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        get?: never;
        put?: never;
        post?: never;
        /**
         * End a portal session
         * @description Ends the session before it expires. The process that answers refuses its token from then
         *     on, every other one within five seconds; so do streams that are open.
         */
        delete: operations["revokePortalSession"];
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/audit": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Read the audit log
         * @description Lists who changed what, newest first: every call by an `admin` of an operation that changes
         *     something, or shows a secret, whatever its answer was. Events that are sent in are not in
         *     it; they are their own record. A key bound to a tenant sees what concerns that tenant.
         */
        get: operations["listAuditEntries"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/webhook": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * List the requests the test receiver kept
         * @description Lists the last requests, newest first. They are kept in the memory of one process and are
         *     few: there is never a second page, and `next_cursor` is always null.
         */
        get: operations["listTestWebhooks"];
        put?: never;
        /**
         * Receive a request, for testing
         * @description Keeps the request for `GET /webhook` and answers as `status` and `delay_ms` ask. Point a
         *     subscription's `target_url` here to watch deliveries, retries and signatures.
         */
        post: operations["receiveTestWebhook"];
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/health": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Liveness
         * @description Answers while the process serves requests. Asks nothing of the database.
         */
        get: operations["getHealth"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/ready": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Readiness
         * @description Names the state of the database, of Redis and of the workers. Ready means that an event which is
         *     published now would be stored, and that the worker of this process, if it has one, can start;
         *     `reasons` names what is in the way. Workers of other processes do not decide, so that events are
         *     taken in while they restart; without Redis Posthorn is slower, and no less ready. An answer may
         *     be a second old.
         */
        get: operations["getReadiness"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stats": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Statistics
         * @description Counts, success rate and latencies over a window, in buckets, and what waits now. They come
         *     from sums by minute and hour, a second or two behind, so that the answer takes the same
         *     time at any size of history. A process that dies takes the counts of its last second with
         *     it; events published from SQL are counted by their attempts alone. `attempts` are
         *     `delivered` and `failed` together: an attempt fails whether or not more follow.
         */
        get: operations["getStats"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/stream": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Watch attempts live
         * @description Server-Sent Events of attempts and changes of state, of all processes, as they happen:
         *
         *     - `attempt`: an `Attempt` with its `subscription_id`, `event_id`, `event_type` and `tenant`.
         *       Its `id` is what `Last-Event-ID` takes.
         *     - `delivery`: a `Delivery` whose state has changed, as it is now.
         *     - `skipped`: `{ count }` attempts were left out, since there were more than 500 a second
         *       from one process; `null` for more than 5,000 missed by who resumes. Filters are applied
         *       before that.
         *
         *     With `Last-Event-ID`, attempts missed since are sent first. One that ended within two
         *     seconds of it may come again: compare `delivery_id` and `attempt_number`. A reader that does
         *     not keep up is cut off, and may resume. Comments keep idle connections open.
         */
        get: operations["openStream"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/operations": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Workers, queue, cron and storage
         * @description The state of the service, for operators. For keys of all tenants. Counts of jobs and deliveries
         *     go to 100,000 and are a few seconds old.
         */
        get: operations["getOperations"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
    "/metrics": {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        /**
         * Metrics for Prometheus
         * @description This process' metrics in the text format of Prometheus, and what it sees in the database; while
         *     that does not answer, `posthorn_database_up` is 0 and the rest of what is in it is left out.
         *     For keys of all tenants. No label names a subscription, a tenant or an event type.
         */
        get: operations["getMetrics"];
        put?: never;
        post?: never;
        delete?: never;
        options?: never;
        head?: never;
        patch?: never;
        trace?: never;
    };
}
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /**
         * Format: uuid
         * @description A UUIDv7 in lower case. Its first 48 bits are the time it was made at.
         * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
         */
        Id: string;
        /**
         * Format: date-time
         * @description An RFC 3339 time.
         * @example 2025-11-22T14:50:12.345Z
         */
        Timestamp: string;
        /**
         * @description Whose it is. `default` where none was named.
         * @example acme
         */
        Tenant: string;
        /**
         * @description The name of an event type.
         * @example order.created
         */
        EventType: string;
        /**
         * @description An event type, or several by a wildcard; `*` stands for any run of characters.
         * @example order.*
         */
        EventTypePattern: string;
        /**
         * @description The event types wanted. `null` means all of them, as does the empty list, which becomes
         *     `null`.
         */
        EventTypes: components["schemas"]["EventTypePattern"][] | null;
        /** @description Any JSON value. */
        JsonValue: unknown;
        /**
         * @description - `active`: deliveries are made.
         *     - `paused`: deliveries are held until it is resumed.
         *     - `disabled`: Posthorn stopped delivering; `disabled_reason` says why. Setting `active`
         *       resumes it.
         * @enum {string}
         */
        SubscriptionStatus: "active" | "paused" | "disabled";
        /**
         * @description The states that can be set.
         * @enum {string}
         */
        SettableSubscriptionStatus: "active" | "paused";
        /**
         * @description - `standard-webhooks`: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
         *     - `standard-webhooks-v1a`: the same headers, signed with an Ed25519 key that Posthorn makes;
         *       its public half is at `GET /subscriptions/{id}/jwks.json`.
         *     - `github`: `X-Hub-Signature-256`.
         *     - `stripe`: `Stripe-Signature`.
         * @enum {string}
         */
        SignatureScheme: "standard-webhooks" | "standard-webhooks-v1a" | "github" | "stripe";
        /** @description How deliveries are signed. `[standard-webhooks]` where none was named. */
        SignatureSchemes: components["schemas"]["SignatureScheme"][];
        /**
         * @description How signatures on ingest are treated. `optional` unless set.
         *
         *     - `off`: they are ignored, so that an API key is needed.
         *     - `optional`: one that is given must be right.
         *     - `required`: one must be given and be right.
         * @enum {string}
         */
        IngestSignature: "off" | "optional" | "required";
        /**
         * @description Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
         *     `Content-Length`, `Connection`, `webhook-id`, …) are refused.
         *
         *     Values may be secret, so only callers who may change the subscription see them; to read keys
         *     and read-only portal sessions each is `***`. That is refused as a value: leave `headers` out
         *     to keep them as they are.
         * @example {
         *       "X-Environment": "production"
         *     }
         */
        CustomHeaders: {
            [key: string]: string;
        };
        /**
         * @description Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
         *     joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
         *     delivery whose event does not match ends as `discarded` with the reason `filtered`, without
         *     an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
         *     is the reference.
         * @example {
         *       "payload": {
         *         "order.total": {
         *           "$gte": 100
         *         },
         *         "order.currency": {
         *           "$in": [
         *             "EUR",
         *             "CHF"
         *           ]
         *         }
         *       }
         *     }
         */
        SubscriptionFilter: {
            [key: string]: unknown;
        } | null;
        /** @description One of `filter` and `subscription_id`, and one of `event` and `event_id`. */
        FilterTest: {
            filter?: components["schemas"]["SubscriptionFilter"];
            subscription_id?: components["schemas"]["Id"];
            event_id?: components["schemas"]["Id"];
            event?: {
                event_type: components["schemas"]["EventType"];
                payload: components["schemas"]["JsonValue"];
                headers?: components["schemas"]["CustomHeaders"];
            };
        };
        FilterTestResult: {
            /** @description Whether the event would be delivered, as far as the filter goes. */
            matches: boolean;
            /** @description Every condition of the filter, in its order. */
            explanation: components["schemas"]["FilterCondition"][];
        };
        FilterCondition: {
            /** @description A JSON pointer to the condition in the filter. */
            pointer: string;
            /** @description Where it looked. */
            path: string;
            /** @description How it compares. */
            operator: string;
            /** @description The operand. */
            expected: unknown;
            /**
             * @description The values found: none, one, or several where lists lie on the way. At most ten,
             *     and long ones are cut short.
             */
            actual: unknown[];
            /** @description Whether the condition itself holds. */
            matches: boolean;
            /** @description Whether a `$not` around it wants the opposite. */
            negated: boolean;
            /** @description Why it does not hold; `null` where it does. */
            detail: string | null;
        };
        /**
         * @description The caller's own notes. Posthorn does not look at them.
         * @example {
         *       "team": "fulfilment"
         *     }
         */
        Metadata: {
            [key: string]: string;
        };
        /** @description A name for people. */
        SubscriptionName: string | null;
        /** @description A description for people. */
        SubscriptionDescription: string | null;
        /**
         * Format: iri
         * @description Where to deliver: `http` or `https`, without user information. Private, loopback and other
         *     special addresses are refused unless the operator allows them, and so are names that mean
         *     something in a private network alone, like `.internal`, `.local` and `.test`. A host in other
         *     letters than ASCII is kept as punycode.
         *
         *     Only callers who may change the subscription see it whole. To read keys and read-only portal
         *     sessions every query value and fragment is `***`, and so is every segment of the path and
         *     every parameter whose name is not made of words of up to 13 letters or a short number. The
         *     host is always shown. A URL with `***` in place of such a part is refused: leave
         *     `target_url` out to keep it as it is.
         * @example https://receiver.example/hooks
         */
        TargetUrl: string;
        /** @description The most attempts started per second. `null` means no limit. */
        RateLimit: number | null;
        /** @description The most attempts under way at once. `null` means the service's default. */
        MaxConcurrency: number | null;
        /**
         * @description The waits between attempts. `null` means the service's default.
         *
         *     - a list of waits, as `10s,30s,1m,5m,15m`: six attempts in all.
         *     - `exponential:2m:5`: a first wait, doubled each time, and their number.
         *     - `standard-webhooks`: the ten attempts over three days that the specification recommends.
         *       The service's default, unless it is set up otherwise.
         *     - `svix`: eight attempts over 27 hours.
         *     - `exponential`: the same as `exponential:2m:5`, six attempts over an hour.
         *     - `short`: the same as `10s,30s,1m,5m,15m`, six attempts over 22 minutes.
         *     - `none`: one attempt only.
         *
         *     Each wait varies by up to a fifth either way.
         * @example 10s,30s,1m,5m,15m
         */
        RetrySchedule: string | null;
        /**
         * @description The deadline of one attempt, from connecting to the last byte of the answer, in
         *     milliseconds. `null` means the service's default.
         */
        TimeoutMs: number | null;
        /**
         * @description Events with the same key reach each subscription one at a time, in the order they were
         *     accepted.
         * @example order-8123
         */
        OrderingKey: string;
        /**
         * @description Signs deliveries and verifies signatures on ingest. The part after `whsec_` is decoded as
         *     base64, and must be 16 bytes or more in base64 with its padding, so that every verifier reads
         *     the same key; any other secret is used as its UTF-8 bytes. Where `standard-webhooks` is the
         *     only scheme, a base64 text needs `whsec_` before it.
         */
        SubscriptionSecret: string;
        SubscriptionCreate: {
            tenant?: components["schemas"]["Tenant"];
            name?: components["schemas"]["SubscriptionName"];
            description?: components["schemas"]["SubscriptionDescription"];
            target_url: components["schemas"]["TargetUrl"];
            event_types?: components["schemas"]["EventTypes"];
            filter?: components["schemas"]["SubscriptionFilter"];
            /** @description The signing secret. One is generated (`whsec_…`) where none is given. */
            secret?: components["schemas"]["SubscriptionSecret"];
            status?: components["schemas"]["SettableSubscriptionStatus"];
            signature_schemes?: components["schemas"]["SignatureSchemes"];
            ingest_signature?: components["schemas"]["IngestSignature"];
            headers?: components["schemas"]["CustomHeaders"];
            rate_limit?: components["schemas"]["RateLimit"];
            max_concurrency?: components["schemas"]["MaxConcurrency"];
            retry_schedule?: components["schemas"]["RetrySchedule"];
            timeout_ms?: components["schemas"]["TimeoutMs"];
            metadata?: components["schemas"]["Metadata"];
        };
        /** @description The fields to change; all others stay as they are. The tenant cannot be changed. */
        SubscriptionUpdate: {
            name?: components["schemas"]["SubscriptionName"];
            description?: components["schemas"]["SubscriptionDescription"];
            target_url?: components["schemas"]["TargetUrl"];
            event_types?: components["schemas"]["EventTypes"];
            filter?: components["schemas"]["SubscriptionFilter"];
            /**
             * @description The new signing secret. It replaces the old one at once, and those that an earlier
             *     rotation lets go on beside it. Rotating it keeps the old one for a while.
             */
            secret?: components["schemas"]["SubscriptionSecret"];
            status?: components["schemas"]["SettableSubscriptionStatus"];
            signature_schemes?: components["schemas"]["SignatureSchemes"];
            ingest_signature?: components["schemas"]["IngestSignature"];
            headers?: components["schemas"]["CustomHeaders"];
            rate_limit?: components["schemas"]["RateLimit"];
            max_concurrency?: components["schemas"]["MaxConcurrency"];
            retry_schedule?: components["schemas"]["RetrySchedule"];
            timeout_ms?: components["schemas"]["TimeoutMs"];
            metadata?: components["schemas"]["Metadata"];
        };
        /**
         * @description How delivering to the subscription goes at this moment, over all workers. Present when one
         *     subscription is asked for.
         */
        SubscriptionState: {
            /**
             * @description `open` after ten failures in a row: nothing is sent until `resumes_at`. Then `half_open`:
             *     a single attempt probes the receiver.
             * @enum {string}
             */
            breaker: "closed" | "open" | "half_open";
            /**
             * @description Attempts that may be under way at once. Grows while the receiver keeps up, halves when it
             *     does not. Null when no worker has sent anything lately.
             */
            concurrency: number | null;
            /** @description Attempts under way. */
            in_flight: number;
            /** @description Deliveries held until the receiver can take them; counted up to 10,000. */
            parked: number;
            /**
             * Format: date-time
             * @description When the next attempt may start, while that is in the future.
             */
            resumes_at: string | null;
            /**
             * Format: date-time
             * @description Since when every attempt has failed.
             */
            failing_since: string | null;
        };
        Subscription: {
            id: components["schemas"]["Id"];
            tenant: components["schemas"]["Tenant"];
            name: components["schemas"]["SubscriptionName"];
            description: components["schemas"]["SubscriptionDescription"];
            target_url: components["schemas"]["TargetUrl"];
            event_types: components["schemas"]["EventTypes"];
            filter: components["schemas"]["SubscriptionFilter"];
            status: components["schemas"]["SubscriptionStatus"];
            /** @description Why Posthorn disabled it, while it is disabled. */
            disabled_reason: string | null;
            signature_schemes: components["schemas"]["SignatureSchemes"];
            ingest_signature: components["schemas"]["IngestSignature"];
            headers: components["schemas"]["CustomHeaders"];
            rate_limit: components["schemas"]["RateLimit"];
            max_concurrency: components["schemas"]["MaxConcurrency"];
            retry_schedule: components["schemas"]["RetrySchedule"];
            timeout_ms: components["schemas"]["TimeoutMs"];
            metadata: components["schemas"]["Metadata"];
            created_at: components["schemas"]["Timestamp"];
            updated_at: components["schemas"]["Timestamp"];
            state?: components["schemas"]["SubscriptionState"];
        };
        /** @description A subscription together with its signing secret. */
        SubscriptionWithSecret: components["schemas"]["Subscription"] & {
            /** @description The signing secret. */
            secret: string;
        };
        SigningSecret: {
            /** @description Signs deliveries and verifies signatures on ingest. */
            secret: string;
            /**
             * @description The Ed25519 public key, `whpk_` and base64; `null` where `standard-webhooks-v1a` is not
             *     among the schemes.
             */
            public_key: string | null;
            /** @description The previous secrets, newest first, which stay valid until they expire. */
            previous: {
                created_at: components["schemas"]["Timestamp"];
                expires_at: components["schemas"]["Timestamp"];
            }[];
        };
        SecretRotation: {
            /** @description The new secret. One is generated (`whsec_…`) where none is given. */
            secret?: components["schemas"]["SubscriptionSecret"];
            /** @description How long the old secrets stay valid. 24 unless given; 0 ends them at once. */
            overlap_hours?: number;
        };
        KeySet: {
            keys: {
                kty: string;
                crv: string;
                x: string;
                kid: string;
                alg: string;
                use: string;
            }[];
        };
        /**
         * @description - `admin`: everything.
         *     - `publish`: send events in.
         *     - `read`: look at what is not secret.
         * @enum {string}
         */
        ApiKeyScope: "admin" | "publish" | "read";
        /** @description The rights of the key. */
        ApiKeyScopes: components["schemas"]["ApiKeyScope"][];
        /** @description A name for people. */
        ApiKeyName: string | null;
        /** @description The tenant the key is bound to; `null` is every tenant. */
        ApiKeyTenant: string | null;
        ApiKeyCreate: {
            name?: components["schemas"]["ApiKeyName"];
            scopes: components["schemas"]["ApiKeyScopes"];
            /**
             * @description The tenant to bind the key to. Where it is not given, that of the caller's key; `null`
             *     is every tenant.
             */
            tenant?: components["schemas"]["ApiKeyTenant"];
            /**
             * Format: date-time
             * @description When the key expires; `null` is never.
             */
            expires_at?: string | null;
        };
        ApiKey: {
            id: components["schemas"]["Id"];
            name: components["schemas"]["ApiKeyName"];
            /** @description The first characters of the key, to recognize it by. */
            prefix: string;
            scopes: components["schemas"]["ApiKeyScopes"];
            tenant: components["schemas"]["ApiKeyTenant"];
            created_at: components["schemas"]["Timestamp"];
            /**
             * Format: date-time
             * @description When it was last used, to the minute; `null` where it never was.
             */
            last_used_at: string | null;
            /**
             * Format: date-time
             * @description When it expires.
             */
            expires_at: string | null;
        };
        /** @description An API key together with the key itself. */
        ApiKeyWithKey: components["schemas"]["ApiKey"] & {
            /** @description The key. It is not shown again. */
            key: string;
            /**
             * @description The consequences of the first key, and how to undo them, for people to read;
             *     absent for every other key.
             */
            notices?: string[];
        };
        ApiKeyList: {
            data: components["schemas"]["ApiKey"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /** @description The caller of an operation. */
        Actor: string;
        /**
         * @description The `operationId` of an operation in this document.
         * @example deleteSubscription
         */
        OperationName: string;
        Session: {
            actor: components["schemas"]["Actor"];
            /** @description The only tenant it sees; `null` is every tenant. */
            tenant: string | null;
            /**
             * @description An API key's scopes; `portal` for a portal session, `portal-read` for one that is
             *     `read_only`.
             */
            scopes: ("admin" | "publish" | "read" | "portal" | "portal-read")[];
            /**
             * Format: date-time
             * @description When it expires; `null` is never.
             */
            expires_at: string | null;
        };
        TenantOverview: {
            tenant: components["schemas"]["Tenant"];
            subscriptions: {
                active: number;
                paused: number;
                disabled: number;
                /** @description Those of the active ones whose attempts have all failed of late. */
                failing: number;
            };
            /** @description As `GET /stats?window=24h` counts them, a second or two behind. */
            last_24h: {
                events: number;
                deliveries: number;
                attempts: number;
                /** @description Which share of the attempts succeeded; `null` where there was none. */
                success_rate: number | null;
            };
            /**
             * Format: date-time
             * @description When its last event arrived, as far as events are kept.
             */
            last_event_at: string | null;
            /** @description How many portal sessions are open. */
            portal_sessions: number;
        };
        TenantList: {
            data: components["schemas"]["TenantOverview"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        PortalSessionCreate: {
            /** @description How long the link works. An hour unless given. */
            expires_in_seconds?: number;
            /** @description Whether it is read-only and sees no secret. `false` unless given. */
            read_only?: boolean;
        };
        PortalSession: {
            id: components["schemas"]["Id"];
            tenant: components["schemas"]["Tenant"];
            /** @description Whether it is read-only. */
            read_only: boolean;
            created_at: components["schemas"]["Timestamp"];
            expires_at: components["schemas"]["Timestamp"];
            /**
             * @description The link. It begins with `PUBLIC_URL`, or with the address of this request where that is
             *     not set.
             */
            url: string;
            /** @description The token in the link, for use as a bearer token as well. */
            token: string;
        };
        AuditEntry: {
            id: components["schemas"]["Id"];
            created_at: components["schemas"]["Timestamp"];
            actor: components["schemas"]["Actor"];
            /** @description Whom it concerned; `null` where it was no single tenant. */
            tenant: string | null;
            operation: components["schemas"]["OperationName"];
            /** @description The id of the object concerned. */
            target_id: string | null;
            /** @description The HTTP status it was answered with. */
            status: number;
            /** @description The address it came from. */
            address: string;
            /** @description The id of the request in the server's log. */
            request_id: string;
        };
        AuditList: {
            data: components["schemas"]["AuditEntry"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        SubscriptionList: {
            data: components["schemas"]["Subscription"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /** @description The `cursor` of the next page; `null` when there is none. */
        NextCursor: string | null;
        /** @description The meaning of the event, for people to read. */
        EventTypeDescription: string | null;
        /**
         * @description A JSON Schema (draft 2020-12) of the payload: at most 64 KiB, nested at most 32 deep, with
         *     references into itself (`#/…`) alone. Unknown keywords are refused, except those
         *     beginning with `x-`.
         * @example {
         *       "type": "object",
         *       "required": [
         *         "id"
         *       ],
         *       "properties": {
         *         "id": {
         *           "type": "integer"
         *         }
         *       }
         *     }
         */
        EventTypeSchema: {
            [key: string]: unknown;
        } | null;
        /** @description An example payload, which has to match the schema. `null` means none. */
        EventTypeExample: unknown;
        /**
         * @description How an event whose payload does not match the schema is treated.
         *
         *     - `off`: the payload is not checked.
         *     - `warn`: it is accepted, and the answer's `warnings` say so, as do a metric and the log.
         *     - `reject`: it is refused with 422, and with it the batch that it is in.
         * @enum {string}
         */
        Enforcement: "off" | "warn" | "reject";
        /** @description The type that takes the place of a deprecated one. */
        ReplacedBy: components["schemas"]["EventType"] | null;
        EventTypeCreate: {
            tenant?: components["schemas"]["Tenant"];
            name: components["schemas"]["EventType"];
            description?: components["schemas"]["EventTypeDescription"];
            schema?: components["schemas"]["EventTypeSchema"];
            example?: components["schemas"]["EventTypeExample"];
            deprecated?: boolean;
            replaced_by?: components["schemas"]["ReplacedBy"];
            enforce?: components["schemas"]["Enforcement"];
        };
        /** @description The fields to change; all others stay as they are. */
        EventTypeUpdate: {
            description?: components["schemas"]["EventTypeDescription"];
            schema?: components["schemas"]["EventTypeSchema"];
            example?: components["schemas"]["EventTypeExample"];
            deprecated?: boolean;
            replaced_by?: components["schemas"]["ReplacedBy"];
            enforce?: components["schemas"]["Enforcement"];
        };
        EventTypeEntry: {
            tenant: components["schemas"]["Tenant"];
            name: components["schemas"]["EventType"];
            description: components["schemas"]["EventTypeDescription"];
            schema: components["schemas"]["EventTypeSchema"];
            /** @description Counts the schemas that the type has had. */
            version: number;
            example: components["schemas"]["EventTypeExample"];
            /** @description Whether consumers should no longer rely on it. */
            deprecated: boolean;
            /**
             * Format: date-time
             * @description Since when, while it is deprecated.
             */
            deprecated_at: string | null;
            replaced_by: components["schemas"]["ReplacedBy"];
            enforce: components["schemas"]["Enforcement"];
            created_at: components["schemas"]["Timestamp"];
            updated_at: components["schemas"]["Timestamp"];
        };
        EventTypeList: {
            data: components["schemas"]["EventTypeEntry"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /** @description An OpenAPI 3.1 document with `webhooks`. */
        OpenApiDocument: {
            [key: string]: unknown;
        };
        EventTypeImport: {
            dry_run: boolean;
            /** @description Each type of the document, in its order. */
            data: {
                name: components["schemas"]["EventType"];
                /** @enum {string} */
                action: "created" | "updated" | "unchanged";
                /** @description The changes of the schema that break its consumers. */
                breaking: components["schemas"]["ProblemItem"][];
            }[];
        };
        /**
         * @description The parts of the request that do not match the catalogue, where it is enforced by `warn`. Absent
         *     when there are none.
         */
        PayloadWarnings: components["schemas"]["ProblemItem"][];
        IngestEnvelope: {
            subscription_id: components["schemas"]["Id"];
            event_type: components["schemas"]["EventType"];
            /** @description The payload. Its bytes are delivered exactly as they stand here. */
            body: components["schemas"]["JsonValue"];
        };
        IngestReceipt: {
            event_id: components["schemas"]["Id"];
            delivery_id: components["schemas"]["Id"];
            warnings?: components["schemas"]["PayloadWarnings"];
        };
        EnvelopeReceipt: {
            request_id: components["schemas"]["Id"];
            warnings?: components["schemas"]["PayloadWarnings"];
        };
        PublishRequest: components["schemas"]["PublishEvent"] | components["schemas"]["PublishEvent"][];
        PublishEvent: {
            tenant?: components["schemas"]["Tenant"];
            event_type: components["schemas"]["EventType"];
            /** @description The payload. Its bytes are delivered exactly as they stand here. */
            payload: components["schemas"]["JsonValue"];
            ordering_key?: components["schemas"]["OrderingKey"];
            headers?: components["schemas"]["CustomHeaders"];
        };
        PublishReceipt: {
            id: components["schemas"]["Id"];
            /** @description How many deliveries were made. */
            deliveries: number;
            warnings?: components["schemas"]["PayloadWarnings"];
        };
        PublishBatchReceipt: {
            data: components["schemas"]["PublishReceipt"][];
            warnings?: components["schemas"]["PayloadWarnings"];
        };
        /**
         * @description The number of the event's deliveries in each state. Those that were delivered or cancelled
         *     go when retention ends, while those that failed or were discarded are kept for longer, and
         *     their event with them: from then on only those are counted.
         */
        DeliveryCounts: {
            pending: number;
            delivering: number;
            delivered: number;
            failed: number;
            discarded: number;
            cancelled: number;
        };
        Event: {
            id: components["schemas"]["Id"];
            tenant: components["schemas"]["Tenant"];
            event_type: components["schemas"]["EventType"];
            received_at: components["schemas"]["Timestamp"];
            /** @description The payload's length in bytes. */
            payload_bytes: number;
            /** @description The idempotency key of the request that brought it. */
            idempotency_key: string | null;
            /** @description The ordering key it was published with. */
            ordering_key: string | null;
            deliveries: components["schemas"]["DeliveryCounts"];
        };
        EventList: {
            data: components["schemas"]["Event"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        EventStatus: {
            event: components["schemas"]["Event"];
            deliveries: components["schemas"]["DeliveryWithAttempts"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /**
         * @description - `pending`: waits for its first or its next attempt.
         *     - `delivering`: an attempt is under way.
         *     - `delivered`: the receiver answered 2xx.
         *     - `failed`: given up after attempts.
         *     - `discarded`: given up without further attempts, since the subscription takes none or its
         *       filter does not let the event through.
         *     - `cancelled`: ended by a request, or by the subscription's deletion.
         * @enum {string}
         */
        DeliveryStatus: "pending" | "delivering" | "delivered" | "failed" | "discarded" | "cancelled";
        /**
         * @description Why the delivery is in its state; `null` while it is freshly queued and once delivered.
         *
         *     Reasons to wait:
         *     - `retry_scheduled`: the last attempt failed; the next is due at `next_attempt_at`.
         *     - `subscription_paused`: the subscription is paused.
         *     - `rate_limited`: the subscription's rate limit, or the receiver's `Retry-After`, holds it.
         *     - `saturated`: the subscription has as many attempts under way as it may.
         *     - `breaker_open`: the receiver keeps failing, so its circuit breaker is open.
         *     - `awaiting_order`: an earlier event with the same ordering key goes first.
         *     - `loopback_closed`: the target is on the machine of the service, which is no target once
         *       there is an API key. To deliver it, set `ALLOW_PRIVATE_TARGETS=127.0.0.0/8,::1/128` and
         *       start the service again, or give the subscription another `target_url`.
         *     - `secret_unreadable`: the subscription's secrets were encrypted with a key that the worker
         *       lacks. It is tried again every ten seconds, and sent when the key is back.
         *     - `in_flight`: an attempt is under way.
         *     - `released`: what held it has ended, and it is queued.
         *
         *     Reasons to end:
         *     - `exhausted`: every attempt of the retry schedule failed.
         *     - `subscription_gone`: the receiver answered 410.
         *     - `subscription_deleted`: the subscription was deleted.
         *     - `subscription_disabled`: the subscription was disabled.
         *     - `filtered`: the event did not match the subscription's filter.
         *     - `cancelled_by_request`: cancelled through the API.
         *     - `target_blocked`: the target is an address that requests may not be sent to.
         *     - `loop_detected`: the receiver is a Posthorn, and the event has come to it too often.
         *     - `unsendable`: one of the event's headers cannot be sent over HTTP. The receiver was not
         *       asked, and nothing counts against it.
         *     - `expired`: still held when retention ended. It is kept as failed deliveries are.
         * @enum {string|null}
         */
        DeliveryReason: "retry_scheduled" | "subscription_paused" | "rate_limited" | "saturated" | "breaker_open" | "awaiting_order" | "loopback_closed" | "secret_unreadable" | "in_flight" | "released" | "exhausted" | "subscription_gone" | "subscription_deleted" | "subscription_disabled" | "filtered" | "cancelled_by_request" | "target_blocked" | "loop_detected" | "unsendable" | "expired" | null;
        Delivery: {
            id: components["schemas"]["Id"];
            event_id: components["schemas"]["Id"];
            subscription_id: components["schemas"]["Id"];
            tenant: components["schemas"]["Tenant"];
            event_type: components["schemas"]["EventType"];
            status: components["schemas"]["DeliveryStatus"];
            reason: components["schemas"]["DeliveryReason"];
            /** @description How many attempts have been made. */
            attempt_count: number;
            /**
             * Format: date-time
             * @description When the next attempt is due, where that is known.
             */
            next_attempt_at: string | null;
            created_at: components["schemas"]["Timestamp"];
            /**
             * Format: date-time
             * @description When it ended.
             */
            completed_at: string | null;
        };
        /** @description A delivery together with its attempts in the order they were made. */
        DeliveryWithAttempts: components["schemas"]["Delivery"] & {
            attempts: components["schemas"]["Attempt"][];
        };
        DeliveryList: {
            data: components["schemas"]["Delivery"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /**
         * @description A state that a delivery has ended in. `filtered` are the discarded ones that did not
         *     match the subscription's filter, which are not among `discarded` here: they are evaluated again
         *     with the filter of that moment.
         * @enum {string}
         */
        ReplayedStatus: "delivered" | "failed" | "discarded" | "cancelled" | "filtered";
        /**
         * @description The deliveries or events to replay.
         *
         *     - `deliveries`: the subscription's own deliveries; so unless another is named.
         *     - `events`: the tenant's events of types that the target takes, also those that were sent
         *       to one subscription alone.
         * @enum {string}
         */
        ReplaySource: "deliveries" | "events";
        /**
         * @description Deliveries queued a second, on average over a few seconds. `null`: as fast as the target
         *     takes them.
         */
        ReplayRateLimit: number | null;
        ReplayCreate: {
            /**
             * Format: date-time
             * @description Only deliveries, or events, made at or after this time.
             */
            created_after?: string;
            /**
             * Format: date-time
             * @description Only those made before this time; before this request in any case.
             */
            created_before?: string;
            /**
             * @description Only deliveries that have ended in one of these states; `failed` and `discarded` unless
             *     given. Not for `source: events`.
             */
            statuses?: components["schemas"]["ReplayedStatus"][];
            event_types?: components["schemas"]["EventTypes"];
            /**
             * Format: uuid
             * @description Only this event.
             */
            event_id?: string;
            source?: components["schemas"]["ReplaySource"];
            /**
             * Format: uuid
             * @description Where to send it: a subscription of the same tenant; the one in the path unless given.
             */
            target_subscription_id?: string;
            /**
             * @description Only events that match this filter, written as a subscription's. It is applied while the replay
             *     runs: `total` counts all that it has to check, and `skipped` those that do not match.
             */
            filter?: components["schemas"]["SubscriptionFilter"];
            rate_limit?: components["schemas"]["ReplayRateLimit"];
            /** @description Only counts, and answers 200. */
            dry_run?: boolean;
        };
        ReplayCount: {
            total: components["schemas"]["ReplayTotal"];
            /** @description Of these, how many would be skipped, since the target has a delivery of the event. */
            skipped: number;
            is_estimate: components["schemas"]["ReplayIsEstimate"];
        };
        /** @description How many deliveries, or events, the range holds that are asked for. */
        ReplayTotal: number;
        /**
         * @description Whether the numbers are estimates: counting ends after three seconds, and the rest is
         *     estimated.
         */
        ReplayIsEstimate: boolean;
        /**
         * @description - `running`: continues automatically.
         *     - `paused`: waits until it is resumed.
         *     - `cancelled`: ended by a request.
         *     - `completed`: has seen its whole range.
         *     - `failed`: stopped, for the reason in `failure`; it may be resumed.
         * @enum {string}
         */
        ReplayStatus: "running" | "paused" | "cancelled" | "completed" | "failed";
        Replay: {
            id: components["schemas"]["Id"];
            tenant: components["schemas"]["Tenant"];
            subscription_id: components["schemas"]["Id"];
            target_subscription_id: components["schemas"]["Id"];
            source: components["schemas"]["ReplaySource"];
            /**
             * Format: date-time
             * @description Where its range begins; that of the storage where none was named.
             */
            created_after: string;
            /**
             * Format: date-time
             * @description Where its range ends.
             */
            created_before: string;
            /** @description The states of the deliveries asked for; `null` for events. */
            statuses: components["schemas"]["ReplayedStatus"][] | null;
            event_types: components["schemas"]["EventTypes"];
            /**
             * Format: uuid
             * @description The one event asked for, if it is one.
             */
            event_id: string | null;
            filter: components["schemas"]["SubscriptionFilter"];
            rate_limit: components["schemas"]["ReplayRateLimit"];
            status: components["schemas"]["ReplayStatus"];
            /** @description Why it failed. */
            failure: string | null;
            /** @description How many the range held that were asked for, when it began. */
            total: number;
            is_estimate: components["schemas"]["ReplayIsEstimate"];
            /** @description How many of these it has come by so far, replayed or skipped. */
            seen: number;
            /** @description How many deliveries it has queued, or held for a paused target. */
            replayed: number;
            /**
             * @description How many it has skipped: they do not match the filter, the target has a delivery of the
             *     event already, or the delivery had been retried by then.
             */
            skipped: number;
            /**
             * Format: date-time
             * @description Up to where in its range it is done; `null` before its first step.
             */
            position: string | null;
            created_at: components["schemas"]["Timestamp"];
            updated_at: components["schemas"]["Timestamp"];
            /**
             * Format: date-time
             * @description When it ended.
             */
            completed_at: string | null;
        };
        ReplayList: {
            data: components["schemas"]["Replay"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        /**
         * @description - `success`: the receiver answered 2xx.
         *     - `failed_attempt`: it failed, and there are more to come.
         *     - `failure`: it failed, and was the last.
         * @enum {string}
         */
        AttemptOutcome: "success" | "failed_attempt" | "failure";
        /**
         * @description - `timed_out`: there was no status line by the deadline. An answer whose status has come
         *       counts by it, whatever becomes of its body.
         *     - `unreachable`: no such name, no connection, or one that broke.
         *     - `blocked`: the target is an address that requests may not be sent to.
         *     - `tls`: the TLS handshake failed, or the certificate is not valid.
         *     - `protocol`: the answer is not HTTP/1.1, or its framing contradicts itself.
         *     - `rejected`: the receiver answered, but not 2xx.
         *     - `too_large`: the answer's header fields are larger than is read, 64 KiB.
         *     - `internal`: the fault is on the side of Posthorn or its machine, as when no file descriptor
         *       is left or the name server is down. It says nothing about the receiver: it takes nothing
         *       from the retry schedule, and the next try is soon.
         * @enum {string}
         */
        AttemptErrorKind: "timed_out" | "unreachable" | "blocked" | "tls" | "protocol" | "rejected" | "too_large" | "internal";
        Attempt: {
            delivery_id: components["schemas"]["Id"];
            /** @description Counts a delivery's attempts from 1. */
            attempt_number: number;
            outcome: components["schemas"]["AttemptOutcome"];
            /**
             * @description The HTTP status of the answer; `null` where there was none. What is below 100 or above 599
             *     counts as a 5xx; one below 100 is `null` here and stands in the error's message.
             */
            status_code: number | null;
            /** @description How long the exchange took, in milliseconds. */
            duration_ms: number;
            /** @description The error; `null` on success. */
            error: {
                kind: components["schemas"]["AttemptErrorKind"];
                message: string;
            } | null;
            /** @description The answer's header fields; `null` where there was no answer. */
            response_headers: {
                [key: string]: string;
            } | null;
            /**
             * @description The beginning of the answer's body, decompressed and decoded by its charset; what is no text
             *     is a `data:` URL in base64. `null` where there was no answer.
             */
            response_body: string | null;
            /**
             * @description What was missing from the answer or passed over in it, as when its body was cut off; `null`
             *     where there is nothing to say. The status decides all the same.
             * @example the answer is incomplete: the connection was reset (ECONNRESET)
             */
            note: string | null;
            /**
             * @description How often the request was written to a connection. `2` where a kept connection turned out to
             *     be closed: the second send has the header `posthorn-sends: 2`. `0` where it was never sent.
             */
            sends: number;
            /**
             * @description Where the request was sent, with `***` for whatever in it may be secret, as read keys see
             *     a subscription's `target_url`.
             */
            target_url: string;
            started_at: components["schemas"]["Timestamp"];
        };
        AttemptList: {
            data: components["schemas"]["Attempt"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        TestWebhookReceipt: {
            id: components["schemas"]["Id"];
        };
        TestWebhook: {
            id: components["schemas"]["Id"];
            received_at: components["schemas"]["Timestamp"];
            /** @description The HTTP status it was answered with. */
            status: number;
            /** @description The request's header fields, names in lower case. */
            headers: {
                [key: string]: string;
            };
            /** @description The request's body as text. */
            body: string;
            /** @description The body's length in bytes. */
            body_bytes: number;
        };
        TestWebhookList: {
            data: components["schemas"]["TestWebhook"][];
            next_cursor: components["schemas"]["NextCursor"];
        };
        Health: {
            /** @constant */
            status: "ok";
        };
        Readiness: {
            /** @enum {string} */
            status: "ready" | "not_ready";
            /** @description The reasons why it is not ready; empty when ready. */
            reasons: components["schemas"]["Hindrance"][];
            checks: {
                database: components["schemas"]["ServerCheck"];
                redis: components["schemas"]["ServerCheck"];
                workers: components["schemas"]["WorkersCheck"];
                encryption: components["schemas"]["EncryptionCheck"];
            };
        };
        Hindrance: {
            /**
             * @description `database_unreachable`: it does not answer in time. `too_many_connections`: its server gives
             *     out no more. `connections_busy`: those for storing events are all held up. `read_only`,
             *     `standby`, `disk_full`: it takes no writes. `publish_fails`: storing events fails for another
             *     reason, which the log names. `worker_cannot_start`: this process' own, which tries again.
             * @enum {string}
             */
            code: "database_unreachable" | "too_many_connections" | "connections_busy" | "read_only" | "standby" | "disk_full" | "publish_fails" | "worker_cannot_start";
            detail: string;
        };
        ServerCheck: {
            /**
             * @description `unconfigured`: none is configured, and none is needed.
             * @enum {string}
             */
            status: "ok" | "failed" | "unconfigured";
            /** @description How long it took to answer, in milliseconds; `null` where it did not. */
            latency_ms: number | null;
        };
        WorkersCheck: {
            /**
             * @description `failed`: no worker is alive. `unknown`: the database does not
             *     answer.
             * @enum {string}
             */
            status: "ok" | "failed" | "unknown";
            /** @description How many worker processes are alive. */
            live: number;
            /**
             * Format: date-time
             * @description The latest sign of life of any worker.
             */
            last_seen_at: string | null;
        };
        /**
         * @description Whether this process and every worker have the keys that secrets are encrypted with. Without
         *     one, deliveries to the subscriptions concerned are held as `secret_unreadable`, and all others
         *     are sent; so it does not decide whether the service is ready.
         */
        EncryptionCheck: {
            /**
             * @description `failed`: a key is missing. `unknown`: the database does not answer.
             * @enum {string}
             */
            status: "ok" | "failed" | "unknown";
            /** @description The ids of the keys that a process lacks; an id reveals nothing about its key. */
            missing_keys: string[];
        };
        Count: number;
        /** @description Milliseconds; `null` where there was no attempt. */
        LatencyMs: number | null;
        /** @description The share of attempts that delivered; `null` where there was none. */
        SuccessRate: number | null;
        /** @description Seconds; `null` where nothing waits, or where it is not for the caller to see. */
        AgeSeconds: number | null;
        Stats: {
            window_start: components["schemas"]["Timestamp"];
            window_end: components["schemas"]["Timestamp"];
            bucket_seconds: components["schemas"]["Count"];
            totals: {
                events: components["schemas"]["Count"];
                deliveries: components["schemas"]["Count"];
                delivered: components["schemas"]["Count"];
                failed: components["schemas"]["Count"];
                attempts: components["schemas"]["Count"];
                /** @description Deliveries that a subscription's filter held back. */
                filtered: number;
                success_rate: components["schemas"]["SuccessRate"];
                /** @description How long receivers took. */
                latency_ms: {
                    p50: components["schemas"]["LatencyMs"];
                    p95: components["schemas"]["LatencyMs"];
                    p99: components["schemas"]["LatencyMs"];
                };
            };
            /** @description The oldest first, without gaps. */
            buckets: components["schemas"]["StatsBucket"][];
            /** @description The queue at this moment, counted to 100,000. */
            queue: {
                /** @description Deliveries queued; `null` for keys of one tenant. */
                depth: number | null;
                oldest_age_seconds: components["schemas"]["AgeSeconds"];
                retries_waiting: components["schemas"]["Count"];
                parked: components["schemas"]["Count"];
            };
            /**
             * @description At most 100: those that fail now first, then those with the most failures of late, then
             *     the busiest.
             */
            subscriptions: components["schemas"]["SubscriptionStats"][];
        };
        StatsBucket: {
            at: components["schemas"]["Timestamp"];
            events: components["schemas"]["Count"];
            attempts: components["schemas"]["Count"];
            delivered: components["schemas"]["Count"];
            failed: components["schemas"]["Count"];
            latency_ms_p50: components["schemas"]["LatencyMs"];
            latency_ms_p95: components["schemas"]["LatencyMs"];
        };
        SubscriptionStats: {
            id: components["schemas"]["Id"];
            name: string | null;
            /** @description With `***` for whatever in it may be secret. */
            target_url: string;
            attempts: components["schemas"]["Count"];
            failed: components["schemas"]["Count"];
            success_rate: components["schemas"]["SuccessRate"];
            /**
             * Format: date-time
             * @description Since when nothing has succeeded; `null` where that is not so.
             */
            failing_since: string | null;
        };
        Operations: {
            /** @description The oldest first. */
            workers: components["schemas"]["OperationsWorker"][];
            queue: {
                depth: components["schemas"]["Count"];
                oldest_age_seconds: components["schemas"]["AgeSeconds"];
                retries_waiting: components["schemas"]["Count"];
                parked: components["schemas"]["Count"];
                open_breakers: components["schemas"]["Count"];
                tasks: components["schemas"]["OperationsTask"][];
            };
            cron: components["schemas"]["OperationsCron"][];
            /** @description The oldest first. */
            partitions: components["schemas"]["OperationsPartition"][];
            /** @description Look-ups of subscriptions by the answering process since it started. */
            cache: {
                lookups: components["schemas"]["Count"];
                hits: components["schemas"]["Count"];
                /** @description The share answered without the database; `null` before the first. */
                hit_rate: number | null;
            };
        };
        OperationsWorker: {
            id: string;
            host: string;
            process_id: number;
            version: string;
            started_at: components["schemas"]["Timestamp"];
            last_seen_at: components["schemas"]["Timestamp"];
            /** @description Whether it has shown a sign of life within five seconds. */
            is_live: boolean;
            /** @description Requests to receivers under way, a second ago. */
            in_flight: components["schemas"]["Count"];
        };
        OperationsTask: {
            task: string;
            waiting: components["schemas"]["Count"];
            scheduled: components["schemas"]["Count"];
            running: components["schemas"]["Count"];
            retrying: components["schemas"]["Count"];
            oldest_age_seconds: components["schemas"]["AgeSeconds"];
        };
        OperationsCron: {
            task: string;
            /** @description Minute, hour, day, month, weekday, in UTC. */
            pattern: string;
            /** Format: date-time */
            last_run_at: string | null;
            /** Format: date-time */
            next_run_at: string | null;
        };
        OperationsPartition: {
            parent: string;
            name: string;
            starts_at: components["schemas"]["Timestamp"];
            total_bytes: components["schemas"]["Count"];
            estimated_rows: components["schemas"]["Count"];
        };
        /**
         * @description The stable name of an error, for programs.
         * @enum {string}
         */
        ErrorCode: "invalid_request" | "invalid_json" | "invalid_encoding" | "invalid_cursor" | "unauthorized" | "invalid_signature" | "signature_required" | "forbidden" | "tenant_forbidden" | "not_found" | "subscription_not_found" | "event_not_found" | "delivery_not_found" | "replay_not_found" | "api_key_not_found" | "tenant_not_found" | "portal_session_not_found" | "event_type_not_found" | "method_not_allowed" | "request_timeout" | "idempotency_conflict" | "idempotency_key_in_use" | "delivery_not_retryable" | "delivery_not_cancellable" | "subscription_changed" | "subscription_disabled" | "replay_not_changeable" | "event_type_exists" | "breaking_change" | "payload_too_large" | "uri_too_long" | "unsupported_media_type" | "forbidden_target" | "invalid_payload" | "unknown_event_type" | "reserved_event_type" | "too_many_requests" | "header_fields_too_large" | "internal_error" | "overloaded" | "secret_unreadable" | "unavailable" | "shutting_down" | "loop_detected";
        /** @description An error, after RFC 9457. */
        Problem: {
            /**
             * Format: uri
             * @description `urn:posthorn:problem:` and the code.
             */
            type: string;
            /** @description The kind of error, in words; the same for every error of the code. */
            title: string;
            /** @description The HTTP status. */
            status: number;
            code: components["schemas"]["ErrorCode"];
            /** @description This error, in words. */
            detail: string;
            /** @description The problems of the request, one entry for each. */
            errors?: components["schemas"]["ProblemItem"][];
        };
        ProblemItem: {
            /**
             * @description A JSON pointer (RFC 6901) to what is at fault: within the body, `/event_types/0`; for a
             *     parameter by its place, `/query/limit`, `/path/id`, `/header/idempotency-key`.
             */
            pointer: string;
            /** @description The problem. */
            detail: string;
        };
    };
    responses: {
        /** @description `invalid_request`: a parameter is malformed, out of range or unknown. */
        InvalidRequest: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_request`: a parameter is malformed, out of range or unknown. `invalid_cursor`: the
         *     cursor is not one this list gave out.
         */
        InvalidQuery: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_request`: a parameter or the body breaks the schema; `errors` says where.
         *     `invalid_json`: the body is empty or not JSON. `invalid_encoding`: the body is not UTF-8, or
         *     begins with a byte-order mark.
         */
        InvalidBody: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unauthorized`: an API key is needed, and none or an unknown one was given. */
        Unauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_signature`: a signature was given and is wrong. `signature_required`: the
         *     subscription requires one. `unauthorized`: neither a signature nor an API key was given.
         */
        IngestUnauthorized: {
            headers: {
                "WWW-Authenticate": components["headers"]["WwwAuthenticate"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `forbidden`: the API key lacks the scope that the request needs, or the caller's address is not
         *     allowed. `tenant_forbidden`: the API key is for one tenant, and the request names another or
         *     concerns all of them.
         */
        Forbidden: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `not_found`: nothing is served here. */
        NotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `subscription_not_found`: there is no such subscription. */
        SubscriptionNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `event_not_found`: there is no such event, or its retention has ended. */
        EventNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `event_type_not_found`: the catalogue has no such event type. */
        EventTypeNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `event_type_exists`: the catalogue has this event type already. */
        EventTypeExists: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `breaking_change`: the new schema lets payloads pass that the one before did not promise.
         *     `allow_breaking=true` takes it all the same.
         */
        BreakingChange: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `invalid_payload`: the payload is not what the catalogue's schema of its type says, and that is
         *     enforced; `errors` says where. `unknown_event_type`: the catalogue does not have the type, and
         *     `UNKNOWN_EVENT_TYPES` is `reject`. `reserved_event_type`: types that begin with `posthorn.` are
         *     for operational events. Nothing of the request was accepted.
         */
        PayloadRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `reserved_event_type`: types that begin with `posthorn.`, in any case, are for operational
         *     events.
         */
        ReservedEventType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `replay_not_found`: there is no such replay. */
        ReplayNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `api_key_not_found`: there is no such API key, or it has been revoked. */
        ApiKeyNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `tenant_not_found`: nothing names such a tenant. */
        TenantNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `portal_session_not_found`: there is no such portal session, or it has ended. */
        PortalSessionNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `too_many_requests`: more requests a second than the key, or without one the caller's
         *     address, may make. Nothing was done; try again.
         */
        TooManyRequests: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                "RateLimit-Limit": components["headers"]["RateLimitLimit"];
                "RateLimit-Remaining": components["headers"]["RateLimitRemaining"];
                "RateLimit-Reset": components["headers"]["RateLimitReset"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `delivery_not_found`: there is no such delivery, or its retention has ended. */
        DeliveryNotFound: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `idempotency_conflict`: the idempotency key was used with another request.
         *     `idempotency_key_in_use`: a transaction that has not ended holds the key, such as one of an
         *     application that publishes from SQL. Nothing was stored; try again.
         */
        IdempotencyConflict: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `request_timeout`: the request did not arrive in time. The connection is closed. */
        RequestTimeout: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `idempotency_conflict`: the idempotency key was used with another request.
         *     `idempotency_key_in_use`: a transaction that has not ended holds the key, such as one of an
         *     application that publishes from SQL. Nothing was stored; try again.
         *     `subscription_changed`: the subscription kept changing while the event was being stored.
         *     Try again.
         */
        IngestConflict: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `subscription_changed`: another request changed the subscription at the same time. Read it
         *     and try again.
         */
        SubscriptionChanged: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `delivery_not_retryable`: an attempt is under way, or the subscription takes none. */
        DeliveryNotRetryable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `subscription_disabled`: the target takes no deliveries. Set it to `active` first. */
        ReplayRefused: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `replay_not_changeable`: the replay has ended, or has failed. */
        ReplayNotChangeable: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `delivery_not_cancellable`: the delivery has ended, an attempt of it is under way, or a
         *     worker does not say whether one is; `Retry-After` says when to try again where that may do.
         */
        DeliveryNotCancellable: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `payload_too_large`: the request body is over the limit, 1 MiB. */
        PayloadTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `uri_too_long`: the URL, or a part of its path, is too long. */
        UriTooLong: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `unsupported_media_type`: the body's media type is not `application/json`. */
        UnsupportedMediaType: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `forbidden_target`: the target URL is one that requests may not be sent to. */
        ForbiddenTarget: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `loop_detected`: the event has been delivered from Posthorn to Posthorn more often than is
         *     allowed: its subscriptions form a loop. A delivery that is answered so ends.
         */
        LoopDetected: {
            headers: {
                "Posthorn-Hops": components["headers"]["PosthornHops"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `header_fields_too_large`: the request's header fields are too many or too long. */
        HeaderFieldsTooLarge: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /** @description `internal_error`: something failed here. The log says what; the answer does not. */
        InternalError: {
            headers: {
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `unavailable`: the database does not answer. `shutting_down`: this process is stopping.
         *     `secret_unreadable`: the subscription's secrets were encrypted with a key that this process
         *     lacks. Nothing was done; try again.
         */
        Unavailable: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
        /**
         * @description `overloaded`: more requests wait than can be taken. `unavailable`: the database does not
         *     answer. `shutting_down`: this process is stopping. `secret_unreadable`: the subscription's
         *     secrets were encrypted with a key that this process lacks. The event was not accepted; try
         *     again.
         */
        Overloaded: {
            headers: {
                "Retry-After": components["headers"]["RetryAfter"];
                [name: string]: unknown;
            };
            content: {
                "application/problem+json": components["schemas"]["Problem"];
            };
        };
    };
    parameters: {
        /**
         * @description The subscription's id.
         * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
         */
        SubscriptionPathId: components["schemas"]["Id"];
        /**
         * @description The event's id.
         * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
         */
        EventPathId: components["schemas"]["Id"];
        /**
         * @description The delivery's id.
         * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
         */
        DeliveryPathId: components["schemas"]["Id"];
        /**
         * @description The replay's id.
         * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
         */
        ReplayPathId: components["schemas"]["Id"];
        /** @description The most entries to answer with. */
        Limit: number;
        /** @description The most entries to answer with. */
        Limit20: number;
        /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
        Cursor: string;
        /**
         * @description Only what belongs to this tenant.
         * @example acme
         */
        Tenant: components["schemas"]["Tenant"];
        /**
         * @description The tenant's name.
         * @example acme
         */
        TenantPath: components["schemas"]["Tenant"];
        /**
         * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
         *     tenant and none is named.
         * @example acme
         */
        CatalogueTenant: components["schemas"]["Tenant"];
        /** @description Take a schema that breaks what the one before promised to consumers. */
        AllowBreaking: boolean;
        /**
         * @description Only this event type, by its exact name.
         * @example order.created
         */
        EventTypeQuery: components["schemas"]["EventType"];
        /**
         * @description Names this request, within its tenant: repeated requests with this key create no second event.
         *     A different request with the same key is a conflict. Kept as long as events are.
         * @example order-8123-created
         */
        IdempotencyKey: string;
        /**
         * @description The event type. Wins over every other source of it.
         * @example order.created
         */
        XEventType: components["schemas"]["EventType"];
        /** @description The event type, where `X-Event-Type` is absent. */
        EventTypeHeader: components["schemas"]["EventType"];
        /**
         * @description Hexadecimal HMAC-SHA256 of the raw body, with or without the prefix `sha256=`.
         * @example sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
         */
        HubSignature: string;
        /** @description As `X-Hub-Signature-256`. */
        WebhookHexSignature: string;
        /** @description As `X-Hub-Signature-256`. */
        PlainSignature: string;
        /** @description The message id of a Standard Webhooks signature. */
        WebhookId: string;
        /** @description The time of a Standard Webhooks signature, in seconds since 1970. */
        WebhookTimestamp: string;
        /** @description Standard Webhooks signatures, `v1,<base64>`, separated by spaces. */
        WebhookSignature: string;
    };
    requestBodies: never;
    headers: {
        /** @description Whether the answer may be kept. */
        CacheControl: string;
        /** @description How many hops are allowed. */
        PosthornHops: string;
        /** @description The number of requests a second that are accepted. */
        RateLimitLimit: number;
        /** @description The number of further requests accepted in this second. */
        RateLimitRemaining: number;
        /** @description Seconds until the count starts again. */
        RateLimitReset: number;
        /** @description Where what was made can be read. */
        Location: string;
        /** @description Seconds to wait before trying again. */
        RetryAfter: number;
        /** @description The authentication scheme wanted. */
        WwwAuthenticate: string;
    };
    pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
    listSubscriptions: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /** @description Only subscriptions in this state. */
                status?: components["schemas"]["SubscriptionStatus"];
                /**
                 * @description Only subscriptions that would be sent an event of this type, by name, by wildcard or
                 *     because they take every type.
                 */
                event_type?: components["schemas"]["EventType"];
                /**
                 * @description Only subscriptions whose name, description or target URL holds this text, in any case. Of
                 *     the target, only what everyone may see is searched.
                 * @example warehouse
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of subscriptions. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscriptionCreate"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionWithSecret"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ForbiddenTarget"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The subscription. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    replaceSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscriptionUpdate"];
            };
        };
        responses: {
            /** @description The subscription as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SubscriptionChanged"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ForbiddenTarget"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["SubscriptionUpdate"];
            };
        };
        responses: {
            /** @description The subscription as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Subscription"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["SubscriptionChanged"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ForbiddenTarget"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testSubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The attempt that was made. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Attempt"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ForbiddenTarget"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    replaySubscription: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ReplayCreate"];
            };
        };
        responses: {
            /** @description The result of a dry run, what a replay would find now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayCount"];
                };
            };
            /** @description Begun. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayRefused"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSubscriptionSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The secret. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SigningSecret"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    rotateSubscriptionSecret: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["SecretRotation"];
            };
        };
        responses: {
            /** @description The subscription with its new secret. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["SubscriptionWithSecret"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSubscriptionKeySet: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The public keys. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["KeySet"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSubscriptionDeliveries: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit20"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listSubscriptionAttempts: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    testFilter: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["FilterTest"];
            };
        };
        responses: {
            /** @description Whether the event passes, and why or why not. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["FilterTestResult"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            /**
             * @description `event_not_found`: there is no such event, or its retention has ended.
             *     `subscription_not_found`: there is no such subscription.
             */
            404: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    ingestForSubscription: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description The event type. Wins over every other source of it.
                 * @example order.created
                 */
                "X-Event-Type"?: components["parameters"]["XEventType"];
                /** @description The event type, where `X-Event-Type` is absent. */
                event_type?: components["parameters"]["EventTypeHeader"];
                /**
                 * @description Hexadecimal HMAC-SHA256 of the raw body, with or without the prefix `sha256=`.
                 * @example sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
                 */
                "X-Hub-Signature-256"?: components["parameters"]["HubSignature"];
                /** @description As `X-Hub-Signature-256`. */
                "X-Webhook-Signature"?: components["parameters"]["WebhookHexSignature"];
                /** @description As `X-Hub-Signature-256`. */
                "x-signature"?: components["parameters"]["PlainSignature"];
                /** @description The message id of a Standard Webhooks signature. */
                "webhook-id"?: components["parameters"]["WebhookId"];
                /** @description The time of a Standard Webhooks signature, in seconds since 1970. */
                "webhook-timestamp"?: components["parameters"]["WebhookTimestamp"];
                /** @description Standard Webhooks signatures, `v1,<base64>`, separated by spaces. */
                "webhook-signature"?: components["parameters"]["WebhookSignature"];
                /**
                 * @description Names this request, within its tenant: repeated requests with this key create no second event.
                 *     A different request with the same key is a conflict. Kept as long as events are.
                 * @example order-8123-created
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path: {
                /**
                 * @description The subscription to deliver to.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                subscription_id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        /** @description Any JSON value in UTF-8 without a byte-order mark. Kept and delivered byte for byte. */
        requestBody: {
            content: {
                "application/json": components["schemas"]["JsonValue"];
            };
        };
        responses: {
            /** @description Committed; it will be delivered, or is held while the subscription is paused. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["IngestReceipt"];
                };
            };
            /** @description The subscription does not want this event type. Nothing was queued. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["IngestUnauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IngestConflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["PayloadRefused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
            508: components["responses"]["LoopDetected"];
        };
    };
    ingestEnvelope: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Hexadecimal HMAC-SHA256 of the raw body, with or without the prefix `sha256=`.
                 * @example sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17
                 */
                "X-Hub-Signature-256"?: components["parameters"]["HubSignature"];
                /** @description As `X-Hub-Signature-256`. */
                "X-Webhook-Signature"?: components["parameters"]["WebhookHexSignature"];
                /** @description As `X-Hub-Signature-256`. */
                "x-signature"?: components["parameters"]["PlainSignature"];
                /** @description The message id of a Standard Webhooks signature. */
                "webhook-id"?: components["parameters"]["WebhookId"];
                /** @description The time of a Standard Webhooks signature, in seconds since 1970. */
                "webhook-timestamp"?: components["parameters"]["WebhookTimestamp"];
                /** @description Standard Webhooks signatures, `v1,<base64>`, separated by spaces. */
                "webhook-signature"?: components["parameters"]["WebhookSignature"];
                /**
                 * @description Names this request, within its tenant: repeated requests with this key create no second event.
                 *     A different request with the same key is a conflict. Kept as long as events are.
                 * @example order-8123-created
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["IngestEnvelope"];
            };
        };
        responses: {
            /** @description Committed; it will be delivered, or is held while the subscription is paused. */
            202: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EnvelopeReceipt"];
                };
            };
            /** @description The subscription does not want this event type. Nothing was queued. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["IngestUnauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IngestConflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["PayloadRefused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
            508: components["responses"]["LoopDetected"];
        };
    };
    listEvents: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /**
                 * @description Only this event type, by its exact name.
                 * @example order.created
                 */
                event_type?: components["parameters"]["EventTypeQuery"];
                /** @description Only events with at least one delivery in this state, other than by a filter. */
                status?: components["schemas"]["DeliveryStatus"];
                /** @description Only events received at or after this time. */
                received_after?: components["schemas"]["Timestamp"];
                /** @description Only events received before this time. */
                received_before?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of events. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    publishEvents: {
        parameters: {
            query?: never;
            header?: {
                /**
                 * @description Names this request, within its tenant: repeated requests with this key create no second event.
                 *     A different request with the same key is a conflict. Kept as long as events are.
                 * @example order-8123-created
                 */
                "Idempotency-Key"?: components["parameters"]["IdempotencyKey"];
            };
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["PublishRequest"];
            };
        };
        responses: {
            /**
             * @description Committed. `deliveries` is the number of deliveries made, which may be 0. The answer to
             *     a batch has one entry per event, in order.
             */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PublishReceipt"] | components["schemas"]["PublishBatchReceipt"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["IdempotencyConflict"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["PayloadRefused"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Overloaded"];
            508: components["responses"]["LoopDetected"];
        };
    };
    getEvent: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Event"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEventStatus: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event with a page of its deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventStatus"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEventPayload: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The event's id.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                id: components["parameters"]["EventPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The payload, byte for byte. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["JsonValue"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listEventTypes: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /**
                 * @description Only types whose name or description holds this text, in any case.
                 * @example order
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of event types. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createEventType: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventTypeCreate"];
            };
        };
        responses: {
            /** @description Created. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeEntry"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["EventTypeExists"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ReservedEventType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    importEventTypes: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
                /** @description Take a schema that breaks what the one before promised to consumers. */
                allow_breaking?: components["parameters"]["AllowBreaking"];
                /** @description Only say what would be done. Breaking changes are then listed, not refused. */
                dry_run?: boolean;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["OpenApiDocument"];
                "application/yaml": string;
            };
        };
        responses: {
            /** @description The changes that were made, or with `dry_run` would be. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeImport"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["BreakingChange"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ReservedEventType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEventType: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
            };
            header?: never;
            path: {
                /**
                 * @description The event type's name.
                 * @example order.created
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The event type. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeEntry"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventTypeNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    replaceEventType: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
                /** @description Take a schema that breaks what the one before promised to consumers. */
                allow_breaking?: components["parameters"]["AllowBreaking"];
            };
            header?: never;
            path: {
                /**
                 * @description The event type's name.
                 * @example order.created
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventTypeUpdate"];
            };
        };
        responses: {
            /** @description The event type as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeEntry"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventTypeNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["BreakingChange"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ReservedEventType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    deleteEventType: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
            };
            header?: never;
            path: {
                /**
                 * @description The event type's name.
                 * @example order.created
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Deleted. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventTypeNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    updateEventType: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
                /** @description Take a schema that breaks what the one before promised to consumers. */
                allow_breaking?: components["parameters"]["AllowBreaking"];
            };
            header?: never;
            path: {
                /**
                 * @description The event type's name.
                 * @example order.created
                 */
                name: components["schemas"]["EventType"];
            };
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["EventTypeUpdate"];
            };
        };
        responses: {
            /** @description The event type as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["EventTypeEntry"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventTypeNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["BreakingChange"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            422: components["responses"]["ReservedEventType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEventTypeDeclarations: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The module. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getEventTypeDocument: {
        parameters: {
            query?: {
                /**
                 * @description Whose catalogue is meant: that of the key's tenant, or `default` where the key is for every
                 *     tenant and none is named.
                 * @example acme
                 */
                tenant?: components["parameters"]["CatalogueTenant"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The document. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["OpenApiDocument"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeliveries: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /**
                 * @description Only this event type, by its exact name.
                 * @example order.created
                 */
                event_type?: components["parameters"]["EventTypeQuery"];
                /**
                 * @description Only deliveries in this state, or in one of these where it is repeated.
                 * @example [
                 *       "failed",
                 *       "discarded"
                 *     ]
                 */
                status?: components["schemas"]["DeliveryStatus"][];
                /**
                 * @description Only deliveries in their state for this reason.
                 * @example filtered
                 */
                reason?: "retry_scheduled" | "subscription_paused" | "rate_limited" | "saturated" | "breaker_open" | "awaiting_order" | "loopback_closed" | "secret_unreadable" | "in_flight" | "released" | "exhausted" | "subscription_gone" | "subscription_deleted" | "subscription_disabled" | "filtered" | "cancelled_by_request" | "target_blocked" | "loop_detected" | "unsendable" | "expired";
                /** @description Only deliveries whose last attempt was answered with an HTTP status of this class. */
                status_class?: "2xx" | "3xx" | "4xx" | "5xx";
                /** @description Only deliveries to this subscription. */
                subscription_id?: components["schemas"]["Id"];
                /** @description Only deliveries of this event. */
                event_id?: components["schemas"]["Id"];
                /** @description Only deliveries created at or after this time. */
                created_after?: components["schemas"]["Timestamp"];
                /** @description Only deliveries created before this time. */
                created_before?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of deliveries. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["DeliveryList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The delivery. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["DeliveryNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listDeliveryAttempts: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["DeliveryNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    retryDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Queued. The delivery as it is now. */
            202: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["DeliveryNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["DeliveryNotRetryable"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelDelivery: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The delivery's id.
                 * @example 019aac0b-49f9-7e02-b3c7-1a9d4e6f8025
                 */
                id: components["parameters"]["DeliveryPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled. The delivery as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Delivery"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["DeliveryNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["DeliveryNotCancellable"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listReplays: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /** @description Only replays of or to this subscription. */
                subscription_id?: components["schemas"]["Id"];
                /** @description Only replays in this state. */
                status?: components["schemas"]["ReplayStatus"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of replays. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ReplayList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The replay. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ReplayNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    pauseReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Paused. The replay as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ReplayNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayNotChangeable"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    resumeReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Resumed. The replay as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ReplayNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayNotChangeable"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    cancelReplay: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The replay's id.
                 * @example 019aac0c-5d21-7b4e-9f03-8c2a6e1d4b70
                 */
                id: components["parameters"]["ReplayPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Cancelled. The replay as it is now. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Replay"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ReplayNotFound"];
            408: components["responses"]["RequestTimeout"];
            409: components["responses"]["ReplayNotChangeable"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getRequestStatus: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description An event's id, which is also the `request_id` of an envelope.
                 * @example 019aac0b-49f9-7d20-9b41-6f3a2c8e5d17
                 */
                event_id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["EventNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSubscriptionStatus: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path: {
                /**
                 * @description The subscription's id.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                id: components["parameters"]["SubscriptionPathId"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of attempts. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AttemptList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["SubscriptionNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listApiKeys: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of keys. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody: {
            content: {
                "application/json": components["schemas"]["ApiKeyCreate"];
            };
        };
        responses: {
            /** @description Created. `key` is shown here only. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["ApiKeyWithKey"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokeApiKey: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The API key's id, which is not the key.
                 * @example 019aac0b-4b10-7c66-8d04-5e7f1a2b3c4d
                 */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Revoked. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["ApiKeyNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getSession: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The caller. */
            200: {
                headers: {
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Session"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTenants: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only tenants whose name holds this text, in any case.
                 * @example acme
                 */
                q?: string;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of tenants. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getTenant: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The tenant's name.
                 * @example acme
                 */
                tenant: components["parameters"]["TenantPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The tenant. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TenantOverview"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["TenantNotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    createPortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The tenant's name.
                 * @example acme
                 */
                tenant: components["parameters"]["TenantPath"];
            };
            cookie?: never;
        };
        requestBody?: {
            content: {
                "application/json": components["schemas"]["PortalSessionCreate"];
            };
        };
        responses: {
            /** @description Created. `url` and `token` are shown here only. */
            201: {
                headers: {
                    Location: components["headers"]["Location"];
                    "Cache-Control": components["headers"]["CacheControl"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["PortalSession"];
                };
            };
            400: components["responses"]["InvalidBody"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokePortalSessions: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The tenant's name.
                 * @example acme
                 */
                tenant: components["parameters"]["TenantPath"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    revokePortalSession: {
        parameters: {
            query?: never;
            header?: never;
            path: {
                /**
                 * @description The session's id, which is not its token.
                 * @example 019aac0b-4c21-7f4e-a1d3-8b6c5e4f3a2b
                 */
                id: components["schemas"]["Id"];
            };
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ended. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            404: components["responses"]["PortalSessionNotFound"];
            408: components["responses"]["RequestTimeout"];
            413: components["responses"]["PayloadTooLarge"];
            414: components["responses"]["UriTooLong"];
            415: components["responses"]["UnsupportedMediaType"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listAuditEntries: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
                /** @description The `next_cursor` of the page before. Opaque; valid with the same filters only. */
                cursor?: components["parameters"]["Cursor"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
                /**
                 * @description Only what this actor did: an API key's id, `environment:1` for the first of the keys in
                 *     the service's environment, `portal:` and the id of a portal session, `loopback` while no
                 *     key is needed.
                 */
                actor?: components["schemas"]["Actor"];
                /** @description Only calls of this operation. */
                operation?: components["schemas"]["OperationName"];
                /** @description Only what was done to this subscription, delivery, replay, API key or event type. */
                target_id?: components["schemas"]["EventType"];
                /** @description Only calls at or after this time. */
                created_after?: components["schemas"]["Timestamp"];
                /** @description Only calls before this time. */
                created_before?: components["schemas"]["Timestamp"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description A page of the audit log. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["AuditList"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    listTestWebhooks: {
        parameters: {
            query?: {
                /** @description The most entries to answer with. */
                limit?: components["parameters"]["Limit"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The last requests. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestWebhookList"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            404: components["responses"]["NotFound"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    receiveTestWebhook: {
        parameters: {
            query?: {
                /**
                 * @description The HTTP status to answer with.
                 * @example 500
                 */
                status?: number;
                /** @description How long to wait before answering, in milliseconds. */
                delay_ms?: number;
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        /** @description Any bytes, of any media type. They are kept as text. */
        requestBody: {
            content: {
                "*/*": components["schemas"]["JsonValue"];
            };
        };
        responses: {
            /** @description Kept. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestWebhookReceipt"];
                };
            };
            /** @description Kept, where `status=204` asked for it. */
            204: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Kept, where `status=205` asked for it. */
            205: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Kept, where `status=304` asked for it. */
            304: {
                headers: {
                    [name: string]: unknown;
                };
                content?: never;
            };
            /** @description Kept, where `status=400` asked for it; otherwise the request is malformed. */
            400: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestWebhookReceipt"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
            /**
             * @description Kept, and answered with the `status` that was asked for. Or an error of Posthorn's own,
             *     as every operation has: 404 where the test receiver is switched off, 408, 413, 414, 415,
             *     429, 431, 500, 503.
             */
            default: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["TestWebhookReceipt"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getHealth: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Alive. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Health"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getReadiness: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Ready. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            /** @description Not ready, or shutting down. */
            503: {
                headers: {
                    "Retry-After": components["headers"]["RetryAfter"];
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Readiness"];
                    "application/problem+json": components["schemas"]["Problem"];
                };
            };
        };
    };
    getStats: {
        parameters: {
            query?: {
                /**
                 * @description How far back to look.
                 * @example 24h
                 */
                window?: "1h" | "24h" | "72h";
                /**
                 * @description The length of a bucket: by default a minute within one hour, a quarter of an hour
                 *     within 24, an hour within 72. At most 1,440 buckets fit.
                 * @example 900
                 */
                bucket_seconds?: 60 | 300 | 900 | 1800 | 3600;
                /**
                 * @description Only this subscription. Its `events` and `deliveries` are the deliveries that have
                 *     been attempted.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                subscription_id?: components["schemas"]["Id"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
            };
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The statistics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Stats"];
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    openStream: {
        parameters: {
            query?: {
                /**
                 * @description Only this subscription.
                 * @example 019aa089-9af2-7c31-8a5e-2f0d6c1b7e94
                 */
                subscription_id?: components["schemas"]["Id"];
                /**
                 * @description Only this event type, by its exact name.
                 * @example order.created
                 */
                event_type?: components["parameters"]["EventTypeQuery"];
                /** @description Only deliveries in this state, and attempts that have left them in it. */
                status?: components["schemas"]["DeliveryStatus"];
                /**
                 * @description Only what belongs to this tenant.
                 * @example acme
                 */
                tenant?: components["parameters"]["Tenant"];
            };
            header?: {
                /**
                 * @description The `id` of the last event seen, to go on after it.
                 * @example 1763823012448-019aac0b-49f9-7e02-b3c7-1a9d4e6f8025-1
                 */
                "Last-Event-ID"?: string;
            };
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description Events, until either side ends the connection. */
            200: {
                headers: {
                    /** @description `no-store` */
                    "Cache-Control"?: string;
                    /** @description `no`, for nginx. */
                    "X-Accel-Buffering"?: string;
                    [name: string]: unknown;
                };
                content: {
                    "text/event-stream": string;
                };
            };
            400: components["responses"]["InvalidQuery"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getOperations: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The state of things. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "application/json": components["schemas"]["Operations"];
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
    getMetrics: {
        parameters: {
            query?: never;
            header?: never;
            path?: never;
            cookie?: never;
        };
        requestBody?: never;
        responses: {
            /** @description The metrics. */
            200: {
                headers: {
                    [name: string]: unknown;
                };
                content: {
                    "text/plain": string;
                };
            };
            400: components["responses"]["InvalidRequest"];
            401: components["responses"]["Unauthorized"];
            403: components["responses"]["Forbidden"];
            408: components["responses"]["RequestTimeout"];
            414: components["responses"]["UriTooLong"];
            429: components["responses"]["TooManyRequests"];
            431: components["responses"]["HeaderFieldsTooLarge"];
            500: components["responses"]["InternalError"];
            503: components["responses"]["Unavailable"];
        };
    };
}
