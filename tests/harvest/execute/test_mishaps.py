"""Disks that are full, places that cannot be written any more, tokens that are revoked: midway."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from harvest.chaos import SPEND, Watch, committed, expected, fetched, read
from harvest.folders import unfinished
from programs import started

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Late
from pinterest_async.harvest import Plan
from pinterest_async.harvest.output.storage import notes_folder

pytest.importorskip("pyarrow")
pytest.importorskip("click")
pytest.importorskip("rich")

MakePlan = Callable[..., Plan]
ACCOUNTS = 24
COMMAND = ("-m", "pinterest_async.cli")
LIMITED = """
import resource, runpy, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2)
runpy.run_module("pinterest_async.cli", run_name="__main__")
"""
PARTIAL = 3


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=ACCOUNTS, ads=2, quotas=None) as emulator:
        yield emulator


@pytest.fixture
def watch(emulator: Emulator) -> Watch:
    watch = Watch()
    emulator.hooks.append(watch)
    return watch


class Harvests:
    """The command, again and again into one folder."""

    def __init__(self, emulator: Emulator, plan: Plan, folder: Path) -> None:
        self.emulator = emulator
        self.plan = plan
        self.folder = folder
        self.out = folder / "data"

    async def __call__(self, *words: str, **environment: str) -> tuple[int | None, str]:
        days = (f"--since={self.plan.start}", f"--until={self.plan.end}", f"--columns={SPEND}")
        options = ("ads", *days, "--out=data", "--progress=none", "--concurrency=2")
        program = await started(
            self.emulator, self.folder, *(words or COMMAND), "harvest", *options, **environment
        )
        said, _ = await program.communicate()
        return program.returncode, said.decode()

    async def ends_midway(self, *words: str) -> str:
        """What it says when it ends before all is there; some of it is."""
        code, said = await self(*words)
        assert code == PARTIAL, said
        assert "Traceback" not in said
        assert "again" in said
        assert 0 < len(committed(self.out)) < ACCOUNTS
        return said

    async def goes_on(self, **environment: str) -> None:
        """Complete the harvest, and fetch nothing that was finished."""
        finished, begun = committed(self.out), len(self.emulator.calls())
        code, said = await self(**environment)
        assert code == 0, said
        assert [key for key, _ in fetched(self.emulator, begun) if key in finished] == []
        assert read(self.out) == expected(self.emulator, self.plan)
        assert unfinished(self.out) == []


@pytest.fixture
def harvests(emulator: Emulator, make_plan: MakePlan, tmp_path: Path) -> Harvests:
    return Harvests(emulator, make_plan(), tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of file sizes")
async def test_a_disk_that_is_full(harvests: Harvests) -> None:
    # The journal of the checkpoint grows past the limit: rows are written, and cannot be committed.
    said = await harvests.ends_midway("-c", LIMITED, str(110_000))
    assert "checkpoint.sqlite cannot be used" in said
    await harvests.goes_on()


async def test_a_place_that_cannot_be_written_any_more(
    harvests: Harvests, watch: Watch, tmp_path: Path
) -> None:
    folder = notes_folder(harvests.out) / "unfinished"
    left = 6

    def spoil() -> None:
        # Nobody can put a file into a file, not even the superuser.
        nonlocal left
        left -= 1
        if left == 0:
            folder.rename(tmp_path / "aside")
            folder.write_text("")

    watch.answered = spoil
    said = await harvests.ends_midway()
    assert re.search("data cannot be written: (Not a directory|No such file)", said)
    folder.unlink()
    await harvests.goes_on()


async def test_a_token_that_is_revoked(harvests: Harvests, watch: Watch) -> None:
    emulator = harvests.emulator
    left = 6

    def revoke() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            emulator.auth.revoke(emulator.token)

    watch.answered = revoke
    said = await harvests.ends_midway()
    assert "Authentication failed" in said
    assert emulator.token not in said
    code, said = await harvests()
    assert code in (1, PARTIAL), said
    await harvests.goes_on(PINTEREST_ACCESS_TOKEN=emulator.issue_token())


async def test_a_second_run_meanwhile(harvests: Harvests) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def hold(_seconds: float) -> None:
        begun.set()
        await go_on.wait()

    harvests.emulator.faults.sleep = hold
    with harvests.emulator.faults.add(Late(1.0, operation="ads.analytics")):
        first = asyncio.create_task(harvests())
        await begun.wait()
        code, said = await harvests()
        assert code == 1
        assert "another harvest is filling data" in said
        go_on.set()
        assert (await first)[0] == 0
    assert read(harvests.out) == expected(harvests.emulator, harvests.plan)
