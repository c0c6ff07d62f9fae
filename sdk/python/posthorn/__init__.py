"""Client of Posthorn, a webhook delivery service."""

from . import models
from ._client import AsyncClient, Client
from ._errors import ApiError, ConnectionError, PosthornError, TimeoutError
from ._request import CallOptions
from ._stream import StreamEvent
from ._webhooks import Webhook, WebhookVerificationError, verify_hub_signature, verify_webhook

__all__ = [
    "ApiError",
    "AsyncClient",
    "CallOptions",
    "Client",
    "ConnectionError",
    "PosthornError",
    "StreamEvent",
    "TimeoutError",
    "Webhook",
    "WebhookVerificationError",
    "models",
    "verify_hub_signature",
    "verify_webhook",
]
