"""What an answer, or the lack of one, means: one table, and the functions that look things up.

A decision takes the status, Pinterest's own code, the message, the operation and how far a failed
request came; the status alone decides nothing, since the API answers 400 for faults of its own and
401 for missing permissions.
"""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, TypeAlias

import msgspec

from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import (
    TOOK_EFFECT,
    Cause,
    RawResponse,
    RequestFailure,
)
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.ratelimit_headers import RateState

ResponseKind: TypeAlias = Literal[
    "ok",
    "redirect",
    "bad_request",
    "unprocessable",
    "authentication",
    "permission",
    "not_found",
    "conflict",
    "rate_limit",
    "report_cost",
    "contention",
    "spam",
    "server",
]
"""What an answer means."""

Again: TypeAlias = Literal["never", "safe", "once", "always", "refresh"]
"""Whether to try again.

`always`: the request provably had no effect, so writes may be repeated too. `safe`: only what may
be repeated by its nature (reads, idempotent operations). `once`: like `always`, one time only.
`refresh`: after a new token was got, one time only.
"""


class Rule(msgspec.Struct, frozen=True):
    """One row of the table: what must hold, and what follows.

    `status` is an inclusive range; `codes`, `text` (searched in the message, case ignored), `reads`
    and `writes` narrow it. `quota_left` asks for an answer whose headers say that quota was left.
    `repeated_delete` asks for a DELETE that was sent before. `freeze` stops the operation's bucket
    for everyone; `pause` is a wait known from experience. `advice` replaces what the error advises
    by itself: `TOOK_EFFECT` for writes, `_SCOPES` for operations that name scopes.
    """

    kind: ResponseKind
    again: Again
    status: tuple[int, int]
    why: str
    codes: tuple[int, ...] = ()
    text: re.Pattern[str] | None = None
    reads: bool = False
    writes: bool = False
    quota_left: bool = False
    repeated_delete: bool = False
    freeze: bool = False
    pause: float | None = None
    advice: str | None = None


def _text(pattern: str) -> re.Pattern[str]:
    return lazy_pattern(pattern, re.IGNORECASE)


_SCOPES: Final = "The operation needs the scopes {scopes}, and access to the object."

RULES: Final[tuple[Rule, ...]] = (
    Rule("ok", "never", (200, 299), "success"),
    Rule("redirect", "never", (300, 399), "not followed: the token stays with its host"),
    Rule("spam", "never", (400, 499), "the content was taken for spam", codes=(9,)),
    Rule("spam", "never", (400, 429), "the content was taken for spam", text=_text(r"\bspam\b")),
    Rule(
        "report_cost",
        "always",
        (400, 429),
        "the cost limit of reports, apart from request counts",
        codes=(2726,),
    ),
    Rule(
        "report_cost",
        "always",
        (400, 400),
        "the same limit, answered as a bad request",
        text=_text(r"retry after\s+\d"),
    ),
    Rule(
        "contention",
        "always",
        (429, 429),
        "writes to one object too close together, with quota left",
        text=_text(r"multiple write operations"),
        writes=True,
        quota_left=True,
    ),
    Rule(
        "rate_limit",
        "always",
        (429, 429),
        "a quota is used up: the bucket stops for everyone",
        freeze=True,
    ),
    Rule("authentication", "refresh", (401, 401), "token expired or revoked", codes=(2,)),
    Rule(
        "permission",
        "never",
        (401, 403),
        "the app has trial access only",
        text=_text("trial access"),
        advice="Use environment='sandbox' with a sandbox token, or apply for standard access.",
    ),
    Rule(
        "permission",
        "never",
        (401, 401),
        "scope, role or app access missing: a new token does not help",
        codes=(3, 7, 29),
        advice=_SCOPES,
    ),
    Rule("authentication", "never", (401, 401), "not authenticated"),
    Rule(
        "server",
        "safe",
        (400, 400),
        "a fault of the server under 400; a write may have taken effect",
        codes=(12, 2787),
        advice=TOOK_EFFECT,
    ),
    Rule(
        "bad_request",
        "once",
        (400, 400),
        "comes without cause after quick reads in a row, and goes away",
        text=_text(r"only get data from the last \d+ days"),
        reads=True,
        pause=1.0,
    ),
    Rule(
        "bad_request",
        "once",
        (400, 400),
        "Pinterest could not fetch an image, which often succeeds at another try",
        text=_text(r"could not fetch the image"),
        pause=2.0,
        advice="Call again with the same image, which often helps; if it persists, see that "
        "everybody can fetch it from its address.",
    ),
    Rule("permission", "never", (403, 403), "not permitted", advice=_SCOPES),
    Rule(
        "not_found",
        "never",
        (404, 404),
        "an earlier attempt may have deleted it",
        repeated_delete=True,
        advice="An earlier attempt whose answer was lost may have deleted it.",
    ),
    Rule("not_found", "never", (404, 404), "not there, or not visible"),
    Rule("server", "safe", (408, 408), "the server gave up waiting for the request"),
    Rule("conflict", "never", (409, 409), "does not fit the present state"),
    Rule("unprocessable", "never", (422, 422), "understood and refused"),
    Rule("bad_request", "never", (400, 499), "a fault of the request"),
    Rule("server", "never", (501, 501), "not implemented"),
    Rule("server", "never", (503, 503), "the endpoint is being withdrawn", codes=(4197,)),
    Rule(
        "server",
        "safe",
        (500, 599),
        "a fault of the server or of a proxy before it (520); a write may have taken effect",
    ),
    Rule("server", "never", (100, 999), "a status that HTTP does not know"),
)
"""The table of what answers mean, and whether to try again: the first row that holds decides."""

FAILURES: Final[dict[Cause, tuple[Again, str]]] = {
    "connect_failed": ("always", "no connection could be made"),
    "dns": ("always", "the host name could not be resolved"),
    "connect_timeout": ("always", "no connection within the time allowed"),
    "tls": ("never", "the secure connection could not be made"),
    "proxy": ("never", "the proxy did not let the request through"),
    "read_timeout": ("safe", "the answer did not arrive in time"),
    "lost": ("safe", "the connection broke"),
    "garbled": ("safe", "the answer was garbled"),
}
"""The table for requests without a usable answer."""


class ErrorBody(msgspec.Struct, frozen=True):
    """Pinterest's code and message in an error answer, as far as it has them."""

    code: int | None
    message: str


class Verdict(msgspec.Struct, frozen=True):
    """What follows from an answer. `wait` is what the server named, in seconds."""

    kind: ResponseKind
    again: Again
    freeze: bool
    wait: float | None
    error: ErrorBody
    advice: str | None = None


_FIRST_ERROR: Final = 300
_LONGEST_WAIT: Final = 31 * 86_400.0
"""Seconds; no quota has a longer window."""
_AMBIGUOUS: Final = (400, 401)
_LOGS_TOLD: Final = 3
_TITLE: Final = lazy_pattern(r"<title[^<>]*>([^<]*)</title>", re.IGNORECASE)
_NAMED_WAIT: Final = lazy_pattern(
    r"retry after\s+(\d+(?:\.\d+)?)\s*(milli|ms\b|min|m\b|hour|h\b)?", re.IGNORECASE
)
_UNIT: Final = {"milli": 0.001, "ms": 0.001, "min": 60.0, "m": 60.0, "hour": 3600.0, "h": 3600.0}


def error_response(failure: RequestFailure) -> RawResponse | None:
    """The error answer whose body broke off, if its status says enough.

    400 and 401 do not: each means several things, and the code that decides is lost.
    """
    status = failure.status
    if status is None or status < _FIRST_ERROR or status in _AMBIGUOUS:
        return None
    return RawResponse(status, failure.headers, b"")


def gone_stale(operation: Operation[Any], failure: RequestFailure) -> bool:
    """Whether an idle connection was closed just when a harmless request reused it."""
    return (
        failure.reused
        and failure.cause == "lost"
        and failure.phase == "maybe_sent"
        and repeatable(operation)
    )


def repeatable(operation: Operation[Any]) -> bool:
    """Whether repeating the call does no harm."""
    return operation.method == "GET" or bool(operation.idempotent)


def classify(
    operation: Operation[Any], answer: RawResponse, rate: RateState, attempts: int = 1
) -> Verdict:
    """Say what the answer to the last of some attempts means, and whether to try again."""
    error = parse_error(answer.body)
    for rule in RULES:
        if _holds(rule, operation.method, answer.status, error, rate, attempts):
            again, advice = _permitted(rule.again, operation), _advice(rule, operation)
            wait = _wait(rule, error.message, rate, answer.headers.get("Retry-After"))
            return Verdict(rule.kind, again, rule.freeze, wait, error, advice)
    return Verdict("server", "never", False, None, error)


def classify_failure(operation: Operation[Any], failure: RequestFailure) -> bool:
    """Say whether a call may be tried again whose request got no usable answer."""
    if FAILURES[failure.cause][0] == "never":
        return False
    return failure.phase == "not_sent" or repeatable(operation)


def parse_error(body: bytes) -> ErrorBody:
    """Read an error answer of any form: JSON, HTML, text or nothing."""
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        document = None
    if is_object(document):
        return _from_json(document)
    title = _TITLE.search(body[:4096].decode("utf-8", "replace"))
    return ErrorBody(None, " ".join(title[1].split()) if title else "")


def _from_json(document: dict[Any, Any]) -> ErrorBody:
    code = document.get("code")
    texts: list[str] = []
    for key in ("message", "message_detail", "error_description", "error"):
        value = document.get(key)
        if isinstance(value, str) and (line := " ".join(value.split())) and line not in texts:
            texts.append(line)
    if not texts:
        texts = [" ".join(one.split()) for one in _rejected(document) if one]
    return ErrorBody(
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        "; ".join(texts),
    )


def _rejected(document: dict[Any, Any]) -> Iterator[str]:
    """What is wrong with each log of a batch that was refused: 5.28 tells it in place of a text."""
    logs = document.get("rejected_logs")
    for one in logs[:_LOGS_TOLD] if is_items(logs) else ():
        if is_object(one):
            said = [one.get("field"), one.get("reason")]
            yield ": ".join(part for part in said if isinstance(part, str))


def _holds(
    rule: Rule, method: str, status: int, error: ErrorBody, rate: RateState, attempts: int
) -> bool:
    return (
        rule.status[0] <= status <= rule.status[1]
        and (not rule.codes or error.code in rule.codes)
        and (rule.text is None or rule.text.search(error.message) is not None)
        and (not rule.reads or method == "GET")
        and (not rule.writes or method != "GET")
        and (not rule.quota_left or bool(rate.remaining))
        and (not rule.repeated_delete or (method == "DELETE" and attempts > 1))
    )


def _permitted(again: Again, operation: Operation[Any]) -> Again:
    return "never" if again == "safe" and not repeatable(operation) else again


def _advice(rule: Rule, operation: Operation[Any]) -> str | None:
    if (rule.advice is _SCOPES and not operation.scopes) or (
        rule.advice is TOOK_EFFECT and operation.method == "GET"
    ):
        return None
    scopes = " or ".join(", ".join(each) for each in operation.scopes)
    return rule.advice and rule.advice.format(scopes=scopes)


def _wait(rule: Rule, message: str, rate: RateState, retry_after: str | None) -> float | None:
    if rule.again == "never":
        return None
    if named := _NAMED_WAIT.search(message):
        return min(float(named[1]) * _UNIT.get((named[2] or "").lower(), 1.0), _LONGEST_WAIT)
    if retry_after is not None and retry_after.strip().isdecimal():
        return min(float(retry_after), _LONGEST_WAIT)
    # Reset speaks of the window nearest to exhaustion: with quota left it is not the cause.
    if rule.freeze and not rate.remaining:
        return rate.reset
    return rule.pause
