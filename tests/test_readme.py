"""What the README shows runs as it stands, against the emulator."""

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

from pinterest_async.emulator import Emulator

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
PROGRAMS = [text for language, text in BLOCKS if language == "python"]
COMMANDS = [
    line.split("#")[0].strip()
    for language, text in BLOCKS
    if language == "console"
    for line in text.splitlines()
]


def test_every_block_is_one_that_is_tried() -> None:
    assert {language for language, _ in BLOCKS} <= {"python", "console"}
    assert len(PROGRAMS) >= 5


@pytest.mark.parametrize("program", PROGRAMS, ids=range(len(PROGRAMS)))
async def test_programs_run(program: str, tmp_path: Path) -> None:
    async with Emulator(accounts=3) as emulator:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "dev", "-W", "error", "-c", program),
            cwd=tmp_path,
            env={
                **os.environ,
                "PINTEREST_ACCESS_TOKEN": emulator.token,
                "PINTEREST_BASE_URL": emulator.url,
            },
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said


def test_make_has_the_targets_that_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {line.split()[1] for line in COMMANDS if line.startswith("make ")}
    assert {"demo", "test"} <= named <= targets
