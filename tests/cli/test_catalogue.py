"""`pinterest columns` and `pinterest levels`: what they find, laid out in any width."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("rich")

from pinterest_async.cli import commands
from pinterest_async.cli.catalogue import layout
from pinterest_async.harvest import columns, levels

WIDTHS = (60, 80, 120)
NO_PYARROW = """
import sys
sys.modules["pyarrow"] = None
from pinterest_async.cli import main
sys.argv = ["pinterest", *sys.argv[1:]]
main()
"""


class Ran(NamedTuple):
    code: int | str | None
    out: str
    err: str


@pytest.fixture
def ran(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Runs a command behind a pipe."""

    def run(*words: str) -> Ran:
        with pytest.raises(SystemExit) as ended:
            commands.pinterest.main([*words], standalone_mode=False)
        out, err = capsys.readouterr()
        return Ran(ended.value.code, out, err)

    return run


def on_terminal(width: int, *words: str) -> list[str]:
    """The lines that a terminal of this width is sent."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pinterest_async.cli", *words],
        stdout=follower,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "COLUMNS": str(width), "TERM": "xterm"},
    )
    os.close(follower)
    text = b""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:  # the other side is closed
            break
        if not piece:
            break
        text += piece
    os.close(leader)
    assert process.wait() == 0
    return text.decode().replace("\r\n", "\n").splitlines()


def test_columns_are_found_by_words_in_name_group_and_meaning(ran: Callable[..., Ran]) -> None:
    lines = [line.split("\t") for line in ran("columns", "ads", "spend").out.splitlines()]
    names = {name for name, *_ in lines}
    assert {"SPEND_IN_MICRO_DOLLAR", "VIDEO_SPEND_IN_DOLLAR", "CPM_IN_DOLLAR"} <= names
    assert "IMPRESSION_1" not in names
    assert ["SPEND_IN_DOLLAR", "spend", "number", "currency", "Spend"] in lines
    both = ran("columns", "Checkouts", "WEB", "click").out.splitlines()
    assert [line.split("\t")[0] for line in both] == [
        "TOTAL_WEB_CLICK_CHECKOUT",
        "TOTAL_WEB_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
    ]


@pytest.mark.parametrize("name", ["product-items", "product_item", "PRODUCT-ITEM"])
def test_a_level_may_be_written_as_elsewhere(name: str, ran: Callable[..., Ran]) -> None:
    found = [line.split("\t")[0] for line in ran("columns", name).out.splitlines()]
    assert found == [column.name for column in columns("product_item")]


def test_programs_read_json(ran: Callable[..., Ran]) -> None:
    found = [json.loads(line) for line in ran("columns", "ad-pins", "--json").out.splitlines()]
    assert [one["name"] for one in found] == [column.name for column in columns("ad_pin")]
    assert found[0]["levels"] == ["ad-pins"]
    everywhere = json.loads(ran("columns", "PRODUCT_ITEM_PRICE", "--json").out)
    assert everywhere["levels"] == ["product-items", "product-item-targeting"]
    assert (everywhere["kind"], everywhere["groups"]) == ("text", [])
    lines = ran("levels", "--json").out.splitlines()
    assert [json.loads(line)["command"] for line in lines] == [one.command for one in levels()]
    assert {json.loads(line)["days_back"] for line in lines} == {90, 92, 914}


def test_what_is_not_found_is_told_with_what_may_be_meant(ran: Callable[..., Ran]) -> None:
    found = ran("columns", "ads", "spnd")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("no column of ads has spnd in its name, group or meaning")
    assert found.err.endswith("did you mean spend?\n")
    assert "`pinterest levels` lists the levels" in ran("columns", "%%%").err
    assert "did you mean ad-groups" in ran("columns", "ad-grops").err


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("words", [("levels",), ("columns", "ads"), ("columns", "action", "phone")])
def test_a_terminal_of_any_width_has_every_name_whole(
    width: int, words: Sequence[str], ran: Callable[..., Ran]
) -> None:
    lines = on_terminal(width, *words)
    assert lines
    assert max(map(len, lines)) <= width
    shown = {word.strip(":;,()") for line in lines for word in line.split()}
    expected = (
        {level.command for level in levels()}
        if words == ("levels",)
        else {line.split("\t")[0] for line in ran(*words).out.splitlines()}
    )
    assert expected <= shown


@pytest.mark.parametrize("words", [("levels",), ("columns", "ads")])
def test_neither_a_token_nor_pyarrow_is_needed(words: Sequence[str]) -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PINTEREST_")
    }
    found = subprocess.run(
        [sys.executable, "-W", "error", "-c", NO_PYARROW, *words],
        capture_output=True,
        text=True,
        env=environment,
        check=True,
    )
    assert "AD_ID" in found.stdout
    assert found.stderr == ""


def test_a_reader_that_goes_away_is_no_error() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "pinterest_async.cli", "columns", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait() == 0


WORDS = st.text("ab_", min_size=1, max_size=30)
ROWS = st.lists(
    st.tuples(WORDS, WORDS, st.lists(WORDS, max_size=12).map(" ".join)), min_size=1, max_size=8
)


@given(rows=ROWS, width=st.integers(20, 140))
def test_a_layout_keeps_every_word_and_the_width_where_words_allow(
    rows: list[tuple[str, ...]], width: int
) -> None:
    lines = list(layout(("NAME", "KIND", "MEANING"), rows, width))
    wanted = sorted(word for row in rows for cell in row for word in cell.split())
    headings = ["KIND", "MEANING", "NAME"]
    found = sorted(word.rstrip(",") for line in lines for word in line.split())
    assert found in (wanted, sorted([*wanted, *headings]))
    assert all(len(line) <= max(width, 34) for line in lines)
