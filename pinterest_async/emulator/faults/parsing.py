"""Faults from data and from text, as control routes and command lines have them."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import msgspec

from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults.base import Fault


@cache
def kinds() -> dict[str, type[Fault]]:
    """The classes of faults by their kinds; the package has imported all of its modules."""
    found = {str(one.__struct_config__.tag): one for one in Fault.__subclasses__()}
    return dict(sorted(found.items()))


def descriptions() -> dict[str, tuple[str, tuple[str, ...]]]:
    """What each kind of fault is, in a sentence, and the fields that it has of its own."""
    common = set(Fault.__struct_fields__)
    return {
        name: (
            (kind.__doc__ or "").partition("\n")[0],
            tuple(field for field in kind.__struct_fields__ if field not in common),
        )
        for name, kind in kinds().items()
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
    known = kinds().get(kind) if isinstance(kind, str) else None
    if known is None:
        raise ValueError(f"kind is {kind!r}: use one of {', '.join(kinds())}")
    try:
        return msgspec.convert(data, type=known, strict=not isinstance(source, str))
    except msgspec.ValidationError as error:
        raise ValueError(f"the fault {kind!r} is not understood: {error}") from None


def _parsed(text: str) -> dict[str, Any]:
    kind, _, rest = text.partition(":")
    data: dict[str, Any] = {"kind": kind.strip()}
    for pair in rest.split(",") if rest else ():
        name, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"{pair!r} is no field of a fault: write name=value")
        data[name.strip()] = value.strip()
    return data
