"""One partition, from the question to safe rows: the piece of work that any process can do."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Final

import anyio
import msgspec

from pinterest_async.client import Pinterest
from pinterest_async.harvest.execute.fetch import Fetcher
from pinterest_async.harvest.output.checkpoint import Commit
from pinterest_async.harvest.output.sinks import Sink
from pinterest_async.harvest.output.tables import misfits
from pinterest_async.harvest.plan.cutting import cells
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.reports import ReportJob

CELLS_IN_FLIGHT: Final = 8_000_000
"""Values that may be in memory at a time, as far as can be told beforehand."""
_REPORT_SHARE: Final = 4
"""Values of a report take so much less, since they become columns while they arrive."""


class Done(msgspec.Struct, frozen=True, kw_only=True):
    """A partition whose rows are safe in the sink, and the calls that it took."""

    commit: Commit
    calls: int


class Worker:
    """Does partitions of one plan, any number at a time, in this process.

    The rows of a partition are safe when `do` returns; what is left is to commit it to the
    checkpoint, which the process that runs the plan does. Doing a partition twice, even in two
    processes at once, leaves the same rows as doing it once.
    """

    def __init__(
        self, plan: Plan, client: Pinterest, sink: Sink, *, polling: Polling | None = None
    ) -> None:
        self._plan = plan
        self._sink = sink
        # Calls that others make with the same client go first.
        background = client.with_options(priority="background")
        self._fetcher = Fetcher(plan, background, polling=polling)
        self._room = Room(CELLS_IN_FLIGHT)

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Fetch the partition, by calls or from its report, and hand its rows to the sink.

        Raises:
            JobFailedError: where the report is to be asked for again.
            PinterestError: where the rows cannot be had, or kept.
        """
        size = cells(self._plan, partition)
        if report is not None:
            size //= _REPORT_SHARE
        async with AsyncExitStack() as held:
            holding = False

            async def room() -> None:
                nonlocal holding
                if not holding:
                    await held.enter_async_context(self._room.hold(size))
                    holding = True

            fetched = await self._fetcher.fetch(partition, report, room)
            table: Any = fetched.table
            path = await self._sink.put(self._plan, partition, table)
        commit = Commit(path=path, rows=table.num_rows, misfits=misfits(table))
        return Done(commit=commit, calls=fetched.calls)


class Room:
    """Admits pieces of work in order, while their sizes together fit; a larger one goes alone."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._turn = anyio.Lock()
        self._left = anyio.Event()

    @asynccontextmanager
    async def hold(self, size: int) -> AsyncGenerator[None]:
        """Wait for room, and give it back at the end of the block."""
        size = min(size, self._size)
        async with self._turn:
            while self._free < size:
                self._left = anyio.Event()
                await self._left.wait()
            self._free -= size
        try:
            yield
        finally:
            self._free += size
            self._left.set()
