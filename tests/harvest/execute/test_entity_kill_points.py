"""Killed at each step of its work with the disk, a harvest of entities goes on exactly."""

import shutil
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from harvest.entity_chaos import again, progress
from harvest.entity_state import call, differences, fill, harvested
from harvest.folders import unfinished
from harvest.forking import Forker

from pinterest_async.emulator import Emulator
from pinterest_async.harvest import EntityPlan
from pinterest_async.harvest.output.storage import notes_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")

PLAN = EntityPlan(entities=["board_sections", "keywords", "pins"])
TEXT = PLAN.to_json().decode()
STRIDE = 41
"""Only some of the steps, beginning with another one in each test: all of them take minutes."""


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=1, ads=3, quotas=None) as emulator:
        fill(emulator)
        yield emulator


@pytest.fixture
async def fork(emulator: Emulator) -> AsyncIterator[Forker]:
    async with Forker.started(emulator) as forker:
        yield forker


def left_over(out: Path) -> list[Path]:
    return [*unfinished(out), *(notes_folder(out) / "entities").rglob("*")]


async def test_a_first_harvest(emulator: Emulator, fork: Forker, tmp_path: Path) -> None:
    step = 0
    for step in range(1, 10_000, STRIDE):
        out = tmp_path / str(step)
        killed = await fork(out, step, entities=TEXT)
        if not killed["died"]:
            break
        finished, begun = progress(out, PLAN), len(emulator.calls())
        assert (await fork(out, entities=TEXT))["said"]["complete"]
        assert differences(emulator, out, PLAN.names) == []
        assert left_over(out) == []
        assert again(emulator, finished, begun) == []
    assert step > 100


async def test_a_second_harvest(emulator: Emulator, fork: Forker, tmp_path: Path) -> None:
    base = tmp_path / "base"
    await fork(base, entities=TEXT)
    before = {name: harvested(base, name) for name in PLAN.names}
    for row in emulator.world.table("pins").by("user", emulator.user):
        row["title"] = "Another title"
    call(emulator, "boards/create", {}, {}, {"name": "New"})
    for row in [*emulator.world.table("keywords")]:
        emulator.world.table("keywords").remove(row["id"])
    step = 0
    for step in range(3, 10_000, STRIDE):
        out = tmp_path / str(step)
        for place in (base, notes_folder(base)):
            shutil.copytree(place, out if place == base else notes_folder(out))
        killed = await fork(out, step, entities=TEXT)
        if not killed["died"]:
            break
        for name in PLAN.names:  # each file is the old one or the new one, at any moment
            assert harvested(out, name) == before[name] or not differences(emulator, out, [name])
        assert (await fork(out, entities=TEXT))["said"]["complete"]
        assert differences(emulator, out, PLAN.names) == []
        assert left_over(out) == []
    assert step > 100
