"""The folder that a harvest fills: what is in it, what is finished, and whose it is."""

import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from pinterest_async.errors import PinterestError
from pinterest_async.harvest.arrow import pq
from pinterest_async.harvest.partition import Partition
from pinterest_async.harvest.plan import Plan

NOTES: Final = "_harvest"
"""Folder of the harvest's own notes; readers of data skip names with a leading underscore."""


class TargetError(PinterestError):
    """A folder that this plan cannot be harvested into."""


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What an account had when it was listed. `account` None: these are the accounts."""

    account: str | None
    ids: tuple[str, ...]


class Target:
    """A folder with one plan's data, and perhaps that of others.

    Layout: `level=ad/account=<id>/part-<partition>.parquet`, one file a partition; a file that is
    there is complete. What was listed is kept in `_harvest/`, so that a later run of the same plan
    cuts the same partitions even when ads were added since.
    """

    def __init__(self, folder: Path, plan: Plan) -> None:
        self.folder = folder
        self._plan = plan
        self._notes = folder / NOTES
        self._unfinished = self._notes / "unfinished"
        self._log = self._notes / f"{plan.id}.jsonl"
        self._lock: IO[Any] | None = None
        self._listings: dict[str | None, tuple[str, ...]] = {}

    def open(self) -> None:
        """Take the folder for this run.

        Raises:
            TargetError: where another run holds it, or its files would repeat rows of this plan.
        """
        self._notes.mkdir(parents=True, exist_ok=True)
        self._take_lock()
        try:
            self._check_neighbours()
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self._unfinished.mkdir()
            self._write(self._notes / f"{self._plan.id}.json", self._plan.to_json())
            self._read_log()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self._lock.close()
            self._lock = None

    def listed(self, account: str | None) -> tuple[str, ...] | None:
        """The ids that an earlier run listed for an account (None: the accounts), if it did."""
        return self._listings.get(account)

    def note(self, account: str | None, ids: Iterable[str]) -> tuple[str, ...]:
        """Keep a listing, safe on disk before any partition is cut from it."""
        listing = Listing(account=account, ids=tuple(ids))
        with self._log.open("ab") as log:
            log.write(msgspec.json.encode(listing) + b"\n")
            log.flush()
            os.fsync(log.fileno())
        return listing.ids

    def path(self, partition: Partition) -> Path:
        """Where a partition's file is, or will be."""
        folder = self.folder / f"level={self._plan.level}" / f"account={partition.account}"
        return folder / f"part-{partition.id}.parquet"

    def has(self, partition: Partition) -> bool:
        """Whether a partition is finished."""
        return self.path(partition).exists()

    def commit(self, partition: Partition, table: Any) -> Path:
        """Write a partition's file: it appears complete, or not at all."""
        path = self.path(partition)
        unfinished = self._unfinished / path.name
        try:
            with unfinished.open("wb") as file:
                pq.write_table(table, file, compression="zstd")
                file.flush()
                os.fsync(file.fileno())
            path.parent.mkdir(parents=True, exist_ok=True)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        _sync_folder(path.parent)
        return path

    def _take_lock(self) -> None:
        self._lock = (self._notes / "lock").open("ab")
        if sys.platform == "win32":
            return
        import fcntl

        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._lock.close()
            self._lock = None
            raise TargetError(
                f"another harvest is filling {self.folder}",
                advice="Wait for it to end, or choose another folder.",
            ) from error

    def _check_neighbours(self) -> None:
        """Refuse a plan whose rows other files of the folder hold already."""
        others = [path for path in self._notes.glob("*.json") if path.stem != self._plan.id]
        for path in others:
            other = Plan.from_json(path.read_bytes())
            if _overlap(self._plan, other):
                raise TargetError(
                    f"{self.folder} holds {other.level} rows from {other.start} to {other.end} of "
                    "another plan, and the days that both have would be there twice",
                    advice="Choose another folder, or remove this one.",
                )
        known = others or (self._notes / f"{self._plan.id}.json").exists()
        level = self.folder / f"level={self._plan.level}"
        if level.exists() and not known:
            raise TargetError(
                f"{level} holds files that no harvest left there",
                advice="Choose another folder, or remove this one.",
            )

    def _read_log(self) -> None:
        if not self._log.exists():
            return
        kept = bytearray()
        for line in self._log.read_bytes().splitlines(keepends=True):
            if not line.endswith(b"\n"):
                break  # cut off while it was written, so nothing was made from it
            listing = msgspec.json.decode(line, type=Listing)
            self._listings[listing.account] = listing.ids
            kept += line
        self._write(self._log, bytes(kept))

    def _write(self, path: Path, content: bytes) -> None:
        unfinished = self._unfinished / path.name
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
        _sync_folder(path.parent)


def _overlap(one: Plan, other: Plan) -> bool:
    days = one.start <= other.end and other.start <= one.end
    everything = one.accounts == "all" or other.accounts == "all"
    accounts = everything or not set(one.accounts).isdisjoint(other.accounts)
    return one.level == other.level and days and accounts


def _sync_folder(folder: Path) -> None:
    """Make a rename outlive a power cut; Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
