"""Async reports of a harvest: asked for once, and remembered until their rows are committed."""

import datetime as dt
import time
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from msgspec.structs import replace

from pinterest_async.client import Pinterest
from pinterest_async.errors import BadRequestError, NotFoundError, PermissionDeniedError
from pinterest_async.harvest.execute.report_requests import ask, by_report, utc_today
from pinterest_async.harvest.execute.worker import Done
from pinterest_async.harvest.output.checkpoint import Asked, Checkpoint
from pinterest_async.harvest.plan.cutting import Series
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.jobs.polling import JobFailedError, JobTimeoutError
from pinterest_async.jobs.reports import ReportJob

Execute: TypeAlias = Callable[[Partition, ReportJob | None], Awaitable[Done]]
"""Does one partition, somewhere: its rows are safe in the sink when it returns."""

TRIES: Final = 3
KEPT: Final = 3600.0
"""Seconds that Pinterest keeps a report."""

_LOST: Final = (BadRequestError, NotFoundError, PermissionDeniedError)
"""What a report of an earlier run may meet that is gone, or was another user's."""


class Reports:
    """The reports of one run; those of a run that was stopped are taken up."""

    def __init__(
        self,
        series: Series,
        client: Pinterest,
        checkpoint: Checkpoint,
        execute: Execute,
        *,
        today: Callable[[], dt.date] = utc_today,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._series = series
        self._client = client
        self._checkpoint = checkpoint
        self._execute = execute
        self._today = today
        self._now = now
        self._asked: dict[str, Asked] = {}

    async def begin(self) -> None:
        """Take up what an earlier run asked for, as far as Pinterest still has it."""
        gone = self._now() - KEPT
        found = await self._checkpoint.reports(self._series)
        self._asked = {name: asked for name, asked in found.items() if asked.when > gone}

    async def do(self, partition: Partition) -> Done:
        """Do a partition; one that comes by report, with the report that was asked for."""
        if not by_report(self._series.plan, partition, self._today()):
            return await self._execute(partition, None)
        calls, tries = 0, TRIES
        old = self._asked.get(partition.id)
        while True:
            asked = self._asked.get(partition.id)
            if asked is None:
                tries -= 1
                calls += 1
                asked = await self._ask(partition)
            job = ReportJob(ad_account_id=partition.account, token=asked.token)
            try:
                done = await self._execute(partition, job)
            except JobTimeoutError:
                raise  # it may still be going on: the next try waits for the same one
            except (JobFailedError, *_LOST) as error:
                del self._asked[partition.id]
                calls += max(1, error.attempts)
                if not tries or (isinstance(error, _LOST) and asked is not old):
                    raise
            else:
                self._asked.pop(partition.id, None)
                return replace(done, calls=done.calls + calls)

    async def _ask(self, partition: Partition) -> Asked:
        job = await ask(self._client, self._series.plan, partition)
        asked = Asked(token=job.token, when=self._now())
        await self._checkpoint.ask(self._series, partition, asked)
        self._asked[partition.id] = asked
        return asked
