"""`compact`: copies many small Parquet files of a harvest into few large ones, elsewhere."""

import os
import shutil
from pathlib import Path
from typing import Final

import msgspec

from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest.output.arrow import ds, pa, pq
from pinterest_async.harvest.output.checkpoint import TargetError
from pinterest_async.harvest.output.file_lock import FileLock
from pinterest_async.harvest.output.storage import notes_folder, sync_folder

ROWS_PER_FILE: Final = 5_000_000
ROWS_PER_GROUP: Final = 250_000
"""Rows that readers can skip or read together; also what is in memory at a time."""


class Compacted(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that a compaction copied, and the files before and after it."""

    rows: int
    files_before: int
    files: int


def compact(
    source: Path | str, target: Path | str, *, rows_per_file: int = ROWS_PER_FILE
) -> Compacted:
    """Copy a harvested folder into few large files, rows of an account together.

    Files: `level=ad/part-<number>.parquet` below `target`. A level that is there from before is
    replaced when the new one is complete. The harvest itself stays as it is, since a later run
    replaces its small files one by one; compact again after it.

    Raises:
        ConfigurationError: where `source` holds no harvest, or `target` is a part of it.
        TargetError: where another compaction is filling `target`.
        OSError: where it cannot be written; what was there before is there still.
    """
    source, target = Path(source), Path(target)
    if target.resolve().is_relative_to(source.resolve()):
        raise ConfigurationError(
            f"{target} is in the folder that is compacted", advice="Choose a folder beside it."
        )
    levels = sorted(path for path in source.glob("level=*") if any(path.rglob("*.parquet")))
    if not levels:
        raise ConfigurationError(
            f"{source} holds no Parquet files of a harvest", advice="Harvest into it first."
        )
    unfinished = notes_folder(target) / "compaction"
    for folder in (target, unfinished.parent):
        folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(unfinished.with_name("compaction.lock"))
    if not lock.take():
        raise TargetError(
            f"another compaction is filling {target}",
            advice="Wait for it to end, or choose another folder.",
        )
    rows = before = after = 0
    try:
        shutil.rmtree(unfinished, ignore_errors=True)  # what a killed one left
        for level in levels:
            files = sorted(level.rglob("*.parquet"))
            folder = unfinished / level.name
            folder.mkdir(parents=True)
            rows += _copy(files, folder, rows_per_file)
            before, after = before + len(files), after + len(list(folder.iterdir()))
            _replace(folder, target / level.name)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
        lock.release()
    return Compacted(rows=rows, files_before=before, files=after)


def _copy(files: list[Path], folder: Path, rows_per_file: int) -> int:
    """Copy rows into large files; columns that only some files have are null in the others."""
    schema = pa.unify_schemas(map(pq.read_schema, files), promote_options="permissive")
    data = ds.dataset(list(map(str, files)), schema=schema, format="parquet", partitioning=None)
    # The default reads a hundred files ahead of the writer.
    scanner = data.scanner(batch_readahead=4, fragment_readahead=2, use_threads=False)
    format = ds.ParquetFileFormat()
    ds.write_dataset(
        scanner,
        folder,
        format=format,
        file_options=format.make_write_options(compression="zstd"),
        basename_template="part-{i}.parquet",
        max_rows_per_file=rows_per_file,
        max_rows_per_group=min(ROWS_PER_GROUP, rows_per_file),
        min_rows_per_group=min(ROWS_PER_GROUP, rows_per_file) // 2,
    )
    return int(data.count_rows())


def _replace(new: Path, place: Path) -> None:
    """Put a folder in the place of another; readers find the old one, none, or the new one."""
    for file in new.iterdir():
        with file.open("r+b") as written:
            os.fsync(written.fileno())
    sync_folder(new)
    old = new.with_name(f"{new.name}-old")
    if place.exists():
        place.rename(old)
    new.rename(place)
    sync_folder(place.parent)
    shutil.rmtree(old, ignore_errors=True)
