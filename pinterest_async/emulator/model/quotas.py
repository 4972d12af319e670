"""Quotas as the live API has them: windows by category, user and app, and rate limit headers."""

import math
import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.model.tokens import IssuedToken

AccessLevel: TypeAlias = Literal["standard", "trial"]
WindowKind: TypeAlias = Literal["fixed", "sliding", "bucket"]
HeaderStyle: TypeAlias = Literal["named", "nameless", "bare", "none"]

MINUTE: Final = 60.0
DAY: Final = 86_400.0

STANDARD: Final[Mapping[str, tuple[int, float]]] = {
    "safety_net": (100, 1.0),
    "ads_read": (1000, MINUTE),
    "ads_write": (400, MINUTE),
    "ads_analytics": (300, MINUTE),
    "ads_conversions": (120_000, MINUTE),
    "org_read": (1000, MINUTE),
    "org_write": (100, MINUTE),
    "org_analytics": (60, MINUTE),
    "catalogs_read": (100, MINUTE),
    "catalogs_write": (100, MINUTE),
    "trends_read": (60, MINUTE),
    "advanced_auction_read": (50, MINUTE),
    "advanced_auction_write": (25, MINUTE),
    "multi_pins_analytics": (100, 1.0),
}
"""Requests and seconds, as published for standard access and as live headers show.

The client has a table of its own, in `limits/published.py`, so that one wrong number cannot hide in
both: change them independently.
"""

TRIAL: Final[Mapping[str, tuple[int, float]]] = {
    "trial": (1000, DAY),
    "ads_write": (300, DAY),
    "org_write": (300, DAY),
}
UNPUBLISHED: Final[Mapping[AccessLevel, tuple[int, float]]] = {
    "standard": (60, MINUTE),
    "trial": (1000, DAY),
}
"""For a category that is missing in the tables."""

_OWN_WINDOWS: Final = {"multi_pins/analytics": "multi_pins_analytics"}
"""Operations with a window of their own."""


class WindowCounter:
    """What one window has left. All times are in seconds.

    It starts full; `phase` is when windows begin, for those that have a beginning.
    """

    __slots__ = ("_left", "_limit", "_phase", "_window")

    def __init__(self, limit: int, window: float, phase: float) -> None:
        self._limit, self._window, self._phase = limit, window, phase
        self._left: float = limit

    def left(self, now: float) -> int:
        """Requests that may be made at once."""
        self._refill(now)
        return int(self._left + 1e-9)

    def take(self, now: float) -> None:
        """Count a request."""
        self._refill(now)
        self._left -= 1

    def reset(self, now: float) -> float:
        """Seconds until there is more."""
        self._refill(now)
        return self._wait(now)

    def _refill(self, now: float) -> None:
        raise NotImplementedError

    def _wait(self, now: float) -> float:
        raise NotImplementedError


class FixedWindow(WindowCounter):
    """All of it comes back at once, at the end of each window."""

    __slots__ = ("_ends",)

    def __init__(self, limit: int, window: float, phase: float) -> None:
        super().__init__(limit, window, phase)
        self._ends = -math.inf

    def _refill(self, now: float) -> None:
        if now >= self._ends:
            started = math.floor((now - self._phase) / self._window)
            self._ends = (started + 1) * self._window + self._phase
            self._left = self._limit

    def _wait(self, now: float) -> float:
        return self._ends - now


class SlidingWindow(WindowCounter):
    """Each request comes back one window after it was made."""

    __slots__ = ("_times",)

    def __init__(self, limit: int, window: float, phase: float) -> None:
        super().__init__(limit, window, phase)
        self._times: deque[float] = deque()

    def take(self, now: float) -> None:
        """Count a request."""
        self._times.append(now)

    def _refill(self, now: float) -> None:
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        self._left = self._limit - len(self._times)

    def _wait(self, now: float) -> float:
        return self._times[0] + self._window - now if self._times else 0.0


class RefillingWindow(WindowCounter):
    """Requests come back one by one, evenly, as in a token bucket."""

    __slots__ = ("_at", "_rate")

    def __init__(self, limit: int, window: float, phase: float) -> None:
        super().__init__(limit, window, phase)
        self._rate, self._at = limit / window, -math.inf

    def _refill(self, now: float) -> None:
        if now > self._at:
            self._left = min(self._limit, self._left + (now - self._at) * self._rate)
            self._at = now

    def _wait(self, now: float) -> float:  # noqa: ARG002  (one signature for all)
        if self._left >= self._limit:
            return 0.0
        return (math.floor(self._left + 1e-9) + 1 - self._left) / self._rate


_KINDS: Final[Mapping[WindowKind, type[WindowCounter]]] = {
    "fixed": FixedWindow,
    "sliding": SlidingWindow,
    "bucket": RefillingWindow,
}


class QuotaWindow(NamedTuple):
    """One window with its count."""

    name: str
    key: str
    limit: int
    seconds: float
    counter: WindowCounter


class WindowState(NamedTuple):
    """What is left in one window at some time."""

    name: str
    key: str
    limit: int
    seconds: float
    left: int
    reset: float


class Quotas:
    """Counts the requests of each user and app.

    `limits` replaces published limits by name (a category, `safety_net`, `trial`,
    `multi_pins_analytics`): a number of requests, or that and the seconds of its window.
    """

    def __init__(
        self,
        *,
        access: AccessLevel = "standard",
        limits: Mapping[str, int | tuple[int, float]] | None = None,
        windows: WindowKind = "fixed",
        headers: HeaderStyle = "named",
        seed: int = 7,
    ) -> None:
        self._access: AccessLevel = access
        self._limits = limits or {}
        self._kind = _KINDS[windows]
        self.headers: HeaderStyle = headers
        self._seed = seed
        self._windows: dict[tuple[str, str], QuotaWindow] = {}
        self._by_call: dict[tuple[str, str, str, str], tuple[QuotaWindow, ...]] = {}

    def spend(
        self, operation: ApiOperation, token: IssuedToken, account: str, now: float
    ) -> tuple[bool, dict[str, str]]:
        """Count a request if every window has room for it: whether it has, and the headers."""
        key = (operation.id, token.app, token.user, account)
        windows = self._by_call.get(key)
        if windows is None:
            windows = self._by_call[key] = self._windows_for(operation, token, account)
        lefts = [one.counter.left(now) for one in windows]
        nearest = lefts.index(min(lefts))
        allowed = lefts[nearest] > 0
        if allowed:
            for one in windows:
                one.counter.take(now)
        left = lefts[nearest] - 1 if allowed else 0
        shown = [(one.limit, one.seconds, one.name) for one in windows]
        reset = math.ceil(windows[nearest].counter.reset(now))
        limit = windows[nearest].limit
        return allowed, rate_limit_headers(self.headers, shown, limit, left, reset)

    def exhausted(
        self, operation: ApiOperation, token: IssuedToken, account: str, now: float
    ) -> str:
        """The name of the window that has nothing left for a request."""
        windows = self._by_call[operation.id, token.app, token.user, account]
        return min(windows, key=lambda one: one.counter.left(now)).name

    def states(self, now: float) -> list[WindowState]:
        """Every window that has counted something."""
        return [
            WindowState(*one[:4], one.counter.left(now), one.counter.reset(now))
            for one in self._windows.values()
        ]

    def _windows_for(
        self, operation: ApiOperation, token: IssuedToken, account: str
    ) -> tuple[QuotaWindow, ...]:
        """The windows in which a call counts."""
        category, app = operation.category, token.app
        trial = self._access == "trial"
        every = (self._window("trial", "app_id", app),) if trial else ()
        if category == "ads_conversions":
            return (*every, self._window(category, "ad_account_id", f"{app}/{account}"))
        if trial:
            return (*every, self._window(category, "app_id", app))
        user, own = f"{app}/{token.user}", _OWN_WINDOWS.get(operation.id)
        return (
            self._window("safety_net", "app_id_user_id", user),
            self._window(category, "app_id_user_id", user),
            *((self._window(own, "", user),) if own else ()),
        )

    def _window(self, name: str, scope: str, key: str) -> QuotaWindow:
        found = self._windows.get((name, key))
        if found is None:
            limit, seconds = self._limit(name)
            phase = zlib.crc32(f"{self._seed}/{name}/{key}".encode()) / 2**32 * seconds
            counter = self._kind(limit, seconds, phase)
            title = f"{name}_{scope}" if scope else name
            found = self._windows[name, key] = QuotaWindow(title, key, limit, seconds, counter)
        return found

    def _limit(self, name: str) -> tuple[int, float]:
        table = TRIAL if self._access == "trial" else STANDARD
        published = table.get(name, UNPUBLISHED[self._access])
        limit = self._limits.get(name, published)
        return (limit, published[1]) if isinstance(limit, int) else (limit[0], limit[1])


def rate_limit_headers(
    style: HeaderStyle, windows: Iterable[tuple[int, float, str]], limit: int, left: int, reset: int
) -> dict[str, str]:
    """The headers in one style: all windows (requests, seconds, name), and the nearest one."""
    match style:
        case "none":
            return {}
        case "bare":
            text = str(limit)
        case "nameless":
            parts = [f"{most};w={seconds:.0f}" for most, seconds, _ in windows]
            text = ", ".join([str(limit), *parts])
        case "named":
            parts = [f'{most};w={seconds:.0f};name="{name}"' for most, seconds, name in windows]
            text = ", ".join([str(limit), *parts])
    return {
        "X-RateLimit-Limit": text,
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset": str(reset),
    }
