"""The state of one call, and whether and when it is attempted again."""

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pinterest_async._core.backoff import pause
from pinterest_async._core.build import WireRequest
from pinterest_async._core.operation import Operation
from pinterest_async._core.redaction import redact
from pinterest_async._core.retry_rules import (
    RawResponse,
    RequestFailure,
    Stage,
    Verdict,
    classify_failure,
    gone_stale,
)
from pinterest_async._request.answers import connection_error, request_id
from pinterest_async._request.watching import Watch
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


class CallState:
    """One call: what it asks for, its attempts so far, and whether it may make another.

    `doing` is its present stage; `last` the error that its latest attempt would end in; `watch`
    tells observers of it, where there are any.
    """

    # What most calls never change stands in the class.
    attempts = 0
    watch: Watch | None = None
    doing: Stage = "authenticating"
    last: PinterestError | None = None
    _failures = _refusals = _stale = 0
    _repeated_once = _refreshed = _told = _took_over = False

    def __init__(
        self,
        operation: Operation[Any],
        path: tuple[Any, ...],
        query: Mapping[str, Any],
        wire: WireRequest,
        settings: Settings,
        runtime: Runtime,
    ) -> None:
        self.operation = operation
        self.query = query
        self.wire = wire
        self.settings = settings
        total = settings.timeout.total
        self.deadline = None if total is None else runtime.monotonic() + total
        self._path = path
        self._runtime = runtime

    @property
    def account(self) -> str | None:
        """The ad account in the path."""
        if "{ad_account_id}" not in self.operation.path:
            return None
        for parameter, value in zip(self.operation.path_parameters, self._path, strict=True):
            if parameter.name == "ad_account_id":
                return str(value)
        return None

    def log_line(self, outcome: RawResponse | RequestFailure, secrets: Sequence[str]) -> str:
        """The result of a request, for the log: query and content may be people's data."""
        operation, wire = self.operation, self.wire
        if isinstance(outcome, RequestFailure):
            result = f"{outcome.cause}, {outcome.detail}"
        else:
            result = f"status {outcome.status}, request id {request_id(outcome.headers, secrets)}"
        return redact(
            f"{operation.full_name}: {wire.method} "
            f"{wire.target.partition('?')[0]}, attempt {self.attempts}: {result}"
        )

    def log_pause(self, seconds: float, named: float | None) -> None:
        """Log why another attempt follows, and after which pause; `named` is what the answer named.

        A long one that was named, as for the cost limit of reports, is told once at level WARNING,
        so that a program does not look hung.
        """
        told = bool(named) and seconds >= _LONG_PAUSE and not self._told
        self._told = self._told or told
        level = logging.WARNING if told else logging.DEBUG
        _LOG.log(level, "%s Next attempt in %.2f s.", self.last, seconds)

    def longest_wait(self, bound: float | None, now: float) -> float | None:
        """The longest wait that the deadline and a bound allow, in seconds; None: any."""
        if self.deadline is None:
            return bound
        remaining = max(0.0, self.deadline - now)
        return remaining if bound is None else min(remaining, bound)

    def pause_after_failure(self, failure: RequestFailure) -> float:
        """The pause before the next attempt, after a request without a usable answer.

        Raises:
            ConnectionFailedError: There is no next attempt.
        """
        self.last = error = connection_error(
            failure, operation=self.operation, attempts=self.attempts
        )
        if gone_stale(self.operation, failure) and self._stale < _MOST_STALE:
            self._stale += 1
            return 0.0
        self._failures += 1
        if self._attempts_used_up or not classify_failure(self.operation, failure):
            raise error
        return self._allowed_pause(self._failures, None, error)

    def took_over_token(self) -> None:
        """Allow one more refresh: the new token is another process's, and may be refused too."""
        self._refreshed = self._took_over
        self._took_over = True

    def pause_after_error(self, verdict: Verdict, error: APIError) -> float:
        """The pause before the next attempt, after an error answer that freezes no bucket.

        Raises:
            APIError: `error`, when there is no next attempt.
        """
        self.last = error
        if verdict.again == "never" or (verdict.again == "refresh" and self._refreshed):
            raise error
        if verdict.again == "refresh":
            self._refreshed = True
            return 0.0
        if verdict.kind in ("report_cost", "contention"):
            return self._pause_after_429(verdict, error)
        self._failures += 1
        once_more = verdict.again == "once"
        if self._attempts_used_up or (once_more and self._repeated_once):
            raise error
        self._repeated_once = self._repeated_once or once_more
        return self._allowed_pause(self._failures, verdict.wait, error)

    def continue_after_freeze(self, verdict: Verdict, error: APIError) -> None:
        """Go on after a 429 that froze the bucket: no pause, since the limiter makes all wait.

        Raises:
            APIError: `error`, when there is no next attempt.
        """
        self.last = error
        self._pause_after_429(verdict, error)

    def freeze_seconds(self, verdict: Verdict) -> float:
        """How long the bucket stops: what the answer names, or longer with each 429."""
        if verdict.wait:
            return min(verdict.wait, _MOST_FREEZE)
        return max(_LEAST_FREEZE, self._pause(self._refusals + 1, None))

    def _pause_after_429(self, verdict: Verdict, error: APIError) -> float:
        self._refusals += 1
        if self._refusals > self.settings.retry.refusals:
            raise error
        return self._allowed_pause(self._refusals, verdict.wait, error)

    @property
    def _attempts_used_up(self) -> bool:
        return self._failures >= self.settings.retry.attempts

    def _allowed_pause(self, failures: int, named: float | None, error: PinterestError) -> float:
        """A pause; raises `error` when it would outlast the deadline or, if named, `max_wait`."""
        seconds = self._pause(failures, named)
        bound = None if named is None else self.settings.timeout.max_wait
        most = self.longest_wait(bound, self._runtime.monotonic())
        if most is not None and seconds > most:
            raise error
        return seconds

    def _pause(self, failures: int, named: float | None) -> float:
        retry = self.settings.retry
        chance = self._runtime.chance()
        return pause(failures, base=retry.base, cap=retry.cap, chance=chance, named=named)
