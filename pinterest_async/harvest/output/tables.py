"""Analytics rows as typed Arrow tables; a value that fits no type is kept in an extra column."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

import msgspec

from pinterest_async._core.column_kinds import CONVERT, ColumnKind, kind
from pinterest_async.harvest.output.arrays import arrow_array, arrow_scalar, arrow_texts
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.output.received import constants
from pinterest_async.harvest.plan.endpoints import field_of_all
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan

MISFITS: Final = "_MISFITS"
"""Extra column of a file in which a value did not fit its column: JSON, the values as sent."""

_TYPES: Final[Mapping[ColumnKind, Any]] = {
    "date": pa.date32(),
    "id": pa.string(),
    "text": pa.string(),
    "count": pa.int64(),
    "micro": pa.int64(),
    "number": pa.float64(),
}
_HOUR: Final = pa.timestamp("s", tz="UTC")

# Arrow cuts 1.5 down to 1 without a word, so it is only handed whole columns of types that fit.
_STRINGS: Final = frozenset({str, type(None)})
_WHOLE: Final = frozenset({int, type(None)})
_NUMBERS: Final = frozenset({int, float, type(None)})
_FITTING: Final[Mapping[ColumnKind, frozenset[object]]] = {
    **dict.fromkeys(("date", "id", "text"), _STRINGS),
    **dict.fromkeys(("count", "micro"), _WHOLE),
    "number": _NUMBERS,
}


class DecodedColumns(NamedTuple):
    """The rows of an answer, and the values of all of them by column.

    `types` has the type that all values of a column have, but for nulls, where it is one. The rows
    are kept so that values are freed row by row, as they were made: freed column by column, their
    memory would be handed out in that order, and the next rows be scattered over it, which takes a
    tenth more time.
    """

    rows: Sequence[Any]
    values: Mapping[str, list[Any]]
    types: Mapping[str, type]


@lru_cache
def schema(plan: Plan) -> Any:
    """The Arrow schema of a plan's files.

    First the account (with its name, if the plan has names), the entity and the date (for TOTAL:
    the first and the last day that the row sums up), then the columns that were asked for. Days are
    dates, hours UTC timestamps, counts and micro-currency int64, ratios and currency float64, all
    else strings.
    """
    return pa.schema([(name, type_) for name, _, type_ in _columns(plan)])


@lru_cache
def _columns(plan: Plan) -> tuple[tuple[str, ColumnKind, Any], ...]:
    """The columns of a plan's files: name, content and Arrow type."""
    facts = plan.facts
    ids = [name for name in (facts.parent_column, facts.id_column) if name]
    days = ("START_DATE", "END_DATE") if plan.granularity == "TOTAL" else ("DATE",)
    account = ("AD_ACCOUNT_ID", "AD_ACCOUNT_NAME") if plan.names else ("AD_ACCOUNT_ID",)
    names = (*account, *ids, *days, *facts.extra_columns, *plan.column_names)
    hour = {"DATE": _HOUR} if plan.granularity == "HOUR" else {}
    return tuple(
        (name, (content := column_kind(name)), hour.get(name, _TYPES[content]))
        for name in dict.fromkeys(names)
    )


def table(
    plan: Plan, partition: Partition, rows: Sequence[Any], ids: Sequence[str] | None = None
) -> Any:
    """One partition's rows as an Arrow table of the plan's schema.

    `ids` are the ids of rows that do not hold them. A value that does not fit its column is null
    there, and kept in an extra column, `_MISFITS`.
    """
    id_column = None if ids is None else plan.facts.id_column

    def values(name: str) -> list[Any]:
        found = field_of_all(rows, name)
        if ids is not None and name == id_column:
            return [id if value is None else value for id, value in zip(ids, found, strict=True)]
        return found

    return _table(plan, partition, len(rows), values, {})


def table_of_columns(plan: Plan, partition: Partition, columns: DecodedColumns) -> Any:
    """The same of rows that were decoded into columns."""
    count = len(columns.rows)
    nulls = [None] * count

    def values(name: str) -> list[Any]:
        return columns.values.get(name, nulls)

    return _table(plan, partition, count, values, columns.types)


def _table(
    plan: Plan,
    partition: Partition,
    rows: int,
    values_of: Callable[[str], list[Any]],
    types: Mapping[str, type],
) -> Any:
    """A table of `rows` rows; `types` are those of columns whose values are known to be of one."""
    constant = constants(plan, partition)
    unfit: dict[int, dict[str, Any]] = {}
    arrays: list[Any] = []
    fields = schema(plan)
    for name, content, type_ in _columns(plan):
        if name in constant:
            arrays.append(pa.repeat(arrow_scalar(constant[name], type_), rows))
            continue
        values = values_of(name)
        array, wrong = _array(values, content, type_, types.get(name))
        arrays.append(array)
        for index in wrong:
            unfit.setdefault(index, {})[name] = values[index]
    if unfit:
        texts = [
            msgspec.json.encode(unfit[index]).decode() if index in unfit else None
            for index in range(rows)
        ]
        fields = fields.append(pa.field(MISFITS, pa.string()))
        arrays.append(arrow_array(texts, pa.string()))
    return pa.Table.from_arrays(arrays, schema=fields)


def misfits(data: Any) -> int:
    """How many rows of a table have a value that did not fit."""
    if MISFITS not in data.schema.names:
        return 0
    return int(data.num_rows - data.column(MISFITS).null_count)


def column_kind(name: str) -> ColumnKind:
    """What a column of files or answers holds."""
    return "date" if name in ("START_DATE", "END_DATE") else kind(name)


def _array(
    values: list[Any], content: ColumnKind, type_: Any, known: type | None = None
) -> tuple[Any, list[int]]:
    """An Arrow array, and where a value did not fit and became null."""
    numbers = content == "id" and (known is int or (known is None and _are(values, _WHOLE)))
    if not numbers and (known is not None or _are(values, _FITTING[content])):
        try:
            return _hours(values) if type_ == _HOUR else arrow_array(values, type_), []
        except ValueError:
            pass  # value by value below, to find the one that does not fit
    elif numbers:
        try:  # the API writes the ids of other things than the row's own as numbers
            return arrow_texts(values), []
        except ValueError:
            pass
    elif _FITTING[content] is _WHOLE and _are(values, _NUMBERS):
        try:  # the API writes whole numbers as 0 and as 0.0; the cast refuses fractions
            return arrow_array(values, pa.float64()).cast(type_), []
        except ValueError:
            pass
    convert = _to_hour if type_ == _HOUR else _CONVERT[content]
    converted: list[Any] = []
    wrong: list[int] = []
    for index, value in enumerate(values):
        try:
            converted.append(None if value is None else convert(value))
        except (TypeError, ValueError, OverflowError):
            converted.append(None)
            wrong.append(index)
    return arrow_array(converted, type_), wrong


def _are(values: list[Any], types: frozenset[object]) -> bool:
    return types.issuperset(map(type, values))


def _hours(values: list[Any]) -> Any:
    return arrow_array(values, pa.string()).cast(pa.timestamp("s")).cast(_HOUR)


def _to_id(value: Any) -> str:
    if isinstance(value, str) or type(value) is int:
        return str(value)
    raise TypeError(value)


def _to_hour(value: Any) -> dt.datetime:
    moment = dt.datetime.fromisoformat(value)
    if moment.microsecond:
        raise ValueError(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


_CONVERT: Final[Mapping[ColumnKind, Callable[[Any], Any]]] = {**CONVERT, "id": _to_id}
