"""The rows of one partition, by calls or from an async report, as one Arrow table."""

import threading
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from pinterest_async._core.rows import row_type
from pinterest_async.client import Pinterest
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.output.received import are_own, asked_for, own_rows
from pinterest_async.harvest.output.tables import table, table_of_columns
from pinterest_async.harvest.output.typed_columns import TypedColumns
from pinterest_async.harvest.output.work_thread import WorkThread
from pinterest_async.harvest.plan.endpoints import Unread
from pinterest_async.harvest.plan.partition import Partition, chunks
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs.job import Job, JobProgress
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob
from pinterest_async.types import AnalyticsRow

T = TypeVar("T")

FILE_TRIES: Final = 4
"""How often the file of one report is tried; each time costs a call that asks for its address."""

ROWS_AT_A_TIME: Final = 50_000
"""Rows of a report that become Arrow together, since they take several times the memory before."""


Wait: TypeAlias = Callable[[], Awaitable[None]]
"""Waits until there is memory for rows."""


async def _no_wait() -> None: ...


class Fetched(NamedTuple):
    """A partition's rows as an Arrow table, and the calls that they took.

    `set_aside` counts rows that arrived and are not in the table, since nobody asked for them.
    """

    table: Any
    calls: int
    set_aside: int


Read: TypeAlias = Callable[[], Fetched]
"""Makes a table of what has arrived; call it in a thread."""


class _Part(NamedTuple):
    """Some of a partition's rows, and how many there were before those of others were left out."""

    table: Any
    received: int


class Fetcher:
    """Fetches partitions of one plan; needs nothing but a client, so it works in any process."""

    def __init__(self, plan: Plan, client: Pinterest, *, polling: Polling | None = None) -> None:
        self._plan = plan
        self._client = client
        self._polling = polling or ReportJob.POLLING
        # Rows are read one partition at a time, in whichever thread: the interpreter runs no two at
        # once anyway, and each holds its rows.
        self._turn = threading.Lock()
        self._thread = WorkThread()
        self._endpoint = plan.facts.endpoint(client, plan.facts.operation)
        self._query = {plan.facts.columns_parameter: plan.column_names, **plan.parameters}
        self._columns = TypedColumns(lambda: self._endpoint.row_type(self._query))

    async def fetch(
        self, partition: Partition, report: ReportJob | None = None, wait: Wait = _no_wait
    ) -> Fetched:
        """All rows of a partition, by calls or from a report that was created.

        `wait` is awaited before the first of them come into memory.

        Raises:
            JobFailedError: where the report is to be created again.
            PinterestError: where the rows cannot be fetched.
        """
        read = await self.receive(partition, report, wait)
        return await self._thread.do(read)

    async def receive(
        self, partition: Partition, report: ReportJob | None = None, wait: Wait = _no_wait
    ) -> Read:
        """The same as a function that is left to call, in a thread."""
        if report is not None:
            return await self._by_report(partition, report, wait)
        await wait()
        calls = 0
        unread = Unread(tuple)
        tables: list[_Part] = []
        size = self._plan.cutter.ids_per_call(partition.ids)
        for number, ids in enumerate(chunks(partition.ids, size) if partition.ids else [()]):
            if number:
                tables.append(await self._in_thread(self._read, partition, unread))
            query = self._query_for(partition, ids)
            unread, used = await self._endpoint.rows(partition.account, ids, query)
            calls += used
        return partial(self._alone, self._last, partition, unread, tables, calls)

    def _alone(self, work: Callable[..., T], *arguments: Any) -> T:
        with self._turn:
            return work(*arguments)

    def _read(self, partition: Partition, unread: Unread) -> _Part:
        """The rows of an answer, as columns at once where they fit their types."""
        found = self._columns.decode(unread.list_of_rows)
        if found is None or not are_own(self._plan, partition, found.values):
            return _part(self._plan, partition, unread.read())
        return _Part(table_of_columns(self._plan, partition, found), len(found.rows))

    def _last(
        self, partition: Partition, unread: Unread, parts: Sequence[_Part], calls: int
    ) -> Fetched:
        return _fetched(self._plan, partition, [*parts, self._read(partition, unread)], calls)

    def _query_for(self, partition: Partition, ids: Sequence[str]) -> dict[str, Any]:
        facts = self._plan.facts
        query = {"start_date": partition.start, "end_date": partition.end, **self._query}
        if facts.ids_parameter is not None:
            query[facts.ids_parameter] = ids
        if partition.parent is not None:
            query[str(facts.parent_column).lower()] = partition.parent
        return query

    async def _in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        # In a thread the loop stays free for the network.
        return await self._thread.do(self._alone, work, *arguments)

    async def _by_report(self, partition: Partition, job: ReportJob, wait: Wait) -> Read:
        """Wait and stream; a file that breaks off, or does not arrive, is tried again."""
        calls = 0

        def count(_progress: JobProgress) -> None:
            nonlocal calls
            calls += 1

        async with aclosing(self._polling.looks("the report's file", at_once=True)) as tries:
            async for number in tries:
                try:
                    parts = await self._stream(partition, job, count, wait)
                    return partial(self._alone, _fetched, self._plan, partition, parts, calls)
                except ConnectionFailedError:
                    if number == FILE_TRIES:
                        raise
        raise AssertionError("the last try returns or raises")

    async def _stream(
        self, partition: Partition, job: ReportJob, count: Any, wait: Wait
    ) -> Sequence[_Part]:
        tables: list[_Part] = []
        rows: list[Any] = []
        ids: list[str] = []
        row = row_type(AnalyticsRow, self._plan.report_columns)
        report = await Job(self._client, job).result(polling=self._polling, progress=count)
        async with aclosing(report.entities(row)) as entities:
            async for entity, some in entities:
                if not (rows or tables):
                    await wait()
                rows += some
                ids += [entity] * len(some)
                if len(rows) >= ROWS_AT_A_TIME:
                    tables.append(await self._in_thread(_part, self._plan, partition, rows, ids))
                    rows, ids = [], []
        tables.append(await self._in_thread(_part, self._plan, partition, rows, ids))
        return tables


def _part(
    plan: Plan, partition: Partition, rows: Sequence[Any], ids: Sequence[str] | None = None
) -> _Part:
    own, their_ids = own_rows(plan, partition, rows, ids)
    return _Part(table(plan, partition, own, their_ids), len(rows))


def _fetched(plan: Plan, partition: Partition, parts: Sequence[_Part], calls: int) -> Fetched:
    """All rows of a partition that were asked for; the others are counted."""
    tables = [part.table for part in parts]
    whole = pa.concat_tables(tables, promote_options="default") if len(tables) > 1 else tables[0]
    kept = asked_for(plan, partition, whole)
    return Fetched(kept, calls, sum(part.received for part in parts) - kept.num_rows)
