"""The demo: an emulated Pinterest, a harvest of it, and what came of it."""

import datetime as dt
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from pinterest_async.cli import chart
from pinterest_async.cli.display import Display
from pinterest_async.cli.emulated import emulated
from pinterest_async.client import Pinterest
from pinterest_async.harvest import HarvestResult, Plan, TargetError, run
from pinterest_async.harvest.arrow import pq
from pinterest_async.limits import InMemoryLimiter

SPEND: Final = "SPEND_IN_MICRO_DOLLAR"
COLUMNS: Final = ("CAMPAIGN_ID", SPEND, "IMPRESSION_1", "CLICKTHROUGH_1", "TOTAL_CONVERSIONS")
TOP: Final = 8
MARK: Final = ".pinterest-demo"
"""A file that says: what is in this folder came from a demo, and the next one may remove it."""

_SCHEMA: Final = """{python} -c "import pyarrow.parquet as pq; print(pq.read_schema('{file}'))\""""
_SUMS: Final = (
    """{python} -c "import pyarrow.parquet as pq; print(pq.read_table('{out}').group_by('DATE')"""
    """.aggregate([('SPEND_IN_MICRO_DOLLAR', 'sum')]).sort_by('DATE').to_pylist()[-1])\""""
)
_DUCKDB: Final = (
    """duckdb -c "SELECT DATE, sum(SPEND_IN_MICRO_DOLLAR) / 1e6 AS spend """
    """FROM '{out}/**/*.parquet' GROUP BY 1 ORDER BY 1\""""
)


class Demo:
    """Harvests `accounts` emulated ad accounts over the last `days` days into `out`."""

    def __init__(self, out: Path, *, accounts: int, days: int, seed: int) -> None:
        self._out = out
        self._options = {"accounts": accounts, "seed": seed}
        yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
        self._plan = Plan(
            level="ad",
            columns=COLUMNS,
            start=yesterday - dt.timedelta(days=days - 1),
            end=yesterday,
        )
        self._console = Console(highlight=False, soft_wrap=True)

    async def run(self) -> bool:
        """Harvest, then show the result; False where a part of it is missing."""
        say = self._console.print
        self._prepare()
        say("Starting an emulated Pinterest on this machine ...")
        async with (
            emulated(**self._options) as place,
            Pinterest(place.token, base_url=place.url, limiter=InMemoryLimiter()) as pinterest,
        ):
            say(f"Harvesting all ads from {self._plan.start} to {self._plan.end}.")
            with Display(self._console) as display:
                result = await run(self._plan, pinterest, out=self._out, progress=display)
            names = {one.id: one.name async for one in pinterest.ad_accounts.list(page_size=250)}
        if not result.failures:
            self._mark(finished=True)
        self._show(result, names)
        return not result.failures

    def _prepare(self) -> None:
        """Make room: an unfinished demo of the same kind is taken up, another one is removed."""
        mark = self._out / MARK
        if mark.exists():
            if mark.read_text("utf-8") == self._words(finished=False):
                self._console.print(f"Going on with the unfinished harvest in {self._out}.")
                return
            shutil.rmtree(self._out)
        elif self._out.exists() and any(self._out.iterdir()):
            raise TargetError(
                f"{self._out} holds something else than a demo", advice="Choose another with --out."
            )
        self._mark(finished=False)

    def _mark(self, *, finished: bool) -> None:
        self._out.mkdir(parents=True, exist_ok=True)
        (self._out / MARK).write_text(self._words(finished=finished), "utf-8")

    def _words(self, *, finished: bool) -> str:
        state = "finished" if finished else "unfinished"
        return f"{state} {self._plan.id} {self._options}\n"

    def _show(self, result: HarvestResult, names: dict[str, str | None]) -> None:
        for failure in result.failures:
            self._console.print(
                f"Missing: ad account {failure.account}: {failure.error}", markup=False
            )
        if not result.paths:
            return
        rows = pq.read_table(self._out / f"level={self._plan.level}")
        say = self._console.print
        say()
        say(_accounts(rows, names))
        say()
        say("Spend by day, all ad accounts, in US dollars")
        for line in _days(rows, plain=not self._console.encoding.startswith("utf")):
            say(line, markup=False)
        say()
        size = sum((self._out / path).stat().st_size for path in result.paths)
        say(
            f"{rows.num_rows:,} rows, {len(result.paths)} files, {size / 1e6:.1f} MB "
            f"by {result.calls} calls in {result.seconds:.1f} s, now in {self._out}/"
        )
        say("Look into them, with what is installed here or with DuckDB:")
        for line in _next(self._out, self._out / result.paths[0]):
            say(f"  {line}", markup=False)


def _accounts(rows: Any, names: dict[str, str | None]) -> Table:
    """The ad accounts that spent most."""
    measures = (SPEND, "IMPRESSION_1", "CLICKTHROUGH_1", "TOTAL_CONVERSIONS")
    sums = rows.group_by("AD_ACCOUNT_ID").aggregate([(name, "sum") for name in measures])
    top = sums.sort_by([(f"{SPEND}_sum", "descending")]).slice(0, TOP).to_pylist()
    table = Table(title=f"The {len(top)} ad accounts that spent most", title_justify="left")
    table.add_column("Ad account")
    table.add_column("Name")
    for title in ("Spend, $", "Impressions", "Clicks", "Conversions"):
        table.add_column(title, justify="right")
    for row in top:
        account = row["AD_ACCOUNT_ID"]
        spend, *counts = (row[f"{name}_sum"] or 0 for name in measures)
        numbers = [f"{spend / 1e6:,.2f}", *(f"{count:,}" for count in counts)]
        table.add_row(account, names.get(account) or "", *numbers)
    return table


def _days(rows: Any, *, plain: bool) -> list[str]:
    """Spend by day as a chart."""
    days = rows.group_by("DATE").aggregate([(SPEND, "sum")]).sort_by("DATE").to_pydict()
    spend = [micros / 1e6 for micros in days[f"{SPEND}_sum"]]
    return chart.columns(spend, [f"{day:%d %b}" for day in days["DATE"]], plain=plain)


def _next(out: Path, file: Path) -> list[str]:
    """What to type next."""
    python = Path(sys.executable)
    if python.is_relative_to(Path.cwd()):
        python = python.relative_to(Path.cwd())
    return [line.format(python=python, out=out, file=file) for line in (_SCHEMA, _SUMS, _DUCKDB)]
