# Written by `npm run generate:sdks` from openapi.yaml.
"""A class for each group of operations, whose methods block."""

from __future__ import annotations

from typing import Any, Dict, Iterator, List, Literal, Optional, Union

from . import models
from ._request import Call, CallOptions, segment
from ._stream import StreamEvent
from ._transport import Transport


class Subscriptions:
    """Receivers' endpoints, with the event types they want and how to deliver to them."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        status: Optional[models.SubscriptionStatus] = None,
        event_type: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.SubscriptionList:
        """
        List subscriptions.

        Lists subscriptions, newest first.
        """
        call = Call(
            "GET",
            "/subscriptions",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "status": status, "event_type": event_type, "q": q},
        )
        result: models.SubscriptionList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        status: Optional[models.SubscriptionStatus] = None,
        event_type: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Subscription]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/subscriptions",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "status": status, "event_type": event_type, "q": q},
        )
        return self._transport.pages(call, "data", options)

    def create(
        self,
        body: Union[models.SubscriptionCreate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.SubscriptionWithSecret:
        """
        Create a subscription.

        Subscribes an endpoint to event types of a tenant. The signing secret is in this
        answer;
        later on, only `GET /subscriptions/{id}/secret` shows it.

        The target is checked as far as it can be without the network; what its name resolves
        to
        is checked again each time a connection is made.
        """
        call = Call(
            "POST",
            "/subscriptions",
            body=body,
        )
        result: models.SubscriptionWithSecret = self._transport.json(call, options)
        return result

    def get(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Subscription:
        """
        Get a subscription.

        Answers the subscription as it is now, without its secret.
        """
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}",
        )
        result: models.Subscription = self._transport.json(call, options)
        return result

    def replace(
        self,
        id: str,
        body: Union[models.SubscriptionUpdate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Subscription:
        """
        Change a subscription (PUT).

        Sets what the body names and leaves what it omits unchanged, exactly as PATCH does:
        clients
        of earlier services rely on it. `null` clears a field that may be null.

        Once this has been answered, no later attempt uses the old values. Setting `status` to
        `active` resumes a paused or disabled subscription and releases what it held, in
        order.
        """
        call = Call(
            "PUT",
            f"/subscriptions/{segment(id)}",
            body=body,
        )
        result: models.Subscription = self._transport.json(call, options)
        return result

    def delete(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> None:
        """
        Delete a subscription.

        Deletes the subscription. Its pending deliveries end as `cancelled` with reason
        `subscription_deleted`; its deliveries and attempts stay readable until their
        retention ends.
        """
        call = Call(
            "DELETE",
            f"/subscriptions/{segment(id)}",
        )
        self._transport.json(call, options)

    def update(
        self,
        id: str,
        body: Union[models.SubscriptionUpdate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Subscription:
        """
        Change a subscription (PATCH).

        Sets what the body names and leaves what it omits unchanged. `null` clears a field
        that may
        be null. Objects (`headers`, `metadata`) and arrays are set whole, not merged.

        Once this has been answered, no later attempt uses the old values. Setting `status` to
        `active` resumes a paused or disabled subscription and releases what it held, in
        order.
        """
        call = Call(
            "PATCH",
            f"/subscriptions/{segment(id)}",
            body=body,
        )
        result: models.Subscription = self._transport.json(call, options)
        return result

    def test(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Attempt:
        """
        Send a sample event.

        Sends a sample event of type `posthorn.test` to the target at once, signed as any
        other,
        whatever the subscription's status, event types and filter, and answers with the
        attempt. A
        failing receiver is the attempt's `failure`, not an error here. There is one attempt;
        it
        is not retried. Takes no body.
        """
        call = Call(
            "POST",
            f"/subscriptions/{segment(id)}/test",
        )
        result: models.Attempt = self._transport.json(call, options)
        return result

    def get_secret(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.SigningSecret:
        """
        Get a subscription's secret.

        Answers the secret that signs, and until when older ones sign beside it. The call is
        written to the audit log.
        """
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/secret",
        )
        result: models.SigningSecret = self._transport.json(call, options)
        return result

    def rotate_secret(
        self,
        id: str,
        body: Optional[Union[models.SecretRotation, bytes]] = None,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.SubscriptionWithSecret:
        """
        Rotate a subscription's secret.

        Gives the subscription a new secret. For `overlap_hours` the old ones go on:
        deliveries
        carry a signature of each, and ingest takes any of them. At most 10 old secrets are
        kept.
        `X-Hub-Signature-256` has room for one signature, which is the new secret's from now
        on.

        An Ed25519 key of the scheme `standard-webhooks-v1a` is replaced in the same way.
        """
        call = Call(
            "POST",
            f"/subscriptions/{segment(id)}/secret/rotate",
            body={} if body is None else body,
        )
        result: models.SubscriptionWithSecret = self._transport.json(call, options)
        return result

    def get_key_set(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.KeySet:
        """
        Get a subscription's public keys.

        Answers, as a JSON Web Key Set (RFC 7517), the Ed25519 keys that signatures of the
        scheme
        `standard-webhooks-v1a` verify with, newest first; none where the subscription does
        not
        use it. Receivers hold no API key, so none is asked for.
        """
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/jwks.json",
        )
        result: models.KeySet = self._transport.json(call, options)
        return result

    def list_deliveries(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.DeliveryList:
        """
        List a subscription's deliveries.

        Lists the subscription's deliveries, newest first, without those that its filter did
        not let
        through: `GET /deliveries?subscription_id=…&reason=filtered` lists these.
        """
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/deliveries",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.DeliveryList = self._transport.json(call, options)
        return result

    def iterate_deliveries(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Delivery]:
        """The entries of all pages of `list_deliveries`."""
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/deliveries",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)

    def list_attempts(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.AttemptList:
        """
        List a subscription's attempts.

        Lists the attempts made for the subscription, newest first.
        """
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/attempts",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.AttemptList = self._transport.json(call, options)
        return result

    def iterate_attempts(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Attempt]:
        """The entries of all pages of `list_attempts`."""
        call = Call(
            "GET",
            f"/subscriptions/{segment(id)}/attempts",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)

    def test_filter(
        self,
        body: Union[models.FilterTest, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.FilterTestResult:
        """
        Try a filter on an event.

        Says whether an event passes a filter and, for each of the filter's conditions,
        whether it
        holds and why not. The filter is in the body or that of a subscription; the event is
        in the
        body or one that was received. Nothing is stored or sent.
        """
        call = Call(
            "POST",
            "/filters/test",
            body=body,
        )
        result: models.FilterTestResult = self._transport.json(call, options)
        return result


class Ingest:
    """Events for one subscription, sent by systems that sign their requests or hold an API key."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def for_subscription(
        self,
        subscription_id: str,
        body: Any,
        *,
        event_type: Optional[str] = None,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Optional[models.IngestReceipt]:
        """
        Send an event to one subscription.

        Takes any JSON document of at most 1 MiB and delivers exactly those bytes to the
        subscription.

        **Event type**: the `X-Event-Type` header, else the `event_type` header, else a string
        member `event_type` or `event` of a JSON object body, else `untyped`. A text in
        `event_type` that cannot be a type is answered 400. A type the subscription does not
        want
        is answered 204, and nothing is queued.

        **Signature**: hexadecimal HMAC-SHA256 of the raw body under the subscription's secret
        in
        `X-Hub-Signature-256`, `X-Webhook-Signature` or `x-signature`, with or without the
        prefix
        `sha256=`; or the three headers of Standard Webhooks. A wrong signature is 401 unless
        the
        subscription's `ingest_signature` is `off`; a missing one is 401 when it is
        `required`.

        A valid signature stands in for an API key. Without a key, an unknown subscription is
        answered as a wrong signature is.

        **Chains**: a delivery of Posthorn, this one or another, carries `Posthorn-Hops` and
        is never
        let in by its signature, only by an API key. Past 3 hops it is 508 `loop_detected`.

        A paused subscription takes the event and holds it.
        """
        call = Call(
            "POST",
            f"/ingest/{segment(subscription_id)}",
            headers={"X-Event-Type": event_type, "Idempotency-Key": idempotency_key},
            body=body,
            takes_idempotency_key=True,
        )
        result: Optional[models.IngestReceipt] = self._transport.json(call, options)
        return result

    def envelope(
        self,
        body: Union[models.IngestEnvelope, bytes],
        *,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Optional[models.EnvelopeReceipt]:
        """
        Send an event in an envelope.

        Takes an envelope that names the subscription and the event type. The bytes of its
        `body`
        member are cut out as they stand and delivered exactly so. The signature, in the
        headers
        and under the rules of `POST /ingest/{subscription_id}`, is over the whole request
        body.

        `request_id` is the event's id: follow it at `GET /status/request/{event_id}`.
        """
        call = Call(
            "POST",
            "/ingest",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            takes_idempotency_key=True,
        )
        result: Optional[models.EnvelopeReceipt] = self._transport.json(call, options)
        return result


class Events:
    """Publishing to every matching subscription of a tenant, and what was received."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        event_type: Optional[str] = None,
        status: Optional[models.DeliveryStatus] = None,
        received_after: Optional[str] = None,
        received_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventList:
        """
        List events.

        Lists events, newest first.
        """
        call = Call(
            "GET",
            "/events",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "event_type": event_type, "status": status, "received_after": received_after, "received_before": received_before},
        )
        result: models.EventList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        event_type: Optional[str] = None,
        status: Optional[models.DeliveryStatus] = None,
        received_after: Optional[str] = None,
        received_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Event]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/events",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "event_type": event_type, "status": status, "received_after": received_after, "received_before": received_before},
        )
        return self._transport.pages(call, "data", options)

    def publish(
        self,
        body: Union[models.PublishEvent, bytes],
        *,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.PublishReceipt:
        """
        Publish an event or a batch.

        Delivers each event to every subscription of its tenant that is not disabled and wants
        its
        type; paused subscriptions hold it. The bytes of `payload` are cut out as they stand
        and
        delivered exactly so.

        One object publishes one event. An array of 1 to 500 publishes a batch, of one tenant:
        all
        of it or, on any error, none. An `Idempotency-Key` covers the whole request.

        A delivery of Posthorn, this one or another, carries `Posthorn-Hops`; past 3 hops it
        is 508
        `loop_detected`.
        """
        call = Call(
            "POST",
            "/events",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            takes_idempotency_key=True,
        )
        result: models.PublishReceipt = self._transport.json(call, options)
        return result

    def publish_batch(
        self,
        body: Union[List[models.PublishEvent], bytes],
        *,
        idempotency_key: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.PublishBatchReceipt:
        """
        Publish an event or a batch.

        Delivers each event to every subscription of its tenant that is not disabled and wants
        its
        type; paused subscriptions hold it. The bytes of `payload` are cut out as they stand
        and
        delivered exactly so.

        One object publishes one event. An array of 1 to 500 publishes a batch, of one tenant:
        all
        of it or, on any error, none. An `Idempotency-Key` covers the whole request.

        A delivery of Posthorn, this one or another, carries `Posthorn-Hops`; past 3 hops it
        is 508
        `loop_detected`.
        """
        call = Call(
            "POST",
            "/events",
            headers={"Idempotency-Key": idempotency_key},
            body=body,
            takes_idempotency_key=True,
        )
        result: models.PublishBatchReceipt = self._transport.json(call, options)
        return result

    def get(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Event:
        """
        Get an event.

        Answers the event with the number of its deliveries in each state.
        """
        call = Call(
            "GET",
            f"/events/{segment(id)}",
        )
        result: models.Event = self._transport.json(call, options)
        return result

    def get_status(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventStatus:
        """
        Get an event's deliveries and attempts.

        Answers the event and a page of its deliveries, newest first, each with its attempts
        in the
        order they were made.
        """
        call = Call(
            "GET",
            f"/events/{segment(id)}/status",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.EventStatus = self._transport.json(call, options)
        return result

    def iterate_status(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.DeliveryWithAttempts]:
        """The entries of all pages of `get_status`."""
        call = Call(
            "GET",
            f"/events/{segment(id)}/status",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "deliveries", options)

    def get_payload(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> Any:
        """
        Get an event's payload.

        Answers the payload's bytes exactly as they were received and are delivered.
        """
        call = Call(
            "GET",
            f"/events/{segment(id)}/payload",
        )
        result: Any = self._transport.json(call, options)
        return result


class EventTypes:
    """The catalogue of what is published, with schemas, examples and what is enforced."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeList:
        """
        List event types.

        Lists the catalogue by tenant and name.
        """
        call = Call(
            "GET",
            "/event-types",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "q": q},
        )
        result: models.EventTypeList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.EventTypeEntry]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/event-types",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "q": q},
        )
        return self._transport.pages(call, "data", options)

    def create(
        self,
        body: Union[models.EventTypeCreate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeEntry:
        """
        Describe an event type.

        Adds a type to a tenant's catalogue. `schema` is checked as JSON Schema 2020-12, and
        `example` against it. While `enforce` is `off`, published payloads are not checked.
        """
        call = Call(
            "POST",
            "/event-types",
            body=body,
        )
        result: models.EventTypeEntry = self._transport.json(call, options)
        return result

    def import_(
        self,
        body: Union[Dict[str, Any], bytes],
        *,
        tenant: Optional[str] = None,
        allow_breaking: Optional[bool] = None,
        dry_run: Optional[bool] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeImport:
        """
        Import event types from an OpenAPI document.

        Makes a type of each entry of `webhooks` in an OpenAPI 3.1 document, in JSON or YAML:
        its name,
        the description, the schema and the example of its JSON request body, and whether it
        is
        deprecated. References within the document are followed. Types that the document does
        not
        name, and what it cannot say (`enforce`, `replaced_by`), stay as they are. All of it
        is
        imported or, on any error, none.
        """
        call = Call(
            "POST",
            "/event-types/import",
            query={"tenant": tenant, "allow_breaking": allow_breaking, "dry_run": dry_run},
            body=body,
        )
        result: models.EventTypeImport = self._transport.json(call, options)
        return result

    def get(
        self,
        name: str,
        *,
        tenant: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeEntry:
        """
        Get an event type.

        Answers the type as the catalogue has it now.
        """
        call = Call(
            "GET",
            f"/event-types/{segment(name)}",
            query={"tenant": tenant},
        )
        result: models.EventTypeEntry = self._transport.json(call, options)
        return result

    def replace(
        self,
        name: str,
        body: Union[models.EventTypeUpdate, bytes],
        *,
        tenant: Optional[str] = None,
        allow_breaking: Optional[bool] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeEntry:
        """
        Change an event type (PUT).

        Sets what the body names and leaves what it omits unchanged, exactly as PATCH does.
        """
        call = Call(
            "PUT",
            f"/event-types/{segment(name)}",
            query={"tenant": tenant, "allow_breaking": allow_breaking},
            body=body,
        )
        result: models.EventTypeEntry = self._transport.json(call, options)
        return result

    def delete(
        self,
        name: str,
        *,
        tenant: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> None:
        """
        Delete an event type.

        Takes the type out of the catalogue. Events of it, and subscriptions to it, stay what
        they
        are; it is an unknown type from then on.
        """
        call = Call(
            "DELETE",
            f"/event-types/{segment(name)}",
            query={"tenant": tenant},
        )
        self._transport.json(call, options)

    def update(
        self,
        name: str,
        body: Union[models.EventTypeUpdate, bytes],
        *,
        tenant: Optional[str] = None,
        allow_breaking: Optional[bool] = None,
        options: Optional[CallOptions] = None,
    ) -> models.EventTypeEntry:
        """
        Change an event type (PATCH).

        Sets what the body names and leaves what it omits unchanged. `null` clears a field
        that may be
        null. A new schema raises `version` by one. A schema that breaks what consumers were
        promised
        is 409 unless `allow_breaking` is set.
        """
        call = Call(
            "PATCH",
            f"/event-types/{segment(name)}",
            query={"tenant": tenant, "allow_breaking": allow_breaking},
            body=body,
        )
        result: models.EventTypeEntry = self._transport.json(call, options)
        return result

    def get_declarations(
        self,
        *,
        tenant: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> str:
        """
        TypeScript types of the catalogue.

        A TypeScript module: one type for each event type's payload, and `EventPayloads`,
        which maps
        names to them.
        """
        call = Call(
            "GET",
            "/event-types.ts",
            query={"tenant": tenant},
        )
        return self._transport.text(call, options)

    def get_document(
        self,
        *,
        tenant: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Dict[str, Any]:
        """
        The catalogue as an OpenAPI document.

        The tenant's event types as `webhooks` of an OpenAPI 3.1 document: what
        `POST /event-types/import` reads, and what tools make documentation and code from.
        """
        call = Call(
            "GET",
            "/event-types.json",
            query={"tenant": tenant},
        )
        result: Dict[str, Any] = self._transport.json(call, options)
        return result


class Deliveries:
    """One event on its way to one subscription, and the attempts made."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        event_type: Optional[str] = None,
        status: Optional[List[models.DeliveryStatus]] = None,
        reason: Optional[Literal["retry_scheduled", "subscription_paused", "rate_limited", "saturated", "breaker_open", "awaiting_order", "loopback_closed", "secret_unreadable", "in_flight", "released", "exhausted", "subscription_gone", "subscription_deleted", "subscription_disabled", "filtered", "cancelled_by_request", "target_blocked", "loop_detected", "unsendable", "expired"]] = None,
        status_class: Optional[Literal["2xx", "3xx", "4xx", "5xx"]] = None,
        subscription_id: Optional[str] = None,
        event_id: Optional[str] = None,
        created_after: Optional[str] = None,
        created_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.DeliveryList:
        """
        List deliveries.

        Lists deliveries, newest first. `status`, `reason` and `next_attempt_at` of each say
        why it
        has not arrived. Those with the reason `filtered` are listed where they are asked for
        alone:
        by that reason, or as those of an event. All that ended undelivered since a time is
        `?status=failed&status=discarded&status=cancelled&created_after=…`; `POST
        /subscriptions/{id}/replay` sends it again.
        """
        call = Call(
            "GET",
            "/deliveries",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "event_type": event_type, "status": status, "reason": reason, "status_class": status_class, "subscription_id": subscription_id, "event_id": event_id, "created_after": created_after, "created_before": created_before},
        )
        result: models.DeliveryList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        event_type: Optional[str] = None,
        status: Optional[List[models.DeliveryStatus]] = None,
        reason: Optional[Literal["retry_scheduled", "subscription_paused", "rate_limited", "saturated", "breaker_open", "awaiting_order", "loopback_closed", "secret_unreadable", "in_flight", "released", "exhausted", "subscription_gone", "subscription_deleted", "subscription_disabled", "filtered", "cancelled_by_request", "target_blocked", "loop_detected", "unsendable", "expired"]] = None,
        status_class: Optional[Literal["2xx", "3xx", "4xx", "5xx"]] = None,
        subscription_id: Optional[str] = None,
        event_id: Optional[str] = None,
        created_after: Optional[str] = None,
        created_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Delivery]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/deliveries",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "event_type": event_type, "status": status, "reason": reason, "status_class": status_class, "subscription_id": subscription_id, "event_id": event_id, "created_after": created_after, "created_before": created_before},
        )
        return self._transport.pages(call, "data", options)

    def get(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Delivery:
        """
        Get a delivery.

        Answers the delivery as it is now. An attempt shows as `delivering` from its first
        moment:
        workers are asked, and have a tenth of a second to answer. Lists go by what is stored,
        and
        show an attempt once it has taken half a second.
        """
        call = Call(
            "GET",
            f"/deliveries/{segment(id)}",
        )
        result: models.Delivery = self._transport.json(call, options)
        return result

    def list_attempts(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.AttemptList:
        """
        List a delivery's attempts.

        Lists the delivery's attempts in the order they were made.
        """
        call = Call(
            "GET",
            f"/deliveries/{segment(id)}/attempts",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.AttemptList = self._transport.json(call, options)
        return result

    def iterate_attempts(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Attempt]:
        """The entries of all pages of `list_attempts`."""
        call = Call(
            "GET",
            f"/deliveries/{segment(id)}/attempts",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)

    def retry(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Delivery:
        """
        Retry a delivery.

        Queues another attempt at once: of a delivery that ended undelivered, or of one that
        waits
        for its next attempt. Refused with 409 when it has been delivered, while an attempt is
        under
        way, and when the subscription is paused, disabled or deleted. Takes no body.
        """
        call = Call(
            "POST",
            f"/deliveries/{segment(id)}/retry",
        )
        result: models.Delivery = self._transport.json(call, options)
        return result

    def cancel(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Delivery:
        """
        Cancel a delivery.

        Ends a delivery that is queued, waits or is held, as `cancelled` with reason
        `cancelled_by_request`. Every worker is asked first, so that once this has answered
        200 the
        delivery is not sent. Refused with 409 while an attempt is under way and once it has
        ended,
        and with 409 and `Retry-After` while a worker does not say whether an attempt is under
        way:
        one that has died or hangs is known to within a few seconds. An attempt that is under
        way on
        a worker that dies is in no log. Takes no body.
        """
        call = Call(
            "POST",
            f"/deliveries/{segment(id)}/cancel",
        )
        result: models.Delivery = self._transport.json(call, options)
        return result


class Replays:
    """Sending again what a time range holds, to the same subscription or to another."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def replay_subscription(
        self,
        id: str,
        body: Union[models.ReplayCreate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> Union[models.ReplayCount, models.Replay]:
        """
        Replay a subscription's deliveries.

        Begins to send again what a time range of the subscription holds: by default its
        deliveries
        that ended as `failed` or `discarded`. `dry_run` counts them and begins nothing.

        To the subscription itself, a delivery is queued again as `POST
        /deliveries/{id}/retry`
        does it: it keeps its id and its attempts and gets a whole new schedule. To another
        subscription of the tenant, named by `target_subscription_id`, each event gets a new
        delivery. With `source: events` the replay covers not deliveries but all events of
        the tenant of the types that the target takes: what a new subscription has missed. An
        event of which the target has a delivery already is skipped, in either case.

        A paused target's deliveries are held until it is resumed. A replay works in the
        background, from the oldest to the newest, and resumes where it left off when a
        worker ends; nothing is left out or done twice. Deliveries that retention has dropped
        are not
        found: failed and discarded ones are kept for longer than the rest, 14 days by
        default.
        """
        call = Call(
            "POST",
            f"/subscriptions/{segment(id)}/replay",
            body=body,
        )
        result: Union[models.ReplayCount, models.Replay] = self._transport.json(call, options)
        return result

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        subscription_id: Optional[str] = None,
        status: Optional[models.ReplayStatus] = None,
        options: Optional[CallOptions] = None,
    ) -> models.ReplayList:
        """
        List replays.

        Lists replays, newest first. Those that have ended are kept as long as the audit log.
        """
        call = Call(
            "GET",
            "/replays",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "subscription_id": subscription_id, "status": status},
        )
        result: models.ReplayList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        subscription_id: Optional[str] = None,
        status: Optional[models.ReplayStatus] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Replay]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/replays",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "subscription_id": subscription_id, "status": status},
        )
        return self._transport.pages(call, "data", options)

    def get(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Replay:
        """
        Get a replay.

        Answers the replay as it is now.
        """
        call = Call(
            "GET",
            f"/replays/{segment(id)}",
        )
        result: models.Replay = self._transport.json(call, options)
        return result

    def pause(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Replay:
        """
        Pause a replay.

        Stops a running replay until it is resumed. Deliveries that it has already queued are
        sent. Pausing
        a paused one changes nothing; of one that has ended it is refused with 409. Takes no
        body.
        """
        call = Call(
            "POST",
            f"/replays/{segment(id)}/pause",
        )
        result: models.Replay = self._transport.json(call, options)
        return result

    def resume(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Replay:
        """
        Resume a replay.

        Lets a paused replay go on from where it was, or one that failed since its target was
        disabled. Resuming a running one changes nothing; of one that was completed or
        cancelled it
        is refused with 409. Takes no body.
        """
        call = Call(
            "POST",
            f"/replays/{segment(id)}/resume",
        )
        result: models.Replay = self._transport.json(call, options)
        return result

    def cancel(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Replay:
        """
        Cancel a replay.

        Ends a replay for good. Deliveries that it has already queued are sent. Cancelling a
        cancelled one
        changes nothing; of one that was completed it is refused with 409. Takes no body.
        """
        call = Call(
            "POST",
            f"/replays/{segment(id)}/cancel",
        )
        result: models.Replay = self._transport.json(call, options)
        return result


class Status:
    """Attempt logs by request and by subscription."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_request_status(
        self,
        event_id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.AttemptList:
        """
        Get the attempt log of a request.

        Lists every attempt made for one event, over all its deliveries, in the order they
        were
        made. Takes an event's `id`, or the `request_id` that `POST /ingest` answered.
        """
        call = Call(
            "GET",
            f"/status/request/{segment(event_id)}",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.AttemptList = self._transport.json(call, options)
        return result

    def iterate_request_status(
        self,
        event_id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Attempt]:
        """The entries of all pages of `get_request_status`."""
        call = Call(
            "GET",
            f"/status/request/{segment(event_id)}",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)

    def get_subscription_status(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.AttemptList:
        """
        Get the recent attempts of a subscription.

        Lists the attempts made for one subscription, newest first.
        """
        call = Call(
            "GET",
            f"/status/subscription/{segment(id)}",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.AttemptList = self._transport.json(call, options)
        return result

    def iterate_subscription_status(
        self,
        id: str,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.Attempt]:
        """The entries of all pages of `get_subscription_status`."""
        call = Call(
            "GET",
            f"/status/subscription/{segment(id)}",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)


class Access:
    """API keys, and who changed what."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_api_keys(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.ApiKeyList:
        """
        List API keys.

        Lists the keys that have not been revoked, newest first; those of its tenant where the
        caller's key is bound to one. Keys named in the service's environment are not among
        them.
        """
        call = Call(
            "GET",
            "/api-keys",
            query={"limit": limit, "cursor": cursor},
        )
        result: models.ApiKeyList = self._transport.json(call, options)
        return result

    def iterate_api_keys(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.ApiKey]:
        """The entries of all pages of `list_api_keys`."""
        call = Call(
            "GET",
            "/api-keys",
            query={"limit": limit, "cursor": cursor},
        )
        return self._transport.pages(call, "data", options)

    def create_api_key(
        self,
        body: Union[models.ApiKeyCreate, bytes],
        *,
        options: Optional[CallOptions] = None,
    ) -> models.ApiKeyWithKey:
        """
        Create an API key.

        Makes a key. `key` is in this answer and in no later one: what is stored is its
        digest.
        A key bound to a tenant makes keys of that tenant alone.

        From the first key on, every request needs one, in every process within two seconds,
        and
        deliveries to the machine of the service are held with the reason `loopback_closed`,
        unless
        `ALLOW_PRIVATE_TARGETS` opens it. `notices` says so.
        """
        call = Call(
            "POST",
            "/api-keys",
            body=body,
        )
        result: models.ApiKeyWithKey = self._transport.json(call, options)
        return result

    def revoke_api_key(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> None:
        """
        Revoke an API key.

        Ends the key for good. The process that answers refuses it from then on, every other
        one
        within five seconds.
        """
        call = Call(
            "DELETE",
            f"/api-keys/{segment(id)}",
        )
        self._transport.json(call, options)

    def get_session(
        self,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Session:
        """
        Get the current session.

        The tenant and the rights of this request's key or portal session, and when it ends.
        """
        call = Call(
            "GET",
            "/session",
        )
        result: models.Session = self._transport.json(call, options)
        return result

    def list_audit_entries(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        actor: Optional[str] = None,
        operation: Optional[str] = None,
        target_id: Optional[str] = None,
        created_after: Optional[str] = None,
        created_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.AuditList:
        """
        Read the audit log.

        Lists who changed what, newest first: every call by an `admin` of an operation that
        changes
        something, or shows a secret, whatever its answer was. Events that are sent in are not
        in
        it; they are their own record. A key bound to a tenant sees what concerns that tenant.
        """
        call = Call(
            "GET",
            "/audit",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "actor": actor, "operation": operation, "target_id": target_id, "created_after": created_after, "created_before": created_before},
        )
        result: models.AuditList = self._transport.json(call, options)
        return result

    def iterate_audit_entries(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        tenant: Optional[str] = None,
        actor: Optional[str] = None,
        operation: Optional[str] = None,
        target_id: Optional[str] = None,
        created_after: Optional[str] = None,
        created_before: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.AuditEntry]:
        """The entries of all pages of `list_audit_entries`."""
        call = Call(
            "GET",
            "/audit",
            query={"limit": limit, "cursor": cursor, "tenant": tenant, "actor": actor, "operation": operation, "target_id": target_id, "created_after": created_after, "created_before": created_before},
        )
        return self._transport.pages(call, "data", options)


class Tenants:
    """The owners of events and subscriptions, and the portal: a dashboard for one tenant."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.TenantList:
        """
        List tenants.

        Lists tenants by name, each with its subscriptions and the results of its deliveries.
        For
        keys of all tenants. A tenant exists while a subscription, an event within retention,
        an
        API key or a portal session names it.
        """
        call = Call(
            "GET",
            "/tenants",
            query={"limit": limit, "cursor": cursor, "q": q},
        )
        result: models.TenantList = self._transport.json(call, options)
        return result

    def iterate(
        self,
        *,
        limit: Optional[int] = None,
        cursor: Optional[str] = None,
        q: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[models.TenantOverview]:
        """The entries of all pages of `list`."""
        call = Call(
            "GET",
            "/tenants",
            query={"limit": limit, "cursor": cursor, "q": q},
        )
        return self._transport.pages(call, "data", options)

    def get(
        self,
        tenant: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.TenantOverview:
        """
        Get a tenant.

        Answers what the list of tenants says of one.
        """
        call = Call(
            "GET",
            f"/tenants/{segment(tenant)}",
        )
        result: models.TenantOverview = self._transport.json(call, options)
        return result

    def create_portal_session(
        self,
        tenant: str,
        body: Optional[Union[models.PortalSessionCreate, bytes]] = None,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.PortalSession:
        """
        Open the portal.

        Makes a link to a dashboard that shows this tenant alone, for its people to manage
        their subscriptions. Anyone who has the link may use it until it expires. `url` and
        `token`
        are in this answer and in no later one: what is stored is the token's digest.

        The token stands behind the `#` of the link, so that no server and no log sees it. It
        may
        do what operations with `portal` in their `security` do; a session that is
        `read_only`,
        those of them which a key of scope `read` may call as well. A portal session may not
        set a
        subscription's `retry_schedule` and `ingest_signature`, and the subscriptions it makes
        have
        `ingest_signature` `off`: how long events are kept waiting, and who may send events,
        is
        not the subscriber's to say. Once the tenant has 100 subscriptions, it makes no more.

        The tenant need not exist yet.
        """
        call = Call(
            "POST",
            f"/tenants/{segment(tenant)}/portal-session",
            body={} if body is None else body,
        )
        result: models.PortalSession = self._transport.json(call, options)
        return result

    def revoke_portal_sessions(
        self,
        tenant: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> None:
        """
        End all portal sessions of a tenant.

        Ends every session of the tenant, as ending them one by one does. Also answered where
        there
        was none.
        """
        call = Call(
            "DELETE",
            f"/tenants/{segment(tenant)}/portal-session",
        )
        self._transport.json(call, options)

    def revoke_portal_session(
        self,
        id: str,
        *,
        options: Optional[CallOptions] = None,
    ) -> None:
        """
        End a portal session.

        Ends the session before it expires. The process that answers refuses its token from
        then
        on, every other one within five seconds; so do streams that are open.
        """
        call = Call(
            "DELETE",
            f"/portal-sessions/{segment(id)}",
        )
        self._transport.json(call, options)


class TestReceiver:
    """
    A built-in receiver that keeps the last requests it was sent and gives the answers asked
    of it.
    Where it is switched off, both its operations answer 404.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list_test_webhooks(
        self,
        *,
        limit: Optional[int] = None,
        options: Optional[CallOptions] = None,
    ) -> models.TestWebhookList:
        """
        List the requests the test receiver kept.

        Lists the last requests, newest first. They are kept in the memory of one process and
        are
        few: there is never a second page, and `next_cursor` is always null.
        """
        call = Call(
            "GET",
            "/webhook",
            query={"limit": limit},
        )
        result: models.TestWebhookList = self._transport.json(call, options)
        return result

    def receive_test_webhook(
        self,
        body: Any,
        *,
        status: Optional[int] = None,
        delay_ms: Optional[int] = None,
        options: Optional[CallOptions] = None,
    ) -> Optional[models.TestWebhookReceipt]:
        """
        Receive a request, for testing.

        Keeps the request for `GET /webhook` and answers as `status` and `delay_ms` ask. Point
        a
        subscription's `target_url` here to watch deliveries, retries and signatures.
        """
        call = Call(
            "POST",
            "/webhook",
            query={"status": status, "delay_ms": delay_ms},
            body=body,
        )
        result: Optional[models.TestWebhookReceipt] = self._transport.json(call, options)
        return result


class Operations:
    """Liveness, readiness, statistics, the live stream and metrics."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get_health(
        self,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Health:
        """
        Liveness.

        Answers while the process serves requests. Asks nothing of the database.
        """
        call = Call(
            "GET",
            "/health",
        )
        result: models.Health = self._transport.json(call, options)
        return result

    def get_readiness(
        self,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Readiness:
        """
        Readiness.

        Names the state of the database, of Redis and of the workers. Ready means that an
        event which is
        published now would be stored, and that the worker of this process, if it has one, can
        start;
        `reasons` names what is in the way. Workers of other processes do not decide, so that
        events are
        taken in while they restart; without Redis Posthorn is slower, and no less ready. An
        answer may
        be a second old.
        """
        call = Call(
            "GET",
            "/ready",
        )
        result: models.Readiness = self._transport.json(call, options)
        return result

    def get_stats(
        self,
        *,
        window: Optional[Literal["1h", "24h", "72h"]] = None,
        bucket_seconds: Optional[Literal[60, 300, 900, 1800, 3600]] = None,
        subscription_id: Optional[str] = None,
        tenant: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> models.Stats:
        """
        Statistics.

        Counts, success rate and latencies over a window, in buckets, and what waits now. They
        come
        from sums by minute and hour, a second or two behind, so that the answer takes the
        same
        time at any size of history. A process that dies takes the counts of its last second
        with
        it; events published from SQL are counted by their attempts alone. `attempts` are
        `delivered` and `failed` together: an attempt fails whether or not more follow.
        """
        call = Call(
            "GET",
            "/stats",
            query={"window": window, "bucket_seconds": bucket_seconds, "subscription_id": subscription_id, "tenant": tenant},
        )
        result: models.Stats = self._transport.json(call, options)
        return result

    def open_stream(
        self,
        *,
        subscription_id: Optional[str] = None,
        event_type: Optional[str] = None,
        status: Optional[models.DeliveryStatus] = None,
        tenant: Optional[str] = None,
        last_event_id: Optional[str] = None,
        options: Optional[CallOptions] = None,
    ) -> Iterator[StreamEvent]:
        """
        Watch attempts live.

        Server-Sent Events of attempts and changes of state, of all processes, as they happen:

        - `attempt`: an `Attempt` with its `subscription_id`, `event_id`, `event_type` and
        `tenant`.
        Its `id` is what `Last-Event-ID` takes.
        - `delivery`: a `Delivery` whose state has changed, as it is now.
        - `skipped`: `{ count }` attempts were left out, since there were more than 500 a
        second
        from one process; `null` for more than 5,000 missed by who resumes. Filters are
        applied
        before that.

        With `Last-Event-ID`, attempts missed since are sent first. One that ended within two
        seconds of it may come again: compare `delivery_id` and `attempt_number`. A reader
        that does
        not keep up is cut off, and may resume. Comments keep idle connections open.
        """
        call = Call(
            "GET",
            "/stream",
            query={"subscription_id": subscription_id, "event_type": event_type, "status": status, "tenant": tenant},
            headers={"Last-Event-ID": last_event_id},
        )
        return self._transport.events(call, options)

    def get(
        self,
        *,
        options: Optional[CallOptions] = None,
    ) -> models.Operations:
        """
        Workers, queue, cron and storage.

        The state of the service, for operators. For keys of all tenants. Counts of jobs and
        deliveries
        go to 100,000 and are a few seconds old.
        """
        call = Call(
            "GET",
            "/operations",
        )
        result: models.Operations = self._transport.json(call, options)
        return result

    def get_metrics(
        self,
        *,
        options: Optional[CallOptions] = None,
    ) -> str:
        """
        Metrics for Prometheus.

        This process' metrics in the text format of Prometheus, and what it sees in the
        database; while
        that does not answer, `posthorn_database_up` is 0 and the rest of what is in it is
        left out.
        For keys of all tenants. No label names a subscription, a tenant or an event type.
        """
        call = Call(
            "GET",
            "/metrics",
        )
        return self._transport.text(call, options)


class Resources:
    """Every group, over one way to the service."""

    def __init__(self, transport: Transport) -> None:
        self.subscriptions = Subscriptions(transport)
        self.ingest = Ingest(transport)
        self.events = Events(transport)
        self.event_types = EventTypes(transport)
        self.deliveries = Deliveries(transport)
        self.replays = Replays(transport)
        self.status = Status(transport)
        self.access = Access(transport)
        self.tenants = Tenants(transport)
        self.test_receiver = TestReceiver(transport)
        self.operations = Operations(transport)
