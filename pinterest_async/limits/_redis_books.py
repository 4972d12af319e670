"""What one process keeps in mind of buckets that it shares through Redis."""

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits._lanes import House, Key, Lane, Waiter
from pinterest_async.limits._redis_script import SAMPLE
from pinterest_async.limits.protocol import LimitRequest
from pinterest_async.limits.published import Quota


class Update(NamedTuple):
    """Something that Redis is to hear: what, of which buckets, when, and the script's arguments."""

    what: str
    keys: tuple[Key, ...]
    at: float
    rest: tuple[Any, ...] = ()


class SharedBucket(Bucket):
    """The tokens that this process has out, and what Redis last said of everybody's.

    The arithmetic of `Bucket` is asked while Redis is away: `limit` is then the share of this
    process, else the whole `quota`. At `heard`, None before the first word, `free_then` tokens were
    free and `out_then` were out. `supply_then` is known when it was asked for, until it changes.
    """

    __slots__ = (
        "among",
        "free_then",
        "heard",
        "next_then",
        "out_then",
        "processes",
        "quota",
        "supply_then",
    )

    def __init__(self, quota: Quota) -> None:
        super().__init__(quota.limit, quota.window)
        self.quota = quota.limit
        self.among = 1
        self.processes = 1
        self.heard: float | None = None
        self.free_then = quota.limit
        self.out_then = 0
        self.next_then = 0.0
        self.supply_then: Supply | None = None

    def holds(self, limit: int, window: float | None) -> bool:
        """Whether this quota is the one that was told last."""
        return limit == self.quota and window in (None, self.window)

    def learn(self, limit: int, window: float | None) -> None:
        """Adopt a quota, or a share of it."""
        super().learn(limit, window)
        self.supply_then = None
        if limit > 0:
            self.quota = limit
            self.limit = max(1, limit // self.among)

    def hear(self, now: float, said: Sequence[int], granted: int, processes: int) -> None:
        """Take over what Redis says."""
        limit, window, out, self.free_then, wait, frozen = said
        self.out_then = out + granted
        self.learn(limit, window / 1000)
        self.processes, self.heard = processes, now
        self.next_then = now + wait / 1000
        self.frozen_until = now + frozen / 1000 if frozen else 0.0

    def hear_supply(self, now: float, said: Sequence[int]) -> None:
        """Take over when the tokens come, of which Redis names a sample."""
        limit, window, out, foreign, foreign_for, start, thawed, *sample = said
        soonest, each = now + window / 1000, max(1, math.ceil(out / SAMPLE))
        coming = [
            (min(soonest, now + back / 1000), min(each, out - place * each))
            for place, back in enumerate(sample)
        ]
        if foreign > 0:
            coming.append((now + foreign_for / 1000, foreign))
        self.supply_then = Supply(
            limit,
            window / 1000,
            start=now + start / 1000,
            free=limit - out - foreign,
            coming=sorted(coming),
            thawed_until=now + thawed / 1000,
        )

    def part(self, now: float, processes: int) -> None:
        """Go on alone, with an equal share.

        For a window from the last word of Redis that is a share of what was free then, since the
        others have as much.
        """
        self.among = processes
        self.limit = max(1, self.quota // processes)
        if self.heard is not None and self.heard + self.window > now:
            left = self.free_then // processes
            self.foreign = max(0, self.limit - self.outstanding - left)
            self.foreign_until = self.heard + self.window
        if self.frozen_until > now:
            self.thawed_until = self.frozen_until + self.window

    def rejoin(self) -> None:
        """Redis is back, and keeps the books."""
        self.among, self.limit, self.foreign = 1, self.quota, 0
        self.supply_then = None
        self.thawed_until = self.next_at = 0.0


class Asker(Waiter):
    """A waiter who will not wait for ever: at `most` so many seconds."""

    __slots__ = ("category", "most")

    def __init__(
        self, ticket: int, rank: int, future: "asyncio.Future[Any]", request: LimitRequest
    ) -> None:
        super().__init__(ticket, rank, future)
        self.category = request.category
        self.most = request.max_wait

    def give_up(self, needed: float) -> None:
        """It takes too long."""
        if self.most is not None and not self.future.done():
            self.future.set_exception(
                RateLimitWaitError(self.category, wait=needed, max_wait=self.most)
            )


class SharedPermit:
    """A token in each bucket of a lane, and how many were out before in each."""

    __slots__ = ("blamed", "lane", "number", "out")

    def __init__(self, lane: "SharedLane", number: int, out: tuple[int, ...]) -> None:
        self.lane = lane
        self.number = number
        self.out = out
        self.blamed: Key | None = None


class SharedHouse(House):
    """The lanes of one user, what Redis has not heard yet, and the task that speaks to it.

    No lane is asked for before `shut_until`, when the bucket of all of them is empty. `urgent`
    updates do not wait to be gathered. Of the `unjudged` it is not known yet whether they wait too
    long.
    """

    __slots__ = (
        "changed",
        "driver",
        "epoch",
        "lanes",
        "shut_until",
        "term",
        "unjudged",
        "updates",
        "urgent",
    )

    def __init__(self, term: int) -> None:
        super().__init__()
        self.lanes: set[SharedLane] = set()
        self.unjudged: list[tuple[SharedLane, Asker]] = []
        self.updates: list[Update] = []
        self.urgent = False
        self.shut_until = 0.0
        self.epoch = 0
        self.term = term
        self.changed = asyncio.Event()
        self.driver: asyncio.Task[None] | None = None

    def reopen(self) -> None:
        """Tokens may have come: ask again."""
        self.shut_until = 0.0
        for lane in self.lanes:
            lane.shut_until = 0.0
            for bucket in lane.shared:
                bucket.supply_then = None

    def remember(self, now: float) -> None:
        """Redis may have lost its data: tell it again which tokens are out."""
        known = [one for one in self.updates if one.what not in ("hold", "finish")]
        self.updates = [one for lane in self.lanes for one in lane.out(now)] + known


class SharedLane(Lane):
    """The requests that draw on the same buckets, and the permits of this process that are out.

    `ready` is when the next may go, as far as Redis said; it is asked again at `shut_until`.
    """

    __slots__ = ("ended", "home", "opened", "ready", "shut_until")

    def __init__(
        self, home: SharedHouse, keys: tuple[Key, ...], buckets: tuple[SharedBucket, ...]
    ) -> None:
        super().__init__(home, keys, buckets)
        self.home = home
        self.opened: set[int] = set()
        self.ended: deque[tuple[float, int]] = deque()
        self.ready: float | None = None
        self.shut_until = 0.0
        home.lanes.add(self)

    @property
    def shared(self) -> tuple[SharedBucket, ...]:
        """The buckets, as what they are."""
        return cast("tuple[SharedBucket, ...]", self.buckets)

    def shut(self, now: float) -> bool:
        """Whether it is known that no request can go now."""
        return max(self.home.shut_until, self.shut_until) > now

    def surely_by(self, now: float) -> float:
        """When a new request will have gone at the latest, as far as Redis said."""
        return (
            math.inf if self.ready is None else max(now, self.ready) - now + super().surely_by(now)
        )

    def out(self, now: float) -> Iterable[Update]:
        """What Redis is to know of the tokens that are out."""
        self.prune(now)
        for number in self.opened:
            yield Update("hold", self.keys, now, (number,))
        for ended, number in self.ended:
            yield Update("finish", self.keys, ended, (number,))

    def prune(self, now: float) -> None:
        """Forget permits whose tokens are all back."""
        longest = max(bucket.window for bucket in self.buckets)
        while self.ended and self.ended[0][0] + longest < now:
            self.ended.popleft()
