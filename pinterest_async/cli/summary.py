"""The result of a harvest, for people: its largest accounts, a chart by day, and the numbers."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from pinterest_async._core.column_kinds import kind
from pinterest_async.cli import chart
from pinterest_async.cli.reading import reading
from pinterest_async.cli.terminal import Terminal
from pinterest_async.harvest import FileSink, HarvestResult, LocalStorage, Plan
from pinterest_async.harvest.output.arrow import pa, pc
from pinterest_async.harvest.plan.estimate import counted

TOP: Final = 8
MEASURES: Final = 4
UNBOUNDED: Final = 10_000
"""Characters of a line that is as wide as it likes."""
NARROWEST_NAME: Final = 8
TOO_MUCH: Final = 500_000_000
"""Bytes of files that are not read again only to be summed up."""

_TITLES: Final = {
    "SPEND_IN_MICRO_DOLLAR": "Spend",
    "IMPRESSION_1": "Impressions",
    "CLICKTHROUGH_1": "Clicks",
    "TOTAL_CONVERSIONS": "Conversions",
    "TOTAL_IMPRESSION": "All impressions",
    "TOTAL_CLICKTHROUGH": "All clicks",
    "TOTAL_ENGAGEMENT": "Engagements",
    "IMPRESSION": "Impressions",
    "ENGAGEMENT": "Engagements",
    "PIN_CLICK": "Pin clicks",
    "OUTBOUND_CLICK": "Outbound clicks",
    "SAVE": "Saves",
}
"""What to show: the most important first."""
_NO_SUMS: Final = ("_SPEND_CAP", "_IMPRESSION_USER")
"""Ends of columns whose values do not add up."""


class Totals(NamedTuple):
    """A harvest's sums: by account (or thing, where there is but one account) and by day.

    `names` are those that the rows have of accounts and things, by their ids.
    """

    measures: tuple[str, ...]
    rows: int
    things: str | None
    by_thing: Sequence[Mapping[str, Any]]
    by_day: Mapping[date, int]
    names: Mapping[str, str | None] = {}


def totals(plan: Plan, tables: Iterable[Any]) -> Totals:
    """Add up tables of a plan's rows, one after another."""
    measures = _measures(plan)
    id_column = plan.facts.id_column
    things = list(dict.fromkeys(("AD_ACCOUNT_ID", id_column))) if id_column else []
    rows = 0
    sums: dict[str, list[Any]] = {}
    names: dict[str, str | None] = {}
    for table in tables:
        rows += table.num_rows
        for by in things:
            names |= _names_of(table, by)
        if "DATE" in table.schema.names:
            days = table.column("DATE").cast(pa.date32())
            table = table.set_column(table.schema.get_field_index("DATE"), "DATE", days)
        for by in ("DATE", *things):
            if by in table.schema.names and measures:
                sums.setdefault(by, []).append(_sums(table, by, measures))
    added = {by: _added(parts, by, measures) for by, parts in sums.items()}
    by_thing: Any = None
    name = None
    for name in things:
        by_thing = added.get(name)
        if by_thing is not None and by_thing.num_rows > 1:
            break
    top: list[Mapping[str, Any]] = []
    if by_thing is not None:
        order = [(measures[0], "descending")]
        top = by_thing.sort_by(order).slice(0, TOP).to_pylist()
    by_day: dict[date, int] = {}
    if "DATE" in added:
        days = added["DATE"].filter(pc.is_valid(added["DATE"].column("DATE"))).sort_by("DATE")
        pair = (days.column("DATE").to_pylist(), days.column(measures[0]).to_pylist())
        by_day = {day: value or 0 for day, value in zip(*pair, strict=True)}
    return Totals(measures, rows, name, top, by_day, names)


def _names_of(table: Any, by: str) -> dict[str, str | None]:
    """The names of what a column has the ids of, where a column beside it has them."""
    name = f"{by.removesuffix('_ID')}_NAME"
    if name not in table.schema.names:
        return {}
    pairs = table.group_by([by, name]).aggregate([]).to_pylist()
    return {pair[by]: pair[name] for pair in pairs}


def show(
    console: Terminal,
    plan: Plan,
    sink: FileSink,
    result: HarvestResult,
    names: Mapping[str, str | None] | None = None,
) -> None:
    """Print what is missing, what was harvested, how much work it was, and how to read it."""
    size = _size(sink, result.paths)
    found = None
    if result.paths and size is not None and size <= TOO_MUCH:
        found = totals(plan, (sink.read(plan, path) for path in result.paths))
    for line in missing(result):
        console.say(line)
    if found is not None:
        print_totals(console, found, names or found.names)
    console.print()
    for line in lines(result, f"{sink}/level={plan.level}", size):
        console.say(line)
    line = reading(plan, sink) if result.paths else ""
    if line:
        console.print("Read them:")
        console.print(f"  {line}", markup=False, soft_wrap=True)


def missing(result: HarvestResult) -> list[str]:
    """What is missing, each part with its error."""
    return [f"Missing: {_missing(one.account)}: {one.error}" for one in result.failures]


def lines(result: HarvestResult, place: str, size: int | None) -> list[str]:
    """What was harvested into a place, where so many bytes are, and how much work it was."""
    volume = f", {_bytes(size)}," if size else ""
    files = counted(len(result.paths), "file")
    empty = result.accounts_without_rows
    work = f"{counted(result.rows, 'row')} by {counted(result.calls, 'call')}"
    said = [f"{work} in {result.seconds:.1f} s; {files}{volume} now in {place}/"]
    if empty:
        of = counted(result.accounts, "account")
        said.append(f"{empty:,} of {of} had no rows in these days, so there is no file of theirs.")
    if result.skipped and not result.done and not result.failures:
        said.append(f"Nothing was fetched: {counted(result.skipped, 'partition')} there already.")
    elif result.skipped:
        said.append(f"Were there already: {counted(result.skipped, 'partition')}.")
    if result.misfits:
        of = counted(result.misfits, "row")
        said.append(f"A value of another type than expected is in {of}: see the column _MISFITS.")
    if result.set_aside:
        said.append(
            f"Set aside, and in no file: {counted(result.set_aside, 'row')} that came twice, "
            "empty, or of days, ids or accounts that nobody asked for."
        )
    return said


def print_totals(console: Terminal, found: Totals, names: Mapping[str, str | None]) -> None:
    """Print the largest accounts or things, and a chart by day."""
    if found.by_thing:
        console.print()
        # Ids, names and numbers are never cut: what is too wide is folded by the terminal.
        console.print(_heading(found), style="italic")
        console.print(_fitting_table(console, found, names), crop=False)
    if len(found.by_day) > 1:
        plain = not console.encoding.startswith("utf")
        days, values, width = _bins(found.by_day, most=max(10, (console.width - 8) // 2))
        scale = 1e6 if kind(found.measures[0]) == "micro" else 1
        by = "by day" if width == 1 else f"a day, averages of {width} days"
        if not found.by_thing:  # a table ends in an empty line
            console.print()
        console.say(f"{_title(found.measures[0])} {by}")
        labels = [f"{day:%d %b}" for day in days]
        for line in chart.columns([value / scale for value in values], labels, plain=plain):
            console.print(line, markup=False, soft_wrap=True)


class _Wide(NamedTuple):
    """A table of a width of its own, also where the console has less."""

    table: Table
    width: int

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield from console.render(self.table, options.update(width=self.width))


def _fitting_table(
    console: Terminal, found: Totals, names: Mapping[str, str | None]
) -> RenderableType:
    """The table with as many measures as fit, the first one always."""
    free = console.options.update(width=UNBOUNDED)
    room = console.width if console.is_terminal else UNBOUNDED
    for most in range(len(found.measures), 1, -1):
        table = _table(found, names, found.measures[:most])
        needed = console.measure(table, options=free).maximum
        if needed <= room:
            return _Wide(table, needed)
    table = _table(found, names, found.measures[:1])
    least, needed = console.measure(table, options=free)
    return _Wide(table, max(least, min(needed, room)))


def _heading(found: Totals) -> str:
    what = THING_NAMES.get(found.things or "", "ad accounts")
    most = _title(found.measures[0])
    most = "that spent most" if most == "Spend" else f"with most {most.lower()}"
    return f"The {len(found.by_thing)} {what} {most}"


def _table(found: Totals, names: Mapping[str, str | None], measures: Sequence[str]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    ids = [str(row[found.things or ""] or "") for row in found.by_thing]
    table.add_column("Id", no_wrap=True)
    if names:
        table.add_column("Name", overflow="fold", min_width=NARROWEST_NAME)
    for measure in measures:
        table.add_column(_title(measure), justify="right", no_wrap=True)
    for id, row in zip(ids, found.by_thing, strict=True):
        named = [Text(names.get(id) or "")] if names else []
        table.add_row(id, *named, *(_number(name, row[name] or 0) for name in measures))
    return table


THING_NAMES: Final = {
    "CAMPAIGN_ID": "campaigns",
    "AD_GROUP_ID": "ad groups",
    "AD_ID": "ads",
    "PIN_ID": "Pins",
    "PRODUCT_GROUP_ID": "product groups",
    "KEYWORD_ID": "keywords",
    "PRODUCT_ITEM_ID": "product items",
}


def _missing(account: str) -> str:
    return f"ad account {account}" if account.isdigit() else "your own account"


def _title(measure: str) -> str:
    return _TITLES.get(measure, measure)


def _number(measure: str, value: int) -> str:
    return f"{value / 1e6:,.2f}" if kind(measure) == "micro" else f"{value:,}"


def _measures(plan: Plan) -> tuple[str, ...]:
    names = [
        name
        for name in plan.column_names
        if kind(name) in ("count", "micro") and not name.endswith(_NO_SUMS)
    ]
    known = [name for name in _TITLES if name in names]
    return tuple((known or names)[:MEASURES])


def _sums(table: Any, by: str, measures: tuple[str, ...]) -> Any:
    return _named(table.group_by(by).aggregate([(name, "sum") for name in measures]), measures)


def _added(parts: list[Any], by: str, measures: tuple[str, ...]) -> Any:
    return _sums(pa.concat_tables(parts, promote_options="permissive"), by, measures)


def _named(table: Any, measures: tuple[str, ...]) -> Any:
    names = {f"{name}_sum": name for name in measures}
    return table.rename_columns([names.get(name, name) for name in table.schema.names])


def _bytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB" if size >= 1e6 else f"{max(1, round(size / 1e3))} kB"


def _bins(by_day: Mapping[date, int], *, most: int) -> tuple[list[date], list[float], int]:
    """Days as they fit into a line: each its own column, or the averages of several.

    A sum would let the last column drop where it has fewer days.
    """
    first, last = min(by_day), max(by_day)
    days = (last - first).days + 1
    width = -(-days // most)
    starts = [first + timedelta(days=number) for number in range(0, days, width)]
    values = [0.0] * len(starts)
    for day, value in by_day.items():
        values[(day - first).days // width] += value
    counts = [min(width, (last - start).days + 1) for start in starts]
    return starts, [value / count for value, count in zip(values, counts, strict=True)], width


def _size(sink: FileSink, paths: Sequence[str]) -> int | None:
    """Bytes of a harvest's files; None where asking would mean traffic."""
    if not isinstance(sink.storage, LocalStorage):
        return None
    folder: Path = sink.storage.folder
    return sum((folder / path).stat().st_size for path in paths)
