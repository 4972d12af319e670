"""Turns an answer that is small and fits its type into what a caller gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from pinterest_async._core.codec import decode
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.response import Response

REQUEST_ID: Final = "x-pinterest-rid"
AT_ONCE: Final = 262_144
"""Bytes that are decoded at once."""

_LONGEST_NUMBER: Final = 30


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
    from pinterest_async._core.redaction import blanked_id

    return blanked_id(found, secrets)


def items_may_fail(operation: Operation[Any]) -> bool:
    """Whether answers of an operation can report items that failed."""
    if operation.items_may_fail is not None:
        return operation.items_may_fail
    from pinterest_async._core.failure_fields import may_report_failures

    return may_report_failures(operation.answer)


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
    if len(answer.body) > AT_ONCE or items_may_fail(operation):
        return None
    try:
        data = decode(operation, answer.body, query)
    except msgspec.DecodeError:
        return None
    id = request_id(answer.headers, secrets)
    return answered(operation, answer, data, answer.body, id, rate, attempts)


def answered(
    operation: Operation[Any],
    answer: RawResponse,
    data: Any,
    raw: bytes,
    id: str | None,
    rate: RateState,
    attempts: int,
) -> Response[Any]:
    """A successful answer with its data."""
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
