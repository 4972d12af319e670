"""An event loop whose time is moved by hand, so that no test sleeps."""

import asyncio
import selectors
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


class _Selector(selectors.DefaultSelector):
    """Skips the wait: the loop's time jumps to its next timer instead."""

    loop: "VirtualLoop"

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None and timeout > 0:
            self.loop.now += timeout
        elif timeout is None:
            raise AssertionError("nothing left to wait for: somebody was never woken")
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """A loop on a clock of its own, which runs as fast as it can."""

    def __init__(self) -> None:
        self.now = 1000.0
        selector = _Selector()
        selector.loop = self
        super().__init__(selector)

    def time(self) -> float:
        return self.now

    def run(self, awaitable: Awaitable[T]) -> T:
        return self.run_until_complete(awaitable)

    def advance(self, seconds: float) -> None:
        """Let time pass, and run what is due."""
        self.run(asyncio.sleep(seconds))
        self.run(asyncio.sleep(0))

    def shut(self) -> None:
        tasks = asyncio.all_tasks(self)
        for task in tasks:
            task.cancel()
        if tasks:
            self.run_until_complete(asyncio.wait(tasks))
        self.close()
