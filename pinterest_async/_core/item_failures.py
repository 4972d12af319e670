"""Items that failed inside an answer that succeeded, in whatever shape the answer tells of them.

The API has a handful of shapes for this, spread over many operations. They are told by the names of
their fields, so that an answer that drifted, or a new operation of the same kind, is read as well.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec

from pinterest_async._core.drift import Unknown
from pinterest_async._core.guards import is_items, is_mapping

_FAILED: Final = frozenset({"failed", "failure"})
_FAULTS: Final = ("exceptions", "exception", "errors")
"""Fields that hold the faults of whatever they stand in: one, or a list of them."""
_TEXTS: Final = ("message", "messages", "error_messages")


class ItemFailure(msgspec.Struct, frozen=True, kw_only=True):
    """An item that Pinterest did not accept.

    `index` is its place in the answer's list, which has the order of the request; None where the
    answer lists failures only. `code` is Pinterest's code, if there is one. `item` is the part of
    the answer that tells of it: look there for ids.
    """

    index: int | None
    code: int | None
    message: str
    item: Any


def item_failures(data: Any) -> tuple[ItemFailure, ...]:
    """Every failure of an item that an answer tells of; none where it has no items."""
    return tuple(_failures(data))


def _failures(data: Any) -> Iterator[ItemFailure]:
    if is_items(data):
        yield from _in_list(data)
        return
    yield from _whole(data)
    for name, value in _fields(data):
        if name in _FAULTS:
            for fault in value if is_items(value) else (value,):
                yield from _made(None, _words(fault), fault)
        elif name == "error_counts" and is_items(value):
            for count in value:
                code, text = _get(count, "error_code"), _get(count, "message")
                told = f"{_get(count, 'count')} records: {text}"
                yield ItemFailure(index=None, code=code, message=told, item=count)
        elif is_items(value):
            yield from _in_list(value)


def _whole(data: Any) -> Iterator[ItemFailure]:
    """The failure of an answer that is about one thing and says that it failed."""
    message = next(
        (
            text
            for name in ("errorMessage", "error_msg", "error")
            if isinstance(text := _get(data, name), str) and text
        ),
        "",
    )
    if message or _get(data, "success") is False:
        code = _get(data, "errorCode")
        yield ItemFailure(index=None, code=code, message=message, item=data)


def _in_list(items: Any) -> Iterator[ItemFailure]:
    for index, item in enumerate(items):
        told = False
        for name in _FAULTS:
            value = _get(item, name)
            for fault in value if is_items(value) else (value,):
                for failure in _made(index, _words(fault), item):
                    told = True
                    yield failure
        if not told and str(_get(item, "status")).lower() in _FAILED:
            message = _get(item, "error_message")
            yield ItemFailure(index=index, code=None, message=message or "", item=item)


def _made(
    index: int | None, words: tuple[int | None, str] | None, item: Any
) -> Iterator[ItemFailure]:
    if words is not None:
        yield ItemFailure(index=index, code=words[0], message=words[1], item=item)


def _words(fault: Any) -> tuple[int | None, str] | None:
    """Code and message of a fault; None for one that says nothing, as successful items may have."""
    texts: list[str] = []
    for name in _TEXTS:
        value = _get(fault, name)
        texts += [str(text) for text in (value if is_items(value) else (value,)) if text]
    code = _get(fault, "code")
    if not texts and not code:
        # An object of no described shape: better shown as it is than passed over.
        if not is_mapping(fault) or not fault or {*fault} <= {"code", *_TEXTS}:
            return None
        texts = [msgspec.json.encode(fault).decode()]
    return code if isinstance(code, int) else None, "; ".join(texts)


def _fields(part: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(part, Unknown):
        part = part.raw
    if isinstance(part, msgspec.Struct):
        for name in part.__struct_fields__:
            yield name, getattr(part, name)
    elif is_mapping(part):
        yield from part.items()


def _get(part: Any, name: str) -> Any:
    if isinstance(part, Unknown):
        part = part.raw
    return part.get(name) if is_mapping(part) else getattr(part, name, None)
