from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import time
from dataclasses import dataclass
from datetime import datetime, timezone
from email.message import Message
from typing import Any, Iterable, List, Literal, Mapping, Optional, Sequence, Union

from ._errors import PosthornError

VerificationFault = Literal["missing_header", "invalid_timestamp", "stale", "invalid_signature"]

# The second is what `http.server` has.
Headers = Union[Mapping[str, str], "Message[str, str]"]

_PREFIX = "whsec_"


class WebhookVerificationError(PosthornError):
    """The request is not what it says it is: answer 400 and do nothing."""

    def __init__(self, reason: VerificationFault, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class Webhook:
    id: str
    """The same over all attempts: tell repetitions by it."""
    timestamp: datetime
    event_type: Optional[str]
    payload: Any


def verify_webhook(
    secret: Union[str, Sequence[str]],
    headers: Headers,
    body: bytes,
    *,
    tolerance_seconds: float = 300,
    now: Optional[float] = None,
) -> Webhook:
    """Verify a delivery by `webhook-id`, `webhook-timestamp` and `webhook-signature`.

    See https://www.standardwebhooks.com. `secret` may be several, while a rotation lasts that you
    have not caught up with. `body` is what was received: parsed and serialized again it has another
    signature. Raises `WebhookVerificationError`.
    """
    id_ = _header(headers, "webhook-id")
    timestamp = _header(headers, "webhook-timestamp")
    given = _header(headers, "webhook-signature")
    if not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise WebhookVerificationError(
            "invalid_timestamp", "webhook-timestamp is not a time in seconds"
        )
    if abs((time.time() if now is None else now) - int(timestamp)) > tolerance_seconds:
        raise WebhookVerificationError("stale", "webhook-timestamp is too far from now")
    signed = f"{id_}.{timestamp}.".encode() + body
    keys = [_key(one) for one in _secrets(secret)]
    signatures = [
        _from_base64(one[len("v1,") :]) for one in given.split(" ") if one.startswith("v1,")
    ]
    _expect_signature(keys, signatures, signed)
    at = datetime.fromtimestamp(int(timestamp), timezone.utc)
    return Webhook(id_, at, _find(headers, "x-event-type"), json.loads(body))


def verify_hub_signature(
    secret: Union[str, Sequence[str]], headers: Headers, body: bytes
) -> Any:
    """Verify a delivery by `X-Hub-Signature-256` (the scheme `github`), and parse its body.

    It says nothing of the delivery's age. Raises `WebhookVerificationError`.
    """
    given = _header(headers, "x-hub-signature-256").removeprefix("sha256=")
    is_hex = re.fullmatch(r"[0-9a-fA-F]{64}", given) is not None
    # The whole secret is the key, its prefix included.
    keys = [one.encode() for one in _secrets(secret)]
    _expect_signature(keys, [bytes.fromhex(given)] if is_hex else [], body)
    return json.loads(body)


def _expect_signature(
    keys: Iterable[bytes], signatures: Sequence[Optional[bytes]], signed: bytes
) -> None:
    for key in keys:
        expected = hmac.new(key, signed, hashlib.sha256).digest()
        for signature in signatures:
            if signature is not None and hmac.compare_digest(expected, signature):
                return
    raise WebhookVerificationError(
        "invalid_signature", "no signature is of these bytes with this secret"
    )


def _key(secret: str) -> bytes:
    """Base64 after `whsec_`; any other secret stands for its UTF-8 bytes."""
    if not secret.startswith(_PREFIX):
        return secret.encode()
    key = _from_base64(secret[len(_PREFIX) :])
    if not key:
        raise ValueError("what follows whsec_ is not base64")
    return key


def _secrets(secret: Union[str, Sequence[str]]) -> List[str]:
    secrets = [secret] if isinstance(secret, str) else list(secret)
    if not secrets or "" in secrets:
        raise ValueError("there is no secret to verify with")
    return secrets


def _find(headers: Headers, name: str) -> Optional[str]:
    for key in headers:
        if key.lower() == name:
            return headers[key]
    return None


def _header(headers: Headers, name: str) -> str:
    value = _find(headers, name)
    if not value:
        raise WebhookVerificationError("missing_header", f"there is no {name}")
    return value


def _from_base64(text: str) -> Optional[bytes]:
    padded = text + "=" * (-len(text) % 4)
    try:
        return base64.b64decode(padded, validate=True)
    except (binascii.Error, ValueError):
        return None
