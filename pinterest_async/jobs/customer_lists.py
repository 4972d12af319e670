"""Customer lists on the client: any number of records, hashed, sent in parts, and followed.

Pinterest keeps a list as a set: a record that is added or removed a second time changes nothing
but a counter, so such a request is sent again where its answer is lost. The request that makes a
list is not: the lists are looked through for it first.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, TypeAlias

from msgspec import UNSET, Meta, UnsetType
from msgspec.structs import replace

from pinterest_async._core.guards import is_items, is_iterable
from pinterest_async._core.item_failures import field_of
from pinterest_async._core.problems import MOST, Problem, kind
from pinterest_async._core.user_data import UnfitError, hashed
from pinterest_async.errors import InvalidCallError
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.errors import DOUBTFUL, JobFailedError, in_doubt
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
    text_of,
)
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.customer_lists import (
    CUSTOMER_LISTS_CREATE,
    CUSTOMER_LISTS_GET,
    CUSTOMER_LISTS_LIST,
    CUSTOMER_LISTS_UPDATE,
    CustomerList,
    CustomerLists,
)

RecordsType: TypeAlias = Literal["EMAIL", "IDFA", "MAID"]
"""What the records of a list are: e-mail addresses, or advertising ids of Apple or Google."""

PART: Final = 50_000
"""Records of one request. Pinterest names no limit; as hashes, these have 3.3 MB."""
AT_A_TIME: Final = 2000
"""Records that are hashed before other tasks have a turn: about 20 ms."""
TRIES: Final = 4
"""How often a request that changes a list is sent where its answer is lost."""

_FIELDS: Final[dict[str, str]] = {"EMAIL": "em", "IDFA": "hashed_maids", "MAID": "hashed_maids"}
_OTHER_HASH: Final = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{40}")
"""MD5 and SHA-1, which customer lists take as well."""
_CLOCKS: Final = 300.0
"""Seconds by which Pinterest's clock and ours may differ."""
_NEWEST: Final = 250


class CustomerListJob(SavedJob[CustomerList], frozen=True, kw_only=True, tag="customer_list"):
    """Records that are put into a list or taken off it, and then matched; the result is the list.

    Without a `customer_list_id`, the list has to be made yet. `sent` is how many of the records
    have arrived, `began` the Unix time when the job began.
    """

    WHAT: ClassVar[str] = "the customer list"
    POLLING: ClassVar[Polling] = Polling(first=5.0, longest=60.0)

    records: list[str]
    began: float
    part: Annotated[int, Meta(ge=1)]
    operation: Literal["ADD", "REMOVE"] = "ADD"
    name: str | None = None
    list_type: RecordsType = "EMAIL"
    customer_list_id: str | None = None
    sent: Annotated[int, Meta(ge=0)] = 0
    ad_account_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse a count of records that cannot have arrived."""
        if self.sent > len(self.records):
            raise ValueError("`sent` is more than `records` has")
        if self.sent and self.customer_list_id is None:
            raise ValueError("`sent` needs `customer_list_id`, the list that has the records")

    def __repr__(self) -> str:
        """Without people's data."""
        return f"CustomerListJob({self.sent} of {len(self.records)} records are sent)"

    @property
    def at_once(self) -> bool:
        """There is something to send first."""
        return self.sent < len(self.records)

    async def look(self, client: JobClient) -> Look[CustomerList]:
        """Look at whether Pinterest has matched the records."""
        if self.customer_list_id is None:
            return Look()
        answer: Any = (
            await client.send(
                CUSTOMER_LISTS_GET, self.customer_list_id, ad_account_id=self.ad_account_id
            )
        ).data
        state = text_of(answer, "status")
        small = state == "TOO_SMALL"
        if small and self.operation == "ADD":
            raise JobFailedError(
                "the customer list ended as TOO_SMALL",
                state=state,
                advice="At least 100 of its people must have Pinterest accounts: add more records.",
            )
        done = self.sent >= len(self.records) and (state == "READY" or small)
        return Look(state=state, result=answer if done else UNSET)

    async def step(self, run: Run) -> Look[CustomerList]:
        """Send the next records, or look when all are sent."""
        if self.sent >= len(self.records):
            return await self.look(run.client)
        records = self.records[self.sent : self.sent + self.part]
        id = self.customer_list_id
        if id is None:
            id = await self._made(run, records)
        else:
            await self._changed(run, id, records)
        sent = self.sent + len(records)
        run.tell(JobProgress(step="sending", sent=sent, size=len(self.records)))
        return Look(then=replace(self, customer_list_id=id, sent=sent))

    async def _made(self, run: Run, records: Sequence[str]) -> str:
        """Make the list; where it may have been made already, look for it first."""
        if run.resumed and (found := await self._found(run.client)) is not None:
            return found
        body = {"name": self.name, "list_type": self.list_type, "records": ",".join(records)}
        try:
            answer: Any = await run.client.send(
                CUSTOMER_LISTS_CREATE, ad_account_id=self.ad_account_id, body=body
            )
        except DOUBTFUL as error:
            found = await self._found(run.client) if in_doubt(error) else None
            if found is None:
                raise
            return found
        return id_of(answer.data, "id", "the answer to a new customer list has no id")

    async def _found(self, client: JobClient) -> str | None:
        """The list, if it is among the newest: its name, made since the job began."""
        query = {"order": "DESCENDING", "page_size": _NEWEST}
        page: Any = await client.send(
            CUSTOMER_LISTS_LIST, ad_account_id=self.ad_account_id, query=query
        )
        items = field_of(page.data, "items")
        for one in items if is_items(items) else ():
            made = field_of(one, "created_time")
            recent = isinstance(made, int | float) and made >= self.began - _CLOCKS
            if recent and text_of(one, "name") == self.name:
                return text_of(one, "id")
        return None

    async def _changed(self, run: Run, id: str, records: Sequence[str]) -> None:
        body = {"operation_type": self.operation, "records": ",".join(records)}
        pause = run.polling.first
        for left in reversed(range(TRIES)):
            try:
                await run.client.send(
                    CUSTOMER_LISTS_UPDATE, id, ad_account_id=self.ad_account_id, body=body
                )
            except DOUBTFUL:
                if not left:
                    raise
                await run.polling.sleep(pause)
                pause = min(pause * run.polling.factor, run.polling.longest)
            else:
                return


class CustomerListsJobs(JobNamespace, CustomerLists):
    """Customer lists: contacts of the advertiser's customers, hashed, sent, and followed."""

    __slots__ = ()

    async def run(
        self,
        name: str,
        records: Iterable[str],
        *,
        list_type: RecordsType = "EMAIL",
        ad_account_id: str | None = None,
        part: int = PART,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> CustomerList:
        """Make a list of any number of records, wait until they are matched, and return it.

        Records are normalised and hashed (SHA-256) unless they are hashed already (SHA-256, SHA-1,
        MD5). Empty ones and repetitions are left out.

        Args:
            name: The name of the list, which should be its own: a list that may have been made
                without an answer is found by it.
            records: E-mail addresses, or advertising ids.
            list_type: What the records are.
            ad_account_id: The ad account.
            part: Records of one request.
            timeout: Seconds for all of it, by default 30 minutes.
            progress: Is called with a `JobProgress` at each request and each look.
            polling: Pauses between two looks.

        Raises:
            InvalidCallError: Records are wrong, with their places; nothing was sent.
            JobFailedError: Fewer than 100 people of it have Pinterest accounts.
            JobTimeoutError: They were not matched in time.
        """
        job = await self.start(
            name, records, list_type=list_type, ad_account_id=ad_account_id, part=part
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start(
        self,
        name: str,
        records: Iterable[str],
        *,
        list_type: RecordsType = "EMAIL",
        ad_account_id: str | None = None,
        part: int = PART,
    ) -> Job[CustomerList]:
        """Check and hash the records of a list as `run` does; its job makes the list."""
        return self._job(
            await _prepared(records, list_type),
            name=name,
            list_type=list_type,
            ad_account_id=ad_account_id,
            part=part,
        )

    async def add(
        self,
        customer_list_id: str,
        records: Iterable[str],
        *,
        list_type: RecordsType = "EMAIL",
        ad_account_id: str | None = None,
        part: int = PART,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> CustomerList:
        """Add any number of records to a list as `run` does, and wait until they are matched."""
        job = await self.start_change(
            customer_list_id,
            "ADD",
            records,
            list_type=list_type,
            ad_account_id=ad_account_id,
            part=part,
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def remove(
        self,
        customer_list_id: str,
        records: Iterable[str],
        *,
        list_type: RecordsType = "EMAIL",
        ad_account_id: str | None = None,
        part: int = PART,
        timeout: float | UnsetType | None = UNSET,  # noqa: ASYNC109
        progress: ProgressFunction | None = None,
        polling: Polling | None = None,
    ) -> CustomerList:
        """Take any number of records off a list, and wait until that is done.

        The list may be too small for an audience then: see its `status`.
        """
        job = await self.start_change(
            customer_list_id,
            "REMOVE",
            records,
            list_type=list_type,
            ad_account_id=ad_account_id,
            part=part,
        )
        return await job.result(timeout=timeout, progress=progress, polling=polling)

    async def start_change(
        self,
        customer_list_id: str,
        operation: Literal["ADD", "REMOVE"],
        records: Iterable[str],
        *,
        list_type: RecordsType = "EMAIL",
        ad_account_id: str | None = None,
        part: int = PART,
    ) -> Job[CustomerList]:
        """Check and hash records that a job adds to a list, or takes off it."""
        return self._job(
            await _prepared(records, list_type),
            operation=operation,
            list_type=list_type,
            customer_list_id=customer_list_id,
            ad_account_id=ad_account_id,
            part=part,
        )

    def _job(
        self, records: list[str], *, ad_account_id: str | None, part: int, **fields: Any
    ) -> Job[CustomerList]:
        account = account_of(self._jobs, ad_account_id)
        if part < 1:
            raise InvalidCallError([Problem("part", f"is {part}", "pass at least 1")])
        saved = CustomerListJob(
            records=records,
            began=CustomerListJob.POLLING.now(),
            part=part,
            ad_account_id=account,
            **fields,
        )
        first = ",".join(records[:1])
        if saved.customer_list_id is None:
            body = {"name": saved.name, "list_type": saved.list_type, "records": first}
            self._jobs.check(CUSTOMER_LISTS_CREATE, ad_account_id=account, body=body)
        else:
            body = {"operation_type": saved.operation, "records": first}
            self._jobs.check(
                CUSTOMER_LISTS_UPDATE, saved.customer_list_id, ad_account_id=account, body=body
            )
        return Job(self._jobs, saved)


async def _prepared(records: object, list_type: str) -> list[str]:
    """Records as they go on the wire, each once; other tasks have their turn in between.

    Raises:
        InvalidCallError: A record is wrong, or there is none; no record is repeated.
    """
    field = _FIELDS.get(list_type)
    if field is None:
        fix = f"pass one of {', '.join(_FIELDS)}"
        raise InvalidCallError([Problem("list_type", "is none that can be hashed here", fix)])
    if not is_iterable(records):
        fix = "pass a list of e-mail addresses or advertising ids"
        raise InvalidCallError([Problem("records", f"expected a list, got {kind(records)}", fix)])
    found: dict[str, None] = {}
    problems: list[Problem] = []
    for index, record in enumerate(records):
        try:
            one = _record(field, record)
        except UnfitError as error:
            problems.append(Problem(f"records[{index}]", error.message, error.fix))
            if len(problems) >= MOST:
                break
        else:
            if one:
                found[one] = None
        if index % AT_A_TIME == AT_A_TIME - 1:
            await asyncio.sleep(0)
    if not problems and not found:
        problems = [Problem("records", "has no record", "pass at least one")]
    if problems:
        raise InvalidCallError(problems)
    return list(found)


def _record(field: str, record: object) -> str:
    if not isinstance(record, str):
        raise UnfitError(f"expected str, got {kind(record)}", "pass text")
    text = record.strip()
    return text.lower() if _OTHER_HASH.fullmatch(text) else hashed(field, record)
