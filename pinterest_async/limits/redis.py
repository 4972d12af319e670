"""The limiter of many processes, which share the quotas through Redis."""

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from pinterest_async._core.response import RateState
from pinterest_async.errors import (
    ConfigurationError,
    LimiterUnavailableError,
    RateLimitWaitError,
)
from pinterest_async.limits._lanes import RANKS, granted
from pinterest_async.limits._redis_answers import Answers
from pinterest_async.limits._redis_books import (
    Asker,
    SharedBucket,
    SharedLane,
    SharedPermit,
    Update,
)
from pinterest_async.limits._redis_calls import Calls, connector
from pinterest_async.limits._redis_driver import Driver
from pinterest_async.limits._register import Learnt, Register, called
from pinterest_async.limits.blame import blame
from pinterest_async.limits.protocol import BucketState, LimitRequest
from pinterest_async.limits.published import Quota

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SWEEP_EVERY = 60.0


def _closed() -> LimiterUnavailableError:
    return LimiterUnavailableError("the limiter was closed", advice="Make a new one.")


class RedisLimiter:
    """Keeps the requests of all processes that use the same Redis within the quotas.

    The contract of `InMemoryLimiter`, in one call to a script for an acquire at most: what waits in
    a process is asked for together, and what has ended is told along with it. The clock is that of
    Redis. Keys hold hashes, no token or id, and all expire. Permits of a process that died come
    back `max_under_way` and a window after they were given.

    Order is kept within a process, by priority and arrival, among the calls of one user; between
    processes, whoever asks first when tokens come back is served, each for a few calls at a time.

    While Redis is away, or slower than `timeout`, `fail="local"` goes on with an equal share of
    each quota for this process, and `fail="closed"` raises `LimiterUnavailableError`. Both look for
    Redis every second, or less often where looking takes long.

    For use from one thread; event loops may follow one another if the limiter was made by
    `from_url`. Needs the extra `redis`.

    Args:
        redis: A client; it stays yours to close.
        fail: What to do without Redis.
        timeout: Seconds that Redis may take to answer.
        processes: How many share the quotas, for `fail="local"`; by default those that Redis saw in
            the last minute.
        max_under_way: The longest that a request can take, in seconds; above `Timeout.attempt`.
        secret: Goes into the hashes of the keys, the same in all processes; ids of ad accounts
            could else be guessed from them.
        prefix: Begins all keys. What stands in braces puts them on one node of a cluster.
        quotas: As for `InMemoryLimiter`.
        clock: Seconds that never go back, also in place of Redis's clock; for tests.
        chance: A number from 0 to 1; spreads requests after a freeze, and processes that wake.
    """

    def __init__(
        self,
        redis: "Redis",
        *,
        fail: Literal["local", "closed"] = "local",
        timeout: float = 1.0,
        processes: int | None = None,
        max_under_way: float = 150.0,
        secret: str = "",
        prefix: str = "{pinterest}:limits:",
        quotas: Mapping[str, tuple[int, float]] | None = None,
        clock: Callable[[], float] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if fail not in ("local", "closed"):
            raise ConfigurationError(f"fail is {fail!r}", advice="Use 'local' or 'closed'.")
        if processes is not None and processes < 1:
            raise ConfigurationError(
                f"processes is {processes!r}", advice="Use a whole number of at least 1, or None."
            )
        for name, value in (("timeout", timeout), ("max_under_way", max_under_way)):
            if not (0 < value < math.inf):
                raise ConfigurationError(f"{name} is {value!r}", advice="Use seconds above 0.")
        self._calls = Calls(
            redis,
            prefix=prefix,
            secret=secret,
            life=max_under_way,
            chance=chance,
            injected=clock is not None,
        )
        self._clock = clock = clock or time.monotonic
        self._register = Register(
            quotas, self._new_bucket, lambda: self._answers.house(), SharedLane
        )
        self._answers = Answers(
            self._calls,
            self._register.buckets,
            self._register.houses,
            fail=fail,
            timeout=timeout,
            processes=processes,
            clock=clock,
            chance=chance,
        )
        self._driver = Driver(self._answers, clock=clock, chance=chance)
        self._tickets = 0
        self._swept = clock()

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Connect to `redis://...`; the connections end with `aclose`.

        `options` are the arguments of the class.
        """
        connect = connector(url)
        limiter = cls(connect(), **options)
        limiter._calls.connect = connect
        return limiter

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Tell Redis what it has not heard yet, and let go of it.

        Calls that still wait for quota fail.
        """
        self._driver.closed = True
        houses = list(self._register.houses.values())
        for house in houses:
            self._driver.refuse(house, _closed)
            house.urgent = True
            house.changed.set()
        tasks = [house.driver for house in houses if house.driver is not None]
        loop = asyncio.get_running_loop()
        tasks = [task for task in tasks if not task.done() and task.get_loop() is loop]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=2 * self._answers.timeout)
            for task in late:
                task.cancel()
        await self._calls.aclose()

    # The contract

    async def acquire(self, request: LimitRequest) -> SharedPermit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` at once when that is known to take longer than `max_wait`, and
        after `max_wait` when it has come to: by a freeze, a scarcer quota, more urgent requests, or
        other processes. Raises `LimiterUnavailableError` while Redis is away and `fail` is
        "closed".
        """
        driver = self._driver
        if driver.closed:
            raise _closed()
        loop = driver.loop = asyncio.get_running_loop()
        lane = self._register.lanes.get(called(request)) or self._opened(request)
        most, rank = request.max_wait, RANKS[request.priority]
        self._tickets += 1
        waiter = Asker(self._tickets, rank, loop.create_future(), request)
        if most is not None:
            now = self._clock()
            if lane.surely_by(now) > now + most:
                at = driver.foreseen(lane, now, rank)
                if at is None:
                    lane.home.unjudged.append((lane, waiter))
                elif at - now > most:
                    raise RateLimitWaitError(request.category, wait=at - now, max_wait=most)
            waiter.deadline = loop.call_later(most, driver.expire, lane, waiter)
        lane.join(waiter)
        driver.drive_on(lane.home)
        permit: SharedPermit = await granted(lane, waiter, driver.release)
        return permit

    def finish(self, permit: SharedPermit, late: float = 0.0) -> None:
        """The request has ended: its tokens come back one window after it can arrive."""
        lane, now = permit.lane, self._clock()
        for bucket in lane.buckets:
            bucket.finish(now, late)
        lane.opened.discard(permit.number)
        lane.prune(now)
        lane.ended.append((now + late, permit.number))
        if self._answers.away is None:
            self._driver.tell(lane.home, Update("finish", lane.keys, now + late, (permit.number,)))

    def release(self, permit: SharedPermit) -> None:
        """The request was never sent: its tokens are back."""
        self._driver.release(permit)

    def observe(self, permit: SharedPermit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        lane, now = permit.lane, self._clock()
        said = blame(lane.names(), state)
        if lane.roles is not None or not all(
            lane.buckets[index].holds(limit, window) for index, limit, window in said.quotas
        ):
            for learnt in self._register.learn(lane, said, now):
                self._spread(lane, learnt, now)
        if said.nearest is None:
            return
        place = lane.nearest(said)
        permit.blamed = lane.keys[place]
        bucket = lane.shared[place]
        if state.remaining is not None and state.limit is not None and self._answers.away is None:
            used = min(state.limit, bucket.quota) - state.remaining
            out = permit.out[place] if place < len(permit.out) else 0
            ours = max(out + 1, bucket.out_then)
            if used > ours:
                reset = bucket.window if state.reset is None else state.reset
                told = (used, ours, round(1000 * reset))
                # At once: what is out later than the server counted says nothing.
                update = Update("others", (permit.blamed,), now, told)
                self._driver.tell(lane.home, update, urgent=True)

    def freeze(self, permit: SharedPermit, seconds: float) -> None:
        """The server refused: the bucket stops for everyone, and goes on one by one."""
        lane, now = permit.lane, self._clock()
        blamed = lane.keys[1:] if permit.blamed is None else (permit.blamed,)
        for key in blamed:
            if key in self._register.buckets:
                self._register.buckets[key].freeze(now, now + seconds)
                told = Update("freeze", (key,), now, (math.ceil(1000 * seconds),))
                self._driver.tell(lane.home, told, urgent=True)

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use, by name and key, as of the last word from Redis.

        `in_flight` and `waiting` are those of this process.
        """
        now = self._clock()
        return tuple(
            BucketState(
                name=name,
                key=key,
                limit=bucket.limit,
                window=bucket.window,
                available=bucket.free(now) if self._answers.away else bucket.free_then,
                in_flight=bucket.in_flight,
                waiting=bucket.waiting,
                next_free_in=(
                    bucket.ready_at(now) - now
                    if self._answers.away
                    else max(0.0, bucket.next_then - now)
                ),
                frozen_for=max(0.0, bucket.frozen_until - now),
            )
            for (name, key), bucket in sorted(
                self._register.buckets.items(), key=lambda item: item[0]
            )
        )

    # Lanes

    def _opened(self, request: LimitRequest) -> SharedLane:
        now = self._clock()
        if now - self._swept > _SWEEP_EVERY:
            self._sweep(now)
        return self._register.open(request)

    def _new_bucket(self, quota: Quota) -> SharedBucket:
        bucket = SharedBucket(quota)
        self._answers.admit(bucket, self._clock())
        return bucket

    def _spread(self, lane: SharedLane, learnt: Learnt, now: float) -> None:
        """Let the other processes know what headers taught."""
        quota = learnt.limit, round(1000 * learnt.window)
        lane.home.reopen()
        self._driver.tell(lane.home, Update("learn", (learnt.key,), now, quota), urgent=True)
        if learnt.twin is not None:
            shared = Update("share", (learnt.key,), now, (learnt.twin,))
            self._driver.tell(lane.home, shared, urgent=True)

    def _sweep(self, now: float) -> None:
        """Forget lanes, houses and buckets that nobody uses."""

        def busy(lane: SharedLane) -> bool:
            lane.prune(now)
            home = lane.home
            driven = home.driver is not None and not home.driver.done()
            held = lane.opened or lane.ended or home.updates or driven or lane.head() is not None
            return bool(held) or any(bucket.frozen_until > now for bucket in lane.buckets)

        self._swept = now
        for lane in self._register.sweep(busy, lambda _: True):
            lane.home.lanes.discard(lane)
