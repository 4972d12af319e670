"""What others make of a harvest: DuckDB, polars, pandas."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from programs import example

from pinterest_async.harvest import Plan, run

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]

SPEND = "SPEND_IN_MICRO_DOLLAR"


@pytest.fixture
async def out(fake: Any, make_plan: MakePlan, tmp_path: Path) -> Path:
    """Six ads over ten days, of which the first account's files have a column less."""
    await run(make_plan(accounts=["1"]), fake.client, out=tmp_path)
    wider = make_plan(accounts=["2"], columns=["IMPRESSION_1", SPEND])
    await run(wider, fake.client, out=tmp_path)
    return tmp_path


EACH_DAY = sum((11, 12, 13, 14, 15, 21)) / 1e6


@pytest.fixture
async def one_plan(fake: Any, make_plan: MakePlan, tmp_path: Path) -> str:
    """Six ads over ten days, in one plan."""
    await run(make_plan(), fake.client, out=tmp_path / "data")
    return str(tmp_path / "data")


def test_the_folder_alone_is_enough_for_each_reader(one_plan: str) -> None:
    names = ("duckdb", "pandas", "polars", "pyarrow.dataset", "pyarrow.parquet")
    libraries: list[Any] = [import_module(name) for name in names]
    duckdb, pd, pl, ds, pq = libraries
    assert pl.read_parquet(one_plan).height == 60
    assert pl.scan_parquet(one_plan).collect().height == 60
    assert len(pd.read_parquet(one_plan)) == 60
    assert ds.dataset(one_plan).count_rows() == 60
    assert pq.read_table(one_plan).num_rows == 60
    for folder in (one_plan, f"{one_plan}/**", f"{one_plan}/**/*.parquet"):
        assert len(duckdb.read_parquet(folder).fetchall()) == 60


def test_duckdb_reads_it(out: Path) -> None:
    rows = example("read_a_harvest").with_duckdb(str(out)).fetchall()
    assert len(rows) == 10
    assert [spend for _, spend in rows] == pytest.approx([EACH_DAY] * 10)
    assert rows == sorted(rows)


def test_polars_reads_it(out: Path) -> None:
    frame = example("read_a_harvest").with_polars(str(out))
    assert frame["DATE"].to_list() == sorted(frame["DATE"].to_list())
    assert frame[SPEND].to_list() == pytest.approx([EACH_DAY] * 10)


def test_pandas_reads_it(out: Path) -> None:
    series = example("read_a_harvest").with_pandas(str(out))
    assert list(series) == pytest.approx([EACH_DAY] * 10)
    assert len(series.index.unique()) == 10
