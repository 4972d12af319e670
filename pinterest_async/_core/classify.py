"""What an answer, or the lack of one, means: one table, and the functions that look things up.

A decision takes the status, Pinterest's own code, the message, the operation and how far a failed
request came; the status alone decides nothing, since the API answers 400 for faults of its own and
401 for missing permissions.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from pinterest_async._core.guards import is_object
from pinterest_async._core.operation import Operation
from pinterest_async._core.rate_state import RateState

Phase: TypeAlias = Literal["not_sent", "maybe_sent", "truncated_answer"]
"""How far a request came that got no usable answer."""

Kind: TypeAlias = Literal[
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
be repeated by its nature (reads, idempotent operations). `once`: like `safe`, one time only.
`refresh`: after a new token was got, one time only.
"""

Cause: TypeAlias = Literal[
    "refused", "dns", "tls", "proxy", "connect_timeout", "read_timeout", "lost", "garbled"
]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the table: what must hold, and what follows.

    `status` is an inclusive range; `codes`, `text` (searched in the message, case ignored) and
    `writes` narrow it. `quota_left` asks for an answer whose headers say that quota was left.
    `freeze` stops the operation's bucket for everyone; `pause` is a wait known from experience.
    """

    kind: Kind
    again: Again
    why: str
    status: tuple[int, int]
    codes: frozenset[int] | None = None
    text: re.Pattern[str] | None = None
    writes: bool = False
    quota_left: bool = False
    freeze: bool = False
    pause: float | None = None


def _text(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


def _codes(*codes: int) -> frozenset[int]:
    return frozenset(codes)


RULES: Final[tuple[Rule, ...]] = (
    Rule(kind="ok", again="never", status=(200, 299), why="success"),
    Rule(
        kind="redirect",
        again="never",
        status=(300, 399),
        why="not followed: the token stays with its host",
    ),
    Rule(
        kind="spam",
        again="never",
        status=(429, 429),
        text=_text(r"\bspam"),
        why="the content was taken for spam",
    ),
    Rule(
        kind="report_cost",
        again="always",
        status=(400, 429),
        codes=_codes(2726),
        why="the cost limit of reports, apart from request counts",
    ),
    Rule(
        kind="report_cost",
        again="always",
        status=(400, 400),
        text=_text(r"retry after\s+\d"),
        why="the same limit, answered as a bad request",
    ),
    Rule(
        kind="contention",
        again="always",
        status=(429, 429),
        text=_text(r"multiple write operations"),
        writes=True,
        quota_left=True,
        why="writes to one object too close together, with quota left",
    ),
    Rule(
        kind="rate_limit",
        again="always",
        status=(429, 429),
        freeze=True,
        why="a quota is used up: the bucket stops for everyone",
    ),
    Rule(
        kind="authentication",
        again="refresh",
        status=(401, 401),
        codes=_codes(2),
        why="token expired or revoked",
    ),
    Rule(
        kind="permission",
        again="never",
        status=(401, 401),
        codes=_codes(3, 7, 29),
        why="scope, role or app access missing: a new token does not help",
    ),
    Rule(kind="authentication", again="never", status=(401, 401), why="not authenticated"),
    Rule(
        kind="server",
        again="safe",
        status=(400, 400),
        codes=_codes(12, 2787),
        why="a fault of the server under 400; a write may have taken effect",
    ),
    Rule(
        kind="bad_request",
        again="once",
        status=(400, 400),
        text=_text(r"only get data from the last \d+ days"),
        pause=1.0,
        why="comes without cause after quick reads in a row, and goes away",
    ),
    Rule(kind="permission", again="never", status=(403, 403), why="not permitted"),
    Rule(kind="not_found", again="never", status=(404, 404), why="not there, or not visible"),
    Rule(
        kind="server",
        again="safe",
        status=(408, 408),
        why="the server gave up waiting for the request",
    ),
    Rule(kind="conflict", again="never", status=(409, 409), why="does not fit the present state"),
    Rule(kind="unprocessable", again="never", status=(422, 422), why="understood and refused"),
    Rule(kind="bad_request", again="never", status=(400, 499), why="a fault of the request"),
    Rule(kind="server", again="never", status=(501, 501), why="not implemented"),
    Rule(
        kind="server",
        again="never",
        status=(503, 503),
        codes=_codes(4197),
        why="the endpoint is being withdrawn",
    ),
    Rule(
        kind="server",
        again="safe",
        status=(500, 599),
        why="a fault of the server or of a proxy before it (520); a write may have taken effect",
    ),
    Rule(kind="server", again="never", status=(100, 999), why="a status that HTTP does not know"),
)
"""The table: the first row that holds decides."""

FAILURES: Final[dict[Cause, tuple[Again, str]]] = {
    "refused": ("always", "nobody listens there"),
    "dns": ("always", "the host name could not be resolved"),
    "connect_timeout": ("always", "no connection within the time allowed"),
    "tls": ("never", "the secure connection could not be made"),
    "proxy": ("never", "the proxy did not let the request through"),
    "read_timeout": ("safe", "the answer did not arrive in time"),
    "lost": ("safe", "the connection broke"),
    "garbled": ("safe", "the answer was garbled"),
}
"""The table for requests without a usable answer."""


class Answer(NamedTuple):
    """An answer as it came, its body decompressed. `headers` ignores the case of names."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def __repr__(self) -> str:
        # Reporters of errors show variables, and an answer of the token endpoint holds tokens.
        return f"<Answer {self.status}, {len(self.body)} bytes>"


class ErrorBody(msgspec.Struct, frozen=True):
    """What an error answer says: Pinterest's code and words, each as far as there are any."""

    code: int | None
    message: str


class Verdict(msgspec.Struct, frozen=True):
    """What follows from an answer. `wait` is what the server named, in seconds."""

    kind: Kind
    again: Again
    freeze: bool
    wait: float | None
    error: ErrorBody


class Failure(msgspec.Struct, frozen=True):
    """A request without a usable answer.

    `status` and `headers` are known when they had arrived; `reused` tells that it went over a
    connection that had been idle.
    """

    phase: Phase
    cause: Cause
    detail: str
    status: int | None = None
    reused: bool = False
    headers: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        # Without the headers, which may repeat what was sent.
        return f"<Failure {self.phase}, {self.cause}: {self.detail!r}>"


_REFUSED: Final = 300
_AMBIGUOUS: Final = (400, 401)
_OK: Final = Verdict("ok", "never", False, None, ErrorBody(None, ""))
_TITLE: Final = re.compile(r"<title[^<>]*>([^<]*)</title>", re.IGNORECASE)
_NAMED_WAIT: Final = re.compile(
    r"retry after\s+(\d+(?:\.\d+)?)\s*(milli|ms\b|min|m\b|hour|h\b)?", re.IGNORECASE
)
_UNIT: Final = {"milli": 0.001, "ms": 0.001, "min": 60.0, "m": 60.0, "hour": 3600.0, "h": 3600.0}


def refused(failure: Failure) -> Answer | None:
    """The refusal whose body broke off, if its status says enough.

    400 and 401 do not: they mean several things, told apart by what is lost.
    """
    status = failure.status
    if status is None or status < _REFUSED or status in _AMBIGUOUS:
        return None
    return Answer(status, failure.headers, b"")


def gone_stale(operation: Operation[Any], failure: Failure) -> bool:
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


def classify(operation: Operation[Any], answer: Answer, rate: RateState) -> Verdict:
    """Say what an answer means, and whether the call may be tried again."""
    if 200 <= answer.status <= 299:
        return _OK
    error = parse_error(answer.body)
    for rule in RULES:
        if _holds(rule, operation, answer.status, error, rate):
            wait = _wait(rule, error.message, rate, answer.headers.get("Retry-After"))
            return Verdict(rule.kind, _permitted(rule.again, operation), rule.freeze, wait, error)
    return Verdict("server", "never", False, None, error)


def classify_failure(operation: Operation[Any], failure: Failure) -> bool:
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
    words: list[str] = []
    for key in ("message", "message_detail", "error_description", "error"):
        value = document.get(key)
        if isinstance(value, str) and (line := " ".join(value.split())) and line not in words:
            words.append(line)
    return ErrorBody(
        code if isinstance(code, int) and not isinstance(code, bool) else None,
        "; ".join(words),
    )


def _holds(
    rule: Rule, operation: Operation[Any], status: int, error: ErrorBody, rate: RateState
) -> bool:
    return (
        rule.status[0] <= status <= rule.status[1]
        and (rule.codes is None or error.code in rule.codes)
        and (rule.text is None or rule.text.search(error.message) is not None)
        and (not rule.writes or operation.method != "GET")
        and (not rule.quota_left or bool(rate.remaining))
    )


def _permitted(again: Again, operation: Operation[Any]) -> Again:
    return "never" if again in ("safe", "once") and not repeatable(operation) else again


def _wait(rule: Rule, message: str, rate: RateState, retry_after: str | None) -> float | None:
    if rule.again == "never":
        return None
    if named := _NAMED_WAIT.search(message):
        return float(named[1]) * _UNIT.get((named[2] or "").lower(), 1.0)
    if retry_after is not None and retry_after.strip().isdecimal():
        return float(retry_after)
    # Reset speaks of the window nearest to exhaustion: with quota left it is not the cause.
    if rule.freeze and not rate.remaining:
        return rate.reset
    return rule.pause
