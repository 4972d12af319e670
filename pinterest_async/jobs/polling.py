"""How often to ask whether a job is done, and for how long."""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import msgspec

from pinterest_async.jobs.errors import JobTimeoutError


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses before each look at a job, in seconds: `first`, then `factor` times longer each.

    No pause is longer than `longest`. Each is drawn evenly from a span that reaches `jitter` times
    its length below and above, so that jobs that began together do not ask together. `timeout`
    bounds the whole wait, None is without bound; there is one look at least. `sleep` and
    `monotonic` are the clock, `now` is Unix time, `chance` draws from 0 to 1.
    """

    first: float = 1.0
    factor: float = 2.0
    longest: float = 30.0
    timeout: float | None = 1800.0
    jitter: float = 0.1
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    chance: Callable[[], float] = random.random

    async def looks(self, what: str, *, at_once: bool = False) -> AsyncGenerator[int]:
        """Yield at each moment to look, counting from 1; `at_once` looks before the first pause.

        Raises:
            JobTimeoutError: where the time is over.
        """
        deadline = None if self.timeout is None else self.monotonic() + self.timeout
        pause, number = self.first, 1
        if at_once:
            yield number
            number += 1
        while True:
            wait = min(pause, self.longest) * (1 + self.jitter * (2 * self.chance() - 1))
            if deadline is not None:
                remaining = deadline - self.monotonic()
                if remaining <= 0 and number > 1:
                    raise JobTimeoutError(f"{what} is not done after {self.timeout:g} s")
                wait = min(wait, max(remaining, 0.0))
            await self.sleep(wait)
            yield number
            pause, number = min(pause * self.factor, self.longest), number + 1
