"""Bounds in time of calls and requests, with one timer for all that are under way in a loop.

`asyncio.timeout` makes a timer for each block, which costs a small request a tenth of its time.
"""

import asyncio
import math
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Protocol, Self

_APART: Final = 0.01
"""Seconds between two looks at all deadlines, at least: how much later one may be noticed."""


class Hears(Protocol):
    """A connection that knows when something arrived on it, by the clock of its loop."""

    heard: float


class Deadline:
    """A block of code that has to end in time: it is cancelled if not, as by `asyncio.timeout`.

    `seconds` is None for a block without bound, which can only be cut off. Where `connection` is
    given, the block has to end as well when nothing has arrived on it for `silence` seconds;
    `silent` says that this was the reason.
    """

    __slots__ = (
        "_cancelling",
        "_group",
        "_seconds",
        "connection",
        "expired",
        "silence",
        "silent",
        "task",
        "until",
    )

    def __init__(self, group: "Deadlines", seconds: float | None) -> None:
        self.task: asyncio.Task[Any] | None = None
        self.expired = self.silent = False
        self.until = math.inf
        self.connection: Hears | None = None
        self.silence = math.inf
        self._group = group
        self._seconds = seconds
        self._cancelling = 0
        self.start()

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a deadline is used outside of a task")
        self.task, self._cancelling = task, task.cancelling()
        self._group.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._group.discard(self)
        task, self.task, self.connection = self.task, None, None
        # The last of all requests to cancel the task: others have to come through.
        last = self.expired and task is not None and task.uncancel() <= self._cancelling
        if last and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def start(self) -> None:
        """Let the time begin now."""
        if self._seconds is not None:
            self.until = self._group.loop.time() + self._seconds
            if self.task is not None:
                self._group.expect(self.until)

    def stop(self) -> None:
        """Let no time pass until the next `start`."""
        self.until = math.inf

    def listen(self, connection: Hears, silence: float | None) -> None:
        """Bound the silence on a connection as well."""
        connection.heard = self._group.loop.time()
        if silence is not None:
            self.connection, self.silence = connection, silence
            self._group.expect(self.due())

    def due(self) -> float:
        """When it ends, as far as is known."""
        if self.connection is None:
            return self.until
        return min(self.until, self.connection.heard + self.silence)

    def expire(self) -> None:
        """End it now."""
        if not self.expired and self.task is not None:
            self.expired = True
            self.silent = self._group.loop.time() < self.until
            self.task.cancel()


class Deadlines:
    """All deadlines of one kind in an event loop; `emptied` is called when the last one ends."""

    def __init__(self, loop: asyncio.AbstractEventLoop, emptied: Callable[[], None]) -> None:
        self.loop = loop
        self._emptied = emptied
        self._all: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._at = math.inf

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Deadline]:
        return iter(list(self._all))

    def add(self, deadline: Deadline) -> None:
        """Watch over a deadline."""
        self._all[deadline] = None
        if deadline.until < self._at:
            self.expect(deadline.until)

    def discard(self, deadline: Deadline) -> None:
        """A deadline's block has ended."""
        del self._all[deadline]
        if not self._all:
            self._emptied()

    def expect(self, when: float) -> None:
        """Look at all deadlines at this moment, or before."""
        if when < self._at:
            if self._timer is not None:
                self._timer.cancel()
            self._at = when
            self._timer = self.loop.call_at(when, self._look)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._at = None, math.inf

    def _look(self) -> None:
        self._timer, self._at = None, math.inf
        now = self.loop.time()
        following = math.inf
        for deadline in self:
            due = deadline.due()
            if due <= now:
                deadline.expire()
            elif due < following:
                following = due
        if following < math.inf:
            self.expect(max(following, now + _APART))
