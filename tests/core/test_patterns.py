"""Patterns that are compiled on first use."""

import re
from typing import Any

import pytest

from pinterest_async._core.patterns import lazy_pattern


def test_a_pattern_is_compiled_when_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    compiled = re.compile

    def noted(source: Any, flags: int) -> Any:
        made.append(source)
        return compiled(source, flags)

    monkeypatch.setattr(re, "compile", noted)
    found = lazy_pattern(r"a+", re.IGNORECASE)
    assert made == []
    assert found.fullmatch("aA")
    assert found.pattern == "a+"
    assert made
    del made[:]
    assert found.fullmatch("b") is None
    assert made == []
