"""File formats: from an Arrow table to the bytes of a file, and back."""

import datetime as dt
from typing import Any, Final, Literal, Protocol, TypeAlias

import msgspec

from pinterest_async.harvest.output.arrays import arrow_array, without_zones
from pinterest_async.harvest.output.arrow import csv, pa, pq

FormatName: TypeAlias = Literal["parquet", "jsonl", "csv"]


class Format(Protocol):
    """How rows are written; a file that was written can be read again with its schema."""

    @property
    def suffix(self) -> str:
        """End of file names, with the dot."""
        ...

    def encode(self, table: Any) -> Any:
        """The content of a file, as bytes or an Arrow buffer."""
        ...

    def decode(self, content: Any, schema: Any) -> Any:
        """The table in a file; `schema` tells what the format itself does not."""
        ...


class Parquet:
    """Typed columns, compressed by zstd; texts and days by a dictionary as well.

    A dictionary of figures, which hardly repeat, would cost a third of the time that writing takes
    and make files larger.
    """

    suffix = ".parquet"

    def encode(self, table: Any) -> Any:
        """The content of a file."""
        sink = pa.BufferOutputStream()
        repeated = [one.name for one in table.schema if not _is_figure(one.type)]
        pq.write_table(table, sink, compression="zstd", use_dictionary=repeated)
        return sink.getvalue()

    def decode(self, content: Any, schema: Any) -> Any:  # noqa: ARG002  (Parquet knows its own)
        """The table in a file."""
        with pq.ParquetFile(pa.BufferReader(content)) as file:  # `read_table` imports pandas
            return file.read()


class JsonLines:
    """A JSON object a line; days as `2026-08-01`, hours as `2026-08-01T05:00:00Z`."""

    suffix = ".jsonl"

    def encode(self, table: Any) -> Any:
        """The content of a file."""
        encoder = msgspec.json.Encoder()
        lines = bytearray()
        for batch in _plain_times(table, "Z").to_batches(max_chunksize=10_000):
            lines += encoder.encode_lines(batch.to_pylist())
        return bytes(lines)

    def decode(self, content: Any, schema: Any) -> Any:
        """The table in a file."""
        lines = content if isinstance(content, bytes) else content.to_pybytes()
        rows = msgspec.json.Decoder(dict[str, Any]).decode_lines(lines)
        names = dict.fromkeys(name for row in rows for name in row)
        fields = {field.name: field for field in schema}
        arrays = {name: _array([row.get(name) for row in rows], fields.get(name)) for name in names}
        return pa.table(arrays)


class Csv:
    """Comma-separated values with a header; a missing value is empty, text is quoted.

    Readers take ids for numbers all the same, unless they are told which columns are text.
    """

    suffix = ".csv"

    def encode(self, table: Any) -> Any:
        """The content of a file."""
        sink = pa.BufferOutputStream()
        csv.write_csv(_plain_times(table, "+00:00"), sink, csv.WriteOptions(quoting_style="needed"))
        return sink.getvalue()

    def decode(self, content: Any, schema: Any) -> Any:
        """The table in a file."""
        types = {field.name: field.type for field in schema}
        options = csv.ConvertOptions(
            column_types={**types, "_MISFITS": pa.string()},
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=[""],
        )
        parse = csv.ParseOptions(newlines_in_values=True)
        return csv.read_csv(pa.BufferReader(content), None, parse, options)


FORMATS: Final[dict[FormatName, Format]] = {
    "parquet": Parquet(),
    "jsonl": JsonLines(),
    "csv": Csv(),
}


def _is_figure(type: Any) -> bool:
    return bool(pa.types.is_integer(type) or pa.types.is_floating(type))


def _array(values: list[Any], field: Any) -> Any:
    if field is None:
        return arrow_array(values, pa.string())
    if pa.types.is_timestamp(field.type):
        read = dt.datetime.fromisoformat
        values = [None if value is None else read(value) for value in values]
    return arrow_array(values, field.type)


def _plain_times(table: Any, zone: str) -> Any:
    """The table with its hours as ISO text: pyarrow writes their zone in no common form."""
    for index, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type):
            hours = table.column(index).cast(without_zones(field.type)).to_pylist()
            texts = [hour and hour.isoformat() + zone for hour in hours]
            table = table.set_column(index, field.name, arrow_array(texts, pa.string()))
    return table
