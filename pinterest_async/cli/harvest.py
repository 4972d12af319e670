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
from pinterest_async.cli.harvest_options import Command, MistakesError, read_command
from pinterest_async.cli.progress import JsonProgress, NoOutput, View, live, outcome, write_event
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
        command, client = read_command(given, dry_run=dry_run, **options)
    except MistakesError as error:
        sys.stderr.write(f"{error}\n")
        return MISTAKEN
    work = Harvest(command)
    return asyncio.run(work.estimate(client) if dry_run else work.run(client))


class Harvest:
    """One run of the command."""

    def __init__(self, command: Command) -> None:
        self._command = command
        self._console = terminal()
        self._listener: ProgressListener = NoOutput()
        self._harvested = False

    def update(self, progress: Progress) -> None:
        """Pass on how far it is, and remember whether anything is there."""
        self._harvested = progress.done + progress.skipped > 0
        self._listener.update(progress)

    async def run(self, client: Pinterest) -> int:
        """Harvest, and show the result; return the exit code."""
        command = self._command
        plan = command.plan
        try:
            async with (
                client.pool,
                client,
                live(self._view(), client.limits) as self._listener,
            ):
                result = await run(
                    plan,
                    client,
                    sink=command.sink,
                    checkpoint=self._checkpoint(),
                    since_last=command.since_last,
                    restate_days=command.restate_days,
                    progress=self,
                    concurrency=command.concurrency,
                )
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if command.progress_format == "json":
            write_event(sys.stderr, "finished", **outcome(result))
        if command.sink is not None:
            summary.show(self._console, plan, command.sink, result)
        if result.failures:
            self._console.print(
                f"Not complete, {counted(len(result.failures), 'part')} missing: "
                "the same command again fetches what is missing, and nothing else."
            )
        return _code(result)

    async def estimate(self, client: Pinterest) -> int:
        """Show what the harvest would take; accounts and a sample of what is in them are listed."""
        try:
            async with client.pool, client:
                plan = await self._plan_of_today()
                found = plan.estimate(await count(client, plan), access=self._command.access)
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if self._command.progress_format == "json":
            facts = {name: getattr(found, name) for name in found.__struct_fields__}
            write_event(sys.stderr, "estimate", start=plan.start, end=plan.end, **facts)
        self._console.print(_estimate(plan, found))
        return COMPLETE

    def _view(self) -> View:
        if self._command.progress_format == "json":
            return JsonProgress(sys.stderr)
        if self._command.progress_format == "none":
            return NoOutput()
        return Display(terminal(stderr=True))

    def _file(self) -> Path | None:
        command = self._command
        storage = command.sink and command.sink.storage
        if command.checkpoint is None and isinstance(storage, LocalStorage):
            return storage.folder / NOTES / "checkpoint.sqlite"
        return command.checkpoint

    def _checkpoint(self) -> Checkpoint | None:
        file = self._file()
        return None if file is None else SQLiteCheckpoint(file)

    async def _plan_of_today(self) -> Plan:
        """The plan that a run would have now, which with `--since last` the checkpoint knows."""
        command, file = self._command, self._file()
        if not command.since_last or file is None or not file.exists():
            return command.plan
        checkpoint = SQLiteCheckpoint(file)
        try:
            known = (await checkpoint.open()).get(command.plan.series_id)
        finally:
            await checkpoint.aclose()
        today = dt.datetime.now(dt.UTC).date()
        return since_last(command.plan, known, today, command.restate_days)

    def _failed(self, error: Exception) -> int:
        notes = getattr(error, "__notes__", ())
        if self._command.progress_format == "json":
            write_event(sys.stderr, "error", error=type(error).__name__, message=str(error))
        else:
            terminal(stderr=True).print("\n".join([str(error), *notes]), markup=False)
        return PARTIAL if self._harvested else NOTHING


def _code(result: HarvestResult) -> int:
    if result.complete:
        return PARTIAL if result.set_aside else COMPLETE
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
