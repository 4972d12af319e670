"""What the command shows at any width: what one wants to know first survives longest."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

import screens
from rich.cells import cell_len

ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KEPT = Path(__file__).with_name("screens.txt")


def test_the_screens_are_those_that_were_looked_at() -> None:
    """After a change that is meant: `make screens`, and look at them."""
    assert "\n".join(screens.page()).strip() + "\n" == KEPT.read_text("utf-8")


@pytest.mark.parametrize("width", screens.WIDTHS)
@pytest.mark.parametrize("name", screens.SCREENS)
def test_no_line_is_wider_than_the_terminal(name: str, width: int) -> None:
    lines = screens.drawn(screens.SCREENS[name], width).splitlines()
    assert [line for line in lines if cell_len(line) > width] == []


@pytest.mark.parametrize("width", screens.WIDTHS)
@pytest.mark.parametrize("name", screens.SCREENS)
def test_colours_change_nothing_else(name: str, width: int) -> None:
    plain = screens.drawn(screens.SCREENS[name], width)
    coloured = screens.drawn(screens.SCREENS[name], width, colour=True)
    assert "\x1b" not in plain
    text = ANSI.sub("", coloured)
    if name.startswith("progress"):  # a bar that is not full is drawn in colours only
        assert "\x1b" in coloured
        text, plain = (re.sub("[━╸╺]", "", drawn) for drawn in (text, plain))
    assert [line.rstrip() for line in text.splitlines()] == [
        line.rstrip() for line in plain.splitlines()
    ]


@given(st.integers(20, 200))
def test_the_time_left_and_what_is_waited_for_stay_longest(width: int) -> None:
    waiting = screens.drawn(screens.SCREENS["progress, waiting for a quota"], width)
    assert " 29 %  4 min left" in waiting
    said = " ".join(waiting.split())
    assert "waiting for quota ads_analytics, 42 s more" in said


@given(st.integers(20, 200))
def test_ids_names_and_numbers_are_never_cut(width: int) -> None:
    shown = screens.drawn(screens.result, width)
    table = shown[shown.index(" Id ") : shown.index("Spend ", shown.index(" Id ") + 200)]
    together = "".join(table.split())
    for id, name in screens.NAMES.items():
        assert id in table
        assert set(name.replace(" ", "")) <= set(together)
    numbers = re.findall(r"[\d,]+\.\d\d", table)
    assert numbers == ["125,519.97", "11,352.34", "6,837.72"]
    titles = table.splitlines()[0].split()
    assert titles[:3] == ["Id", "Name", "Spend"]
    assert "…" not in shown


def test_names_that_are_folded_keep_their_letters() -> None:
    shown = screens.drawn(screens.result, 48)
    column = [line[16:].rsplit("  ", 1)[0] for line in shown.splitlines() if line]
    assert "MaisondelaLumièreetdesPetitsObjets" in "".join("".join(column).split())


def test_a_pipe_gets_whole_lines_and_every_column() -> None:
    shown = screens.drawn(screens.result, None)
    assert "Id             Name" in shown
    assert "All impressions" in shown
    assert "Maison de la Lumière et des Petits Objets     6,837.72     1,182,550" in shown
    said = screens.drawn(screens.folder, None).splitlines()
    assert said[0].endswith("columns spend, engagement")


@pytest.mark.parametrize("name", screens.STAGES)
def test_percent_and_counts_agree(name: str) -> None:
    line = " ".join(screens.drawn(screens.live(screens.STAGES[name]), 200).split())
    found = re.search(r"([\d,]+) of (?:about )?([\d,]+) partition", line)
    percent = re.search(r"(\d+) %", line)
    assert percent is not None
    if found is None:
        assert percent[1] == "0"
    else:
        done, total = (int(text.replace(",", "")) for text in found.groups())
        assert int(percent[1]) == 100 * done // total
