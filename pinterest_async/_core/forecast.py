"""When a request that waits behind others can go: a bound that is never too late."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import permutations
from typing import TypeAlias

_STEPS = 100


class Supply:
    """The tokens of one bucket, in the order in which they can be taken.

    A token that is taken comes back exactly one window later: requests take no time here.
    """

    __slots__ = ("_first", "_gap", "_thawed_until", "_times", "_totals", "limit", "window")

    def __init__(
        self,
        limit: int,
        window: float,
        *,
        start: float,
        free: int,
        coming: Iterable[tuple[float, int]],
        thawed_until: float = 0.0,
    ) -> None:
        """`free` tokens can be taken at `start`, the others as they come: `(time, tokens)`.

        If `free` is negative, that many of the tokens that come cannot be taken. Until
        `thawed_until`, requests go one by one.
        """
        self.limit = limit = max(1, limit)
        self.window = window
        times, totals, total = [start], [free], free
        for time, tokens in coming:
            if total >= limit:
                break
            total += tokens
            times.append(max(start, time))
            totals.append(total)
        taken = bisect_right(totals, 0)
        self._times, self._totals = times[taken:], totals[taken:]
        if not self._times:
            self._times, self._totals = [times[-1]], [limit]
        self._first = self._times[0]
        self._gap = window / limit
        self._thawed_until = thawed_until

    def at(self, ahead: int) -> float:
        """When the request behind `ahead` others could go."""
        rounds, rest = divmod(ahead, self.limit)
        place = bisect_right(self._totals, rest)
        first, latest = self._first, self._first + self.window
        time = self._times[place] if place < len(self._times) else latest
        if first < self._thawed_until:
            time = max(time, min(first + rest * self._gap, self._thawed_until))
        return min(time, latest) + rounds * self.window

    def by(self, time: float) -> int:
        """How many tokens will certainly have come by then, each counted once."""
        place = bisect_right(self._times, time)
        count = min(self.limit, self._totals[place - 1]) if place else 0
        if self._first <= time < self._thawed_until:
            count = min(count, 1 + int((time - self._first) / self._gap))
        return count


Queued: TypeAlias = tuple[Sequence[Supply], int]
"""The supplies that the requests of a queue need, and how many requests there are."""


def forecast(mine: Sequence[Supply], ahead: Sequence[Queued]) -> float:
    """When a request that needs the supplies `mine` can go, after the requests `ahead` of it.

    Never later than it will be, unless tokens are released, callers leave or quotas grow. After a
    freeze, where the times are random, it is the expected time.
    """
    time = max(supply.at(0) for supply in mine)
    for _ in range(_STEPS):
        able = list(_able_to_go(mine, ahead, time))
        later = time
        for supply in mine:
            before = sum(count for queue, count in able if supply in queue)
            later = max(later, supply.at(before))
        for one, other in permutations(mine, 2):
            # Requests that need both may be delayed by one bucket first, then by the other.
            both = sum(count for queue, count in able if one in queue and other in queue)
            rounds = both // one.limit
            for turn in range(1, rounds + 1, 1 + rounds // _STEPS):
                later = max(later, turn * one.window + other.at(both - turn * one.limit))
        if later <= time:
            break
        time = later
    return time


def _able_to_go(mine: Sequence[Supply], ahead: Sequence[Queued], time: float) -> Iterator[Queued]:
    """How many of each queue can certainly go by `time`, as far as supplies not in `mine` decide.

    The tokens of those are counted once: when they come a second time depends on too much.
    """
    left: dict[Supply, int] = {}
    for queue, count in ahead:
        others = [supply for supply in queue if supply not in mine]
        for supply in others:
            count = min(count, left.setdefault(supply, supply.by(time)))
        for supply in others:
            left[supply] -= count
        yield queue, count
