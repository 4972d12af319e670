"""Tells observers what one call does, in the order in which it happens."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from pinterest_async._core import ratelimit_headers
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse, RequestFailure
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.redaction import blanked_text
from pinterest_async._request.answers import request_id
from pinterest_async.observers import (
    CallEvent,
    EndEvent,
    Listeners,
    RequestEvent,
    ResponseEvent,
    WaitEvent,
    WaitReason,
    next_number,
)

_LEAST_WAIT: Final = 0.001
"""Seconds; every call asks for quota, and most get it at once."""
_NO_RATE: Final = RateState()


class Watch:
    """One call, as its observers are told of it; it begins when this is made.

    Times are in seconds, by a clock that never goes back.
    """

    def __init__(
        self, listeners: Listeners, operation: Operation[Any], clock: Callable[[], float]
    ) -> None:
        self._listeners = listeners
        self._operation = operation
        self._number = next_number()
        self._clock = clock
        self._began = clock()
        self._asked = self._began
        self._attempt = 0
        if listeners.call:
            listeners.tell(listeners.call, CallEvent(call=self._number, operation=operation))

    def requests(self, url: str, attempt: int) -> None:
        """A request is about to be sent to `url`, whose query is left out."""
        self._attempt = attempt
        self._asked = self._clock()
        if self._listeners.request:
            event = RequestEvent(
                call=self._number,
                operation=self._operation,
                attempt=attempt,
                url=url.partition("?")[0],
            )
            self._listeners.tell(self._listeners.request, event)

    def got(self, outcome: RawResponse | RequestFailure, secrets: Sequence[str]) -> None:
        """The request has ended; what an answer may echo of `secrets` is not told."""
        if self._listeners.response:
            self._ended(
                status=outcome.status,
                failure=outcome.cause if isinstance(outcome, RequestFailure) else None,
                request_id=request_id(outcome.headers, secrets),
                rate=_rate(outcome, secrets),
            )

    def broke_off(self, error: BaseException) -> None:
        """The request has ended by an exception, such as a cancellation."""
        if self._listeners.response:
            name = type(error).__name__
            self._ended(status=None, failure=name, request_id=None, rate=_NO_RATE)

    def _ended(self, **facts: Any) -> None:
        event = ResponseEvent(
            call=self._number,
            operation=self._operation,
            attempt=self._attempt,
            seconds=self._clock() - self._asked,
            **facts,
        )
        self._listeners.tell(self._listeners.response, event)

    def waited(self, reason: WaitReason, since: float) -> None:
        """The call has waited since a time of the clock."""
        seconds = self._clock() - since
        if self._listeners.wait and (reason == "pause" or seconds >= _LEAST_WAIT):
            event = WaitEvent(
                call=self._number, operation=self._operation, reason=reason, seconds=seconds
            )
            self._listeners.tell(self._listeners.wait, event)

    def ends(self, error: BaseException | None, attempts: int) -> None:
        """The call has ended; by an error, unless it is None."""
        if self._listeners.end:
            event = EndEvent(
                call=self._number,
                operation=self._operation,
                error=error,
                attempts=attempts,
                seconds=self._clock() - self._began,
            )
            self._listeners.tell(self._listeners.end, event)


def _rate(outcome: RawResponse | RequestFailure, secrets: Sequence[str]) -> RateState:
    """The rate-limit headers; the names of windows are text of the server, which may echo."""
    rate = ratelimit_headers.parse(outcome.headers)
    windows = tuple(
        (limit, seconds, name and blanked_text(name, secrets))
        for limit, seconds, name in rate.windows
    )
    return replace(rate, windows=windows)
