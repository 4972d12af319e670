"""Which bucket of a request the rate-limit headers of its answer speak of."""

from collections.abc import Sequence
from typing import NamedTuple

from pinterest_async._core.response import RateState

_SAFETY_NET_WINDOW = 1.0


class Said(NamedTuple):
    """What the headers say: `(index, limit, window)` of buckets, and which one is nearest.

    A bucket may be named with several windows. `window` is that of the nearest, where it is told.
    """

    quotas: tuple[tuple[int, int, float | None], ...]
    nearest: int | None
    window: float | None = None


def blame(names: Sequence[str], state: RateState) -> Said:
    """Tell the windows apart, by name, else by length: one second is the safety net.

    `names` are those of the request's buckets in order. The nearest to exhaustion is the one that
    has the first number as its limit; where two have it, the time to its reset decides, else none.
    """
    quotas: list[tuple[int, int, float | None]] = []
    for limit, window, name in state.windows:
        index = _index(names, window, name)
        if index is not None and limit > 0:
            quotas.append((index, limit, window))
    if not state.windows:
        return Said((), None if state.limit is None else len(names) - 1)
    near = [(index, window) for index, limit, window in quotas if limit == state.limit]
    if len(near) > 1 and state.reset is not None:
        near = [(index, window) for index, window in near if (window or 0.0) >= state.reset]
    return Said(tuple(quotas), *(near[0] if len(near) == 1 else (None, None)))


def _index(names: Sequence[str], window: float | None, name: str | None) -> int | None:
    if name is not None:
        return next((i for i, bucket in enumerate(names) if name.startswith(bucket)), None)
    if window is not None and window <= _SAFETY_NET_WINDOW:
        return 0 if names[0] == "safety_net" else None
    return 1 if len(names) > 1 else None
