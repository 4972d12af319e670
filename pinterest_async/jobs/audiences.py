"""Audiences on the client: made, and waited for until they can be targeted."""

from typing import TYPE_CHECKING, Any, ClassVar, Unpack

from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    Look,
    ProgressFunction,
    SavedJob,
    id_of,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.audiences import (
    AUDIENCES_CREATE,
    AUDIENCES_GET,
    Audiences,
)
from pinterest_async.types import Audience

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import AudienceCreateRequest


class AudienceJob(SavedJob[Audience], frozen=True, kw_only=True, tag="audience"):
    """An audience that is being filled; the result is the audience, once it is ready."""

    WHAT: ClassVar[str] = "the audience"
    POLLING: ClassVar[Polling] = Polling(first=10.0, longest=300.0)

    audience_id: str
    ad_account_id: str | None = None

    async def look(self, client: JobClient) -> Look[Audience]:
        """Look at its status."""
        answer: Any = (
            await client.send(AUDIENCES_GET, self.audience_id, ad_account_id=self.ad_account_id)
        ).data
        state = text_of(answer, "status")
        if state in (None, "INITIALIZING"):
            return Look(state=state)
        if state == "READY":
            return Look(state=state, result=answer)
        raise JobFailedError(
            f"the audience ended as {state}",
            state=state,
            advice="It needs at least 100 people with Pinterest accounts: widen its rule.",
        )


class AudiencesJobs(JobNamespace, Audiences):
    """Audiences: groups of people to target or to leave out, waited for until they are ready."""

    __slots__ = ()

    async def run(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: "Unpack[AudienceCreateRequest]",
    ) -> Audience:
        """Define an audience, wait until it is ready, and return it.

        Args:
            ad_account_id: The ad account.
            timeout: Seconds to wait, by default 30 minutes; Pinterest may take a day.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.
            body: As in `create`.

        Raises:
            JobFailedError: Too few people are in it.
            JobTimeoutError: It was not ready in time.
        """
        job = await self.start(ad_account_id=ad_account_id, **body)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self, *, ad_account_id: str | None = None, **body: "Unpack[AudienceCreateRequest]"
    ) -> Job[Audience]:
        """Define an audience, and leave it to be waited for."""
        account = self._jobs.ad_account_id if ad_account_id is None else ad_account_id
        answer = await self._jobs.send(AUDIENCES_CREATE, ad_account_id=account, body=body)
        id = id_of(answer.data, "id", "the answer to a new audience has no id")
        return self.ready(id, ad_account_id=account)

    def ready(self, audience_id: str, *, ad_account_id: str | None = None) -> Job[Audience]:
        """An audience that exists, as a job that is done when the audience is ready."""
        account = self._jobs.ad_account_id if ad_account_id is None else ad_account_id
        return Job(self._jobs, AudienceJob(audience_id=audience_id, ad_account_id=account))
