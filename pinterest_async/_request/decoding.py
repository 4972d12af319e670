"""Decodes a successful answer in steps, each of which takes little time, whatever the answer is."""

import asyncio
import contextlib
from collections.abc import Generator, Iterable, Mapping
from typing import Any, Final, NamedTuple, TypeGuard, TypeVar

import msgspec

from pinterest_async._core.codec import decode
from pinterest_async._core.drift import Drift, Lenient, decode_leniently
from pinterest_async._core.guards import is_mapping
from pinterest_async._core.item_failures import item_failures
from pinterest_async._core.operation import Operation
from pinterest_async._core.pieces import Pieces, cut, guess
from pinterest_async._core.redaction import blanked
from pinterest_async._core.unknown_variant import Unknown
from pinterest_async._request.answers import AT_ONCE, items_may_fail
from pinterest_async._request.whole_bodies import MOST_OF_AN_ERROR
from pinterest_async.pages import Page

T = TypeVar("T")

Steps = Generator[None, None, T]
"""Work in steps, with its result: between two of them, others may have their turn."""

_LENIENTLY: Final = 384
"""Bytes that are decoded leniently at once, which is slow."""


class Decoded(NamedTuple):
    """The data of an answer. `failed`: it reports items that failed."""

    data: Any
    drifts: tuple[Drift, ...]
    learnt: tuple[str, ...]
    overflow: bool
    failed: bool


async def in_turns(steps: Steps[T]) -> T:
    """The result of some work, with a turn for all other tasks after each step."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result
        await asyncio.sleep(0)


def at_once(steps: Steps[T]) -> T:
    """The result of some work, all of it now."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            result: T = end.value
            return result


def decoded(
    operation: Operation[Any], body: bytes, query: Mapping[str, Any] | None
) -> Steps[Decoded]:
    """Decode an answer; where it does not fit its type, leniently.

    Raises:
        msgspec.DecodeError: It is no JSON.
        TooHeavyError: A part of it is too large.
    """
    if operation.answer is not None and len(body) > AT_ONCE:
        # A walk takes four times as long as decoding, so most answers go without.
        with contextlib.suppress(msgspec.DecodeError):
            rows = guess(body, AT_ONCE)
            if rows is not None:
                return (yield from _strictly(operation, rows, query))
    whole = _Assembled(operation)
    pieces, name = yield from _pieces(operation, body, AT_ONCE, None)
    for piece in pieces:
        try:
            whole.add(decode(operation, piece, query), name)
        except msgspec.DecodeError:
            yield
            parts, part_name = yield from _pieces(operation, piece, _LENIENTLY, name)
            for part in parts:
                lenient = decode_leniently(operation, part, query)
                whole.note(lenient)
                whole.add(lenient.data, part_name)
                if part is not piece:
                    yield
        if piece is not body:
            yield
    return whole.decoded()


def _strictly(
    operation: Operation[Any], pieces: Pieces, query: Mapping[str, Any] | None
) -> Steps[Decoded]:
    """Decode an answer in pieces, each of which has to fit its type."""
    whole = _Assembled(operation)
    for piece in pieces:
        whole.add(decode(operation, piece, query), pieces.name)
        yield
    return whole.decoded()


def _pieces(
    operation: Operation[Any], body: bytes, size: int, name: str | None
) -> Steps[tuple[Iterable[bytes], str | None]]:
    """An answer in pieces of about a size, and the field of the list that was cut."""
    if operation.answer is None or len(body) <= size:
        return (body,), name
    try:
        pieces = yield from cut(body, size, name)
    except msgspec.DecodeError:
        if len(body) > AT_ONCE:
            raise
        return (body,), name  # what another parser may still read
    return pieces, pieces.name


class _Assembled:
    """An answer that is put together from its pieces."""

    def __init__(self, operation: Operation[Any]) -> None:
        self._operation = operation
        self._may_fail = items_may_fail(operation)
        self._data: Any = None
        self._empty = True
        self._drifts: dict[str, Drift] = {}
        self._learnt: dict[str, None] = {}
        self._overflow = False
        self._failed = False

    def note(self, lenient: Lenient[Any]) -> None:
        """Keep what was found where a piece did not fit."""
        self._drifts = {**{drift.field: drift for drift in lenient.drifts}, **self._drifts}
        self._learnt.update(dict.fromkeys(lenient.learnt))
        self._overflow = self._overflow or lenient.overflow

    def add(self, data: Any, name: str | None) -> None:
        """Add the data of the next piece: `name` is the field of the list that was cut."""
        if self._may_fail and not self._failed:
            self._failed = bool(item_failures(data))
        if self._empty:
            self._data, self._empty = data, False
            return
        items, more = _list_in(self._data, name), _list_in(data, name)
        if items is None or more is None:
            raise msgspec.DecodeError("its items are no list")
        items.extend(more)

    def decoded(self) -> Decoded:
        """All of it."""
        drifts, learnt = tuple(self._drifts.values()), tuple(self._learnt)
        return Decoded(self._data, drifts, learnt, self._overflow, self._failed)


def _is_page(data: object) -> TypeGuard[Page[Any]]:
    """Whether data are a page."""
    return isinstance(data, Page)


def _list_in(data: Any, name: str | None) -> list[Any] | None:
    """The list in an answer that was cut, wherever decoding has put it."""
    found: Any = data.raw if isinstance(data, Unknown) else data
    if _is_page(data):
        found = data.items
    elif name is not None and is_mapping(found):
        found = found.get(name)
    elif name is not None and isinstance(data, msgspec.Struct):
        names = dict(zip(data.__struct_encode_fields__, data.__struct_fields__, strict=True))
        found = getattr(data, names[name]) if name in names else None
    return found if isinstance(found, list) else None  # pyright: ignore[reportUnknownVariableType]


def without_secrets(body: bytes, secrets: Iterable[str]) -> Steps[bytes]:
    """The text of a success that an error is to show, with the secrets in it blanked out.

    Escaped ones are found in texts of up to 64 KiB.
    """
    if len(body) <= MOST_OF_AN_ERROR:
        return blanked(body, secrets)
    clean: list[bytes] = []
    begin = 0
    while begin < len(body):
        end = begin + MOST_OF_AN_ERROR
        if end < len(body):
            end = body.rfind(b'"', begin, end) + 1 or end  # no secret has a quote in it
        clean.append(blanked(body[begin:end], secrets, escapes=False))
        begin = end
        yield
    result = b"".join(clean)
    return body if result == body else result
