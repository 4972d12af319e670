"""The retry table of the README is that of the code."""

from pathlib import Path

import decisions
import pytest

from pinterest_async._core.retry_rules import FAILURES, RULES

README = Path(decisions.__file__).parent.parent / "README.md"


def test_every_row_of_the_code_is_a_row_of_the_table() -> None:
    rows = [line for line in decisions.markdown().splitlines() if line.startswith("| ")]
    assert len(rows) == len(RULES) - 1 + len(FAILURES) + 4
    assert (
        "| 400 | 12, 2787 |  | `ServerError` | reads | a fault of the server under 400; a write "
        "may have taken effect |"
    ) in rows
    assert "| the answer did not arrive in time | `ReadTimeoutError` | reads |" in rows


def test_the_readme_shows_the_table_of_the_code() -> None:
    text = README.read_text("utf-8")
    shown = decisions.between_markers(text)
    assert shown == decisions.markdown(), "run: python spec/decisions.py --write README.md"


def test_writing_leaves_the_rest_alone() -> None:
    text = f"before\n{decisions.BEGIN}\nold\n{decisions.END}\nafter\n"
    new = decisions.written(text)
    assert new.startswith(f"before\n{decisions.BEGIN}\n\n| Status |")
    assert new.endswith(f"\n\n{decisions.END}\nafter\n")
    assert decisions.written(new) == new
    with pytest.raises(ValueError, match="lacks the markers"):
        decisions.written("nothing")
