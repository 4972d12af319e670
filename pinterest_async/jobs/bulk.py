"""Bulk jobs on the client: entities read and written at once, with their files parsed.

What the files look like is not documented. They are read as JSON (a list, an object of lists, or an
object a line) or as CSV; an entry of an upsert's file is matched to its item by what it says of
operation and entity, by id, or by its place.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, ClassVar, Final, Unpack

import msgspec
from msgspec import UNSET, UnsetType

from pinterest_async._core.display import plain
from pinterest_async._core.guards import is_items, is_object
from pinterest_async._core.item_failures import ItemFailure, item_failures
from pinterest_async._core.weight import weight
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.downloads import (
    Address,
    beginning_with,
    file_pieces,
    unpacked,
    unreadable,
)
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
from pinterest_async.jobs.outcomes import Outcome, Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.bulk import (
    BULK_CREATE_DOWNLOAD,
    BULK_CREATE_UPSERT,
    BULK_GET,
    Bulk,
)

if TYPE_CHECKING:  # types that another version of the API may call otherwise
    from pinterest_async.types import BulkDownloadRequest, BulkUpsertRequest

MOST_MEMORY: Final = 512 << 20
"""Bytes that a file may take, unpacked and decoded; all entities of an account take far fewer."""

_POLLING: Final = Polling(first=3.0, factor=1.7)
_NO_ID: Final = "no bulk job was made: the answer has no request id"


class BulkRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entity of a bulk download: its type, such as CAMPAIGN, and its fields as they came."""

    entity_type: str
    data: dict[str, Any]


class BulkDownloadJob(SavedJob[list[BulkRow]], frozen=True, kw_only=True, tag="bulk_download"):
    """A bulk download that was asked for; the result are its entities."""

    WHAT: ClassVar[str] = "the bulk download"
    POLLING: ClassVar[Polling] = _POLLING

    ad_account_id: str
    request_id: str

    async def look(self, client: JobClient) -> Look[list[BulkRow]]:
        """Look at the state; the file is fetched by `step`."""
        state, _ = await _state(client, self, self.WHAT)
        return Look(state=state, result=[] if state == "SUCCEEDED" else UNSET)

    async def step(self, run: Run) -> Look[list[BulkRow]]:
        """Look, and fetch the file once it is there."""
        state, url = await _state(run.client, self, self.WHAT)
        if state != "SUCCEEDED":
            return Look(state=state)
        rows = await _entries(run, self, url, self.WHAT)
        return Look(state=state, result=[BulkRow(entity_type=_type(row), data=row) for row in rows])


class BulkUpsertJob(
    SavedJob[Outcomes[dict[str, Any]]], frozen=True, kw_only=True, tag="bulk_upsert"
):
    """A bulk upsert that was sent; the result is what became of each item.

    `create` and `update` are the items that were sent, by the names of their entities.
    """

    WHAT: ClassVar[str] = "the bulk upsert"
    POLLING: ClassVar[Polling] = _POLLING

    ad_account_id: str
    request_id: str
    create: dict[str, list[Any]]
    update: dict[str, list[Any]]

    async def look(self, client: JobClient) -> Look[Outcomes[dict[str, Any]]]:
        """Look at the state; the file is fetched by `step`."""
        state, _ = await _state(client, self, self.WHAT)
        return Look(state=state, result=Outcomes([]) if state == "SUCCEEDED" else UNSET)

    async def step(self, run: Run) -> Look[Outcomes[dict[str, Any]]]:
        """Look, and fetch the file once it is there."""
        state, url = await _state(run.client, self, self.WHAT)
        if state != "SUCCEEDED":
            return Look(state=state)
        rows = await _entries(run, self, url, self.WHAT)
        sent = {"create": self.create, "update": self.update}
        return Look(state=state, result=Outcomes(list(matched(sent, rows))))


_AnyBulkJob = BulkDownloadJob | BulkUpsertJob


async def _state(client: JobClient, job: _AnyBulkJob, what: str) -> tuple[str, str | None]:
    """The state of a bulk job, and the address of its file once it is done.

    Raises:
        JobFailedError: It has failed.
    """
    answer = (await client.send(BULK_GET, job.request_id, ad_account_id=job.ad_account_id)).data
    state = text_of(answer, "status")
    if state == "RUNNING":
        return state, None
    if state != "SUCCEEDED":
        faults = "; ".join(str(one) for one in item_failures(answer)[:3])
        because = f": {faults}" if faults else ""
        raise JobFailedError(f"{what} ended as {state or 'no state'}{because}", state=state)
    return state, text_of(answer, "result_url") or None


async def _entries(run: Run, job: _AnyBulkJob, url: str | None, what: str) -> list[dict[str, Any]]:
    """The entries of a job's file."""

    async def ask() -> str | None:
        return (await _state(run.client, job, what))[1]

    return await file_entries(run, beginning_with(url, ask), MOST_MEMORY, weight)


async def file_entries(
    run: Run, address: Address, most: int, taken: Callable[[bytes], int] = len
) -> list[dict[str, Any]]:
    """The entries of a file in which bytes were `taken` by each piece; none where there is none.

    Raises:
        ConnectionFailedError: It cannot be fetched or read, or takes more than `most` bytes.
    """
    found, size = bytearray(), 0
    async with aclosing(unpacked(file_pieces(run.client, address, run.polling))) as pieces:
        async for piece in pieces:
            found += piece
            size += taken(piece)
            if size > most:
                raise unreadable(ValueError(f"it would take more than {most:,} bytes"))
    try:
        return list(parsed(bytes(found)))
    except (msgspec.DecodeError, UnicodeDecodeError, csv.Error, RecursionError) as error:
        raise unreadable(error) from None


def parsed(raw: bytes) -> Iterator[dict[str, Any]]:
    """The entries of a bulk file: JSON or CSV, in whatever form.

    Raises:
        msgspec.DecodeError: It is no such file.
    """
    text = raw.strip()
    if not text:
        return
    if not text.startswith((b"[", b"{")):
        for row in csv.DictReader(io.StringIO(raw.decode("utf-8-sig"), newline=""), strict=True):
            yield {name: value or None for name, value in row.items() if name}
        return
    try:
        document = msgspec.json.decode(text)
    except msgspec.DecodeError:
        document = [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]
    lists: Any = document.items() if is_object(document) else [("", document)]
    for name, entries in lists:
        for entry in entries if is_items(entries) else ():
            if not is_object(entry):
                raise msgspec.DecodeError("an entry of the file is no object")
            yield {"entity_type": name, **entry} if name else entry


def _type(row: Mapping[str, Any]) -> str:
    found = next((row[name] for name in ("entity_type", "entity", "type") if row.get(name)), "")
    return str(found)


def matched(
    sent: Mapping[str, Mapping[str, Sequence[Any]]], rows: Sequence[dict[str, Any]]
) -> Iterator[Outcome[dict[str, Any]]]:
    """What became of each item that was sent, in their order: those to be created come first."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[str(row.get("operation", "")).lower(), _type(row).lower()].append(row)
    index = 0
    total = sum(len(items) for entities in sent.values() for items in entities.values())
    in_order = iter(rows) if len(rows) == total and ("", "") in groups else None
    for operation, entities in sent.items():
        for entity, items in entities.items():
            own = groups.get((operation, entity), [])
            for place, item in enumerate(items):
                if in_order is not None:
                    found: dict[str, Any] | None = next(in_order)
                elif len(own) == len(items):
                    found = own[place]
                else:
                    found = _by_id(own, item)
                yield _outcome(index, item, found)
                index += 1


def _by_id(rows: Sequence[dict[str, Any]], item: Any) -> dict[str, Any] | None:
    """The one entry that is about an item, where entries are missing."""
    id = item.get("id") if is_object(item) else None
    found = [row for row in rows if id is not None and str(_thing(row).get("id")) == str(id)]
    return found[0] if len(found) == 1 else None


def _thing(row: Mapping[str, Any]) -> dict[str, Any]:
    data = row.get("data")
    return data if is_object(data) else dict(row)


def _outcome(index: int, item: Any, row: dict[str, Any] | None) -> Outcome[dict[str, Any]]:
    failures: tuple[ItemFailure, ...] = item_failures([row]) if row is not None else ()
    if failures:
        return Outcome(index=index, item=item, failed=failures[0])
    return Outcome(index=index, item=item, result=None if row is None else _thing(row))


class BulkJobs(JobNamespace, Bulk):
    """Bulk jobs: read or write a whole account's ads entities at once, and get what came of it."""

    __slots__ = ()

    async def download(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: "Unpack[BulkDownloadRequest]",
    ) -> list[BulkRow]:
        """Export ads entities, wait for the file, and return what is in it.

        Args:
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.
            body: As in `create_download`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: Pinterest gave the job up.
            JobTimeoutError: It was not done in time.
        """
        job = await self.start_download(ad_account_id=ad_account_id, **body)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_download(
        self, *, ad_account_id: str | None = None, **body: "Unpack[BulkDownloadRequest]"
    ) -> Job[list[BulkRow]]:
        """Ask for an export as `download` does, and leave it to be waited for."""
        account = account_of(self._jobs, ad_account_id)
        response = await self._jobs.send(BULK_CREATE_DOWNLOAD, ad_account_id=account, body=body)
        id = id_of(response.data, "request_id", _NO_ID)
        return Job(self._jobs, BulkDownloadJob(ad_account_id=account, request_id=id))

    async def upsert(
        self,
        *,
        ad_account_id: str | None = None,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
        **body: "Unpack[BulkUpsertRequest]",
    ) -> Outcomes[dict[str, Any]]:
        """Create and change ads entities, wait, and return what became of each.

        Outcomes stand in the order of the items: those of `create` first, entity by entity, then
        those of `update`.

        Args:
            ad_account_id: The ad account, by default that of `with_options`.
            timeout: Seconds to wait, by default 30 minutes.
            progress: Is called with a `JobProgress` at each look.
            polling: Pauses between two looks.
            body: As in `create_upsert`.

        Raises:
            InvalidCallError: An argument is wrong; nothing was sent.
            JobFailedError: Pinterest gave the job up.
            JobTimeoutError: It was not done in time.
        """
        job = await self.start_upsert(ad_account_id=ad_account_id, **body)
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_upsert(
        self, *, ad_account_id: str | None = None, **body: "Unpack[BulkUpsertRequest]"
    ) -> Job[Outcomes[dict[str, Any]]]:
        """Send changes as `upsert` does, and leave them to be waited for.

        It is not sent again by itself: where its answer is lost, it may have taken effect.
        """
        account = account_of(self._jobs, ad_account_id)
        response = await self._jobs.send(BULK_CREATE_UPSERT, ad_account_id=account, body=body)
        sent: Any = plain(body)
        saved = BulkUpsertJob(
            ad_account_id=account,
            request_id=id_of(response.data, "request_id", _NO_ID),
            create=sent.get("create") or {},
            update=sent.get("update") or {},
        )
        return Job(self._jobs, saved)
