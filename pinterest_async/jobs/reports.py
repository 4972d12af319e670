"""Async reports: created, waited for, and streamed from their signed addresses.

```python
job = await reports.start(pinterest, "549755885175", level="CAMPAIGN", ...)
async for entity, rows in reports.rows(pinterest, job):
    ...
```
"""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Any, Final, Unpack, cast

import msgspec

from pinterest_async._core.item_failures import field_of
from pinterest_async._core.report_body import ReportBody
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import JobClient, text_of
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.reports import Reports
from pinterest_async.types import AdsAnalyticsCreateAsyncRequest, AdsAnalyticsGetAsyncResponse

PIECE: Final = 256 * 1024
RENEWALS: Final = 3
"""How often an address that has lapsed is asked for again; each lasts five minutes."""

POLLING: Final = Polling(first=2.0)

_GONE: Final = (401, 403, 404, 410)
_OK: Final = 200


class ReportJob(msgspec.Struct, frozen=True, kw_only=True):
    """A report that was asked for: all that another process needs to wait for it.

    Pinterest keeps a report for an hour.
    """

    ad_account_id: str
    token: str


class ReportProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a report at the latest poll, and the number of polls so far."""

    job: ReportJob
    state: str | None
    looks: int


async def start(
    client: JobClient, ad_account_id: str, **body: Unpack[AdsAnalyticsCreateAsyncRequest]
) -> ReportJob:
    """Ask for a report.

    Raises:
        JobFailedError: where the answer names no report.
    """
    operation = Reports.create.operation
    answer = (await client.send(operation, ad_account_id=ad_account_id, body=body)).data
    token = text_of(answer, "token")
    if not token:
        message = text_of(answer, "message") or "the answer has no token"
        state = text_of(answer, "report_status")
        raise JobFailedError(f"no report was made: {message}", state=state)
    return ReportJob(ad_account_id=ad_account_id, token=token)


async def status(client: JobClient, job: ReportJob) -> AdsAnalyticsGetAsyncResponse:
    """Look at a report once."""
    operation, query = Reports.get.operation, {"token": job.token}
    return (await client.send(operation, ad_account_id=job.ad_account_id, query=query)).data


async def wait(
    client: JobClient,
    job: ReportJob,
    *,
    polling: Polling | None = None,
    progress: Callable[[ReportProgress], None] | None = None,
    at_once: bool = False,
) -> str | None:
    """Wait until a report is done; return the address of its file, None where it has no data.

    The first look comes after a pause, or `at_once`.

    Raises:
        JobTimeoutError: where it is not done in time.
        JobFailedError: where Pinterest gave it up.
    """
    async with aclosing((polling or POLLING).looks("the report", at_once=at_once)) as looks:
        async for number in looks:
            answer = await status(client, job)
            state = text_of(answer, "report_status")
            if progress is not None:
                progress(ReportProgress(job=job, state=state, looks=number))
            if state == "FINISHED":
                return _address(answer)
            if state != "IN_PROGRESS":
                # No status at all means that the report took Pinterest too long.
                raise JobFailedError(f"the report ended as {state or 'timed out'}", state=state)
    raise AssertionError("looking has no other end")


def _address(answer: Any) -> str | None:
    """The address of a finished report's file; None where it has no data."""
    if field_of(answer, "url") not in (None, "") and not text_of(answer, "url"):
        raise JobFailedError("the address of the report's file is not text", state="FINISHED")
    return text_of(answer, "url") or None


async def download(
    client: JobClient,
    job: ReportJob,
    *,
    polling: Polling | None = None,
    progress: Callable[[ReportProgress], None] | None = None,
) -> AsyncGenerator[bytes]:
    """Wait for a report, then stream its file in pieces; nothing where it has no data.

    The signed address gets no token of ours. It lapses after five minutes, and is asked for again
    when the host refuses it.

    Raises:
        ConnectionFailedError: where the file breaks off, or is refused.
    """
    for renewal in range(RENEWALS + 1):
        url = await wait(client, job, polling=polling, progress=progress, at_once=renewal > 0)
        if url is None:
            return
        async with client.foreign("GET", url) as response:
            if response.status == _OK:
                async for piece in response.content.iter_chunked(PIECE):
                    yield piece
                return
            if response.status not in _GONE or renewal == RENEWALS:
                raise ConnectionFailedError(
                    f"the report's file was refused: status {response.status}",
                    phase="truncated_answer",
                    status=response.status,
                    advice="Ask for the report again.",
                )


async def rows(
    client: JobClient,
    job: ReportJob,
    row: Any = dict[str, Any],
    *,
    polling: Polling | None = None,
    progress: Callable[[ReportProgress], None] | None = None,
) -> AsyncGenerator[tuple[str, list[Any]]]:
    """Wait for a JSON report, then stream its rows: the id of each entity, and its rows.

    `row` is the type of a row; rows that do not fit it come as they were sent. Memory holds one
    entity at a time.

    Raises:
        ConnectionFailedError: where the file breaks off.
    """
    decoder = msgspec.json.Decoder(list[row])
    body = ReportBody()
    async with aclosing(download(client, job, polling=polling, progress=progress)) as pieces:
        try:
            async for piece in pieces:
                for entity, raw in body.feed(piece):
                    yield entity, _decode(decoder, raw)
            body.close()
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConnectionFailedError(
                f"the report's file cannot be read: {error}",
                phase="truncated_answer",
                advice="Ask for the report again.",
            ) from None


def _decode(decoder: "msgspec.json.Decoder[Any]", raw: bytes) -> list[Any]:
    try:
        return cast("list[Any]", decoder.decode(raw))
    except msgspec.ValidationError:
        return cast("list[Any]", msgspec.json.decode(raw))
