"""Reads answers in steps that fit their type, and all others: large, drifted, with failed items.

Imported with the first such answer.
"""

import inspect
import logging
import warnings
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from pinterest_async._core.drift import Drift
from pinterest_async._core.operation import Operation
from pinterest_async._core.outcomes import RawResponse
from pinterest_async._core.pieces import TooHeavyError
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._core.redaction import blanked
from pinterest_async._request.answers import answered, request_id
from pinterest_async._request.decoding import Decoded, Steps, at_once, decoded, without_secrets
from pinterest_async._request.whole_bodies import MOST_OF_AN_ERROR
from pinterest_async.errors import AnswerTooLargeError, DecodeError, DriftError, DriftWarning
from pinterest_async.options import OnDrift
from pinterest_async.response import Response

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
    return answered(operation, answer, found.data, body, id, rate, attempts)


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
    return answered(operation, answer, lambda: at_once(steps).data, answer.body, id, rate, attempts)


def _decoded_again(operation: Operation[Any], body: bytes, query: Any) -> Steps[Any]:
    """The data of an answer in which secrets were blanked out; None where that broke it."""
    try:
        return (yield from decoded(operation, body, query)).data
    except (msgspec.DecodeError, TooHeavyError):
        return None


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
