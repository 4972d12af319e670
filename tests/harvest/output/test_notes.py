"""Where a harvest keeps its own files: a target holds rows and nothing else."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harvest.folders import expected, read

from pinterest_async.harvest import LocalStorage, Plan, SQLiteCheckpoint, compact, run
from pinterest_async.harvest.output.storage import notes_folder

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]


def test_they_are_beside_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert notes_folder(Path("data")) == Path("_data.harvest")
    assert notes_folder(tmp_path / "data") == tmp_path / "_data.harvest"
    assert notes_folder(Path()) == tmp_path.with_name(f"_{tmp_path.name}.harvest")
    assert notes_folder(Path("a/..")) == tmp_path.with_name(f"_{tmp_path.name}.harvest")
    (tmp_path / "far" / "data").mkdir(parents=True)
    (tmp_path / "data").symlink_to(tmp_path / "far" / "data")
    assert notes_folder(Path("data")) == tmp_path / "far" / "_data.harvest"


def test_they_are_inside_where_they_were_made_there(tmp_path: Path) -> None:
    (tmp_path / "data" / "_harvest").mkdir(parents=True)
    (tmp_path / "_data.harvest").mkdir()
    assert notes_folder(tmp_path / "data") == tmp_path / "data" / "_harvest"


def test_they_are_inside_what_is_mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "data"
    monkeypatch.setattr(os.path, "ismount", folder.__eq__)
    assert notes_folder(folder) == folder / "_harvest"
    assert notes_folder(Path("/")) == Path("/_harvest")
    (tmp_path / "_data.harvest").mkdir()  # a harvest began there before it was mounted
    assert notes_folder(folder) == tmp_path / "_data.harvest"


def test_they_are_inside_where_nothing_can_be_put_beside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"

    def access(path: Path, mode: int) -> bool:
        return path != tmp_path or mode != os.W_OK

    monkeypatch.setattr(os, "access", access)
    assert notes_folder(folder) == tmp_path / "_data.harvest"
    folder.mkdir()
    assert notes_folder(folder) == folder / "_harvest"


async def test_a_target_holds_rows_and_nothing_else(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    out = tmp_path / "data"
    result = await run(make_plan(), fake.client, out=out)
    assert sorted(result.paths) == sorted(LocalStorage(out).files(""))
    compact(out, tmp_path / "large")
    for folder in (out, tmp_path / "large"):
        assert {path.name for path in folder.iterdir()} == {"level=ad"}
        assert {path.suffix for path in folder.rglob("*") if path.is_file()} == {".parquet"}


async def test_a_target_of_an_earlier_version_goes_on(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    out = tmp_path / "data"
    await run(make_plan(), fake.client, out=out)
    (tmp_path / "_data.harvest").rename(out / "_harvest")
    assert (await run(make_plan(), fake.client, out=out)).calls == 0
    assert not (tmp_path / "_data.harvest").exists()
    (out / "_harvest").rename(tmp_path / "_data.harvest")  # or moved by hand
    assert (await run(make_plan(), fake.client, out=out)).calls == 0
    assert not (out / "_harvest").exists()


async def test_a_target_that_was_moved_with_its_notes_goes_on(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    await run(make_plan(), fake.client, out=tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "moved")
    (tmp_path / "_data.harvest").rename(tmp_path / "_moved.harvest")
    assert (await run(make_plan(), fake.client, out=tmp_path / "moved")).calls == 0


class StoppedError(Exception):
    """Ends a harvest midway."""


@pytest.mark.parametrize("named", [False, True])
async def test_rows_that_were_removed_are_fetched_again(
    fake: Any, make_plan: MakePlan, tmp_path: Path, named: bool
) -> None:
    out, plan = tmp_path / "data", make_plan()
    options: dict[str, Any] = {"out": out, "since_last": True}
    if named:
        options["checkpoint"] = SQLiteCheckpoint(tmp_path / "notes.sqlite", target=out)
    await run(plan, fake.client, **options)
    shutil.rmtree(out)

    asked = len(fake.asked)

    async def stop(*_: Any) -> None:
        if len(fake.asked) == asked + 2:
            raise StoppedError

    fake.on_analytics = stop
    with pytest.raises(StoppedError):
        await run(plan, fake.client, **options, concurrency=1)
    fake.on_analytics = None
    # What was forgotten stays so, though some rows are there again.
    assert 0 < len(read(out)) < len(expected(plan, fake.things))
    assert (await run(plan, fake.client, **options)).complete
    assert read(out) == expected(plan, fake.things)


async def test_rows_of_a_level_that_were_removed_are_fetched_again(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    out = tmp_path / "data"
    for level in ("ad", "campaign"):
        await run(make_plan(level=level), fake.client, out=out)
    shutil.rmtree(out / "level=ad")
    assert (await run(make_plan(level="campaign"), fake.client, out=out)).calls == 0
    again = await run(make_plan(), fake.client, out=out)
    assert (again.done, again.skipped) == (2, 0)


async def test_one_file_that_is_missing_means_nothing(
    fake: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    """A span that was restated and has no rows any more has no file."""
    out = tmp_path / "data"
    result = await run(make_plan(), fake.client, out=out)
    (out / result.paths[0]).unlink()
    assert (await run(make_plan(), fake.client, out=out)).calls == 0
