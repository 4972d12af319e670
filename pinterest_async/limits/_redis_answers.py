"""What Redis says, and what is said in its place while it is away."""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pinterest_async.errors import LimiterUnavailableError
from pinterest_async.limits._lanes import Key
from pinterest_async.limits._redis_books import SharedBucket, SharedHouse, SharedLane, Update
from pinterest_async.limits._redis_calls import Calls, Request

_LOG = logging.getLogger("pinterest_async.limits")
_FACTS = 6  # of each bucket of a lane in an answer of the script
_PROBE_EVERY = 1.0


class Answer(NamedTuple):
    """How many may go now, and when the next; seconds from now."""

    granted: int
    first: int
    out: tuple[int, ...]
    wait: float
    shut: float


class _AwayError(Exception):
    """Redis did not answer."""


class Answers:
    """Asks Redis, or the share of this process while Redis is `away`."""

    def __init__(
        self,
        calls: Calls,
        buckets: Mapping[Key, SharedBucket],
        houses: Mapping[Key, SharedHouse],
        *,
        fail: Literal["local", "closed"],
        timeout: float,
        processes: int | None,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        from redis.exceptions import RedisError

        self.away: BaseException | None = None
        self.probe_at = 0.0
        self.timeout = timeout
        self._calls = calls
        self._buckets = buckets
        self._houses = houses
        self._fail = fail
        self._processes = processes
        self._seen_processes = 1
        self._clock = clock
        self._chance = chance
        self._failures = (RedisError, OSError, TimeoutError)
        self._numbers = 0
        self._term = 0

    async def ask(
        self, house: SharedHouse, lane: SharedLane | None, want: int, forecast: Sequence[Key]
    ) -> Answer | None:
        """Tell what has happened, and ask for tokens; None when nothing can be said.

        What Redis says of the buckets of the lane and of the forecast is written into them.
        """
        began = self._clock()
        if self.away is None or began >= self.probe_at:
            self.probe_at = began + self.timeout + _PROBE_EVERY  # others do not look meanwhile
            try:
                return await self._call(house, lane, want, forecast)
            except _AwayError:
                now = self._clock()
                self.probe_at = now + max(_PROBE_EVERY, 5 * (now - began))
        if lane is None or self._fail == "closed":
            return None
        return self._locally(lane, want)

    def alone(self, now: float) -> bool:
        """Whether Redis is not asked at this moment, and this process goes on with its share."""
        return self.away is not None and self._fail == "local" and now < self.probe_at

    def unreachable(self) -> LimiterUnavailableError:
        """What is raised in place of a permit."""
        error = LimiterUnavailableError(f"Redis cannot be reached ({type(self.away).__name__})")
        error.__cause__ = self.away
        return error

    def house(self) -> SharedHouse:
        """One that knows all that was lost so far."""
        return SharedHouse(self._term)

    def admit(self, bucket: SharedBucket, now: float) -> None:
        """A bucket made while Redis is away has a share from the start."""
        if self.away is not None:
            bucket.part(now, self._processes or self._seen_processes)

    async def _call(
        self, house: SharedHouse, lane: SharedLane | None, want: int, forecast: Sequence[Key]
    ) -> Answer:
        while True:
            if house.term != self._term:
                house.term = self._term
                house.remember(self._clock())
            updates, house.updates = house.updates, []
            first = self._numbers
            self._numbers += want
            keys, shared = (lane.keys, lane.shared) if lane is not None else ((), ())
            try:
                request = Request(house, lane, updates, want, first, forecast)
                async with asyncio.timeout(self.timeout):
                    said = await self._calls.run(request, self._buckets, self._clock())
            except BaseException as error:
                house.updates = updates + house.updates
                if lane is not None:
                    # They may have been given after all.
                    now = self._clock()
                    house.updates += [
                        Update("release", keys, now, (first + turn,)) for turn in range(want)
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
            house.epoch, granted, self._seen_processes = said[:3]
            answer = self._heard(shared, granted, first, said[3:])
            now = self._clock()
            for key, supply in zip(forecast, said[3 + _FACTS * len(shared) :], strict=True):
                if key in self._buckets:
                    self._buckets[key].hear_supply(now, supply)
            if lane is not None and lane.keys != keys:
                # A window was added meanwhile, in which the new tokens count as well.
                house.updates += [
                    Update("hold", lane.keys, now, (first + turn,)) for turn in range(granted)
                ]
            return answer

    def _heard(
        self, shared: Sequence[SharedBucket], granted: int, first: int, facts: Sequence[Any]
    ) -> Answer:
        now, out, wait, shut = self._clock(), list[int](), 0.0, 0.0
        for index, bucket in enumerate(shared):
            of_bucket = facts[index * _FACTS : (index + 1) * _FACTS]
            bucket.hear(now, of_bucket, granted, self._seen_processes)
            out.append(of_bucket[2])
            wait = max(wait, of_bucket[4] / 1000)
            if index == 0 and not of_bucket[3]:
                shut = of_bucket[4] / 1000
        return Answer(granted, first, tuple(out), wait, shut)

    def _locally(self, lane: SharedLane, want: int) -> Answer:
        """Answer in place of Redis."""
        now = self._clock()
        granted = min(want, *(bucket.free(now) for bucket in lane.buckets))
        if any(bucket.thawed_until > now for bucket in lane.buckets):
            granted = min(granted, 1)
        first = self._numbers
        self._numbers += granted
        out = tuple(bucket.outstanding for bucket in lane.buckets)
        for bucket in lane.buckets:
            if granted and bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        wait = max(bucket.ready_at(now, granted) - now for bucket in lane.buckets)
        net = lane.buckets[0]
        shut = net.ready_at(now, granted) - now if net.free(now) <= granted else 0.0
        return Answer(granted, first, out, wait, shut)

    def _gone(self, error: BaseException) -> None:
        if self.away is None:
            self._term += 1
            now = self._clock()
            for bucket in self._buckets.values():
                bucket.part(now, self._processes or bucket.processes)
            for house in self._houses.values():
                house.reopen()
            then = "with a share of the quotas" if self._fail == "local" else "refusing calls"
            _LOG.warning("Redis is away (%s): going on %s.", type(error).__name__, then)
        self.away = error

    def _returned(self) -> None:
        if self.away is not None:
            self.away = None
            for bucket in self._buckets.values():
                bucket.rejoin()
            for house in self._houses.values():
                house.reopen()
            _LOG.info("Redis is back.")
