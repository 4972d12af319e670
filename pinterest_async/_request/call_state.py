"""The state of one call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pinterest_async._core.build import WireRequest
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse, RequestFailure, Stage
from pinterest_async._request.answers import request_id
from pinterest_async.errors import PinterestError
from pinterest_async.options import Runtime, Settings

if TYPE_CHECKING:
    from pinterest_async._request.retrying import Retries
    from pinterest_async._request.watching import Watch


class CallState:
    """One call: what it asks for, and its attempts so far.

    `doing` is its present stage; `last` the error that its latest attempt would end in; `watch`
    tells observers of it, where there are any; `retries` are there once a request has failed.
    """

    # What most calls never change stands in the class.
    attempts = 0
    watch: Watch | None = None
    retries: Retries | None = None
    doing: Stage = "authenticating"
    last: PinterestError | None = None

    def __init__(
        self,
        operation: Operation[Any],
        path: tuple[Any, ...],
        query: Mapping[str, Any],
        wire: WireRequest,
        settings: Settings,
        runtime: Runtime,
    ) -> None:
        self.operation = operation
        self.query = query
        self.wire = wire
        self.settings = settings
        total = settings.timeout.total
        self.deadline = None if total is None else runtime.monotonic() + total
        self._path = path

    @property
    def account(self) -> str | None:
        """The ad account in the path."""
        if "{ad_account_id}" not in self.operation.path:
            return None
        for parameter, value in zip(self.operation.path_parameters, self._path, strict=True):
            if parameter.name == "ad_account_id":
                return str(value)
        return None

    def log_line(self, outcome: RawResponse | RequestFailure, secrets: Sequence[str]) -> str:
        """The result of a request, for the log: query and content may be people's data."""
        from pinterest_async._core.redaction import redact

        operation, wire = self.operation, self.wire
        if isinstance(outcome, RequestFailure):
            result = f"{outcome.cause}, {outcome.detail}"
        else:
            result = f"status {outcome.status}, request id {request_id(outcome.headers, secrets)}"
        return redact(
            f"{operation.full_name}: {wire.method} "
            f"{wire.target.partition('?')[0]}, attempt {self.attempts}: {result}"
        )

    def longest_wait(self, bound: float | None, now: float) -> float | None:
        """The longest wait that the deadline and a bound allow, in seconds; None: any."""
        if self.deadline is None:
            return bound
        remaining = max(0.0, self.deadline - now)
        return remaining if bound is None else min(remaining, bound)
