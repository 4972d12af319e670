"""Who waits for which buckets, in what order they go, and how long that takes."""

import asyncio
import math
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply, forecast
from pinterest_async.limits.blame import Said
from pinterest_async.limits.protocol import Priority

Key = tuple[str, str]
"""Name of a bucket, and whose it is."""

RANKS: dict[Priority, int] = {"interactive": 0, "background": 1}


class Waiter:
    """A request in a queue; `live` until it is granted, cancelled or expired."""

    __slots__ = ("deadline", "future", "live", "rank", "ticket")

    def __init__(self, ticket: int, rank: int, future: "asyncio.Future[Any]") -> None:
        self.ticket = ticket
        self.rank = rank
        self.future = future
        self.live = True
        self.deadline: asyncio.TimerHandle | None = None


class House:
    """The lanes of one user: they share their first bucket, and one timer."""

    __slots__ = ("timer", "waiting")

    def __init__(self) -> None:
        self.waiting: set[Lane] = set()
        self.timer: asyncio.TimerHandle | None = None


class _Queue:
    """The waiters of one priority, the dead ones among them not yet cleared."""

    __slots__ = ("items", "live")

    def __init__(self) -> None:
        self.items: deque[Waiter] = deque()
        self.live = 0


class Lane:
    """The requests that draw on the same buckets, in the order in which they go.

    `roles` tells for each bucket which of the first ones it is a further window of, or itself.
    """

    __slots__ = ("_queues", "buckets", "house", "keys", "roles")

    def __init__(self, house: House, keys: tuple[Key, ...], buckets: tuple[Bucket, ...]) -> None:
        self.house = house
        self.keys = keys
        self.buckets = buckets
        self.roles: tuple[int, ...] | None = None
        self._queues: tuple[_Queue, _Queue] | None = None

    def names(self) -> tuple[str, ...]:
        """The buckets as the server names them, each once."""
        return tuple([name for name, _ in self.keys[: len(set(self.roles or self.keys))]])

    def windows(self, role: int) -> list[int]:
        """Where the buckets are that stand for the windows of one quota."""
        if self.roles is None:
            return [role]
        return [place for place, one in enumerate(self.roles) if one == role]

    def nearest(self, said: Said) -> int:
        """Where the bucket is that headers call the nearest to exhaustion."""
        places = self.windows(said.nearest or 0)
        named = [place for place in places if self.buckets[place].window == said.window]
        return (named or places)[0]

    def widen(self, role: int, key: Key, bucket: Bucket) -> None:
        """One window more for a quota."""
        self.roles = (*(self.roles or range(len(self.keys))), role)
        self.keys = (*self.keys, key)
        self.buckets = (*self.buckets, bucket)

    def narrow(self, key: Key) -> None:
        """A window does not count any more."""
        kept = [place for place, one in enumerate(self.keys) if one != key]
        roles = self.roles or range(len(self.keys))
        self.roles = tuple(roles[place] for place in kept)
        self.keys = tuple(self.keys[place] for place in kept)
        self.buckets = tuple(self.buckets[place] for place in kept)
        if len(set(self.roles)) == len(self.roles):
            self.roles = None

    def join(self, waiter: Waiter) -> None:
        """Wait at the end of the queue."""
        if self._queues is None:
            self._queues = _Queue(), _Queue()
            self.house.waiting.add(self)
        queue = self._queues[waiter.rank]
        queue.items.append(waiter)
        queue.live += 1
        for bucket in self.buckets:
            bucket.waiting += 1

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer; the place in the queue is cleared when it costs little."""
        if not waiter.live:
            return
        waiter.live = False
        for bucket in self.buckets:
            bucket.waiting -= 1
        if self._queues is not None:
            queue = self._queues[waiter.rank]
            queue.live -= 1
            if 2 * queue.live < len(queue.items):
                kept = [one for one in queue.items if one.live]
                queue.items.clear()
                queue.items.extend(kept)
            self._close()

    def head(self) -> Waiter | None:
        """The request that goes next."""
        while self._queues is not None:
            items = self._queues[0].items or self._queues[1].items
            waiter = items[0]
            if not waiter.live:
                items.popleft()
                self._close()
            elif waiter.future.done() or waiter.future.get_loop().is_closed():
                self.leave(waiter)  # cancelled just now, or left behind by a loop
            else:
                return waiter
        return None

    def queued(self) -> Iterator[Waiter]:
        """Those who still wait, in the order in which they go."""
        for queue in self._queues or ():
            for waiter in queue.items:
                if waiter.live and not waiter.future.done():
                    yield waiter

    def most_urgent(self) -> int:
        """How many wait with the priority of the one that goes next."""
        first, second = self._queues or (None, None)
        return (first.live if first else 0) or (second.live if second else 0)

    def ahead(self, rank: int, ticket: float = math.inf) -> int:
        """Requests that go before the one with this ticket, or before a new one."""
        if self._queues is None:
            return 0
        queue = self._queues[rank]
        count = self._queues[0].live if rank else 0
        if ticket == math.inf:
            return count + queue.live
        for waiter in queue.items:
            if waiter.ticket >= ticket:
                break
            count += waiter.live
        return count

    def places(self) -> int:
        """Places in the queue, those of the dead that are not yet cleared among them."""
        return sum(len(queue.items) for queue in self._queues or ())

    def free(self, now: float) -> bool:
        """Whether every bucket has a token."""
        return all(bucket.free(now) > 0 for bucket in self.buckets)

    def ready_at(self, now: float) -> float:
        """When the next request could go, at the earliest."""
        return max(bucket.ready_at(now) for bucket in self.buckets)

    def surely_by(self, now: float) -> float:
        """When a new request will have gone at the latest, unless the buckets are taken back."""
        longest = max(
            max(bucket.frozen_until - now, bucket.next_at - now, bucket.window) + bucket.window
            for bucket in self.buckets
        )
        turns = sum(bucket.waiting // bucket.limit * bucket.window for bucket in self.buckets)
        return now + longest + turns

    def _close(self) -> None:
        if self._queues is not None and not any(queue.items for queue in self._queues):
            self._queues = None
            self.house.waiting.discard(self)


def foreseen(
    lane: Lane,
    rivals: Iterable[Lane],
    supplied: Callable[[Bucket], Supply | None],
    rank: int,
    ticket: float = math.inf,
) -> float | None:
    """When a request goes, others in its lane and in those of its `rivals` before it.

    None where the supply of a bucket is not known. Without a ticket, it is about a new request.
    """
    known: dict[Bucket, Supply] = {}
    lanes = {lane, *rivals}
    for bucket in {bucket for one in lanes for bucket in one.buckets}:
        supply = supplied(bucket)
        if supply is None:
            return None
        known[bucket] = supply
    queues = [([known[bucket] for bucket in one.buckets], one.ahead(rank, ticket)) for one in lanes]
    return forecast([known[bucket] for bucket in lane.buckets], [one for one in queues if one[1]])


def in_order(lanes: Iterable[Lane]) -> list[tuple[int, int, Lane]]:
    """The heads of lanes as (rank, ticket, lane), to be made a heap; no ticket occurs twice."""
    heads = [(lane.head(), lane) for lane in list(lanes)]
    return [(head.rank, head.ticket, lane) for head, lane in heads if head is not None]


async def granted(lane: Lane, waiter: Waiter, release: Callable[[Any], None]) -> Any:
    """The permit that a waiter gets; one who is cancelled leaves nothing behind.

    `release` takes a permit that was granted just as the caller went away.
    """
    future = waiter.future
    try:
        return await future
    except asyncio.CancelledError:
        if future.done() and not future.cancelled():
            if future.exception() is None:
                release(future.result())
        else:
            lane.leave(waiter)
        raise
    finally:
        if waiter.deadline is not None:
            waiter.deadline.cancel()
