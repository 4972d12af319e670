"""`pinterest harvest`: analytics into files, or what that would take."""

import asyncio
import datetime as dt
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.table import Table

from pinterest_async.cli import summary
from pinterest_async.cli.display import Display, span
from pinterest_async.cli.planning import Job, MistakesError, make_job
from pinterest_async.cli.telling import Lines, Silence, View, live, outcome, tell
from pinterest_async.cli.terminal import terminal
from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest import (
    Checkpoint,
    Estimate,
    HarvestResult,
    LocalStorage,
    Plan,
    Progress,
    ProgressListener,
    SQLiteCheckpoint,
    count,
    run,
)
from pinterest_async.harvest.output.storage import NOTES
from pinterest_async.harvest.plan.estimate import counted
from pinterest_async.harvest.plan.series import since_last

COMPLETE: Final = 0
NOTHING: Final = 1
MISTAKEN: Final = 2
PARTIAL: Final = 3


def harvest(given: Mapping[str, Any], *, dry_run: bool, **options: Any) -> int:
    """Do what the command line asks for; return the exit code."""
    try:
        job, client = make_job(given, dry_run=dry_run, **options)
    except MistakesError as error:
        sys.stderr.write(f"{error}\n")
        return MISTAKEN
    work = Harvest(job)
    return asyncio.run(work.estimate(client) if dry_run else work.run(client))


class Harvest:
    """One run of the command."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._console = terminal()
        self._listener: ProgressListener = Silence()
        self._harvested = False

    def update(self, progress: Progress) -> None:
        """Pass on how far it is, and remember whether anything is there."""
        self._harvested = progress.done + progress.skipped > 0
        self._listener.update(progress)

    async def run(self, client: Pinterest) -> int:
        """Harvest, and show what came of it; return the exit code."""
        job = self._job
        plan = job.plan
        try:
            async with client, live(self._view(), client.limits) as self._listener:
                result = await run(
                    plan,
                    client,
                    sink=job.sink,
                    checkpoint=self._checkpoint(),
                    since_last=job.since_last,
                    restate_days=job.restate_days,
                    progress=self,
                    concurrency=job.concurrency,
                )
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if job.telling == "json":
            tell(sys.stderr, "finished", **outcome(result))
        if job.sink is not None:
            summary.show(self._console, plan, job.sink, result)
        if result.failures:
            self._console.print(
                f"Not complete, {counted(len(result.failures), 'part')} missing: "
                "the same command again fetches what is missing, and nothing else."
            )
        return _code(result)

    async def estimate(self, client: Pinterest) -> int:
        """Show what the harvest would take; accounts and a sample of what is in them are listed."""
        try:
            async with client:
                plan = await self._plan_of_today()
                found = plan.estimate(await count(client, plan), access=self._job.access)
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if self._job.telling == "json":
            facts = {name: getattr(found, name) for name in found.__struct_fields__}
            tell(sys.stderr, "estimate", start=plan.start, end=plan.end, **facts)
        self._console.print(_estimate(plan, found))
        return COMPLETE

    def _view(self) -> View:
        if self._job.telling == "json":
            return Lines(sys.stderr)
        if self._job.telling == "none":
            return Silence()
        return Display(terminal(stderr=True))

    def _file(self) -> Path | None:
        job = self._job
        if job.checkpoint is None and job.sink and isinstance(job.sink.storage, LocalStorage):
            return job.sink.storage.folder / NOTES / "checkpoint.sqlite"
        return job.checkpoint

    def _checkpoint(self) -> Checkpoint | None:
        file = self._file()
        return None if file is None else SQLiteCheckpoint(file)

    async def _plan_of_today(self) -> Plan:
        """The plan that a run would have now, which with `--since last` the checkpoint knows."""
        job, file = self._job, self._file()
        if not job.since_last or file is None or not file.exists():
            return job.plan
        checkpoint = SQLiteCheckpoint(file)
        try:
            known = (await checkpoint.open()).get(job.plan.series_id)
        finally:
            await checkpoint.aclose()
        today = dt.datetime.now(dt.UTC).date()
        return since_last(job.plan, known, today, job.restate_days)

    def _failed(self, error: Exception) -> int:
        notes = getattr(error, "__notes__", ())
        if self._job.telling == "json":
            tell(sys.stderr, "error", error=type(error).__name__, message=str(error))
        else:
            terminal(stderr=True).print("\n".join([str(error), *notes]), markup=False)
        return PARTIAL if self._harvested else NOTHING


def _code(result: HarvestResult) -> int:
    if result.complete:
        return COMPLETE
    return PARTIAL if result.done + result.skipped else NOTHING


def _estimate(plan: Plan, found: Estimate) -> Table:
    about = "" if found.exact else "about "
    table = Table(
        title=f"{plan.level}, {plan.start} to {plan.end}: nothing is harvested yet",
        title_justify="left",
        show_header=False,
    )
    table.add_column()
    table.add_column(justify="right")
    table.add_row("Accounts", f"{found.accounts:,}")
    table.add_row("Columns", f"{len(plan.column_names):,}")
    table.add_row("Partitions", f"{about}{found.partitions:,}")
    table.add_row("  by async report", f"{about}{found.reports:,}")
    table.add_row("Calls", f"{about}{found.total_calls:,}")
    for category, calls in found.calls.items():
        table.add_row(f"  {category}", f"{about}{calls:,}")
    least = f"at least {span(found.minutes * 60)}" if found.minutes else "none"
    table.add_row("Time that the quotas demand", least)
    table.add_row("Rows", f"at most {about}{found.rows:,}")
    return table
