"""Processes that share a quota while Redis stops, goes on, or has another time: none is refused."""

import asyncio
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits.calls import DirectRedis, request, spend, state
from limits.loop import VirtualLoop
from redis_server import RedisServer

from pinterest_async.limits import RedisLimiter

LIMIT, WINDOW = 60, 10.0
QUOTAS = {"safety_net": (LIMIT, WINDOW), "advanced_auction_write": (LIMIT, WINDOW)}


class StoppedRedis(DirectRedis):
    """Does not answer from `stopped` until `goes_on`; its time is `ahead` of that of others."""

    def __init__(self, socket: str, loop: VirtualLoop) -> None:
        super().__init__(socket)
        self._loop = loop
        self.stopped = self.goes_on = float("inf")
        self.ahead = 0.0

    async def evalsha(self, *args: Any) -> Any:
        if self.stopped <= self._loop.time() < self.goes_on:
            await asyncio.sleep(self.goes_on - self._loop.time())
        content: dict[str, Any] = msgspec.json.decode(args[-1])
        content["now"] += round(1000 * self.ahead)
        return await super().evalsha(*args[:-1], msgspec.json.encode(content))


class Processes:
    """Limiters of several processes, and when each of their requests was sent."""

    def __init__(self, server: RedisServer, count: int) -> None:
        self.loop = VirtualLoop()
        self.redis = StoppedRedis(server.socket, self.loop)
        client: Any = self.redis
        self.limiters = [
            RedisLimiter(client, quotas=QUOTAS, clock=self.loop.time, chance=lambda: 0.5)
            for _ in range(count)
        ]
        self.sent: list[float] = []

    async def work(self, limiter: RedisLimiter, until: float, begin: float = 0.0) -> None:
        """Call, one after another."""
        await asyncio.sleep(begin)
        while self.loop.time() < until:
            permit = await limiter.acquire(request())
            self.sent.append(self.loop.time())
            await asyncio.sleep(0.05)
            limiter.finish(permit)

    def run(self, workers: Sequence[tuple[int, float]], seconds: float) -> None:
        """Let workers, each of a process and from a moment on, call for so many seconds."""
        until = self.loop.time() + seconds

        async def all_of_them() -> None:
            works = (self.work(self.limiters[one], until, begin) for one, begin in workers)
            await asyncio.gather(*works)

        self.loop.run(all_of_them())

    def most(self) -> int:
        """The most requests in any window."""
        times = sorted(self.sent)
        return max(sum(start <= time < start + WINDOW for time in times) for start in times)

    def close(self) -> None:
        self.redis.redis.close()
        self.loop.shut()


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(
    processes=st.integers(2, 4),
    stopped=st.floats(11.0, 25.0),
    seconds=st.floats(1.2, 8.0),
    begins=st.lists(st.floats(0.0, 5.0), min_size=8, max_size=24),
)
def test_processes_that_go_on_without_redis_stay_within_the_quota(
    server: RedisServer, processes: int, stopped: float, seconds: float, begins: list[float]
) -> None:
    server.start()
    shared = Processes(server, processes)
    shared.redis.redis.flushall()
    try:
        shared.redis.stopped = shared.loop.time() + stopped
        shared.redis.goes_on = shared.redis.stopped + seconds
        workers = [(number % processes, begin) for number, begin in enumerate(begins)]
        shared.run(workers, 50.0)
        assert shared.most() <= LIMIT
        assert len(shared.sent) > 2 * LIMIT
    finally:
        shared.close()


@pytest.mark.parametrize("ahead", [3.0, 120.0, 1e6])
def test_a_redis_whose_time_jumps_ahead_gives_no_token_back_early(
    server: RedisServer, ahead: float
) -> None:
    shared = Processes(server, 2)
    try:
        shared.loop.call_later(14.0, setattr, shared.redis, "ahead", ahead)
        shared.run([(number % 2, 0.0) for number in range(20)], 50.0)
        assert shared.most() <= LIMIT
        assert len(shared.sent) > 3 * LIMIT
    finally:
        shared.close()


def test_what_was_taken_without_redis_is_told_also_by_those_who_ask_for_no_more(
    server: RedisServer,
) -> None:
    shared = Processes(server, 2)
    one, other = shared.limiters
    try:
        for limiter in (one, other, one):
            spend(shared.loop, limiter, 1)
        server.kill()
        spend(shared.loop, one, 20)
        server.start()
        shared.loop.advance(8.0)
        spend(shared.loop, other, 1)
        assert state(other).available == LIMIT - 20 - 1 - 3
    finally:
        shared.close()
