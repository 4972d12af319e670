"""Conversion deletion requests on the client: sent, and followed until Pinterest has taken them."""

from typing import Any, ClassVar, Unpack

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    Look,
    ProgressFunction,
    SavedJob,
    account_of,
    id_of,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.conversion_deletion_requests import (
    CONVERSION_DELETION_REQUESTS_CREATE,
    CONVERSION_DELETION_REQUESTS_GET,
    ConversionDeletionRequest,
    ConversionDeletionRequests,
)
from pinterest_async.types import ConversionDeletionRequestCreate


class DeletionJob(
    SavedJob[ConversionDeletionRequest], frozen=True, kw_only=True, tag="conversion_deletion"
):
    """A deletion request that is pending; the result is the request, once it is submitted."""

    WHAT: ClassVar[str] = "the deletion request"
    POLLING: ClassVar[Polling] = Polling(first=10.0, longest=300.0)

    ad_account_id: str
    request_id: str

    async def look(self, client: JobClient) -> Look[ConversionDeletionRequest]:
        """Look at its status."""
        answer: Any = (
            await client.send(
                CONVERSION_DELETION_REQUESTS_GET,
                self.request_id,
                ad_account_id=self.ad_account_id,
            )
        ).data
        state = text_of(answer, "status")
        if state in (None, "PENDING"):
            return Look(state=state)
        if state == "SUBMITTED":
            return Look(state=state, result=answer)
        raise JobFailedError(
            f"the deletion request ended as {state}", state=state, advice="Send it anew."
        )


class ConversionDeletionRequestsJobs(JobNamespace, ConversionDeletionRequests):
    """Conversion deletion requests: data to be erased, and what became of the request."""

    __slots__ = ()

    async def run(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: Unpack[ConversionDeletionRequestCreate],
    ) -> ConversionDeletionRequest:
        """Ask for conversion data to be erased, and wait until the request is submitted.

        Args:
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.
            body: As in `create`.

        Raises:
            JobFailedError: It was cancelled.
            JobTimeoutError: It was not submitted in time.
        """
        job = await self.start(ad_account_id=ad_account_id, **body)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self, *, ad_account_id: str | None = None, **body: Unpack[ConversionDeletionRequestCreate]
    ) -> Job[ConversionDeletionRequest]:
        """Ask for conversion data to be erased, and leave the request to be waited for."""
        account = account_of(self._jobs, ad_account_id)
        answer = await self._jobs.send(
            CONVERSION_DELETION_REQUESTS_CREATE, ad_account_id=account, body=body
        )
        id = id_of(answer.data, "request_id", "the answer to a deletion request has no id")
        return self.submitted(id, ad_account_id=account)

    def submitted(
        self, request_id: str, *, ad_account_id: str | None = None
    ) -> Job[ConversionDeletionRequest]:
        """A request that was sent, as a job that is done when the request is submitted."""
        account = account_of(self._jobs, ad_account_id)
        return Job(self._jobs, DeletionJob(ad_account_id=account, request_id=request_id))
