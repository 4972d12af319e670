"""Whether and when a call is attempted again after a request that failed."""

import logging
from typing import Any, Final

from pinterest_async._core.backoff import pause
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RequestFailure
from pinterest_async._core.retry_rules import Verdict, classify_failure, gone_stale
from pinterest_async.errors import APIError, PinterestError
from pinterest_async.options import Runtime, Settings

_LOG: Final = logging.getLogger("pinterest_async")

_LEAST_FREEZE: Final = 1.0
"""Seconds that a bucket stops after a 429 that names no wait, or one of less than a second."""
_MOST_FREEZE: Final = 86_400.0
"""The longest window that Pinterest has: a wait beyond it is nonsense."""

_LONG_PAUSE: Final = 5.0
"""Seconds; a longer pause that Pinterest named is told at level WARNING."""

_MOST_STALE: Final = 1000
"""Idle connections that may turn out to be closed in one call: more than any pool keeps."""


class Retries:
    """Decides on the attempts of one call after its first; made when that has failed.

    `left` is how many seconds the call has until its deadline; None without one. Where there is no
    next attempt, the error that is passed in is raised.
    """

    def __init__(self, operation: Operation[Any], settings: Settings, runtime: Runtime) -> None:
        self._operation = operation
        self._retry = settings.retry
        self._max_wait = settings.timeout.max_wait
        self._runtime = runtime
        self._failures = self._refusals = self._stale = 0
        self._repeated_once = self._refreshed = self._told = self._took_over = False

    def log_pause(self, error: PinterestError, seconds: float, named: float | None) -> None:
        """Log why another attempt follows, and after which pause; `named` is what the answer named.

        A long one that was named, as for the cost limit of reports, is told once at level WARNING,
        so that a program does not look hung.
        """
        told = bool(named) and seconds >= _LONG_PAUSE and not self._told
        self._told = self._told or told
        level = logging.WARNING if told else logging.DEBUG
        _LOG.log(level, "%s Next attempt in %.2f s.", error, seconds)

    def pause_after_failure(
        self, failure: RequestFailure, error: PinterestError, left: float | None
    ) -> float:
        """The pause before the next attempt, after a request without a usable answer."""
        if gone_stale(self._operation, failure) and self._stale < _MOST_STALE:
            self._stale += 1
            return 0.0
        self._failures += 1
        if self._attempts_used_up or not classify_failure(self._operation, failure):
            raise error
        return self._allowed_pause(self._failures, None, error, left)

    def took_over_token(self) -> None:
        """Allow one more refresh: the new token is another process's, and may be refused too."""
        self._refreshed = self._took_over
        self._took_over = True

    def pause_after_error(self, verdict: Verdict, error: APIError, left: float | None) -> float:
        """The pause before the next attempt, after an error answer that freezes no bucket."""
        if verdict.again == "never" or (verdict.again == "refresh" and self._refreshed):
            raise error
        if verdict.again == "refresh":
            self._refreshed = True
            return 0.0
        if verdict.kind in ("report_cost", "contention"):
            return self._pause_after_429(verdict, error, left)
        self._failures += 1
        once_more = verdict.again == "once"
        if self._attempts_used_up or (once_more and self._repeated_once):
            raise error
        self._repeated_once = self._repeated_once or once_more
        return self._allowed_pause(self._failures, verdict.wait, error, left)

    def continue_after_freeze(self, verdict: Verdict, error: APIError, left: float | None) -> None:
        """Go on after a 429 that froze the bucket: no pause, since the limiter makes all wait."""
        self._pause_after_429(verdict, error, left)

    def freeze_seconds(self, verdict: Verdict) -> float:
        """How long the bucket stops: what the answer names, or longer with each 429."""
        if verdict.wait:
            return min(verdict.wait, _MOST_FREEZE)
        return max(_LEAST_FREEZE, self._pause(self._refusals + 1, None))

    def _pause_after_429(self, verdict: Verdict, error: APIError, left: float | None) -> float:
        self._refusals += 1
        if self._refusals > self._retry.refusals:
            raise error
        return self._allowed_pause(self._refusals, verdict.wait, error, left)

    @property
    def _attempts_used_up(self) -> bool:
        return self._failures >= self._retry.attempts

    def _allowed_pause(
        self, failures: int, named: float | None, error: PinterestError, left: float | None
    ) -> float:
        """A pause; raises `error` when it would outlast the deadline or, if named, `max_wait`."""
        seconds = self._pause(failures, named)
        bounds = (left, None if named is None else self._max_wait)
        if any(most is not None and seconds > most for most in bounds):
            raise error
        return seconds

    def _pause(self, failures: int, named: float | None) -> float:
        retry, chance = self._retry, self._runtime.chance()
        return pause(failures, base=retry.base, cap=retry.cap, chance=chance, named=named)
