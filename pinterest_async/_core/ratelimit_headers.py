"""Reads the rate-limit headers of an answer, and finds which buckets they describe.

Seen on live answers: `100, 100;w=1;name="a", 1000;w=60;name="b"` (every window, named), the same
without names, and a bare `1000`; or no header at all. The first number repeats the limit of the
window nearest to exhaustion, the only one that Remaining and Reset (seconds to go) describe.
"""

import functools
import math
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

_LIMIT: Final = "X-RateLimit-Limit"
_REMAINING: Final = "X-RateLimit-Remaining"
_RESET: Final = "X-RateLimit-Reset"
_LONGEST = 1000
"""Characters; a longer header is ignored, since it makes no sense and is slow to read."""
_MOST_WINDOWS = 10
"""Windows of one answer that are read; live answers name two or three."""
_SHORTEST_WINDOW, _LONGEST_WINDOW = 0.001, 31 * 86_400.0
"""Seconds. Live windows are a second to a day; what is outside of this means nothing."""
_LONGEST_NUMBER = 18
"""Digits that are read: text of any length takes long."""
_SAFETY_NET_WINDOW = 1.0
"""Seconds."""
_LARGEST = 10**12
"""A number of requests beyond this is no quota."""


class RateState(msgspec.Struct, frozen=True, kw_only=True):
    """The content of the rate-limit headers of one answer.

    `windows` are `(limit, seconds, name)`; `remaining` and `reset` (seconds to go) describe the
    window nearest to exhaustion, whose limit is `limit`. All empty when no header was sent.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: float | None = None
    windows: tuple[tuple[int, float | None, str | None], ...] = ()


_NOTHING = RateState()


def parse(headers: Mapping[str, str]) -> RateState:
    """Read the headers; what makes no sense counts as absent. Never raises."""
    limit, remaining, reset = headers.get(_LIMIT), headers.get(_REMAINING), headers.get(_RESET)
    if limit is None or remaining is None or reset is None:
        by_name: dict[str, str] = {}  # in a plain dict, names may be written in any case
        for name, value in headers.items():
            by_name.setdefault(name.lower(), value)
        limit, remaining, reset = map(by_name.get, map(str.lower, (_LIMIT, _REMAINING, _RESET)))
        if limit is None and remaining is None and reset is None:
            return _NOTHING
    if len(limit or "") + len(remaining or "") + len(reset or "") > _LONGEST:
        limit, remaining, reset = _bounded(limit), _bounded(remaining), _bounded(reset)
    return _state(limit, remaining, reset)


@functools.lru_cache(maxsize=256)
def _state(limit: str | None, remaining: str | None, reset: str | None) -> RateState:
    first, windows = _limits(limit or "")
    return RateState(
        limit=first,
        remaining=_whole(remaining),
        reset=_seconds(reset, most=_LONGEST_WINDOW),
        windows=windows,
    )


def _bounded(text: str | None) -> str | None:
    return None if text is None or len(text) > _LONGEST else text


@functools.lru_cache(maxsize=256)  # the same few for each bucket, on every answer
def _limits(text: str) -> tuple[int | None, tuple[tuple[int, float | None, str | None], ...]]:
    first: int | None = None
    windows: list[tuple[int, float | None, str | None]] = []
    for part in text.split(","):
        number, window, described = part.partition(";")
        limit = _whole(number)
        if limit is None:
            continue
        if not window:
            first = limit if first is None else first
        elif len(windows) < _MOST_WINDOWS:
            facts = _parameters(described)
            length = _seconds(facts.get("w"))
            if not _impossible(facts.get("w"), length):
                windows.append((limit, length, facts.get("name") or None))
    return first, tuple(windows)


def _parameters(text: str) -> dict[str, str]:
    """What `w=60;name="a"` says, by name."""
    found: dict[str, str] = {}
    for one in text.split(";"):
        name, _, value = one.partition("=")
        found[name.strip()] = value.strip().strip('"')
    return found


def _impossible(text: str | None, length: float | None) -> bool:
    """Whether a window has a length that is a number, and that no window has."""
    if length is not None:
        return length < _SHORTEST_WINDOW
    try:
        float(text or "")
    except ValueError:
        return False
    return True


@functools.lru_cache(maxsize=2048)
def _whole(text: str | None) -> int | None:
    digits = (text or "").strip()
    if not digits.isdecimal() or len(digits) > _LONGEST_NUMBER:
        return None
    number = int(digits)
    return number if number <= _LARGEST else None


@functools.lru_cache(maxsize=2048)
def _seconds(text: str | None, most: float | None = None) -> float | None:
    """A number of seconds; one beyond the longest window is cut to `most`, or nothing."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    if not math.isfinite(value) or value < 0:
        return None
    if value > _LONGEST_WINDOW:
        return most
    # To the millisecond, so that windows with one name do not differ by less than that.
    return round(value, 3)


class HeaderMatch(msgspec.Struct, frozen=True):
    """The buckets that headers describe, each by its index among those of the request.

    `quotas` are `(index, limit, window)`; one bucket may occur with several windows. `nearest` is
    the index of the bucket nearest to exhaustion and `window` its window, None where not known.
    """

    quotas: tuple[tuple[int, int, float | None], ...]
    nearest: int | None
    window: float | None = None


def match_headers(names: Sequence[str], state: RateState) -> HeaderMatch:
    """Find the bucket of each window, by its name, else by its length: one second: safety net.

    `names` are those of the request's buckets in order. The nearest to exhaustion is the one that
    has the first number as its limit; if two have it, the time to its reset decides, if it can.
    """
    return _match(tuple(names), state.windows, state.limit, state.reset)


@functools.lru_cache(maxsize=1024)  # nearly all answers in a row name the same windows
def _match(
    names: tuple[str, ...],
    windows: tuple[tuple[int, float | None, str | None], ...],
    first: int | None,
    reset: float | None,
) -> HeaderMatch:
    quotas: list[tuple[int, int, float | None]] = []
    for limit, window, name in windows:
        index = _index(names, window, name)
        if index is not None and limit > 0:
            quotas.append((index, limit, window))
    if not windows:
        return HeaderMatch((), None if first is None else len(names) - 1)
    near = [(index, window) for index, limit, window in quotas if limit == first]
    if len(near) > 1 and reset is not None:
        near = [(index, window) for index, window in near if (window or 0.0) >= reset]
    return HeaderMatch(tuple(quotas), *(near[0] if len(near) == 1 else (None, None)))


def _index(names: Sequence[str], window: float | None, name: str | None) -> int | None:
    if name is not None:
        return next((i for i, bucket in enumerate(names) if name.startswith(bucket)), None)
    if window is not None and window <= _SAFETY_NET_WINDOW:
        return 0 if names[0] == "safety_net" else None
    return 1 if len(names) > 1 else None
