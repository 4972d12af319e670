"""What a run does about calls, disks and checkpoints that fail."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from harvest.folders import everything, expected, read, unfinished

from pinterest_async.errors import (
    AuthenticationError,
    PermissionDeniedError,
    ServerError,
)
from pinterest_async.harvest import (
    CheckpointError,
    LocalStorage,
    LostPartitionsError,
    Plan,
    SinkError,
    SQLiteCheckpoint,
    run,
)

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]


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


async def test_a_partition_that_somebody_else_cancels_is_not_taken_for_done(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    """A task group takes a task that was cancelled from outside for one that has ended."""

    async def fail(account: str, _ids: Sequence[str]) -> None:
        if account == "1":
            raise asyncio.CancelledError

    fake.on_analytics = fail
    with pytest.raises(LostPartitionsError, match="of 2 partitions"):
        await run(make_plan(), fake.client, out=tmp_path)
    fake.on_analytics = None
    assert (await run(make_plan(), fake.client, out=tmp_path)).complete
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


async def test_a_folder_that_cannot_be_written_is_an_error_with_its_name(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    (tmp_path / "data").write_text("a file")
    with pytest.raises(OSError, match="data"):
        await run(make_plan(), fake.client, out=tmp_path / "data")


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


@pytest.mark.parametrize("reason", ["No space left on device", "Permission denied"])
async def test_a_disk_that_fails_midway_ends_the_run_and_it_can_go_on(
    fake: Any,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    reason: str,
) -> None:
    fake.things = {str(number): [f"{number}1"] for number in range(100, 110)}
    write_all, written = LocalStorage.write_all, 0

    def fail(self: LocalStorage, files: Sequence[tuple[str, Any]]) -> None:
        nonlocal written
        room = 4 - written
        written += len(files)
        write_all(self, files[:room])
        if written > 4:
            raise OSError(28, reason)

    monkeypatch.setattr(LocalStorage, "write_all", fail)
    with pytest.raises(SinkError, match=reason) as caught:
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
