"""Turns an answer that is small and fits its type into what a caller gets."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from pinterest_async._core.codec import decode
from pinterest_async._core.failure_fields import may_report_failures
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.rate_state import RateState
from pinterest_async.response import Response

REQUEST_ID: Final = "x-pinterest-rid"
AT_ONCE: Final = 262_144
"""Bytes that are decoded at once."""

_REQUEST_ID: Final = lazy_pattern(r"[0-9a-f-]{1,40}|[\w.:+/=-]{1,30}", re.ASCII | re.IGNORECASE)
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
    from pinterest_async._core.redaction import blanked_text

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
