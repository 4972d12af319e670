"""Every error that the SDK raises, in one tree under `PinterestError`.

Each message says what happened and ends with what to do next. All errors can be pickled, so they
cross process borders; none holds a token.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from msgspec.structs import replace

from pinterest_async._core.operation import Operation, Parameter
from pinterest_async._core.outcomes import TOOK_EFFECT, Phase, Stage

if TYPE_CHECKING:
    from pinterest_async._core.drift import Drift
    from pinterest_async._core.item_failures import ItemFailure
    from pinterest_async._core.problems import Problem

# What texts of errors are made with is imported with the first error.

_SHOWN_BODY: Final = 500
_SHOWN_ITEMS: Final = 5
_LONGEST_MESSAGE: Final = 4000
"""Characters; what comes from the wire may be of any length."""


def _restore(cls: type[PinterestError], text: str, state: dict[str, Any]) -> PinterestError:
    error = cls.__new__(cls, text)
    error.args = (text,)
    error.__dict__.update(state)
    return error


class PinterestError(Exception):
    """Root of all errors.

    `message` says what happened, `advice` what to do next, `operation` which call it was (None
    when no call was under way) and `attempts` how many requests were sent for it.
    """

    ADVICE: ClassVar[str] = ""

    def __init__(
        self,
        message: str,
        *,
        advice: str | None = None,
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        from pinterest_async._core.display import readable
        from pinterest_async._core.redaction import redact

        self.message = readable(redact(message), _LONGEST_MESSAGE)
        self.advice = redact(self.ADVICE if advice is None else advice)
        self.operation = operation
        self.attempts = attempts
        super().__init__(self._text())

    def __str__(self) -> str:
        return str(self.args[0])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.args[0]!r})"

    def __reduce__(self) -> tuple[Callable[..., PinterestError], tuple[Any, ...]]:
        return _restore, (type(self), self.args[0], self._state())

    def _text(self) -> str:
        name = f"{self.operation.full_name}: " if self.operation else ""
        facts = self._facts()
        if self.attempts > 1:
            facts.append(f"after {self.attempts} attempts")
        suffix = f" ({', '.join(facts)})" if facts else ""
        parts = (f"{name}{self.message.rstrip('. ')}{suffix}.", self.advice)
        return " ".join(part for part in parts if part)

    def _facts(self) -> list[str]:
        """What stands in parentheses after the message."""
        return []

    def _state(self) -> dict[str, Any]:
        """What a pickle holds: all but the types of the operation, which need no travelling."""
        state = dict(self.__dict__)
        if self.operation is not None:
            names = [one.name for one in self.operation.path_parameters]
            state["operation"] = replace(
                self.operation,
                answer=Any,
                path_parameters=tuple(Parameter(name, Any, required=True) for name in names),
                query=(),
                body=None,
            )
        return state


class ConfigurationError(PinterestError, ValueError):
    """A client, pool, retry or timeout was set up with a value that makes no sense."""


class TokenStoreError(PinterestError):
    """A token store could not read, write or lock what it keeps.

    A pair that is in memory is not lost: calls go on with it, and it is saved again later.
    """

    ADVICE = "Bring the place back where the store keeps the tokens, and call again."


class InvalidCallError(PinterestError, TypeError, ValueError):
    """The arguments are wrong, and nothing was sent; `problems` lists every mistake."""

    def __init__(
        self, problems: Sequence[Problem], *, operation: Operation[Any] | None = None
    ) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        super().__init__(f"{count} arguments are wrong", advice="", operation=operation)

    def _text(self) -> str:
        from pinterest_async._core.redaction import redact

        lines = [str(problem) for problem in self.problems]
        name = f"{self.operation.full_name}: " if self.operation else ""
        newer = any(problem.message.startswith(_UNKNOWN) for problem in self.problems)
        if len(lines) == 1:
            self.message = self.problems[0].message
            self.advice = self.problems[0].fix
            return redact(name + lines[0] + (f" ({_NEWER})" if newer else ""))
        lines += [_NEWER] if newer else []
        return redact(
            f"{name}{self.message}, nothing was sent:" + "".join(f"\n- {line}" for line in lines)
        )


_UNKNOWN: Final = ("unknown value", "unknown field", "unknown parameter")
_NEWER: Final = "what Pinterest has added since passes with check='lenient'"


class NotInSandboxError(PinterestError):
    """The sandbox lacks this operation; nothing was sent."""

    ADVICE = "Call it with environment='production' and a production token."


class MissingScopeError(PinterestError):
    """The token lacks an OAuth scope that the operation needs; nothing was sent.

    `missing` are the scopes that it lacks, `granted` those that it has, `also` further ones that
    other methods of the namespace need.
    """

    def __init__(
        self,
        missing: Sequence[str],
        granted: Sequence[str],
        *,
        also: Sequence[str] = (),
        operation: Operation[Any] | None = None,
    ) -> None:
        self.missing = tuple(missing)
        self.granted = tuple(granted)
        self.also = tuple(also)
        others = "other methods may need more"
        if also:
            others = f"other methods of this namespace need {', '.join(also)} too"
        lacks = ", ".join(self.missing)
        has = ", ".join(self.granted)
        word = "scope" if len(self.missing) == 1 else "scopes"
        super().__init__(
            f"the token lacks the {word} {lacks}, and has {has or 'none'}",
            advice="Log in again, with what this login has and what it lacks: `pinterest login "
            f"--scope {','.join((*self.granted, *self.missing))}`. A login replaces the one "
            f"before, and {others}, so name all scopes at once. Where Pinterest needs less by now, "
            "check='lenient' sends the call all the same.",
            operation=operation,
        )


class LoginError(PinterestError):
    """A person's login failed."""

    ADVICE = "Begin the login anew, with a new state."


class NotLoggedInError(LoginError, ConfigurationError):
    """There are no tokens of this user: nobody has logged in, or the store has lost the login."""

    ADVICE = "Log in first."


class LoginTimeoutError(LoginError, TimeoutError):
    """Nobody logged in within the time given."""


class PoolClosedError(PinterestError, RuntimeError):
    """The session pool was closed before the call or while it ran.

    `phase` says how far the request came, as in `ConnectionFailedError`.
    """

    ADVICE = "Keep the pool (or the `async with` around the client) open while calls are made."

    def __init__(
        self,
        message: str,
        *,
        phase: Phase = "not_sent",
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.phase: Phase = phase
        advice = None
        if phase != "not_sent" and operation is not None and operation.method != "GET":
            advice = TOOK_EFFECT
        super().__init__(message, advice=advice, operation=operation, attempts=attempts)


class ConnectionFailedError(PinterestError, ConnectionError):
    """No usable answer arrived.

    `phase` says how far the request came: `not_sent` (Pinterest saw nothing of it), `maybe_sent`
    (it may have taken effect) or `truncated_answer` (it was answered, with `status`, but the answer
    broke off).
    """

    _NEXT: ClassVar[dict[str, str]] = {
        "not_sent": "Nothing was sent: check network, proxy and base_url, then call again.",
        "maybe_sent": TOOK_EFFECT,
        "truncated_answer": "It was answered: read the object back before you call again.",
    }

    def __init__(
        self,
        message: str,
        *,
        phase: Phase,
        status: int | None = None,
        advice: str | None = None,
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.phase: Phase = phase
        self.status = status
        if advice is None:
            harmless = operation is not None and operation.method == "GET"
            advice = (
                "Reading again does no harm: call again, or allow more attempts with Retry."
                if harmless and phase != "not_sent"
                else self._NEXT.get(phase, "")
            )
        super().__init__(message, advice=advice, operation=operation, attempts=attempts)


class ConnectTimeoutError(ConnectionFailedError, TimeoutError):
    """No connection was made within `Timeout.connect`; nothing was sent."""


class ReadTimeoutError(ConnectionFailedError, TimeoutError):
    """The answer did not arrive within `Timeout.read` or `Timeout.attempt`."""


class DeadlineExceededError(PinterestError, TimeoutError):
    """The call as a whole took longer than `Timeout.total`; `doing` says with what."""

    ADVICE = "Raise Timeout(total=...), or make fewer calls at once."

    def __init__(
        self,
        message: str,
        *,
        doing: Stage,
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.doing: Stage = doing
        advice = None
        if doing == "requesting" and operation is not None and operation.method != "GET":
            advice = TOOK_EFFECT
        super().__init__(message, advice=advice, operation=operation, attempts=attempts)


class RateLimitWaitError(PinterestError, TimeoutError):
    """Waiting for quota would take longer than allowed; nothing was sent.

    `wait` is the number of seconds it would have needed, `max_wait` what was allowed.
    """

    def __init__(
        self,
        category: str,
        *,
        wait: float,
        max_wait: float,
        option: str = "max_wait",
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.category = category
        self.wait = wait
        self.max_wait = max_wait
        super().__init__(
            f"the quota of {category} has room in {wait:.1f} s, and {max_wait:.1f} s are allowed",
            advice=f"Call again later, or allow the wait: Timeout({option}={math.ceil(wait)}).",
            operation=operation,
            attempts=attempts,
        )


class LimiterUnavailableError(PinterestError):
    """The limiter cannot reach what it shares the quotas through; nothing was sent."""

    ADVICE = (
        "Bring Redis back, or make the limiter with fail='local' to go on with this process's "
        "share of the quotas."
    )


class BookmarkError(PinterestError):
    """The server sent a bookmark that cannot lead to a next page."""

    ADVICE = (
        "All items up to here were delivered. List again from the start if you need the rest; "
        "drop duplicates by id."
    )


class RepeatedBookmarkError(BookmarkError):
    """The server sent a bookmark again that this iteration has already followed."""

    def __init__(
        self, bookmark: str, *, pages: int, operation: Operation[Any] | None = None
    ) -> None:
        self.bookmark = bookmark
        self.pages = pages
        super().__init__(
            f"the bookmark of page {pages} was seen before, so the list would never end",
            operation=operation,
        )


class APIError(PinterestError):
    """Pinterest answered, and the call did not succeed.

    `status` is the HTTP status, `code` Pinterest's own code (None when the body has none),
    `message` its text, `request_id` its `x-pinterest-rid`, `body` the raw answer, `category` the
    rate-limit category, `wait` the seconds that the answer asked to wait (None when it named none).
    """

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: int | None = None,
        request_id: str | None = None,
        body: bytes = b"",
        wait: float | None = None,
        advice: str | None = None,
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.body = body
        self.wait = wait
        self.category = operation.category if operation else None
        if not message:
            shown = body[:_SHOWN_BODY].decode("utf-8", "replace").strip()
            more = " [...]" if len(body) > _SHOWN_BODY else ""
            message = f"{shown}{more}" if shown else "an answer without a body"
        super().__init__(message, advice=advice, operation=operation, attempts=attempts)

    def _facts(self) -> list[str]:
        facts = [f"status {self.status}"]
        if self.code is not None:
            facts.append(f"code {self.code}")
        if self.wait is not None:
            facts.append(f"wait {self.wait:g} s")
        if self.request_id:
            facts.append(f"request id {self.request_id}")
        return facts


class BadRequestError(APIError):
    """The server refused the request's content (400 and other 4xx)."""

    ADVICE = "Correct the arguments that the message names; the same call fails again."


class UnprocessableError(BadRequestError):
    """The server understood the request and refuses what it asks for (422)."""

    ADVICE = "Look at error.body for details, and correct the data."


class AuthenticationError(APIError):
    """The token is expired, revoked, or of another environment (401)."""

    ADVICE = (
        "Get a new access token, as by `pinterest login`; sandbox and production need tokens of "
        "their own."
    )


class PermissionDeniedError(APIError):
    """The token is good, but not for this: a scope, a role or app access is missing (401, 403)."""

    ADVICE = "Ask for the scopes that the operation names, or for access to the object or feature."


class NotFoundError(APIError):
    """The object does not exist, or this token may not see it (404)."""

    ADVICE = "Check the id, and that the token's user may see the object."


class ConflictError(APIError):
    """The request does not fit the present state of the object (409)."""

    ADVICE = "Read the object's present state, and decide anew."


class RateLimitError(APIError):
    """A quota is used up (429)."""

    ADVICE = (
        "Slow down: share one client or limiter between all callers of this token, or allow more "
        "time with Timeout(max_wait=...)."
    )


class ReportCostError(RateLimitError):
    """Reports asked for lately cost too much together (code 2726); not a count of requests."""

    ADVICE = "Wait as long as `wait` says, and ask for fewer columns, days or ids in a report."


class WriteContentionError(RateLimitError):
    """Several writes hit the same object within a short time (429 with quota left)."""

    ADVICE = "Send the writes to one object one after another."


class SpamError(APIError):
    """The content looks like spam to Pinterest (429, also 400 and 403); never retried."""

    ADVICE = "Do not send it again as it is; change the content, or write less often."


class ServerError(APIError):
    """Pinterest failed (5xx, and the 400 answers that mean the same)."""

    ADVICE = "Call again later; quote the request id to Pinterest's support if it persists."


class RedirectError(APIError):
    """The API answered with a redirect, which is not followed: a token stays with its host."""

    ADVICE = "Check base_url; if Pinterest has moved, set base_url to the new address."


class DecodeError(APIError):
    """A successful answer that is not JSON; `body` holds its first 64 KiB. Not retried.

    One without any content is no such error: it is None, and reported as a drift.
    """

    ADVICE = "The call took effect; read error.body, and report it if it persists."


class AnswerTooLargeError(DecodeError):
    """A successful answer is larger than `SessionPool(max_answer=...)` allows. Not retried."""

    ADVICE = "The call took effect; ask for less, or allow more with SessionPool(max_answer=...)."


class DriftError(APIError):
    """A successful answer that does not fit its type, under `on_drift='raise'`.

    `drifts` lists what did not fit; `data` is the answer decoded as far as it goes (None after
    pickling).
    """

    ADVICE = "The call took effect. Update pinterest_async, or use on_drift='warn'."

    def __init__(
        self,
        drifts: Sequence[Drift],
        *,
        data: Any,
        status: int,
        request_id: str | None = None,
        body: bytes = b"",
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.drifts = tuple(drifts)
        self.data = data
        super().__init__(
            "; ".join(str(drift) for drift in self.drifts),
            status=status,
            request_id=request_id,
            body=body,
            operation=operation,
            attempts=attempts,
        )

    def _state(self) -> dict[str, Any]:
        return {**super()._state(), "data": None}


class ItemsFailedError(APIError):
    """An answer that succeeded as a whole reports items that failed; see `raise_for_items`.

    `failures` lists them with index, code and message; `data` is the answer, with the items that
    succeeded (None after pickling). `status` is 200 where only the data were at hand.
    """

    ADVICE = (
        "The other items took effect: correct those in error.failures, and send these alone again."
    )

    def __init__(
        self,
        failures: Sequence[ItemFailure],
        *,
        data: Any = None,
        status: int = 200,
        request_id: str | None = None,
        body: bytes = b"",
        operation: Operation[Any] | None = None,
        attempts: int = 0,
    ) -> None:
        self.failures = tuple(failures)
        self.data = data
        shown = [str(failure) for failure in self.failures[:_SHOWN_ITEMS]]
        more = len(self.failures) - len(shown)
        super().__init__(
            f"{len(self.failures)} of the items failed: {'; '.join(shown)}"
            + (f"; and {more} more" if more else ""),
            status=status,
            request_id=request_id,
            body=body,
            operation=operation,
            attempts=attempts,
        )

    def _state(self) -> dict[str, Any]:
        bare = tuple(replace(failure, item=None) for failure in self.failures)
        return {**super()._state(), "data": None, "failures": bare}


class DriftWarning(UserWarning):
    """An answer does not fit its type; the misfit was kept as it came.

    It points at the line that made the call.
    """
