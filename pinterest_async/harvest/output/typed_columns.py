"""Rows of answers as columns of values, each of the type of its column.

Nearly all answers fit these, and need no look at the type of each value any more. What does not
fit is decoded as the client does it, and looked at value by value.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
from msgspec.structs import astuple

from pinterest_async._core.column_kinds import ColumnKind
from pinterest_async._core.pieces import guess
from pinterest_async._core.rows import Row
from pinterest_async.harvest.output.tables import DecodedColumns, column_kind

_PIECE: Final = 1 << 20
"""Bytes of an answer that are decoded at once, while no other thread runs."""
_BLOCK: Final = 256
"""Rows that become columns at once, while caches hold them."""

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


class TypedColumns:
    """Decodes lists of rows that have the fields of a struct, for one thread at a time.

    `row_type` gives the struct, which may have learnt fields since it was last asked. The types of
    fields follow what answers hold.
    """

    def __init__(self, row_type: Callable[[], type[Row] | None]) -> None:
        self._row_type = row_type
        self._row: type[Row] | None = None
        self._types: dict[str, Any] = {}
        self._decoder = _Decoder(msgspec.Struct)

    def decode(self, answer: bytes) -> DecodedColumns | None:
        """The rows of an answer; None where one does not fit, or there is none."""
        row = self._row_type()
        if row is None or not answer:
            return None
        if row is not self._row:
            self._row = row
            self._types = {name: _USUAL[column_kind(name)] for name in _asked(row)}
            self._decoder = _decoder(row, self._types)
        rows, values = self._decoder.columns(answer)
        if not rows:
            several = {name: _SEVERAL[column_kind(name)] for name in self._types}
            rows, values = _decoder(row, several).columns(answer)
            if not rows:
                return None
            self._follow(values, several)
        types = {name: type_ for name, type_ in self._types.items() if isinstance(type_, type)}
        return DecodedColumns(rows, values, types)

    def _follow(self, values: Mapping[str, list[Any]], several: Mapping[str, Any]) -> None:
        """Take the types of columns from values that did not have those of before."""
        for name, types in several.items():
            found = {*map(type, values[name])} - {type(None)}
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


def _decoder(row: Any, types: Mapping[str, Any]) -> "_Decoder":
    """Decodes structs like that of a row, whose fields have these types."""
    fields: list[Any] = []
    for one in msgspec.structs.fields(row):
        type_ = types.get(one.name, one.type)
        field = (one.name, type_) if one.required else (one.name, type_ | None, one.default)
        fields.append(field)
    return _Decoder(
        msgspec.defstruct(row.__name__, fields, kw_only=True, gc=False, forbid_unknown_fields=True)
    )


class _Decoder:
    """Decodes lists of one kind of struct into columns."""

    def __init__(self, row: Any) -> None:
        self._names = row.__struct_fields__
        self._rows: msgspec.json.Decoder[list[Any]] = msgspec.json.Decoder(list[row])

    def columns(self, answer: bytes) -> tuple[list[Any], dict[str, list[Any]]]:
        """The rows of an answer, and their values by field; none where one is unfit."""
        pieces = guess(answer, _PIECE) if len(answer) > 2 * _PIECE else None
        columns: dict[str, list[Any]] = {name: [] for name in self._names}
        rows: list[Any] = []
        try:
            for piece in (answer,) if pieces is None or pieces.name is not None else pieces:
                some = self._rows.decode(piece)
                rows += some
                for first in range(0, len(some), _BLOCK):
                    block = zip(*map(astuple, some[first : first + _BLOCK]), strict=True)
                    for column, values in zip(columns.values(), block, strict=True):
                        column += values
        except (msgspec.DecodeError, ValueError, RecursionError):
            return [], {}
        return rows, columns
