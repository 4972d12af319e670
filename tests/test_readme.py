"""What the README shows runs as it stands, against the emulator."""

import re
import shlex
import signal
import tomllib
from pathlib import Path

import pytest
from programs import STRICT, browser, finished, free_address, started

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
    file = tmp_path / "test_program.py"
    file.write_text(program, "utf-8")
    runner = (
        ["-m", "pytest", "-o", "asyncio_default_fixture_loop_scope=function"]
        if "def test_" in program
        else []
    )
    async with Emulator(accounts=3) as emulator:
        assert await finished(await started(emulator, tmp_path, *STRICT, *runner, str(file)))


async def test_harvests_run_one_after_another(tmp_path: Path) -> None:
    lines = [line for line in COMMANDS if line.startswith("pinterest harvest ")]
    assert len(lines) >= 3
    async with Emulator(accounts=3) as emulator:
        for line in lines:
            _, *words = shlex.split(line)
            command = ["-m", "pinterest_async.cli", *words]
            assert await finished(await started(emulator, tmp_path, *STRICT, *command))
    assert list((tmp_path / "data").rglob("*.parquet"))


async def test_a_login_and_who_it_is(tmp_path: Path) -> None:
    logins = [line for line in COMMANDS if line.startswith(("pinterest login", "pinterest who"))]
    assert logins == ["pinterest login", "pinterest whoami"]
    async with Emulator(consent="grant") as emulator:
        app_id, secret = emulator.client
        variables = {
            "XDG_CONFIG_HOME": str(tmp_path),
            "BROWSER": browser(tmp_path),
            "PINTEREST_APP_ID": app_id,
            "PINTEREST_APP_SECRET": secret,
            "PINTEREST_ACCESS_TOKEN": "",
        }
        said = ""
        for line in logins:
            _, *words = shlex.split(line)
            if words == ["login"]:
                words += ["--redirect-uri", free_address()]
            command = (*STRICT, "-m", "pinterest_async.cli", *words)
            said = await finished(await started(emulator, tmp_path, *command, **variables))
    assert emulator.users[emulator.user] in said


def test_every_extra_is_in_the_table() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = set(project["optional-dependencies"]) - {"dev"}
    assert set(re.findall(r"^\| `(\w+)` \|", README.split("## ")[0], re.MULTILINE)) == extras


async def test_the_emulator_serves_until_it_is_stopped(tmp_path: Path) -> None:
    [line] = [line for line in COMMANDS if line.startswith("pinterest emulator ")]
    _, *words = shlex.split(line)
    words[words.index("--port") + 1] = "0"  # one that is free here
    async with Emulator(accounts=0) as nobody:
        process = await started(nobody, tmp_path, *STRICT, "-m", "pinterest_async.cli", *words)
        assert process.stdout is not None
        assert await process.stdout.readline()
        process.send_signal(signal.SIGINT)
        said, _ = await process.communicate()
    assert b"Traceback" not in said


def test_make_has_the_targets_that_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = set(re.findall(r"^(\w+):", makefile, re.MULTILINE))
    named = {line.split()[1] for line in COMMANDS if line.startswith("make ")}
    assert {"demo", "test"} <= named <= targets
