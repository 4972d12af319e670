"""What a checkpoint keeps of a harvest of entities: snapshots of plans, and files that are read."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from pinterest_async.harvest.output.checkpoint import CheckpointError, EntityCheckpoint, damaged
from pinterest_async.harvest.output.status import address
from pinterest_async.harvest.plan.entity_plan import EntityPlan

T = TypeVar("T")


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """One harvest of a plan's entities: its name, when it wrote last, whether it is complete."""

    id: str
    plan: EntityPlan
    active: float
    complete: bool = False


class ReadLists(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of an entity of an account whose lists were read to their ends.

    `snapshot` is the harvest that read them; `ids` are those below which others are listed.
    """

    snapshot: str
    path: str | None
    rows: int
    misfits: int = 0
    repeated: int = 0
    set_aside: int = 0
    refused: int = 0
    reason: str = ""
    ids: tuple[str, ...] = ()


class EntityStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a target is with a plan of entities: `lists` were read in the `snapshot`.

    `rows` and `files` are those of these lists.
    """

    snapshot: Snapshot
    lists: int
    rows: int
    files: int
    misfits: int


def file_name(entity: str, account: str) -> str:
    """Under which name the lists of an entity of an account are kept."""
    return f"file/{entity}/{account}"


def snapshot_name(plan: EntityPlan) -> str:
    """Under which name a plan's snapshot is kept."""
    return f"snapshot/{plan.id}"


async def recall(checkpoint: EntityCheckpoint, name: str, type: type[T]) -> T | None:
    """What was kept under a name; None also where it is damaged, so that it is done again."""
    content = await checkpoint.recall(name)
    try:
        return None if content is None else msgspec.json.decode(content, type=type)
    except (ValueError, RecursionError):
        return None


async def save(checkpoint: EntityCheckpoint, snapshot: Snapshot) -> None:
    """Keep a snapshot, as one that was active now."""
    now = replace(snapshot, active=time.time())
    await checkpoint.keep(snapshot_name(snapshot.plan), msgspec.json.encode(now))


def entity_status(file: Path) -> tuple[EntityStatus, ...]:
    """What a checkpoint file says of each plan of entities, read while a harvest may fill it.

    Raises:
        CheckpointError: where it cannot be read.
    """
    notes: dict[str, str] = {}
    try:
        with closing(sqlite3.connect(address(file), uri=True)) as database:
            database.execute("PRAGMA query_only = ON")
            if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'entities'").fetchone():
                notes = dict(database.execute("SELECT name, content FROM entities").fetchall())
        named = sorted(notes.items())
        read = [
            msgspec.json.decode(text, type=ReadLists)
            for name, text in named
            if name.startswith("file/")
        ]
        found = [
            msgspec.json.decode(text, type=Snapshot)
            for name, text in named
            if name.startswith("snapshot/")
        ]
    except sqlite3.Error as error:
        raise CheckpointError(f"{file} cannot be read: {error}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(str(file), error) from error
    return tuple(
        _status(one, [lists for lists in read if lists.snapshot == one.id]) for one in found
    )


def _status(snapshot: Snapshot, read: list[ReadLists]) -> EntityStatus:
    return EntityStatus(
        snapshot=snapshot,
        lists=len(read),
        rows=sum(one.rows for one in read),
        files=sum(one.path is not None for one in read),
        misfits=sum(one.misfits for one in read),
    )
