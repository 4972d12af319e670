"""Items that failed inside an answer that succeeded, in whatever shape the answer reports them.

The API has a handful of shapes for this, spread over many operations. They are recognised by the
names of their fields, so that drifted answers, and new operations of the same kind, are read too.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import UNSET

from pinterest_async._core.display import plain
from pinterest_async._core.failure_fields import FAULTS
from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.unknown_fields import unknown_fields
from pinterest_async._core.unknown_variant import Unknown

_FAILED: Final = frozenset({"failed", "failure"})
_TEXTS: Final = ("message", "messages", "error_messages", "error_type")
_CODES: Final = ("code", "error_code", "errorCode")
"""Names of Pinterest's code: the second is what live answers have where the first is described."""


class ItemFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An item that Pinterest did not accept.

    `index` is its place in the answer's list, which has the order of the request; None where the
    answer lists failures only. `code` is Pinterest's code, if there is one. `item` is the part of
    the answer that reports it: look there for ids.
    """

    index: int | None
    code: int | None
    message: str
    item: Any

    def __str__(self) -> str:
        place = "" if self.index is None else f"item {self.index}: "
        code = "" if self.code is None else f" (code {self.code})"
        return f"{place}{self.message.rstrip('. ') or 'no reason given'}{code}"


def item_failures(data: Any) -> tuple[ItemFailure, ...]:
    """Every failure of an item that an answer reports; none where it has no items."""
    return tuple(_failures(data))


def _failures(data: Any) -> Iterator[ItemFailure]:
    if is_items(data):
        yield from _in_list(data)
        return
    yield from _whole(data)
    for name, value in _fields(data):
        if name in FAULTS:
            for fault in value if is_items(value) else (value,):
                yield from _made(None, _code_and_message(fault), fault)
        elif name == "error_counts" and is_items(value):
            for count in value:
                message = f"{field_of(count, 'count')} records: {field_of(count, 'message')}"
                yield ItemFailure(index=None, code=_code(count), message=message, item=count)
        elif is_items(value):
            yield from _in_list(value)


def _whole(data: Any) -> Iterator[ItemFailure]:
    """The failure of an answer that is about one thing and says that it failed."""
    message = next(
        (
            text
            for name in ("errorMessage", "error_msg", "error")
            if isinstance(text := field_of(data, name), str) and text
        ),
        "",
    )
    if message or field_of(data, "success") is False:
        yield ItemFailure(index=None, code=_code(data), message=message, item=data)


def _in_list(items: Any) -> Iterator[ItemFailure]:
    for index, item in enumerate(items):
        found = False
        for fault in _faults(item):
            for failure in _made(index, _code_and_message(fault), item):
                found = True
                yield failure
        if not found and str(field_of(item, "status")).lower() in _FAILED:
            message = _text(field_of(item, "error_message"))
            yield ItemFailure(index=index, code=_code(item), message=message, item=item)


def _faults(item: Any) -> Iterator[Any]:
    """What may tell that an item failed: in it, in its thing, or in place of its status."""
    values = [field_of(item, name) for name in FAULTS]
    values.append(field_of(field_of(item, "data"), "exceptions"))
    for value in values:
        yield from value if is_items(value) else (value,)
    status = field_of(item, "status")
    if any(field_of(status, name) for name in (*_CODES, *_TEXTS)):
        yield status


def _made(
    index: int | None, fault: tuple[int | None, str] | None, item: Any
) -> Iterator[ItemFailure]:
    if fault is not None:
        yield ItemFailure(index=index, code=fault[0], message=fault[1], item=item)


def _code_and_message(fault: Any) -> tuple[int | None, str] | None:
    """Code and message of a fault; None for one that says nothing, as successful items may have."""
    if isinstance(fault, str):
        return (None, fault) if fault else None
    texts: list[str] = []
    for name in _TEXTS:
        value = field_of(fault, name)
        texts += [_text(text) for text in (value if is_items(value) else (value,)) if text]
    code = _code(fault)
    if not texts and not code:
        # An object of no described shape: better shown as it is than passed over.
        other = {
            name: value
            for name, value in (fault if is_mapping(fault) else unknown_fields(fault)).items()
            if value is not None and name not in (*_CODES, *_TEXTS)
        }
        if not other:
            return None
        texts = [_text(other)]
    return code, "; ".join(texts)


def _text(value: Any) -> str:
    """A text, or whatever else the server has sent in its place as JSON."""
    if not value:
        return ""
    if isinstance(value, str):
        return value
    try:
        return msgspec.json.encode(plain(value)).decode()
    except (ValueError, TypeError, RecursionError):
        return "..."


def _code(fault: Any) -> int | None:
    for name in _CODES:
        code = field_of(fault, name)
        if isinstance(code, int) and not isinstance(code, bool):
            return code
    return None


def _fields(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, Unknown):
        part = part.raw
    if isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield name, field_of(part, name)
    elif is_mapping(part):
        yield from part.items()


def has_field(part: Any, name: str) -> bool:
    """Whether a part of an answer has a field, or could have it."""
    if isinstance(part, Unknown):
        part = part.raw
    return name in part if is_mapping(part) else hasattr(part, name)


def field_of(part: Any, name: str) -> Any:
    """A field of a part of an answer, also of one that was kept raw; None where it has none."""
    if isinstance(part, Unknown):
        part = part.raw
    value = part.get(name) if is_mapping(part) else getattr(part, name, None)
    return None if value is UNSET else value
