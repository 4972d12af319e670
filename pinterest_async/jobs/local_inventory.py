"""Local inventory on the client: any number of changes, waited for, matched to the input."""

from collections.abc import Sequence
from typing import Any

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.batches import sent_batches
from pinterest_async.jobs.job import Job, ProgressFunction
from pinterest_async.jobs.outcomes import Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.local_inventory import LocalInventory
from pinterest_async.types import LocalInventoryOperation


class LocalInventoryJobs(JobNamespace, LocalInventory):
    """Local inventory: what each store has of each item, and what became of changes to it."""

    __slots__ = ()

    async def run(
        self,
        catalog_id: str,
        operations: Sequence[LocalInventoryOperation],
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> Outcomes[dict[str, Any]]:
        """Change the inventory of stores, wait, and return what became of each change.

        Args:
            catalog_id: The catalog.
            operations: Any number, as in `create_batch`; they are sent in batches of 1,000.
            ad_account_id: Act for this ad account's owner.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each batch and each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: A change is wrong; nothing was sent.
            JobTimeoutError: Not all batches were done in time.
        """
        job = await self.start(
            catalog_id, operations, ad_account_id=ad_account_id, progress=progress
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self,
        catalog_id: str,
        operations: Sequence[LocalInventoryOperation],
        *,
        ad_account_id: str | None = None,
        progress: ProgressFunction | None = None,
    ) -> Job[Outcomes[dict[str, Any]]]:
        """Send changes as `run` does, and leave them to be waited for."""
        saved = await sent_batches(
            self._jobs,
            "inventory",
            {"operations": operations},
            catalog_id=catalog_id,
            ad_account_id=ad_account_id,
            progress=progress,
        )
        return Job(self._jobs, saved)
