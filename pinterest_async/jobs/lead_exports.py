"""Lead exports on the client: asked for, waited for, and read.

What the file looks like is not documented: it is read as CSV or JSON. Its columns are the questions
of the lead form, so a lead has them in a dict.
"""

import datetime as dt
from typing import Any, ClassVar, Final

import msgspec
from msgspec import UNSET, UnsetType

from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.bulk import file_entries
from pinterest_async.jobs.downloads import beginning_with
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    Look,
    ProgressFunction,
    Run,
    SavedJob,
    account_of,
    id_of,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.lead_exports import (
    LEAD_EXPORTS_CREATE,
    LEAD_EXPORTS_GET,
    LeadExports,
)

MOST_BYTES: Final = 256 << 20
"""Of a file, unpacked: the leads of one ad in 30 days."""


class Lead(msgspec.Struct, frozen=True, kw_only=True):
    """A person who filled in the form of an ad: its ids, and all columns of the file by name."""

    lead_id: str | None
    ad_id: str | None
    fields: dict[str, Any]

    def __repr__(self) -> str:
        """Without the person's data."""
        return f"Lead(lead_id={self.lead_id!r}, {len(self.fields)} fields)"


class LeadExportJob(SavedJob[list[Lead]], frozen=True, kw_only=True, tag="lead_export"):
    """An export of leads that was asked for; the result are the leads."""

    WHAT: ClassVar[str] = "the export of leads"
    POLLING: ClassVar[Polling] = Polling(first=3.0, factor=1.7)

    ad_account_id: str
    leads_export_id: str

    async def look(self, client: JobClient) -> Look[list[Lead]]:
        """Look at the state; the file is fetched by `step`."""
        state, _ = await self._state(client)
        return Look(state=state, result=[] if state == "FINISHED" else UNSET)

    async def step(self, run: Run) -> Look[list[Lead]]:
        """Look, and fetch the file once it is there."""
        state, url = await self._state(run.client)
        if state != "FINISHED":
            return Look(state=state)
        return Look(state=state, result=await self._leads(run, url))

    async def _state(self, client: JobClient) -> tuple[str, str | None]:
        answer = (
            await client.send(
                LEAD_EXPORTS_GET, self.leads_export_id, ad_account_id=self.ad_account_id
            )
        ).data
        state = text_of(answer, "export_status")
        if state in ("IN_PROGRESS", "FINISHED"):
            return state, text_of(answer, "download_url") or None
        raise JobFailedError(f"the export of leads ended as {state or 'no state'}", state=state)

    async def _leads(self, run: Run, url: str | None) -> list[Lead]:
        async def ask() -> str | None:
            return (await self._state(run.client))[1]

        rows = await file_entries(run, beginning_with(url, ask), MOST_BYTES)
        return [_lead(row) for row in rows]


def _lead(row: dict[str, Any]) -> Lead:
    ids = [None if row.get(name) is None else str(row[name]) for name in ("lead_id", "ad_id")]
    return Lead(lead_id=ids[0], ad_id=ids[1], fields=row)


class LeadExportsJobs(JobNamespace, LeadExports):
    """Lead exports: the leads that an ad has gathered, as rows."""

    __slots__ = ()

    async def run(
        self,
        ad_id: str,
        *,
        start_date: dt.date | str,
        end_date: dt.date | str,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> list[Lead]:
        """Export the leads of an ad, wait for the file, and return what is in it.

        Args:
            ad_id: The ad.
            start_date: First day, UTC; Pinterest keeps leads for 30 days.
            end_date: Last day, UTC.
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: Pinterest gave the export up.
            JobTimeoutError: It was not done in time.
            ConnectionFailedError: The file cannot be fetched or read.
        """
        job = await self.start(
            ad_id, start_date=start_date, end_date=end_date, ad_account_id=ad_account_id
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self,
        ad_id: str,
        *,
        start_date: dt.date | str,
        end_date: dt.date | str,
        ad_account_id: str | None = None,
    ) -> Job[list[Lead]]:
        """Ask for an export as `run` does, and leave it to be waited for."""
        account = account_of(self._jobs, ad_account_id)
        body = {"ad_id": ad_id, "start_date": start_date, "end_date": end_date}
        answer = await self._jobs.send(LEAD_EXPORTS_CREATE, ad_account_id=account, body=body)
        id = id_of(answer.data, "leads_export_id", "the answer to an export of leads has no id")
        return Job(self._jobs, LeadExportJob(ad_account_id=account, leads_export_id=id))
