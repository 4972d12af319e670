"""Ads reports on the client: asked for, waited for, and read; long ranges in several parts."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final, Unpack

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.content import wrong
from pinterest_async.jobs.job import Job, ProgressFunction
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import Report, ReportRow, created
from pinterest_async.resources.reports import Reports
from pinterest_async.types import AdsAnalyticsCreateAsyncRequest, Granularity

MOST_DAYS: Final = 186
MOST_DAYS_OF_HOURS: Final = 3
MOST_DAYS_OF_ITEMS: Final = 31
"""Days of one report, first and last included; some kinds have fewer."""
_DIVISIBLE: Final = ("DAY", "HOUR")
"""Granularities whose rows are the same however the range is cut."""


class ReportsJobs(JobNamespace, Reports):
    """Ads reports: asynchronous analytics of any size, as files and as rows."""

    __slots__ = ()

    async def run(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: Unpack[AdsAnalyticsCreateAsyncRequest],
    ) -> Report[ReportRow]:
        """Ask for a report, wait until it is done, and return it.

            report = await pinterest.reports.run(level="CAMPAIGN", granularity="DAY", ...)
            async for row in report.rows():
                ...

        A range by day or hour that is longer than one report may be is asked for in parts.

        Args:
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.
            body: As in `create`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: Pinterest gave the report up.
            JobTimeoutError: It was not done in time.
        """
        job = await self.start(ad_account_id=ad_account_id, **body)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self, *, ad_account_id: str | None = None, **body: Unpack[AdsAnalyticsCreateAsyncRequest]
    ) -> Job[Report[ReportRow]]:
        """Ask for a report as `run` does, and leave it to be waited for."""
        saved = await created(self._jobs, "reports", ad_account_id, parts(body))
        return Job(self._jobs, saved)

    async def run_template(
        self,
        template_id: str,
        *,
        ad_account_id: str | None = None,
        start_date: dt.date | str | None = None,
        end_date: dt.date | str | None = None,
        granularity: Granularity | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> Report[ReportRow]:
        """Ask for a report by a template, wait until it is done, and return it.

        Args:
            template_id: The template.
            ad_account_id: The ad account, by default that of `with_options`.
            start_date: First day, UTC; by default the template's.
            end_date: Last day, UTC; by default the template's.
            granularity: By default the template's.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: Pinterest gave the report up.
            JobTimeoutError: It was not done in time.
        """
        job = await self.start_template(
            template_id,
            ad_account_id=ad_account_id,
            start_date=start_date,
            end_date=end_date,
            granularity=granularity,
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_template(
        self,
        template_id: str,
        *,
        ad_account_id: str | None = None,
        start_date: dt.date | str | None = None,
        end_date: dt.date | str | None = None,
        granularity: Granularity | None = None,
    ) -> Job[Report[ReportRow]]:
        """Ask for a report by a template as `run_template` does, and leave it to be waited for."""
        query = {"start_date": start_date, "end_date": end_date, "granularity": granularity}
        saved = await created(
            self._jobs, "reports", ad_account_id, [], template_id=template_id, query=query
        )
        return Job(self._jobs, saved)


def parts(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The bodies of the reports that have a range together, in the order of their days.

    Raises:
        InvalidCallError: The range is too long for one report, and cutting it would change rows.
    """
    start, end = _day(body.get("start_date")), _day(body.get("end_date"))
    granularity = body.get("granularity")
    most = MOST_DAYS
    if granularity == "HOUR":
        most = MOST_DAYS_OF_HOURS
    elif str(body.get("level")).startswith("PRODUCT_ITEM"):
        most = MOST_DAYS_OF_ITEMS
    if start is None or end is None or (end - start).days < most:
        return [body]
    if granularity not in _DIVISIBLE:
        raise wrong(
            "end_date",
            f"is more than {most} days after the first day, and {granularity} cannot be cut",
            "ask for granularity DAY, or for a shorter range",
        )
    found: list[Mapping[str, Any]] = []
    while start <= end:
        last = min(end, start + dt.timedelta(days=most - 1))
        one = {**body, "start_date": start, "end_date": last}
        if found:
            one.pop("start_hour", None)
        if last < end:
            one.pop("end_hour", None)
        found.append(one)
        start = last + dt.timedelta(days=1)
    return found


def _day(value: Any) -> dt.date | None:
    """A day, None where it is none, which the check of the call tells."""
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        return value
    try:
        return dt.date.fromisoformat(str(value))
    except ValueError:
        return None
