"""What a harvest remembers, so that a run that was stopped goes on where it stopped."""

import sqlite3
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import IO, Any, Final, Protocol, TypeVar

import anyio.to_thread
import msgspec

from pinterest_async.errors import PinterestError
from pinterest_async.harvest.plan.cutting import Series
from pinterest_async.harvest.plan.partition import Partition

T = TypeVar("T")

_VERSION: Final = 1
"""Of the file; `_TABLES` writes it."""


class TargetError(PinterestError):
    """A target that this plan cannot be harvested into."""


class CheckpointError(TargetError, OSError):
    """The checkpoint cannot be read or written."""

    ADVICE = "Mend that, then run the same plan again: it goes on where it stopped."


class Commit(msgspec.Struct, frozen=True, kw_only=True):
    """A partition that is finished: where its rows are (None: it has none), and how many."""

    path: str | None
    rows: int
    misfits: int = 0


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was asked for: its token, and when, in seconds since 1970."""

    token: str
    when: float


class Checkpoint(Protocol):
    """Memory of a target that outlives the run.

    A write has happened when its method returns. One run at a time has it open. All but `open` are
    called by the process that runs the plan, one event loop, several calls at a time.
    """

    async def open(self) -> Mapping[str, Series]:
        """Take the target for this run; return what is known of its series, by their names.

        Raises TargetError where another run has it.
        """
        ...

    async def aclose(self) -> None:
        """Let go of the target."""
        ...

    async def begin(self, series: Series) -> Mapping[str, Commit]:
        """Keep a series with the plan that runs now; return what is finished, by partition ids."""
        ...

    async def complete(self, series: Series) -> None:
        """Keep a series whose plan is finished, all of it."""
        ...

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """The ids that were listed for an account (None: the accounts), and whether by this plan.

        Those of an earlier plan of the series are to be listed again, and added to.
        """
        ...

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Keep what an account has, before partitions are cut from it."""
        ...

    async def reports(self, series: Series) -> Mapping[str, Asked]:
        """The reports that were asked for and whose rows are not committed, by partition ids."""
        ...

    async def ask(self, series: Series, partition: Partition, asked: Asked) -> None:
        """Keep which report was asked for, until its partition is finished."""
        ...

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Keep that a partition is finished; its rows are safe already."""
        ...


class SQLiteCheckpoint:
    """A checkpoint in a file of SQLite, with a lock beside it.

    Put it on a disk of this machine: SQLite's journal and locks are not safe on network drives.
    """

    def __init__(self, file: Path | str) -> None:
        self.file = Path(file)
        self._database: sqlite3.Connection | None = None
        self._turn = threading.Lock()
        self._lock = FileLock(self.file.with_name(f"{self.file.name}.lock"))

    async def open(self) -> Mapping[str, Series]:
        """Take the lock, open the file."""
        return await self._run(self._open)

    async def aclose(self) -> None:
        """Close the file, let go of the lock."""
        await anyio.to_thread.run_sync(self._close)

    async def begin(self, series: Series) -> Mapping[str, Commit]:
        """Keep a series with the plan that runs now; return its finished partitions."""
        return await self._run(self._begin, series)

    async def complete(self, series: Series) -> None:
        """Keep a series whose plan is finished."""
        await self._run(self._keep, series)

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """What was listed for an account, and whether by this plan."""
        return await self._run(self._listed, series, account)

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Keep what an account has."""
        await self._run(self._note, series, account, tuple(ids))

    async def reports(self, series: Series) -> Mapping[str, Asked]:
        """The reports that were asked for and whose rows are not committed."""
        return await self._run(self._reports, series)

    async def ask(self, series: Series, partition: Partition, asked: Asked) -> None:
        """Keep which report was asked for."""
        await self._run(self._ask, series, partition, asked)

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Keep that a partition is finished."""
        await self._run(self._commit, series, partition, commit)

    async def _run(self, work: Callable[..., T], *arguments: Any) -> T:
        """Work in a thread, one after another; errors of the disk in plain words."""

        def guarded() -> T:
            with self._turn:
                try:
                    return work(*arguments)
                except (sqlite3.Error, OSError) as error:
                    detail = getattr(error, "strerror", None) or str(error)
                    raise CheckpointError(f"{self.file} cannot be used: {detail}") from error

        return await anyio.to_thread.run_sync(guarded)

    def _open(self) -> Mapping[str, Series]:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        if not self._lock.take():
            raise TargetError(
                f"another harvest is filling {self.file.parent.parent}",
                advice="Wait for it to end, or choose another folder.",
            )
        try:
            database = sqlite3.connect(self.file, check_same_thread=False, isolation_level=None)
            self._database = database
            # The journal is forced to disk at each commit: a partition that was called finished
            # stays so when the power fails as well.
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            self._check_version(database)
            database.executescript(_TABLES)
            rows = database.execute("SELECT name, content FROM series").fetchall()
            return {name: msgspec.json.decode(text, type=Series) for name, text in rows}
        except BaseException:
            self._close()
            raise

    def _check_version(self, database: sqlite3.Connection) -> None:
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, _VERSION):
            raise TargetError(
                f"{self.file} was made by another version of pinterest_async",
                advice="Use that version, or choose another folder.",
            )

    def _close(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        self._lock.drop()

    def _execute(self, statement: str, *values: Any) -> sqlite3.Cursor:
        if self._database is None:
            raise TargetError("the checkpoint is not open")
        return self._database.execute(statement, values)

    def _begin(self, series: Series) -> Mapping[str, Commit]:
        self._keep(series)
        found = self._execute(
            "SELECT partition, path, rows, misfits FROM commits WHERE series = ?",
            series.plan.series,
        )
        return {
            name: Commit(path=path, rows=rows, misfits=misfits)
            for name, path, rows, misfits in found
        }

    def _keep(self, series: Series) -> None:
        name, text = series.plan.series, msgspec.json.encode(series).decode()
        self._execute("INSERT OR REPLACE INTO series VALUES (?, ?)", name, text)

    def _listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        row = self._execute(
            "SELECT ids, plan FROM listings WHERE series = ? AND account = ?",
            series.plan.series,
            account or "",
        ).fetchone()
        if row is None:
            return (), False
        return msgspec.json.decode(row[0], type=tuple[str, ...]), row[1] == series.plan.id

    def _note(self, series: Series, account: str | None, ids: tuple[str, ...]) -> None:
        self._execute(
            "INSERT OR REPLACE INTO listings VALUES (?, ?, ?, ?)",
            series.plan.series,
            account or "",
            series.plan.id,
            msgspec.json.encode(ids).decode(),
        )

    def _reports(self, series: Series) -> Mapping[str, Asked]:
        found = self._execute(
            "SELECT partition, token, asked FROM reports WHERE series = ?", series.plan.series
        )
        return {name: Asked(token=token, when=when) for name, token, when in found}

    def _ask(self, series: Series, partition: Partition, asked: Asked) -> None:
        self._execute(
            "INSERT OR REPLACE INTO reports VALUES (?, ?, ?, ?)",
            partition.id,
            series.plan.series,
            asked.token,
            asked.when,
        )

    def _commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        self._execute(
            "INSERT OR REPLACE INTO commits VALUES (?, ?, ?, ?, ?)",
            partition.id,
            series.plan.series,
            commit.path,
            commit.rows,
            commit.misfits,
        )


_TABLES: Final = """
BEGIN;
CREATE TABLE IF NOT EXISTS series (name TEXT PRIMARY KEY, content TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS listings (
    series TEXT, account TEXT, plan TEXT NOT NULL, ids TEXT NOT NULL,
    PRIMARY KEY (series, account)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commits (
    partition TEXT PRIMARY KEY, series TEXT NOT NULL, path TEXT, rows INTEGER NOT NULL,
    misfits INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS commits_of_series ON commits (series);
CREATE TABLE IF NOT EXISTS reports (
    partition TEXT PRIMARY KEY, series TEXT NOT NULL, token TEXT NOT NULL, asked REAL NOT NULL
) WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS finished AFTER INSERT ON commits BEGIN
    DELETE FROM reports WHERE partition = NEW.partition;
END;
PRAGMA user_version = 1;
COMMIT;
"""


class MemoryCheckpoint:
    """A checkpoint that forgets: for rows that go nowhere but to the caller."""

    def __init__(self) -> None:
        self._listings: dict[str | None, tuple[str, ...]] = {}
        self._commits: dict[str, Commit] = {}
        self._reports: dict[str, Asked] = {}

    async def open(self) -> Mapping[str, Series]:
        """Nothing is known yet."""
        return {}

    async def aclose(self) -> None:
        """Nothing is held."""

    async def begin(self, series: Series) -> Mapping[str, Commit]:  # noqa: ARG002
        """Return what was finished since it was made."""
        return dict(self._commits)

    async def complete(self, series: Series) -> None:
        """Nothing is kept."""

    async def listed(
        self,
        series: Series,  # noqa: ARG002
        account: str | None,
    ) -> tuple[tuple[str, ...], bool]:
        """What was listed since it was made."""
        return self._listings.get(account, ()), account in self._listings

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:  # noqa: ARG002
        """Keep it for a while."""
        self._listings[account] = tuple(ids)

    async def reports(self, series: Series) -> Mapping[str, Asked]:  # noqa: ARG002
        """The reports that were asked for and whose rows are not committed."""
        return dict(self._reports)

    async def ask(self, series: Series, partition: Partition, asked: Asked) -> None:  # noqa: ARG002
        """Keep it for a while."""
        self._reports[partition.id] = asked

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:  # noqa: ARG002
        """Keep it for a while."""
        self._reports.pop(partition.id, None)
        self._commits[partition.id] = commit


class FileLock:
    """A lock that ends with the process that has it, however that dies."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._held: IO[bytes] | None = None

    def take(self) -> bool:
        """Take the lock, unless someone else has it."""
        held = self._file.open("ab")
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(held.fileno(), msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):  # the latter on Windows
            held.close()
            return False
        except BaseException:
            held.close()
            raise
        self._held = held
        return True

    def drop(self) -> None:
        """Let go of the lock."""
        if self._held is not None:
            self._held.close()
            self._held = None
