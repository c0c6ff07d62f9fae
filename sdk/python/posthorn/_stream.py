from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, List, Optional

from ._request import Call

LAST_EVENT_ID = "Last-Event-ID"


@dataclass(frozen=True)
class StreamEvent:
    """What `GET /stream` tells: `attempt`, `delivery` or `skipped`."""

    event: str
    data: Any
    id: Optional[str] = None
    """Goes on from here, as `last_event_id`."""


class EventReader:
    """Puts the lines of Server-Sent Events together."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._last_id = call.headers.get(LAST_EVENT_ID)
        self._event = "message"
        self._id: Optional[str] = None
        self._data: List[str] = []

    def call(self) -> Call:
        """Goes on after the last event."""
        headers = {**self._call.headers, LAST_EVENT_ID: self._last_id}
        self._event, self._id, self._data = "message", None, []
        return replace(self._call, headers=headers)

    def feed(self, line: str) -> Optional[StreamEvent]:
        if line == "":
            return self._finish()
        name, _, value = line.partition(":")
        value = value[1:] if value.startswith(" ") else value
        if name == "event":
            self._event = value
        elif name == "id":
            self._id = value
        elif name == "data":
            self._data.append(value)
        return None

    def _finish(self) -> Optional[StreamEvent]:
        event, id_, data = self._event, self._id, self._data
        self._event, self._id, self._data = "message", None, []
        if not data:
            return None
        self._last_id = id_ or self._last_id
        return StreamEvent(event, json.loads("\n".join(data)), id_)
