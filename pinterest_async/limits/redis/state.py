"""What one process knows of shared buckets: its own tokens, and the latest reply from Redis."""

import asyncio
import math
from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply
from pinterest_async.limits.protocol import BucketKey
from pinterest_async.limits.queues import Queue, UserQueues, Waiter

SAMPLE = 64
"""For how many tokens of a bucket, at most, the script replies when they come back."""


class Update(NamedTuple):
    """An event to report to Redis: what, in which buckets, when, and the script's arguments."""

    what: str
    keys: tuple[BucketKey, ...]
    at: float
    arguments: tuple[Any, ...] = ()


class SharedBucket(Bucket):
    """The tokens that this process has out, and the latest reply about those of all processes.

    While Redis does not answer, the arithmetic of `Bucket` decides, and `limit` is the share of
    this process, one of `sharers`; else it is the `full_limit`. After an outage, Redis and the
    share decide both until `share_until`, since other processes may not have reported yet what they
    took. At `updated_at`, None before the first reply, `last_free` tokens were free and `last_out`
    were out. `last_supply` is None until it is asked for, and again after it has changed.
    """

    __slots__ = (
        "full_limit",
        "last_free",
        "last_out",
        "last_supply",
        "next_free_at",
        "processes",
        "share_until",
        "sharers",
        "updated_at",
    )

    def __init__(self, limit: int, window: float) -> None:
        super().__init__(limit, window)
        self.full_limit = limit
        self.sharers = 1
        self.share_until = math.inf
        self.processes = 1
        self.updated_at: float | None = None
        self.last_free = limit
        self.last_out = 0
        self.next_free_at = 0.0
        self.last_supply: Supply | None = None

    def holds(self, limit: int, window: float | None) -> bool:
        """Whether the bucket has this quota already."""
        return limit == self.full_limit and window in (None, self.window)

    def learn(self, limit: int, window: float | None) -> None:
        """Adopt a quota, or a share of it."""
        super().learn(limit, window)
        self.last_supply = None
        if limit > 0:
            self.full_limit = limit
            self.limit = max(1, limit // self.sharers)

    def update(self, now: float, numbers: Sequence[int], granted: int, processes: int) -> None:
        """Adopt the script's reply about this bucket; `out` there is without the new grant."""
        limit, window, out, self.last_free, wait, frozen = numbers
        self.last_out = out + granted
        self.learn(limit, window / 1000)
        self.processes, self.updated_at = processes, now
        self.next_free_at = now + wait / 1000
        self.frozen_until = now + frozen / 1000 if frozen else 0.0

    def update_supply(self, now: float, numbers: Sequence[int]) -> None:
        """Adopt the script's reply about when tokens come back, which it gives for a sample."""
        limit, window, out, foreign, foreign_for, start, thawed, *sample = numbers
        soonest, each = now + window / 1000, max(1, math.ceil(out / SAMPLE))
        coming = [
            (min(soonest, now + back / 1000), min(each, out - place * each))
            for place, back in enumerate(sample)
        ]
        if foreign > 0:
            coming.append((now + foreign_for / 1000, foreign))
        self.last_supply = Supply(
            limit,
            window / 1000,
            start=now + start / 1000,
            free=limit - out - foreign,
            coming=sorted(coming),
            thawed_until=now + thawed / 1000,
        )

    def use_share(self, now: float, processes: int) -> None:
        """Go on without Redis, with an equal share of the quota.

        For one window after the latest reply, it is a share of the tokens that were free then: the
        other processes have as much.
        """
        self.sharers, self.share_until = processes, math.inf
        self.limit = max(1, self.full_limit // processes)
        self.advance(now)
        if self.updated_at is not None and self.updated_at + self.window > now:
            left = self.last_free // processes
            self.foreign = max(0, self.limit - self.outstanding - left)
            self.foreign_until = self.updated_at + self.window
        if self.frozen_until > now:
            self.thawed_until = self.frozen_until + self.window

    def share_until_others_report(self, now: float, longest: float) -> None:
        """Redis answers again, and knows after the `longest` silence what all processes took."""
        self.share_until = now + min(self.window, longest)
        self.last_supply = None
        self.thawed_until = self.next_at = 0.0

    def room(self, now: float, want: int) -> int:
        """How many of the tokens wanted this process may take now, if Redis has them."""
        if self.share_until <= now:
            self.sharers, self.limit, self.foreign = 1, self.full_limit, 0
            self.share_until = math.inf
        return min(want, self.free(now)) if self.sharers > 1 else want

    def room_in(self, now: float, taken: int) -> float:
        """In how many seconds there is such room, once `taken` more tokens are spent."""
        return max(0.0, self.ready_at(now, taken) - now) if self.sharers > 1 else 0.0


class SharedPermit:
    """A spent token of each bucket of a queue, and how many were out before in each.

    `nearest` is the bucket that the headers of its answer called the nearest to exhaustion.
    """

    __slots__ = ("nearest", "number", "out", "queue")

    def __init__(self, queue: "SharedQueue", number: int, out: tuple[int, ...]) -> None:
        self.queue = queue
        self.number = number
        self.out = out
        self.nearest: BucketKey | None = None


class SharedUserQueues(UserQueues):
    """The queues of one user, the updates for Redis, and the task that sends them.

    Until `blocked_until`, Redis is asked for no queue: the bucket that all of them need is empty.
    `urgent` updates are sent at once. `unchecked` are waiters whose wait may be longer than they
    allow, which only Redis can say. `outages` is the number of outages of Redis after which the
    tokens of this user were reported again.
    """

    __slots__ = (
        "blocked_until",
        "changed",
        "epoch",
        "outages",
        "queues",
        "task",
        "unchecked",
        "updates",
        "urgent",
    )

    def __init__(self, outages: int) -> None:
        super().__init__()
        self.queues: set[SharedQueue] = set()
        self.unchecked: list[tuple[SharedQueue, Waiter]] = []
        self.updates: list[Update] = []
        self.urgent = False
        self.blocked_until = 0.0
        self.epoch = 0
        self.outages = outages
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None

    def unblock(self) -> None:
        """Ask Redis again: tokens may have come back."""
        self.blocked_until = 0.0
        for queue in self.queues:
            queue.blocked_until = 0.0
            for bucket in queue.shared_buckets:
                bucket.last_supply = None

    def report_again(self, now: float) -> None:
        """Report all tokens that are out, since Redis may have lost its data."""
        kept = [one for one in self.updates if one.what not in ("hold", "finish")]
        self.updates = [one for queue in self.queues for one in queue.tokens_out(now)] + kept


class SharedQueue(Queue):
    """The requests that need a token of the same buckets, and the permits of this process.

    `open` are the numbers of permits under way, `ended` when others ended, and their numbers. The
    next request may go at `ready`, by the latest reply; Redis is asked again at `blocked_until`.
    """

    __slots__ = ("blocked_until", "ended", "open", "ready", "shared_user")

    def __init__(
        self,
        user: SharedUserQueues,
        keys: tuple[BucketKey, ...],
        buckets: tuple[SharedBucket, ...],
    ) -> None:
        super().__init__(user, keys, buckets)
        self.shared_user = user
        self.open: set[int] = set()
        self.ended: deque[tuple[float, int]] = deque()
        self.ready: float | None = None
        self.blocked_until = 0.0
        user.queues.add(self)

    @property
    def shared_buckets(self) -> tuple[SharedBucket, ...]:
        """The buckets, with their full type."""
        return cast("tuple[SharedBucket, ...]", self.buckets)

    def blocked(self, now: float) -> bool:
        """Whether it is known that no request can go now."""
        return max(self.shared_user.blocked_until, self.blocked_until) > now

    def latest_start(self, now: float) -> float:
        """When a new request will have gone at the latest, by the latest reply from Redis."""
        if self.ready is None:
            return math.inf
        return max(now, self.ready) - now + super().latest_start(now)

    def tokens_out(self, now: float) -> Iterable[Update]:
        """The updates that report all tokens that are out."""
        self.prune(now)
        for number in self.open:
            yield Update("hold", self.keys, now, (number,))
        for ended, number in self.ended:
            yield Update("finish", self.keys, ended, (number,))

    def prune(self, now: float) -> None:
        """Remove permits whose tokens are all back."""
        longest = max(bucket.window for bucket in self.buckets)
        while self.ended and self.ended[0][0] + longest < now:
            self.ended.popleft()
