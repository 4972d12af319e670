"""Who goes when, among the calls of one process that shares its quotas through Redis."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import cast

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply
from pinterest_async.limits._lanes import foreseen, in_order
from pinterest_async.limits._redis_answers import Answer, Answers
from pinterest_async.limits._redis_books import (
    Asker,
    SharedBucket,
    SharedHouse,
    SharedLane,
    SharedPermit,
    Update,
)

_BATCH = 32
_GATHER = 0.1
_LONGEST_SLEEP = 5.0
_JITTER = 0.005


class Driver:
    """Keeps a task for each house that has something to ask or to tell.

    `loop` is where the latest call came from; nothing is asked once it is `closed`.
    """

    def __init__(
        self, answers: Answers, *, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.closed = False
        self._answers = answers
        self._clock = clock
        self._chance = chance

    def tell(self, house: SharedHouse, update: Update, *, urgent: bool = False) -> None:
        """Let Redis know with the next call, or in one of its own before long."""
        first = not house.updates
        house.updates.append(update)
        house.urgent = house.urgent or urgent
        if first or urgent:
            self.drive_on(house)

    def release(self, permit: SharedPermit) -> None:
        """A token that was not used is back."""
        lane = permit.lane
        for bucket in lane.buckets:
            bucket.release()
        lane.opened.discard(permit.number)
        lane.home.reopen()
        told = Update("release", lane.keys, self._clock(), (permit.number,))
        self.tell(lane.home, told, urgent=True)

    def drive_on(self, house: SharedHouse) -> None:
        """Wake the task that speaks to Redis for a house, or start it."""
        loop = self.loop
        if loop is None or loop.is_closed() or self.closed:
            return  # told when somebody next asks, or never
        driver = house.driver
        if driver is None or driver.done() or driver.get_loop() is not loop:
            house.changed = asyncio.Event()
            house.driver = loop.create_task(self._drive(house))
            house.driver.add_done_callback(lambda task: self._broke_off(house, task))
        else:
            house.changed.set()

    def refuse(self, house: SharedHouse, reason: Callable[[], BaseException]) -> None:
        """Nobody of a house waits any longer."""
        for lane in list(house.waiting):
            for waiter in list(lane.queued()):
                lane.leave(waiter)
                waiter.future.set_exception(reason())

    def foreseen(self, lane: SharedLane, now: float, rank: int) -> float | None:
        """When a new request could go; None where Redis has to be asked first."""
        known = self._answers.alone(now) or (self._answers.away is None and lane.shut(now))
        return self._foreseen(lane, now, rank) if known else None

    def expire(self, lane: SharedLane, waiter: Asker) -> None:
        """The wait has grown beyond what was foreseen, and beyond what was allowed."""
        if waiter.live and not waiter.future.done() and waiter.most is not None:
            now = self._clock()
            ready = self._foreseen(lane, now, waiter.rank, waiter.ticket) or lane.ready or now
            lane.leave(waiter)
            waiter.give_up(waiter.most + max(0.0, ready - now))

    async def _drive(self, house: SharedHouse) -> None:
        """Ask for those who wait, sleep until the next may go, and end when there is nothing."""
        loop = asyncio.get_running_loop()
        while True:
            house.changed.clear()
            await self._serve(house)
            now = self._clock()
            heads = in_order(house.waiting)
            if house.changed.is_set():
                continue
            if self.closed or not (heads or house.updates):
                house.driver = None
                return
            delay = _GATHER if house.updates else _LONGEST_SLEEP
            if house.updates and self._answers.away is not None:
                delay = max(delay, self._answers.probe_at - now)
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
            self.refuse(house, lambda: error)

    async def _serve(self, house: SharedHouse) -> None:
        """Ask for each lane that may go, in order, and tell what is urgent."""
        while True:
            now = self._clock()
            lane = self._next(house, now)
            if lane is None:
                if house.urgent and house.updates:
                    await self._answers.ask(house, None, 0, ())
                house.urgent = False
                return
            want = 0 if lane.shut(now) else min(_BATCH, lane.most_urgent())
            judged, house.unjudged = house.unjudged, []
            forecast = [key for one in house.waiting for key in one.keys] if judged else []
            answer = await self._answers.ask(house, lane, want, list(dict.fromkeys(forecast)))
            if answer is None:
                self.refuse(house, self._answers.unreachable)
            else:
                self._grant(house, lane, want, answer)
                self._judge(judged)

    def _next(self, house: SharedHouse, now: float) -> SharedLane | None:
        for _, _, lane in sorted(in_order(house.waiting), key=lambda one: one[:2]):
            shared = cast("SharedLane", lane)
            if not shared.shut(now):
                return shared
        house.unjudged = [one for one in house.unjudged if one[1].live and not one[1].future.done()]
        return house.unjudged[0][0] if house.unjudged else None

    def _grant(self, house: SharedHouse, lane: SharedLane, want: int, answer: Answer) -> None:
        now = self._clock()
        for turn in range(answer.granted):
            number = answer.first + turn
            for bucket in lane.buckets:
                bucket.spend()
            permit = SharedPermit(lane, number, tuple(out + turn for out in answer.out))
            lane.opened.add(number)
            head = lane.head()
            if head is None:
                self.release(permit)  # everybody has gone meanwhile
            else:
                lane.leave(head)
                head.future.set_result(permit)
        lane.ready = now + answer.wait
        if answer.granted < want or not want:
            lane.shut_until = now + min(answer.wait, _LONGEST_SLEEP)
        house.shut_until = now + min(answer.shut, _LONGEST_SLEEP)

    def _judge(self, judged: Sequence[tuple[SharedLane, Asker]]) -> None:
        """Let those go at once who would wait too long."""
        now = self._clock()
        for lane, waiter in judged:
            if waiter.live and not waiter.future.done() and waiter.most is not None:
                at = self._foreseen(lane, now, waiter.rank, waiter.ticket)
                if at is not None and at - now > waiter.most:
                    lane.leave(waiter)
                    waiter.give_up(at - now)

    def _foreseen(
        self, lane: SharedLane, now: float, rank: int, ticket: float = math.inf
    ) -> float | None:
        """When a request goes, as far as is known; None if the supply of a bucket is not."""
        alone = self._answers.away is not None

        def supplied(bucket: Bucket) -> Supply | None:
            return bucket.supply(now) if alone else cast("SharedBucket", bucket).supply_then

        return foreseen(lane, lane.house.waiting, supplied, rank, ticket)
