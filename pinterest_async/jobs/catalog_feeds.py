"""Catalog feeds on the client: read again, and followed to the result and its issues."""

import functools
from collections.abc import Mapping
from typing import Any, ClassVar

from msgspec import UNSET, UnsetType

from pinterest_async._core.display import plain
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.item_failures import field_of
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    Look,
    ProgressFunction,
    SavedJob,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.namespace import pager
from pinterest_async.pages import Pager
from pinterest_async.resources.catalog_feeds import (
    CATALOG_FEEDS_LIST_ITEM_ISSUES,
    CATALOG_FEEDS_LIST_PROCESSING_RESULTS,
    CatalogFeeds,
    CatalogsFeedProcessingResult,
    CatalogsItemValidationIssues,
)


class FeedIngestion:
    """A feed that was read: the `result` with its counts, and the issues of its items."""

    def __init__(
        self, client: JobClient, result: CatalogsFeedProcessingResult, ad_account_id: str | None
    ) -> None:
        self._client = client
        self._ad_account_id = ad_account_id
        self.result = result

    def __repr__(self) -> str:
        return f"<FeedIngestion {self.result.id}>"

    def issues(self) -> Pager[CatalogsItemValidationIssues]:
        """List a sample of the errors and warnings: up to 20 items for each of their kinds."""
        operation = CATALOG_FEEDS_LIST_ITEM_ISSUES
        send = functools.partial(self._client.send, operation, self.result.id)
        return pager(operation, send, {"ad_account_id": self._ad_account_id, "page_size": 250})


class FeedJob(SavedJob[FeedIngestion], frozen=True, kw_only=True, tag="feed"):
    """A feed that is being read; the result is a `FeedIngestion`.

    `ingestion_id` is None where the answer named none; then it is the result that is not among
    `before`, those of earlier readings.
    """

    WHAT: ClassVar[str] = "the reading of the feed"
    POLLING: ClassVar[Polling] = Polling(first=5.0, longest=60.0)

    feed_id: str
    ingestion_id: str | None
    before: tuple[str, ...]
    ad_account_id: str | None = None

    async def look(self, client: JobClient) -> Look[FeedIngestion]:
        """Look for the result of this reading."""
        results = await _results(client, self.feed_id, self.ad_account_id)
        own = [one for one in results if text_of(one, "id") == self.ingestion_id]
        new = [one for one in results if text_of(one, "id") not in self.before]
        found = next(iter(own or new), None)
        state = text_of(found, "status")
        if found is None or state == "PROCESSING":
            return Look(state=state)
        if state != "COMPLETED":
            faults = _faults(found)
            because = f": {faults}" if faults else ""
            raise JobFailedError(
                f"the reading of the feed ended as {state or 'no state'}{because}", state=state
            )
        return Look(state=state, result=FeedIngestion(client, found, self.ad_account_id))


async def _results(client: JobClient, feed_id: str, ad_account_id: str | None) -> list[Any]:
    """The results of the latest readings of a feed; Pinterest serves one page of them."""
    query = {"ad_account_id": ad_account_id, "page_size": 250}
    answer = await client.send(CATALOG_FEEDS_LIST_PROCESSING_RESULTS, feed_id, query=query)
    items = field_of(answer.data, "items")
    return list(items) if is_items(items) else []


def _faults(result: Any) -> str:
    """The kinds of errors in a result, with how often each came."""
    counts: dict[str, Any] = {}
    for name in ("ingestion_details", "validation_details"):
        errors: Any = plain(field_of(field_of(result, name), "errors"))
        counts |= errors if is_object(errors) else {}
    return ", ".join(f"{name} ({count})" for name, count in list(counts.items())[:10])


class CatalogFeedsJobs(JobNamespace, CatalogFeeds):
    """Catalog feeds: files of items that Pinterest reads, and what came of a reading."""

    __slots__ = ()

    async def run_ingestion(
        self,
        feed_id: str,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> FeedIngestion:
        """Have a feed read again, wait until it was, and return the result and its issues.

        Args:
            feed_id: The feed.
            ad_account_id: Act for this ad account's owner.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.

        Raises:
            JobFailedError: The feed could not be read; the message has the errors.
            JobTimeoutError: It was not read in time.
        """
        job = await self.start_ingestion(feed_id, ad_account_id=ad_account_id)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_ingestion(
        self, feed_id: str, *, ad_account_id: str | None = None
    ) -> Job[FeedIngestion]:
        """Have a feed read again as `run_ingestion` does, and leave it to be waited for."""
        before = await _results(self._jobs, feed_id, ad_account_id)
        query: Mapping[str, Any] = {"ad_account_id": ad_account_id}
        answer: Any = (
            await self._jobs.send(CatalogFeeds.ingest.operation, feed_id, query=query)
        ).data
        saved = FeedJob(
            feed_id=feed_id,
            ingestion_id=text_of(answer, "id"),
            before=tuple(id for one in before if (id := text_of(one, "id"))),
            ad_account_id=ad_account_id,
        )
        return Job(self._jobs, saved)
