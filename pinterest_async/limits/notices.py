"""Tells in the log of requests that wait for quota, so that a program does not look hung."""

import logging
from collections.abc import Callable
from typing import Final

from pinterest_async.limits.queues import Queue, Waiter

LOG: Final = logging.getLogger("pinterest_async.limits")
"""Apart from other messages, for those who show waits in another way."""

_LONG: Final = 5.0
"""Seconds of waiting after which a request is told of."""
_LEAST_DELAY: Final = 1.0
"""Seconds; the clock of the limiter may be behind that of the timers, which would fire in vain."""
_FIRST_QUIET: Final = 60.0
_LAST_QUIET: Final = 600.0
"""Seconds until the next request of the same queue is told of; doubled each time."""


class Notices:
    """Logs at level WARNING that a request waits, once for each, and seldom for each queue.

    `left` says when a request can go, in seconds from now.
    """

    def __init__(
        self, clock: Callable[[], float], left: Callable[[Queue, Waiter, float], float]
    ) -> None:
        self._clock = clock
        self._left = left

    def begin(self, queue: Queue, waiter: Waiter) -> None:
        """A request begins to wait; `wait_for_permit` ends what begins here."""
        self._look(queue, waiter, self._clock(), _LONG)

    def _look(self, queue: Queue, waiter: Waiter, since: float, delay: float) -> None:
        loop = waiter.future.get_loop()
        waiter.notice = loop.call_later(delay, self._tell, queue, waiter, since)

    def _tell(self, queue: Queue, waiter: Waiter, since: float) -> None:
        if not waiter.waits:
            return
        now = self._clock()
        if now < queue.quiet_until:
            self._look(queue, waiter, since, max(_LEAST_DELAY, queue.quiet_until - now))
            return
        lately = now - queue.quiet_until < _LAST_QUIET
        queue.quiet_for = min(2 * queue.quiet_for, _LAST_QUIET) if lately else _FIRST_QUIET
        queue.quiet_until = now + queue.quiet_for
        LOG.warning(
            "A call has waited %.0f s for quota of %s, and will wait about %.0f s more. "
            "Waiting for it: %d. Timeout(max_wait=...) bounds such waits.",
            now - since,
            waiter.request.category,
            max(0.0, self._left(queue, waiter, now)),
            queue.waiting,
        )
