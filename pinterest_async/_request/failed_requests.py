"""Turns what requests end in that failed into the errors that a caller gets."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from multidict import CIMultiDict

from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import Cause, RawResponse, RequestFailure, is_success
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.redaction import BLANK, blanked, blanked_text, redact
from pinterest_async._core.retry_rules import FAILURES, ResponseKind, Verdict
from pinterest_async._request.answers import request_id
from pinterest_async._request.whole_bodies import MOST_OF_AN_ERROR
from pinterest_async.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    ConnectTimeoutError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    ReadTimeoutError,
    RedirectError,
    ReportCostError,
    ServerError,
    SpamError,
    UnprocessableError,
    WriteContentionError,
)

_HOST: Final = lazy_pattern(r"[A-Za-z0-9.:-]{1,253}")
_LONG_WORD: Final = lazy_pattern(rb"[\w\-.~+/=%]{20,}")
"""What may be a token that nobody has seen before."""

_MOST_ESCAPES: Final = 8192
_ESCAPED: Final = 16_384
"""Bytes that are kept of an error with more escapes than that: to decode each takes long."""

ANSWER_ERRORS: Final[dict[ResponseKind, type[APIError]]] = {
    "redirect": RedirectError,
    "bad_request": BadRequestError,
    "unprocessable": UnprocessableError,
    "authentication": AuthenticationError,
    "permission": PermissionDeniedError,
    "not_found": NotFoundError,
    "conflict": ConflictError,
    "rate_limit": RateLimitError,
    "report_cost": ReportCostError,
    "contention": WriteContentionError,
    "spam": SpamError,
    "server": ServerError,
}
TIMEOUT_ERRORS: Final[dict[Cause, type[ConnectionFailedError]]] = {
    "connect_timeout": ConnectTimeoutError,
    "read_timeout": ReadTimeoutError,
}


def without_echoes(
    outcome: RawResponse | RequestFailure, secrets: Sequence[str], *, tokens: bool
) -> RawResponse | RequestFailure:
    """The outcome of a request, with `secrets` blanked out of what a person may come to see.

    That is all of an error answer and of a failure; a success is data. `tokens`: it comes from
    where tokens are made, so that long words go as well.
    """
    if isinstance(outcome, RequestFailure):
        detail = redact(blanked_text(outcome.detail[:MOST_OF_AN_ERROR], secrets))
        if tokens:  # what is no HTTP is quoted there, and may be a grant
            detail = re.sub(_LONG_WORD.pattern.decode(), BLANK.decode(), detail)
        return msgspec.structs.replace(
            outcome,
            detail=detail,
            headers=_without_echoes(outcome.headers, secrets),
        )
    if is_success(outcome):
        return outcome
    body = outcome.body[:MOST_OF_AN_ERROR]
    if sum(map(body.count, (b"%", b"\\", b"&"))) > _MOST_ESCAPES:
        body = body[:_ESCAPED]
    body = blanked(body, secrets)
    if tokens:
        body = _LONG_WORD.sub(BLANK, body)
    return RawResponse(outcome.status, _without_echoes(outcome.headers, secrets), body)


def _without_echoes(headers: Mapping[str, str], secrets: Sequence[str]) -> Mapping[str, str]:
    return CIMultiDict(
        (blanked_text(name, secrets), blanked_text(value, secrets))
        for name, value in headers.items()
    )


def api_error(
    operation: Operation[Any],
    answer: RawResponse,
    verdict: Verdict,
    *,
    attempts: int,
) -> APIError:
    """The error for an answer that is no success."""
    message = verdict.error.message
    if verdict.kind == "redirect":
        host = _host(answer.headers.get("Location", ""))
        message = f"the API redirects to {host or 'another path'}, which is not followed"
    return ANSWER_ERRORS[verdict.kind](
        message,
        status=answer.status,
        code=verdict.error.code,
        request_id=request_id(answer.headers, ()),
        body=answer.body,
        wait=verdict.wait,
        advice=verdict.advice,
        operation=operation,
        attempts=attempts,
    )


def connection_error(
    failure: RequestFailure, *, operation: Operation[Any] | None = None, attempts: int = 0
) -> ConnectionFailedError:
    """The error for a request without a usable answer."""
    return TIMEOUT_ERRORS.get(failure.cause, ConnectionFailedError)(
        f"{FAILURES[failure.cause][1]}: {failure.detail}",
        phase=failure.phase,
        status=failure.status,
        operation=operation,
        attempts=attempts,
    )


def _host(location: str) -> str | None:
    """The host of an address, as far as it can be one."""
    try:
        host = urlsplit(location).hostname or ""
    except ValueError:
        return None
    return host if _HOST.fullmatch(host) else None
