"""One partition, from the question to safe rows: the piece of work that any process can do."""

from typing import Any

import msgspec

from pinterest_async.client import Pinterest
from pinterest_async.harvest.checkpoint import Commit
from pinterest_async.harvest.fetch import Fetcher
from pinterest_async.harvest.partition import Partition
from pinterest_async.harvest.plan import Plan
from pinterest_async.harvest.sinks import Sink
from pinterest_async.harvest.tables import misfits
from pinterest_async.workflows.polling import Polling
from pinterest_async.workflows.reports import ReportJob


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

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Fetch the partition, by calls or from its report, and hand its rows to the sink.

        Raises:
            JobFailedError: where the report is to be asked for again.
            PinterestError: where the rows cannot be had, or kept.
        """
        fetched = await self._fetcher.fetch(partition, report)
        table: Any = fetched.table
        path = await self._sink.put(self._plan, partition, table)
        commit = Commit(path=path, rows=table.num_rows, misfits=misfits(table))
        return Done(commit=commit, calls=fetched.calls)
