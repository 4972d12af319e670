"""What a target holds, by its checkpoint: read without its lock, while a harvest may fill it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

from pinterest_async.harvest.output.checkpoint import CheckpointError, Commit, TargetError, damaged
from pinterest_async.harvest.output.sqlite_checkpoint import VERSION, all_gone, structs
from pinterest_async.harvest.plan.series import Series, cut

_COMMITS: Final = "SELECT partition, path, rows, misfits, {} FROM commits WHERE series = ?"
_LISTINGS: Final = "SELECT account, plan, ids FROM listings WHERE series = ?"


class PlanStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a target is with a plan, or with the plans that differ from it in their dates.

    `files` are those of all these plans, the rest is of the last one: `partitions` are those that
    are known, which are all of them once `accounts_listed` is `accounts`, and `done` are finished,
    with `rows`. `accounts` is None before the accounts were listed. `reports` were requested from
    Pinterest and are not fetched yet.
    """

    series: Series
    rows: int
    files: int
    misfits: int
    set_aside: int
    accounts: int | None
    accounts_listed: int
    accounts_without_rows: int
    partitions: int
    done: int
    reports: int

    @property
    def complete(self) -> bool:
        """Whether the last plan is finished."""
        return self.accounts == self.accounts_listed and self.done == self.partitions


def status(file: Path, target: Path | None = None) -> tuple[PlanStatus, ...]:
    """What a checkpoint file says of each plan of its target.

    Plans whose files were all removed from the folder `target` are left out: they begin anew.

    Raises:
        TargetError: where there is no checkpoint, or one of another version.
        CheckpointError: where it cannot be read.
    """
    name = target or file
    if not file.exists():
        raise TargetError(
            f"{name} holds no harvest", advice="Name the folder that a harvest was written into."
        )
    try:
        with closing(sqlite3.connect(address(file), uri=True)) as database:
            database.execute("PRAGMA query_only = ON")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if not 1 <= version <= VERSION:
                raise TargetError(
                    f"{file} was made by another version of pinterest_async",
                    advice="Use that version.",
                )
            database.execute("BEGIN")  # all that follows is of one moment
            contents = database.execute("SELECT content FROM series ORDER BY name").fetchall()
            found = [msgspec.json.decode(text, type=Series) for (text,) in contents]
            return tuple(
                _status(database, series, version)
                for series in found
                if target is None or not all_gone(target, database, series.id)
            )
    except sqlite3.Error as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(str(file), error) from error


def address(file: Path) -> str:
    """How to open a checkpoint for reading.

    Its journal goes only with a connection that may write, and is needed where there is one.
    """
    journal = file.with_name(f"{file.name}-wal")
    how = "mode=ro" if journal.exists() else "immutable=1"
    if os.access(file, os.W_OK) and os.access(file.parent, os.W_OK):
        how = "mode=rw"
    return f"file:{quote(str(file.absolute()))}?{how}"


def _status(database: sqlite3.Connection, series: Series, version: int) -> PlanStatus:
    query = _COMMITS.format("set_aside" if version > 1 else "0 AS set_aside")
    commits = structs(database, Commit, query, series.id)
    listings: dict[str, tuple[str, ...]] = {}
    for account, plan, ids in database.execute(_LISTINGS, (series.id,)):
        if plan == series.plan.id:
            listings[account] = msgspec.json.decode(ids, type=tuple[str, ...])
    accounts = listings.pop("", None)
    listed = tuple(listings) if series.plan.facts.listed else accounts or ()
    by_account = [
        [commits.get(part.id) for part in cut(series, one, listings.get(one, ()))] for one in listed
    ]
    parts = [commit for account in by_account for commit in account]
    done = [commit for commit in parts if commit]
    empty = [not any(commit is None or commit.rows for commit in one) for one in by_account]
    reports = database.execute("SELECT count(*) FROM reports WHERE series = ?", (series.id,))
    return PlanStatus(
        series=series,
        rows=sum(commit.rows for commit in done),
        files=len({commit.path for commit in commits.values() if commit.path}),
        misfits=sum(commit.misfits for commit in done),
        set_aside=sum(commit.set_aside for commit in done),
        accounts=None if accounts is None else len(accounts),
        accounts_listed=len(listed),
        accounts_without_rows=sum(empty),
        partitions=len(parts),
        done=len(done),
        reports=reports.fetchone()[0],
    )


def as_facts(found: PlanStatus) -> dict[str, Any]:
    """A status as facts for JSON."""
    facts = msgspec.structs.asdict(found)
    series: Series = facts.pop("series")
    return {
        "plan": series.plan,
        "format": series.format or None,
        "complete": found.complete,
        "complete_through": series.through,
        **facts,
    }
