"""A target without rows is bound to no plan: a run that failed does not refuse its correction."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harvest.folders import NullSink, everything, read

from pinterest_async.errors import AuthenticationError
from pinterest_async.harvest import (
    Plan,
    SQLiteCheckpoint,
    TargetError,
    run,
)

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]


def refused() -> AuthenticationError:
    return AuthenticationError("no", status=401, code=2, request_id=None, body=b"")


CORRECTIONS: tuple[dict[str, Any], ...] = (
    {"columns": ["CTR"]},
    {"accounts": ["1"]},
    {"granularity": "TOTAL"},
    {"format": "csv"},
)


@pytest.mark.parametrize("change", CORRECTIONS, ids=str)
async def test_after_a_login_that_failed(
    fake: Any, make_plan: MakePlan, tmp_path: Path, change: dict[str, Any]
) -> None:
    async def fail(*_: Any) -> None:
        raise refused()

    fake.on_list = fail
    with pytest.raises(AuthenticationError):
        await run(make_plan(), fake.client, out=tmp_path / "data")
    fake.on_list = None
    fields = {name: value for name, value in change.items() if name != "format"}
    options: dict[str, Any] = {"out": tmp_path / "data", "format": change.get("format", "parquet")}
    result = await run(make_plan(**fields), fake.client, **options)
    assert (result.complete, result.rows > 0) == (True, True)
    # From now on, rows bind.
    other = make_plan(**{**fields, "columns": ["CPM_IN_DOLLAR"]})
    with pytest.raises(TargetError, match="would be there twice"):
        await run(other, fake.client, **options)


async def test_after_an_account_without_rows(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    fake.things["4"] = []
    assert (await run(make_plan(accounts=["4"]), fake.client, out=tmp_path)).complete
    result = await run(make_plan(columns=["CTR"]), fake.client, out=tmp_path)
    assert result.rows == 60
    with pytest.raises(TargetError, match="would be there twice"):
        await run(make_plan(accounts=["4"]), fake.client, out=tmp_path)


@pytest.mark.parametrize("elsewhere", [False, True])
async def test_a_file_that_was_not_committed_binds(
    fake: Any,
    make_plan: MakePlan,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    elsewhere: bool,
) -> None:
    """A run that was killed between a file and its commit has left rows."""
    out = tmp_path / "data"
    if elsewhere:  # rows of another plan, which are committed, change nothing
        fake.things["9"] = ["91"]
        first = SQLiteCheckpoint(tmp_path / "notes.sqlite", target=out)
        await run(make_plan(accounts=["9"]), fake.client, out=out, checkpoint=first)
    checkpoint = SQLiteCheckpoint(tmp_path / "notes.sqlite", target=out)

    async def killed(*_: Any) -> None:
        raise refused()

    monkeypatch.setattr(checkpoint, "commit", killed)
    options: dict[str, Any] = {"out": out, "checkpoint": checkpoint}
    with pytest.raises(AuthenticationError):
        await run(make_plan(accounts=["1", "2"]), fake.client, **options, concurrency=1)
    monkeypatch.undo()
    assert len(everything(out, "*.parquet")) == 1 + elsewhere
    with pytest.raises(TargetError, match="would be there twice"):
        await run(make_plan(columns=["CTR"]), fake.client, **options)


async def test_a_failed_plan_beside_rows_of_another_one(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    await run(make_plan(accounts=["1"]), fake.client, out=tmp_path)

    async def fail(*_: Any) -> None:
        raise refused()

    fake.on_analytics = fail
    with pytest.raises(AuthenticationError):
        await run(make_plan(accounts=["2"], columns=["CTR"]), fake.client, out=tmp_path)
    fake.on_analytics = None
    result = await run(make_plan(accounts=["2"]), fake.client, out=tmp_path)
    assert result.complete
    assert {row[0] for row in read(tmp_path)} == {"1", "2"}


async def test_rows_in_other_sinks_bind_too(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    def options() -> dict[str, Any]:
        return {"sink": NullSink(), "checkpoint": SQLiteCheckpoint(tmp_path / "c.sqlite")}

    async def fail(*_: Any) -> None:
        raise refused()

    fake.on_list = fail
    with pytest.raises(AuthenticationError):
        await run(make_plan(), fake.client, **options())
    fake.on_list = None
    assert (await run(make_plan(columns=["CTR"]), fake.client, **options())).rows == 60
    with pytest.raises(TargetError, match="would be there twice"):
        await run(make_plan(), fake.client, **options())
