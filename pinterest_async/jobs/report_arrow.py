"""Rows of reports as Arrow record batches; a value that does not fit is kept in an extra column."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import msgspec

from pinterest_async._core.column_kinds import CONVERT, ColumnKind, kind
from pinterest_async.errors import ConfigurationError

REST: Final = "_REST"
"""The extra column: JSON of what did not fit, or has no column, null where there is no such."""


class Batches:
    """Makes record batches of one schema, whatever rows come.

    Columns are those that were asked for, after those that the first rows have beside them. Days
    are dates, counts and micro-currency int64, ratios and currency float64, all else strings.
    """

    def __init__(self, asked: Sequence[str], first: Sequence[Mapping[str, Any]]) -> None:
        self._pa = _pyarrow()
        beside = dict.fromkeys(name for row in first for name in row)
        names = [*(name for name in beside if name not in asked), *asked]
        self._kinds: dict[str, ColumnKind] = {n: kind(n) for n in names if n != REST}
        types: dict[ColumnKind, Any] = {
            "date": self._pa.date32(),
            "count": self._pa.int64(),
            "micro": self._pa.int64(),
            "number": self._pa.float64(),
        }
        string = self._pa.string()
        fields = [(name, types.get(one, string)) for name, one in self._kinds.items()]
        self.schema = self._pa.schema([*fields, (REST, string)])

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> Any:
        """One record batch of these rows."""
        rest: list[dict[str, Any]] = [
            {name: value for name, value in row.items() if name not in self._kinds} for row in rows
        ]
        arrays: list[Any] = []
        for name, content in self._kinds.items():
            convert = CONVERT[content]
            values: list[Any] = []
            for row, left in zip(rows, rest, strict=True):
                value = row.get(name)
                try:
                    values.append(None if value is None else convert(value))
                except (TypeError, ValueError, OverflowError):
                    values.append(None)
                    left[name] = value
            arrays.append(self._pa.array(values, self.schema.field(name).type))
        texts = [msgspec.json.encode(left).decode() if left else None for left in rest]
        arrays.append(self._pa.array(texts, self._pa.string()))
        return self._pa.RecordBatch.from_arrays(arrays, schema=self.schema)


def _pyarrow() -> Any:
    try:
        return import_module("pyarrow")
    except ImportError:
        raise ConfigurationError(
            "batches of a report need pyarrow",
            advice="Install it: pip install 'pinterest-async[harvest]'.",
        ) from None
