"""Things of lists as typed Arrow rows: the schema from the answer's struct, the values as sent.

What the schema has no place for, a field that this version does not know or a value of another type
than expected, is kept as JSON in an extra column.
"""

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeAlias, get_args

import msgspec
from msgspec.structs import fields

from pinterest_async._core.annotations import is_dict, is_list, members, strip
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.struct_classes import is_struct
from pinterest_async.harvest.output.arrays import arrow_array
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.plan.entities import EntityFacts

UNKNOWN_FIELDS: Final = "_unknown_fields"
"""The extra column: a JSON object of values as sent by their places, such as `media.items[0].x`."""

JSON: Final = {b"content": b"json"}
"""Metadata of Arrow fields whose text is JSON: objects of any keys, and values of several types."""

Unfit: TypeAlias = dict[str, Any]
"""Values that the schema has no place for, by their places in the thing."""

_MISFIT: Final = object()
_INT64: Final = range(-(2**63), 2**63)
_WORD: Final = re.compile(r"[A-Za-z0-9_-]+")
_FINER: Final = re.compile(r"\.[0-9]{6}[0-9]*[1-9]")
"""Fractions of seconds that a timestamp of microseconds does not hold."""


class _Reader(NamedTuple):
    """How values of one field are read: the Arrow type, its metadata, and the reading itself.

    `read` takes a value that is not null, its place, and notes in `Unfit` what does not fit.
    """

    type: Any
    read: Callable[[Any, str, Unfit], Any]
    metadata: Mapping[bytes, bytes] | None = None

    def field(self, name: str) -> Any:
        return pa.field(name, self.type, metadata=self.metadata)


def _scalar(type_: Any, convert: Callable[[Any], Any]) -> _Reader:
    def read(value: Any, place: str, unfit: Unfit) -> Any:
        found = convert(value)
        if found is _MISFIT:
            unfit[place] = value
            return None
        return found

    return _Reader(type_, read)


def _text(value: Any) -> Any:
    return value if isinstance(value, str) else _MISFIT


def _id(value: Any) -> Any:
    """Ids are text, also where they are sent as numbers."""
    return str(value) if type(value) is int else _text(value)


def _int(value: Any) -> Any:
    # The API writes whole numbers as 0 and as 0.0.
    if type(value) is float and value.is_integer():
        value = int(value)
    return value if type(value) is int and value in _INT64 else _MISFIT


def _float(value: Any) -> Any:
    if type(value) is int:
        try:
            found = float(value)
        except OverflowError:
            return _MISFIT
        return found if int(found) == value else _MISFIT
    return value if type(value) is float else _MISFIT


def _bool(value: Any) -> Any:
    return value if isinstance(value, bool) else _MISFIT


def _moment(value: Any) -> Any:
    """A date-time as one in UTC, which one without a zone is in."""
    if not isinstance(value, str) or len(value) <= len("2026-08-01"):
        return _MISFIT
    try:
        moment = dt.datetime.fromisoformat(value)
        moment = moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    except (ValueError, OverflowError):
        return _MISFIT
    return _MISFIT if _FINER.search(value) else moment


def _day(value: Any) -> Any:
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        return _MISFIT


def _encoded(value: Any, place: str, unfit: Unfit) -> str:  # noqa: ARG001  (any value fits)
    return msgspec.json.encode(value).decode()


_SCALARS: Final[Mapping[Any, _Reader]] = {
    str: _scalar(pa.string(), _text),
    bool: _scalar(pa.bool_(), _bool),
    int: _scalar(pa.int64(), _int),
    float: _scalar(pa.float64(), _float),
    dt.datetime: _scalar(pa.timestamp("us", tz="UTC"), _moment),
    dt.date: _scalar(pa.date32(), _day),
}
_ID: Final = _scalar(pa.string(), _id)
_JSON: Final = _Reader(pa.string(), _encoded, JSON)


def _reader(name: str, annotation: Any, above: tuple[Any, ...]) -> _Reader:
    """How a field of this name and type is read; `above` are the structs that it stands in."""
    cores = [strip(one).core for one in members(annotation)]
    kinds = {one for one in cores if one is not type(None)}
    if kinds == {int, float}:
        kinds = {float}
    if len(kinds) != 1:
        return _JSON
    (core,) = kinds
    if core is str and (name == "id" or name.endswith("_id")):
        return _ID
    if is_struct(core):
        return _JSON if core in above else _struct((core,), above)
    if is_list(core) and not is_dict(core):
        (item,) = get_args(core) or (Any,)
        return _list(_reader(name, item, above))
    return _SCALARS.get(core, _JSON)


def _list(item: _Reader) -> _Reader:
    def read(value: Any, place: str, unfit: Unfit) -> Any:
        if not is_items(value):
            unfit[place] = value
            return None
        return [
            None if one is None else item.read(one, f"{place}[{index}]", unfit)
            for index, one in enumerate(value)
        ]

    return _Reader(pa.list_(item.field("item")), read)


def _struct(structs: Sequence[Any], above: tuple[Any, ...] = ()) -> _Reader:
    """How an object is read that is one of some structs: it has a column for each of their fields.

    A field that they have with different types is JSON.
    """
    readers: dict[str, _Reader] = {}
    for struct in structs:
        own = {
            one.encode_name: _reader(one.encode_name, one.type, (*above, struct))
            for one in fields(struct)
        }
        tag = struct.__struct_config__.tag_field
        if tag is not None:
            own[tag] = _SCALARS[str]
        for name, reader in own.items():
            known = readers.setdefault(name, reader)
            if known.type != reader.type:
                readers[name] = _JSON
    if not readers:
        return _JSON

    def read(value: Any, place: str, unfit: Unfit) -> Any:
        if not is_object(value):
            unfit[place] = value
            return None
        found: dict[str, Any] = {}
        for name, one in value.items():
            reader = readers.get(name)
            if reader is None:
                unfit[_below(place, name)] = one
            elif one is not None:
                found[name] = reader.read(one, _below(place, name), unfit)
        return found

    return _Reader(pa.struct([reader.field(name) for name, reader in readers.items()]), read)


def _below(place: str, name: str) -> str:
    if _WORD.fullmatch(name) is None:
        return f"{place}[{msgspec.json.encode(name).decode()}]"
    return f"{place}.{name}" if place else name


class EntityRows:
    """The rows of one entity: their schema, and how they are made."""

    def __init__(self, facts: EntityFacts) -> None:
        self._facts = facts
        self._reader = _struct(facts.structs)
        self.schema = pa.schema(
            [
                *(pa.field(name, pa.string()) for name in facts.added),
                *self._reader.type,
                pa.field(UNKNOWN_FIELDS, pa.string(), metadata=JSON),
            ]
        )

    def items(self, found: Sequence[Any]) -> list[Any]:
        """The things that the items of a page are or hold."""
        inside = self._facts.inside
        items: list[Any] = []
        for one in found:
            held = one.get(inside) if inside is not None and is_object(one) else None
            items += held if is_items(held) else [one]
        return items

    def table(self, found: Sequence[Any], added: Mapping[str, str]) -> Any:
        """Things, as decoded from JSON, as an Arrow table; `added` are values that all have."""
        rows: list[dict[str, Any]] = []
        for one in found:
            unfit: Unfit = {}
            row: dict[str, Any] = {**(self._reader.read(one, "", unfit) or {}), **added}
            if unfit:
                row[UNKNOWN_FIELDS] = msgspec.json.encode(unfit).decode()
            rows.append(row)
        columns = [
            arrow_array([row.get(field.name) for row in rows], field.type) for field in self.schema
        ]
        return pa.Table.from_arrays(columns, schema=self.schema)


@lru_cache(maxsize=256)
def entity_rows(facts: EntityFacts) -> EntityRows:
    """The rows of an entity; made once, since large schemas take their time."""
    return EntityRows(facts)


def has_unknown(table: Any) -> int:
    """How many rows have something that the schema has no place for."""
    return int(table.num_rows - table.column(UNKNOWN_FIELDS).null_count)
