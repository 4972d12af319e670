"""The limiter of one process."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Iterable

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.response import RateState
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits import published
from pinterest_async.limits.protocol import BucketState, LimitRequest

Key = tuple[str, str]


class _Permit:
    """A spent token in each bucket, and how many were out when it was spent."""

    __slots__ = ("blamed", "lane", "outstanding")

    def __init__(self, lane: "_Lane") -> None:
        self.lane = lane
        self.outstanding = [bucket.outstanding for bucket in lane.buckets]
        self.blamed: Bucket | None = None


class _Waiter:
    __slots__ = ("deadline", "future", "ticket")

    def __init__(self, ticket: int, future: "asyncio.Future[_Permit]") -> None:
        self.ticket = ticket
        self.future = future
        self.deadline: asyncio.TimerHandle | None = None

    def gone(self) -> bool:
        """Whether nobody waits any more: granted, cancelled, or left behind by a closed loop."""
        return self.future.done() or self.future.get_loop().is_closed()


class _Lane:
    """The requests that draw on the same buckets, in the order in which they go."""

    __slots__ = ("background", "buckets", "interactive", "keys", "request", "timer")

    def __init__(self, keys: tuple[Key, ...], buckets: tuple[Bucket, ...]) -> None:
        self.keys = keys
        self.buckets = buckets
        self.interactive: deque[_Waiter] = deque()
        self.background: deque[_Waiter] = deque()
        self.timer: asyncio.TimerHandle | None = None

    def head(self) -> tuple[int, int] | None:
        """Rank of the request that goes next: priority, then order of arrival."""
        for rank, queue in enumerate((self.interactive, self.background)):
            while queue and queue[0].gone():
                queue.popleft()
            if queue:
                return rank, queue[0].ticket
        return None

    def waiting(self) -> int:
        """Requests that wait here."""
        return sum(not waiter.gone() for waiter in (*self.interactive, *self.background))

    def free(self, now: float) -> bool:
        """Whether every bucket has a token."""
        return all(bucket.free(now) > 0 for bucket in self.buckets)

    def spend(self) -> _Permit:
        """Take a token out of each bucket."""
        permit = _Permit(self)
        for bucket in self.buckets:
            bucket.spend()
        return permit

    def ready_at(self, now: float, ahead: int) -> float:
        """When the request behind `ahead` others could go."""
        return max(bucket.ready_at(now, ahead) for bucket in self.buckets)


class InMemoryLimiter:
    """Keeps the requests of one process within the quotas.

    A request takes a token out of each bucket that it draws on, all at once or none. Waiting is in
    order of arrival, interactive requests before background ones. Buckets start from the published
    quotas and learn from the headers; idle ones are forgotten. For use from one thread; event loops
    may follow one another.

    Args:
        clock: Seconds that never go back; for tests.
        chance: A number from 0 to 1; spreads requests after a freeze.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._buckets: dict[Key, Bucket] = {}
        self._lanes: dict[tuple[Key, ...], _Lane] = {}
        self._sharing: dict[Key, set[_Lane]] = {}
        self._requests: dict[tuple[str, str, str, str | None, str], _Lane] = {}
        self._tickets = 0
        self._sweep_at = 64

    async def acquire(self, request: LimitRequest) -> _Permit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` when that takes longer than `max_wait`: at once where it can be
        foreseen.
        """
        lane = self._lane(request)
        now = self._clock()
        if not self._contended(lane) and lane.free(now):
            return self._granted(lane, now)
        return await self._wait(lane, request, now)

    def finish(self, permit: _Permit) -> None:
        """The request has ended: its tokens come back one window from now."""
        now = self._clock()
        for bucket in permit.lane.buckets:
            bucket.finish(now)
        self._arrange(permit.lane.keys)

    def release(self, permit: _Permit) -> None:
        """The request was never sent: its tokens are back."""
        for bucket in permit.lane.buckets:
            bucket.release()
        self._pump(permit.lane.keys)

    def observe(self, permit: _Permit, state: RateState) -> None:
        """Learn from the headers of the answer.

        Windows are told apart by name, else by length: one second is the safety net. A number
        without a window says nothing of its bucket's size.
        """
        lane = permit.lane
        nearest: list[int] = []
        for limit, window, name in state.windows:
            index = _index(lane, window, name)
            if index is None:
                continue
            lane.buckets[index].learn(limit, window)
            if limit == state.limit:
                nearest.append(index)
        if not state.windows and state.limit is not None:
            nearest.append(len(lane.buckets) - 1)
        if len(nearest) == 1 and state.remaining is not None:
            bucket = permit.blamed = lane.buckets[nearest[0]]
            used = min(state.limit or 0, bucket.limit) - state.remaining
            ours = max(permit.outstanding[nearest[0]] + 1, bucket.outstanding)
            reset = bucket.window if state.reset is None else state.reset
            bucket.others(used, ours, self._clock() + reset)
        self._pump(lane.keys)

    def freeze(self, permit: _Permit, seconds: float) -> None:
        """The server refused: the bucket stops for everyone, and goes on one by one."""
        until = self._clock() + max(0.0, seconds)
        blamed = [permit.blamed] if permit.blamed else list(permit.lane.buckets[1:])
        for bucket in blamed:
            bucket.freeze(until)
        self._arrange(permit.lane.keys)

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use, by name and key."""
        now = self._clock()
        states: list[BucketState] = []
        for (name, key), bucket in sorted(self._buckets.items()):
            lanes = self._sharing.get((name, key), ())
            states.append(
                BucketState(
                    name=name,
                    key=key,
                    limit=bucket.limit,
                    window=bucket.window,
                    available=bucket.free(now),
                    in_flight=bucket.in_flight,
                    waiting=sum(lane.waiting() for lane in lanes),
                    next_free_in=bucket.ready_at(now) - now,
                    frozen_for=max(0.0, bucket.frozen_until - now),
                )
            )
        return tuple(states)

    # Lanes

    def _lane(self, request: LimitRequest) -> _Lane:
        called = (
            request.subject,
            request.category,
            request.operation_id,
            request.ad_account_id if request.category == "ads_conversions" else None,
            request.access,
        )
        lane = self._requests.get(called)
        if lane is None:
            self._sweep()
            wanted = published.buckets(request)
            keys = tuple(key for key, _ in wanted)
            lane = self._lanes.get(keys)
            if lane is None:
                lane = _Lane(keys, tuple(self._bucket(key, quota) for key, quota in wanted))
                self._lanes[keys] = lane
                for key in keys:
                    self._sharing.setdefault(key, set()).add(lane)
            self._requests[called] = lane
        return lane

    def _bucket(self, key: Key, quota: published.Quota) -> Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = Bucket(quota.limit, quota.window)
        return bucket

    def _sweep(self) -> None:
        """Forget idle lanes and buckets, at a cost that stays constant for each new one."""
        if len(self._lanes) < self._sweep_at:
            return
        now = self._clock()
        for keys, lane in list(self._lanes.items()):
            if lane.head() is None and all(bucket.idle(now) for bucket in lane.buckets):
                del self._lanes[keys]
                for key in keys:
                    self._sharing[key].discard(lane)
        for key, lanes in list(self._sharing.items()):
            if not lanes:
                del self._sharing[key], self._buckets[key]
        kept = set(self._lanes.values())
        self._requests = {called: lane for called, lane in self._requests.items() if lane in kept}
        self._sweep_at = max(64, 2 * len(self._lanes))

    # Granting

    def _contended(self, lane: _Lane) -> bool:
        """Whether somebody waits for one of the lane's own buckets (the first is everyone's)."""
        return any(
            other.head() is not None for key in lane.keys[1:] for other in self._sharing[key]
        )

    def _granted(self, lane: _Lane, now: float) -> _Permit:
        permit = lane.spend()
        for bucket in lane.buckets:
            if bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        return permit

    async def _wait(self, lane: _Lane, request: LimitRequest, now: float) -> _Permit:
        loop = asyncio.get_running_loop()
        queue = lane.interactive if request.priority == "interactive" else lane.background
        if request.max_wait is not None:
            ahead = len(lane.interactive)
            ahead += len(lane.background) if queue is lane.background else 0
            needed = lane.ready_at(now, ahead) - now
            if needed > request.max_wait:
                raise RateLimitWaitError(request.category, wait=needed, max_wait=request.max_wait)
        self._tickets += 1
        waiter = _Waiter(self._tickets, loop.create_future())
        if request.max_wait is not None:
            waiter.deadline = loop.call_later(request.max_wait, self._expire, lane, waiter, request)
        queue.append(waiter)
        self._pump(lane.keys)
        try:
            return await waiter.future
        except asyncio.CancelledError:
            if waiter.future.done() and not waiter.future.cancelled():
                self.release(waiter.future.result())  # granted at the moment of cancellation
            else:
                waiter.future.cancel()
                self._pump(lane.keys)
            raise
        finally:
            if waiter.deadline is not None:
                waiter.deadline.cancel()

    def _expire(self, lane: _Lane, waiter: _Waiter, request: LimitRequest) -> None:
        """The wait has grown beyond what was foreseen, and beyond what was allowed."""
        if not waiter.future.done() and request.max_wait is not None:
            now = self._clock()
            needed = request.max_wait + lane.ready_at(now, 0) - now
            waiter.future.set_exception(
                RateLimitWaitError(request.category, wait=needed, max_wait=request.max_wait)
            )

    def _pump(self, keys: Iterable[Key]) -> None:
        """Let those go whose turn has come, in order, among all that share these buckets."""
        lanes = {lane for key in keys for lane in self._sharing.get(key, ())}
        now = self._clock()
        heads = [(head, lane) for lane in lanes if (head := lane.head()) is not None]
        if not heads:
            return
        blocked: set[_Lane] = set()
        while heads:
            heads.sort(key=lambda one: one[0])
            for position, ((rank, _), lane) in enumerate(heads):
                if lane not in blocked and lane.free(now):
                    queue = lane.background if rank else lane.interactive
                    queue.popleft().future.set_result(self._granted(lane, now))
                    following = lane.head()
                    heads[position : position + 1] = (
                        [] if following is None else [(following, lane)]
                    )
                    break
                blocked.add(lane)
            else:
                break
        for lane in {lane for _, lane in heads}:
            self._schedule(lane, now)

    def _arrange(self, keys: Iterable[Key]) -> None:
        """Set the timers anew after the tokens' times have changed."""
        now = self._clock()
        for lane in {lane for key in keys for lane in self._sharing.get(key, ())}:
            if lane.head() is not None:
                self._schedule(lane, now)

    def _schedule(self, lane: _Lane, now: float) -> None:
        """Wake the lane when its next request can go; one timer for all that wait in it."""
        if lane.timer is not None:
            lane.timer.cancel()
        delay = max(0.0, lane.ready_at(now, 0) - now)
        loop = asyncio.get_running_loop()
        lane.timer = loop.call_later(delay, self._wake, lane)

    def _wake(self, lane: _Lane) -> None:
        lane.timer = None
        self._pump(lane.keys)


def _index(lane: _Lane, window: float | None, name: str | None) -> int | None:
    """Which bucket of the lane a window in the headers describes."""
    if name is not None:
        for index, (bucket, _) in enumerate(lane.keys):
            if name.startswith(bucket):
                return index
        return None
    if window is not None and window <= published.SAFETY_NET.window:
        return 0 if lane.keys[0][0] == "safety_net" else None
    return 1 if len(lane.keys) > 1 else None
