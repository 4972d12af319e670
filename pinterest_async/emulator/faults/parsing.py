"""Faults from data and from text, as control routes and command lines have them."""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec

from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults.base import Fault
from pinterest_async.emulator.faults.drift import Drift
from pinterest_async.emulator.faults.pages import EmptyPage, RepeatedItems, WrongBookmark
from pinterest_async.emulator.faults.responses import (
    ChangedHeaders,
    Error,
    ExpiredToken,
    HtmlError,
    JobState,
    RateLimited,
)
from pinterest_async.emulator.faults.transmission import Garbled, Late, Reset, Slow, Truncated

_Any: TypeAlias = (
    ChangedHeaders
    | Drift
    | EmptyPage
    | Error
    | ExpiredToken
    | Garbled
    | HtmlError
    | JobState
    | Late
    | RateLimited
    | RepeatedItems
    | Reset
    | Slow
    | Truncated
    | WrongBookmark
)
KINDS: Final = tuple(sorted(str(kind.__struct_config__.tag) for kind in _Any.__args__))


def descriptions() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What each kind of fault is, in a sentence, and the fields that it has of its own."""
    common = set(Fault.__struct_fields__)
    return {
        str(kind.__struct_config__.tag): (
            (kind.__doc__ or "").partition("\n")[0],
            tuple(name for name in kind.__struct_fields__ if name not in common),
        )
        for kind in _Any.__args__
    }


def read(source: Fault | Mapping[str, Any] | str) -> Fault:
    """A fault from its data or its text.

    Data are its fields and its kind: `{"kind": "error", "status": 503, "rate": 0.05}`. Text is the
    kind, then fields: `error:status=503,rate=0.05`.

    Raises:
        ValueError: for a kind or a field that there is not, or a value that makes no sense.
    """
    if isinstance(source, Fault):
        return source
    data: object = _parsed(source) if isinstance(source, str) else source
    if not is_object(data):
        raise ValueError(f"a fault is an object with a kind, or text; this is {data!r}")
    kind = data.get("kind")
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}: use one of {', '.join(KINDS)}")
    try:
        fault: Fault = msgspec.convert(data, type=_Any, strict=not isinstance(source, str))
    except msgspec.ValidationError as error:
        raise ValueError(f"the fault {kind!r} is not understood: {error}") from None
    return fault


def _parsed(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition(":")
    data: dict[str, Any] = {"kind": kind.strip()}
    for pair in rest.split(",") if rest else ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is no field of a fault: write name=value")
        data[name.strip()] = value.strip()
    return data
