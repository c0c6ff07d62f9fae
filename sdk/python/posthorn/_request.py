"""What the blocking and the awaited client have in common: requests, retries, answers."""

from __future__ import annotations

import calendar
import json
import math
import random
import re
import secrets
import time
from dataclasses import dataclass, field
from typing import Any, Dict, List, Mapping, Optional, Tuple
from urllib.parse import quote

import httpx

from ._errors import ApiError, ConnectionError, TimeoutError

VERSION = "0.1.0"
TIMEOUT_SECONDS = 30.0
MAX_RETRIES = 3

# Methods that do the same when they are done twice.
_REPEATABLE = {"GET", "HEAD", "PUT", "PATCH", "DELETE"}
# The error of status 409 that ends with another's transaction.
_KEY_IN_USE = "idempotency_key_in_use"
# Errors of status 503 that say that nothing was done.
_UNTOUCHED = {"overloaded", "shutting_down"}

_FIRST_WAIT_SECONDS = 0.25
_MAX_WAIT_SECONDS = 8.0
# A Retry-After beyond this is for the caller to wait for.
_MAX_RETRY_AFTER_SECONDS = 60.0


@dataclass(frozen=True)
class CallOptions:
    """What a single call may set for itself."""

    timeout_seconds: Optional[float] = None
    max_retries: Optional[int] = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Optional[str]] = field(default_factory=dict)
    body: Any = None
    takes_idempotency_key: bool = False


@dataclass(frozen=True)
class Settings:
    """Where the service is, and how it is called."""

    base_url: str
    api_key: Optional[str]
    timeout_seconds: float
    max_retries: int
    headers: Mapping[str, str]


def segment(text: str) -> str:
    """A parameter as one segment of a path."""
    return quote(text, safe="")


class Plan:
    """One call on its way, over all its tries."""

    def __init__(self, settings: Settings, call: Call, options: Optional[CallOptions]) -> None:
        own = options or CallOptions()
        headers = httpx.Headers({"user-agent": f"posthorn-python/{VERSION}", **settings.headers})
        if settings.api_key is not None:
            headers["authorization"] = f"Bearer {settings.api_key}"
        if call.body is not None:
            headers["content-type"] = "application/json"
        for name, value in {**call.headers, **own.headers}.items():
            if value is not None:
                headers[name] = value
        # The same over all tries, so that what was done once is not done again.
        if call.takes_idempotency_key and "idempotency-key" not in headers:
            headers["idempotency-key"] = f"sdk-{secrets.token_hex(16)}"
        self.method = call.method
        self.url = settings.base_url.rstrip("/") + call.path
        self.params = _query(call.query)
        self.headers = headers
        self.content = _content(call.body)
        self.timeout_seconds = own.timeout_seconds or settings.timeout_seconds
        retries = settings.max_retries if own.max_retries is None else own.max_retries
        self._max_tries = 1 + retries
        self._is_repeatable = call.method in _REPEATABLE or "idempotency-key" in headers
        self._tries = 0

    def after_answer(self, response: httpx.Response) -> Optional[float]:
        """How long to wait before the next try; None where the answer is good. May raise."""
        if response.is_success:
            return None
        self._tries += 1
        error = ApiError(
            response.status_code, response.headers.get("x-request-id"), _error_body(response)
        )
        is_worth_it = (
            error.status == 429
            or (error.status == 409 and error.code == _KEY_IN_USE)
            or (error.status == 503 and (self._is_repeatable or error.code in _UNTOUCHED))
        )
        wait = wait_seconds(self._tries, response.headers.get("retry-after"))
        if not is_worth_it or wait is None or self._tries >= self._max_tries:
            raise error
        return wait

    def after_failure(self, cause: httpx.TransportError) -> float:
        """How long to wait before the next try. May raise."""
        self._tries += 1
        if self._is_repeatable and self._tries < self._max_tries:
            return wait_seconds(self._tries, None) or 0.0
        if isinstance(cause, httpx.TimeoutException):
            raise TimeoutError(f"no answer within {self.timeout_seconds} s") from cause
        raise ConnectionError(f"no answer from {self.url}: {cause}") from cause


def wait_seconds(tries: int, retry_after: Optional[str]) -> Optional[float]:
    """None where the server asks for more than a minute.

    `tries` counts from 1; `retry_after` is in seconds or a date.
    """
    back_off = min(_MAX_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** (tries - 1))
    back_off *= 0.5 + random.random() / 2
    if retry_after is None:
        return back_off
    asked = parse_retry_after(retry_after)
    if asked is None:
        return back_off
    return None if asked > _MAX_RETRY_AFTER_SECONDS else asked + back_off / 10


_TIME = r"(?P<hour>[0-9]{2}):(?P<minute>[0-9]{2}):(?P<second>[0-9]{2})"
# The three forms of RFC 9110, 5.6.7; the second one's two digits count from 2000.
_DATES = [
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"[a-z]{{3}}, (?P<day>[0-9]{{2}}) (?P<month>[a-z]{{3}}) (?P<year>[0-9]{{4}}) {_TIME} GMT",
        rf"[a-z]{{6,9}}, (?P<day>[0-9]{{2}})-(?P<month>[a-z]{{3}})-(?P<year>[0-9]{{2}}) {_TIME} GMT",
        rf"[a-z]{{3}} (?P<month>[a-z]{{3}}) (?P<day>[ 0-9][0-9]) {_TIME} (?P<year>[0-9]{{4}})",
    )
]
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()


def parse_retry_after(value: str) -> Optional[float]:
    """Seconds from now; None for what is neither seconds nor a date in UTC."""
    text = value.strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        seconds = float(text)
        return seconds if math.isinf(seconds) else float(math.ceil(seconds))
    for form in _DATES:
        match = form.fullmatch(text)
        if match is None or match["month"].lower() not in _MONTHS:
            continue
        year = int(match["year"]) + (0 if len(match["year"]) == 4 else 2000)
        month = _MONTHS.index(match["month"].lower()) + 1
        time_of_day = (int(match["hour"]), int(match["minute"]), int(match["second"]))
        try:
            at = calendar.timegm((year, month, int(match["day"]), *time_of_day))
        except ValueError:
            return None
        return max(at - time.time(), 0.0)
    return None


def read_json(response: httpx.Response) -> Any:
    return json.loads(response.content) if response.content else None


def _query(query: Mapping[str, Any]) -> httpx.QueryParams:
    pairs: List[Tuple[str, str]] = []
    for name, value in query.items():
        if value is None:
            continue
        for one in value if isinstance(value, (list, tuple)) else [value]:
            pairs.append((name, str(one).lower() if isinstance(one, bool) else str(one)))
    return httpx.QueryParams(tuple(pairs))


def _content(body: Any) -> Optional[bytes]:
    """Bytes are sent as they are, all else as JSON."""
    if body is None or isinstance(body, bytes):
        return body
    return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def _error_body(response: httpx.Response) -> Any:
    try:
        return json.loads(response.content)
    except ValueError:
        return response.text


def next_page(call: Call, page: Dict[str, Any]) -> Optional[Call]:
    cursor = page.get("next_cursor")
    if cursor is None:
        return None
    return Call(
        call.method, call.path, query={**call.query, "cursor": cursor}, headers=call.headers
    )
