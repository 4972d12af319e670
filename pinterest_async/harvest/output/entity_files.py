"""Rows of entities on their way into files: kept in segments while a list is read, then merged.

Segments stand below the notes folder, where readers of data do not look, and are Parquet whatever
the format of the file.
"""

import datetime as dt
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple, Protocol, Self

import msgspec

from pinterest_async.harvest.output.arrays import arrow_array, without_zones
from pinterest_async.harvest.output.arrow import csv, pa, pq
from pinterest_async.harvest.output.entity_rows import JSON, EntityRows, has_unknown
from pinterest_async.harvest.output.formats import FORMATS, FormatName
from pinterest_async.harvest.output.storage import NOTES, Storage
from pinterest_async.harvest.plan.entities import EntityFacts

STAGING: Final = f"{NOTES}/entities"

GROUP_BYTES: Final = 2_000_000
"""Bytes of Arrow rows that are written at a time, to be skipped or read together."""

ROWS_AT_A_TIME: Final = 500
"""Rows of a segment that are in memory at a time."""

_SHARES: Final = 64
"""Parts that the numbers of ids are looked through in."""

Tables = Callable[[Sequence[str] | None], Iterator[Any]]
"""Goes through tables, all columns of them or some, each time that it is called."""


class LostSegmentError(Exception):
    """A segment is not there any more: what it held has to be listed again."""


class Written(NamedTuple):
    """What became of the rows of an entity: where they are, and how many."""

    path: str | None
    rows: int
    misfits: int
    repeated: int
    ids: tuple[str, ...]


def folder(entity: str, account: str) -> str:
    """Where the segments of an account's entity are."""
    return f"{STAGING}/{entity}/{account}"


def place(entity: str, account: str | None = None) -> str:
    """The folder of an entity's files, or of those of one account."""
    return f"entity={entity}" if account is None else f"entity={entity}/account={account}"


def file(entity: str, account: str, format: FormatName) -> str:
    """Where the rows of an account's entity are, or will be."""
    return f"{place(entity, account)}/part-0{FORMATS[format].suffix}"


def stage(storage: Storage, path: str, tables: Sequence[Any]) -> None:
    """Write a segment."""
    storage.write(path, FORMATS["parquet"].encode(pa.concat_tables(tables)))


def staged(storage: Storage, paths: Sequence[str], tables: Sequence[Any]) -> Tables:
    """The rows of segments, and of tables that are in memory."""

    def read(columns: Sequence[str] | None) -> Iterator[Any]:
        for path in paths:
            content = storage.read(path)
            if content is None:
                raise LostSegmentError(path)
            file = pq.ParquetFile(pa.BufferReader(content))
            for batch in file.iter_batches(ROWS_AT_A_TIME, columns=columns, use_threads=False):
                yield pa.Table.from_batches([batch])
        for table in tables:
            yield table if columns is None else table.select(columns)

    return read


def merge(
    storage: Storage,
    format: FormatName,
    facts: EntityFacts,
    rows: EntityRows,
    tables: Tables,
    path: str,
    listed: bool = False,
) -> Written:
    """Write one file of all rows, each thing once: as it was listed last.

    Without rows there is no file, and one that was there is removed. With `listed`, the ids are
    returned. Memory holds some rows at a time, and a number for each id.
    """
    pa.default_memory_pool().release_unused()  # also of what the walks took
    last = Last(facts.id, tables)
    kept = misfits = 0
    ids: dict[str, None] = {}
    group = _RowGroup()
    first = next((table for table in tables([facts.id]) if table.num_rows), None)
    if first is None:
        storage.delete(path)
        return Written(None, 0, 0, 0, ())
    with storage.writing(path) as out, _WRITERS[format](out, rows.schema) as writer:
        for table in tables(None):
            table = last.of(table.cast(rows.schema))
            kept += table.num_rows
            misfits += has_unknown(table)
            if listed:
                found = map(facts.listed_id, table.select(_listing_columns(facts)).to_pylist())
                ids |= dict.fromkeys(id for id in found if id)
            for full in group.add(table):
                writer.write(full)
                pa.default_memory_pool().release_unused()
        for full in group.rest():
            writer.write(full)
    return Written(path, kept, misfits, last.repeated, tuple(ids))


def _listing_columns(facts: EntityFacts) -> list[str]:
    parents = facts.parents[0].columns if len(facts.parents) == 1 else ()
    return [*parents, facts.id]


class Last:
    """Keeps of things that were listed several times the last one: lists move while they are read.

    A first look at all ids keeps a number for each, and finds those that occur again.
    """

    def __init__(self, id: str, tables: Tables) -> None:
        self._id = id
        self.repeated = 0
        self._left: Counter[str] = Counter()
        # A set of all numbers at once would take ten times the memory.
        numbers = [array("q") for _ in range(_SHARES)]
        for table in tables([id]):
            for number in map(hash, table.column(id).drop_null().to_pylist()):
                numbers[number % _SHARES].append(number)
        again = frozenset(number for share in numbers for number in _repeated(share))
        if not again:
            return
        for table in tables([id]):
            found = table.column(id).drop_null().to_pylist()
            self._left.update(one for one in found if hash(one) in again)

    def of(self, table: Any) -> Any:
        """The rows of a table that no later one replaces."""
        if not self._left:
            return table
        keep = [self._is_last(one) for one in table.column(self._id).to_pylist()]
        self.repeated += keep.count(False)
        return table.filter(arrow_array(keep, pa.bool_()))

    def _is_last(self, id: str | None) -> bool:
        if id is None or id not in self._left:
            return True
        self._left[id] -= 1
        return self._left[id] == 0


def _repeated(numbers: Iterable[int]) -> Iterator[int]:
    seen: set[int] = set()
    for number in numbers:
        if number in seen:
            yield number
        seen.add(number)


class _RowGroup:
    """Gathers tables until there are enough rows to be written together."""

    def __init__(self) -> None:
        self._tables: list[Any] = []
        self._size = 0

    def add(self, table: Any) -> Iterator[Any]:
        self._tables.append(table)
        self._size += table.nbytes
        if self._size >= GROUP_BYTES:
            yield from self.rest()

    def rest(self) -> Iterator[Any]:
        if self._tables:
            tables, self._tables, self._size = self._tables, [], 0
            yield pa.concat_tables(tables)


# Formats, written group by group


class _TableWriter(Protocol):
    """Writes tables of one schema into a file, for the length of its block."""

    def __enter__(self) -> Self: ...

    def __exit__(self, *exc: object) -> None: ...

    def write(self, table: Any) -> None: ...


class _ParquetWriter:
    def __init__(self, out: Any, schema: Any) -> None:
        self._writer = pq.ParquetWriter(out, schema, compression="zstd")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()

    def write(self, table: Any) -> None:
        self._writer.write_table(table)


class _JsonLinesWriter:
    """A JSON object a line; what is JSON in a column is part of the object."""

    def __init__(self, out: Any, schema: Any) -> None:
        self._out = out
        self._schema = without_zones(schema)
        self._plain = {field.name: _plain(field.type, field.metadata) for field in schema}
        self._encoder = msgspec.json.Encoder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to end."""

    def write(self, table: Any) -> None:
        for batch in table.cast(self._schema).to_batches(max_chunksize=1000):
            rows = [
                {name: self._plain[name](value) for name, value in row.items()}
                for row in batch.to_pylist()
            ]
            self._out.write(self._encoder.encode_lines(rows))


class _CsvWriter:
    """Comma-separated values with a header: objects and lists as JSON, times as ISO text."""

    def __init__(self, out: Any, schema: Any) -> None:
        self._plain = {
            field.name: _text_of(field)
            for field in schema
            if pa.types.is_nested(field.type) or pa.types.is_timestamp(field.type)
        }
        fields = [
            pa.field(field.name, pa.string()) if field.name in self._plain else field
            for field in schema
        ]
        self._read = without_zones(schema)
        self._schema = pa.schema(fields)
        options = csv.WriteOptions(quoting_style="needed")
        self._writer = csv.CSVWriter(out, self._schema, write_options=options)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._writer.close()

    def write(self, table: Any) -> None:
        table = table.cast(self._read)
        columns = [
            arrow_array([*map(self._plain[name], table.column(name).to_pylist())], pa.string())
            if name in self._plain
            else table.column(name)
            for name in table.schema.names
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=self._schema))


_WRITERS: Final[dict[FormatName, Callable[[Any, Any], _TableWriter]]] = {
    "parquet": _ParquetWriter,
    "jsonl": _JsonLinesWriter,
    "csv": _CsvWriter,
}


def _plain(type_: Any, metadata: Any = None) -> Callable[[Any], Any]:
    """How a value of Arrow becomes one that msgspec encodes: nulls in objects are left out."""
    if metadata == JSON:
        return lambda text: None if text is None else msgspec.Raw(text.encode())
    if pa.types.is_struct(type_):
        fields = {one.name: _plain(one.type, one.metadata) for one in type_}
        return lambda value: (
            None
            if value is None
            else {k: fields[k](one) for k, one in value.items() if one is not None}
        )
    if pa.types.is_list(type_):
        item = _plain(type_.value_type, type_.value_field.metadata)
        return lambda value: None if value is None else list(map(item, value))
    if pa.types.is_timestamp(type_):
        return lambda value: value and value.replace(tzinfo=dt.UTC)
    return lambda value: value


def _text_of(field: Any) -> Callable[[Any], str | None]:
    """How a value becomes the text of a cell."""
    if pa.types.is_timestamp(field.type):
        return lambda value: value and value.replace(tzinfo=dt.UTC).isoformat()
    plain, encode = _plain(field.type), msgspec.json.encode
    return lambda value: None if value is None else encode(plain(value)).decode()
