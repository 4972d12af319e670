"""Turns answers into what a caller gets: data, or an error."""

import inspect
import logging
import warnings
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from pinterest_async._core.classify import RawResponse, Verdict
from pinterest_async._core.codec import decode
from pinterest_async._core.drift import Drift, Lenient, decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.rate_state import RateState
from pinterest_async.errors import (
    ANSWER_ERRORS,
    APIError,
    DecodeError,
    DriftError,
    DriftWarning,
    describe_drift,
)
from pinterest_async.options import OnDrift
from pinterest_async.response import Response

REQUEST_ID: Final = "x-pinterest-rid"

_LOG: Final = logging.getLogger("pinterest_async")
_PACKAGE: Final = __name__.partition(".")[0]
_BETWEEN: Final = frozenset({"asyncio", "contextlib"})
"""Packages whose functions may stand between a caller's line and ours."""
_LOOP: Final = frozenset({"asyncio.events", "asyncio.base_events", "asyncio.runners"})
"""Modules that run tasks: what called them did not call what runs in the task."""


def read(
    operation: Operation[Any],
    query: Any,
    answer: RawResponse,
    rate: RateState,
    *,
    attempts: int,
    on_drift: OnDrift,
    reported: set[tuple[str, str]],
) -> Response[Any]:
    """Decode a successful answer; where it does not fit its type, leniently, with a warning.

    Raises:
        DecodeError: It is no JSON.
        DriftError: It does not fit its type, and `on_drift` says so.
    """
    request_id = answer.headers.get(REQUEST_ID)
    facts: dict[str, Any] = {
        "status": answer.status,
        "request_id": request_id,
        "body": answer.body,
        "operation": operation,
        "attempts": attempts,
    }
    try:
        data = decode(operation, answer.body, query)
    except msgspec.DecodeError:
        try:
            lenient = decode_leniently(operation, answer.body, query)
        except msgspec.DecodeError as error:
            raise DecodeError(f"the answer cannot be read: {error}", **facts) from None
        data = lenient.data
        _log_unknown_fields(operation, lenient, reported)
        if lenient.drifts and on_drift == "raise":
            raise DriftError(lenient.drifts, data=data, **facts) from None
        if on_drift == "warn":
            _warn_of_drifts(operation, lenient.drifts, reported)
    return Response(
        data=data,
        operation=operation,
        status=answer.status,
        headers=answer.headers,
        request_id=request_id,
        rate=rate,
        attempts=attempts,
        raw=answer.body,
    )


def api_error(
    operation: Operation[Any],
    answer: RawResponse,
    verdict: Verdict,
    *,
    attempts: int,
    secrets: Iterable[str],
) -> APIError:
    """The error for an answer that is no success, with `secrets` blanked out."""
    body, message = answer.body, verdict.error.message
    for secret in secrets:
        if secret and secret.encode() in body:
            body = body.replace(secret.encode(), b"[redacted]")
            message = message.replace(secret, "[redacted]")
    if verdict.kind == "redirect":
        host = urlsplit(answer.headers.get("Location", "")).hostname
        message = f"the API redirects to {host or 'another path'}, which is not followed"
    return ANSWER_ERRORS[verdict.kind](
        message,
        status=answer.status,
        code=verdict.error.code,
        request_id=answer.headers.get(REQUEST_ID),
        body=body,
        wait=verdict.wait,
        advice=verdict.advice,
        operation=operation,
        attempts=attempts,
    )


def _log_unknown_fields(
    operation: Operation[Any], lenient: Lenient[Any], reported: set[tuple[str, str]]
) -> None:
    """Log which fields are unknown, once for each operation and field."""
    name = f"{operation.namespace}.{operation.name}"
    for place in lenient.learnt:
        key = operation.id, f"unknown {place}"
        if key not in reported:
            reported.add(key)
            _LOG.info(
                "%s: the answer has a field that this version does not know: %s; "
                "read it with unknown_fields()",
                name,
                place if place.isprintable() else ascii(place),
            )
    if lenient.overflow:
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
                f"{operation.namespace}.{operation.name}: {describe_drift(drift)}; it was kept as "
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
