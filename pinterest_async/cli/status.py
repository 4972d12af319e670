"""`pinterest harvest status`: what a folder holds, and how far its harvest is."""

import datetime as dt
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from pinterest_async.cli.harvest_options import LEVEL_NAMES
from pinterest_async.cli.harvest_run import COMPLETE, PARTIAL
from pinterest_async.cli.progress import write_event
from pinterest_async.cli.terminal import terminal
from pinterest_async.harvest import LocalStorage, Plan, TargetError
from pinterest_async.harvest.output.entity_notes import EntityStatus, entity_status
from pinterest_async.harvest.output.sqlite_checkpoint import checkpoint_of
from pinterest_async.harvest.output.status import PlanStatus, as_facts, status
from pinterest_async.harvest.plan.estimate import counted

MOST_NAMES: Final = 4
"""Columns and accounts that are named; of more, the first ones and how many there are."""


def show(folder: Path, checkpoint: Path | None, *, as_json: bool) -> int:
    """Print what a folder's checkpoint knows; return the exit code.

    Raises:
        TargetError: There is none, or it cannot be read.
    """
    file = checkpoint or checkpoint_of(LocalStorage(folder)).file
    found = status(file, folder)
    console = terminal()
    for number, one in enumerate(found):
        if as_json:
            write_event(sys.stdout, "status", **as_facts(one))
            continue
        if number:
            console.print()
        for line in lines(one):
            console.say(line)
    entities = entity_status(file)
    for number, plan in enumerate(entities):
        if as_json:
            write_event(sys.stdout, "entities", **msgspec.structs.asdict(plan))
            continue
        if number or found:
            console.print()
        for line in entity_lines(plan):
            console.say(line)
    if not found and not entities:
        raise TargetError(
            f"{folder} holds no rows of a harvest", advice="None has begun, or they were removed."
        )
    complete = [*(one.complete for one in found), *(one.snapshot.complete for one in entities)]
    return COMPLETE if all(complete) else PARTIAL


def lines(found: PlanStatus) -> list[str]:
    """What there is to say of one plan."""
    series, plan = found.series, found.series.plan
    text = [f"{LEVEL_NAMES[plan.level]}, {plan.start} to {plan.end}, {', '.join(_options(plan))}"]
    through = f" All days through {series.through} (UTC) are there." if series.through else ""
    if found.complete:
        text.append(f"  complete.{through}")
    elif found.accounts is None:
        text.append(f"  not complete: the ad accounts were not listed.{through}")
    else:
        missing = [f"{found.done:,} of {counted(found.partitions, 'partition')} done"]
        if found.accounts_listed < found.accounts:
            listed = f"{found.accounts_listed:,} of {counted(found.accounts, 'ad account')}"
            missing.append(f"{listed} looked into")
        if found.reports:
            missing.append(f"{counted(found.reports, 'report')} requested and not fetched")
        text.append(f"  not complete: {', '.join(missing)}.{through}")
    files = counted(found.files, f"{series.format} file")
    text.append(f"  {counted(found.rows, 'row')} of these days; {files}")
    if found.accounts_without_rows and found.accounts:
        empty = f"{found.accounts_without_rows:,} of {counted(found.accounts, 'ad account')}"
        text.append(f"  {empty}: without rows in these days, and so without a file for them")
    if found.misfits:
        text.append(f"  {counted(found.misfits, 'row')} with a value of another type: see _MISFITS")
    if found.set_aside:
        text.append(f"  {counted(found.set_aside, 'row')} set aside, and in no file")
    return text


def entity_lines(found: EntityStatus) -> list[str]:
    """What there is to say of one plan of entities."""
    snapshot = found.snapshot
    plan = snapshot.plan
    names = "all" if plan.entities == "all" else _some("", plan.entities).strip().replace("_", "-")
    accounts = "all ad accounts" if plan.accounts == "all" else _some("ad accounts", plan.accounts)
    when = dt.datetime.fromtimestamp(snapshot.active, dt.UTC)
    state = "complete" if snapshot.complete else "not complete"
    rows = f"{counted(found.rows, 'row')} of {counted(found.lists, 'list')}"
    text = [
        f"entities: {names}, {accounts}",
        f"  {state}, written last on {when:%Y-%m-%d at %H:%M} UTC",
        f"  {rows}; {counted(found.files, 'file')}",
    ]
    if found.misfits:
        rows = counted(found.misfits, "row")
        text.append(f"  {rows} with fields that this version does not know: see _unknown_fields")
    return text


def _options(plan: Plan) -> list[str]:
    granularity = "in total" if plan.granularity == "TOTAL" else f"by {plan.granularity.lower()}"
    found = [granularity, _some("columns", plan.columns)]
    if plan.accounts == "all":
        found.insert(0, "all ad accounts")
    else:
        found.insert(0, _some("ad accounts", plan.accounts))
    if plan.targeting_types:
        found.append(_some("targeting", plan.targeting_types))
    return found


def _some(word: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES:,} more" if len(names) > MOST_NAMES else ""
    return f"{word} {', '.join(names[:MOST_NAMES])}{more}"
