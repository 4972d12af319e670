"""The limiter of one process: its buckets, queues and timers are in memory."""

from __future__ import annotations

import asyncio
import functools
import math
import random
import time
from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heapreplace
from typing import TYPE_CHECKING

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._request.threads import OneThread
from pinterest_async.errors import ConfigurationError, RateLimitWaitError
from pinterest_async.limits.buckets import BucketTable, queue_key
from pinterest_async.limits.protocol import BucketState, LimitRequest
from pinterest_async.limits.queues import (
    RANKS,
    Queue,
    UserQueues,
    Waiter,
    expected_start,
    in_order,
    wait_for_permit,
)

if TYPE_CHECKING:
    from pinterest_async.limits.notices import Notices

_SWEEP_EVERY = 60.0
LEAST_DELAY = 0.0001


class _MemoryPermit:
    """A spent token of each bucket, and how many were out before in the first two.

    `nearest` is the bucket that the headers of its answer called the nearest to exhaustion.
    """

    __slots__ = ("nearest", "out", "queue")

    def __init__(self, queue: Queue, out: tuple[int, int]) -> None:
        self.queue = queue
        self.out = out
        self.nearest: Bucket | None = None


class InMemoryLimiter:
    """Keeps the requests of one process within the quotas.

    A request takes a token out of each of its buckets, all at once or none. Requests wait in order
    of arrival, interactive ones before background ones, which go when no interactive one can.
    Buckets start from the published quotas and learn from the headers; idle ones are removed. For
    use from one thread at a time, where event loops may follow one another; a second thread that
    uses it meanwhile is refused with `ConfigurationError`.

    Args:
        quotas: `(limit, seconds)` by category or "safety_net", to start from in place of the
            published ones.
        clock: Seconds that never go back; for tests.
        chance: A number from 0 to 1; spreads requests after a freeze.
    """

    def __init__(
        self,
        *,
        quotas: Mapping[str, tuple[int, float]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._table = BucketTable(quotas, Bucket, UserQueues, Queue)
        self._queues = self._table.queues
        # Queues of different users that share a bucket: conversions into one ad account.
        self._sharing: dict[Bucket, list[Queue]] = {}
        self._thread = OneThread("the limiter", self._is_busy)
        self._tickets = 0
        self._sweep_at = 64
        self._swept = clock()

    async def acquire(self, request: LimitRequest) -> _MemoryPermit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` at once if that is known to take longer than `max_wait`, and
        after `max_wait` if a freeze, a smaller quota or more urgent requests have made it longer.
        """
        self._thread.check()
        queue = self._queues.get(queue_key(request))
        if queue is None:
            queue = self._add_queue(request)
        # The common case, written out since every call passes here: nobody waits, nothing is
        # frozen, and there are tokens even without those that may have come back by now.
        if len(queue.buckets) == 2:
            net, own = queue.buckets
            first, second = net.in_flight + net.pending, own.in_flight + own.pending
            if (
                first + net.foreign < net.limit
                and second + own.foreign < own.limit
                and not (net.waiting or own.waiting or net.thawed_until or own.thawed_until)
            ):
                net.in_flight += 1
                own.in_flight += 1
                return _MemoryPermit(queue, (first, second))
        now = self._clock()
        if not any(bucket.waiting for bucket in queue.buckets) and queue.free(now):
            return self._spend(queue, now)
        return await self._wait(queue, request, now)

    def finish(self, permit: _MemoryPermit, late: float = 0.0) -> None:
        """The request has ended: its tokens come back one window after it can arrive."""
        now = self._clock()
        for bucket in permit.queue.buckets:
            bucket.finish(now, late)

    def release(self, permit: _MemoryPermit) -> None:
        """The request was never sent: its tokens come back at once."""
        for bucket in permit.queue.buckets:
            bucket.release()
        self._serve_sharers(permit.queue)

    def observe(self, permit: _MemoryPermit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        queue, now = permit.queue, self._clock()
        _, place = self._table.learn(queue, state, now)
        if place is not None:
            bucket = permit.nearest = queue.buckets[place]
            if state.remaining is not None:
                used = min(state.limit or 0, bucket.limit) - state.remaining
                out = permit.out[place] if place < len(permit.out) else 0
                reset = bucket.window if state.reset is None else min(state.reset, bucket.window)
                bucket.count_others(used, max(out + 1, bucket.outstanding), now + reset)
        self._serve_sharers(queue)

    def freeze(self, permit: _MemoryPermit, seconds: float) -> None:
        """The server answered 429: the bucket stops for everyone, then requests go one by one."""
        now = self._clock()
        for bucket in [permit.nearest] if permit.nearest else permit.queue.buckets[1:]:
            bucket.freeze(now, now + seconds)

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use, by name and key."""
        now = self._clock()
        return self._table.snapshot(
            now,
            free=lambda bucket: bucket.free(now),
            free_in=lambda bucket: bucket.ready_at(now) - now,
        )

    def _is_busy(self) -> bool:
        return any(bucket.in_flight or bucket.waiting for bucket in self._table.buckets.values())

    def _add_queue(self, request: LimitRequest) -> Queue:
        now = self._clock()
        if len(self._queues) >= self._sweep_at or now - self._swept > _SWEEP_EVERY:
            self._sweep(now)
        queue = self._table.add_queue(request)
        if request.category == "ads_conversions":
            self._sharing.setdefault(queue.buckets[1], []).append(queue)
        return queue

    def _sweep(self, now: float) -> None:
        """Remove idle queues and buckets, at a cost that stays constant for each new one."""
        removed = self._table.sweep(
            busy=lambda queue: not all(bucket.idle(now) for bucket in queue.buckets[1:]),
            idle=lambda bucket: bucket.idle(now),
        )
        for queue in removed:
            sharing = self._sharing.get(queue.buckets[1])
            if sharing is not None:
                sharing.remove(queue)
                if not sharing:
                    del self._sharing[queue.buckets[1]]
        self._swept = now
        self._sweep_at = max(64, 2 * len(self._queues))

    def _spend(self, queue: Queue, now: float) -> _MemoryPermit:
        permit = _MemoryPermit(queue, (queue.buckets[0].outstanding, queue.buckets[1].outstanding))
        for bucket in queue.buckets:
            bucket.spend()
            if bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        return permit

    async def _wait(self, queue: Queue, request: LimitRequest, now: float) -> _MemoryPermit:
        loop = asyncio.get_running_loop()
        max_wait, rank = request.max_wait, RANKS[request.priority]
        if max_wait is not None and queue.latest_start(now) > now + max_wait:
            needed = self._expected_start(queue, now, rank) - now
            if needed > max_wait:
                raise RateLimitWaitError(request.category, wait=needed, max_wait=max_wait)
        self._tickets += 1
        future: asyncio.Future[_MemoryPermit] = loop.create_future()
        waiter = Waiter(self._tickets, request, future)
        if max_wait is not None:
            waiter.deadline = loop.call_later(max_wait, self._expire, queue, waiter, max_wait)
        queue.join(waiter)
        try:
            self._thread.check()  # another thread may have begun at the same moment
        except ConfigurationError:
            queue.leave(waiter)
            raise
        self._serve(queue.user)
        self._notices.begin(queue, waiter)
        return await wait_for_permit(queue, waiter, self.release)

    @functools.cached_property
    def _notices(self) -> Notices:
        from pinterest_async.limits.notices import Notices

        return Notices(self._clock, self._left)

    def _expected_start(
        self, queue: Queue, now: float, rank: int, ticket: float = math.inf
    ) -> float:
        """When a request can go, after all that wait before it."""
        others = [*queue.user.waiting, *self._sharing.get(queue.buckets[1], ())]
        return expected_start(queue, others, lambda bucket: bucket.supply(now), rank, ticket) or now

    def _expire(self, queue: Queue, waiter: Waiter, max_wait: float) -> None:
        """The wait took longer than was expected, and longer than `max_wait`."""
        if waiter.waits:
            more = self._left(queue, waiter, self._clock())
            queue.fail(waiter, max_wait + max(0.0, more), max_wait)

    def _left(self, queue: Queue, waiter: Waiter, now: float) -> float:
        return self._expected_start(queue, now, waiter.rank, waiter.ticket) - now

    def _serve_sharers(self, queue: Queue) -> None:
        """Serve all users who need the buckets of a queue, after tokens or quotas have changed."""
        for bucket in queue.buckets:
            if bucket.waiting:
                break
        else:
            return
        self._serve(queue.user)
        for other in list(self._sharing.get(queue.buckets[1], ())):
            if other.user is not queue.user:
                self._serve(other.user)

    def _serve(self, user: UserQueues) -> None:
        """Give permits to those who can go now, in order, and set the timer for the next.

        Only those who can go are woken. The timer may be early, never late: `Bucket.ready_at`.
        """
        now = self._clock()
        queues = set(user.waiting)
        if self._sharing:
            for queue in user.waiting:
                sharing = self._sharing.get(queue.buckets[1], ())
                queues.update(one for one in sharing if one.buckets[1].waiting)
        heads = in_order(queues)
        heapify(heads)
        ready = float("inf")
        while heads:
            queue = heads[0][2]
            if not queue.free(now):
                if queue.user is user:
                    ready = min(ready, queue.ready_at(now))
                heappop(heads)
                if queue.buckets[0].free(now) <= 0 and len(queues) == len(user.waiting):
                    ready = min(ready, queue.buckets[0].ready_at(now))
                    break  # the bucket that all of them need is empty
                continue
            head = queue.head()
            if head is not None:
                queue.leave(head)
                head.future.set_result(self._spend(queue, now))
            head = queue.head()
            if head is None:
                heappop(heads)
            else:
                heapreplace(heads, (head.rank, head.ticket, queue))
        self._set_timer(user, now, ready)

    def _set_timer(self, user: UserQueues, now: float, ready: float) -> None:
        if user.timer is not None:
            user.timer.cancel()
            user.timer = None
        head = next((found for queue in list(user.waiting) if (found := queue.head())), None)
        if head is not None:
            loop = head.future.get_loop()
            # Not 0: a timer that is early by a rounding error would fire again and again.
            user.timer = loop.call_later(max(LEAST_DELAY, ready - now), self._serve, user)
