"""How often to ask whether a job is done, and for how long."""

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import msgspec

from pinterest_async.errors import PinterestError


class JobFailedError(PinterestError):
    """A job of Pinterest's ended without a result; `state` is the last one it had."""

    ADVICE = "Start the job again; ask for less at a time if it fails again."

    def __init__(self, message: str, *, state: str | None = None) -> None:
        self.state = state
        super().__init__(message)


class JobTimeoutError(JobFailedError, TimeoutError):
    """A job was not done before the deadline; it may still be going on."""

    ADVICE = "Ask for its status later, or allow more time with Polling(timeout=...)."


class Polling(msgspec.Struct, frozen=True, kw_only=True):
    """Pauses between two looks at a job, in seconds: `first`, then `factor` times longer each.

    `timeout` bounds the whole wait. `sleep` and `monotonic` are the clock.
    """

    first: float = 1.0
    factor: float = 2.0
    longest: float = 30.0
    timeout: float = 1800.0
    sleep: Callable[[float], Awaitable[Any]] = asyncio.sleep
    monotonic: Callable[[], float] = time.monotonic

    async def looks(self, what: str) -> AsyncGenerator[int]:
        """Yield at each moment to look, counting from 1.

        Raises:
            JobTimeoutError: where the time is over.
        """
        deadline = self.monotonic() + self.timeout
        pause, number = self.first, 1
        while True:
            yield number
            remaining = deadline - self.monotonic()
            if remaining <= 0:
                raise JobTimeoutError(f"{what} is not done after {self.timeout:g} s")
            await self.sleep(min(pause, remaining))
            pause, number = min(pause * self.factor, self.longest), number + 1
