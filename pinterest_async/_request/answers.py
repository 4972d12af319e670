"""Turns answers into what a caller gets: data, or an error."""

import inspect
import logging
import re
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from multidict import CIMultiDict

from pinterest_async._core.codec import decode
from pinterest_async._core.drift import Drift
from pinterest_async._core.item_failures import may_report_failures
from pinterest_async._core.operation import Operation
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.pieces import TooHeavyError
from pinterest_async._core.rate_state import RateState
from pinterest_async._core.redaction import BLANK, blanked, blanked_text, redact
from pinterest_async._core.retry_rules import (
    FAILURES,
    Cause,
    RawResponse,
    RequestFailure,
    ResponseKind,
    Verdict,
)
from pinterest_async._request.decoding import (
    AT_ONCE,
    Decoded,
    Steps,
    at_once,
    decoded,
    without_secrets,
)
from pinterest_async._request.reading import MOST_OF_AN_ERROR
from pinterest_async.errors import (
    AnswerTooLargeError,
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ConnectionFailedError,
    ConnectTimeoutError,
    DecodeError,
    DriftError,
    DriftWarning,
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
from pinterest_async.options import OnDrift
from pinterest_async.response import Response

REQUEST_ID: Final = "x-pinterest-rid"

_REQUEST_ID: Final = lazy_pattern(r"[0-9a-f-]{1,40}|[\w.:+/=-]{1,30}", re.ASCII | re.IGNORECASE)
_LONGEST_NUMBER: Final = 30
_HOST: Final = lazy_pattern(r"[A-Za-z0-9.:-]{1,253}")
_LONG_WORD: Final = lazy_pattern(rb"[\w\-.~+/=%]{20,}")
"""What may be a token that nobody has seen before."""

_MOST_ESCAPES: Final = 8192
_ESCAPED: Final = 16_384
"""Bytes that are kept of an error with more escapes than that: to decode each takes long."""

_LOG: Final = logging.getLogger("pinterest_async")
_PACKAGE: Final = __name__.partition(".")[0]
_BETWEEN: Final = frozenset({"asyncio", "contextlib"})
"""Packages whose functions may stand between a caller's line and ours."""
_LOOP: Final = frozenset({"asyncio.events", "asyncio.base_events", "asyncio.runners"})
"""Modules that run tasks: what called them did not call what runs in the task."""

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
    if 200 <= outcome.status <= 299:
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


def request_id(headers: Mapping[str, str], secrets: Sequence[str]) -> str | None:
    """The id of the request, if it can be one, and is no echo of something else."""
    found = headers.get(REQUEST_ID)
    if found is None:
        return None
    if found.isdecimal() and found.isascii() and len(found) <= _LONGEST_NUMBER:
        for secret in secrets:
            if found in secret:
                break
        else:
            return found  # as Pinterest makes them; no search for encodings in each answer
    return blanked_text(found, secrets) if _REQUEST_ID.fullmatch(found) else None


def read_at_once(
    operation: Operation[Any],
    query: Any,
    answer: RawResponse,
    rate: RateState,
    *,
    attempts: int,
    secrets: Sequence[str] = (),
) -> Response[Any] | None:
    """Decode a small answer that fits its type, as nearly all do; None where `read` has to."""
    if len(answer.body) > AT_ONCE or may_report_failures(operation.answer):
        return None
    try:
        data = decode(operation, answer.body, query)
    except msgspec.DecodeError:
        return None
    id = request_id(answer.headers, secrets)
    return _response(operation, answer, data, answer.body, id, rate, attempts)


def read(
    operation: Operation[Any],
    query: Any,
    answer: RawResponse,
    rate: RateState,
    *,
    attempts: int,
    on_drift: OnDrift,
    reported: set[tuple[str, str]],
    secrets: Sequence[str] = (),
) -> Steps[Response[Any]]:
    """Decode a successful answer; where it does not fit its type, leniently, with a warning.

    Raises:
        DecodeError: It is no JSON.
        AnswerTooLargeError: A part of it is too large to be decoded at once.
        DriftError: It does not fit its type, and `on_drift` says so.
    """
    id = request_id(answer.headers, secrets)
    facts: dict[str, Any] = {
        "status": answer.status,
        "request_id": id,
        "operation": operation,
        "attempts": attempts,
    }
    found: Decoded | None = None
    kind = DecodeError
    why = ""
    try:
        found = yield from decoded(operation, answer.body, query)
    except msgspec.DecodeError as error:
        why = f"the answer cannot be read: {error}"
    except TooHeavyError as error:
        kind, why = AnswerTooLargeError, str(error)
    # Errors are raised out here, since those of the decoder know the bytes that they were about.
    if found is None:
        body = blanked(answer.body[:MOST_OF_AN_ERROR], secrets)
        raise kind(why, body=body, **facts)
    _log_unknown_fields(operation, found, reported)
    body = answer.body
    fails = bool(found.drifts) and on_drift == "raise"
    if fails or found.failed:
        # It becomes an error, now or in `raise_for_items`, which shows what it holds.
        body = yield from without_secrets(body, secrets)
        if body is not answer.body:
            data = yield from _decoded_again(operation, body, query)
            found = found._replace(data=data)
    if fails:
        drifts, data = found.drifts, found.data
        found = None  # a traceback shows variables
        raise DriftError(drifts, data=data, body=body, **facts)
    if on_drift == "warn":
        _warn_of_drifts(operation, found.drifts, reported)
    return _response(operation, answer, found.data, body, id, rate, attempts)


def unread(
    operation: Operation[Any],
    answer: RawResponse,
    rate: RateState,
    steps: Steps[Response[Any]],
    *,
    attempts: int,
    secrets: Sequence[str] = (),
) -> Response[Any]:
    """A successful answer whose data are a function that takes the steps of reading it."""
    id = request_id(answer.headers, secrets)
    return _response(
        operation, answer, lambda: at_once(steps).data, answer.body, id, rate, attempts
    )


def _response(
    operation: Operation[Any],
    answer: RawResponse,
    data: Any,
    raw: bytes,
    id: str | None,
    rate: RateState,
    attempts: int,
) -> Response[Any]:
    return Response(
        data=data,
        operation=operation,
        status=answer.status,
        headers=answer.headers,
        request_id=id,
        rate=rate,
        attempts=attempts,
        raw=raw,
    )


def _decoded_again(operation: Operation[Any], body: bytes, query: Any) -> Steps[Any]:
    """The data of an answer in which secrets were blanked out; None where that broke it."""
    try:
        return (yield from decoded(operation, body, query)).data
    except (msgspec.DecodeError, TooHeavyError):
        return None


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


def _log_unknown_fields(
    operation: Operation[Any], found: Decoded, reported: set[tuple[str, str]]
) -> None:
    """Log which fields are unknown, once for each operation and field."""
    name = f"{operation.namespace}.{operation.name}"
    for place in found.learnt:
        key = operation.id, f"unknown {place}"
        if key not in reported:
            reported.add(key)
            _LOG.info(
                "%s: the answer has a field that this version does not know: %s; "
                "read it with unknown_fields()",
                name,
                place if place.isprintable() else ascii(place),
            )
    if found.overflow:
        _LOG.info(
            "%s: the answer has more fields that this version does not know than are kept, or with "
            "names that are too long; the further ones are dropped",
            name,
        )


def _warn_of_drifts(
    operation: Operation[Any], drifts: Iterable[Drift], reported: set[tuple[str, str]]
) -> None:
    """Warn of each drift, once for each operation and field."""
    for drift in drifts:
        key = operation.id, drift.field
        if key not in reported:
            reported.add(key)
            warnings.warn(
                f"{operation.namespace}.{operation.name}: {drift}; it was kept as "
                "it came. Update pinterest_async, or pass on_drift='ignore'.",
                DriftWarning,
                stacklevel=_stacklevel(),
            )


def _stacklevel() -> int:
    """How many frames above its caller a warning belongs to: at the line that made the call.

    In a task that runs a method of this package and nothing else, there is no line of the
    caller's; then it is the method.
    """
    frame = inspect.currentframe()
    level = own = 0  # this frame; the one that warns is 1
    while frame is not None:
        module: str = frame.f_globals.get("__name__", "")
        package = module.partition(".")[0]
        if package == _PACKAGE:
            own = level
        elif module in _LOOP or package == "anyio":
            break
        elif package not in _BETWEEN:
            return level
        frame, level = frame.f_back, level + 1
    return own
