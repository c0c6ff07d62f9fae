# Written by `npm run generate:sdks` from openapi.yaml.
"""What requests and answers hold, as dictionaries that type checkers know."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Literal, Optional, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired, TypeAlias, TypedDict
else:
    from typing_extensions import NotRequired, TypeAlias, TypedDict


# - `admin`: everything.
# - `publish`: send events in.
# - `read`: look at what is not secret.
ApiKeyScope = Literal[
    "admin",
    "publish",
    "read",
]


# - `timed_out`: there was no status line by the deadline. An answer whose status has come
# counts by it, whatever becomes of its body.
# - `unreachable`: no such name, no connection, or one that broke.
# - `blocked`: the target is an address that requests may not be sent to.
# - `tls`: the TLS handshake failed, or the certificate is not valid.
# - `protocol`: the answer is not HTTP/1.1, or its framing contradicts itself.
# - `rejected`: the receiver answered, but not 2xx.
# - `too_large`: the answer's header fields are larger than is read, 64 KiB.
# - `internal`: the fault is on the side of Posthorn or its machine, as when no file descriptor
# is left or the name server is down. It says nothing about the receiver: it takes nothing
# from the retry schedule, and the next try is soon.
AttemptErrorKind = Literal[
    "timed_out",
    "unreachable",
    "blocked",
    "tls",
    "protocol",
    "rejected",
    "too_large",
    "internal",
]


# - `success`: the receiver answered 2xx.
# - `failed_attempt`: it failed, and there are more to come.
# - `failure`: it failed, and was the last.
AttemptOutcome = Literal[
    "success",
    "failed_attempt",
    "failure",
]


# Why the delivery is in its state; `null` while it is freshly queued and once delivered.
#
# Reasons to wait:
# - `retry_scheduled`: the last attempt failed; the next is due at `next_attempt_at`.
# - `subscription_paused`: the subscription is paused.
# - `rate_limited`: the subscription's rate limit, or the receiver's `Retry-After`, holds it.
# - `saturated`: the subscription has as many attempts under way as it may.
# - `breaker_open`: the receiver keeps failing, so its circuit breaker is open.
# - `awaiting_order`: an earlier event with the same ordering key goes first.
# - `loopback_closed`: the target is on the machine of the service, which is no target once
# there is an API key. To deliver it, set `ALLOW_PRIVATE_TARGETS=127.0.0.0/8,::1/128` and
# start the service again, or give the subscription another `target_url`.
# - `secret_unreadable`: the subscription's secrets were encrypted with a key that the worker
# lacks. It is tried again every ten seconds, and sent when the key is back.
# - `in_flight`: an attempt is under way.
# - `released`: what held it has ended, and it is queued.
#
# Reasons to end:
# - `exhausted`: every attempt of the retry schedule failed.
# - `subscription_gone`: the receiver answered 410.
# - `subscription_deleted`: the subscription was deleted.
# - `subscription_disabled`: the subscription was disabled.
# - `filtered`: the event did not match the subscription's filter.
# - `cancelled_by_request`: cancelled through the API.
# - `target_blocked`: the target is an address that requests may not be sent to.
# - `loop_detected`: the receiver is a Posthorn, and the event has come to it too often.
# - `unsendable`: one of the event's headers cannot be sent over HTTP. The receiver was not
# asked, and nothing counts against it.
# - `expired`: still held when retention ended. It is kept as failed deliveries are.
DeliveryReason = Literal[
    "retry_scheduled",
    "subscription_paused",
    "rate_limited",
    "saturated",
    "breaker_open",
    "awaiting_order",
    "loopback_closed",
    "secret_unreadable",
    "in_flight",
    "released",
    "exhausted",
    "subscription_gone",
    "subscription_deleted",
    "subscription_disabled",
    "filtered",
    "cancelled_by_request",
    "target_blocked",
    "loop_detected",
    "unsendable",
    "expired",
]


# - `pending`: waits for its first or its next attempt.
# - `delivering`: an attempt is under way.
# - `delivered`: the receiver answered 2xx.
# - `failed`: given up after attempts.
# - `discarded`: given up without further attempts, since the subscription takes none or its
# filter does not let the event through.
# - `cancelled`: ended by a request, or by the subscription's deletion.
DeliveryStatus = Literal[
    "pending",
    "delivering",
    "delivered",
    "failed",
    "discarded",
    "cancelled",
]


# How an event whose payload does not match the schema is treated.
#
# - `off`: the payload is not checked.
# - `warn`: it is accepted, and the answer's `warnings` say so, as do a metric and the log.
# - `reject`: it is refused with 422, and with it the batch that it is in.
Enforcement = Literal[
    "off",
    "warn",
    "reject",
]


# The stable name of an error, for programs.
ErrorCode = Literal[
    "invalid_request",
    "invalid_json",
    "invalid_encoding",
    "invalid_cursor",
    "unauthorized",
    "invalid_signature",
    "signature_required",
    "forbidden",
    "tenant_forbidden",
    "not_found",
    "subscription_not_found",
    "event_not_found",
    "delivery_not_found",
    "replay_not_found",
    "api_key_not_found",
    "tenant_not_found",
    "portal_session_not_found",
    "event_type_not_found",
    "method_not_allowed",
    "request_timeout",
    "idempotency_conflict",
    "idempotency_key_in_use",
    "delivery_not_retryable",
    "delivery_not_cancellable",
    "subscription_changed",
    "subscription_disabled",
    "replay_not_changeable",
    "event_type_exists",
    "breaking_change",
    "payload_too_large",
    "uri_too_long",
    "unsupported_media_type",
    "forbidden_target",
    "invalid_payload",
    "unknown_event_type",
    "reserved_event_type",
    "too_many_requests",
    "header_fields_too_large",
    "internal_error",
    "overloaded",
    "secret_unreadable",
    "unavailable",
    "shutting_down",
    "loop_detected",
]


# How signatures on ingest are treated. `optional` unless set.
#
# - `off`: they are ignored, so that an API key is needed.
# - `optional`: one that is given must be right.
# - `required`: one must be given and be right.
IngestSignature = Literal[
    "off",
    "optional",
    "required",
]


# The deliveries or events to replay.
#
# - `deliveries`: the subscription's own deliveries; so unless another is named.
# - `events`: the tenant's events of types that the target takes, also those that were sent
# to one subscription alone.
ReplaySource = Literal[
    "deliveries",
    "events",
]


# - `running`: continues automatically.
# - `paused`: waits until it is resumed.
# - `cancelled`: ended by a request.
# - `completed`: has seen its whole range.
# - `failed`: stopped, for the reason in `failure`; it may be resumed.
ReplayStatus = Literal[
    "running",
    "paused",
    "cancelled",
    "completed",
    "failed",
]


# A state that a delivery has ended in. `filtered` are the discarded ones that did not
# match the subscription's filter, which are not among `discarded` here: they are evaluated
# again
# with the filter of that moment.
ReplayedStatus = Literal[
    "delivered",
    "failed",
    "discarded",
    "cancelled",
    "filtered",
]


# The states that can be set.
SettableSubscriptionStatus = Literal[
    "active",
    "paused",
]


# - `standard-webhooks`: `webhook-id`, `webhook-timestamp` and `webhook-signature`.
# - `standard-webhooks-v1a`: the same headers, signed with an Ed25519 key that Posthorn makes;
# its public half is at `GET /subscriptions/{id}/jwks.json`.
# - `github`: `X-Hub-Signature-256`.
# - `stripe`: `Stripe-Signature`.
SignatureScheme = Literal[
    "standard-webhooks",
    "standard-webhooks-v1a",
    "github",
    "stripe",
]


# - `active`: deliveries are made.
# - `paused`: deliveries are held until it is resumed.
# - `disabled`: Posthorn stopped delivering; `disabled_reason` says why. Setting `active`
# resumes it.
SubscriptionStatus = Literal[
    "active",
    "paused",
    "disabled",
]


class ApiKey(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    name: Optional[str]
    """A name for people."""
    prefix: str
    """The first characters of the key, to recognize it by."""
    scopes: List[ApiKeyScope]
    """The rights of the key."""
    tenant: Optional[str]
    """The tenant the key is bound to; `null` is every tenant."""
    created_at: str
    """An RFC 3339 time."""
    last_used_at: Optional[str]
    """When it was last used, to the minute; `null` where it never was."""
    expires_at: Optional[str]
    """When it expires."""


class ApiKeyCreate(TypedDict):
    name: NotRequired[Optional[str]]
    """A name for people."""
    scopes: List[ApiKeyScope]
    """The rights of the key."""
    tenant: NotRequired[Optional[str]]
    """
    The tenant to bind the key to. Where it is not given, that of the caller's key; `null`
    is every tenant.
    """
    expires_at: NotRequired[Optional[str]]
    """When the key expires; `null` is never."""


class ApiKeyList(TypedDict):
    data: List[ApiKey]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class ApiKeyWithKey(TypedDict):
    """An API key together with the key itself."""

    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    name: Optional[str]
    """A name for people."""
    prefix: str
    """The first characters of the key, to recognize it by."""
    scopes: List[ApiKeyScope]
    """The rights of the key."""
    tenant: Optional[str]
    """The tenant the key is bound to; `null` is every tenant."""
    created_at: str
    """An RFC 3339 time."""
    last_used_at: Optional[str]
    """When it was last used, to the minute; `null` where it never was."""
    expires_at: Optional[str]
    """When it expires."""
    key: str
    """The key. It is not shown again."""
    notices: NotRequired[List[str]]
    """
    The consequences of the first key, and how to undo them, for people to read;
    absent for every other key.
    """


class Attempt(TypedDict):
    delivery_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    attempt_number: int
    """Counts a delivery's attempts from 1."""
    outcome: AttemptOutcome
    """
    - `success`: the receiver answered 2xx.
    - `failed_attempt`: it failed, and there are more to come.
    - `failure`: it failed, and was the last.
    """
    status_code: Optional[int]
    """
    The HTTP status of the answer; `null` where there was none. What is below 100 or above 599
    counts as a 5xx; one below 100 is `null` here and stands in the error's message.
    """
    duration_ms: int
    """How long the exchange took, in milliseconds."""
    error: Optional[AttemptError]
    """The error; `null` on success."""
    response_headers: Optional[Dict[str, str]]
    """The answer's header fields; `null` where there was no answer."""
    response_body: Optional[str]
    """
    The beginning of the answer's body, decompressed and decoded by its charset; what is no
    text
    is a `data:` URL in base64. `null` where there was no answer.
    """
    note: Optional[str]
    """
    What was missing from the answer or passed over in it, as when its body was cut off;
    `null`
    where there is nothing to say. The status decides all the same.
    """
    sends: int
    """
    How often the request was written to a connection. `2` where a kept connection turned out
    to
    be closed: the second send has the header `posthorn-sends: 2`. `0` where it was never
    sent.
    """
    target_url: str
    """
    Where the request was sent, with `***` for whatever in it may be secret, as read keys see
    a subscription's `target_url`.
    """
    started_at: str
    """An RFC 3339 time."""


class AttemptError(TypedDict):
    """The error; `null` on success."""

    kind: AttemptErrorKind
    """
    - `timed_out`: there was no status line by the deadline. An answer whose status has come
    counts by it, whatever becomes of its body.
    - `unreachable`: no such name, no connection, or one that broke.
    - `blocked`: the target is an address that requests may not be sent to.
    - `tls`: the TLS handshake failed, or the certificate is not valid.
    - `protocol`: the answer is not HTTP/1.1, or its framing contradicts itself.
    - `rejected`: the receiver answered, but not 2xx.
    - `too_large`: the answer's header fields are larger than is read, 64 KiB.
    - `internal`: the fault is on the side of Posthorn or its machine, as when no file
    descriptor
    is left or the name server is down. It says nothing about the receiver: it takes nothing
    from the retry schedule, and the next try is soon.
    """
    message: str


class AttemptList(TypedDict):
    data: List[Attempt]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class AuditEntry(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    created_at: str
    """An RFC 3339 time."""
    actor: str
    """The caller of an operation."""
    tenant: Optional[str]
    """Whom it concerned; `null` where it was no single tenant."""
    operation: str
    """The `operationId` of an operation in this document."""
    target_id: Optional[str]
    """The id of the object concerned."""
    status: int
    """The HTTP status it was answered with."""
    address: str
    """The address it came from."""
    request_id: str
    """The id of the request in the server's log."""


class AuditList(TypedDict):
    data: List[AuditEntry]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class Delivery(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    event_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    subscription_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    event_type: str
    """The name of an event type."""
    status: DeliveryStatus
    """
    - `pending`: waits for its first or its next attempt.
    - `delivering`: an attempt is under way.
    - `delivered`: the receiver answered 2xx.
    - `failed`: given up after attempts.
    - `discarded`: given up without further attempts, since the subscription takes none or its
    filter does not let the event through.
    - `cancelled`: ended by a request, or by the subscription's deletion.
    """
    reason: Optional[DeliveryReason]
    """
    Why the delivery is in its state; `null` while it is freshly queued and once delivered.

    Reasons to wait:
    - `retry_scheduled`: the last attempt failed; the next is due at `next_attempt_at`.
    - `subscription_paused`: the subscription is paused.
    - `rate_limited`: the subscription's rate limit, or the receiver's `Retry-After`, holds
    it.
    - `saturated`: the subscription has as many attempts under way as it may.
    - `breaker_open`: the receiver keeps failing, so its circuit breaker is open.
    - `awaiting_order`: an earlier event with the same ordering key goes first.
    - `loopback_closed`: the target is on the machine of the service, which is no target once
    there is an API key. To deliver it, set `ALLOW_PRIVATE_TARGETS=127.0.0.0/8,::1/128` and
    start the service again, or give the subscription another `target_url`.
    - `secret_unreadable`: the subscription's secrets were encrypted with a key that the
    worker
    lacks. It is tried again every ten seconds, and sent when the key is back.
    - `in_flight`: an attempt is under way.
    - `released`: what held it has ended, and it is queued.

    Reasons to end:
    - `exhausted`: every attempt of the retry schedule failed.
    - `subscription_gone`: the receiver answered 410.
    - `subscription_deleted`: the subscription was deleted.
    - `subscription_disabled`: the subscription was disabled.
    - `filtered`: the event did not match the subscription's filter.
    - `cancelled_by_request`: cancelled through the API.
    - `target_blocked`: the target is an address that requests may not be sent to.
    - `loop_detected`: the receiver is a Posthorn, and the event has come to it too often.
    - `unsendable`: one of the event's headers cannot be sent over HTTP. The receiver was not
    asked, and nothing counts against it.
    - `expired`: still held when retention ended. It is kept as failed deliveries are.
    """
    attempt_count: int
    """How many attempts have been made."""
    next_attempt_at: Optional[str]
    """When the next attempt is due, where that is known."""
    created_at: str
    """An RFC 3339 time."""
    completed_at: Optional[str]
    """When it ended."""


class DeliveryCounts(TypedDict):
    """
    The number of the event's deliveries in each state. Those that were delivered or cancelled
    go when retention ends, while those that failed or were discarded are kept for longer, and
    their event with them: from then on only those are counted.
    """

    pending: int
    delivering: int
    delivered: int
    failed: int
    discarded: int
    cancelled: int


class DeliveryList(TypedDict):
    data: List[Delivery]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class DeliveryWithAttempts(TypedDict):
    """A delivery together with its attempts in the order they were made."""

    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    event_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    subscription_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    event_type: str
    """The name of an event type."""
    status: DeliveryStatus
    """
    - `pending`: waits for its first or its next attempt.
    - `delivering`: an attempt is under way.
    - `delivered`: the receiver answered 2xx.
    - `failed`: given up after attempts.
    - `discarded`: given up without further attempts, since the subscription takes none or its
    filter does not let the event through.
    - `cancelled`: ended by a request, or by the subscription's deletion.
    """
    reason: Optional[DeliveryReason]
    """
    Why the delivery is in its state; `null` while it is freshly queued and once delivered.

    Reasons to wait:
    - `retry_scheduled`: the last attempt failed; the next is due at `next_attempt_at`.
    - `subscription_paused`: the subscription is paused.
    - `rate_limited`: the subscription's rate limit, or the receiver's `Retry-After`, holds
    it.
    - `saturated`: the subscription has as many attempts under way as it may.
    - `breaker_open`: the receiver keeps failing, so its circuit breaker is open.
    - `awaiting_order`: an earlier event with the same ordering key goes first.
    - `loopback_closed`: the target is on the machine of the service, which is no target once
    there is an API key. To deliver it, set `ALLOW_PRIVATE_TARGETS=127.0.0.0/8,::1/128` and
    start the service again, or give the subscription another `target_url`.
    - `secret_unreadable`: the subscription's secrets were encrypted with a key that the
    worker
    lacks. It is tried again every ten seconds, and sent when the key is back.
    - `in_flight`: an attempt is under way.
    - `released`: what held it has ended, and it is queued.

    Reasons to end:
    - `exhausted`: every attempt of the retry schedule failed.
    - `subscription_gone`: the receiver answered 410.
    - `subscription_deleted`: the subscription was deleted.
    - `subscription_disabled`: the subscription was disabled.
    - `filtered`: the event did not match the subscription's filter.
    - `cancelled_by_request`: cancelled through the API.
    - `target_blocked`: the target is an address that requests may not be sent to.
    - `loop_detected`: the receiver is a Posthorn, and the event has come to it too often.
    - `unsendable`: one of the event's headers cannot be sent over HTTP. The receiver was not
    asked, and nothing counts against it.
    - `expired`: still held when retention ended. It is kept as failed deliveries are.
    """
    attempt_count: int
    """How many attempts have been made."""
    next_attempt_at: Optional[str]
    """When the next attempt is due, where that is known."""
    created_at: str
    """An RFC 3339 time."""
    completed_at: Optional[str]
    """When it ended."""
    attempts: List[Attempt]


class EncryptionCheck(TypedDict):
    """
    Whether this process and every worker have the keys that secrets are encrypted with.
    Without
    one, deliveries to the subscriptions concerned are held as `secret_unreadable`, and all
    others
    are sent; so it does not decide whether the service is ready.
    """

    status: Literal["ok", "failed", "unknown"]
    """`failed`: a key is missing. `unknown`: the database does not answer."""
    missing_keys: List[str]
    """The ids of the keys that a process lacks; an id reveals nothing about its key."""


class EnvelopeReceipt(TypedDict):
    request_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    warnings: NotRequired[List[ProblemItem]]
    """
    The parts of the request that do not match the catalogue, where it is enforced by `warn`.
    Absent
    when there are none.
    """


class Event(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    event_type: str
    """The name of an event type."""
    received_at: str
    """An RFC 3339 time."""
    payload_bytes: int
    """The payload's length in bytes."""
    idempotency_key: Optional[str]
    """The idempotency key of the request that brought it."""
    ordering_key: Optional[str]
    """The ordering key it was published with."""
    deliveries: DeliveryCounts
    """
    The number of the event's deliveries in each state. Those that were delivered or cancelled
    go when retention ends, while those that failed or were discarded are kept for longer, and
    their event with them: from then on only those are counted.
    """


class EventList(TypedDict):
    data: List[Event]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class EventStatus(TypedDict):
    event: Event
    deliveries: List[DeliveryWithAttempts]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class EventTypeCreate(TypedDict):
    tenant: NotRequired[str]
    """Whose it is. `default` where none was named."""
    name: str
    """The name of an event type."""
    description: NotRequired[Optional[str]]
    """The meaning of the event, for people to read."""
    schema: NotRequired[Optional[Dict[str, Any]]]
    """
    A JSON Schema (draft 2020-12) of the payload: at most 64 KiB, nested at most 32 deep, with
    references into itself (`#/…`) alone. Unknown keywords are refused, except those
    beginning with `x-`.
    """
    example: NotRequired[Any]
    """An example payload, which has to match the schema. `null` means none."""
    deprecated: NotRequired[bool]
    replaced_by: NotRequired[Optional[str]]
    """The type that takes the place of a deprecated one."""
    enforce: NotRequired[Enforcement]
    """
    How an event whose payload does not match the schema is treated.

    - `off`: the payload is not checked.
    - `warn`: it is accepted, and the answer's `warnings` say so, as do a metric and the log.
    - `reject`: it is refused with 422, and with it the batch that it is in.
    """


class EventTypeEntry(TypedDict):
    tenant: str
    """Whose it is. `default` where none was named."""
    name: str
    """The name of an event type."""
    description: Optional[str]
    """The meaning of the event, for people to read."""
    schema: Optional[Dict[str, Any]]
    """
    A JSON Schema (draft 2020-12) of the payload: at most 64 KiB, nested at most 32 deep, with
    references into itself (`#/…`) alone. Unknown keywords are refused, except those
    beginning with `x-`.
    """
    version: int
    """Counts the schemas that the type has had."""
    example: Any
    """An example payload, which has to match the schema. `null` means none."""
    deprecated: bool
    """Whether consumers should no longer rely on it."""
    deprecated_at: Optional[str]
    """Since when, while it is deprecated."""
    replaced_by: Optional[str]
    """The type that takes the place of a deprecated one."""
    enforce: Enforcement
    """
    How an event whose payload does not match the schema is treated.

    - `off`: the payload is not checked.
    - `warn`: it is accepted, and the answer's `warnings` say so, as do a metric and the log.
    - `reject`: it is refused with 422, and with it the batch that it is in.
    """
    created_at: str
    """An RFC 3339 time."""
    updated_at: str
    """An RFC 3339 time."""


class EventTypeImport(TypedDict):
    dry_run: bool
    data: List[EventTypeImportDataItem]
    """Each type of the document, in its order."""


class EventTypeImportDataItem(TypedDict):
    name: str
    """The name of an event type."""
    action: Literal["created", "updated", "unchanged"]
    breaking: List[ProblemItem]
    """The changes of the schema that break its consumers."""


class EventTypeList(TypedDict):
    data: List[EventTypeEntry]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class EventTypeUpdate(TypedDict):
    """The fields to change; all others stay as they are."""

    description: NotRequired[Optional[str]]
    """The meaning of the event, for people to read."""
    schema: NotRequired[Optional[Dict[str, Any]]]
    """
    A JSON Schema (draft 2020-12) of the payload: at most 64 KiB, nested at most 32 deep, with
    references into itself (`#/…`) alone. Unknown keywords are refused, except those
    beginning with `x-`.
    """
    example: NotRequired[Any]
    """An example payload, which has to match the schema. `null` means none."""
    deprecated: NotRequired[bool]
    replaced_by: NotRequired[Optional[str]]
    """The type that takes the place of a deprecated one."""
    enforce: NotRequired[Enforcement]
    """
    How an event whose payload does not match the schema is treated.

    - `off`: the payload is not checked.
    - `warn`: it is accepted, and the answer's `warnings` say so, as do a metric and the log.
    - `reject`: it is refused with 422, and with it the batch that it is in.
    """


class FilterCondition(TypedDict):
    pointer: str
    """A JSON pointer to the condition in the filter."""
    path: str
    """Where it looked."""
    operator: str
    """How it compares."""
    expected: Any
    """The operand."""
    actual: List[Any]
    """
    The values found: none, one, or several where lists lie on the way. At most ten,
    and long ones are cut short.
    """
    matches: bool
    """Whether the condition itself holds."""
    negated: bool
    """Whether a `$not` around it wants the opposite."""
    detail: Optional[str]
    """Why it does not hold; `null` where it does."""


class FilterTest(TypedDict):
    """One of `filter` and `subscription_id`, and one of `event` and `event_id`."""

    filter: NotRequired[Optional[Dict[str, Any]]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    subscription_id: NotRequired[str]
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    event_id: NotRequired[str]
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    event: NotRequired[FilterTestEvent]


class FilterTestEvent(TypedDict):
    event_type: str
    """The name of an event type."""
    payload: Any
    """Any JSON value."""
    headers: NotRequired[Dict[str, str]]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """


class FilterTestResult(TypedDict):
    matches: bool
    """Whether the event would be delivered, as far as the filter goes."""
    explanation: List[FilterCondition]
    """Every condition of the filter, in its order."""


class Health(TypedDict):
    status: Literal["ok"]


class Hindrance(TypedDict):
    code: Literal["database_unreachable", "too_many_connections", "connections_busy", "read_only", "standby", "disk_full", "publish_fails", "worker_cannot_start"]
    """
    `database_unreachable`: it does not answer in time. `too_many_connections`: its server
    gives
    out no more. `connections_busy`: those for storing events are all held up. `read_only`,
    `standby`, `disk_full`: it takes no writes. `publish_fails`: storing events fails for
    another
    reason, which the log names. `worker_cannot_start`: this process' own, which tries again.
    """
    detail: str


class IngestEnvelope(TypedDict):
    subscription_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    event_type: str
    """The name of an event type."""
    body: Any
    """The payload. Its bytes are delivered exactly as they stand here."""


class IngestReceipt(TypedDict):
    event_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    delivery_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    warnings: NotRequired[List[ProblemItem]]
    """
    The parts of the request that do not match the catalogue, where it is enforced by `warn`.
    Absent
    when there are none.
    """


class KeySet(TypedDict):
    keys: List[KeySetKeysItem]


class KeySetKeysItem(TypedDict):
    kty: str
    crv: str
    x: str
    kid: str
    alg: str
    use: str


class Operations(TypedDict):
    workers: List[OperationsWorker]
    """The oldest first."""
    queue: OperationsQueue
    cron: List[OperationsCron]
    partitions: List[OperationsPartition]
    """The oldest first."""
    cache: OperationsCache
    """Look-ups of subscriptions by the answering process since it started."""


class OperationsCache(TypedDict):
    """Look-ups of subscriptions by the answering process since it started."""

    lookups: int
    hits: int
    hit_rate: Optional[float]
    """The share answered without the database; `null` before the first."""


class OperationsCron(TypedDict):
    task: str
    pattern: str
    """Minute, hour, day, month, weekday, in UTC."""
    last_run_at: Optional[str]
    next_run_at: Optional[str]


class OperationsPartition(TypedDict):
    parent: str
    name: str
    starts_at: str
    """An RFC 3339 time."""
    total_bytes: int
    estimated_rows: int


class OperationsQueue(TypedDict):
    depth: int
    oldest_age_seconds: Optional[float]
    """Seconds; `null` where nothing waits, or where it is not for the caller to see."""
    retries_waiting: int
    parked: int
    open_breakers: int
    tasks: List[OperationsTask]


class OperationsTask(TypedDict):
    task: str
    waiting: int
    scheduled: int
    running: int
    retrying: int
    oldest_age_seconds: Optional[float]
    """Seconds; `null` where nothing waits, or where it is not for the caller to see."""


class OperationsWorker(TypedDict):
    id: str
    host: str
    process_id: int
    version: str
    started_at: str
    """An RFC 3339 time."""
    last_seen_at: str
    """An RFC 3339 time."""
    is_live: bool
    """Whether it has shown a sign of life within five seconds."""
    in_flight: int
    """Requests to receivers under way, a second ago."""


class PortalSession(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    read_only: bool
    """Whether it is read-only."""
    created_at: str
    """An RFC 3339 time."""
    expires_at: str
    """An RFC 3339 time."""
    url: str
    """
    The link. It begins with `PUBLIC_URL`, or with the address of this request where that is
    not set.
    """
    token: str
    """The token in the link, for use as a bearer token as well."""


class PortalSessionCreate(TypedDict):
    expires_in_seconds: NotRequired[int]
    """How long the link works. An hour unless given."""
    read_only: NotRequired[bool]
    """Whether it is read-only and sees no secret. `false` unless given."""


class Problem(TypedDict):
    """An error, after RFC 9457."""

    type: str
    """`urn:posthorn:problem:` and the code."""
    title: str
    """The kind of error, in words; the same for every error of the code."""
    status: int
    """The HTTP status."""
    code: ErrorCode
    """The stable name of an error, for programs."""
    detail: str
    """This error, in words."""
    errors: NotRequired[List[ProblemItem]]
    """The problems of the request, one entry for each."""


class ProblemItem(TypedDict):
    pointer: str
    """
    A JSON pointer (RFC 6901) to what is at fault: within the body, `/event_types/0`; for a
    parameter by its place, `/query/limit`, `/path/id`, `/header/idempotency-key`.
    """
    detail: str
    """The problem."""


class PublishBatchReceipt(TypedDict):
    data: List[PublishReceipt]
    warnings: NotRequired[List[ProblemItem]]
    """
    The parts of the request that do not match the catalogue, where it is enforced by `warn`.
    Absent
    when there are none.
    """


class PublishEvent(TypedDict):
    tenant: NotRequired[str]
    """Whose it is. `default` where none was named."""
    event_type: str
    """The name of an event type."""
    payload: Any
    """The payload. Its bytes are delivered exactly as they stand here."""
    ordering_key: NotRequired[str]
    """
    Events with the same key reach each subscription one at a time, in the order they were
    accepted.
    """
    headers: NotRequired[Dict[str, str]]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """


class PublishReceipt(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    deliveries: int
    """How many deliveries were made."""
    warnings: NotRequired[List[ProblemItem]]
    """
    The parts of the request that do not match the catalogue, where it is enforced by `warn`.
    Absent
    when there are none.
    """


class Readiness(TypedDict):
    status: Literal["ready", "not_ready"]
    reasons: List[Hindrance]
    """The reasons why it is not ready; empty when ready."""
    checks: ReadinessChecks


class ReadinessChecks(TypedDict):
    database: ServerCheck
    redis: ServerCheck
    workers: WorkersCheck
    encryption: EncryptionCheck
    """
    Whether this process and every worker have the keys that secrets are encrypted with.
    Without
    one, deliveries to the subscriptions concerned are held as `secret_unreadable`, and all
    others
    are sent; so it does not decide whether the service is ready.
    """


class Replay(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    subscription_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    target_subscription_id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    source: ReplaySource
    """
    The deliveries or events to replay.

    - `deliveries`: the subscription's own deliveries; so unless another is named.
    - `events`: the tenant's events of types that the target takes, also those that were sent
    to one subscription alone.
    """
    created_after: str
    """Where its range begins; that of the storage where none was named."""
    created_before: str
    """Where its range ends."""
    statuses: Optional[List[ReplayedStatus]]
    """The states of the deliveries asked for; `null` for events."""
    event_types: Optional[List[str]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    event_id: Optional[str]
    """The one event asked for, if it is one."""
    filter: Optional[Dict[str, Any]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    rate_limit: Optional[int]
    """
    Deliveries queued a second, on average over a few seconds. `null`: as fast as the target
    takes them.
    """
    status: ReplayStatus
    """
    - `running`: continues automatically.
    - `paused`: waits until it is resumed.
    - `cancelled`: ended by a request.
    - `completed`: has seen its whole range.
    - `failed`: stopped, for the reason in `failure`; it may be resumed.
    """
    failure: Optional[str]
    """Why it failed."""
    total: int
    """How many the range held that were asked for, when it began."""
    is_estimate: bool
    """
    Whether the numbers are estimates: counting ends after three seconds, and the rest is
    estimated.
    """
    seen: int
    """How many of these it has come by so far, replayed or skipped."""
    replayed: int
    """How many deliveries it has queued, or held for a paused target."""
    skipped: int
    """
    How many it has skipped: they do not match the filter, the target has a delivery of the
    event already, or the delivery had been retried by then.
    """
    position: Optional[str]
    """Up to where in its range it is done; `null` before its first step."""
    created_at: str
    """An RFC 3339 time."""
    updated_at: str
    """An RFC 3339 time."""
    completed_at: Optional[str]
    """When it ended."""


class ReplayCount(TypedDict):
    total: int
    """How many deliveries, or events, the range holds that are asked for."""
    skipped: int
    """Of these, how many would be skipped, since the target has a delivery of the event."""
    is_estimate: bool
    """
    Whether the numbers are estimates: counting ends after three seconds, and the rest is
    estimated.
    """


class ReplayCreate(TypedDict):
    created_after: NotRequired[str]
    """Only deliveries, or events, made at or after this time."""
    created_before: NotRequired[str]
    """Only those made before this time; before this request in any case."""
    statuses: NotRequired[List[ReplayedStatus]]
    """
    Only deliveries that have ended in one of these states; `failed` and `discarded` unless
    given. Not for `source: events`.
    """
    event_types: NotRequired[Optional[List[str]]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    event_id: NotRequired[str]
    """Only this event."""
    source: NotRequired[ReplaySource]
    """
    The deliveries or events to replay.

    - `deliveries`: the subscription's own deliveries; so unless another is named.
    - `events`: the tenant's events of types that the target takes, also those that were sent
    to one subscription alone.
    """
    target_subscription_id: NotRequired[str]
    """Where to send it: a subscription of the same tenant; the one in the path unless given."""
    filter: NotRequired[Optional[Dict[str, Any]]]
    """
    Only events that match this filter, written as a subscription's. It is applied while the
    replay
    runs: `total` counts all that it has to check, and `skipped` those that do not match.
    """
    rate_limit: NotRequired[Optional[int]]
    """
    Deliveries queued a second, on average over a few seconds. `null`: as fast as the target
    takes them.
    """
    dry_run: NotRequired[bool]
    """Only counts, and answers 200."""


class ReplayList(TypedDict):
    data: List[Replay]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class SecretRotation(TypedDict):
    secret: NotRequired[str]
    """The new secret. One is generated (`whsec_…`) where none is given."""
    overlap_hours: NotRequired[int]
    """How long the old secrets stay valid. 24 unless given; 0 ends them at once."""


class ServerCheck(TypedDict):
    status: Literal["ok", "failed", "unconfigured"]
    """`unconfigured`: none is configured, and none is needed."""
    latency_ms: Optional[int]
    """How long it took to answer, in milliseconds; `null` where it did not."""


class Session(TypedDict):
    actor: str
    """The caller of an operation."""
    tenant: Optional[str]
    """The only tenant it sees; `null` is every tenant."""
    scopes: List[Literal["admin", "publish", "read", "portal", "portal-read"]]
    """
    An API key's scopes; `portal` for a portal session, `portal-read` for one that is
    `read_only`.
    """
    expires_at: Optional[str]
    """When it expires; `null` is never."""


class SigningSecret(TypedDict):
    secret: str
    """Signs deliveries and verifies signatures on ingest."""
    public_key: Optional[str]
    """
    The Ed25519 public key, `whpk_` and base64; `null` where `standard-webhooks-v1a` is not
    among the schemes.
    """
    previous: List[SigningSecretPreviousItem]
    """The previous secrets, newest first, which stay valid until they expire."""


class SigningSecretPreviousItem(TypedDict):
    created_at: str
    """An RFC 3339 time."""
    expires_at: str
    """An RFC 3339 time."""


class Stats(TypedDict):
    window_start: str
    """An RFC 3339 time."""
    window_end: str
    """An RFC 3339 time."""
    bucket_seconds: int
    totals: StatsTotals
    buckets: List[StatsBucket]
    """The oldest first, without gaps."""
    queue: StatsQueue
    """The queue at this moment, counted to 100,000."""
    subscriptions: List[SubscriptionStats]
    """
    At most 100: those that fail now first, then those with the most failures of late, then
    the busiest.
    """


class StatsBucket(TypedDict):
    at: str
    """An RFC 3339 time."""
    events: int
    attempts: int
    delivered: int
    failed: int
    latency_ms_p50: Optional[float]
    """Milliseconds; `null` where there was no attempt."""
    latency_ms_p95: Optional[float]
    """Milliseconds; `null` where there was no attempt."""


class StatsQueue(TypedDict):
    """The queue at this moment, counted to 100,000."""

    depth: Optional[int]
    """Deliveries queued; `null` for keys of one tenant."""
    oldest_age_seconds: Optional[float]
    """Seconds; `null` where nothing waits, or where it is not for the caller to see."""
    retries_waiting: int
    parked: int


class StatsTotals(TypedDict):
    events: int
    deliveries: int
    delivered: int
    failed: int
    attempts: int
    filtered: int
    """Deliveries that a subscription's filter held back."""
    success_rate: Optional[float]
    """The share of attempts that delivered; `null` where there was none."""
    latency_ms: StatsTotalsLatencyMs
    """How long receivers took."""


class StatsTotalsLatencyMs(TypedDict):
    """How long receivers took."""

    p50: Optional[float]
    """Milliseconds; `null` where there was no attempt."""
    p95: Optional[float]
    """Milliseconds; `null` where there was no attempt."""
    p99: Optional[float]
    """Milliseconds; `null` where there was no attempt."""


class Subscription(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    name: Optional[str]
    """A name for people."""
    description: Optional[str]
    """A description for people."""
    target_url: str
    """
    Where to deliver: `http` or `https`, without user information. Private, loopback and other
    special addresses are refused unless the operator allows them, and so are names that mean
    something in a private network alone, like `.internal`, `.local` and `.test`. A host in
    other
    letters than ASCII is kept as punycode.

    Only callers who may change the subscription see it whole. To read keys and read-only
    portal
    sessions every query value and fragment is `***`, and so is every segment of the path and
    every parameter whose name is not made of words of up to 13 letters or a short number. The
    host is always shown. A URL with `***` in place of such a part is refused: leave
    `target_url` out to keep it as it is.
    """
    event_types: Optional[List[str]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    filter: Optional[Dict[str, Any]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    status: SubscriptionStatus
    """
    - `active`: deliveries are made.
    - `paused`: deliveries are held until it is resumed.
    - `disabled`: Posthorn stopped delivering; `disabled_reason` says why. Setting `active`
    resumes it.
    """
    disabled_reason: Optional[str]
    """Why Posthorn disabled it, while it is disabled."""
    signature_schemes: List[SignatureScheme]
    """How deliveries are signed. `[standard-webhooks]` where none was named."""
    ingest_signature: IngestSignature
    """
    How signatures on ingest are treated. `optional` unless set.

    - `off`: they are ignored, so that an API key is needed.
    - `optional`: one that is given must be right.
    - `required`: one must be given and be right.
    """
    headers: Dict[str, str]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """
    rate_limit: Optional[int]
    """The most attempts started per second. `null` means no limit."""
    max_concurrency: Optional[int]
    """The most attempts under way at once. `null` means the service's default."""
    retry_schedule: Optional[str]
    """
    The waits between attempts. `null` means the service's default.

    - a list of waits, as `10s,30s,1m,5m,15m`: six attempts in all.
    - `exponential:2m:5`: a first wait, doubled each time, and their number.
    - `standard-webhooks`: the ten attempts over three days that the specification recommends.
    The service's default, unless it is set up otherwise.
    - `svix`: eight attempts over 27 hours.
    - `exponential`: the same as `exponential:2m:5`, six attempts over an hour.
    - `short`: the same as `10s,30s,1m,5m,15m`, six attempts over 22 minutes.
    - `none`: one attempt only.

    Each wait varies by up to a fifth either way.
    """
    timeout_ms: Optional[int]
    """
    The deadline of one attempt, from connecting to the last byte of the answer, in
    milliseconds. `null` means the service's default.
    """
    metadata: Dict[str, str]
    """The caller's own notes. Posthorn does not look at them."""
    created_at: str
    """An RFC 3339 time."""
    updated_at: str
    """An RFC 3339 time."""
    state: NotRequired[SubscriptionState]
    """
    How delivering to the subscription goes at this moment, over all workers. Present when one
    subscription is asked for.
    """


class SubscriptionCreate(TypedDict):
    tenant: NotRequired[str]
    """Whose it is. `default` where none was named."""
    name: NotRequired[Optional[str]]
    """A name for people."""
    description: NotRequired[Optional[str]]
    """A description for people."""
    target_url: str
    """
    Where to deliver: `http` or `https`, without user information. Private, loopback and other
    special addresses are refused unless the operator allows them, and so are names that mean
    something in a private network alone, like `.internal`, `.local` and `.test`. A host in
    other
    letters than ASCII is kept as punycode.

    Only callers who may change the subscription see it whole. To read keys and read-only
    portal
    sessions every query value and fragment is `***`, and so is every segment of the path and
    every parameter whose name is not made of words of up to 13 letters or a short number. The
    host is always shown. A URL with `***` in place of such a part is refused: leave
    `target_url` out to keep it as it is.
    """
    event_types: NotRequired[Optional[List[str]]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    filter: NotRequired[Optional[Dict[str, Any]]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    secret: NotRequired[str]
    """The signing secret. One is generated (`whsec_…`) where none is given."""
    status: NotRequired[SettableSubscriptionStatus]
    """The states that can be set."""
    signature_schemes: NotRequired[List[SignatureScheme]]
    """How deliveries are signed. `[standard-webhooks]` where none was named."""
    ingest_signature: NotRequired[IngestSignature]
    """
    How signatures on ingest are treated. `optional` unless set.

    - `off`: they are ignored, so that an API key is needed.
    - `optional`: one that is given must be right.
    - `required`: one must be given and be right.
    """
    headers: NotRequired[Dict[str, str]]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """
    rate_limit: NotRequired[Optional[int]]
    """The most attempts started per second. `null` means no limit."""
    max_concurrency: NotRequired[Optional[int]]
    """The most attempts under way at once. `null` means the service's default."""
    retry_schedule: NotRequired[Optional[str]]
    """
    The waits between attempts. `null` means the service's default.

    - a list of waits, as `10s,30s,1m,5m,15m`: six attempts in all.
    - `exponential:2m:5`: a first wait, doubled each time, and their number.
    - `standard-webhooks`: the ten attempts over three days that the specification recommends.
    The service's default, unless it is set up otherwise.
    - `svix`: eight attempts over 27 hours.
    - `exponential`: the same as `exponential:2m:5`, six attempts over an hour.
    - `short`: the same as `10s,30s,1m,5m,15m`, six attempts over 22 minutes.
    - `none`: one attempt only.

    Each wait varies by up to a fifth either way.
    """
    timeout_ms: NotRequired[Optional[int]]
    """
    The deadline of one attempt, from connecting to the last byte of the answer, in
    milliseconds. `null` means the service's default.
    """
    metadata: NotRequired[Dict[str, str]]
    """The caller's own notes. Posthorn does not look at them."""


class SubscriptionList(TypedDict):
    data: List[Subscription]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class SubscriptionState(TypedDict):
    """
    How delivering to the subscription goes at this moment, over all workers. Present when one
    subscription is asked for.
    """

    breaker: Literal["closed", "open", "half_open"]
    """
    `open` after ten failures in a row: nothing is sent until `resumes_at`. Then `half_open`:
    a single attempt probes the receiver.
    """
    concurrency: Optional[int]
    """
    Attempts that may be under way at once. Grows while the receiver keeps up, halves when it
    does not. Null when no worker has sent anything lately.
    """
    in_flight: int
    """Attempts under way."""
    parked: int
    """Deliveries held until the receiver can take them; counted up to 10,000."""
    resumes_at: Optional[str]
    """When the next attempt may start, while that is in the future."""
    failing_since: Optional[str]
    """Since when every attempt has failed."""


class SubscriptionStats(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    name: Optional[str]
    target_url: str
    """With `***` for whatever in it may be secret."""
    attempts: int
    failed: int
    success_rate: Optional[float]
    """The share of attempts that delivered; `null` where there was none."""
    failing_since: Optional[str]
    """Since when nothing has succeeded; `null` where that is not so."""


class SubscriptionUpdate(TypedDict):
    """The fields to change; all others stay as they are. The tenant cannot be changed."""

    name: NotRequired[Optional[str]]
    """A name for people."""
    description: NotRequired[Optional[str]]
    """A description for people."""
    target_url: NotRequired[str]
    """
    Where to deliver: `http` or `https`, without user information. Private, loopback and other
    special addresses are refused unless the operator allows them, and so are names that mean
    something in a private network alone, like `.internal`, `.local` and `.test`. A host in
    other
    letters than ASCII is kept as punycode.

    Only callers who may change the subscription see it whole. To read keys and read-only
    portal
    sessions every query value and fragment is `***`, and so is every segment of the path and
    every parameter whose name is not made of words of up to 13 letters or a short number. The
    host is always shown. A URL with `***` in place of such a part is refused: leave
    `target_url` out to keep it as it is.
    """
    event_types: NotRequired[Optional[List[str]]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    filter: NotRequired[Optional[Dict[str, Any]]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    secret: NotRequired[str]
    """
    The new signing secret. It replaces the old one at once, and those that an earlier
    rotation lets go on beside it. Rotating it keeps the old one for a while.
    """
    status: NotRequired[SettableSubscriptionStatus]
    """The states that can be set."""
    signature_schemes: NotRequired[List[SignatureScheme]]
    """How deliveries are signed. `[standard-webhooks]` where none was named."""
    ingest_signature: NotRequired[IngestSignature]
    """
    How signatures on ingest are treated. `optional` unless set.

    - `off`: they are ignored, so that an API key is needed.
    - `optional`: one that is given must be right.
    - `required`: one must be given and be right.
    """
    headers: NotRequired[Dict[str, str]]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """
    rate_limit: NotRequired[Optional[int]]
    """The most attempts started per second. `null` means no limit."""
    max_concurrency: NotRequired[Optional[int]]
    """The most attempts under way at once. `null` means the service's default."""
    retry_schedule: NotRequired[Optional[str]]
    """
    The waits between attempts. `null` means the service's default.

    - a list of waits, as `10s,30s,1m,5m,15m`: six attempts in all.
    - `exponential:2m:5`: a first wait, doubled each time, and their number.
    - `standard-webhooks`: the ten attempts over three days that the specification recommends.
    The service's default, unless it is set up otherwise.
    - `svix`: eight attempts over 27 hours.
    - `exponential`: the same as `exponential:2m:5`, six attempts over an hour.
    - `short`: the same as `10s,30s,1m,5m,15m`, six attempts over 22 minutes.
    - `none`: one attempt only.

    Each wait varies by up to a fifth either way.
    """
    timeout_ms: NotRequired[Optional[int]]
    """
    The deadline of one attempt, from connecting to the last byte of the answer, in
    milliseconds. `null` means the service's default.
    """
    metadata: NotRequired[Dict[str, str]]
    """The caller's own notes. Posthorn does not look at them."""


class SubscriptionWithSecret(TypedDict):
    """A subscription together with its signing secret."""

    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    tenant: str
    """Whose it is. `default` where none was named."""
    name: Optional[str]
    """A name for people."""
    description: Optional[str]
    """A description for people."""
    target_url: str
    """
    Where to deliver: `http` or `https`, without user information. Private, loopback and other
    special addresses are refused unless the operator allows them, and so are names that mean
    something in a private network alone, like `.internal`, `.local` and `.test`. A host in
    other
    letters than ASCII is kept as punycode.

    Only callers who may change the subscription see it whole. To read keys and read-only
    portal
    sessions every query value and fragment is `***`, and so is every segment of the path and
    every parameter whose name is not made of words of up to 13 letters or a short number. The
    host is always shown. A URL with `***` in place of such a part is refused: leave
    `target_url` out to keep it as it is.
    """
    event_types: Optional[List[str]]
    """
    The event types wanted. `null` means all of them, as does the empty list, which becomes
    `null`.
    """
    filter: Optional[Dict[str, Any]]
    """
    Which events to deliver, by what they hold: conditions on `payload`, `type` and `headers`,
    joined by `$and`, `$or` and `$not`. `null` delivers all that `event_types` lets through. A
    delivery whose event does not match ends as `discarded` with the reason `filtered`,
    without
    an attempt; what decides is the filter at the time of the first attempt. `docs/filters.md`
    is the reference.
    """
    status: SubscriptionStatus
    """
    - `active`: deliveries are made.
    - `paused`: deliveries are held until it is resumed.
    - `disabled`: Posthorn stopped delivering; `disabled_reason` says why. Setting `active`
    resumes it.
    """
    disabled_reason: Optional[str]
    """Why Posthorn disabled it, while it is disabled."""
    signature_schemes: List[SignatureScheme]
    """How deliveries are signed. `[standard-webhooks]` where none was named."""
    ingest_signature: IngestSignature
    """
    How signatures on ingest are treated. `optional` unless set.

    - `off`: they are ignored, so that an API key is needed.
    - `optional`: one that is given must be right.
    - `required`: one must be given and be right.
    """
    headers: Dict[str, str]
    """
    Header fields sent with deliveries. Those that HTTP or Posthorn itself sets (`Host`,
    `Content-Length`, `Connection`, `webhook-id`, …) are refused.

    Values may be secret, so only callers who may change the subscription see them; to read
    keys
    and read-only portal sessions each is `***`. That is refused as a value: leave `headers`
    out
    to keep them as they are.
    """
    rate_limit: Optional[int]
    """The most attempts started per second. `null` means no limit."""
    max_concurrency: Optional[int]
    """The most attempts under way at once. `null` means the service's default."""
    retry_schedule: Optional[str]
    """
    The waits between attempts. `null` means the service's default.

    - a list of waits, as `10s,30s,1m,5m,15m`: six attempts in all.
    - `exponential:2m:5`: a first wait, doubled each time, and their number.
    - `standard-webhooks`: the ten attempts over three days that the specification recommends.
    The service's default, unless it is set up otherwise.
    - `svix`: eight attempts over 27 hours.
    - `exponential`: the same as `exponential:2m:5`, six attempts over an hour.
    - `short`: the same as `10s,30s,1m,5m,15m`, six attempts over 22 minutes.
    - `none`: one attempt only.

    Each wait varies by up to a fifth either way.
    """
    timeout_ms: Optional[int]
    """
    The deadline of one attempt, from connecting to the last byte of the answer, in
    milliseconds. `null` means the service's default.
    """
    metadata: Dict[str, str]
    """The caller's own notes. Posthorn does not look at them."""
    created_at: str
    """An RFC 3339 time."""
    updated_at: str
    """An RFC 3339 time."""
    state: NotRequired[SubscriptionState]
    """
    How delivering to the subscription goes at this moment, over all workers. Present when one
    subscription is asked for.
    """
    secret: str
    """The signing secret."""


class TenantList(TypedDict):
    data: List[TenantOverview]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class TenantOverview(TypedDict):
    tenant: str
    """Whose it is. `default` where none was named."""
    subscriptions: TenantOverviewSubscriptions
    last_24h: TenantOverviewLast24h
    """As `GET /stats?window=24h` counts them, a second or two behind."""
    last_event_at: Optional[str]
    """When its last event arrived, as far as events are kept."""
    portal_sessions: int
    """How many portal sessions are open."""


class TenantOverviewLast24h(TypedDict):
    """As `GET /stats?window=24h` counts them, a second or two behind."""

    events: int
    deliveries: int
    attempts: int
    success_rate: Optional[float]
    """Which share of the attempts succeeded; `null` where there was none."""


class TenantOverviewSubscriptions(TypedDict):
    active: int
    paused: int
    disabled: int
    failing: int
    """Those of the active ones whose attempts have all failed of late."""


class TestWebhook(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""
    received_at: str
    """An RFC 3339 time."""
    status: int
    """The HTTP status it was answered with."""
    headers: Dict[str, str]
    """The request's header fields, names in lower case."""
    body: str
    """The request's body as text."""
    body_bytes: int
    """The body's length in bytes."""


class TestWebhookList(TypedDict):
    data: List[TestWebhook]
    next_cursor: Optional[str]
    """The `cursor` of the next page; `null` when there is none."""


class TestWebhookReceipt(TypedDict):
    id: str
    """A UUIDv7 in lower case. Its first 48 bits are the time it was made at."""


class WorkersCheck(TypedDict):
    status: Literal["ok", "failed", "unknown"]
    """
    `failed`: no worker is alive. `unknown`: the database does not
    answer.
    """
    live: int
    """How many worker processes are alive."""
    last_seen_at: Optional[str]
    """The latest sign of life of any worker."""


PublishRequest: TypeAlias = "Union[PublishEvent, List[PublishEvent]]"


__all__ = [
    "ApiKey",
    "ApiKeyCreate",
    "ApiKeyList",
    "ApiKeyScope",
    "ApiKeyWithKey",
    "Attempt",
    "AttemptError",
    "AttemptErrorKind",
    "AttemptList",
    "AttemptOutcome",
    "AuditEntry",
    "AuditList",
    "Delivery",
    "DeliveryCounts",
    "DeliveryList",
    "DeliveryReason",
    "DeliveryStatus",
    "DeliveryWithAttempts",
    "EncryptionCheck",
    "Enforcement",
    "EnvelopeReceipt",
    "ErrorCode",
    "Event",
    "EventList",
    "EventStatus",
    "EventTypeCreate",
    "EventTypeEntry",
    "EventTypeImport",
    "EventTypeImportDataItem",
    "EventTypeList",
    "EventTypeUpdate",
    "FilterCondition",
    "FilterTest",
    "FilterTestEvent",
    "FilterTestResult",
    "Health",
    "Hindrance",
    "IngestEnvelope",
    "IngestReceipt",
    "IngestSignature",
    "KeySet",
    "KeySetKeysItem",
    "Operations",
    "OperationsCache",
    "OperationsCron",
    "OperationsPartition",
    "OperationsQueue",
    "OperationsTask",
    "OperationsWorker",
    "PortalSession",
    "PortalSessionCreate",
    "Problem",
    "ProblemItem",
    "PublishBatchReceipt",
    "PublishEvent",
    "PublishReceipt",
    "PublishRequest",
    "Readiness",
    "ReadinessChecks",
    "Replay",
    "ReplayCount",
    "ReplayCreate",
    "ReplayList",
    "ReplaySource",
    "ReplayStatus",
    "ReplayedStatus",
    "SecretRotation",
    "ServerCheck",
    "Session",
    "SettableSubscriptionStatus",
    "SignatureScheme",
    "SigningSecret",
    "SigningSecretPreviousItem",
    "Stats",
    "StatsBucket",
    "StatsQueue",
    "StatsTotals",
    "StatsTotalsLatencyMs",
    "Subscription",
    "SubscriptionCreate",
    "SubscriptionList",
    "SubscriptionState",
    "SubscriptionStats",
    "SubscriptionStatus",
    "SubscriptionUpdate",
    "SubscriptionWithSecret",
    "TenantList",
    "TenantOverview",
    "TenantOverviewLast24h",
    "TenantOverviewSubscriptions",
    "TestWebhook",
    "TestWebhookList",
    "TestWebhookReceipt",
    "WorkersCheck",
]
