"""Tells others what calls do, such as telemetry: the observer, and the events that it gets."""

import inspect
import itertools
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, TypeAlias, TypeVar

import msgspec

from pinterest_async._core.operation import Operation
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.errors import ConfigurationError

_LOG: Final = logging.getLogger("pinterest_async")
_NUMBERS: Final = itertools.count(1)

WaitReason: TypeAlias = Literal["quota", "pause"]


class CallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A call begins: its arguments are good, and nothing is sent yet.

    `call` is a number that all events of one call share, and no other call of the process has.
    """

    call: int
    operation: Operation[Any]


class RequestEvent(CallEvent, frozen=True, kw_only=True):
    """A request is about to be sent.

    `attempt` counts from 1. `url` is without its query, which may hold people's data.
    """

    attempt: int
    url: str


class ResponseEvent(CallEvent, frozen=True, kw_only=True):
    """A request has ended, `seconds` after it began; the answer is not decoded yet.

    `status` is None when no answer began to arrive. `failure` is None for a whole answer, of any
    status; otherwise it names why there is none: a cause such as "read_timeout" or "lost", or the
    exception that ended the request, such as "CancelledError". `rate` holds the rate-limit headers.
    """

    attempt: int
    status: int | None
    failure: str | None
    request_id: str | None
    rate: RateState
    seconds: float


class WaitEvent(CallEvent, frozen=True, kw_only=True):
    """A call has waited for `seconds`, whether it may go on now or was cancelled meanwhile.

    `reason` is "quota" for a wait in the limiter, and "pause" for one before the next attempt.
    Waits for quota of less than a millisecond are not told.
    """

    reason: WaitReason
    seconds: float


class EndEvent(CallEvent, frozen=True, kw_only=True):
    """A call has ended, `seconds` after it began.

    `error` is what it raises, also when it was cancelled; None when it succeeded. `attempts` is how
    many requests were sent.
    """

    error: BaseException | None
    attempts: int
    seconds: float


class RefreshEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens were asked for, which took `seconds`; `error` is None when they were granted.

    `grant_type` is that of OAuth, such as "refresh_token". The request is also a call of its own.
    """

    grant_type: str
    error: BaseException | None
    seconds: float


class Observer:
    """Base of classes that are told what the calls of a client do: override what you need.

        class Slow(Observer):
            def on_response(self, event: ResponseEvent) -> None:
                if event.seconds > 5:
                    print(event.operation.full_name, event.status, event.request_id)

        Pinterest(..., observers=[Slow()])

    The methods are called in the event loop, in the task of the call, and must return quickly. Each
    call has one `on_call` and one `on_end`, whatever ends it, and in between an `on_request` and an
    `on_response` for each attempt. A method that raises an `Exception` changes nothing for the
    call: its first failure is logged at level ERROR, later ones are not.

    Events hold no token and nothing of the query, the body or the answer. An `error` leads to
    frames whose variables may: keep its text rather than the error. Files at other hosts (report
    downloads, uploads) are no calls and not told.
    """

    def on_call(self, event: CallEvent) -> None:
        """A call begins."""

    def on_request(self, event: RequestEvent) -> None:
        """A request is about to be sent."""

    def on_response(self, event: ResponseEvent) -> None:
        """A request has ended, answered or not."""

    def on_wait(self, event: WaitEvent) -> None:
        """A call has waited, for quota or before its next attempt."""

    def on_refresh(self, event: RefreshEvent) -> None:
        """Tokens were asked for."""

    def on_end(self, event: EndEvent) -> None:
        """A call has ended."""


E = TypeVar("E")


class Listeners:
    """The methods of some observers that do something, by event."""

    def __init__(self, observers: Sequence[Observer]) -> None:
        self.call = _methods(observers, Observer.on_call)
        self.request = _methods(observers, Observer.on_request)
        self.response = _methods(observers, Observer.on_response)
        self.wait = _methods(observers, Observer.on_wait)
        self.refresh = _methods(observers, Observer.on_refresh)
        self.end = _methods(observers, Observer.on_end)
        self._failed: set[Callable[..., None]] = set()

    def tell(self, methods: Sequence[Callable[[E], None]], event: E) -> None:
        """Call each method with an event; what one raises is logged once."""
        for method in methods:
            try:
                method(event)
            except Exception:  # noqa: BLE001  (the code is not ours)
                if method not in self._failed:
                    self._failed.add(method)
                    _LOG.exception(
                        "%s failed; calls go on without it, and this is logged once only.",
                        method.__qualname__,
                    )


def listeners(observers: Sequence[object]) -> Listeners | None:
    """What `observers=` accepts, as `Listeners`; None where there are none."""
    found: list[Observer] = []
    for place, one in enumerate(observers):
        if not isinstance(one, Observer):
            raise ConfigurationError(
                f"observers[{place}] is of type {type(one).__name__}",
                advice="Pass instances of classes that inherit from Observer.",
            )
        found.append(one)
    return Listeners(found) if found else None


def _methods(
    observers: Sequence[Observer], base: Callable[[Any, E], None]
) -> tuple[Callable[[E], None], ...]:
    """The methods that override one of `Observer`."""
    name = base.__name__
    found = [
        getattr(observer, name) for observer in observers if getattr(type(observer), name) != base
    ]
    for method in found:
        if inspect.iscoroutinefunction(method):
            raise ConfigurationError(
                f"{method.__qualname__} is a coroutine function",
                advice="Make it a plain function, which starts a task for what takes long.",
            )
    return tuple(found)


def next_number() -> int:
    """The number of a new call."""
    return next(_NUMBERS)
