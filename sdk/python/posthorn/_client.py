from __future__ import annotations

from types import TracebackType
from typing import Mapping, Optional, Type

import httpx

from ._request import MAX_RETRIES, TIMEOUT_SECONDS, Settings
from ._transport import AsyncTransport, Transport
from .async_resources import AsyncResources
from .resources import Resources


class Client(Resources):
    """A client of one service whose methods block.

    `timeout_seconds` bounds each try; a request is sent again `max_retries` times at the most.
    `http` is used in place of a client of its own, and is not closed.
    """

    def __init__(
        self,
        base_url: str,
        api_key: Optional[str] = None,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_retries: int = MAX_RETRIES,
        headers: Optional[Mapping[str, str]] = None,
        http: Optional[httpx.Client] = None,
    ) -> None:
        self._http = http or httpx.Client()
        self._is_own = http is None
        settings = Settings(base_url, api_key, timeout_seconds, max_retries, headers or {})
        super().__init__(Transport(settings, self._http))

    def close(self) -> None:
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        self.close()


class AsyncClient(AsyncResources):
    """A client of one service whose methods are awaited. Its options are those of `Client`."""

    def __init__(
        self,
        base_url: str,
        api_key: Optional[str] = None,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
        max_retries: int = MAX_RETRIES,
        headers: Optional[Mapping[str, str]] = None,
        http: Optional[httpx.AsyncClient] = None,
    ) -> None:
        self._http = http or httpx.AsyncClient()
        self._is_own = http is None
        settings = Settings(base_url, api_key, timeout_seconds, max_retries, headers or {})
        super().__init__(AsyncTransport(settings, self._http))

    async def close(self) -> None:
        if self._is_own:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: Optional[Type[BaseException]],
        error: Optional[BaseException],
        trace: Optional[TracebackType],
    ) -> None:
        await self.close()
