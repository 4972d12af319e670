"""A hostile server plays each row of the table in CONTRIBUTING.md; the command there makes it."""

import re
from pathlib import Path

import pytest
from hostile.rows import KINDS, Answer, play, table

pytestmark = pytest.mark.usefixtures("lane")

CONTRIBUTING = Path(__file__).parents[2] / "CONTRIBUTING.md"


@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(answer, id=f"{kind}, {name}")
        for kind, rows in KINDS.items()
        for name, answer in rows.items()
    ],
)
async def test_a_row_passes(answer: Answer) -> None:
    assert await play(answer) == []


def test_contributing_has_the_table() -> None:
    made = table({kind: (len(rows), len(rows)) for kind, rows in KINDS.items()})
    assert made in re.sub(r" +\n", "\n", CONTRIBUTING.read_text("utf-8"))
