"""How a client behaves: retries, timeouts, and its other options."""

import asyncio
import functools
import math
import random
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any, Final, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

from pinterest_async.errors import ConfigurationError

Access: TypeAlias = Literal["standard", "trial"]
Environment: TypeAlias = Literal["production", "sandbox"]
OnDrift: TypeAlias = Literal["warn", "raise", "ignore"]
Check: TypeAlias = Literal["strict", "lenient"]
Priority: TypeAlias = Literal["interactive", "background"]


def whole(name: str, value: object, *, least: int) -> None:
    """Refuse what is no whole number, or a smaller one."""
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise ConfigurationError(
            f"{name} is {value!r}", advice=f"Use a whole number of at least {least}."
        )


def _seconds(name: str, value: object, *, zero: bool = False, none: bool = False) -> None:
    if value is None and none:
        return
    if (
        not isinstance(value, int | float)
        or isinstance(value, bool)
        or not math.isfinite(value)
        or value < 0
        or (value == 0 and not zero)
    ):
        bound = "seconds, 0 or more" if zero else "seconds above 0"
        alternative = ", or None for no bound" if none else ""
        raise ConfigurationError(f"{name} is {value!r}", advice=f"Use {bound}{alternative}.")


def _id(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise ConfigurationError(
            f"{name} is {type(value).__name__}", advice="Pass the id as a string, or None."
        )


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """When a call is tried again.

    `attempts` bounds the requests of one call that failed or met a fault of the server, the first
    one included. A wait before the next try is drawn evenly from 0 to `base * 2**n` seconds, at
    most `cap`; a wait that the server names is obeyed. `refusals` bounds the 429 answers of one
    call, which say nothing about the call itself and therefore count apart.

    A write is tried again only where the first request provably had no effect, or the operation may
    be repeated by its nature.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 30.0
    refusals: int = 20

    def __post_init__(self) -> None:
        whole("Retry.attempts", self.attempts, least=1)
        whole("Retry.refusals", self.refusals, least=0)
        _seconds("Retry.base", self.base, zero=True)
        _seconds("Retry.cap", self.cap, zero=True)

    @classmethod
    def off(cls) -> "Retry":
        """Never try again, whatever the answer; only an expired token is still refreshed."""
        return _OFF


class Timeout(msgspec.Struct, frozen=True, kw_only=True):
    """How long things may take, in seconds; None means without bound.

    `total` is the deadline of the whole call: waiting for quota, refreshing the token, all attempts
    and the pauses between them. `attempt` bounds one request from connecting to the last byte,
    without the wait for others to free a connection; `connect` the opening of a connection, `read`
    the silence between two pieces of an answer. `max_wait` bounds the waiting for quota: a call
    that would need longer raises `RateLimitWaitError` at once. Its default, three hours, lets ten
    thousand calls of the scarcest category queue up, and does not sleep through a spent daily
    quota. A wait of more than 5 s is logged at level WARNING, with the category and the seconds.

    The refresh of a token, which calls share, has the default bounds, and goes on when a call that
    waits for it gives up.
    """

    total: float | None = None
    attempt: float | None = 120.0
    connect: float | None = 10.0
    read: float | None = 60.0
    max_wait: float | None = 10_800.0

    def __post_init__(self) -> None:
        for name in ("total", "attempt", "connect", "read"):
            _seconds(f"Timeout.{name}", getattr(self, name), none=True)
        _seconds("Timeout.max_wait", self.max_wait, zero=True, none=True)


_OFF: Final = Retry(attempts=1, refusals=0)
DEFAULT_RETRY: Final = Retry()
DEFAULT_TIMEOUT: Final = Timeout()

HOSTS: Final[dict[Environment, str]] = {
    "production": "https://api.pinterest.com/v5",
    "sandbox": "https://api-sandbox.pinterest.com/v5",
}


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What `with_options` changes; `scope` maps path parameters to what stands in for them.

    `undecoded`: the data of an answer are a function that decodes them.
    """

    retry: Retry
    timeout: Timeout
    scope: Mapping[str, str | None]
    on_drift: OnDrift
    priority: Priority
    check: Check
    extra_query: Mapping[str, Any]
    extra_body: Mapping[str, Any]
    undecoded: bool = False


class Runtime(msgspec.Struct, frozen=True):
    """Clock, sleep, chance, and the drifts that were reported so far. Tests bring their own."""

    reported: set[tuple[str, str]]
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    chance: Callable[[], float] = random.random


RUNTIME: Final = Runtime(reported=set())
"""What all clients of the process have in common."""


def settings(
    *,
    retry: Retry | bool,
    timeout: Timeout | float,
    scope: Mapping[str, str | None],
    on_drift: OnDrift,
    priority: Priority,
    check: Check,
    extra_query: Mapping[str, Any] | None = None,
    extra_body: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from what a client accepts, each value checked."""
    choice("on_drift", on_drift, ("warn", "raise", "ignore"))
    choice("priority", priority, ("interactive", "background"))
    choice("check", check, ("strict", "lenient"))
    for name, value in scope.items():
        _id(name, value)
    query, body = _extra("extra_query", extra_query), _extra("extra_body", extra_body)
    made = _plain(
        _as_retry(retry), _as_timeout(timeout), tuple(scope.items()), on_drift, priority, check
    )
    return replace(made, extra_query=query, extra_body=body) if query or body else made


@functools.lru_cache(maxsize=256)
def _plain(
    retry: Retry,
    timeout: Timeout,
    scope: tuple[tuple[str, str | None], ...],
    on_drift: OnDrift,
    priority: Priority,
    check: Check,
) -> Settings:
    """Settings without extras: one object for all clients that have the same."""
    return Settings(
        retry=retry,
        timeout=timeout,
        scope=dict(scope),
        on_drift=on_drift,
        priority=priority,
        check=check,
        extra_query={},
        extra_body={},
    )


def _extra(name: str, value: object) -> Mapping[str, Any]:
    if value is None:
        return {}
    from pinterest_async._core.guards import is_object

    if is_object(value) and all(isinstance(key, str) for key in value):
        return dict(value)
    advice = 'Use a dict: {"name": value}.'
    raise ConfigurationError(f"{name} is not a mapping of names", advice=advice)


def as_base_url(url: str) -> str:
    """The base URL without a slash at its end; refused where the token would not be safe."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:  # half an address, or a port beyond 65535
        parts, host = urlsplit(""), None
    if parts.scheme not in ("http", "https") or not host:
        fault = "is not an http or https address"
    elif parts.username or parts.password or parts.query or parts.fragment:
        fault = "holds credentials, a query or a fragment"
    elif parts.scheme == "http" and f".{host}".endswith(".pinterest.com"):
        fault = "is plain HTTP, which would show the token to the network"
    else:
        return url.rstrip("/")
    raise ConfigurationError(
        f"base_url {fault}", advice=f"Use an address like {HOSTS['production']}."
    )


def choice(name: str, value: str, allowed: Collection[str]) -> None:
    """Refuse a value that is none of the allowed ones."""
    if value not in allowed:
        raise ConfigurationError(
            f"{name} is {value!r}", advice=f"Use one of: {', '.join(map(repr, allowed))}."
        )


def _as_retry(value: object) -> Retry:
    """What `retry=` accepts, as a `Retry`: False is off, True the default."""
    if isinstance(value, Retry):
        return value
    if isinstance(value, bool):
        return DEFAULT_RETRY if value else _OFF
    raise ConfigurationError(
        f"retry is {type(value).__name__}", advice="Pass Retry(...), True, or False for none."
    )


def _as_timeout(value: object) -> Timeout:
    """What `timeout=` accepts, as a `Timeout`: a number is the total."""
    if isinstance(value, Timeout):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Timeout(total=value)
    raise ConfigurationError(
        f"timeout is {type(value).__name__}",
        advice="Pass Timeout(...), or the total in seconds.",
    )
