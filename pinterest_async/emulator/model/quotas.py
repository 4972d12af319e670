"""Quotas as the live API keeps and tells them: windows by category, user and app, and headers."""

import math
import zlib
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Final, Literal, NamedTuple, Protocol, TypeAlias

from pinterest_async.emulator.contract.description import Operation
from pinterest_async.emulator.model.tokens import Grant

Access: TypeAlias = Literal["standard", "trial"]
Windows: TypeAlias = Literal["fixed", "sliding", "bucket"]
Headers: TypeAlias = Literal["named", "nameless", "bare", "none"]

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
"""Published for standard access, and what live headers tell: requests, seconds."""

TRIAL: Final[Mapping[str, tuple[int, float]]] = {
    "trial": (1000, DAY),
    "ads_write": (300, DAY),
    "org_write": (300, DAY),
}
UNPUBLISHED: Final[Mapping[Access, tuple[int, float]]] = {
    "standard": (60, MINUTE),
    "trial": (1000, DAY),
}
"""For a category that the table lacks."""

_OWN: Final = {"multi_pins/analytics": "multi_pins_analytics"}
"""Operations with a window of their own."""


class Counter(Protocol):
    """What one window has left. All times are in seconds."""

    def __init__(self, limit: int, window: float, phase: float) -> None:
        """Start full; `phase` is when windows begin, for those that have a beginning."""

    def left(self, now: float) -> int:
        """Requests that may be made at once."""
        ...

    def take(self, now: float) -> None:
        """Count a request."""
        ...

    def reset(self, now: float) -> float:
        """Seconds until there is more."""
        ...


class Fixed:
    """All of it comes back at once, at the end of each window."""

    __slots__ = ("_ends", "_left", "_limit", "_phase", "_window")

    def __init__(self, limit: int, window: float, phase: float) -> None:
        self._limit, self._window, self._phase = limit, window, phase
        self._left, self._ends = limit, -math.inf

    def left(self, now: float) -> int:
        """Requests that may be made at once."""
        if now >= self._ends:
            started = math.floor((now - self._phase) / self._window)
            self._ends = (started + 1) * self._window + self._phase
            self._left = self._limit
        return self._left

    def take(self, now: float) -> None:
        """Count a request."""
        self._left = self.left(now) - 1

    def reset(self, now: float) -> float:
        """Seconds until there is more."""
        self.left(now)
        return self._ends - now


class Sliding:
    """Each request comes back one window after it was made."""

    __slots__ = ("_limit", "_times", "_window")

    def __init__(self, limit: int, window: float, phase: float) -> None:  # noqa: ARG002  (one face)
        self._limit, self._window = limit, window
        self._times: deque[float] = deque()

    def left(self, now: float) -> int:
        """Requests that may be made at once."""
        while self._times and self._times[0] <= now - self._window:
            self._times.popleft()
        return self._limit - len(self._times)

    def take(self, now: float) -> None:
        """Count a request."""
        self._times.append(now)

    def reset(self, now: float) -> float:
        """Seconds until there is more."""
        self.left(now)
        return self._times[0] + self._window - now if self._times else 0.0


class Bucket:
    """Requests come back one by one, evenly."""

    __slots__ = ("_at", "_level", "_limit", "_rate")

    def __init__(self, limit: int, window: float, phase: float) -> None:  # noqa: ARG002  (one face)
        self._limit, self._rate = limit, limit / window
        self._level, self._at = float(limit), -math.inf

    def left(self, now: float) -> int:
        """Requests that may be made at once."""
        if now > self._at:
            self._level = min(self._limit, self._level + (now - self._at) * self._rate)
            self._at = now
        return int(self._level + 1e-9)

    def take(self, now: float) -> None:
        """Count a request."""
        self.left(now)
        self._level -= 1

    def reset(self, now: float) -> float:
        """Seconds until there is more."""
        self.left(now)
        if self._level >= self._limit:
            return 0.0
        return (math.floor(self._level + 1e-9) + 1 - self._level) / self._rate


_KINDS: Final[Mapping[Windows, type[Counter]]] = {
    "fixed": Fixed,
    "sliding": Sliding,
    "bucket": Bucket,
}


class Verdict(NamedTuple):
    """Whether a request may pass, and the headers that tell what is left."""

    allowed: bool
    headers: dict[str, str]


class Window(NamedTuple):
    """One window with its count."""

    name: str
    key: str
    limit: int
    seconds: float
    counter: Counter


class State(NamedTuple):
    """What one window holds at a moment."""

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
        access: Access = "standard",
        limits: Mapping[str, int | tuple[int, float]] | None = None,
        windows: Windows = "fixed",
        headers: Headers = "named",
        seed: int = 7,
    ) -> None:
        self._access: Access = access
        self._own = limits or {}
        self._kind = _KINDS[windows]
        self.headers: Headers = headers
        self._seed = seed
        self._windows: dict[tuple[str, str], Window] = {}
        self._drawn: dict[tuple[str, str, str, str], tuple[Window, ...]] = {}

    def spend(self, operation: Operation, grant: Grant, account: str, now: float) -> Verdict:
        """Count a request of this grant, where every window has room for it."""
        key = (operation.id, grant.app, grant.user, account)
        windows = self._drawn.get(key)
        if windows is None:
            windows = self._drawn[key] = self._draw(operation, grant, account)
        lefts = [one.counter.left(now) for one in windows]
        nearest = lefts.index(min(lefts))
        allowed = lefts[nearest] > 0
        if allowed:
            for one in windows:
                one.counter.take(now)
        left = lefts[nearest] - 1 if allowed else 0
        return Verdict(allowed, self._told(windows, windows[nearest], left, now))

    def states(self, now: float) -> list[State]:
        """Every window that has counted something."""
        return [
            State(*one[:4], one.counter.left(now), one.counter.reset(now))
            for one in self._windows.values()
        ]

    def _draw(self, operation: Operation, grant: Grant, account: str) -> tuple[Window, ...]:
        """The windows that a request counts in."""
        category = operation.category
        if self._access == "trial":
            app = grant.app
            return (self._window("trial", "app_id", app), self._window(category, "app_id", app))
        if category == "ads_conversions":
            return (self._window(category, "ad_account_id", f"{grant.app}/{account}"),)
        user = f"{grant.app}/{grant.user}"
        own = _OWN.get(operation.id)
        return (
            self._window("safety_net", "app_id_user_id", user),
            self._window(category, "app_id_user_id", user),
            *((self._window(own, "", user),) if own else ()),
        )

    def _window(self, name: str, keyed: str, key: str) -> Window:
        found = self._windows.get((name, key))
        if found is None:
            limit, seconds = self._limit(name)
            phase = zlib.crc32(f"{self._seed}/{name}/{key}".encode()) / 2**32 * seconds
            counter = self._kind(limit, seconds, phase)
            told = f"{name}_{keyed}" if keyed else name
            found = self._windows[name, key] = Window(told, key, limit, seconds, counter)
        return found

    def _limit(self, name: str) -> tuple[int, float]:
        table = TRIAL if self._access == "trial" else STANDARD
        published = table.get(name, UNPUBLISHED[self._access])
        own = self._own.get(name, published)
        return (own, published[1]) if isinstance(own, int) else (own[0], own[1])

    def _told(
        self, windows: tuple[Window, ...], nearest: Window, left: int, now: float
    ) -> dict[str, str]:
        shown = [(one.limit, one.seconds, one.name) for one in windows]
        reset = math.ceil(nearest.counter.reset(now))
        return told(self.headers, shown, nearest.limit, left, reset)


def told(
    shape: Headers,
    windows: Iterable[tuple[int, float, str]],
    limit: int,
    left: int,
    reset: int,
) -> dict[str, str]:
    """The headers of one shape: all windows (requests, seconds, name), and the nearest one."""
    match shape:
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
