"""`stream`: a harvest as Arrow record batches, without files."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, Final

from pinterest_async.client import Pinterest
from pinterest_async.errors import PinterestError
from pinterest_async.harvest.execute.entity_result import EntityFailure
from pinterest_async.harvest.execute.progress import Failure, ProgressListener
from pinterest_async.harvest.execute.run import CONCURRENCY, run
from pinterest_async.harvest.output.checkpoint import MemoryCheckpoint
from pinterest_async.harvest.plan.endpoints import ME
from pinterest_async.harvest.plan.estimate import counted
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs.polling import Polling

AHEAD: Final = 4
"""Partitions that wait for the caller; fetching pauses while so many do."""


class IncompleteError(PinterestError):
    """A stream ended, and some partitions are missing; `failures` names them."""

    ADVICE = "All batches that came are good; stream a plan of the missing accounts again."

    def __init__(self, failures: tuple[Failure | EntityFailure, ...]) -> None:
        self.failures = failures
        first = failures[0]
        whose = "me" if first.account == ME else f"ad account {first.account}"
        super().__init__(
            f"{counted(len(failures), 'part')} could not be fetched, "
            f"first of {whose}: {first.error.message}"
        )


class _StreamSink:
    """A sink that hands tables to the caller, and waits while the caller is busy."""

    def __init__(self) -> None:
        self.tables: asyncio.Queue[Any] = asyncio.Queue(AHEAD)

    async def open(self, plan: Plan) -> None:
        """Nothing to prepare."""

    async def aclose(self) -> None:
        """Nothing to clean up."""

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None:  # noqa: ARG002
        """Hand over a partition's rows."""
        await self.tables.put(table)
        return None


async def stream(
    plan: Plan,
    client: Pinterest,
    *,
    concurrency: int = CONCURRENCY,
    progress: ProgressListener | None = None,
    polling: Polling | None = None,
) -> AsyncGenerator[Any]:
    """Harvest a plan as `pyarrow.RecordBatch`es, in no order; nothing is written anywhere.

    Batches have the schema of the plan's files; where a value does not fit its column, the batch
    has one more, `_MISFITS`. `polling` says how often to ask whether a report is done. Leave it
    early inside `contextlib.aclosing`.

    Raises:
        IncompleteError: at the end, where a partition is missing.
        PinterestError: where no further call can succeed.
    """
    sink = _StreamSink()

    async def fill() -> tuple[Failure, ...]:
        try:
            result = await run(
                plan,
                client,
                sink=sink,
                checkpoint=MemoryCheckpoint(),
                progress=progress,
                concurrency=concurrency,
                polling=polling,
            )
            return result.failures
        finally:
            await sink.tables.put(None)

    filling = asyncio.create_task(fill())
    try:
        while (table := await sink.tables.get()) is not None:
            for batch in table.to_batches():
                yield batch
        failures = await filling
    finally:
        filling.cancel()
        # The None at the end may wait for a place in the queue, which is not emptied any more.
        while not filling.done():
            while not sink.tables.empty():
                sink.tables.get_nowait()
            await asyncio.wait([filling], timeout=0.01)
    if failures:
        raise IncompleteError(failures)
