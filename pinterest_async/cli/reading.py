"""A command that reads what was harvested, with what is installed here."""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import msgspec

from pinterest_async.harvest import FileSink, LocalStorage, Plan
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.output.tables import schema

_PROGRAMS: Final = {
    ("parquet", "polars"): "import polars; print(polars.read_parquet({folder}))",
    ("parquet", "duckdb"): "import duckdb; duckdb.read_parquet({files}).show()",
    ("parquet", "pandas"): "import pandas; print(pandas.read_parquet({folder}))",
    ("parquet", "pyarrow"): "import pyarrow.parquet as pq; print(pq.read_table({folder}))",
    ("jsonl", "polars"): "import polars; print(polars.read_ndjson({files}))",
    ("jsonl", "duckdb"): "import duckdb; duckdb.read_json({files}).show()",
    ("jsonl", "pyarrow"): "import pyarrow.dataset as ds; "
    'print(ds.dataset({folder}, format="json").to_table())',
    ("csv", "polars"): "import polars; print(polars.read_csv({files}, "
    "schema_overrides=dict.fromkeys({texts}, polars.String)))",
    ("csv", "duckdb"): "import duckdb; duckdb.read_csv({files}, "
    'dtype=dict.fromkeys({texts}, "VARCHAR")).show()',
    ("csv", "pyarrow"): "import pyarrow as pa, pyarrow.csv as csv, pyarrow.dataset as ds; "
    "options = csv.ConvertOptions(column_types=dict.fromkeys({texts}, pa.string())); "
    "print(ds.dataset({folder}, format=ds.CsvFileFormat(convert_options=options)).to_table())",
}
"""By format and library, the first that is installed counts. Readers of CSV take ids for numbers,
quoted or not: so the columns of text are named."""


def installed(library: str) -> bool:
    """Whether a library can be imported here."""
    return find_spec(library) is not None


def reading(
    plan: Plan, sink: FileSink, *, has: Callable[[str], bool] = installed, python: str = ""
) -> str:
    """A command that shows the rows of a plan's level; "" where they are not on this machine."""
    if not isinstance(sink.storage, LocalStorage):
        return ""
    folder = f"{sink.storage.folder.as_posix()}/level={plan.level}"
    for (format, library), program in _PROGRAMS.items():
        if format == sink.format and has(library):
            files, texts = literal(f"{folder}/**/*.{format}"), literal(text_columns(plan))
            text = program.format(folder=literal(folder), files=files, texts=texts)
            return command(python or interpreter(), "-c", text)
    return ""


def literal(value: Any) -> str:
    """A value in double quotes, which need no others in a shell."""
    return msgspec.json.encode(value).decode()


def text_columns(plan: Plan) -> list[str]:
    """The columns of a plan's files whose digits are no numbers."""
    return [field.name for field in schema(plan) if pa.types.is_string(field.type)]


def command(*words: str) -> str:
    """Words as a line for the shell of this machine."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def interpreter() -> str:
    """What starts this Python from here, as short as it can be written."""
    this = Path(sys.executable)
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found is not None and Path(found) == this:
            return name
    return str(this.relative_to(Path.cwd()) if this.is_relative_to(Path.cwd()) else this)
