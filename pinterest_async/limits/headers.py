"""Which of a request's buckets the rate-limit headers of its answer describe."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import msgspec

from pinterest_async._core.ratelimit_headers import RateState

_SAFETY_NET_WINDOW = 1.0


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


@lru_cache(maxsize=1024)  # nearly all answers in a row name the same windows
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
