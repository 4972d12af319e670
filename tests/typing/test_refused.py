"""Both type checkers refuse a call that is wrong, at its line, and not the right one beside it."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

NAMES = list(tomllib.loads(Path(__file__).with_name("refused.toml").read_text("utf-8")))


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_is_refused_by_both(checked: Any, name: str) -> None:
    complaints = checked.refused.get(f"{name}.wrong", [])
    assert {one.tool for one in complaints} == {"mypy", "pyright"}, complaints
    assert not checked.refused.get(f"{name}.right")


def test_nothing_else_is_refused(checked: Any) -> None:
    known = {f"{name}.{kind}" for name in NAMES for kind in ("right", "wrong")}
    assert not {place: checked.refused[place] for place in set(checked.refused) - known}
