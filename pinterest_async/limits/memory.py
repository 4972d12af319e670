"""The limiter of one process."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping
from heapq import heapify, heappop, heapreplace

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.response import RateState
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits._lanes import (
    RANKS,
    House,
    Lane,
    Waiter,
    foreseen,
    granted,
    in_order,
)
from pinterest_async.limits._register import Register, called
from pinterest_async.limits.blame import blame
from pinterest_async.limits.protocol import BucketState, LimitRequest

_SWEEP_EVERY = 60.0
_LEAST_DELAY = 0.0001


class _Permit:
    """A spent token in each bucket, and how many were out before in the first two."""

    __slots__ = ("blamed", "lane", "out")

    def __init__(self, lane: Lane, out: tuple[int, int]) -> None:
        self.lane = lane
        self.out = out
        self.blamed: Bucket | None = None


class InMemoryLimiter:
    """Keeps the requests of one process within the quotas.

    A request takes a token out of each bucket that it draws on, all at once or none. Waiting is in
    order of arrival, interactive requests before background ones, which go when no interactive one
    can. Buckets start from the published quotas and learn from the headers; idle ones are
    forgotten. For use from one thread; event loops may follow one another.

    Args:
        quotas: `(limit, seconds)` by category or "safety_net" where you know better than the
            published ones to start from.
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
        self._register = Register(quotas, lambda quota: Bucket(*quota), House, Lane)
        self._lanes = self._register.lanes
        # Lanes of different users that share a bucket: conversions into one ad account.
        self._sharing: dict[Bucket, list[Lane]] = {}
        self._tickets = 0
        self._sweep_at = 64
        self._swept = clock()

    async def acquire(self, request: LimitRequest) -> _Permit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` at once when that is known to take longer than `max_wait`, and
        after `max_wait` when it has come to: by a freeze, a scarcer quota, or more urgent requests.
        """
        lane = self._lanes.get(called(request))
        if lane is None:
            lane = self._opened(request)
        # The common case, spelt out since every call passes here: nobody waits, nothing is frozen,
        # and there are tokens even without counting those that may have come back meanwhile.
        if len(lane.buckets) == 2:
            net, own = lane.buckets
            first, second = net.in_flight + net.pending, own.in_flight + own.pending
            if (
                first + net.foreign < net.limit
                and second + own.foreign < own.limit
                and not (net.waiting or own.waiting or net.thawed_until or own.thawed_until)
            ):
                net.in_flight += 1
                own.in_flight += 1
                return _Permit(lane, (first, second))
        now = self._clock()
        if not any(bucket.waiting for bucket in lane.buckets) and lane.free(now):
            return self._granted(lane, now)
        return await self._wait(lane, request, now)

    def finish(self, permit: _Permit, late: float = 0.0) -> None:
        """The request has ended: its tokens come back one window after it can arrive."""
        now = self._clock()
        for bucket in permit.lane.buckets:
            bucket.finish(now, late)

    def release(self, permit: _Permit) -> None:
        """The request was never sent: its tokens are back."""
        for bucket in permit.lane.buckets:
            bucket.release()
        self._pump_all(permit.lane)

    def observe(self, permit: _Permit, state: RateState) -> None:
        """Learn from the headers of the answer.

        Windows are told apart by name, else by length: one second is the safety net. A number
        without a window says nothing of its bucket's size.
        """
        lane, now = permit.lane, self._clock()
        said = blame(lane.names(), state)
        if lane.roles is not None or not all(
            lane.buckets[index].holds(limit, window) for index, limit, window in said.quotas
        ):
            self._register.learn(lane, said, now)
        if said.nearest is not None:
            place = lane.nearest(said)
            bucket = permit.blamed = lane.buckets[place]
            if state.remaining is not None:
                used = min(state.limit or 0, bucket.limit) - state.remaining
                out = permit.out[place] if place < len(permit.out) else 0
                reset = bucket.window if state.reset is None else min(state.reset, bucket.window)
                bucket.others(used, max(out + 1, bucket.outstanding), now + reset)
        self._pump_all(lane)

    def freeze(self, permit: _Permit, seconds: float) -> None:
        """The server refused: the bucket stops for everyone, and goes on one by one."""
        now = self._clock()
        blamed = [permit.blamed] if permit.blamed else list(permit.lane.buckets[1:])
        for bucket in blamed:
            bucket.freeze(now, now + seconds)

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use, by name and key."""
        now = self._clock()
        return tuple(
            BucketState(
                name=name,
                key=key,
                limit=bucket.limit,
                window=bucket.window,
                available=bucket.free(now),
                in_flight=bucket.in_flight,
                waiting=bucket.waiting,
                next_free_in=bucket.ready_at(now) - now,
                frozen_for=max(0.0, bucket.frozen_until - now),
            )
            for (name, key), bucket in sorted(
                self._register.buckets.items(), key=lambda item: item[0]
            )
        )

    # Lanes

    def _opened(self, request: LimitRequest) -> Lane:
        now = self._clock()
        if len(self._lanes) >= self._sweep_at or now - self._swept > _SWEEP_EVERY:
            self._sweep(now)
        lane = self._register.open(request)
        if request.category == "ads_conversions":
            self._sharing.setdefault(lane.buckets[1], []).append(lane)
        return lane

    def _sweep(self, now: float) -> None:
        """Forget idle lanes and buckets, at a cost that stays constant for each new one."""
        gone = self._register.sweep(
            busy=lambda lane: not all(bucket.idle(now) for bucket in lane.buckets[1:]),
            idle=lambda bucket: bucket.idle(now),
        )
        for lane in gone:
            sharing = self._sharing.get(lane.buckets[1])
            if sharing is not None:
                sharing.remove(lane)
                if not sharing:
                    del self._sharing[lane.buckets[1]]
        self._swept = now
        self._sweep_at = max(64, 2 * len(self._lanes))

    # Granting

    def _granted(self, lane: Lane, now: float) -> _Permit:
        permit = _Permit(lane, (lane.buckets[0].outstanding, lane.buckets[1].outstanding))
        for bucket in lane.buckets:
            bucket.spend()
            if bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        return permit

    async def _wait(self, lane: Lane, request: LimitRequest, now: float) -> _Permit:
        loop = asyncio.get_running_loop()
        most, rank = request.max_wait, RANKS[request.priority]
        if most is not None and lane.surely_by(now) > now + most:
            needed = self._foreseen(lane, now, rank) - now
            if needed > most:
                raise RateLimitWaitError(request.category, wait=needed, max_wait=most)
        self._tickets += 1
        future: asyncio.Future[_Permit] = loop.create_future()
        waiter = Waiter(self._tickets, rank, future)
        if most is not None:
            waiter.deadline = loop.call_later(most, self._expire, lane, waiter, request)
        lane.join(waiter)
        self._pump(lane.house)
        permit: _Permit = await granted(lane, waiter, self.release)
        return permit

    def _foreseen(self, lane: Lane, now: float, rank: int, ticket: float = math.inf) -> float:
        """When a request can go, with everybody who waits before it."""
        rivals = [*lane.house.waiting, *self._sharing.get(lane.buckets[1], ())]
        return foreseen(lane, rivals, lambda bucket: bucket.supply(now), rank, ticket) or now

    def _expire(self, lane: Lane, waiter: Waiter, request: LimitRequest) -> None:
        """The wait has grown beyond what was foreseen, and beyond what was allowed."""
        if waiter.live and not waiter.future.done() and request.max_wait is not None:
            now = self._clock()
            more = self._foreseen(lane, now, waiter.rank, waiter.ticket) - now
            lane.leave(waiter)
            needed = request.max_wait + max(0.0, more)
            waiter.future.set_exception(
                RateLimitWaitError(request.category, wait=needed, max_wait=request.max_wait)
            )

    def _pump_all(self, lane: Lane) -> None:
        """Let those go who may, after tokens have come or quotas changed."""
        if any(bucket.waiting for bucket in lane.buckets):
            self._pump(lane.house)
            for other in list(self._sharing.get(lane.buckets[1], ())):
                if other.house is not lane.house:
                    self._pump(other.house)

    def _pump(self, house: House) -> None:
        """Let those go whose turn has come, in order, and set the timer for the next.

        Only those who may go are woken. The timer may be early, never late: see `Bucket.ready_at`.
        """
        now = self._clock()
        lanes = set(house.waiting)
        if self._sharing:
            for lane in house.waiting:
                shared = self._sharing.get(lane.buckets[1], ())
                lanes.update(one for one in shared if one.buckets[1].waiting)
        heads = in_order(lanes)
        heapify(heads)
        ready = float("inf")
        while heads:
            lane = heads[0][2]
            if not lane.free(now):
                if lane.house is house:
                    ready = min(ready, lane.ready_at(now))
                heappop(heads)
                if lane.buckets[0].free(now) <= 0 and len(lanes) == len(house.waiting):
                    ready = min(ready, lane.buckets[0].ready_at(now))
                    break  # what all of them need is used up
                continue
            head = lane.head()
            if head is not None:
                lane.leave(head)
                head.future.set_result(self._granted(lane, now))
            head = lane.head()
            if head is None:
                heappop(heads)
            else:
                heapreplace(heads, (head.rank, head.ticket, lane))
        self._set_timer(house, now, ready)

    def _set_timer(self, house: House, now: float, ready: float) -> None:
        if house.timer is not None:
            house.timer.cancel()
            house.timer = None
        head = next((found for lane in list(house.waiting) if (found := lane.head())), None)
        if head is not None:
            loop = head.future.get_loop()
            # Not at once: a timer that is early by the last bit of a number would fire for ever.
            delay = max(_LEAST_DELAY, ready - now)
            house.timer = loop.call_later(delay, self._wake, house)

    def _wake(self, house: House) -> None:
        house.timer = None
        self._pump(house)
