"""Where the rows of partitions go: files by default, or any object with the methods of `Sink`."""

import datetime as dt
from collections.abc import Callable, Mapping
from functools import cached_property, partial
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, TypeVar

import anyio.to_thread

from pinterest_async.errors import ConfigurationError, PinterestError
from pinterest_async.harvest.output.arrays import midnight
from pinterest_async.harvest.output.arrow import fs, pa, pc
from pinterest_async.harvest.output.file_writer import FileWriter
from pinterest_async.harvest.output.formats import FORMATS, FormatName
from pinterest_async.harvest.output.storage import LocalStorage, RemoteStorage, Storage
from pinterest_async.harvest.output.tables import schema
from pinterest_async.harvest.output.work_thread import WorkThread
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan

T = TypeVar("T")


class HasTable(Protocol):
    """What has an Arrow table."""

    @property
    def table(self) -> Any:
        """The table."""
        ...


R = TypeVar("R", bound=HasTable)


class SinkError(PinterestError, OSError):
    """Rows cannot be written; those of partitions that are finished are safe."""

    ADVICE = "Fix that, then run the same plan again: it goes on where it stopped."


class Sink(Protocol):
    """Takes the rows of partitions.

    `put` returns when the rows are safe, and putting a partition again replaces it. It may run in
    another process than `open`, on a copy of the sink, so a sink can be pickled. On a cluster, a
    worker that hung may put a partition that another one has put, and late, when it goes on:
    `FileSink` is safe from that, and others are where rows are known by their ids and days, and
    older ones do not replace newer ones.
    """

    async def open(self, plan: Plan) -> None:
        """Prepare; called once in the process that runs the plan."""
        ...

    async def aclose(self) -> None:
        """Clean up; called once, however the run ended."""
        ...

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None:
        """Write a partition's rows, an Arrow table; return their path, None for no path."""
        ...


class FileSink:
    """A file for each partition: `level=ad/account=<id>/part-<name>.parquet`.

    Readers that know Hive's layout (DuckDB, polars, pyarrow, Spark) take the folder as one table.
    A partition without rows has no file.
    """

    def __init__(self, storage: Storage, format: FormatName = "parquet") -> None:
        if format not in FORMATS:
            raise ConfigurationError(
                f"there is no format {format!r}", advice=f"Use one of: {', '.join(FORMATS)}."
            )
        self.storage = storage
        self.format: FormatName = format
        self._format = FORMATS[format]

    def __str__(self) -> str:
        return str(self.storage)

    def __getstate__(self) -> Mapping[str, Any]:
        of_this_process = ("_rows", "_files")
        return {name: value for name, value in self.__dict__.items() if name not in of_this_process}

    @cached_property
    def _rows(self) -> WorkThread:
        return WorkThread()

    @cached_property
    def _files(self) -> FileWriter:
        return FileWriter(self.storage, self.guarded, self._interrupted)

    async def open(self, plan: Plan) -> None:  # noqa: ARG002
        """Prepare the folder."""
        await anyio.to_thread.run_sync(self.guarded, self.storage.open)

    async def aclose(self) -> None:
        """Remove what is unfinished."""
        await anyio.to_thread.run_sync(self.guarded, self.storage.close)

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None:
        """Write a partition's file: it appears complete, or not at all."""
        path = self.path(plan, partition)
        existing = await self._files.existing(path)
        work = partial(self._content, path, plan, partition, table, existing)
        return await self._write(path, await self._rows.do(self.guarded, work))

    async def read_and_put(
        self, plan: Plan, partition: Partition, read: Callable[[], R]
    ) -> tuple[R, str | None]:
        """Put the table of what `read` returns, in the thread that makes content of rows."""
        path = self.path(plan, partition)
        existing = await self._files.existing(path)

        def work() -> tuple[R, Any]:
            found = read()
            content = partial(self._content, path, plan, partition, found.table, existing)
            return found, self.guarded(content)

        found, content = await self._rows.do(work)
        return found, await self._write(path, content)

    async def prepare(self, plan: Plan, partition: Partition, table: Any) -> str | None:
        """Write a partition's file where no reader sees it; return its name for the time being.

        None where there will be no file. It is lost when the sink is closed or opened anew.
        """
        path = self.path(plan, partition)
        existing = await self._files.existing(path)

        def work() -> Any:
            return self._encoded(plan, partition, table, existing())

        content = await self._rows.do(self.guarded, work)
        if content is None:
            return None
        return await self._files.alone(self.storage.prepare, path, content)

    async def finish(self, plan: Plan, partition: Partition, prepared: str | None) -> str | None:
        """Put a file that was prepared, by any process, in its place; return its path."""
        path = self.path(plan, partition)
        if prepared is None:
            await self._files.alone(self.storage.delete, path)
            return None
        await self._files.alone(self.storage.finish, prepared, path)
        return path

    def path(self, plan: Plan, partition: Partition) -> str:
        """Where a partition's file is, or will be."""
        name = f"part-{partition.file}{self._format.suffix}"
        return f"level={plan.level}/account={partition.account}/{name}"

    def read(self, plan: Plan, path: str) -> Any:
        """The Arrow table in one of a plan's files; blocks, so call it in a thread."""
        return self._format.decode(self.guarded(self.storage.read, path), schema(plan))

    async def _write(self, path: str, content: Any) -> str | None:
        """Write a file; None is the content of one that is not needed."""
        if content is None:
            return None
        await self._files.write(path, content)
        return path

    def _interrupted(self) -> SinkError:
        return SinkError(f"{self} may lack what was to be written")

    def _content(
        self,
        path: str,
        plan: Plan,
        partition: Partition,
        table: Any,
        existing: Callable[[], Any],
    ) -> Any:
        """The content of a partition's file; None where it has no rows, and its file is removed."""
        before = existing()
        content = self._encoded(plan, partition, table, before)
        if content is None and before is not None:
            self.storage.delete(path)
        return content

    def _encoded(self, plan: Plan, partition: Partition, table: Any, existing: Any) -> Any:
        """A partition's rows, and those of other days that its file has, as a file's content."""
        if existing is not None:
            others = _other_days(self._format.decode(existing, table.schema), plan, partition)
            if others.num_rows:
                table = pa.concat_tables([others, table], promote_options="permissive")
        return self._format.encode(table) if table.num_rows else None

    def guarded(self, work: Callable[..., T], *arguments: Any) -> T:
        """Work with files; errors of the disk become errors of the SDK."""
        try:
            return work(*arguments)
        except OSError as error:
            detail = error.strerror or str(error)
            raise SinkError(f"{self} cannot be written: {detail}") from error
        except (ValueError, pa.ArrowException) as error:
            raise SinkError(
                f"a file in {self} is damaged: {error!s:.200}",
                advice="Put back a copy of it from before, or harvest into another place.",
            ) from error


def file_sink(
    out: Path | str, *, format: FormatName = "parquet", filesystem: Any = None
) -> FileSink:
    """A sink for a folder, an address such as `s3://bucket/folder`, or a folder of a file system.

    `filesystem` is one of pyarrow or fsspec; without it, an address is opened by pyarrow, or by
    fsspec where pyarrow does not know the protocol.
    """
    text = str(out)
    if filesystem is not None:
        return FileSink(RemoteStorage(filesystem, text), format)
    if "://" not in text:
        return FileSink(LocalStorage(Path(out)), format)
    if text.startswith("file://"):
        return FileSink(LocalStorage(Path(text.removeprefix("file://"))), format)
    try:
        found, root = fs.FileSystem.from_uri(text)
    except (pa.ArrowInvalid, NotImplementedError):
        try:
            found, root = import_module("fsspec.core").url_to_fs(text)
        except ImportError as error:
            raise ConfigurationError(
                f"pyarrow does not know the protocol of {text.partition('://')[0]}://",
                advice="Install fsspec and its package for the protocol.",
            ) from error
    return FileSink(RemoteStorage(found, root), format)


def _other_days(table: Any, plan: Plan, partition: Partition) -> Any:
    """The rows of a file that are not of the partition's days."""
    if plan.spans_days or "DATE" not in table.schema.names:
        return table.slice(0, 0)
    days = table.column("DATE").cast(pa.timestamp("s"), safe=False)
    first, after = midnight(partition.start), midnight(partition.end + dt.timedelta(days=1))
    other = pc.or_(pc.less(days, first), pc.greater_equal(days, after))
    return table.filter(other)
