import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDeniedError,
    ServerError,
)
from pinterest_async.harvest import (
    CheckpointError,
    LocalStorage,
    Partition,
    Plan,
    Progress,
    SinkError,
    SQLiteCheckpoint,
    TargetError,
    run,
)

ds: Any = pytest.importorskip("pyarrow.dataset")
fs: Any = pytest.importorskip("pyarrow.fs")

MakePlan = Callable[..., Plan]


class Odd:
    """A sink of the user's own, that keeps nothing."""

    async def open(self, plan: Plan) -> None: ...

    async def aclose(self) -> None: ...

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None: ...


class Notes:
    """A listener that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[Progress] = []

    def update(self, progress: Progress) -> None:
        self.heard.append(progress)


def read(folder: Path) -> list[tuple[str, str, dt.date, int]]:
    """All rows of a harvested folder, sorted; none where nothing was committed yet."""
    if not everything(folder, "*.parquet"):
        return []
    table = ds.dataset(folder, partitioning="hive").to_table()
    rows = table.select(["AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR"]).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def expected(plan: Plan, things: dict[str, list[str]]) -> list[tuple[str, str, dt.date, int]]:
    """The rows that the fake client has for a plan."""
    days = range((plan.end - plan.start).days + 1)
    return sorted(
        (account, ad, plan.start + dt.timedelta(days=day), int(ad))
        for account, ads in things.items()
        for ad in ads
        for day in days
    )


def everything(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(folder.rglob(pattern))


def unfinished(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if "unfinished" in path.parts]


async def test_everything_is_harvested_once(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    plan, notes = make_plan(), Notes()
    result = await run(plan, fake.client, out=tmp_path, progress=notes)
    assert read(tmp_path) == expected(plan, fake.things)
    assert result.rows == 6 * 10
    assert (result.done, result.skipped, result.failures, result.misfits) == (2, 0, (), 0)
    assert result.calls == len(fake.lists) + len(fake.asked) == (2 + 3 + 1 + 1) + 2
    assert sorted(tmp_path / path for path in result.paths) == everything(tmp_path, "*.parquet")
    assert unfinished(tmp_path) == []
    last = notes.heard[-1]
    assert (last.accounts, last.accounts_listed, last.partitions, last.done) == (3, 3, 2, 2)
    assert (last.rows, last.calls) == (result.rows, result.calls)
    assert [note.rows for note in notes.heard] == sorted(note.rows for note in notes.heard)


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


async def test_a_finished_plan_makes_no_call_again(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    first = await run(make_plan(), fake.client, out=tmp_path)
    fake.things["1"].append("16")  # an ad of later on would shift the cuts
    second = await run(make_plan(), fake.client, out=tmp_path)
    assert (second.calls, second.rows, second.done, second.skipped) == (0, 0, 0, 2)
    assert sorted(second.paths) == sorted(first.paths)


async def test_one_failure_does_not_stop_the_others(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    async def fail(account: str, _ids: Sequence[str]) -> None:
        if account == "1":
            raise ServerError("down", status=503)

    fake.on_analytics = fail
    result = await run(make_plan(), fake.client, out=tmp_path)
    (failure,) = result.failures
    assert failure.account == "1"
    assert failure.partition is not None
    assert failure.partition.ids == tuple(fake.things["1"])
    assert isinstance(failure.error, ServerError)
    assert (result.done, result.rows) == (1, 10)
    fake.on_analytics = None
    fake.asked.clear()
    again = await run(make_plan(), fake.client, out=tmp_path)
    assert [account for account, *_ in fake.asked] == ["1"]
    assert (again.done, again.skipped, again.failures) == (1, 1, ())
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_an_account_that_cannot_be_listed_is_set_aside(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    async def fail(account: str, _ids: Sequence[str]) -> None:
        if account == "2":
            raise PermissionDeniedError("not yours", status=403)

    fake.on_list = fail
    result = await run(make_plan(), fake.client, out=tmp_path)
    (failure,) = result.failures
    assert (failure.account, failure.partition) == ("2", None)
    assert result.rows == 50
    fake.on_list = None
    again = await run(make_plan(), fake.client, out=tmp_path)
    assert (again.rows, again.failures) == (10, ())


async def test_a_revoked_token_ends_the_run_and_it_can_go_on(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    async def fail(account: str, _ids: Sequence[str]) -> None:
        if account == "2":
            raise AuthenticationError("Authentication failed.", status=401, code=2)

    fake.on_analytics = fail
    with pytest.raises(AuthenticationError):
        await run(make_plan(), fake.client, out=tmp_path)
    assert unfinished(tmp_path) == []
    fake.on_analytics = None
    await run(make_plan(), fake.client, out=tmp_path)
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_cancelling_leaves_no_half_file(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    waiting = asyncio.Event()

    async def stall(account: str, _ids: Sequence[str]) -> None:
        if account == "1":
            waiting.set()
            await asyncio.Event().wait()

    fake.on_analytics = stall
    task = asyncio.create_task(run(make_plan(), fake.client, out=tmp_path))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert unfinished(tmp_path) == []
    assert set(read(tmp_path)) <= set(expected(make_plan(), fake.things))
    fake.on_analytics = None
    await run(make_plan(), fake.client, out=tmp_path)
    assert read(tmp_path) == expected(make_plan(), fake.things)


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


async def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        await run(make_plan(), fake.client, out=tmp_path / "data")


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


async def test_what_fails_is_tried_again_when_all_else_is_done(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    failing = 2

    async def fail(account: str, _ids: Sequence[str]) -> None:
        nonlocal failing
        if account == "1" and failing:
            failing -= 1
            raise ServerError("down", status=503)

    fake.on_analytics = fail
    result = await run(make_plan(), fake.client, out=tmp_path)
    assert result.complete
    assert [account for account, *_ in fake.asked].count("1") == 3
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_an_account_that_may_not_be_read_is_not_asked_about_again(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    async def fail(account: str, _ids: Sequence[str]) -> None:
        if account == "1":
            raise PermissionDeniedError("not yours any more", status=403, code=29)

    fake.on_analytics = fail
    result = await run(make_plan(), fake.client, out=tmp_path)
    assert [failure.account for failure in result.failures] == ["1"]
    assert [account for account, *_ in fake.asked].count("1") == 1


@pytest.mark.parametrize("trouble", ["No space left on device", "Permission denied"])
async def test_a_disk_that_fails_midway_ends_the_run_and_it_can_go_on(
    fake: Any,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    trouble: str,
) -> None:
    fake.things = {str(number): [f"{number}1"] for number in range(100, 110)}
    write, written = LocalStorage.write, 0

    def fail(self: LocalStorage, path: str, content: Any) -> None:
        nonlocal written
        written += 1
        if written > 4:
            raise OSError(28, trouble)
        write(self, path, content)

    monkeypatch.setattr(LocalStorage, "write", fail)
    with pytest.raises(SinkError, match=trouble) as caught:
        await run(make_plan(), fake.client, out=tmp_path, concurrency=2)
    assert "it goes on where it stopped" in str(caught.value)
    monkeypatch.undo()
    finished = len(everything(tmp_path, "*.parquet"))
    fake.asked.clear()
    result = await run(make_plan(), fake.client, out=tmp_path)
    # One more may have been written than committed when the run ended.
    assert finished - 1 <= result.skipped <= finished == 4
    assert len(fake.asked) == 10 - result.skipped
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_a_checkpoint_that_fails_midway_ends_the_run_and_it_can_go_on(
    fake: Any, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    execute: Any = vars(SQLiteCheckpoint)["_execute"]

    def fail(self: Any, statement: str, *values: Any) -> Any:
        if "INTO commits" in statement:
            raise sqlite3.OperationalError("database or disk is full")
        return execute(self, statement, *values)

    monkeypatch.setattr(SQLiteCheckpoint, "_execute", fail)
    with pytest.raises(
        CheckpointError, match=r"checkpoint.sqlite cannot be used: database or disk"
    ):
        await run(make_plan(), fake.client, out=tmp_path)
    monkeypatch.undo()
    await run(make_plan(), fake.client, out=tmp_path)
    assert read(tmp_path) == expected(make_plan(), fake.things)


async def test_a_harvest_needs_one_place_for_its_rows(fake: Any, make_plan: MakePlan) -> None:
    with pytest.raises(ConfigurationError, match="one place"):
        await run(make_plan(), fake.client)
    with pytest.raises(ConfigurationError, match="needs a checkpoint"):
        await run(make_plan(), fake.client, sink=Odd())


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
