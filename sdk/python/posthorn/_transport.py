from __future__ import annotations

import asyncio
import time
from typing import Any, AsyncIterator, Iterator, Optional

import httpx

from ._request import Call, CallOptions, Plan, Settings, next_page, read_json, wait_seconds
from ._stream import EventReader, StreamEvent


class Transport:
    """One blocking way to the service: time-outs, retries, pages."""

    def __init__(self, settings: Settings, http: httpx.Client) -> None:
        self._settings = settings
        self._http = http

    def json(self, call: Call, options: Optional[CallOptions]) -> Any:
        return read_json(self._send(call, options))

    def text(self, call: Call, options: Optional[CallOptions]) -> str:
        return self._send(call, options).text

    def pages(self, call: Call, member: str, options: Optional[CallOptions]) -> Iterator[Any]:
        rest: Optional[Call] = call
        while rest is not None:
            page = self.json(rest, options)
            yield from page[member]
            rest = next_page(rest, page)

    def events(self, call: Call, options: Optional[CallOptions]) -> Iterator[StreamEvent]:
        """Where the connection ends it reconnects, and what was missed comes first."""
        reader = EventReader(call)
        while True:
            response = self._send(reader.call(), options, is_stream=True)
            try:
                for line in response.iter_lines():
                    event = reader.feed(line)
                    if event is not None:
                        yield event
            except httpx.TransportError:
                pass
            finally:
                response.close()
            time.sleep(wait_seconds(1, None) or 0.0)

    def _send(
        self, call: Call, options: Optional[CallOptions], is_stream: bool = False
    ) -> httpx.Response:
        plan = Plan(self._settings, call, options)
        while True:
            try:
                response = self._http.send(_request(self._http, plan, is_stream), stream=is_stream)
                if is_stream and not response.is_success:
                    response.read()
                wait = plan.after_answer(response)
                if wait is None:
                    return response
            except httpx.TransportError as error:
                wait = plan.after_failure(error)
            time.sleep(wait)


class AsyncTransport:
    """One awaited way to the service: time-outs, retries, pages."""

    def __init__(self, settings: Settings, http: httpx.AsyncClient) -> None:
        self._settings = settings
        self._http = http

    async def json(self, call: Call, options: Optional[CallOptions]) -> Any:
        return read_json(await self._send(call, options))

    async def text(self, call: Call, options: Optional[CallOptions]) -> str:
        return (await self._send(call, options)).text

    async def pages(
        self, call: Call, member: str, options: Optional[CallOptions]
    ) -> AsyncIterator[Any]:
        rest: Optional[Call] = call
        while rest is not None:
            page = await self.json(rest, options)
            for entry in page[member]:
                yield entry
            rest = next_page(rest, page)

    async def events(
        self, call: Call, options: Optional[CallOptions]
    ) -> AsyncIterator[StreamEvent]:
        """Where the connection ends it reconnects, and what was missed comes first."""
        reader = EventReader(call)
        while True:
            response = await self._send(reader.call(), options, is_stream=True)
            try:
                async for line in response.aiter_lines():
                    event = reader.feed(line)
                    if event is not None:
                        yield event
            except httpx.TransportError:
                pass
            finally:
                await response.aclose()
            await asyncio.sleep(wait_seconds(1, None) or 0.0)

    async def _send(
        self, call: Call, options: Optional[CallOptions], is_stream: bool = False
    ) -> httpx.Response:
        plan = Plan(self._settings, call, options)
        while True:
            try:
                request = _request(self._http, plan, is_stream)
                response = await self._http.send(request, stream=is_stream)
                if is_stream and not response.is_success:
                    await response.aread()
                wait = plan.after_answer(response)
                if wait is None:
                    return response
            except httpx.TransportError as error:
                wait = plan.after_failure(error)
            await asyncio.sleep(wait)


def _request(http: httpx.Client | httpx.AsyncClient, plan: Plan, is_stream: bool) -> httpx.Request:
    # A stream may be silent for as long as its comments are apart.
    timeout = httpx.Timeout(plan.timeout_seconds, read=60.0 if is_stream else plan.timeout_seconds)
    return http.build_request(
        plan.method,
        plan.url,
        params=plan.params,
        headers=plan.headers,
        content=plan.content,
        timeout=timeout,
    )
