"""A checkpoint in a file of SQLite beside the harvested files: the default on one machine."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeAlias, TypeVar

import msgspec

from pinterest_async.harvest.output.checkpoint import (
    CheckpointError,
    Commit,
    RequestedReport,
    TargetError,
    damaged,
)
from pinterest_async.harvest.output.file_lock import FileLock
from pinterest_async.harvest.output.group_commit import GroupCommit, WriteGroup
from pinterest_async.harvest.output.storage import LocalStorage
from pinterest_async.harvest.output.work_thread import WorkThread
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.series import Series

T = TypeVar("T")

_Write: TypeAlias = tuple[str, tuple[Any, ...]]
"""A statement and its values."""

FILE: Final = "checkpoint.sqlite"
_SERIES_COLUMNS: Final = {
    "series": "name",
    "listings": "series",
    "commits": "series",
    "reports": "series",
}
_MOST_LISTINGS: Final = 64
"""Listings at most that wait for the next commit: what a kill costs of them."""

VERSION: Final = 2
"""Of the file; `_TABLES` writes it."""
_COUNT_SET_ASIDE: Final = "ALTER TABLE commits ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0"
"""What version 1 lacks."""
_TABLES: Final = """
BEGIN;
CREATE TABLE IF NOT EXISTS series (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (
    series TEXT, account TEXT, plan TEXT NOT NULL, ids TEXT NOT NULL,
    PRIMARY KEY (series, account)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
    partition TEXT PRIMARY KEY, series TEXT NOT NULL, path TEXT, rows INTEGER NOT NULL,
    misfits INTEGER NOT NULL, set_aside INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commits_of_series ON commits (series);
CREATE TABLE IF NOT EXISTS reports (
    partition TEXT PRIMARY KEY, series TEXT NOT NULL, token TEXT NOT NULL, asked REAL NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS entities (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS finished AFTER INSERT ON commits BEGIN
    DELETE FROM reports WHERE partition = NEW.partition;
END;
PRAGMA user_version = 2;
COMMIT;
"""


class SQLiteCheckpoint:
    """A checkpoint in a file of SQLite, with a lock beside it.

    Put it on a disk of this machine: SQLite's journal and locks are not safe on network drives.
    Where `target` names the folder that rows go to, and all files of a series have been removed
    from it, the checkpoint forgets the series, which then begins anew.

    Writes that come at once, or while others are forced to disk, go together, in one transaction.
    What was listed waits for the next other write.
    """

    def __init__(self, file: Path | str, *, target: Path | None = None) -> None:
        self.file = Path(file)
        self._target = target
        self._database: sqlite3.Connection | None = None
        self._thread = WorkThread()
        self._writes = GroupCommit(self._store_in_thread, self._interrupted)
        self._listed: set[str] = set()
        self._lock = FileLock(self.file.with_name(f"{self.file.name}.lock"))

    async def open(self) -> Mapping[str, Series]:
        """Take the lock, open the file."""
        return await self._run(self._open)

    async def aclose(self) -> None:
        """Write what is left, close the file, release the lock."""
        try:
            if self._database is not None:
                with suppress(CheckpointError):  # what was listed alone: it is listed again
                    await self._writes.flush()
        finally:
            await self._thread.do(self._close)

    async def begin(self, series: Series) -> Mapping[str, Commit]:
        """Store a series with the plan that runs now; return its finished partitions."""
        await self.complete(series)
        accounts = "SELECT account FROM listings WHERE series = ?"
        self._listed = {name for (name,) in await self._run(self._execute, accounts, series.id)}
        query = "SELECT partition, path, rows, misfits, set_aside FROM commits WHERE series = ?"
        return await self._run(self._structs, Commit, query, series.id)

    async def complete(self, series: Series) -> None:
        """Store a series whose plan is finished."""
        await self._insert("series", series.id, _text(series))

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """What was listed for an account, and whether by this plan."""
        if (account or "") not in self._listed:  # of most, in a first run
            return (), False
        await self._writes.flush()
        query = "SELECT ids, plan FROM listings WHERE series = ? AND account = ?"

        def found() -> tuple[tuple[str, ...], bool]:
            for ids, plan in self._execute(query, series.id, account or ""):
                return msgspec.json.decode(ids, type=tuple[str, ...]), plan == series.plan.id
            return (), False

        return await self._run(found)

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Store what was listed for an account, with the next commit or before it; accounts now."""
        values = series.id, account or "", series.plan.id, _text(tuple(ids))
        self._listed.add(account or "")
        group = self._add("listings", *values)
        if account is None or len(group.items) >= _MOST_LISTINGS:
            await self._writes.done(group)

    async def reports(self, series: Series) -> Mapping[str, RequestedReport]:
        """The reports that were requested and whose rows are not committed."""
        query = 'SELECT partition, token, asked AS "when" FROM reports WHERE series = ?'
        return await self._run(self._structs, RequestedReport, query, series.id)

    async def ask(self, series: Series, partition: Partition, report: RequestedReport) -> None:
        """Store which report was requested."""
        await self._insert("reports", partition.id, series.id, report.token, report.when)

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Store that a partition is finished."""
        values = partition.id, series.id, *msgspec.structs.astuple(commit)
        await self._insert("commits", *values)

    async def recall(self, name: str) -> bytes | None:
        """What was kept under a name."""

        def found() -> bytes | None:
            query = "SELECT content FROM entities WHERE name = ?"
            return next((text.encode() for (text,) in self._execute(query, name)), None)

        return await self._run(found)

    async def keep(self, name: str, content: bytes) -> None:
        """Keep JSON under a name."""
        await self._insert("entities", name, content.decode())

    async def _insert(self, table: str, *values: Any) -> None:
        await self._writes.done(self._add(table, *values))

    def _add(self, table: str, *values: Any) -> WriteGroup[_Write]:
        """Have a row written with the others that wait; returns their group."""
        marks = ", ".join("?" * len(values))
        statement = f"INSERT OR REPLACE INTO {table} VALUES ({marks})"  # noqa: S608  (our names)
        return self._writes.add((statement, values))

    async def _store_in_thread(self, writes: Sequence[_Write]) -> None:
        await self._run(self._store, writes)

    def _interrupted(self) -> CheckpointError:
        return CheckpointError(f"{self.file} may lack what was to be written")

    def _store(self, writes: Sequence[_Write]) -> None:
        """Write rows in one transaction: all of them or none."""
        if len(writes) == 1:
            self._execute(writes[0][0], *writes[0][1])
            return
        self._execute("BEGIN IMMEDIATE")
        try:
            for statement, values in writes:
                self._execute(statement, *values)
            self._execute("COMMIT")
        except BaseException:
            if self._database is not None and self._database.in_transaction:
                self._database.rollback()
            raise

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Work in a thread, one call at a time; errors of the disk become errors of the SDK."""

        def guarded() -> T:
            try:
                return work(*arguments)
            except (sqlite3.Error, OSError) as error:
                detail = getattr(error, "strerror", None) or str(error)
                raise CheckpointError(f"{self.file} cannot be used: {detail}") from error
            except (ValueError, RecursionError) as error:  # what stands in it is no such thing
                raise damaged(str(self.file), error) from error

        return await self._thread.do(guarded)

    def _execute(self, statement: str, *values: Any) -> list[Any]:
        if self._database is None:
            raise TargetError("the checkpoint is not open")
        return self._database.execute(statement, values).fetchall()

    def _structs(self, type: type[T], query: str, *values: Any) -> Mapping[str, T]:
        if self._database is None:
            raise TargetError("the checkpoint is not open")
        return structs(self._database, type, query, *values)

    def _open(self) -> Mapping[str, Series]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if not self._lock.take():
            raise TargetError(
                f"another harvest is filling {self._target or self.file}",
                advice="Wait for it to end, or choose another folder.",
            )
        try:
            database = sqlite3.connect(self.file, check_same_thread=False, isolation_level=None)
            self._database = database
            # The journal is forced to disk at each commit: a partition that was called finished
            # stays so when the power fails as well.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if not 0 <= version <= VERSION:
                raise TargetError(  # noqa: TRY301  (closed below)
                    f"{self.file} was made by another version of pinterest_async",
                    advice="Use that version, or choose another folder.",
                )
            if version == 1:
                database.execute(_COUNT_SET_ASIDE)
            database.executescript(_TABLES)
            self._forget_removed(database)
            rows = database.execute("SELECT name, content FROM series").fetchall()
            return {name: msgspec.json.decode(text, type=Series) for name, text in rows}
        except BaseException:
            self._close()
            raise

    def _forget_removed(self, database: sqlite3.Connection) -> None:
        """Forget each series with files of which none is there any more: somebody removed them.

        Some may be missing by right: a restated span that has no rows any more has no file.
        """
        for (series,) in database.execute("SELECT name FROM series").fetchall():
            if self._target is None or not all_gone(self._target, database, series):
                continue
            database.execute("BEGIN")
            for table, column in _SERIES_COLUMNS.items():
                database.execute(f"DELETE FROM {table} WHERE {column} = ?", (series,))  # noqa: S608  (our names)
            database.execute("COMMIT")

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        self._lock.release()


def structs(database: sqlite3.Connection, type: type[T], query: str, *values: Any) -> dict[str, T]:
    """What a query finds, as structs by their ids, which come first."""
    found = database.execute(query, values)
    names = [column[0] for column in found.description[1:]]
    return {
        id: msgspec.convert(dict(zip(names, content, strict=True)), type) for id, *content in found
    }


def checkpoint_of(storage: LocalStorage, file: Path | None = None) -> SQLiteCheckpoint:
    """The checkpoint of a folder: a file in its notes, or another one."""
    return SQLiteCheckpoint(file or storage.notes / FILE, target=storage.folder)


def all_gone(target: Path, database: sqlite3.Connection, series: str) -> bool:
    """Whether a series has files, by its commits, and none of them is below the target."""
    query = "SELECT path FROM commits WHERE series = ? AND path IS NOT NULL"
    gone = False
    for (path,) in database.execute(query, (series,)):
        # What is no path is told where all commits are read.
        if not isinstance(path, str) or (target / path).exists():
            return False
        gone = True
    return gone


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
