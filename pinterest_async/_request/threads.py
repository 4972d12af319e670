"""What belongs to one thread at a time: asyncio wakes nobody in another one."""

import threading
from collections.abc import Callable
from threading import get_ident

from pinterest_async.errors import ConfigurationError


class OneThread:
    """Refuses a thread while another one has calls under way.

    Threads may follow one another. `what` is the name of the thing in messages, `is_busy` tells
    whether something is under way.
    """

    __slots__ = ("_ident", "_is_busy", "_what")

    def __init__(self, what: str, is_busy: Callable[[], bool]) -> None:
        self._what = what
        self._is_busy = is_busy
        self._ident: int | None = None

    def check(self) -> None:
        """Take it over for this thread.

        Raises:
            ConfigurationError: where another thread uses it.
        """
        if get_ident() != self._ident:
            self._take()

    def _take(self) -> None:
        others = {thread.ident for thread in threading.enumerate()}
        if self._ident in others and self._is_busy():
            raise ConfigurationError(
                f"{self._what} is used in two threads at a time",
                advice="Make a client in each thread, with a limiter of its own where you pass "
                "one; threads that follow one another may share.",
            )
        self._ident = get_ident()
