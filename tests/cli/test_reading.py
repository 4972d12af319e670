"""The command that reads a harvest: for what is installed, and it runs."""

import datetime as dt
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from pinterest_async.cli.reading import installed, interpreter, reading, text_columns
from pinterest_async.harvest import FileSink, Plan, RemoteStorage, file_sink
from pinterest_async.harvest.output.arrow import fs, pa
from pinterest_async.harvest.output.formats import FORMATS, FormatName
from pinterest_async.harvest.output.tables import schema
from pinterest_async.harvest.plan.series import begin, cut

PLAN = Plan(
    level="ad",
    columns=["CAMPAIGN_ID", "IMPRESSION_1"],
    start=dt.date(2026, 8, 1),
    end=dt.date(2026, 8, 2),
)
ID = "1125899906842624123"
"""More digits than a float has."""


def only(*names: str) -> Callable[[str], bool]:
    return names.__contains__


@pytest.fixture
async def sink(request: pytest.FixtureRequest, tmp_path: Path) -> FileSink:
    """Two accounts with a file each; one campaign is not known."""
    made = file_sink(tmp_path / "my data", format=request.param)
    await made.open(PLAN)
    series = begin(PLAN, None, PLAN.end)
    for account in ("1", "2"):
        (partition,) = cut(series, account, [ID])
        columns: dict[str, Any] = {name: [None] for name in schema(PLAN).names}
        campaign = None if account == "2" else ID
        columns |= {"AD_ACCOUNT_ID": [account], "AD_ID": [ID], "CAMPAIGN_ID": [campaign]}
        columns |= {"DATE": [PLAN.start], "IMPRESSION_1": [7]}
        await made.put(PLAN, partition, pa.table(columns, schema(PLAN)))
    await made.aclose()
    return made


@pytest.mark.skipif(sys.platform == "win32", reason="the line is for another shell")
@pytest.mark.parametrize(
    ("sink", "library"),
    [
        *[("parquet", library) for library in ("polars", "duckdb", "pandas", "pyarrow")],
        *[
            (format, library)
            for format in ("jsonl", "csv")
            for library in ("polars", "duckdb", "pyarrow")
        ],
    ],
    indirect=["sink"],
)
def test_it_runs_and_ids_are_text(sink: FileSink, library: str) -> None:
    line = reading(PLAN, sink, has=only(library, "pyarrow"), python=sys.executable)
    assert f"import {library}" in line
    assert "'\"'" not in line
    ran = subprocess.run(
        shlex.split(line),
        capture_output=True,
        text=True,
        check=False,
        env={"POLARS_FMT_MAX_COLS": "20", "COLUMNS": "200"},
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "IMPRESSION_1" in ran.stdout
    assert "e+18" not in ran.stdout
    if sink.format == "csv":
        assert re.search(r"CAMPAIGN_ID: string|varchar|str", ran.stdout)
        assert not re.search(r"AD_ID: int64", ran.stdout)


def test_what_is_installed_decides(tmp_path: Path) -> None:
    sink = file_sink(tmp_path)
    assert "import duckdb;" in reading(PLAN, sink, has=only("duckdb", "pyarrow"))
    assert "import pyarrow" in reading(PLAN, sink, has=only("pyarrow"))
    assert installed("pyarrow")
    assert not installed("pyarrow_of_nobody")
    here = reading(PLAN, sink)
    assert here.startswith((interpreter(), shlex.quote(interpreter())))


def test_each_format_is_read_by_what_is_always_there(tmp_path: Path) -> None:
    for format in FORMATS:
        known: FormatName = format
        assert reading(PLAN, file_sink(tmp_path, format=known), has=only("pyarrow"))


def test_rows_on_another_machine_are_not_read() -> None:
    assert reading(PLAN, FileSink(RemoteStorage(fs.LocalFileSystem(), "bucket"))) == ""


def test_columns_of_text_are_those_of_ids_and_words() -> None:
    assert text_columns(PLAN) == ["AD_ACCOUNT_ID", "AD_ID", "CAMPAIGN_ID"]


def test_the_interpreter_is_this_one() -> None:
    out = subprocess.run(
        [interpreter(), "-c", "import sys; print(sys.prefix)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert out.stdout.strip() == sys.prefix
