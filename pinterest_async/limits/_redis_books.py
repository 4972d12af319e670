"""What one process keeps in mind of buckets that it shares through Redis."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from pinterest_async._core.bucket import Bucket
from pinterest_async.limits._lanes import House, Key, Lane, Waiter
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
    free and `out_then` were out.
    """

    __slots__ = ("among", "free_then", "heard", "next_then", "out_then", "processes", "quota")

    def __init__(self, quota: Quota) -> None:
        super().__init__(quota.limit, quota.window)
        self.quota = quota.limit
        self.among = 1
        self.processes = 1
        self.heard: float | None = None
        self.free_then = quota.limit
        self.out_then = 0
        self.next_then = 0.0

    def learn(self, limit: int, window: float | None) -> None:
        """Adopt a quota, or a share of it."""
        super().learn(limit, window)
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
        self.thawed_until = self.next_at = 0.0


class Asker(Waiter):
    """A waiter who will not wait for ever; `judged` once it is known how long it takes."""

    __slots__ = ("category", "judged", "most")

    def __init__(
        self, ticket: int, future: "asyncio.Future[Any]", category: str, most: float | None
    ) -> None:
        super().__init__(ticket, future)
        self.category = category
        self.most = most
        self.judged = most is None


class SharedHouse(House):
    """The lanes of one user, what Redis has not heard yet, and the task that speaks to it.

    No lane is asked for before `shut_until`, when the bucket of all of them is empty. `urgent`
    updates do not wait to be gathered.
    """

    __slots__ = ("changed", "driver", "epoch", "lanes", "shut_until", "term", "updates", "urgent")

    def __init__(self, term: int) -> None:
        super().__init__()
        self.lanes: set[SharedLane] = set()
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

    def remember(self, now: float) -> None:
        """Redis may have lost its data: tell it again which tokens are out."""
        known = [one for one in self.updates if one.what not in ("hold", "finish")]
        self.updates = [one for lane in self.lanes for one in lane.out(now)] + known


class SharedLane(Lane):
    """The requests that draw on the same buckets, and the permits of this process that are out.

    `ready` is when the next may go, as far as Redis said; it is asked again at `shut_until`.
    """

    __slots__ = ("ended", "home", "opened", "ready", "shared", "shut_until")

    def __init__(
        self, home: SharedHouse, keys: tuple[Key, ...], buckets: tuple[SharedBucket, ...]
    ) -> None:
        super().__init__(home, keys, buckets)
        self.home = home
        self.shared = buckets
        self.opened: set[int] = set()
        self.ended: deque[tuple[float, int]] = deque()
        self.ready: float | None = None
        self.shut_until = 0.0
        home.lanes.add(self)

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

    def eager(self) -> list[tuple[int, Asker]]:
        """Those whose wait is to be judged, and how many others go before each."""
        return [
            (ahead, waiter)
            for ahead, (_, waiter) in enumerate(self.queued())
            if isinstance(waiter, Asker) and not waiter.judged
        ]
