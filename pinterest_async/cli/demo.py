"""The demo: an emulated Pinterest, a harvest of it, and the result."""

import datetime as dt
import shutil
from pathlib import Path
from typing import Final

from pinterest_async.cli import summary
from pinterest_async.cli.emulator_process import emulated
from pinterest_async.cli.live_progress import Display
from pinterest_async.cli.places import unwritable
from pinterest_async.cli.progress import live
from pinterest_async.cli.reading import command, interpreter, literal
from pinterest_async.cli.terminal import terminal
from pinterest_async.client import Pinterest
from pinterest_async.harvest import HarvestResult, Plan, TargetError, file_sink, run
from pinterest_async.harvest.output.storage import notes_folder
from pinterest_async.limits import InMemoryLimiter

COLUMNS: Final = (
    "CAMPAIGN_ID",
    "SPEND_IN_MICRO_DOLLAR",
    "IMPRESSION_1",
    "CLICKTHROUGH_1",
    "TOTAL_CONVERSIONS",
)
MARK: Final = "demo"
"""A file in the notes that says: these rows came from a demo, and the next one may remove them."""
EARLIER_MARK: Final = ".pinterest-demo"
"""The same beside the rows, where an earlier version put it."""

ANOTHER: Final = "Choose another folder with --out."

_SCHEMA: Final = "import pyarrow.parquet as pq; print(pq.read_schema({file}))"
_SUMS: Final = (
    'import pyarrow.parquet as pq; print(pq.read_table({out}).group_by("DATE")'
    '.aggregate([("SPEND_IN_MICRO_DOLLAR", "sum")]).sort_by("DATE").to_pylist()[-1])'
)
"""What else to look at, with the library that is always there."""


class Demo:
    """Harvests `accounts` emulated ad accounts over the last `days` days into `out`."""

    def __init__(self, out: Path, *, accounts: int, days: int, seed: int) -> None:
        self._out = out
        self._notes = notes_folder(out)
        self._options = {"accounts": accounts, "seed": seed}
        yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
        self._plan = Plan(
            level="ad",
            columns=COLUMNS,
            start=yesterday - dt.timedelta(days=days - 1),
            end=yesterday,
        )
        self._console = terminal()

    async def run(self) -> bool:
        """Harvest, then show the result; False where a part of it is missing."""
        say = self._console.print
        if wrong := unwritable(self._out, folder=True):
            raise TargetError(wrong, advice=ANOTHER)
        self._prepare()
        say("Starting an emulated Pinterest on this machine ...")
        async with (
            emulated(**self._options) as place,
            Pinterest(place.token, base_url=place.url, limiter=InMemoryLimiter()) as pinterest,
        ):
            say(f"Harvesting all ads from {self._plan.start} to {self._plan.end}.")
            async with live(Display(self._console), pinterest.limits) as progress:
                result = await run(self._plan, pinterest, out=self._out, progress=progress)
            names = {one.id: one.name async for one in pinterest.ad_accounts.list(page_size=250)}
        if not result.failures:
            self._mark(finished=True)
        self._show(result, names)
        return not result.failures

    def _prepare(self) -> None:
        """Make room: an unfinished demo of the same kind is taken up, another one is removed."""
        mark = self._notes / MARK
        if mark.exists() and mark.read_text("utf-8") == self._words(finished=False):
            self._console.print(f"Going on with the unfinished harvest in {self._out}.")
            return
        if mark.exists() or (self._out / EARLIER_MARK).exists():
            for folder in (self._out, self._notes):
                shutil.rmtree(folder, ignore_errors=True)
        elif self._out.exists() and any(self._out.iterdir()):
            raise TargetError(f"{self._out} holds something else than a demo", advice=ANOTHER)
        self._mark(finished=False)

    def _mark(self, *, finished: bool) -> None:
        self._notes.mkdir(parents=True, exist_ok=True)
        (self._notes / MARK).write_text(self._words(finished=finished), "utf-8")

    def _words(self, *, finished: bool) -> str:
        state = "finished" if finished else "unfinished"
        return f"{state} {self._plan.id} {self._options}\n"

    def _show(self, result: HarvestResult, names: dict[str, str]) -> None:
        summary.show(self._console, self._plan, file_sink(self._out), result, names)
        for program in (_SCHEMA, _SUMS) if result.paths else ():
            file = self._out / result.paths[0]
            places = {"out": literal(self._out.as_posix()), "file": literal(file.as_posix())}
            text = program.format(**places)
            line = command(interpreter(), "-c", text)
            self._console.print(f"  {line}", markup=False, soft_wrap=True)
