"""Catalog reports on the client: asked for, waited for, and read."""

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.job import Job, ProgressFunction
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import Report, created_of_catalogs
from pinterest_async.resources.catalog_reports import CatalogReports

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import CatalogsReportParameters


class CatalogReportsJobs(JobNamespace, CatalogReports):
    """Catalog reports: issues and states of items, as files and as rows."""

    __slots__ = ()

    async def run(
        self,
        report: "CatalogsReportParameters",
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> Report[dict[str, Any]]:
        """Ask for a report on catalogs, wait until it is done, and return it.

        Its rows are dicts of texts, by the names in the first line of the file.

        Args:
            report: As in `create`.
            ad_account_id: Act for this ad account's owner.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobExpiredError: Pinterest does not keep the report any more.
            JobTimeoutError: It was not done in time.
        """
        job = await self.start(report, ad_account_id=ad_account_id)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self, report: "CatalogsReportParameters", *, ad_account_id: str | None = None
    ) -> Job[Report[dict[str, Any]]]:
        """Ask for a report as `run` does, and leave it to be waited for."""
        return Job(self._jobs, await created_of_catalogs(self._jobs, ad_account_id, report))
