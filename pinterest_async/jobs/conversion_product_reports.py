"""Conversion product reports on the client: asked for, waited for, and read."""

from typing import TYPE_CHECKING, Any, Unpack

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.job import Job, ProgressFunction
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import Report, created
from pinterest_async.resources.conversion_product_reports import (
    ConversionProductReports,
)

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import ConversionProductReportRequest


class ConversionProductReportsJobs(JobNamespace, ConversionProductReports):
    """Conversion product reports, as files and as rows."""

    __slots__ = ()

    async def run(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: "Unpack[ConversionProductReportRequest]",
    ) -> Report[dict[str, Any]]:
        """Ask for a conversion product report, wait until it is done, and return it.

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
        self, *, ad_account_id: str | None = None, **body: "Unpack[ConversionProductReportRequest]"
    ) -> Job[Report[dict[str, Any]]]:
        """Ask for a report as `run` does, and leave it to be waited for."""
        return Job(self._jobs, await created(self._jobs, "products", ad_account_id, [body]))
