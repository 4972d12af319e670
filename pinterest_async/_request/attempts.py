"""The state of one call, and whether and when it is attempted again."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from pinterest_async._core.build import WireRequest
from pinterest_async._core.classify import Answer, Failure, Verdict, classify_failure, gone_stale
from pinterest_async._core.operation import Operation
from pinterest_async._core.retry import pause
from pinterest_async._request.answers import request_id
from pinterest_async.errors import APIError, PinterestError, connection_error
from pinterest_async.options import Runtime, Settings

_LEAST_FREEZE: Final = 1.0
"""Seconds that a bucket stops after a 429 that names no wait, or one of less than a second."""
_MOST_FREEZE: Final = 86_400.0
"""The longest window that Pinterest has: a wait beyond it is nonsense."""

_MOST_STALE: Final = 1000
"""Idle connections that may turn out to be closed in one call: more than any pool keeps."""


class Call:
    """One call on its way: what it asks for, what has happened so far, what it may still do.

    `doing` is what it is at, in words; `last` the error that its latest attempt would end in.
    """

    __slots__ = (
        "_failures",
        "_indulged",
        "_path",
        "_refreshed",
        "_refusals",
        "_runtime",
        "_stale",
        "attempts",
        "deadline",
        "doing",
        "last",
        "operation",
        "query",
        "settings",
        "wire",
    )

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
        self.attempts = 0
        self.doing = "authenticating"
        self.last: PinterestError | None = None
        total = settings.timeout.total
        self.deadline = None if total is None else runtime.monotonic() + total
        self._path = path
        self._runtime = runtime
        self._failures = self._refusals = self._stale = 0
        self._indulged = self._refreshed = False

    @property
    def account(self) -> str | None:
        """The ad account in the path."""
        for parameter, value in zip(self.operation.path_parameters, self._path, strict=True):
            if parameter.name == "ad_account_id":
                return str(value)
        return None

    def told(self, outcome: Answer | Failure, secrets: Sequence[str]) -> str:
        """What came of a request, for the log: no query and no content, which are people's."""
        operation, wire = self.operation, self.wire
        if isinstance(outcome, Failure):
            came = f"{outcome.cause}, {outcome.detail}"
        else:
            came = f"status {outcome.status}, request id {request_id(outcome.headers, secrets)}"
        return (
            f"{operation.full_name}: {wire.method} "
            f"{wire.target.partition('?')[0]}, attempt {self.attempts}: {came}"
        )

    def longest(self, bound: float | None) -> float | None:
        """The longest wait that the deadline and a bound allow, in seconds; None: any."""
        if self.deadline is None:
            return bound
        left = max(0.0, self.deadline - self._runtime.monotonic())
        return left if bound is None else min(left, bound)

    def after_failure(self, failure: Failure) -> float:
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
        if self._spent or not classify_failure(self.operation, failure):
            raise error
        return self._affordable(self._failures, None, error)

    def after_refusal(self, verdict: Verdict, error: APIError) -> float:
        """The pause before the next attempt, after an answer that was no success.

        After a 429 that freezes its bucket there is none, since the limiter makes everyone wait and
        wakes them one after another.

        Raises:
            APIError: `error`, when there is no next attempt.
        """
        self.last = error
        if verdict.again == "never":
            raise error
        if verdict.again == "refresh":
            if self._refreshed:
                raise error
            self._refreshed = True
            return 0.0
        if verdict.kind in ("rate_limit", "report_cost", "contention"):
            self._refusals += 1
            if self._refusals > self.settings.retry.refusals:
                raise error
            seconds = self._affordable(self._refusals, verdict.wait, error)
            return 0.0 if verdict.freeze else seconds
        self._failures += 1
        once_more = verdict.again == "once"
        if self._spent or (once_more and self._indulged):
            raise error
        self._indulged = self._indulged or once_more
        return self._affordable(self._failures, verdict.wait, error)

    def freeze(self, verdict: Verdict) -> float:
        """How long the bucket stops: what the answer names, or longer with each refusal."""
        if verdict.wait:
            return min(verdict.wait, _MOST_FREEZE)
        return max(_LEAST_FREEZE, self._pause(self._refusals + 1, None))

    @property
    def _spent(self) -> bool:
        return self._failures >= self.settings.retry.attempts

    def _affordable(self, failures: int, named: float | None, error: PinterestError) -> float:
        """A pause; raises when it would outlast the deadline or, if named, `max_wait`."""
        seconds = self._pause(failures, named)
        most = self.longest(None if named is None else self.settings.timeout.max_wait)
        if most is not None and seconds > most:
            raise error
        return seconds

    def _pause(self, failures: int, named: float | None) -> float:
        retry = self.settings.retry
        chance = self._runtime.chance()
        return pause(failures, base=retry.base, cap=retry.cap, chance=chance, named=named)
