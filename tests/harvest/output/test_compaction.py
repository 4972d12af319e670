from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import Plan, compact, run
from pinterest_async.harvest.output.storage import notes_folder

pq: Any = pytest.importorskip("pyarrow.parquet")

MakePlan = Callable[..., Plan]


def rows(folder: Path) -> list[tuple[Any, ...]]:
    table = pq.read_table(folder / "level=ad", partitioning=None)
    names = ("AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR")
    return sorted(zip(*(table.column(name).to_pylist() for name in names), strict=True))


async def test_many_files_become_few_and_keep_every_row(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    fake.things = {str(number): [f"{number}1"] for number in range(100, 160)}
    source, target = tmp_path / "data", tmp_path / "large"
    await run(make_plan(), fake.client, out=source)
    found = compact(source, target, rows_per_file=250)
    assert (found.rows, found.files_before, found.files) == (600, 60, 3)
    assert rows(target) == rows(source)
    assert len(list(target.rglob("*.parquet"))) == 3
    again = compact(source, target)
    assert (again.rows, again.files) == (600, 1)
    assert rows(target) == rows(source)
    assert [path.name for path in notes_folder(target).iterdir()] == ["compaction.lock"]
    assert (await run(make_plan(), fake.client, out=source)).calls == 0


async def test_files_with_more_columns_and_with_fewer_fit_together(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    source = tmp_path / "data"
    await run(make_plan(accounts=["1"]), fake.client, out=source)
    wider = make_plan(accounts=["2"], columns=["SPEND_IN_MICRO_DOLLAR", "CLICKTHROUGH_1"])
    await run(wider, fake.client, out=source)
    compact(source, tmp_path / "large")
    table = pq.read_table(tmp_path / "large" / "level=ad", partitioning=None)
    assert table.column("CLICKTHROUGH_1").null_count == 50
    assert rows(tmp_path / "large") == rows(source)


async def test_what_makes_no_sense_is_refused(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="holds no Parquet files"):
        compact(tmp_path / "nothing", tmp_path / "large")
    await run(make_plan(), fake.client, out=tmp_path / "data")
    with pytest.raises(ConfigurationError, match="in the folder that is compacted"):
        compact(tmp_path / "data", tmp_path / "data" / "large")
