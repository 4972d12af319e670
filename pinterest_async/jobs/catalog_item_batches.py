"""Catalog item batches on the client: any number of items, waited for, matched to the input."""

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.batches import sent_batches
from pinterest_async.jobs.job import Job, ProgressFunction
from pinterest_async.jobs.outcomes import Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.catalog_item_batches import (
    CatalogItemBatches,
)

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import CatalogItemBatchesCreateBody


class CatalogItemBatchesJobs(JobNamespace, CatalogItemBatches):
    """Catalog item batches: many items created, changed or deleted, and what became of each."""

    __slots__ = ()

    async def run(
        self,
        batch: "CatalogItemBatchesCreateBody",
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> Outcomes[dict[str, Any]]:
        """Write catalog items, wait until they are processed, and return what became of each.

        `items` may have any number of items: they are sent in batches of 1,000, one after the
        other. A batch that cannot be sent fails its own items only.

        Args:
            batch: As in `create`.
            ad_account_id: Act for this ad account's owner.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each batch and each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: An item is wrong; nothing was sent.
            JobTimeoutError: Not all batches were done in time.
        """
        job = await self.start(batch, ad_account_id=ad_account_id, progress=progress)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self,
        batch: "CatalogItemBatchesCreateBody",
        *,
        ad_account_id: str | None = None,
        progress: ProgressFunction | None = None,
    ) -> Job[Outcomes[dict[str, Any]]]:
        """Send catalog items as `run` does, and leave them to be waited for."""
        saved = await sent_batches(
            self._jobs, "items", batch, ad_account_id=ad_account_id, progress=progress
        )
        return Job(self._jobs, saved)
