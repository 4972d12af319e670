"""The limiter of many processes, which share the quotas through Redis."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Self, cast

from pinterest_async._core.response import RateState
from pinterest_async.errors import (
    ConfigurationError,
    LimiterUnavailableError,
    RateLimitWaitError,
)
from pinterest_async.limits import published
from pinterest_async.limits._lanes import Key, granted, in_order
from pinterest_async.limits._redis_books import (
    Asker,
    SharedBucket,
    SharedHouse,
    SharedLane,
    Update,
)
from pinterest_async.limits._redis_calls import Calls, Request, connector
from pinterest_async.limits.blame import blame
from pinterest_async.limits.protocol import BucketState, LimitRequest

if TYPE_CHECKING:
    from redis.asyncio import Redis

_LOG = logging.getLogger("pinterest_async.limits")
_FACTS = 6  # of each bucket in an answer of the script
_BATCH = 32
_GATHER = 0.1
_LONGEST_SLEEP = 5.0
_JITTER = 0.005
_PROBE_EVERY = 1.0
_SWEEP_EVERY = 60.0
_Called = tuple[str, str, str, str | None, str]


class _Permit:
    """A token in each bucket of a lane, and how many were out before in each."""

    __slots__ = ("blamed", "lane", "number", "out")

    def __init__(self, lane: SharedLane, number: int, out: tuple[int, ...]) -> None:
        self.lane = lane
        self.number = number
        self.out = out
        self.blamed: int | None = None


class _Answer(NamedTuple):
    """How many may go now, and when the next; seconds from now."""

    granted: int
    first: int
    out: tuple[int, ...]
    wait: float
    shut: float
    waits: tuple[float, ...]


class _AwayError(Exception):
    """Redis did not answer."""


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
        from redis.exceptions import RedisError

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
        self._loop: asyncio.AbstractEventLoop | None = None
        self._fail = fail
        self._timeout = timeout
        self._processes = processes
        self._quotas = published.known(quotas)
        self._clock = clock or time.monotonic
        self._chance = chance
        self._failures = (RedisError, OSError, TimeoutError)
        self._numbers = 0
        self._tickets = 0
        self._buckets: dict[Key, SharedBucket] = {}
        self._houses: dict[Key, SharedHouse] = {}
        self._lanes: dict[_Called, SharedLane] = {}
        self._seen_processes = 1
        self._away: BaseException | None = None
        self._probe_at = 0.0
        self._term = 0
        self._swept = self._clock()
        self._closed = False

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
        self._closed = True
        for house in list(self._houses.values()):
            self._refuse(house, _closed)
            house.urgent = True
            house.changed.set()
        drivers = [house.driver for house in self._houses.values() if house.driver is not None]
        loop = asyncio.get_running_loop()
        drivers = [one for one in drivers if not one.done() and one.get_loop() is loop]
        if drivers:
            _, late = await asyncio.wait(drivers, timeout=2 * self._timeout)
            for driver in late:
                driver.cancel()
        await self._calls.aclose()

    # The contract

    async def acquire(self, request: LimitRequest) -> _Permit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` when that takes longer than `max_wait`: at once where it can be
        foreseen. Raises `LimiterUnavailableError` while Redis is away and `fail` is "closed".
        """
        if self._closed:
            raise _closed()
        loop = self._loop = asyncio.get_running_loop()
        lane = self._lane(request)
        most, now = request.max_wait, self._clock()
        if most is not None and lane.shut_until > now and lane.ready is not None:
            needed = lane.ready - now
            if needed > most:
                raise RateLimitWaitError(request.category, wait=needed, max_wait=most)
        self._tickets += 1
        future: asyncio.Future[_Permit] = loop.create_future()
        waiter = Asker(self._tickets, future, request.category, most)
        if most is not None:
            waiter.deadline = loop.call_later(most, self._expire, lane, waiter)
            waiter.judged = self._surely_within(lane, request, now, most)
        lane.join(waiter, request.priority)
        self._drive_on(lane.home)
        permit: _Permit = await granted(lane, waiter, self.release)
        return permit

    def finish(self, permit: _Permit, late: float = 0.0) -> None:
        """The request has ended: its tokens come back one window after it can arrive."""
        lane, now = permit.lane, self._clock()
        for bucket in lane.buckets:
            bucket.finish(now, late)
        lane.opened.discard(permit.number)
        lane.prune(now)
        lane.ended.append((now + late, permit.number))
        if self._away is None:
            self._tell(lane.home, Update("finish", lane.keys, now + late, (permit.number,)))

    def release(self, permit: _Permit) -> None:
        """The request was never sent: its tokens are back."""
        lane = permit.lane
        for bucket in lane.buckets:
            bucket.release()
        lane.opened.discard(permit.number)
        lane.home.reopen()
        told = Update("release", lane.keys, self._clock(), (permit.number,))
        self._tell(lane.home, told, urgent=True)

    def observe(self, permit: _Permit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        lane, now = permit.lane, self._clock()
        said = blame(tuple(name for name, _ in lane.keys), state)
        for index, limit, window in said.quotas:
            bucket = lane.shared[index]
            seconds = window or bucket.window
            if (limit, seconds) != (bucket.quota, bucket.window):
                bucket.learn(limit, seconds)
                lane.home.reopen()
                learnt = Update("learn", (lane.keys[index],), now, (limit, round(1000 * seconds)))
                self._tell(lane.home, learnt, urgent=True)
        if said.nearest is None:
            return
        permit.blamed = said.nearest
        bucket = lane.shared[said.nearest]
        if state.remaining is not None and state.limit is not None and self._away is None:
            used = min(state.limit, bucket.quota) - state.remaining
            ours = max(permit.out[said.nearest] + 1, bucket.out_then)
            if used > ours:
                reset = bucket.window if state.reset is None else state.reset
                told = (used, ours, round(1000 * reset))
                # At once: what is out later than the server counted says nothing.
                key = (lane.keys[said.nearest],)
                self._tell(lane.home, Update("others", key, now, told), urgent=True)

    def freeze(self, permit: _Permit, seconds: float) -> None:
        """The server refused: the bucket stops for everyone, and goes on one by one."""
        lane, now = permit.lane, self._clock()
        blamed = range(1, len(lane.keys)) if permit.blamed is None else (permit.blamed,)
        for index in blamed:
            lane.shared[index].freeze(now, now + seconds)
            told = Update("freeze", (lane.keys[index],), now, (math.ceil(1000 * seconds),))
            self._tell(lane.home, told, urgent=True)

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
                available=bucket.free(now) if self._away else bucket.free_then,
                in_flight=bucket.in_flight,
                waiting=bucket.waiting,
                next_free_in=(
                    bucket.ready_at(now) - now if self._away else max(0.0, bucket.next_then - now)
                ),
                frozen_for=max(0.0, bucket.frozen_until - now),
            )
            for (name, key), bucket in sorted(self._buckets.items(), key=lambda item: item[0])
        )

    # Lanes

    def _lane(self, request: LimitRequest) -> SharedLane:
        category, operation = request.category, request.operation_id
        called = (
            request.subject,
            category,
            operation if operation in published.OWN else "",
            request.ad_account_id if category == "ads_conversions" else None,
            request.access,
        )
        lane = self._lanes.get(called)
        if lane is not None:
            return lane
        now = self._clock()
        if now - self._swept > _SWEEP_EVERY:
            self._sweep(now)
        wanted = published.buckets(request, self._quotas)
        for key, quota in wanted:
            if key not in self._buckets:
                bucket = self._buckets[key] = SharedBucket(quota)
                if self._away is not None:
                    bucket.part(now, self._processes or self._seen_processes)
        keys = tuple(key for key, _ in wanted)
        house = self._houses.get(keys[0])
        if house is None:
            house = self._houses[keys[0]] = SharedHouse(self._term)
        lane = SharedLane(house, keys, tuple(self._buckets[key] for key in keys))
        self._lanes[called] = lane
        return lane

    def _sweep(self, now: float) -> None:
        """Forget lanes, houses and buckets that nobody uses."""
        self._swept = now
        used: set[Key] = set()
        for called, lane in list(self._lanes.items()):
            lane.prune(now)
            home = lane.home
            driven = home.driver is not None and not home.driver.done()
            busy = lane.opened or lane.ended or home.updates or driven or lane.head() is not None
            if busy or any(bucket.frozen_until > now for bucket in lane.buckets):
                used.update(lane.keys)
            else:
                del self._lanes[called]
                lane.home.lanes.discard(lane)
        self._buckets = {key: one for key, one in self._buckets.items() if key in used}
        self._houses = {key: one for key, one in self._houses.items() if key in used or one.lanes}

    # Who goes when

    def _tell(self, house: SharedHouse, update: Update, *, urgent: bool = False) -> None:
        """Let Redis know with the next call, or in one of its own before long."""
        first = not house.updates
        house.updates.append(update)
        house.urgent = house.urgent or urgent
        if first or urgent:
            self._drive_on(house)

    def _drive_on(self, house: SharedHouse) -> None:
        """Wake the task that speaks to Redis for a house, or start it."""
        loop = self._loop
        if loop is None or loop.is_closed() or self._closed:
            return  # told when somebody next asks, or never
        driver = house.driver
        if driver is None or driver.done() or driver.get_loop() is not loop:
            house.changed = asyncio.Event()
            house.driver = loop.create_task(self._drive(house))
            house.driver.add_done_callback(lambda task: self._broke_off(house, task))
        else:
            house.changed.set()

    async def _drive(self, house: SharedHouse) -> None:
        """Ask for those who wait, sleep until the next may go, and end when there is nothing."""
        loop = asyncio.get_running_loop()
        while True:
            house.changed.clear()
            await self._serve(house)
            now = self._clock()
            heads = in_order(iter(list(house.waiting)))
            if house.changed.is_set():
                continue
            if self._closed or not (heads or house.updates):
                house.driver = None
                return
            delay = _GATHER if house.updates else _LONGEST_SLEEP
            if house.updates and self._away is not None:
                delay = max(delay, self._probe_at - now)
            if heads:
                lanes = [cast("SharedLane", lane) for _, _, lane in heads]
                opens = max(house.shut_until, min(lane.shut_until for lane in lanes)) - now
                delay = min(delay, max(0.0, opens) + _JITTER * (0.2 + self._chance()))
            timer = loop.call_later(delay, house.changed.set)
            try:
                await house.changed.wait()
            finally:
                timer.cancel()
            if house.updates and not heads:
                house.urgent = True

    def _broke_off(self, house: SharedHouse, driver: "asyncio.Task[None]") -> None:
        """Nobody waits for a task that has failed."""
        error = None if driver.cancelled() else driver.exception()
        if error is not None:
            self._refuse(house, lambda: error)

    async def _serve(self, house: SharedHouse) -> None:
        """Ask for each lane that may go, in order, and tell what is urgent."""
        while True:
            now = self._clock()
            chosen = self._next(house, now)
            if chosen is None:
                if house.urgent and house.updates:
                    await self._ask(house, None, 0, [])
                house.urgent = False
                return
            lane, rank = chosen
            want = 0
            if max(house.shut_until, lane.shut_until) <= now:
                want = min(_BATCH, sum(other == rank for other, _ in lane.queued()))
            judged = lane.eager()
            answer = await self._ask(house, lane, want, [ahead for ahead, _ in judged])
            if answer is not None:
                self._judge(lane, judged, answer.waits)
                self._grant(house, lane, want, answer)

    def _next(self, house: SharedHouse, now: float) -> tuple[SharedLane, int] | None:
        for rank, _, lane in sorted(in_order(iter(list(house.waiting))), key=lambda one: one[:2]):
            shared = cast("SharedLane", lane)
            if max(house.shut_until, shared.shut_until) <= now or shared.eager():
                return shared, rank
        return None

    def _grant(self, house: SharedHouse, lane: SharedLane, want: int, answer: _Answer) -> None:
        now = self._clock()
        for turn in range(answer.granted):
            number = answer.first + turn
            for bucket in lane.buckets:
                bucket.spend()
            permit = _Permit(lane, number, tuple(out + turn for out in answer.out))
            lane.opened.add(number)
            head = lane.head()
            if head is None:
                self.release(permit)  # everybody has gone meanwhile
            else:
                lane.leave(head[1])
                head[1].future.set_result(permit)
        lane.ready = now + answer.wait
        if answer.granted < want:
            lane.shut_until = now + min(answer.wait, _LONGEST_SLEEP)
        house.shut_until = now + min(answer.shut, _LONGEST_SLEEP)

    def _judge(
        self, lane: SharedLane, judged: Sequence[tuple[int, Asker]], waits: Sequence[float]
    ) -> None:
        for (_, waiter), wait in zip(judged, waits, strict=True):
            waiter.judged = True
            if waiter.most is not None and wait > waiter.most and not waiter.future.done():
                self._give_up(lane, waiter, wait)

    def _give_up(self, lane: SharedLane, waiter: Asker, needed: float) -> None:
        lane.leave(waiter)
        waiter.future.set_exception(
            RateLimitWaitError(waiter.category, wait=needed, max_wait=waiter.most or 0.0)
        )

    def _expire(self, lane: SharedLane, waiter: Asker) -> None:
        """The wait has grown beyond what was foreseen, and beyond what was allowed."""
        if waiter.live and not waiter.future.done() and waiter.most is not None:
            more = max(0.0, (lane.ready or 0.0) - self._clock())
            self._give_up(lane, waiter, waiter.most + more)

    def _surely_within(
        self, lane: SharedLane, request: LimitRequest, now: float, most: float
    ) -> bool:
        """Whether what is known says that the wait will not be too long."""
        if lane.ready is None:
            return False
        ahead = lane.ahead(request.priority)
        longest = max((ahead // bucket.limit + 1) * bucket.window for bucket in lane.buckets)
        return max(0.0, lane.ready - now) + longest <= most

    def _refuse(self, house: SharedHouse, reason: Callable[[], BaseException]) -> None:
        """Nobody of a house waits any longer."""
        for lane in list(house.waiting):
            for _, waiter in list(lane.queued()):
                lane.leave(waiter)
                waiter.future.set_exception(reason())

    # Redis

    async def _ask(
        self, house: SharedHouse, lane: SharedLane | None, want: int, ahead: list[int]
    ) -> _Answer | None:
        """Ask Redis, or without it the share of this process; None when nobody is to wait."""
        began = self._clock()
        if self._away is None or began >= self._probe_at:
            self._probe_at = began + self._timeout + _PROBE_EVERY  # others do not look meanwhile
            try:
                return await self._call(house, lane, want, ahead)
            except _AwayError:
                now = self._clock()
                self._probe_at = now + max(_PROBE_EVERY, 5 * (now - began))
        if lane is None:
            return None
        if self._fail == "closed":
            self._refuse(house, self._unreachable)
            return None
        return self._locally(lane, want, ahead)

    def _unreachable(self) -> LimiterUnavailableError:
        error = LimiterUnavailableError(f"Redis cannot be reached ({type(self._away).__name__})")
        error.__cause__ = self._away
        return error

    async def _call(
        self, house: SharedHouse, lane: SharedLane | None, want: int, ahead: list[int]
    ) -> _Answer:
        while True:
            if house.term != self._term:
                house.term = self._term
                house.remember(self._clock())
            updates, house.updates = house.updates, []
            first = self._numbers
            self._numbers += want
            try:
                request = Request(house, lane, updates, want, first, ahead)
                async with asyncio.timeout(self._timeout):
                    said = await self._calls.run(request, self._buckets, self._clock())
            except BaseException as error:
                house.updates = updates + house.updates
                if lane is not None:
                    # They may have been given after all.
                    now = self._clock()
                    house.updates += [
                        Update("release", lane.keys, now, (first + turn,)) for turn in range(want)
                    ]
                if not isinstance(error, self._failures):
                    raise
                self._gone(error)
                raise _AwayError from error
            self._returned()
            if said[1] < 0:  # Redis has lost its data
                house.epoch = said[0]
                house.updates = updates + house.updates
                house.remember(self._clock())
                continue
            house.epoch, granted, processes = said[:3]
            return self._heard(lane, granted, first, processes, said[3:])

    def _heard(
        self,
        lane: SharedLane | None,
        granted: int,
        first: int,
        processes: int,
        facts: Sequence[int],
    ) -> _Answer:
        self._seen_processes = processes
        if lane is None:
            return _Answer(0, first, (), 0.0, 0.0, ())
        now, out, wait, shut = self._clock(), list[int](), 0.0, 0.0
        for index, bucket in enumerate(lane.shared):
            of_bucket = facts[index * _FACTS : (index + 1) * _FACTS]
            bucket.hear(now, of_bucket, granted, processes)
            out.append(of_bucket[2])
            wait = max(wait, of_bucket[4] / 1000)
            if index == 0 and not of_bucket[3]:
                shut = of_bucket[4] / 1000
        waits = tuple(one / 1000 for one in facts[len(lane.shared) * _FACTS :])
        return _Answer(granted, first, tuple(out), wait, shut, waits)

    def _locally(self, lane: SharedLane, want: int, ahead: list[int]) -> _Answer:
        """Answer in place of Redis."""
        now = self._clock()
        granted = min(want, *(bucket.free(now) for bucket in lane.buckets))
        if any(bucket.thawed_until > now for bucket in lane.buckets):
            granted = min(granted, 1)
        first = self._numbers
        self._numbers += granted
        out = tuple(bucket.outstanding for bucket in lane.buckets)
        waits = tuple(lane.ready_at(now, count) - now for count in ahead)
        for bucket in lane.buckets:
            if granted and bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        wait = max(bucket.ready_at(now, granted) - now for bucket in lane.buckets)
        net = lane.buckets[0]
        shut = net.ready_at(now, granted) - now if net.free(now) <= granted else 0.0
        return _Answer(granted, first, out, wait, shut, waits)

    def _gone(self, error: BaseException) -> None:
        if self._away is None:
            self._term += 1
            now = self._clock()
            for bucket in self._buckets.values():
                bucket.part(now, self._processes or bucket.processes)
            for house in self._houses.values():
                house.reopen()
            then = "with a share of the quotas" if self._fail == "local" else "refusing calls"
            _LOG.warning("Redis is away (%s): going on %s.", type(error).__name__, then)
        self._away = error

    def _returned(self) -> None:
        if self._away is not None:
            self._away = None
            for bucket in self._buckets.values():
                bucket.rejoin()
            for house in self._houses.values():
                house.reopen()
            _LOG.info("Redis is back.")
