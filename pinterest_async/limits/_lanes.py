"""Who waits for which buckets, and in what order they go."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from pinterest_async._core.bucket import Bucket
from pinterest_async.limits.protocol import Priority

Key = tuple[str, str]
"""Name of a bucket, and whose it is."""


class Waiter:
    """A request in a queue; `live` until it is granted, cancelled or expired."""

    __slots__ = ("deadline", "future", "live", "ticket")

    def __init__(self, ticket: int, future: "asyncio.Future[Any]") -> None:
        self.ticket = ticket
        self.future = future
        self.live = True
        self.deadline: asyncio.TimerHandle | None = None


class House:
    """The lanes of one user: they share their first bucket, and one timer."""

    __slots__ = ("timer", "waiting")

    def __init__(self) -> None:
        self.waiting: set[Lane] = set()
        self.timer: asyncio.TimerHandle | None = None


class Lane:
    """The requests that draw on the same buckets, in the order in which they go."""

    __slots__ = ("_dead", "_queues", "buckets", "house", "keys")

    def __init__(self, house: House, keys: tuple[Key, ...], buckets: tuple[Bucket, ...]) -> None:
        self.house = house
        self.keys = keys
        self.buckets = buckets
        self._queues: tuple[deque[Waiter], deque[Waiter]] | None = None
        self._dead = 0

    def join(self, waiter: Waiter, priority: Priority) -> None:
        """Wait at the end of the queue."""
        if self._queues is None:
            self._queues = deque(), deque()
            self.house.waiting.add(self)
        self._queues[priority == "background"].append(waiter)
        for bucket in self.buckets:
            bucket.waiting += 1

    def leave(self, waiter: Waiter) -> None:
        """Wait no longer; the place in the queue is cleared when it costs little."""
        if not waiter.live:
            return
        waiter.live = False
        for bucket in self.buckets:
            bucket.waiting -= 1
        self._dead += 1
        if self._queues is not None and 2 * self._dead > sum(map(len, self._queues)):
            for queue in self._queues:
                kept = [one for one in queue if one.live]
                queue.clear()
                queue.extend(kept)
            self._dead = 0
            self._close()

    def head(self) -> tuple[int, Waiter] | None:
        """The request that goes next and the rank of its priority, 0 first."""
        while self._queues is not None:
            rank = 0 if self._queues[0] else 1
            waiter = self._queues[rank][0]
            if not waiter.live:
                self._queues[rank].popleft()
                self._dead -= 1
                self._close()
            elif waiter.future.done() or waiter.future.get_loop().is_closed():
                self.leave(waiter)  # cancelled just now, or left behind by a loop
            else:
                return rank, waiter
        return None

    def queued(self) -> Iterator[tuple[int, Waiter]]:
        """Those who still wait, in the order in which they go, with the rank of each."""
        for rank, queue in enumerate(self._queues or ()):
            for waiter in queue:
                if waiter.live and not waiter.future.done():
                    yield rank, waiter

    def ahead(self, priority: Priority) -> int:
        """Requests that would go before a new one."""
        if self._queues is None:
            return 0
        first, second = self._queues
        return len(first) if priority == "interactive" else len(first) + len(second)

    def free(self, now: float) -> bool:
        """Whether every bucket has a token."""
        return all(bucket.free(now) > 0 for bucket in self.buckets)

    def ready_at(self, now: float, ahead: int) -> float:
        """When the request behind `ahead` others could go, at the earliest."""
        return max(bucket.ready_at(now, ahead) for bucket in self.buckets)

    def _close(self) -> None:
        if self._queues is not None and not any(self._queues):
            self._queues = None
            self._dead = 0
            self.house.waiting.discard(self)


def in_order(lanes: Iterator[Lane]) -> list[tuple[int, int, Lane]]:
    """The heads of lanes as (rank, ticket, lane), to be made a heap; no ticket occurs twice."""
    return [(head[0], head[1].ticket, lane) for lane in lanes if (head := lane.head()) is not None]


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
