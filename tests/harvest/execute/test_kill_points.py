"""Killed at each step of its work with the disk, one after the other, a harvest goes on exactly."""

import datetime as dt
import shutil
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from harvest.chaos import committed, expected, fetched, read
from harvest.folders import unfinished
from harvest.forking import Forker

from pinterest_async.emulator import Emulator
from pinterest_async.harvest import Plan
from pinterest_async.harvest.output.storage import notes_folder

pytest.importorskip("pyarrow")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")

MakePlan = Callable[..., Plan]
DAY = dt.timedelta(days=1)
STRIDE = 4
"""Every fourth step, beginning with another one in each test: all of them take a minute each."""


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=1, ads=3, quotas=None) as emulator:
        yield emulator


@pytest.fixture
async def fork(emulator: Emulator) -> AsyncIterator[Forker]:
    async with Forker.started(emulator) as forker:
        yield forker


async def test_a_first_harvest(
    emulator: Emulator, fork: Forker, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan = make_plan(start=make_plan().end - 109 * DAY)  # a report, and a call
    text = plan.to_json().decode()
    wanted = expected(emulator, plan)
    step = 0
    for step in range(1, 10_000, STRIDE):
        out = tmp_path / str(step)
        killed = await fork(out, step, plan=text)
        if not killed["died"]:
            break
        finished, begun = committed(out), len(emulator.calls())
        assert (await fork(out, plan=text))["said"]["complete"]
        assert read(out) == wanted
        assert unfinished(out) == []
        assert [key for key, _ in fetched(emulator, begun) if key in finished] == []
        assert (await fork(out, plan=text))["said"]["calls"] == 0
    assert step > 40


async def test_a_restatement(
    emulator: Emulator, fork: Forker, make_plan: MakePlan, tmp_path: Path
) -> None:
    end = make_plan().end
    first = make_plan(start=end - 69 * DAY, end=end - 5 * DAY)
    base = tmp_path / "base"
    await fork(base, plan=first.to_json().decode(), since_last=True)
    before = read(base)
    assert before == expected(emulator, first)
    emulator.world.seed += 1  # all figures are others now
    again = first.end - 29 * DAY
    young = expected(emulator, make_plan(start=again, end=end))
    wanted = sorted([*(row for row in before if row[2] < again), *young])
    text = make_plan(start=first.start).to_json().decode()
    step = 0
    for step in range(2, 10_000, STRIDE):
        out = tmp_path / str(step)
        for path, copy in ((base, out), (notes_folder(base), notes_folder(out))):
            shutil.copytree(path, copy)
        killed = await fork(out, step, plan=text, since_last=True)
        if not killed["died"]:
            break
        assert read(out) in (before, wanted)  # whole partitions at any moment
        assert (await fork(out, plan=text, since_last=True))["said"]["complete"]
        assert read(out) == wanted
        assert unfinished(out) == []
    assert step > 20


async def test_a_compaction(
    emulator: Emulator, fork: Forker, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan, base, large = make_plan(), tmp_path / "base", tmp_path / "large"
    await fork(base, plan=plan.to_json().decode())
    await fork(large, compact=str(base))
    wanted = read(base)
    assert read(large) == wanted == expected(emulator, plan)
    step = 0
    for step in range(1, 10_000):
        out = tmp_path / str(step)
        shutil.copytree(large, out)
        killed = await fork(out, step, compact=str(base))
        if not killed["died"]:
            break
        assert not (out / "level=ad").exists() or read(out) == wanted
        assert (await fork(out, compact=str(base)))["said"]["rows"] == len(wanted)
        assert read(out) == wanted
        assert [path.name for path in notes_folder(out).iterdir()] == ["compaction.lock"]
    assert step > 8
