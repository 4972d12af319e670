"""From answers to what a caller gets: data, or an error."""

import warnings
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from pinterest_async._core.classify import Answer, Verdict
from pinterest_async._core.codec import decode
from pinterest_async._core.drift import Drift, decode_leniently
from pinterest_async._core.operation import Operation
from pinterest_async._core.response import RateState
from pinterest_async.errors import (
    APIError,
    DecodeError,
    DriftError,
    DriftWarning,
    answer_error,
    describe_drift,
)
from pinterest_async.options import OnDrift
from pinterest_async.response import Response

REQUEST_ID: Final = "x-pinterest-rid"


def read(
    operation: Operation[Any],
    query: Any,
    answer: Answer,
    rate: RateState,
    *,
    attempts: int,
    on_drift: OnDrift,
    told: set[tuple[str, str]],
) -> Response[Any]:
    """Decode a successful answer; leniently, and telling of it, where it does not fit its type."""
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
            data, drifts = decode_leniently(operation, answer.body, query)
        except msgspec.DecodeError as error:
            raise DecodeError(f"the answer cannot be read: {error}", **facts) from None
        if drifts and on_drift == "raise":
            raise DriftError(drifts, data=data, **facts) from None
        if on_drift == "warn":
            _tell(operation, drifts, told)
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


def refusal(
    operation: Operation[Any],
    answer: Answer,
    verdict: Verdict,
    *,
    attempts: int,
    secrets: Iterable[str],
) -> APIError:
    """The error for an answer that is no success, `secrets` blanked out where they were echoed."""
    body, message = answer.body, verdict.error.message
    for secret in secrets:
        if secret and secret.encode() in body:
            body = body.replace(secret.encode(), b"[redacted]")
            message = message.replace(secret, "[redacted]")
    if verdict.kind == "redirect":
        host = urlsplit(answer.headers.get("Location", "")).hostname
        message = f"the API redirects to {host or 'another path'}, which is not followed"
    return answer_error(
        verdict.kind,
        message,
        status=answer.status,
        code=verdict.error.code,
        request_id=answer.headers.get(REQUEST_ID),
        body=body,
        wait=verdict.wait,
        operation=operation,
        attempts=attempts,
    )


def _tell(operation: Operation[Any], drifts: list[Drift], told: set[tuple[str, str]]) -> None:
    """Warn of each drift, once for each operation and field."""
    for drift in drifts:
        key = operation.id, drift.field
        if key not in told:
            told.add(key)
            warnings.warn(
                f"{operation.namespace}.{operation.name}: {describe_drift(drift)}; it was kept as "
                "it came. Update pinterest_async, or pass on_drift='ignore'.",
                DriftWarning,
                stacklevel=5,
            )
