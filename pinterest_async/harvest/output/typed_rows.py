"""Rows of answers as structs whose fields have the types of their columns.

Nearly all answers fit these, and need no look at the type of each value any more. What does not
fit is decoded as the client does it, and looked at value by value.
"""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any, Final, NamedTuple

import msgspec

from pinterest_async._core.codec import Row
from pinterest_async._core.columns import ColumnKind
from pinterest_async._core.pieces import guess
from pinterest_async.harvest.output.tables import column_kind

_PIECE: Final = 1 << 20
"""Bytes of an answer that are decoded at once, while no other thread runs."""

_USUAL: Final[Mapping[ColumnKind, Any]] = {
    "date": str,
    "id": str,
    "text": str,
    "count": int,
    "micro": int,
    "number": float,
}
"""The types of values, until an answer has others."""

_SEVERAL: Final[Mapping[ColumnKind, Any]] = {
    **_USUAL,
    "id": str | int,
    "count": int | float,
    "micro": int | float,
}
"""The API writes some ids as numbers, and whole numbers as 0 and as 0.0."""


class DecodedRows(NamedTuple):
    """Rows, and the type that all values of a column have, but for nulls, where it is one."""

    rows: Sequence[Any]
    types: Mapping[str, type]


class TypedRows:
    """Decodes lists of rows that have the fields of a struct, for one thread at a time.

    `row_type` gives the struct, which may have learnt fields since it was last asked. The types of
    fields follow what answers hold.
    """

    def __init__(self, row_type: Callable[[], type[Row] | None]) -> None:
        self._row_type = row_type
        self._row: type[Row] | None = None
        self._types: dict[str, Any] = {}
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder()

    def decode(self, answer: bytes) -> DecodedRows | None:
        """The rows of an answer; None where one does not fit, or there is none."""
        row = self._row_type()
        if row is None or not answer:
            return None
        if row is not self._row:
            self._row = row
            self._types = {name: _USUAL[column_kind(name)] for name in _asked(row)}
            self._decoder = _decoder(row, self._types)
        rows = _decoded(self._decoder, answer)
        if rows is None:
            several = {name: _SEVERAL[column_kind(name)] for name in self._types}
            rows = _decoded(_decoder(row, several), answer)
            if rows:
                self._follow(rows, several)
        if not rows:
            return None
        return DecodedRows(rows, {k: v for k, v in self._types.items() if isinstance(v, type)})

    def _follow(self, rows: Sequence[Any], several: Mapping[str, Any]) -> None:
        """Take the types of columns from rows that did not have those of before."""
        for name, types in several.items():
            found = {*map(type, map(attrgetter(name), rows))} - {type(None)}
            usual = _USUAL[column_kind(name)]
            if self._types[name] is usual and found <= {usual}:
                continue
            # A second change means that answers differ; a count is a float in some rows only.
            once = self._types[name] is usual and column_kind(name) == "id" and found == {int}
            self._types[name] = int if once else types
        self._decoder = _decoder(self._row, self._types)


def _asked(row: type[Row]) -> Sequence[str]:
    """The fields of a struct that an answer was asked for, and those that always come."""
    asked = {*row.__always__, *(row.__made_of__[1] if row.__made_of__ else ())}
    return [name for name in row.__struct_fields__ if name in asked]


def _decoder(row: Any, types: Mapping[str, Any]) -> "msgspec.json.Decoder[Any]":
    """Decodes a list of structs like that of a row, whose fields have these types."""
    fields: list[Any] = []
    for one in msgspec.structs.fields(row):
        type_ = types.get(one.name, one.type)
        field = (one.name, type_) if one.required else (one.name, type_ | None, one.default)
        fields.append(field)
    made: Any = msgspec.defstruct(
        row.__name__, fields, kw_only=True, gc=False, forbid_unknown_fields=True
    )
    return msgspec.json.Decoder(list[made])


def _decoded(decoder: "msgspec.json.Decoder[Any]", answer: bytes) -> Sequence[Any] | None:
    """All rows of an answer, decoded piece by piece; None where one does not fit."""
    pieces = guess(answer, _PIECE) if len(answer) > 2 * _PIECE else None
    try:
        if pieces is None or pieces.name is not None:
            whole: Sequence[Any] = decoder.decode(answer)
            return whole
        return [row for piece in pieces for row in decoder.decode(piece)]
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
