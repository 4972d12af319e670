"""The rows of one partition, from where they are had cheapest."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any, Final, NamedTuple, TypeAlias

import anyio.to_thread

from pinterest_async._core.codec import row_type
from pinterest_async.client import Pinterest
from pinterest_async.errors import ConnectionFailedError, PermissionDeniedError
from pinterest_async.harvest.arrow import pa
from pinterest_async.harvest.levels import ME
from pinterest_async.harvest.partition import Partition, chunks
from pinterest_async.harvest.plan import Plan
from pinterest_async.harvest.report_requests import report_columns
from pinterest_async.harvest.series import fit
from pinterest_async.harvest.tables import DATA_STATUS, TARGETING, table
from pinterest_async.jobs import reports
from pinterest_async.jobs.polling import Polling
from pinterest_async.types import AnalyticsRow

FILE_TRIES: Final = 4
"""How often the file of one report is tried; each time costs a call that asks for its address."""

ROWS_AT_A_TIME: Final = 50_000
"""Rows of a report that become Arrow together, since they take several times the memory before."""


Room: TypeAlias = Callable[[], Awaitable[None]]
"""Waits until there is memory for what comes."""


async def _no_wait() -> None: ...


class Fetched(NamedTuple):
    """A partition's rows as an Arrow table, and the calls that they took."""

    table: Any
    calls: int


class Fetcher:
    """Fetches partitions of one plan; needs nothing but a client, so it works in any process."""

    def __init__(
        self,
        plan: Plan,
        client: Pinterest,
        *,
        polling: Polling | None = None,
    ) -> None:
        self._plan = plan
        self._client = client
        self._polling = polling or Polling()
        self._limiter = anyio.CapacityLimiter(1)
        self._one_by_one = False
        columns = plan.column_names
        self._question: dict[str, Any] = {"columns": columns, **plan.attribution}
        self._question["granularity"] = plan.granularity
        if plan.facts.kind == "targeting":
            self._question["targeting_types"] = plan.targeting_types
        if plan.facts.kind == "organic":
            self._question = {"metric_types": columns}

    async def fetch(
        self, partition: Partition, report: reports.ReportJob | None = None, room: Room = _no_wait
    ) -> Fetched:
        """All rows of a partition, by calls or from a report that was asked for.

        `room` is awaited before the first of them come into memory.

        Raises:
            JobFailedError: where the report is to be asked for again.
            PinterestError: where the rows cannot be had.
        """
        if report is not None:
            return await self._by_report(partition, report, room)
        await room()
        facts = self._plan.facts
        calls = 0
        tables: list[Any] = []
        groups = chunks(partition.ids, fit(self._plan, partition.ids)) if partition.ids else [()]
        for ids in groups:
            if facts.kind == "organic":
                rows, used = await self._organic(partition, ids)
            else:
                rows, used = await self._call(partition, ids), 1
            calls += used
            tables.append(await self._table(partition, rows))
        return Fetched(_joined(tables), calls)

    async def _table(
        self, partition: Partition, rows: Sequence[Any], ids: Sequence[str] | None = None
    ) -> Any:
        # In a thread the loop stays free for the network; one at a time, since the interpreter
        # runs no two of them at once anyway, and each holds its rows.
        return await anyio.to_thread.run_sync(
            table, self._plan, partition, rows, ids, limiter=self._limiter
        )

    async def _call(self, partition: Partition, ids: tuple[str, ...]) -> Sequence[Any]:
        facts = self._plan.facts
        operation = facts.operation
        query = {"start_date": partition.start, "end_date": partition.end, **self._question}
        if facts.ids is not None:
            query[facts.ids] = ids
        if partition.parent is not None:
            query["campaign_id"] = partition.parent
        namespace = getattr(self._client, operation.namespace)
        measure = getattr(namespace, operation.name)
        answer = await measure(ad_account_id=partition.account, **query)
        return list(_targets(answer.data)) if facts.kind == "targeting" else answer

    async def _organic(
        self, partition: Partition, ids: tuple[str, ...]
    ) -> tuple[Sequence[Any], int]:
        query: dict[str, Any] = {
            "start_date": partition.start,
            "end_date": partition.end,
            **self._question,
        }
        if partition.account != ME:
            query["ad_account_id"] = partition.account
        if self._plan.level == "user":
            answer = await self._client.user_account.analytics(**query)
            return list(_days(answer, {})), 1
        calls = 0
        rows: list[dict[str, Any]] = []
        if not self._one_by_one:
            calls += 1
            try:
                by_pin = await self._client.pins.multi_analytics(pin_ids=ids, **query)
            except PermissionDeniedError:
                # Asking for many Pins at once is granted app by app; any app may ask for one.
                self._one_by_one = True
            else:
                for pin, one in by_pin.items():
                    rows += _days(one, {"PIN_ID": pin})
                return rows, calls
        for pin in ids:
            calls += 1
            one = await self._client.pins.analytics(pin, **query)
            rows += _days(one, {"PIN_ID": pin})
        return rows, calls

    async def _by_report(self, partition: Partition, job: reports.ReportJob, room: Room) -> Fetched:
        """Wait and stream; a file that breaks off, or cannot be had, is tried again."""
        calls = 0

        def count(_progress: reports.ReportProgress) -> None:
            nonlocal calls
            calls += 1

        async with aclosing(self._polling.looks("the report's file")) as tries:
            async for number in tries:
                try:
                    return Fetched(await self._stream(partition, job, count, room), calls)
                except ConnectionFailedError:
                    if number == FILE_TRIES:
                        raise
        raise AssertionError("the last try returns or raises")

    async def _stream(
        self, partition: Partition, job: reports.ReportJob, count: Any, room: Room
    ) -> Any:
        tables: list[Any] = []
        rows: list[Any] = []
        ids: list[str] = []
        row = row_type(AnalyticsRow, report_columns(self._plan))
        stream = reports.rows(self._client, job, row, polling=self._polling, progress=count)
        async with aclosing(stream) as entities:
            async for entity, some in entities:
                if not (rows or tables):
                    await room()
                rows += some
                ids += [entity] * len(some)
                if len(rows) >= ROWS_AT_A_TIME:
                    tables.append(await self._table(partition, rows, ids))
                    rows, ids = [], []
        tables.append(await self._table(partition, rows, ids))
        return _joined(tables)


def _joined(tables: Sequence[Any]) -> Any:
    return tables[0] if len(tables) == 1 else pa.concat_tables(tables, promote_options="default")


def _targets(data: Sequence[Any]) -> Iterator[dict[str, Any]]:
    """Rows of a targeting answer: the metrics, and what they are broken down by."""
    names = dict(zip(TARGETING, ("targeting_type", "targeting_value"), strict=True))
    for item in data:
        yield {
            **(_get(item, "metrics") or {}),
            **{column: _get(item, field) for column, field in names.items()},
        }


def _days(answer: Mapping[str, Any], constants: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Rows of an organic answer: a day each, not split by anything."""
    whole = answer.get("all")
    daily: Any = _get(whole, "daily_metrics") or ()
    for day in daily:
        yield {
            **constants,
            "DATE": _get(day, "date"),
            DATA_STATUS: _get(day, "data_status"),
            **(_get(day, "metrics") or {}),
        }


def _get(thing: Any, name: str) -> Any:
    """A field of an answer, also where it did not fit its struct and was kept as sent."""
    if isinstance(thing, dict):
        return thing.get(name)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return getattr(thing, name, None)
