"""Running a plan: list, cut, fetch, commit, many at a time and each partition once."""

import datetime as dt
import time
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import anyio
import anyio.to_thread
from anyio.abc import ObjectReceiveStream, ObjectSendStream

from pinterest_async.client import Pinterest
from pinterest_async.errors import (
    AuthenticationError,
    PinterestError,
    PoolClosedError,
    RateLimitWaitError,
)
from pinterest_async.harvest import levels
from pinterest_async.harvest.partition import Partition
from pinterest_async.harvest.plan import Plan
from pinterest_async.harvest.progress import Failure, HarvestResult, Progress, ProgressListener
from pinterest_async.harvest.tables import MISFITS, table
from pinterest_async.harvest.target import Target
from pinterest_async.pages import Pager

LISTERS: Final = 8
WRITERS: Final = 2
QUEUE: Final = 1000

_HOPELESS: Final = (AuthenticationError, PoolClosedError, RateLimitWaitError)
"""Errors that every further call would meet: the run ends, and can be taken up later."""


async def run(
    plan: Plan,
    client: Pinterest,
    *,
    out: Path | str,
    progress: ProgressListener | None = None,
    concurrency: int = 16,
) -> HarvestResult:
    """Harvest a plan into a folder of Parquet files.

    Files: `level=ad/account=<id>/part-<partition>.parquet` below `out`, each complete from the
    moment it is there. Partitions that are there already are not fetched again, so a run that was
    stopped is taken up by running it again. A partition that fails for good does not stop the
    others: the result names it. Cancelling is safe at any moment.

    `concurrency` is the number of analytics calls in flight; the client's limiter paces them, and
    lets calls that others make with the same client go first.

    Raises:
        PlanError: where the dates cannot be had today.
        TargetError: where `out` is in use, or holds rows of this plan under another one.
        PinterestError: where no further call can succeed, as with a token that has expired.
        OSError: where a file cannot be written.
    """
    plan.check(dt.datetime.now(dt.UTC).date())
    target = Target(Path(out), plan)
    target.open()
    try:
        return await _Run(plan, client, target, progress).execute(concurrency)
    finally:
        target.close()


class _Run:
    """The state of one run: counters that only the event loop touches."""

    def __init__(
        self, plan: Plan, client: Pinterest, target: Target, listener: ProgressListener | None
    ) -> None:
        self._plan = plan
        self._client = client.with_options(priority="background")
        self._target = target
        self._listener = listener
        self._question = plan.question
        self._writers = anyio.CapacityLimiter(WRITERS)
        self._started = time.monotonic()
        self._accounts = self._accounts_listed = 0
        self._partitions = self._done = self._skipped = 0
        self._rows = self._calls = self._misfits = 0
        self._failures: list[Failure] = []
        self._paths: list[Path] = []

    async def execute(self, concurrency: int) -> HarvestResult:
        accounts = await self._list_accounts()
        self._accounts = len(accounts)
        self._tell()
        # All accounts wait in the first queue; the second is bounded, and so is memory.
        account_in, account_out = anyio.create_memory_object_stream[str](len(accounts))
        part_in, part_out = anyio.create_memory_object_stream[Partition](QUEUE)
        for account in accounts:
            account_in.send_nowait(account)
        account_in.close()
        async with (
            _plain_errors(),
            anyio.create_task_group() as tasks,
            account_out,
            part_in,
            part_out,
        ):
            for _ in range(LISTERS):
                tasks.start_soon(self._cut, account_out.clone(), part_in.clone())
            for _ in range(concurrency):
                tasks.start_soon(self._fetch, part_out.clone())
        self._tell()
        return HarvestResult(
            rows=self._rows,
            calls=self._calls,
            done=self._done,
            skipped=self._skipped,
            failures=tuple(self._failures),
            misfits=self._misfits,
            seconds=time.monotonic() - self._started,
            paths=tuple(self._paths),
        )

    async def _list_accounts(self) -> Sequence[str]:
        if self._plan.accounts != "all":
            return self._plan.accounts
        listed = self._target.listed(None)
        if listed is None:
            listed = await self._list(None, levels.accounts(self._client))
        return listed

    async def _list(self, account: str | None, pager: Pager[Any]) -> tuple[str, ...]:
        """Walk a list to its end, and keep its ids on disk."""
        ids: dict[str, None] = {}
        async with aclosing(pager.pages()) as pages:
            async for page in pages:
                self._calls += 1
                ids |= dict.fromkeys(filter(None, map(_id, page.items)))
        return await anyio.to_thread.run_sync(self._target.note, account, ids)

    async def _cut(
        self, accounts: ObjectReceiveStream[str], partitions: ObjectSendStream[Partition]
    ) -> None:
        async with accounts, partitions:
            async for account in accounts:
                cut = await self._partitions_of(account)
                self._accounts_listed += 1
                self._partitions += len(cut)
                self._tell()
                for partition in cut:
                    await partitions.send(partition)

    async def _partitions_of(self, account: str) -> Sequence[Partition]:
        ids = self._target.listed(account)
        if ids is None:
            pager = levels.entities(self._client, self._plan.level, account)
            try:
                ids = await self._list(account, pager) if pager else ()
            except _HOPELESS:
                raise
            except PinterestError as error:
                self._calls += 1
                self._failures.append(Failure(account=account, partition=None, error=error))
                return ()
        return list(self._plan.cut(account, ids))

    async def _fetch(self, partitions: ObjectReceiveStream[Partition]) -> None:
        async with partitions:
            async for partition in partitions:
                if self._target.has(partition):
                    self._skipped += 1
                    self._paths.append(self._target.path(partition))
                else:
                    await self._fetch_one(partition)
                self._tell()

    async def _fetch_one(self, partition: Partition) -> None:
        self._calls += 1
        try:
            rows = await levels.rows(self._client, self._plan.level, partition, self._question)
        except _HOPELESS:
            raise
        except PinterestError as error:
            failure = Failure(account=partition.account, partition=partition, error=error)
            self._failures.append(failure)
            return
        # In a thread the loop stays free for the network; a started write always ends, since
        # a cancellation waits for it.
        path, misfits = await anyio.to_thread.run_sync(
            self._commit, partition, rows, limiter=self._writers
        )
        self._done += 1
        self._rows += len(rows)
        self._misfits += misfits
        self._paths.append(path)

    def _commit(self, partition: Partition, rows: Sequence[Any]) -> tuple[Path, int]:
        data = table(self._plan, partition, rows)
        misfits = 0
        if MISFITS in data.schema.names:
            misfits = len(rows) - data.column(MISFITS).null_count
        return self._target.commit(partition, data), misfits

    def _tell(self) -> None:
        if self._listener is None:
            return
        self._listener.update(
            Progress(
                accounts=self._accounts,
                accounts_listed=self._accounts_listed,
                partitions=self._partitions,
                done=self._done,
                skipped=self._skipped,
                failed=len(self._failures),
                rows=self._rows,
                calls=self._calls,
                seconds=time.monotonic() - self._started,
                quota=self._client.limits.snapshot(),
            )
        )


def _id(item: Any) -> str | None:
    """The id of a listed thing, also of one that did not fit its struct and was kept as sent."""
    return item.get("id") if isinstance(item, dict) else item.id  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


@asynccontextmanager
async def _plain_errors() -> AsyncGenerator[None]:
    """Raise the error itself that ended a task group, not the group around it."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        raise error from None
