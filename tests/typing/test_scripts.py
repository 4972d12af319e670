"""Ordinary programs are right to both type checkers, strict, as they stand, and they run.

The programs in `scripts/` are written as people write them who know Pinterest's documentation and
think of no type checker.
"""

import importlib.util
import re
import warnings
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import DriftWarning, Pinterest
from pinterest_async.emulator import Emulator

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.py"))

EXPECTED: dict[tuple[str, str], str] = {}
"""Complaints that are fair: file and line, as it is written, to what Pinterest leaves out."""


def test_nobody_complains(checked: Any) -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for one in checked.shown:
        file = Path(one.file)
        line = file.read_text("utf-8").splitlines()[int(one.line) - 1].strip()
        said = f"{file.name}:{one.line}: {one.tool} [{one.code}] {one.text}"
        found.setdefault((file.name, line), []).append(said)
    unexpected = [said for place, all_ in found.items() if place not in EXPECTED for said in all_]
    assert not unexpected, "\n".join(unexpected)
    assert set(found) == set(EXPECTED)


def test_few_complaints_are_expected() -> None:
    assert len(SCRIPTS) >= 15
    assert 3 * len(EXPECTED) <= len(SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_no_complaint_is_silenced(script: Path) -> None:
    assert not re.search(r"#\s*(type|pyright|mypy):|\bcast\(|: Any\b", script.read_text("utf-8"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
async def test_scripts_run(script: Path) -> None:
    spec = importlib.util.spec_from_file_location(f"script_{script.stem}", script)
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    async with (
        Emulator(accounts=2, seed=7) as emulator,
        Pinterest(emulator.token, base_url=emulator.url) as pinterest,
    ):
        with warnings.catch_warnings():
            warnings.simplefilter("error", DriftWarning)
            await module.main(pinterest)
    assert emulator.calls()
