import asyncio
import datetime as dt
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from harvest.folders import NullSink, ProgressLog, everything, expected, read, unfinished

from pinterest_async.errors import (
    ConfigurationError,
)
from pinterest_async.harvest import (
    FileSink,
    LocalStorage,
    MemoryCheckpoint,
    Partition,
    Plan,
    SQLiteCheckpoint,
    TargetError,
    run,
)
from pinterest_async.harvest.output import received
from pinterest_async.harvest.output.formats import Parquet

ds: Any = pytest.importorskip("pyarrow.dataset")
fs: Any = pytest.importorskip("pyarrow.fs")

MakePlan = Callable[..., Plan]


async def test_everything_is_harvested_once(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    plan, notes = make_plan(), ProgressLog()
    result = await run(plan, fake.client, out=tmp_path, progress=notes)
    assert read(tmp_path) == expected(plan, fake.things)
    assert result.rows == 6 * 10
    assert (result.done, result.skipped, result.failures, result.misfits) == (2, 0, (), 0)
    assert (result.accounts, result.accounts_without_rows) == (3, 1)
    assert result.calls == len(fake.lists) + len(fake.asked) == (2 + 3 + 1 + 1) + 2
    assert sorted(tmp_path / path for path in result.paths) == everything(tmp_path, "*.parquet")
    assert unfinished(tmp_path) == []
    last = notes.received[-1]
    assert (last.accounts, last.accounts_listed, last.partitions, last.done) == (3, 3, 2, 2)
    assert (last.rows, last.calls) == (result.rows, result.calls)
    assert [note.rows for note in notes.received] == sorted(note.rows for note in notes.received)


async def test_archived_things_are_listed_too(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    await run(make_plan(), fake.client, out=tmp_path)
    queries = [query for account, query in fake.lists if account]
    assert all("ARCHIVED" in query["entity_statuses"] for query in queries)
    assert all(query["page_size"] == 250 for _, query in fake.lists)


async def test_interactive_calls_go_first(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    await run(make_plan(), fake.client, out=tmp_path)
    assert fake.priority == "background"


async def test_an_account_without_ads_costs_one_call(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    result = await run(make_plan(accounts=["3"]), fake.client, out=tmp_path)
    assert result.calls == 1
    assert result.paths == ()


async def test_the_account_level_lists_accounts_only(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    result = await run(make_plan(level="account"), fake.client, out=tmp_path)
    assert [account for account, _ in fake.lists] == [None, None]
    assert sorted(account for account, *_ in fake.asked) == ["1", "2", "3"]
    assert result.rows == 30


@pytest.mark.parametrize("level", ["campaign", "ad_group"])
async def test_the_levels_between(
    fake: Any, make_plan: MakePlan, tmp_path: Path, level: str
) -> None:
    result = await run(make_plan(level=level), fake.client, out=tmp_path)
    assert result.rows == 60
    table = ds.dataset(tmp_path / f"level={level}").to_table()
    assert set(table.column(f"{level.upper()}_ID").to_pylist()) == {
        id for ids in fake.things.values() for id in ids
    }


async def test_a_sink_that_puts_in_its_own_way_gets_every_table(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    class CountingSink(FileSink):
        rows = 0

        async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None:
            self.rows += table.num_rows
            return await super().put(plan, partition, table)

    plan, sink = make_plan(), CountingSink(LocalStorage(tmp_path))
    await run(plan, fake.client, sink=sink, checkpoint=MemoryCheckpoint())
    assert sink.rows == 60
    assert read(tmp_path) == expected(plan, fake.things)


async def test_rows_become_files_content_in_one_thread_and_files_are_written_together(
    fake: Any, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []
    written: list[int] = []

    def noted(work: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            threads.append(threading.get_ident())
            return work(*arguments)

        return call

    def write_all(storage: LocalStorage, files: Sequence[Any]) -> None:
        written.append(len(files))
        whole(storage, files)

    whole = LocalStorage.write_all
    asked_for = noted(received.asked_for)
    monkeypatch.setattr("pinterest_async.harvest.execute.fetch.asked_for", asked_for)
    monkeypatch.setattr(Parquet, "encode", noted(Parquet.encode))
    monkeypatch.setattr(LocalStorage, "write_all", write_all)
    result = await run(make_plan(), fake.client, out=tmp_path)
    assert len(threads) == 2 * result.done == 4
    assert threads[::2] == threads[1::2]
    assert threading.get_ident() not in threads
    assert sum(written) == 2


async def test_a_finished_plan_makes_no_call_again(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    first = await run(make_plan(), fake.client, out=tmp_path)
    fake.things["1"].append("16")  # an ad of later on would shift the cuts
    second = await run(make_plan(), fake.client, out=tmp_path)
    assert (second.calls, second.rows, second.done, second.skipped) == (0, 0, 0, 2)
    assert sorted(second.paths) == sorted(first.paths)


async def test_calls_in_flight_are_bounded(make_plan: MakePlan, tmp_path: Path, fake: Any) -> None:
    fake.things = {str(number): [f"{number}1"] for number in range(100, 130)}
    flying = most = 0
    full = asyncio.Event()

    async def count(_account: str, _ids: Sequence[str]) -> None:
        nonlocal flying, most
        flying += 1
        most = max(most, flying)
        if flying == 3:
            full.set()
        await full.wait()
        flying -= 1

    fake.on_analytics = count
    async with asyncio.timeout(60):  # however busy the machine is
        result = await run(make_plan(), fake.client, out=tmp_path, concurrency=3)
    assert result.done == 30
    assert most == 3


async def test_a_plan_out_of_reach_makes_no_call(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan = make_plan(start=dt.date(2020, 1, 1), end=dt.date(2020, 1, 2))
    with pytest.raises(ValueError, match="days back"):
        await run(plan, fake.client, out=tmp_path)
    assert fake.lists == []
    assert everything(tmp_path) == []


async def test_two_runs_at_once_are_kept_apart(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    results = await asyncio.gather(
        run(make_plan(), fake.client, out=tmp_path),
        run(make_plan(), fake.client, out=tmp_path),
        return_exceptions=True,
    )
    assert sorted(type(result).__name__ for result in results) == ["HarvestResult", "TargetError"]
    assert TargetError.__name__ in {type(result).__name__ for result in results}
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_a_harvest_needs_one_place_for_its_rows(fake: Any, make_plan: MakePlan) -> None:
    with pytest.raises(ConfigurationError, match="one place"):
        await run(make_plan(), fake.client)
    with pytest.raises(ConfigurationError, match="needs a checkpoint"):
        await run(make_plan(), fake.client, sink=NullSink())


async def test_all_levels_of_business_access_are_discovered(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    fake.owned = {"900": ["2", "3"]}
    plan = make_plan(accounts=["1"], businesses=["900"])
    result = await run(plan, fake.client, out=tmp_path)
    assert {account for account, *_ in fake.asked} == {"1", "2"}
    assert result.calls == (1 + 3 + 1 + 1) + 2
    other = make_plan(accounts=["1"], businesses="all")
    assert (await run(other, fake.client, out=tmp_path / "all")).rows == result.rows


async def test_any_file_system_will_do_with_a_checkpoint_on_this_machine(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    filesystem = fs.SubTreeFileSystem(str(tmp_path / "far"), fs.LocalFileSystem(use_mmap=False))
    (tmp_path / "far").mkdir()
    for calls in (9, 0):
        result = await run(
            make_plan(),
            fake.client,
            out="bucket",
            filesystem=filesystem,
            checkpoint=SQLiteCheckpoint(tmp_path / "near" / "checkpoint.sqlite"),
        )
        assert result.calls == calls
    assert read(tmp_path / "far" / "bucket") == expected(make_plan(), fake.things)


@pytest.mark.parametrize("format", ["jsonl", "csv"])
async def test_lines_are_harvested_as_well(
    fake: Any, make_plan: MakePlan, tmp_path: Path, format: Any
) -> None:
    result = await run(make_plan(), fake.client, out=tmp_path, format=format)
    assert len(everything(tmp_path, f"*.{format}")) == 2
    lines = [line for path in result.paths for line in (tmp_path / path).read_text().splitlines()]
    assert len(lines) == result.rows + (2 if format == "csv" else 0)
    assert (await run(make_plan(), fake.client, out=tmp_path, format=format)).calls == 0
    with pytest.raises(TargetError, match=f"holds rows of this plan as {format}"):
        await run(make_plan(), fake.client, out=tmp_path)
