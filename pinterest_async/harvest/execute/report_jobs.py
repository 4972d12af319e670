"""Async reports of a harvest: created once, and remembered until their rows are committed."""

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeAlias

from msgspec.structs import replace

from pinterest_async.client import Pinterest
from pinterest_async.errors import BadRequestError, NotFoundError, PermissionDeniedError
from pinterest_async.harvest.execute.worker import Done
from pinterest_async.harvest.output.checkpoint import Checkpoint, RequestedReport
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.levels import REPORT_COLUMNS
from pinterest_async.harvest.plan.partition import SAFE_DAYS_BACK, Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.harvest.plan.series import Series
from pinterest_async.jobs.errors import JobFailedError, JobTimeoutError
from pinterest_async.jobs.report_job import LIFETIME, ReportJob, created

Execute: TypeAlias = Callable[[Partition, ReportJob | None], Awaitable[Done]]
"""Does one partition, somewhere: its rows are safe in the sink when it returns."""

TRIES: Final = 3
_UNKNOWN_REPORT: Final = (BadRequestError, NotFoundError, PermissionDeniedError)
"""Answers about a report of an earlier run that has expired, or was another user's."""


class RunReports:
    """The reports of one run; those of a run that was stopped are used again."""

    def __init__(
        self,
        series: Series,
        client: Pinterest,
        checkpoint: Checkpoint,
        execute: Execute,
        *,
        today: Callable[[], dt.date] = utc_today,
        now: Callable[[], float] = time.time,
        requested: Callable[[], None] | None = None,
    ) -> None:
        self._series = series
        self._client = client
        self._checkpoint = checkpoint
        self._execute = execute
        self._today = today
        self._now = now
        self._tell = requested
        self._requested: dict[str, RequestedReport] = {}

    async def begin(self) -> None:
        """Find the reports of an earlier run that Pinterest still has."""
        expired = self._now() - LIFETIME
        found = await self._checkpoint.reports(self._series)
        self._requested = {name: report for name, report in found.items() if report.when > expired}

    def waiting(self) -> tuple[int, float]:
        """How many reports have not come, and how many seconds ago the first was requested."""
        if not self._requested:
            return 0, 0.0
        first = min(report.when for report in self._requested.values())
        return len(self._requested), max(0.0, self._now() - first)

    async def do(self, partition: Partition) -> Done:
        """Do a partition, with a report of its own where it comes by report."""
        oldest = self._today() - dt.timedelta(days=SAFE_DAYS_BACK)
        too_old = self._series.plan.cutter.has_reports and partition.start < oldest
        if partition.method == "calls" and not too_old:
            return await self._execute(partition, None)
        calls, tries = 0, TRIES
        old = self._requested.get(partition.id)
        while True:
            report = self._requested.get(partition.id)
            if report is None:
                tries -= 1
                calls += 1
                report = await self._create(partition)
            job = ReportJob(ad_account_id=partition.account, tokens=(report.token,))
            try:
                done = await self._execute(partition, job)
            except JobTimeoutError:
                raise  # Pinterest may still be making it: the next try waits for the same one
            except (JobFailedError, *_UNKNOWN_REPORT) as error:
                del self._requested[partition.id]
                calls += max(1, error.attempts)
                if not tries or (isinstance(error, _UNKNOWN_REPORT) and report is not old):
                    raise
            else:
                self._requested.pop(partition.id, None)
                return replace(done, calls=done.calls + calls)

    async def _create(self, partition: Partition) -> RequestedReport:
        job = await create(self._client, self._series.plan, partition)
        report = RequestedReport(token=job.tokens[0], when=self._now())
        await self._checkpoint.ask(self._series, partition, report)
        self._requested[partition.id] = report
        if self._tell is not None:
            self._tell()
        return report


async def create(client: Pinterest, plan: Plan, partition: Partition) -> ReportJob:
    """Create the report that has the rows of a partition.

    Raises:
        JobFailedError: where none is made.
    """
    facts = plan.facts
    body: Any = {
        "start_date": partition.start,
        "end_date": partition.end,
        "columns": [name for name in plan.report_columns if name in REPORT_COLUMNS],
        "level": facts.report,
        "report_format": "JSON",
        **plan.parameters,
    }
    if facts.ids_parameter is not None:
        body[facts.ids_parameter] = partition.ids
    return await created(client, "reports", partition.account, [body])
