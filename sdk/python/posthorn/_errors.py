from __future__ import annotations

from typing import TYPE_CHECKING, Any, List, Optional

if TYPE_CHECKING:
    from .models import ErrorCode, ProblemItem


class PosthornError(Exception):
    """Whatever this client raises."""


class ApiError(PosthornError):
    """The service answered with an error."""

    def __init__(self, status: int, request_id: Optional[str], body: Any) -> None:
        problem = body if isinstance(body, dict) and "code" in body else {}
        self.status = status
        """The HTTP status."""
        self.code: Optional[ErrorCode] = problem.get("code")
        """The stable name of the error; None where something before the service answered."""
        self.detail: Optional[str] = problem.get("detail")
        self.errors: List[ProblemItem] = problem.get("errors", [])
        """What is wrong with the request, one entry for each fault."""
        self.request_id = request_id
        """What the server's log knows the request by."""
        self.body = body
        """The answer's body: a `Problem`, or text where it was not one."""
        what = f" {self.code}: {self.detail}" if self.code else ""
        super().__init__(f"The service answered {status}{what}")


class ConnectionError(PosthornError):
    """There was no answer, or not all of it; `__cause__` says why."""


class TimeoutError(ConnectionError):
    """There was no answer in time."""
