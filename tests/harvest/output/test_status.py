"""What a checkpoint tells of a target, also while a harvest fills it."""

import datetime as dt
import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.errors import AuthenticationError, PermissionDeniedError
from pinterest_async.harvest import CheckpointError, Plan, Progress, TargetError, run
from pinterest_async.harvest.output.status import PlanStatus, as_facts, status
from pinterest_async.harvest.output.storage import notes_folder

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]


def the_only(out: Path) -> PlanStatus:
    (found,) = status(notes_folder(out) / "checkpoint.sqlite", out)
    return found


def facts(found: PlanStatus) -> Mapping[str, Any]:
    return {**as_facts(found), "plan": None}


async def test_a_complete_one(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    plan, out = make_plan(), tmp_path / "data"
    result = await run(plan, fake.client, out=out)
    before = sorted(notes_folder(out).iterdir())
    found = the_only(out)
    assert found.series.plan == plan
    assert found.complete
    assert facts(found) == {
        "plan": None,
        "format": "parquet",
        "complete": True,
        "complete_through": plan.end,
        "rows": result.rows,
        "files": 2,
        "misfits": 0,
        "set_aside": 0,
        "accounts": 3,
        "accounts_listed": 3,
        "accounts_without_rows": 1,
        "partitions": 2,
        "done": 2,
        "reports": 0,
    }
    assert sorted(notes_folder(out).iterdir()) == before


async def test_each_plan_and_restated_rows_once(
    fake: Any, make_plan: MakePlan, tmp_path: Path, yesterday: dt.date
) -> None:
    out = tmp_path / "data"
    await run(make_plan(end=yesterday - dt.timedelta(days=3)), fake.client, out=out)
    await run(make_plan(), fake.client, out=out, since_last=True)
    await run(make_plan(level="campaign"), fake.client, out=out)
    found = {one.series.plan.level: one for one in status(notes_folder(out) / "checkpoint.sqlite")}
    assert found["ad"].rows == 60
    assert (found["ad"].files, found["ad"].series.through) == (2, yesterday)
    assert set(found) == {"ad", "campaign"}


async def test_while_it_is_filled_and_after_it_broke_off(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    out = tmp_path / "data"
    seen: list[PlanStatus] = []

    class Looking:
        def update(self, progress: Progress) -> None:  # noqa: ARG002
            seen.append(the_only(out))

    async def fail(account: str, _: Any) -> None:
        if account == "2":
            raise PermissionDeniedError("no", status=403, code=29, request_id=None, body=b"")

    fake.on_analytics = fail
    result = await run(make_plan(), fake.client, out=out, progress=Looking())
    assert seen[0].accounts == 3
    assert [one.done for one in seen] == sorted(one.done for one in seen)
    assert not any(one.complete for one in seen)
    assert len(result.failures) == 1
    found = the_only(out)
    assert (found.done, found.partitions, found.complete) == (1, 2, False)
    assert found.series.through is None


async def test_one_whose_rows_were_removed_is_not_there(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    out = tmp_path / "data"
    for level in ("ad", "campaign"):
        await run(make_plan(level=level), fake.client, out=out)
    shutil.rmtree(out / "level=ad")
    assert the_only(out).series.plan.level == "campaign"
    assert len(status(notes_folder(out) / "checkpoint.sqlite")) == 2


async def test_one_that_never_began(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    async def fail(*_: Any) -> None:
        raise AuthenticationError("no", status=401, code=2, request_id=None, body=b"")

    fake.on_list = fail
    with pytest.raises(AuthenticationError):
        await run(make_plan(), fake.client, out=tmp_path / "data")
    found = the_only(tmp_path / "data")
    assert (found.accounts, found.complete, found.rows) == (None, False, 0)


async def test_levels_that_list_nothing(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    plan = make_plan(level="account")
    result = await run(plan, fake.client, out=tmp_path / "data")
    found = the_only(tmp_path / "data")
    assert (found.partitions, found.done, found.rows) == (result.done, result.done, result.rows)
    assert found.complete


def refused(*_: Any) -> bool:
    return False


async def test_one_that_may_not_be_written(
    fake: Any, make_plan: MakePlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "data"
    await run(make_plan(), fake.client, out=out)
    monkeypatch.setattr(os, "access", refused)
    file = out.with_name("_data.harvest") / "checkpoint.sqlite"
    assert status(file)[0].complete
    writing = sqlite3.connect(file)
    writing.execute("CREATE TABLE journal (word TEXT)")
    assert file.with_name("checkpoint.sqlite-wal").exists()
    assert status(file)[0].complete
    writing.close()


async def test_of_an_earlier_version(fake: Any, make_plan: MakePlan, tmp_path: Path) -> None:
    await run(make_plan(), fake.client, out=tmp_path / "data")
    file = notes_folder(tmp_path / "data") / "checkpoint.sqlite"
    database = sqlite3.connect(file)
    database.executescript("ALTER TABLE commits DROP COLUMN set_aside; PRAGMA user_version = 1")
    database.close()
    assert the_only(tmp_path / "data").set_aside == 0


@pytest.mark.parametrize(
    ("damage", "error", "words"),
    [
        ("PRAGMA user_version = 99", TargetError, "another version"),
        ("PRAGMA user_version = 0", TargetError, "another version"),
        ("UPDATE series SET content = '[]'", CheckpointError, "damaged"),
        ("UPDATE series SET content = x'ff'", CheckpointError, "damaged"),
        ("UPDATE listings SET ids = '{}'", CheckpointError, "damaged"),
        ("UPDATE commits SET rows = 'many'", CheckpointError, "damaged"),
        ("DROP TABLE commits", CheckpointError, "cannot be read"),
    ],
)
async def test_what_cannot_be_read_ends_in_a_sentence(
    fake: Any, make_plan: MakePlan, tmp_path: Path, damage: str, error: type[Exception], words: str
) -> None:
    await run(make_plan(), fake.client, out=tmp_path / "data")
    database = sqlite3.connect(notes_folder(tmp_path / "data") / "checkpoint.sqlite")
    database.executescript(damage)
    database.close()
    with pytest.raises(error, match=words) as caught:
        the_only(tmp_path / "data")
    assert len(str(caught.value)) < 1000


def test_a_folder_without_a_harvest(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="data holds no harvest"):
        the_only(tmp_path / "data")
    (tmp_path / "checkpoint.sqlite").write_text("something else")
    with pytest.raises(CheckpointError, match="cannot be read"):
        status(tmp_path / "checkpoint.sqlite")
