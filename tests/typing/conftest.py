"""One run of each type checker, strict, over all that the tests here ask about."""

import asyncio
import json
import re
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
EXAMPLES = ROOT / "examples"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HEADER = """\
import datetime as dt

from pinterest_async import Pinterest, Unknown, succeeded


async def use(*values: object) -> None:
    print(dt.date.today(), *values)
"""


class Complaint(NamedTuple):
    """What a checker says about a line."""

    tool: str
    file: str
    line: int
    code: str
    text: str


class Checked(NamedTuple):
    """All that both checkers said: about what is shown, and about each line of what is refused."""

    shown: list[Complaint]
    refused: dict[str, list[Complaint]]
    """By the key of a snippet, and `wrong` or `right`: `name.wrong`."""


def snippets() -> dict[str, dict[str, str]]:
    """Calls that are wrong, each beside the one that is right."""
    return tomllib.loads((HERE / "refused.toml").read_text("utf-8"))


def _refused(file: Path) -> dict[int, str]:
    """Write all snippets into one file; which line is which."""
    lines = HEADER.splitlines()
    places: dict[int, str] = {}
    for name, pair in snippets().items():
        for kind in ("right", "wrong"):
            lines += ["", "", f"async def {kind}_{name}(pinterest: Pinterest) -> None:"]
            for line in pair[kind].splitlines():
                lines.append(f"    {line}")
                places[len(lines)] = f"{name}.{kind}"
    file.write_text("\n".join(lines) + "\n", "utf-8")
    return places


def _readme(folder: Path) -> None:
    for number, block in enumerate(BLOCK.findall((ROOT / "README.md").read_text("utf-8"))):
        (folder / f"readme_{number}.py").write_text(block, "utf-8")


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", *command),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await process.communicate()
    # 0: no complaint, 1: complaints; anything else is a run that failed.
    assert process.returncode in {0, 1}, (said + errors).decode()
    return said.decode()


async def _pyright(files: list[str]) -> list[Complaint]:
    said = json.loads(await _run("pyright", "--outputjson", "--pythonpath", sys.executable, *files))
    assert said["summary"]["filesAnalyzed"] == len(files)
    return [
        Complaint(
            "pyright",
            one["file"],
            one["range"]["start"]["line"] + 1,
            one.get("rule", ""),
            one["message"],
        )
        for one in said["generalDiagnostics"]
    ]


async def _mypy(files: list[str], cache: Path) -> list[Complaint]:
    said = await _run("mypy", "--output", "json", "--cache-dir", str(cache), *files)
    # What it remembers of a file that has not changed, it tells by the path of that time.
    whole = {Path(file).name: file for file in files}
    assert len(whole) == len(files)
    found: list[dict[str, Any]] = [json.loads(line) for line in said.splitlines()]
    return [
        Complaint(
            "mypy", whole[Path(one["file"]).name], one["line"], one["code"] or "", one["message"]
        )
        for one in found
        if one["severity"] == "error"
    ]


async def _both(files: list[str], cache: Path) -> list[Complaint]:
    by_pyright, by_mypy = await asyncio.gather(_pyright(files), _mypy(files, cache))
    return by_pyright + by_mypy


def _check(folder: Path, cache: Path) -> Checked:
    _readme(folder)
    refused = folder / "refused.py"
    places = _refused(refused)
    files = [
        *sorted((HERE / "scripts").glob("*.py")),
        *sorted(EXAMPLES.rglob("*.py")),
        *sorted(folder.glob("*.py")),
    ]
    by_place: defaultdict[str, list[Complaint]] = defaultdict(list)
    shown: list[Complaint] = []
    for one in asyncio.run(_both([str(file) for file in files], cache)):
        if one.file == str(refused):
            by_place[places.get(one.line, f"line {one.line}")].append(one)
        else:
            shown.append(one)
    return Checked(shown, dict(by_place))


@pytest.fixture(scope="session")
def checked(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Checked:
    """What pyright and mypy say, by the configuration of the project."""
    assert pytestconfig.cache is not None
    cache = pytestconfig.cache.mkdir("typing-mypy")
    return _check(tmp_path_factory.mktemp("checked"), cache)
