"""Batches of catalog items and of local inventory: any number of items, and what became of each."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import replace

from pinterest_async._core.display import plain
from pinterest_async._core.guards import is_items, is_mapping, is_object
from pinterest_async._core.item_failures import ItemFailure, field_of, item_failures
from pinterest_async._core.operation import Operation
from pinterest_async.errors import APIError, InvalidCallError, PinterestError
from pinterest_async.jobs.chunks import placed
from pinterest_async.jobs.content import wrong
from pinterest_async.jobs.errors import JobFailedError
from pinterest_async.jobs.job import JobClient, JobProgress, Look, Run, SavedJob, id_of, text_of
from pinterest_async.jobs.outcomes import Outcome, Outcomes
from pinterest_async.jobs.polling import Polling
from pinterest_async.resources.catalog_item_batches import (
    CATALOG_ITEM_BATCHES_CREATE,
    CATALOG_ITEM_BATCHES_GET,
)
from pinterest_async.resources.local_inventory import (
    LOCAL_INVENTORY_CREATE_BATCH,
    LOCAL_INVENTORY_GET_BATCH,
)

MOST_ITEMS: Final = 1000
"""Items of one batch."""

BatchSource: TypeAlias = Literal["items", "inventory"]


class _Kind(NamedTuple):
    """A kind of batches: operations, the lists in requests and answers, and what names an item."""

    create: Operation[Any]
    get: Operation[Any]
    sent: str
    answered: str
    keys: tuple[str, ...]


_KINDS: Final[Mapping[BatchSource, _Kind]] = {
    "items": _Kind(
        CATALOG_ITEM_BATCHES_CREATE,
        CATALOG_ITEM_BATCHES_GET,
        "items",
        "items",
        ("item_id", "hotel_id", "creative_assets_id"),
    ),
    "inventory": _Kind(
        LOCAL_INVENTORY_CREATE_BATCH,
        LOCAL_INVENTORY_GET_BATCH,
        "operations",
        "operation_results",
        ("item_id", "store_code"),
    ),
}


class SentBatch(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One batch: how many of the items it has, and its id, or why it could not be sent.

    `records` is what the answer said of each item, once the batch is done, and `state` its word.
    """

    count: Annotated[int, msgspec.Meta(ge=1)]
    batch_id: str | None = None
    code: int | None = None
    error: str | None = None
    state: str | None = None
    records: list[Any] | None = None


class BatchesJob(SavedJob[Outcomes[dict[str, Any]]], frozen=True, kw_only=True, tag="batches"):
    """Batches that were sent; the result is what became of each item, in the order of the input."""

    WHAT: ClassVar[str] = "the batch"
    POLLING: ClassVar[Polling] = Polling(first=3.0, factor=1.7)

    source: BatchSource
    items: list[Any]
    batches: tuple[SentBatch, ...]
    catalog_id: str | None = None
    ad_account_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse batches that are of other items."""
        if sum(batch.count for batch in self.batches) != len(self.items):
            raise ValueError("the counts of `batches` do not add up to the length of `items`")

    def __repr__(self) -> str:
        """Without the items."""
        return f"BatchesJob({len(self.items)} items in {len(self.batches)} batches)"

    async def look(self, client: JobClient) -> Look[Outcomes[dict[str, Any]]]:
        """Look at the first batch that was not done."""
        for number, batch in enumerate(self.batches):
            if batch.records is None and batch.batch_id is not None:
                return await self._look_at(client, number, batch)
        return Look(state="COMPLETED", result=self._outcomes())

    async def step(self, run: Run) -> Look[Outcomes[dict[str, Any]]]:
        """Look at the batches one after the other, and keep what those that are done have said."""
        look = await self.look(run.client)
        if look.then is not None:
            run.tell(JobProgress(state=look.state))
        return look

    async def _look_at(
        self, client: JobClient, number: int, batch: SentBatch
    ) -> Look[Outcomes[dict[str, Any]]]:
        kind = _KINDS[self.source]
        path = () if self.catalog_id is None else (self.catalog_id,)
        query = {"ad_account_id": self.ad_account_id}
        answer = (await client.send(kind.get, *path, batch.batch_id, query=query)).data
        state = text_of(answer, "status")
        if state == "PROCESSING":
            return Look(state=state)
        if state not in ("COMPLETED", "FAILED"):
            raise JobFailedError(f"the batch ended as {state or 'no state'}", state=state)
        records: Any = plain(field_of(answer, kind.answered))
        done = replace(batch, state=state, records=records if is_items(records) else [])
        batches = (*self.batches[:number], done, *self.batches[number + 1 :])
        return Look(state=state, then=replace(self, batches=batches))

    def _outcomes(self) -> Outcomes[dict[str, Any]]:
        found: list[Outcome[dict[str, Any]]] = []
        for batch in self.batches:
            items = self.items[len(found) : len(found) + batch.count]
            found += _of_batch(len(found), items, batch, _KINDS[self.source].keys)
        return Outcomes(found)


def _of_batch(
    first: int, items: Sequence[Any], batch: SentBatch, keys: Sequence[str]
) -> Iterator[Outcome[dict[str, Any]]]:
    """What became of the items of one batch, the first of which has this place in the input."""
    records = [one for one in batch.records or () if is_object(one)]
    names = [_name(one, keys) for one in records]
    in_order = len(records) == len(items)
    by_name = {
        name: one for name, one in zip(names, records, strict=True) if names.count(name) == 1
    }
    for place, item in enumerate(items):
        name = _name(item, keys)
        same = in_order and names[place] == name
        record = records[place] if same else by_name.get(name)
        failures = item_failures([record]) if record is not None else ()
        failed: ItemFailure | None = failures[0] if failures else None
        if failed is None and batch.error is not None:
            failed = _failure(item, batch.error, batch.code)
        elif failed is None and batch.state == "FAILED":
            failed = _failure(item, "the batch ended as FAILED", None)
        result = record if failed is None else None
        yield Outcome(index=first + place, item=item, result=result, failed=failed)


def _failure(item: Any, message: str, code: int | None) -> ItemFailure:
    return ItemFailure(index=None, code=code, message=message, item=item)


def _name(item: Any, keys: Sequence[str]) -> tuple[str, ...]:
    return tuple(str(item[key]) for key in keys if is_object(item) and item.get(key) is not None)


async def sent_batches(
    client: JobClient,
    source: BatchSource,
    body: Any,
    *,
    catalog_id: str | None = None,
    ad_account_id: str | None = None,
    progress: Callable[[JobProgress], Any] | None = None,
) -> BatchesJob:
    """Send the items of a body in as many batches as they need; all are checked before the first.

    A batch that cannot be sent is noted, with its error for each of its items, and the others are
    sent all the same; where none can be, the error is raised.

    Raises:
        InvalidCallError: An item is wrong, with its place in the whole list; nothing was sent.
    """
    kind = _KINDS[source]
    path = () if catalog_id is None else (catalog_id,)
    query = {"ad_account_id": ad_account_id}
    items = body.get(kind.sent) if is_mapping(body) else None
    if not is_items(items) or not items:
        raise wrong(kind.sent, "is no list of items", "pass at least one item")
    for first in range(0, len(items), MOST_ITEMS):
        one = {**body, kind.sent: items[first : first + MOST_ITEMS]}
        try:
            client.check(kind.create, *path, query=query, body=one)
        except InvalidCallError as error:
            raise placed(error, kind.sent, first) from None
    batches: list[SentBatch] = []
    failures: list[PinterestError] = []
    for first in range(0, len(items), MOST_ITEMS):
        some = items[first : first + MOST_ITEMS]
        try:
            answer = (
                await client.send(kind.create, *path, query=query, body={**body, kind.sent: some})
            ).data
            id = id_of(answer, "batch_id", "the answer to a batch has no batch id")
            batches.append(SentBatch(count=len(some), batch_id=id))
        except PinterestError as error:
            failures.append(error)
            code = error.code if isinstance(error, APIError) else None
            batches.append(SentBatch(count=len(some), code=code, error=error.message))
        if progress is not None:
            progress(JobProgress(step="sending", sent=first + len(some), size=len(items)))
    if len(failures) == len(batches):
        raise failures[0]
    return BatchesJob(
        source=source,
        items=list(plain(items)),
        batches=tuple(batches),
        catalog_id=catalog_id,
        ad_account_id=ad_account_id,
    )
