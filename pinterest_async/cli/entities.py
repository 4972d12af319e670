"""`pinterest harvest --entities`: the things themselves into files, or what that would take."""

import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from pinterest_async.cli.harvest_options import EntityCommand, MistakesError, read_entity_command
from pinterest_async.cli.harvest_run import (
    COMPLETE,
    MISTAKEN,
    NOTHING,
    PARTIAL,
    HarvestRun,
    say_why,
)
from pinterest_async.cli.live_progress import span
from pinterest_async.cli.progress import live, write_event
from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest import (
    ENTITIES,
    EntityCheckpoint,
    EntityEstimate,
    EntityResult,
    NotPermitted,
    SQLiteCheckpoint,
    estimate_entities,
    run_entities,
)
from pinterest_async.harvest.plan.endpoints import ME
from pinterest_async.harvest.plan.estimate import counted

_SHOWN: Final = 8
"""Accounts of which the same is said, and which are named."""


def harvest(given: Mapping[str, Any], *, dry_run: bool, **options: Any) -> int:
    """Do what the command line asks for; return the exit code."""
    try:
        command, client = read_entity_command(given, dry_run=dry_run, **options)
    except MistakesError as error:
        say_why(error, as_json=options["progress_format"] == "json")
        return MISTAKEN
    work = EntityHarvest(command)
    return asyncio.run(work.estimate(client) if dry_run else work.run(client))


class EntityHarvest(HarvestRun):
    """One run of the command for entities."""

    def __init__(self, command: EntityCommand) -> None:
        super().__init__(command.progress_format)
        self._command = command

    async def run(self, client: Pinterest) -> int:
        """Harvest, and show the result; return the exit code."""
        command = self._command
        checkpoint: EntityCheckpoint | None = None
        if command.checkpoint is not None:
            checkpoint = SQLiteCheckpoint(command.checkpoint)
        try:
            async with client.pool, client, live(self._view(), client.limits) as self._listener:
                result = await run_entities(
                    command.plan,
                    client,
                    sink=command.sink,
                    checkpoint=checkpoint,
                    progress=self,
                    concurrency=command.concurrency,
                )
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if self._json:
            write_event(sys.stdout, "finished", **outcome(result))
        else:
            self._show(result)
        if not result.paths and (result.failures or result.not_permitted):
            return NOTHING
        return PARTIAL if result.failures or result.set_aside else COMPLETE

    async def estimate(self, client: Pinterest) -> int:
        """Show what the harvest would take at least; only ad accounts and businesses are listed."""
        plan, access = self._command.plan, self._command.access
        try:
            async with client.pool, client:
                found = await estimate_entities(plan, client, access=access)
        except (PinterestError, OSError) as error:
            return self._failed(error)
        if self._json:
            write_event(sys.stdout, "estimate", **msgspec.structs.asdict(found))
        else:
            self._console.say("Entities: an estimate of the whole")
            self._console.print(_estimate(found))
        return COMPLETE

    def _show(self, result: EntityResult) -> None:
        say = self._console.say
        for failure in result.failures:
            where = _where(failure.account)
            say(f"Missing: {_title(failure.entity)} of {where}: {failure.error}")
        for line in _not_permitted(result.not_permitted):
            say(line)
        if result.paths:
            self._console.print(_table(result))
        say(
            f"{counted(result.rows, 'row')} by {counted(result.calls, 'call')} in "
            f"{result.seconds:.1f} s; {counted(len(result.paths), 'file')} now in "
            f"{self._command.sink}/"
        )
        if result.skipped:
            say(f"Were there already, from the run before: {counted(result.skipped, 'list')}.")
        if result.misfits:
            rows = counted(result.misfits, "row")
            say(f"Fields that this version does not know are in {rows}: column _unknown_fields.")
        if result.set_aside:
            say(f"Set aside, and in no file: {counted(result.set_aside, 'item')} that were null.")
        if result.failures:
            say(
                f"Not complete, {counted(len(result.failures), 'part')} missing: the same command "
                "within 12 hours fetches what is missing, and nothing else."
            )


def outcome(result: EntityResult) -> dict[str, Any]:
    """How a harvest of entities ended, as facts for JSON."""
    facts = msgspec.structs.asdict(result)
    facts["complete"] = result.complete
    facts["files"] = len(result.paths)
    facts["entities"] = dict(_rows(result))
    facts["failures"] = [
        {
            "entity": one.entity,
            "account": one.account,
            "error": type(one.error).__name__,
            "message": str(one.error),
        }
        for one in result.failures
    ]
    return facts


def _rows(result: EntityResult) -> Counter[str]:
    """Rows by entity, in the order of the table of entities."""
    rows = Counter(
        {name: 0 for name in ENTITIES if any(one.entity == name for one in result.files)}
    )
    for one in result.files:
        rows[one.entity] += one.rows
    return rows


def _table(result: EntityResult) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("Entity", no_wrap=True)
    table.add_column("Rows", justify="right", no_wrap=True)
    for entity, rows in _rows(result).items():
        table.add_row(_title(entity), f"{rows:,}")
    return table


def _not_permitted(refused: tuple[NotPermitted, ...]) -> Iterator[str]:
    """What the token may not see: a line for each entity and reason."""
    accounts: dict[tuple[str, str], list[str]] = {}
    scopes: dict[str, str] = {}
    for one in refused:
        accounts.setdefault((one.entity, one.reason), []).append(one.account)
        scopes[one.entity] = " and ".join(one.scopes)
    for (entity, reason), names in accounts.items():
        where = ", ".join(map(_where, names[:_SHOWN]))
        where += f" and {counted(len(names) - _SHOWN, 'other')}" if len(names) > _SHOWN else ""
        reason = reason.rstrip(". ")
        yield f"Not permitted: {_title(entity)} of {where}, needs {scopes[entity]}: {reason}."


def _where(account: str) -> str:
    return "your own account" if account == ME else account


def _title(entity: str) -> str:
    return entity.replace("_", "-")


def _estimate(found: EntityEstimate) -> Table:
    table = Table(show_header=False)
    table.add_column()
    table.add_column(justify="right")
    table.add_row("Accounts", f"{found.accounts:,}")
    table.add_row("Businesses", f"{found.businesses:,}")
    table.add_row("Calls", f"at least {found.total_calls:,}")
    for category, calls in found.calls.items():
        table.add_row(f"  {category}", f"at least {calls:,}")
    for entity, parents in found.lists_below.items():
        each = " and ".join(map(_title, parents))
        table.add_row(f"  {_title(entity)}", f"one more for each of the {each}")
    least = f"at least {span(found.minutes * 60)}" if found.minutes else "none"
    table.add_row("Time that the quotas demand", least)
    return table
