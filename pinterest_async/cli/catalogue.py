"""`pinterest columns` and `pinterest levels`: what there is to harvest, for people and programs."""

import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import msgspec

from pinterest_async._core.column_words import PAID_AND_EARNED
from pinterest_async._core.problems import nearest
from pinterest_async.cli.terminal import discard_output, terminal
from pinterest_async.harvest.plan.catalogue import Column, LevelSummary, columns, levels
from pinterest_async.harvest.plan.columns import GROUPS

FOUND: Final = 0
NOTHING: Final = 1
LEAST_TEXT: Final = 36
"""Characters that the last column of a table needs; where there are fewer, lines take its place."""


def show_levels(*, as_json: bool) -> int:
    """Print every level; return the exit code."""
    known = levels()
    if as_json:
        _write(map(msgspec.json.encode, known))
    elif not sys.stdout.isatty():
        _write(map(_tabs, map(_level_facts, known)))
    else:
        console = terminal()
        lines = layout(("LEVEL", "BY", "REACH", "A ROW FOR"), map(_level_row, known), console.width)
        console.print("\n".join(lines), markup=False)
    return FOUND


def show_columns(level: str | None, words: Sequence[str], *, as_json: bool) -> int:
    """Print the columns of a level, or of all, that have all of the words; return the exit code."""
    by_name = {name: one for one in levels() for name in (one.command, one.name.replace("_", "-"))}
    wanted = by_name.get((level or "").lower().replace("_", "-"))
    if level and not wanted:
        words = (level, *words)
    known = _columns([wanted] if wanted else levels())
    found = [one for one, _ in known.values() if _has(one, words)]
    if not found:
        sys.stderr.write(f"{_nothing(wanted, words, [*by_name], [*known])}\n")
        return NOTHING
    if as_json:
        _write(_json(one, known[one.name][1]) for one in found)
    elif not sys.stdout.isatty():
        _write(map(_tabs, map(_column_row, found)))
    else:
        console = terminal()
        headings = ("COLUMN", "GROUPS", "KIND", "UNIT", "MEANING")
        lines = [*layout(headings, map(_column_row, found), console.width), ""]
        lines += textwrap.wrap(_legend(found), console.width)
        console.print("\n".join(lines), markup=False)
    return FOUND


def layout(headings: Sequence[str], rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    """Rows as a table, its last column wrapped; where that leaves no room, each as a few lines.

    No name is ever cut: where the width does not hold one, the line is longer.
    """
    cells = [headings, *rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)][:-1]
    before = sum(widths) + 2 * len(widths)
    if width - before < min(LEAST_TEXT, max(len(row[-1]) for row in cells)):
        yield from _stacked(cells[1:], width)
        return
    for row in cells:
        head = "".join(f"{cell:{size}}  " for cell, size in zip(row, widths, strict=False))
        first, *more = _wrapped(row[-1], width - before) or [""]
        yield f"{head}{first}".rstrip()
        yield from (" " * before + line for line in more)


def _stacked(rows: Iterable[Sequence[str]], width: int) -> Iterator[str]:
    for name, *facts, text in rows:
        yield name
        about = ", ".join(filter(None, facts))
        yield from (f"  {line}" for line in _wrapped(text, width - 2))
        yield from (f"  {line}" for line in _wrapped(about, width - 2))


def _wrapped(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)


def _columns(among: Sequence[LevelSummary]) -> dict[str, tuple[Column, list[str]]]:
    """Columns by name, with the levels that have them."""
    found: dict[str, tuple[Column, list[str]]] = {}
    for level in among:
        for column in columns(level.name):
            found.setdefault(column.name, (column, []))[1].append(level.command)
    return found


def _has(column: Column, words: Iterable[str]) -> bool:
    text = " ".join((column.name, *column.groups, column.kind, column.unit, column.meaning)).lower()
    return all(word.lower() in text for word in words)


def _nothing(
    level: LevelSummary | None, words: Sequence[str], names: Sequence[str], known: Sequence[str]
) -> str:
    where = f"no column of {level.command}" if level else "no level and no column"
    parts = {part for name in known for part in name.lower().split("_")}
    near = (nearest(word, (*GROUPS, *parts, *known, *names)) for word in words)
    hints = [word for word in near if word]
    advice = f"did you mean {' '.join(hints)}?" if hints else "`pinterest levels` lists the levels"
    return f"{where} has {' and '.join(words)} in its name, group or meaning; {advice}"


def _column_row(column: Column) -> tuple[str, ...]:
    groups = "(always)" if column.always else ", ".join(column.groups)
    return column.name, groups, column.kind, column.unit, column.meaning


def _level_row(level: LevelSummary) -> tuple[str, ...]:
    hours = f", by the hour {level.hours_back}" if level.hours_back else ""
    about = f"{level.about}: {', '.join(level.ids)}; by {', '.join(level.granularities)}"
    return level.command, level.source, f"{level.days_back} days{hours}", about


def _level_facts(level: LevelSummary) -> tuple[str, ...]:
    lists = level.ids, level.granularities, level.targeting_types
    numbers = level.days_back, level.hours_back or ""
    texts = (*map(str, numbers), *map(",".join, lists))
    return level.command, level.about, level.source, *texts


def _legend(found: Sequence[Column]) -> str:
    texts = {word.strip(",") for one in found for word in one.meaning.lower().split()}
    units = {one.unit for one in found}
    return " ".join(
        text
        for text, shown in (
            (PAID_AND_EARNED, texts & {"paid", "earned"}),
            ("micro-currency: millionths of the ad account's currency.", "micro-currency" in units),
            ("ratio: 0.01 is 1 %.", "ratio" in units),
            ("(always): in every row, not to be asked for.", any(one.always for one in found)),
        )
        if shown
    )


def _json(column: Column, names: Sequence[str]) -> bytes:
    return msgspec.json.encode({**msgspec.structs.asdict(column), "levels": names})


def _tabs(cells: Sequence[str]) -> bytes:
    return "\t".join(cells).encode()


def _write(lines: Iterable[bytes]) -> None:
    try:
        sys.stdout.write("".join(f"{line.decode()}\n" for line in lines))
        sys.stdout.flush()
    except BrokenPipeError:  # as behind `| head`
        discard_output(sys.stdout)
