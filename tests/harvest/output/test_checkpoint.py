import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from pinterest_async.harvest import (
    CheckpointError,
    Commit,
    MemoryCheckpoint,
    Plan,
    SinkError,
    SQLiteCheckpoint,
    TargetError,
    run,
)
from pinterest_async.harvest.output.checkpoint import RequestedReport
from pinterest_async.harvest.output.storage import notes_folder
from pinterest_async.harvest.plan.series import Series, begin, cut

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]


@pytest.fixture
def series(make_plan: MakePlan) -> Series:
    plan = make_plan()
    return begin(plan, None, plan.end)


@pytest.fixture(params=["sqlite", "memory"])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    return MemoryCheckpoint() if request.param == "memory" else SQLiteCheckpoint(tmp_path / "c")


async def test_what_is_committed_is_known(checkpoint: Any, series: Series) -> None:
    assert await checkpoint.open() == {}
    assert await checkpoint.begin(series) == {}
    (partition,) = cut(series, "1", ["11"])
    commit = Commit(path="level=ad/x.parquet", rows=5, misfits=1)
    await checkpoint.commit(series, partition, commit)
    await checkpoint.commit(series, partition, commit)
    assert await checkpoint.begin(series) == {partition.id: commit}
    await checkpoint.aclose()


async def test_reports_are_known_until_their_partitions_are_finished(
    checkpoint: Any, series: Series
) -> None:
    await checkpoint.open()
    await checkpoint.begin(series)
    first, second = (next(cut(series, account, ["11"])) for account in "12")
    asked = RequestedReport(token="7", when=1.5)
    for partition in (first, second):
        await checkpoint.ask(series, partition, RequestedReport(token="6", when=1.0))
        await checkpoint.ask(series, partition, asked)
    assert await checkpoint.reports(series) == {first.id: asked, second.id: asked}
    await checkpoint.commit(series, first, Commit(path=None, rows=0))
    assert await checkpoint.reports(series) == {second.id: asked}
    await checkpoint.aclose()


async def test_listings_are_known_and_whose_they_are(checkpoint: Any, series: Series) -> None:
    await checkpoint.open()
    await checkpoint.begin(series)
    assert await checkpoint.listed(series, None) == ((), False)
    await checkpoint.note(series, None, ["1", "2"])
    await checkpoint.note(series, "1", ["11"])
    assert await checkpoint.listed(series, None) == (("1", "2"), True)
    assert await checkpoint.listed(series, "1") == (("11",), True)
    assert await checkpoint.listed(series, "2") == ((), False)
    await checkpoint.aclose()


async def test_a_later_plan_knows_but_lists_again(tmp_path: Path, series: Series) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    await checkpoint.note(series, "1", ["11"])
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.commit(series, partition, Commit(path=None, rows=0))
    await checkpoint.complete(replace(series, through=series.plan.end))
    await checkpoint.aclose()
    again = SQLiteCheckpoint(tmp_path / "c")
    known = await again.open()
    assert known[series.id].through == series.plan.end
    plan = replace(series.plan, start=series.plan.start + dt.timedelta(days=1))
    later = begin(plan, known[series.id], plan.end)
    assert list(await again.begin(later)) == [partition.id]
    assert partition.id not in {one.id for one in cut(later, "1", ["11"])}  # its days still change
    assert await again.listed(later, "1") == (("11",), False)
    await again.aclose()


async def test_a_commit_is_on_disk_when_it_returns(tmp_path: Path, series: Series) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.commit(series, partition, Commit(path=None, rows=0))
    other = sqlite3.connect(tmp_path / "c")
    assert other.execute("SELECT partition FROM commits").fetchall() == [(partition.id,)]
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()
    await checkpoint.aclose()


async def test_two_runs_do_not_share_a_target(tmp_path: Path) -> None:
    first, second = SQLiteCheckpoint(tmp_path / "c"), SQLiteCheckpoint(tmp_path / "c")
    await first.open()
    with pytest.raises(TargetError, match="another harvest is filling"):
        await second.open()
    await first.aclose()
    await second.open()
    await second.aclose()


async def test_a_file_of_another_version_is_left_alone(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / "c")
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(TargetError, match="another version"):
        await SQLiteCheckpoint(tmp_path / "c").open()


async def test_a_file_that_is_no_checkpoint_is_an_error_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "c").write_bytes(b"something else entirely" * 100)
    with pytest.raises(CheckpointError, match="c cannot be used: file is not a database") as caught:
        await SQLiteCheckpoint(tmp_path / "c").open()
    assert isinstance(caught.value, OSError)


async def test_a_file_of_version_1_goes_on(tmp_path: Path, series: Series) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.commit(series, partition, Commit(path="a", rows=5, misfits=1, set_aside=9))
    await checkpoint.aclose()
    database = sqlite3.connect(tmp_path / "c")
    database.executescript("ALTER TABLE commits DROP COLUMN set_aside; PRAGMA user_version = 1")
    database.close()
    again = SQLiteCheckpoint(tmp_path / "c")
    assert await again.open() == {series.id: series}
    assert await again.begin(series) == {partition.id: Commit(path="a", rows=5, misfits=1)}
    await again.aclose()


DAMAGES = (
    """UPDATE series SET content = '{"plan": '""",
    "UPDATE series SET content = '[]'",
    """UPDATE series SET content = '{"plan": {"level": "moon"}, "today": "2026-01-01"}'""",
    "UPDATE series SET content = replace(content, 'DAY', 'CENTURY')",
    "UPDATE series SET content = replace(hex(zeroblob(50000)), '0', '[')",
    "UPDATE series SET content = x'ff'",
    "UPDATE listings SET ids = '[1'",
    "UPDATE listings SET ids = '{}'",
    "UPDATE commits SET rows = 'many'",
    "UPDATE commits SET path = x'ff00'",
    "UPDATE reports SET asked = 'yesterday'",
    "DROP TABLE commits",
)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_checkpoint_ends_in_a_sentence(
    fake: Any, tmp_path: Path, make_plan: MakePlan, damage: str
) -> None:
    await run(make_plan(), fake.client, out=tmp_path)
    database = sqlite3.connect(notes_folder(tmp_path) / "checkpoint.sqlite")
    database.execute("INSERT INTO reports SELECT 'p', name, 'token', 1.5 FROM series")
    database.executescript(damage)
    database.close()
    if damage == "DROP TABLE commits":  # the target's files are there, and it knows of none
        database = sqlite3.connect(notes_folder(tmp_path) / "checkpoint.sqlite")
        database.executescript("DROP TABLE series; DROP TABLE listings; DROP TABLE reports")
        database.close()
    with pytest.raises(TargetError) as caught:
        await run(make_plan(), fake.client, out=tmp_path)
    assert caught.value.advice
    assert len(str(caught.value)) < 1000


async def test_a_lost_checkpoint_ends_in_a_sentence(
    fake: Any, tmp_path: Path, make_plan: MakePlan
) -> None:
    await run(make_plan(), fake.client, out=tmp_path)
    for file in notes_folder(tmp_path).glob("checkpoint.sqlite*"):
        file.unlink()
    with pytest.raises(TargetError, match="no harvest left there"):
        await run(make_plan(), fake.client, out=tmp_path)


async def test_a_damaged_file_of_rows_ends_in_a_sentence(
    fake: Any, tmp_path: Path, make_plan: MakePlan, yesterday: dt.date
) -> None:
    earlier = make_plan(end=yesterday - dt.timedelta(days=1))
    await run(earlier, fake.client, out=tmp_path, since_last=True)
    for path in (await run(earlier, fake.client, out=tmp_path)).paths:
        (tmp_path / path).write_bytes(b"PAR1 no more PAR1")
    with pytest.raises(SinkError, match="is damaged"):
        await run(make_plan(start=earlier.start), fake.client, out=tmp_path, since_last=True)


@pytest.mark.parametrize(
    ("changes", "welcome"),
    [
        ({}, True),
        ({"columns": ["CTR"]}, False),
        ({"granularity": "TOTAL"}, False),
        ({"accounts": ["1"]}, False),
        ({"level": "campaign"}, True),
    ],
)
async def test_rows_are_not_harvested_twice_into_one_folder(
    fake: Any, tmp_path: Path, make_plan: MakePlan, changes: dict[str, Any], welcome: bool
) -> None:
    await run(make_plan(), fake.client, out=tmp_path)
    if welcome:
        await run(make_plan(**changes), fake.client, out=tmp_path)
    else:
        with pytest.raises(TargetError, match="would be there twice"):
            await run(make_plan(**changes), fake.client, out=tmp_path)


async def test_other_days_and_other_accounts_may_join(
    fake: Any, tmp_path: Path, make_plan: MakePlan, yesterday: dt.date
) -> None:
    week = dt.timedelta(days=7)
    for plan in (
        make_plan(accounts=["1"]),
        make_plan(accounts=["2"], columns=["CTR"]),
        make_plan(accounts=["1", "2"], start=yesterday - 3 * week, end=yesterday - 2 * week),
    ):
        assert (await run(plan, fake.client, out=tmp_path)).complete


async def test_files_of_unknown_origin_are_left_alone(
    fake: Any, tmp_path: Path, make_plan: MakePlan
) -> None:
    (tmp_path / "level=ad").mkdir()
    (tmp_path / "level=ad" / "mine.parquet").write_bytes(b"PAR1")
    with pytest.raises(TargetError, match="no harvest left there"):
        await run(make_plan(), fake.client, out=tmp_path)


def on_disk(file: Path, table: str) -> int:
    """Rows of a table that another process would find."""
    with sqlite3.connect(file) as other:
        found: int = other.execute(f"SELECT count(*) FROM {table}").fetchone()[0]  # noqa: S608
    other.close()
    return found


async def test_commits_that_come_together_are_written_together(
    tmp_path: Path, series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    store: Any = vars(SQLiteCheckpoint)["_store"]
    groups: list[int] = []

    def stored(self: Any, writes: list[Any]) -> None:
        groups.append(len(writes))
        store(self, writes)

    monkeypatch.setattr(SQLiteCheckpoint, "_store", stored)
    finished = 0

    async def commit(account: int) -> None:
        nonlocal finished
        (partition,) = cut(series, str(account), ["11"])
        await checkpoint.commit(series, partition, Commit(path=None, rows=0))
        finished += 1
        assert on_disk(tmp_path / "c", "commits") >= finished

    async with asyncio.TaskGroup() as tasks:
        for account in range(1, 21):
            tasks.create_task(commit(account))
    assert sum(groups) == 20
    assert len(groups) < 5
    await checkpoint.aclose()


async def test_what_was_listed_is_written_with_the_next_commit(
    tmp_path: Path, series: Series
) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    await checkpoint.note(series, "1", ["11"])
    assert on_disk(tmp_path / "c", "listings") == 0
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.commit(series, partition, Commit(path=None, rows=0))
    assert on_disk(tmp_path / "c", "listings") == 1
    await checkpoint.note(series, "2", ["21"])
    await checkpoint.aclose()
    assert on_disk(tmp_path / "c", "listings") == 2


async def test_no_more_than_so_many_listings_wait(tmp_path: Path, series: Series) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    for account in range(100):
        await checkpoint.note(series, str(account), ["11"])
        assert on_disk(tmp_path / "c", "listings") >= account - 63
    await checkpoint.aclose()


async def test_all_who_wait_for_a_group_learn_that_it_failed(
    tmp_path: Path, series: Series, monkeypatch: pytest.MonkeyPatch
) -> None:
    checkpoint = SQLiteCheckpoint(tmp_path / "c")
    await checkpoint.open()
    await checkpoint.begin(series)
    execute: Any = vars(SQLiteCheckpoint)["_execute"]

    def fail(self: Any, statement: str, *values: Any) -> Any:
        if values and values[0] == bad.id:
            raise sqlite3.OperationalError("disk I/O error")
        return execute(self, statement, *values)

    partitions = [next(cut(series, str(account), ["11"])) for account in range(1, 6)]
    bad = partitions[2]
    monkeypatch.setattr(SQLiteCheckpoint, "_execute", fail)
    commits = (checkpoint.commit(series, one, Commit(path=None, rows=0)) for one in partitions)
    found = await asyncio.gather(*commits, return_exceptions=True)
    failed = [one for one in found if isinstance(one, CheckpointError)]
    assert failed
    # All of a group or none of it: whoever was told so is on disk, and nobody else.
    assert on_disk(tmp_path / "c", "commits") == len(partitions) - len(failed)
    await checkpoint.aclose()
