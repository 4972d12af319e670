"""The queues of requests that wait for tokens: their order, and how long a wait will take."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.ratelimit_headers import HeaderMatch, RateState, match_headers
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits.protocol import BucketKey, LimitRequest
from pinterest_async.options import Priority

if TYPE_CHECKING:
    from pinterest_async._core.forecast import Supply

P = TypeVar("P")
RANKS: dict[Priority, int] = {"interactive": 0, "background": 1}
_NO_HEADERS = RateState()


class Waiter:
    """A request in a queue; `live` until it gets a permit, is cancelled or has waited too long."""

    __slots__ = ("deadline", "future", "live", "notice", "rank", "request", "ticket")

    def __init__(self, ticket: int, request: LimitRequest, future: asyncio.Future[Any]) -> None:
        self.ticket = ticket
        self.request = request
        self.rank = RANKS[request.priority]
        self.future = future
        self.live = True
        self.deadline: asyncio.TimerHandle | None = None
        self.notice: asyncio.TimerHandle | None = None

    @property
    def waits(self) -> bool:
        """Whether the request still waits."""
        return self.live and not self.future.done()


class UserQueues:
    """The queues of one user in which requests wait; they share their first bucket and a timer."""

    __slots__ = ("timer", "waiting")

    def __init__(self) -> None:
        self.waiting: set[Queue] = set()
        self.timer: asyncio.TimerHandle | None = None


class _Fifo:
    """The waiters of one priority; those that have left are removed later, many at a time."""

    __slots__ = ("items", "live")

    def __init__(self) -> None:
        self.items: deque[Waiter] = deque()
        self.live = 0


class Queue:
    """The requests that need a token of the same buckets, in the order in which they go.

    A quota with several windows has a bucket for each. `quota_indices` then gives the index of the
    quota for each place in `buckets`; it is None while every quota has one bucket. No notice of
    those who wait is logged before `quiet_until`, since one was, `quiet_for` seconds earlier.
    """

    __slots__ = (
        "_fifos",
        "_match",
        "_matched",
        "buckets",
        "keys",
        "quiet_for",
        "quiet_until",
        "quota_indices",
        "user",
    )

    def __init__(
        self, user: UserQueues, keys: tuple[BucketKey, ...], buckets: tuple[Bucket, ...]
    ) -> None:
        self.user = user
        self.keys = keys
        self.buckets = buckets
        self.quota_indices: tuple[int, ...] | None = None
        self.quiet_for = 0.0
        self.quiet_until = -math.inf
        self._fifos: tuple[_Fifo, _Fifo] | None = None
        self._matched = _NO_HEADERS
        self._match = match_headers(self.names(), _NO_HEADERS)

    @property
    def waiting(self) -> int:
        """How many requests wait."""
        return sum(fifo.live for fifo in self._fifos or ())

    def names(self) -> tuple[str, ...]:
        """The names of the quotas, as the server uses them."""
        if self.quota_indices is None:
            return tuple([name for name, _ in self.keys])
        return tuple([name for name, _ in self.keys[: len(set(self.quota_indices))]])

    def match(self, state: RateState) -> HeaderMatch:
        """Which buckets headers describe; nearly always, they say the same as those before."""
        last = self._matched
        if (
            state.windows is not last.windows
            or state.limit != last.limit
            or state.reset != last.reset
        ):
            self._matched, self._match = state, match_headers(self.names(), state)
        return self._match

    def places(self, quota_index: int) -> list[int]:
        """The places of the buckets that belong to a quota, one for each of its windows."""
        if self.quota_indices is None:
            return [quota_index]
        return [place for place, index in enumerate(self.quota_indices) if index == quota_index]

    def nearest(self, match: HeaderMatch) -> int:
        """The place of the bucket that headers call the nearest to exhaustion."""
        places = self.places(match.nearest or 0)
        named = [place for place in places if self.buckets[place].window == match.window]
        return (named or places)[0]

    def add_window(self, quota_index: int, key: BucketKey, bucket: Bucket) -> None:
        """Need a token of one more bucket, which is another window of a quota."""
        self.quota_indices = (*(self.quota_indices or range(len(self.keys))), quota_index)
        self.keys = (*self.keys, key)
        self.buckets = (*self.buckets, bucket)

    def remove_window(self, key: BucketKey) -> None:
        """Need no more tokens of the bucket with this key."""
        kept = [place for place, one in enumerate(self.keys) if one != key]
        indices = self.quota_indices or range(len(self.keys))
        self.quota_indices = tuple(indices[place] for place in kept)
        self.keys = tuple(self.keys[place] for place in kept)
        self.buckets = tuple(self.buckets[place] for place in kept)
        if len(set(self.quota_indices)) == len(self.quota_indices):
            self.quota_indices = None

    def join(self, waiter: Waiter) -> None:
        """Wait at the end of the queue."""
        if self._fifos is None:
            self._fifos = _Fifo(), _Fifo()
            self.user.waiting.add(self)
        fifo = self._fifos[waiter.rank]
        fifo.items.append(waiter)
        fifo.live += 1
        for bucket in self.buckets:
            bucket.waiting += 1

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer; the item of the waiter is removed when that costs little."""
        if not waiter.live:
            return
        waiter.live = False
        for bucket in self.buckets:
            bucket.waiting -= 1
        if self._fifos is not None:
            fifo = self._fifos[waiter.rank]
            fifo.live -= 1
            if 2 * fifo.live < len(fifo.items):
                kept = [one for one in fifo.items if one.live]
                fifo.items.clear()
                fifo.items.extend(kept)
            self._drop_if_empty()

    def fail(self, waiter: Waiter, needed: float, max_wait: float) -> None:
        """End the wait of a request that would need longer than it may wait, with an error."""
        self.leave(waiter)
        waiter.future.set_exception(
            RateLimitWaitError(waiter.request.category, wait=needed, max_wait=max_wait)
        )

    def head(self) -> Waiter | None:
        """The request that goes next."""
        while self._fifos is not None:
            items = self._fifos[0].items or self._fifos[1].items
            waiter = items[0]
            if not waiter.live:
                items.popleft()
                self._drop_if_empty()
            elif waiter.future.done() or waiter.future.get_loop().is_closed():
                self.leave(waiter)  # cancelled just now, or its event loop has ended
            else:
                return waiter
        return None

    def waiters(self) -> Iterator[Waiter]:
        """Those who still wait, in the order in which they go."""
        for fifo in self._fifos or ():
            for waiter in fifo.items:
                if waiter.waits:
                    yield waiter

    def most_urgent(self) -> int:
        """How many wait with the priority of the one that goes next."""
        first, second = self._fifos or (None, None)
        return (first.live if first else 0) or (second.live if second else 0)

    def ahead(self, rank: int, ticket: float = math.inf) -> int:
        """How many go before the request with this ticket, or before a new one."""
        if self._fifos is None:
            return 0
        fifo = self._fifos[rank]
        count = self._fifos[0].live if rank else 0
        if ticket == math.inf:
            return count + fifo.live
        for waiter in fifo.items:
            if waiter.ticket >= ticket:
                break
            count += waiter.live
        return count

    def free(self, now: float) -> bool:
        """Whether every bucket has a token."""
        return all(bucket.free(now) > 0 for bucket in self.buckets)

    def ready_at(self, now: float) -> float:
        """When the next request could go, at the earliest."""
        return max(bucket.ready_at(now) for bucket in self.buckets)

    def latest_start(self, now: float) -> float:
        """When a new request will have gone at the latest, unless quotas shrink or freeze."""
        longest = max(
            max(bucket.frozen_until - now, bucket.next_at - now, bucket.window) + bucket.window
            for bucket in self.buckets
        )
        turns = sum(bucket.waiting // bucket.limit * bucket.window for bucket in self.buckets)
        return now + longest + turns

    def _drop_if_empty(self) -> None:
        if self._fifos is not None and not any(fifo.items for fifo in self._fifos):
            self._fifos = None
            self.user.waiting.discard(self)


def expected_start(
    queue: Queue,
    others: Iterable[Queue],
    supply_of: Callable[[Bucket], Supply | None],
    rank: int,
    ticket: float = math.inf,
) -> float | None:
    """When a request will go, after those before it in its own queue and in the `others`.

    None if the supply of a bucket is not known. Without a ticket, for a new request.
    """
    from pinterest_async._core.forecast import forecast

    supplies: dict[Bucket, Supply] = {}
    queues = {queue, *others}
    for bucket in {bucket for one in queues for bucket in one.buckets}:
        supply = supply_of(bucket)
        if supply is None:
            return None
        supplies[bucket] = supply
    ahead = [([supplies[each] for each in one.buckets], one.ahead(rank, ticket)) for one in queues]
    return forecast([supplies[each] for each in queue.buckets], [one for one in ahead if one[1]])


def in_order(queues: Iterable[Queue]) -> list[tuple[int, int, Queue]]:
    """`(rank, ticket, queue)` of the head of each queue, fit for a heap: no ticket occurs twice."""
    heads = [(queue.head(), queue) for queue in list(queues)]
    return [(head.rank, head.ticket, queue) for head, queue in heads if head is not None]


async def wait_for_permit(queue: Queue, waiter: Waiter, release: Callable[[P], None]) -> P:
    """Wait for the permit of a waiter; if the caller is cancelled, nothing is left behind.

    `release` takes back a permit that was granted in the moment of the cancellation.
    """
    future = waiter.future
    try:
        return cast("P", await future)
    except asyncio.CancelledError:
        if future.done() and not future.cancelled():
            if future.exception() is None:
                release(future.result())
        else:
            queue.leave(waiter)
        raise
    finally:
        for timer in (waiter.deadline, waiter.notice):
            if timer is not None:
                timer.cancel()
