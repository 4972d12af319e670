"""One partition, from its calls to rows that are safe: the work that any process can do."""

from contextlib import AsyncExitStack
from typing import Final

import msgspec

from pinterest_async.client import Pinterest
from pinterest_async.harvest.execute.fetch import Fetched, Fetcher, Wait
from pinterest_async.harvest.execute.memory import MemoryLimit
from pinterest_async.harvest.output.checkpoint import Commit
from pinterest_async.harvest.output.sinks import FileSink, Sink
from pinterest_async.harvest.output.tables import misfits
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob

VALUES_IN_MEMORY: Final = 8_000_000
"""Values that may be in memory at a time, as far as they are known beforehand."""
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
        self._memory = MemoryLimit(VALUES_IN_MEMORY)

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Fetch the partition, by calls or from its report, and hand its rows to the sink.

        Raises:
            JobFailedError: where the report is to be created again.
            PinterestError: where the rows cannot be fetched or written.
        """
        size = self._plan.cutter.values(partition)
        if report is not None:
            size //= _REPORT_SHARE
        async with AsyncExitStack() as reserved:
            waited = False

            async def wait_for_memory() -> None:
                nonlocal waited
                if not waited:
                    await reserved.enter_async_context(self._memory.reserve(size))
                    waited = True

            fetched, path = await self._fetch_and_put(partition, report, wait_for_memory)
        table = fetched.table
        commit = Commit(
            path=path,
            rows=table.num_rows,
            misfits=misfits(table),
            set_aside=fetched.set_aside,
        )
        return Done(commit=commit, calls=fetched.calls)

    async def _fetch_and_put(
        self, partition: Partition, report: ReportJob | None, wait: Wait
    ) -> tuple[Fetched, str | None]:
        """Read rows and put them, in one thread where the sink can: threads cost time to change."""
        plan, sink = self._plan, self._sink
        if isinstance(sink, FileSink) and type(sink).put is FileSink.put:
            read = await self._fetcher.receive(partition, report, wait)
            return await sink.read_and_put(plan, partition, read)
        fetched = await self._fetcher.fetch(partition, report, wait)
        return fetched, await sink.put(plan, partition, fetched.table)
