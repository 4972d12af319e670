"""Bounds in time of calls and requests, with one timer for all that are under way in a loop.

`asyncio.timeout` makes a timer for each block, which costs a small request a tenth of its time.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

_APART: Final = 0.01
"""Seconds between two looks at all deadlines, at least: how much later one may be noticed."""


if TYPE_CHECKING:

    class Hears(Protocol):
        """A connection that knows when something arrived on it, by the clock of its loop."""

        heard: float


class Deadline:
    """A block of code that has to end in time: it is cancelled if not, as by `asyncio.timeout`.

    `seconds` is None for a block without bound, which can only be cut off; `expired` says that it
    was. Requests in it, one at a time, have bounds of their own: `begin` and `end` stand around
    each, and `silent` says that it ended because nothing had arrived for too long.
    """

    __slots__ = (
        "_begin_seconds",
        "_cancelling",
        "_connection",
        "_cut_off",
        "_group",
        "_request_until",
        "_silence",
        "_until",
        "expired",
        "requesting",
        "silent",
        "task",
    )

    def __init__(self, group: Deadlines, seconds: float | None) -> None:
        self._group = group
        self._until = math.inf if seconds is None else group.loop.time() + seconds
        self._request_until = math.inf
        self._connection: Hears | None = None
        self.task: asyncio.Task[Any] | None = None
        self.expired = self.requesting = False

    def __enter__(self) -> Self:
        task = asyncio.current_task(self._group.loop)
        if task is None:
            raise RuntimeError("a deadline is used outside of a task")
        self.task, self._cancelling = task, task.cancelling()
        self._group.add(self)
        if self._until < self._group.at:
            self._group.expect(self._until)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._group.discard(self)
        # The last of all requests to cancel the task: others have to come through.
        last = self.expired and self._is_last()
        self.task = None
        if last and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def begin(self, seconds: float | None) -> None:
        """A request begins, which has to end within so many seconds."""
        self.requesting = True
        self.silent = self._cut_off = False
        self._begin_seconds = seconds
        self.start()

    def end(self) -> bool:
        """The request has ended; whether its time was over, and nothing else cancels its task."""
        if not self.requesting:
            return False
        self.requesting = False
        self._connection = None
        self._request_until = math.inf
        return self._cut_off and self._is_last()

    def start(self) -> None:
        """Let the time of the request begin now."""
        if self._begin_seconds is not None:
            self._request_until = until = self._group.loop.time() + self._begin_seconds
            if until < self._group.at:
                self._group.expect(until)

    def stop(self) -> None:
        """Let no time of the request pass until the next `start`."""
        self._request_until = math.inf

    def listen(self, connection: Hears, silence: float | None) -> None:
        """Bound the silence on the connection of the request as well."""
        connection.heard = now = self._group.loop.time()
        if silence is not None:
            self._connection, self._silence = connection, silence
            if now + silence < self._group.at:
                self._group.expect(now + silence)

    def due(self) -> float:
        """When something in it has to end next, as far as is known."""
        due = min(self._until, self._request_until)
        if self._connection is None:
            return due
        return min(due, self._connection.heard + self._silence)

    def look(self, now: float) -> None:
        """End what had to end before now."""
        if self._until <= now:
            self.expire()
        else:
            self.cut_off(silent=now < self._request_until)

    def expire(self) -> None:
        """End the block now."""
        if not self.expired and self.task is not None:
            self.expired = True
            self.task.cancel()

    def cut_off(self, *, silent: bool = False) -> None:
        """End the request now."""
        if self.requesting and not self._cut_off and self.task is not None:
            self._cut_off, self.silent = True, silent
            self.task.cancel()

    def _is_last(self) -> bool:
        return self.task is not None and self.task.uncancel() <= self._cancelling


class Deadlines:
    """All deadlines of one kind in an event loop; `emptied` is called when the last one ends.

    `at` is when they are looked at next.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, emptied: Callable[[], None]) -> None:
        self.loop = loop
        self._emptied = emptied
        self._all: dict[Deadline, None] = {}
        self._timer: asyncio.TimerHandle | None = None
        self.at = math.inf

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Deadline]:
        return iter(list(self._all))

    def add(self, deadline: Deadline) -> None:
        """Watch over a deadline."""
        self._all[deadline] = None

    def discard(self, deadline: Deadline) -> None:
        """A deadline's block has ended."""
        del self._all[deadline]
        if not self._all:
            self._emptied()

    def expect(self, when: float) -> None:
        """Look at all deadlines at this moment, which is before `at`."""
        if self._timer is not None:
            self._timer.cancel()
        self.at = when
        self._timer = self.loop.call_at(when, self._look)

    def stop(self) -> None:
        """Watch no more."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self.at = None, math.inf

    def _look(self) -> None:
        self._timer, self.at = None, math.inf
        now = self.loop.time()
        following = math.inf
        for deadline in self:
            due = deadline.due()
            if due <= now:
                deadline.look(now)
            elif due < following:
                following = due
        if following < math.inf:
            self.expect(max(following, now + _APART))
