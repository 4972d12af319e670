"""Uploads of large customer lists on the client: a file sent in parts, run, and followed.

What the file looks like is not documented (closed beta): its content is sent as it is.
"""

from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal

from msgspec import UNSET, UnsetType

from pinterest_async._core.display import readable
from pinterest_async._core.guards import is_items
from pinterest_async._core.item_failures import field_of
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.content import Content, ContentSource, opened
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import (
    Job,
    JobClient,
    JobProgress,
    Look,
    ProgressFunction,
    Run,
    SavedJob,
    account_of,
    id_of,
    ignore,
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.uploads import UploadRefusedError
from pinterest_async.resources.customer_list_uploads import (
    CUSTOMER_LIST_UPLOADS_CREATE,
    CUSTOMER_LIST_UPLOADS_GET,
    CUSTOMER_LIST_UPLOADS_RUN,
    CustomerListUploads,
)

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.resources.customer_list_uploads import CustomerListUploadResponse

LEAST_PART: Final = 5 << 20
"""Bytes of each part but the last, as S3 wants it."""
MOST_PARTS: Final = 10
TRIES: Final = 3
"""How often a part is sent; a later one replaces it."""

_SERVER_ERROR: Final = 500
_OK: Final = 300
_SHOWN: Final = 300


class CustomerListUploadJob(
    SavedJob["CustomerListUploadResponse"], frozen=True, kw_only=True, tag="customer_list_upload"
):
    """An upload whose parts have arrived; the result is the upload, with the counts of its records.

    It is told to run where it does not yet.
    """

    WHAT: ClassVar[str] = "the upload of the customer list"
    POLLING: ClassVar[Polling] = Polling(first=5.0, longest=60.0)

    ad_account_id: str
    customer_list_id: str
    upload_id: str

    @property
    def at_once(self) -> bool:
        """It may have to be told to run."""
        return True

    async def look(self, client: JobClient) -> "Look[CustomerListUploadResponse]":
        """Look at its state."""
        answer: Any = (
            await client.send(
                CUSTOMER_LIST_UPLOADS_GET,
                self.customer_list_id,
                self.upload_id,
                ad_account_id=self.ad_account_id,
            )
        ).data
        state = text_of(answer, "state")
        if state == "SUCCEEDED":
            return Look(state=state, result=answer)
        if state in ("NOT_STARTED", "RUNNING", "PAUSED"):
            return Look(state=state)
        faults = field_of(answer, "error_counts")
        words = [text_of(one, "message") for one in (faults if is_items(faults) else ())]
        because = "; ".join(one for one in words[:3] if one)
        raise JobFailedError(
            f"the upload of the customer list ended as {state or 'no state'}"
            + (f": {readable(because, _SHOWN)}" if because else ""),
            state=state,
        )

    async def step(self, run: Run) -> "Look[CustomerListUploadResponse]":
        """Look, and tell it to run where it has not begun."""
        look = await self.look(run.client)
        if look.state == "NOT_STARTED":
            await run.client.send(
                CUSTOMER_LIST_UPLOADS_RUN,
                self.customer_list_id,
                self.upload_id,
                ad_account_id=self.ad_account_id,
            )
        return look


class CustomerListUploadsJobs(JobNamespace, CustomerListUploads):
    """Customer list uploads: large lists, sent in parts and followed."""

    __slots__ = ()

    async def upload(
        self,
        customer_list_id: str,
        content: ContentSource,
        *,
        operation: Literal["ADD", "REMOVE"] = "ADD",
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> "CustomerListUploadResponse":
        """Add a file of records to a customer list, or remove them, and wait until that is done.

        The file is streamed in up to ten parts; a part that breaks off is sent again.

        Args:
            customer_list_id: The list.
            content: The path of a file, an open file, or bytes, in the form that Pinterest asks
                of you; it is sent as it is.
            operation: ADD or REMOVE.
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds for the processing, by default 30 minutes.
            progress: Is called with a `JobProgress` at each piece and each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: The storage refused a part, or Pinterest gave the upload up.
            JobTimeoutError: It was not processed in time.
        """
        job = await self.start_upload(
            customer_list_id,
            content,
            operation=operation,
            ad_account_id=ad_account_id,
            progress=progress,
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_upload(
        self,
        customer_list_id: str,
        content: ContentSource,
        *,
        operation: Literal["ADD", "REMOVE"] = "ADD",
        ad_account_id: str | None = None,
        progress: ProgressFunction | None = None,
    ) -> "Job[CustomerListUploadResponse]":
        """Send a file as `upload` does; its job runs the upload and waits for it."""
        account = account_of(self._jobs, ad_account_id)
        async with opened(content, "content") as file:
            count = max(1, min(MOST_PARTS, file.size // LEAST_PART))
            answer: Any = (
                await self._jobs.send(
                    CUSTOMER_LIST_UPLOADS_CREATE,
                    customer_list_id,
                    ad_account_id=account,
                    body={"operation": operation, "total_parts": count},
                )
            ).data
            upload = field_of(answer, "customer_list_upload")
            id = id_of(upload, "id", "the answer to a new upload has no id")
            await _send_parts(self._jobs, file, _addresses(answer, count), progress or ignore)
        saved = CustomerListUploadJob(
            ad_account_id=account, customer_list_id=customer_list_id, upload_id=id
        )
        return Job(self._jobs, saved)


def _addresses(answer: Any, count: int) -> list[str]:
    """The signed address of each part, in their order."""
    parts = field_of(field_of(answer, "s3_multipart_upload_data"), "file_parts")
    found: dict[Any, str] = {}
    for one in parts if is_items(parts) else ():
        url = text_of(one, "presigned_url")
        if url:
            found[field_of(one, "part_number")] = url
    if not all(number in found for number in range(1, count + 1)):
        raise JobFailedError("the answer to a new upload lacks the address of a part")
    return [found[number] for number in range(1, count + 1)]


async def _send_parts(
    client: JobClient, content: Content, addresses: list[str], tell: ProgressFunction
) -> None:
    size = -(-content.size // len(addresses))
    for number, url in enumerate(addresses):
        start = number * size
        length = min(size, content.size - start)
        for left in reversed(range(TRIES)):
            try:
                await _send_part(client, url, content, start, length, tell)
                break
            except (UploadRefusedError, ConnectionFailedError) as error:
                if not left or (isinstance(error, UploadRefusedError) and not error.again):
                    raise


async def _send_part(
    client: JobClient, url: str, content: Content, start: int, length: int, tell: ProgressFunction
) -> None:
    async def body() -> AsyncGenerator[bytes]:
        sent = start
        async for piece in content.pieces(start, length):
            yield piece
            sent += len(piece)
            tell(JobProgress(step="uploading", sent=sent, size=content.size))

    # A length that is known beforehand, since S3 takes no chunked bodies.
    headers = {"Content-Length": str(length), "Content-Type": "application/octet-stream"}
    async with client.foreign("PUT", url, headers=headers, data=body()) as response:
        if response.status >= _OK:
            raise UploadRefusedError(
                f"the storage refused a part with status {response.status}",
                status=response.status,
                again=response.status >= _SERVER_ERROR,
            )
