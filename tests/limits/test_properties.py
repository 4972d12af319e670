"""Whatever callers, servers and clocks do, no window of any phase holds more than the quota."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant
from limits.calls import DirectRedis
from limits.machine import QUOTAS, LimiterMachine
from redis_server import RedisServer

from pinterest_async.limits import InMemoryLimiter, Limiter, RedisLimiter
from pinterest_async.limits.memory import LEAST_DELAY

ON_ANY_MACHINE = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


class InMemoryMachine(LimiterMachine):
    def make(self) -> Sequence[Limiter]:
        return [InMemoryLimiter(quotas=QUOTAS, clock=self.clock, chance=lambda: 0.5)]

    def check_nothing_is_left(self) -> None:
        self.loop.advance(200.0 + self.behind)
        for state in self.limiters[0].snapshot():
            assert (state.available, state.in_flight) == (state.limit, 0)

    @invariant()
    def nobody_waits_without_need(self) -> None:
        # A timer that was early by a rounding error is due again after a moment, in which another
        # may be early as well.
        moments = 3
        while moments and self.waiting_for_free_tokens():
            moments -= 1
            self.loop.advance(LEAST_DELAY)
            self.settle()
        assert not self.waiting_for_free_tokens()


TestInMemory = InMemoryMachine.TestCase
TestInMemory.settings = settings(ON_ANY_MACHINE, max_examples=150, stateful_step_count=30)


class RedisMachine(LimiterMachine):
    turns = 12
    processes = 1
    socket = ""

    def make(self) -> Sequence[Limiter]:
        self.direct = DirectRedis(self.socket)
        self.direct.redis.flushall()
        client: Any = self.direct
        return [
            RedisLimiter(
                client,
                quotas=QUOTAS,
                clock=self.clock,
                chance=lambda: 0.5,
                max_under_way=1e7,
            )
            for _ in range(self.processes)
        ]

    def check_nothing_is_left(self) -> None:
        self.loop.advance(200.0 + self.behind)
        now = 1000 * self.clock()
        for key in self.direct.redis.keys("*:tokens"):
            assert self.direct.redis.zcount(key, now, "+inf") == 0

    def teardown(self) -> None:
        super().teardown()
        self.direct.redis.close()


@pytest.mark.parametrize("processes", [1, 2])
def test_through_redis(server: RedisServer, processes: int) -> None:
    class Machine(RedisMachine):
        pass

    Machine.processes, Machine.socket = processes, server.socket
    case = Machine.TestCase
    case.settings = settings(ON_ANY_MACHINE, max_examples=25, stateful_step_count=30)
    case("runTest").runTest()
