"""`run_entities`: checks the target of a plan of entities, and harvests into it."""

import secrets
import time
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread

from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError, PinterestError
from pinterest_async.harvest.execute.entity_engine import EntityEngine
from pinterest_async.harvest.execute.entity_result import EntityResult
from pinterest_async.harvest.execute.progress import ProgressListener
from pinterest_async.harvest.execute.run import (
    CONCURRENCY,
    checkpoint_beside,
    note_what_is_kept,
    place_of_rows,
)
from pinterest_async.harvest.output import entity_files
from pinterest_async.harvest.output.arrow import returned_memory
from pinterest_async.harvest.output.checkpoint import EntityCheckpoint, TargetError
from pinterest_async.harvest.output.entity_notes import Snapshot, recall, save, snapshot_name
from pinterest_async.harvest.output.formats import FormatName
from pinterest_async.harvest.output.sinks import FileSink
from pinterest_async.harvest.plan.entity_plan import EntityPlan

GOES_ON: Final = 12 * 3600.0
"""Seconds after its last write up to which a harvest that did not end is gone on with."""


async def run_entities(
    plan: EntityPlan,
    client: Pinterest,
    *,
    out: Path | str | None = None,
    format: FormatName = "parquet",
    filesystem: Any = None,
    sink: FileSink | None = None,
    checkpoint: EntityCheckpoint | None = None,
    progress: ProgressListener | None = None,
    concurrency: int = CONCURRENCY,
) -> EntityResult:
    """Harvest entities into files: campaigns, ads, boards, Pins and whatever else is listed.

    Files: `entity=campaigns/account=<id>/part-0.parquet` below `out`, with account "me" for what
    belongs to the token's user. No list of the API tells what has changed since some time, so each
    harvest lists everything, and each file is replaced by one rename when its lists were read to
    their ends. A run that was stopped within the last twelve hours is gone on with, from the pages
    that it had reached; after a complete one, everything is listed anew.

    What the token may not see is no failure: `EntityResult.not_permitted` tells of it, and files of
    earlier runs stay. Cancelling is safe at any moment.

    Args:
        plan: What to harvest.
        client: Whose token and quotas to use; calls that others make with it go first.
        out: A folder, or an address such as `s3://bucket/folder`.
        format: "parquet", "jsonl" or "csv"; objects and lists are JSON text in CSV.
        filesystem: A file system of pyarrow or fsspec that `out` is a folder of.
        sink: Where files go instead of `out`.
        checkpoint: Remembers how far the harvest is; by default a file of SQLite in a folder beside
            `out`, `_data.harvest` for `data`, which belongs to it and is moved with it.
        progress: Is called with how far the harvest is; a partition is an entity of an account.
        concurrency: Lists that are read at a time. The client's limiter paces their calls.

    Raises:
        TargetError: where the target is in use, or holds files that no harvest left there.
        SinkError, CheckpointError: where the target cannot be written, an `OSError` as well.
        PinterestError: where no further call can succeed, as with a token that was revoked.
    """
    sink = place_of_rows(out, format, filesystem, sink)
    checkpoint = checkpoint or checkpoint_beside(sink)
    _check(sink, checkpoint)
    try:
        await checkpoint.open()
        await anyio.to_thread.run_sync(sink.guarded, sink.storage.open)
        try:
            await _check_target(plan, checkpoint, sink)
            snapshot = await _snapshot(plan, checkpoint)
            engine = EntityEngine(snapshot, client, sink, checkpoint, progress)
            with returned_memory():
                return await engine.run(concurrency)
        finally:
            with anyio.CancelScope(shield=True):
                await sink.aclose()
    except PinterestError as error:
        note_what_is_kept(error)
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await checkpoint.aclose()


def _check(sink: object, checkpoint: object) -> None:
    """Refuse objects that are made for figures alone."""
    if not isinstance(sink, FileSink):
        raise ConfigurationError(
            "entities are harvested into files", advice="Pass out=..., or a FileSink as sink."
        )
    if not hasattr(checkpoint, "recall"):
        raise ConfigurationError(
            "this checkpoint does not keep how far a harvest of entities is",
            advice="Give it the methods `recall` and `keep`, or use SQLiteCheckpoint.",
        )


async def _snapshot(plan: EntityPlan, checkpoint: EntityCheckpoint) -> Snapshot:
    """The snapshot of the last run where that can be gone on with, else a new one."""
    last = await recall(checkpoint, snapshot_name(plan), Snapshot)
    if last is not None and not last.complete and time.time() - last.active < GOES_ON:
        return last
    new = Snapshot(id=secrets.token_hex(8), plan=plan, active=time.time())
    await save(checkpoint, new)
    return new


async def _check_target(plan: EntityPlan, checkpoint: EntityCheckpoint, sink: FileSink) -> None:
    """Refuse a target with files of these entities that no harvest has left there."""
    for entity in plan.names:
        if await checkpoint.recall(f"entity/{entity}") is not None:
            continue
        place = entity_files.place(entity)
        if await anyio.to_thread.run_sync(sink.storage.files, place):
            raise TargetError(
                f"{sink}/{place} holds files that no harvest left there",
                advice="Choose another folder, or remove this one.",
            )
        await checkpoint.keep(f"entity/{entity}", b"true")
