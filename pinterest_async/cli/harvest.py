"""`pinterest harvest`: analytics into files, or what that would take."""

import asyncio
import sys
from collections.abc import Mapping
from typing import Any

from rich.table import Table

from pinterest_async.cli import summary
from pinterest_async.cli.days import NewDays
from pinterest_async.cli.harvest_options import LEVEL_NAMES, Command, MistakesError, read_command
from pinterest_async.cli.harvest_run import (
    COMPLETE,
    MISTAKEN,
    NOTHING,
    PARTIAL,
    HarvestRun,
    say_why,
)
from pinterest_async.cli.live_progress import span
from pinterest_async.cli.progress import live, outcome, write_event
from pinterest_async.cli.terminal import terminal
from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest import (
    Checkpoint,
    Estimate,
    HarvestResult,
    LocalStorage,
    Plan,
    PlanError,
    SQLiteCheckpoint,
    count,
    run,
)
from pinterest_async.harvest.output.sqlite_checkpoint import checkpoint_of
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.estimate import counted
from pinterest_async.harvest.plan.series import Series, since_last


def harvest(given: Mapping[str, Any], *, dry_run: bool, **options: Any) -> int:
    """Do what the command line asks for; return the exit code."""
    try:
        command, client = read_command(given, dry_run=dry_run, **options)
    except MistakesError as error:
        say_why(error, as_json=options["progress_format"] == "json")
        return MISTAKEN
    work = Harvest(command)
    return asyncio.run(work.estimate(client) if dry_run else work.run(client))


class Harvest(HarvestRun):
    """One run of the command for figures."""

    def __init__(self, command: Command) -> None:
        super().__init__(command.progress_format)
        self._command = command

    async def run(self, client: Pinterest) -> int:
        """Harvest one plan after another, and show the results; return the exit code."""
        codes: list[int] = []
        async with client.pool, client:
            for plan in self._command.plans:
                codes.append(await self._one(plan, client))  # noqa: PERF401  (one after another)
        return codes[0] if len(set(codes)) == 1 else PARTIAL

    async def _one(self, plan: Plan, client: Pinterest) -> int:
        command = self._command
        known = command.known.get(plan.series_id)
        if known is not None:
            self._tell(plan, known)
        self._harvested = False
        try:
            async with live(self._view(), client.limits) as self._listener:
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
        if self._json:
            write_event(sys.stdout, "finished", level=plan.level, **outcome(result))
        elif command.sink is not None:
            summary.show(self._console, plan, command.sink, result)
            if result.failures:
                self._console.say(
                    f"Not complete, {counted(len(result.failures), 'part')} missing: "
                    "the same command again fetches what is missing, and nothing else."
                )
        return _code(result)

    async def estimate(self, client: Pinterest) -> int:
        """Show what the harvest would take; accounts and a sample of what is in them are listed."""
        command = self._command
        try:
            async with client.pool, client:
                for wanted in command.plans:
                    plan = self._of_today(wanted, command.known.get(wanted.series_id))
                    found = plan.estimate(await count(client, plan), access=command.access)
                    if self._json:
                        facts = {name: getattr(found, name) for name in found.__struct_fields__}
                        dates = {"start": plan.start, "end": plan.end}
                        write_event(sys.stdout, "estimate", level=plan.level, **dates, **facts)
                    else:
                        self._console.say(heading(plan))
                        self._console.print(estimate_table(plan, found))
        except (PinterestError, OSError) as error:
            return self._failed(error)
        return COMPLETE

    def _checkpoint(self) -> Checkpoint | None:
        command = self._command
        storage = command.sink and command.sink.storage
        if isinstance(storage, LocalStorage):
            return checkpoint_of(storage, command.checkpoint)
        return None if command.checkpoint is None else SQLiteCheckpoint(command.checkpoint)

    def _of_today(self, plan: Plan, known: Series | None) -> Plan:
        """The plan that a run would have now, which with `--since last` the checkpoint knows."""
        if not self._command.since_last:
            return plan
        return since_last(plan, known, utc_today(), self._command.restate_days)

    def _tell(self, plan: Plan, known: Series) -> None:
        """Say which days are new, and which are fetched again."""
        try:
            days = NewDays.of(self._of_today(plan, known), known)
        except PlanError:
            return  # the run says it
        if self._json:
            write_event(sys.stdout, "plan", level=plan.level, **days._asdict())
        elif self._progress_format == "text":
            level = LEVEL_NAMES[plan.level]
            terminal(stderr=True).say(f"{level}: {days.text()}")


def _code(result: HarvestResult) -> int:
    if result.complete:
        return PARTIAL if result.set_aside else COMPLETE
    return PARTIAL if result.done + result.skipped else NOTHING


def heading(plan: Plan) -> str:
    """What an estimate is of."""
    return f"{LEVEL_NAMES[plan.level]}, {plan.start} to {plan.end}: an estimate of the whole"


def estimate_table(plan: Plan, found: Estimate) -> Table:
    """What a harvest of a plan takes."""
    about = "" if found.exact else "about "
    table = Table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
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
