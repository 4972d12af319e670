"""Whatever callers, servers and clocks do, no window of any phase holds more than the quota."""

from collections.abc import Sequence

from hypothesis import settings
from limits_machine import QUOTAS, LimiterMachine

from pinterest_async.limits import InMemoryLimiter, Limiter


class InMemoryMachine(LimiterMachine):
    def make(self) -> Sequence[Limiter]:
        return [InMemoryLimiter(quotas=QUOTAS, clock=self.loop.time, chance=lambda: 0.5)]

    def check_nothing_is_left(self) -> None:
        self.loop.advance(200.0)
        for state in self.limiters[0].snapshot():
            assert (state.available, state.in_flight) == (state.limit, 0)


TestInMemory = InMemoryMachine.TestCase
TestInMemory.settings = settings(max_examples=150, stateful_step_count=30, deadline=None)
