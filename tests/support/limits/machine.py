"""Callers, servers and clocks that do whatever they like to limiters, as a hypothesis machine."""

import asyncio
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from limits.loop import VirtualLoop

from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits import Limiter, LimitRequest
from pinterest_async.options import Priority

# Small, so that few steps use them up.
CATEGORIES = {"advanced_auction_write": 3, "advanced_auction_read": 5}
NET = "safety_net"
NET_LIMIT = 6
ROUNDING = 1e-6
"""The limiters' clock is not the loop's: sums of the same seconds differ in their last digits."""
QUOTAS = {NET: (NET_LIMIT, 1.0), **{name: (limit, 60.0) for name, limit in CATEGORIES.items()}}


class Sent:
    """A request that was let through: it may arrive at any moment from `start` to `end`."""

    def __init__(self, limiter: Limiter, category: str, permit: Any, start: float) -> None:
        self.limiter = limiter
        self.category = category
        self.permit = permit
        self.start = start
        self.end: float | None = None
        self.back = False


class LimiterMachine(RuleBasedStateMachine):
    """No window of any phase holds more than the quota, order is kept, and nothing is left behind.

    Limiters that `make` returns start from `QUOTAS`, and share them.
    """

    windows: Sequence[float] = (60.0, 5.0, 120.0)
    """What headers say of the length of a category's window."""

    turns = 3
    """Of the loop, until everything that was begun has come to rest."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = VirtualLoop()
        self.behind = 0.0
        self.limiters = self.make()
        self.quotas = dict(QUOTAS)
        self.sent: list[Sent] = []
        self.waiting: dict[asyncio.Task[None], tuple[str, Priority, int, Limiter]] = {}
        self.frozen: dict[str, float] = {}
        self.count = 0

    def clock(self) -> float:
        """What the limiters take for the time."""
        return self.loop.time() - self.behind

    def make(self) -> Sequence[Limiter]:
        raise NotImplementedError

    def check_nothing_is_left(self) -> None:
        raise NotImplementedError

    async def call(
        self,
        limiter: Limiter,
        category: str,
        priority: Priority,
        number: int,
        max_wait: float | None,
    ) -> None:
        request = LimitRequest(
            subject="u",
            category=category,
            operation_id="o",
            priority=priority,
            max_wait=max_wait,
        )
        began = self.loop.time()
        try:
            permit = await limiter.acquire(request)
        except RateLimitWaitError as error:
            self.refused(error, self.loop.time() - began, max_wait)
            return
        now = self.loop.time()
        for name in (NET, category):
            limit, window = self.quotas[name]
            assert self.counted(name, now, window) < limit, name
        assert now + ROUNDING >= self.frozen.get(category, 0.0)
        older = [
            other
            for task, other in self.waiting.items()
            if other[0] == category and other[2] < number and other[3] is limiter
            if not task.done()
            if other[1] == priority or other[1] == "interactive"
        ]
        assert not older, "somebody who came earlier still waits"
        self.sent.append(Sent(limiter, category, permit, now))

    def refused(self, error: RateLimitWaitError, waited: float, max_wait: float | None) -> None:
        assert max_wait is not None
        assert error.wait >= max_wait
        assert waited < 0.01 or waited > max_wait - 0.01, "neither at once nor at the end"

    def counted(self, name: str, now: float, window: float) -> int:
        """Requests that a server may still have in a window that holds this moment."""
        return sum(
            name in (NET, one.category)
            and (one.end is None or one.end > now - window + ROUNDING)
            and not (one.back and name != NET)
            for one in self.sent
        )

    def open(self) -> list[Sent]:
        return [one for one in self.sent if one.end is None]

    @rule(
        category=st.sampled_from(sorted(CATEGORIES)),
        priority=st.sampled_from(["interactive", "background"]),
        number=st.integers(1, 8),
        which=st.integers(0, 9),
        max_wait=st.sampled_from([None, None, 0.0, 30.0, 300.0]),
    )
    def acquire(
        self,
        category: str,
        priority: Priority,
        number: int,
        which: int,
        max_wait: float | None,
    ) -> None:
        limiter = self.limiters[which % len(self.limiters)]
        for _ in range(number):
            self.count += 1
            call = self.call(limiter, category, priority, self.count, max_wait)
            task = self.loop.create_task(call)
            self.waiting[task] = (category, priority, self.count, limiter)
        self.settle()

    @rule(
        seconds=st.sampled_from([0.0, 0.001, 0.08, 0.5, 1.0, 5.0, 7.0, 59.95, 60.0, 61.0, 3600.0])
    )
    def time_passes(self, seconds: float) -> None:
        self.loop.advance(seconds)
        self.settle()

    @rule(seconds=st.floats(0.001, 500))
    def clock_jumps(self, seconds: float) -> None:
        """Time passes in which the loop did not run, as when a machine sleeps."""
        self.loop.now += seconds
        self.settle()

    @rule(seconds=st.floats(0.001, 100))
    def clock_goes_back(self, seconds: float) -> None:
        """As that of a Redis does when another takes its place: what is spent comes back later."""
        self.behind += seconds

    @precondition(lambda self: bool(self.open()))
    @rule(data=st.data(), late=st.sampled_from([0.0, 0.0, 0.01, 5.0]))
    def finish(self, data: st.DataObject, late: float) -> None:
        some = st.lists(st.sampled_from(self.open()), unique=True, min_size=1)
        for one in data.draw(st.just(self.open()) | some):
            one.limiter.finish(one.permit, late)
            one.end = self.loop.time() + late
        self.settle()

    @precondition(lambda self: bool(self.open()))
    @rule(data=st.data())
    def release(self, data: st.DataObject) -> None:
        one = data.draw(st.sampled_from(self.open()))
        self.sent.remove(one)
        one.limiter.release(one.permit)
        self.settle()

    @precondition(lambda self: bool(self.open() and self.waiting))
    @rule(data=st.data(), turns=st.integers(0, 12))
    def cancel_as_it_is_granted(self, data: st.DataObject, turns: int) -> None:
        one = data.draw(st.sampled_from(self.open()))
        first = min(
            (
                (priority == "background", number, task)
                for task, (category, priority, number, limiter) in self.waiting.items()
                if category == one.category and limiter is one.limiter
            ),
            default=None,
        )
        self.sent.remove(one)
        one.limiter.release(one.permit)
        if first is not None:
            self.cancel_after(turns, first[2])
        self.settle()

    def cancel_after(self, turns: int, task: asyncio.Task[None]) -> None:
        """Cancel in a later turn of the loop."""
        if turns:
            self.loop.call_soon(self.cancel_after, turns - 1, task)
        else:
            task.cancel()

    @precondition(lambda self: bool(self.waiting))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        for task in data.draw(st.lists(st.sampled_from(list(self.waiting)), unique=True)):
            task.cancel()
        self.settle()

    @precondition(lambda self: bool(self.open()))
    @rule(data=st.data(), seconds=st.sampled_from([0.0, 0.5, 60.0]))
    def freeze(self, data: st.DataObject, seconds: float) -> None:
        one = data.draw(st.sampled_from(self.open()))
        one.limiter.freeze(one.permit, seconds)
        until = self.loop.time() + seconds
        self.frozen[one.category] = max(until, self.frozen.get(one.category, 0.0))
        self.settle()

    @precondition(lambda self: bool(self.open()))
    @rule(
        data=st.data(),
        limit=st.integers(1, 8),
        remaining=st.integers(0, 8) | st.none(),
        named=st.booleans(),
    )
    def observe(self, data: st.DataObject, limit: int, remaining: int | None, named: bool) -> None:
        one = data.draw(st.sampled_from(self.open()))
        window = data.draw(st.sampled_from(self.windows))
        name = f"{one.category}_app_id_user_id" if named else None
        windows = ((NET_LIMIT, 1.0, None), (limit, window, name))
        state = RateState(limit=limit, remaining=remaining, reset=30.0, windows=windows)
        self.forget(one.category)
        self.quotas[one.category] = (limit, window)
        one.limiter.observe(one.permit, state)
        self.settle()

    def forget(self, category: str) -> None:
        """A longer window does not reach back to tokens that were there again before it came."""
        now, window = self.loop.time(), self.quotas[category][1]
        for one in self.sent:
            if one.category == category and one.end is not None and one.end <= now - window:
                one.back = True

    def settle(self) -> None:
        for _ in range(self.turns):
            self.loop.run(asyncio.sleep(0))
        for task in [task for task in self.waiting if task.done()]:
            del self.waiting[task]
            if not task.cancelled():
                task.result()

    @invariant()
    def the_counts_are_right(self) -> None:
        for limiter in self.limiters:
            open_here = [one for one in self.open() if one.limiter is limiter]
            waiting_here = [one for one in self.waiting.values() if one[3] is limiter]
            for state in limiter.snapshot():
                assert state.in_flight == sum(
                    state.name in (NET, one.category) for one in open_here
                )
                assert state.waiting == sum(state.name in (NET, one[0]) for one in waiting_here)

    def waiting_for_free_tokens(self) -> set[str]:
        """Categories of callers who wait while there is a token, where limiters tell how it is."""
        found = set[str]()
        for limiter in self.limiters:
            free = {state.name for state in limiter.snapshot() if state.available}
            waiting = {one[0] for one in self.waiting.values() if one[3] is limiter}
            if NET in free:
                found |= waiting & free
        return found

    def teardown(self) -> None:
        """Nobody starves: once requests end, everybody who waits goes, and nothing is left."""
        try:
            for _ in range(2 * len(self.waiting) + 200):
                for one in self.open():
                    one.limiter.finish(one.permit)
                    one.end = self.loop.time()
                if not self.waiting:
                    break
                self.loop.advance(61.0)
                self.settle()
            assert not self.waiting
            self.check_nothing_is_left()
        finally:
            self.loop.shut()
