"""The engine of a harvest: accounts are listed, cut into partitions, and each is committed once."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Final, TypeAlias, TypeVar

import anyio
from anyio.streams.memory import MemoryObjectReceiveStream, MemoryObjectSendStream
from msgspec.structs import replace

from pinterest_async.client import Pinterest
from pinterest_async.errors import (
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    InvalidCallError,
    MissingScopeError,
    NotFoundError,
    NotInSandboxError,
    PermissionDeniedError,
    PinterestError,
    PoolClosedError,
    RateLimitWaitError,
)
from pinterest_async.harvest.execute.progress import (
    Failure,
    HarvestResult,
    Progress,
    ProgressListener,
)
from pinterest_async.harvest.execute.report_jobs import Execute, RunReports
from pinterest_async.harvest.output.checkpoint import Checkpoint, Commit, TargetError
from pinterest_async.harvest.output.sinks import SinkError
from pinterest_async.harvest.plan import discover
from pinterest_async.harvest.plan.partition import FetchMethod, Partition
from pinterest_async.harvest.plan.series import Series, cut

T = TypeVar("T")
_PartitionQueues: TypeAlias = Mapping[FetchMethod, MemoryObjectSendStream[Partition]]

LISTERS: Final = 8
QUEUE: Final = 1000
ROUNDS: Final = 3
"""How often a partition is tried, where each try includes the repetitions that the client makes."""

REPORTS_AHEAD: Final = 4
"""Reports waited for, for each partition under way: waiting takes minutes, but no memory."""

ENDING: Final = (
    AuthenticationError,
    ConfigurationError,
    MissingScopeError,
    NotInSandboxError,
    PoolClosedError,
    RateLimitWaitError,
    SinkError,
    TargetError,
)
"""Errors that every further partition would meet: they end the run, which can go on later."""

NOT_REPEATED: Final = (BadRequestError, InvalidCallError, NotFoundError, PermissionDeniedError)
"""Errors of one partition that a repetition would meet again."""


class LostPartitionsError(PinterestError):
    """Some partitions were neither done nor have failed: a mistake of this package."""

    ADVICE = "Run the same plan again, which fetches what is missing, and report it."


class Engine:
    """One run of one plan: counters that only the event loop touches."""

    def __init__(
        self,
        series: Series,
        client: Pinterest,
        checkpoint: Checkpoint,
        execute: Execute,
        listener: ProgressListener | None,
    ) -> None:
        self._series = series
        self._plan = series.plan
        self._client = client.with_options(priority="background")
        self._checkpoint = checkpoint
        self._names = discover.AccountNames(self._client, self._plan)
        self._reports = RunReports(
            series, self._client, checkpoint, execute, requested=self._notify
        )
        self._listener = listener
        self._started = time.monotonic()
        self._finished: Mapping[str, Commit] = {}
        self._accounts = self._accounts_listed = 0
        self._partitions = self._done = self._skipped = 0
        self._rows = self._calls = self._calls_left = 0
        self._misfits = self._set_aside = 0
        self._to_repeat: list[Failure] = []
        self._failed: list[Failure] = []
        self._paths: dict[str, None] = {}
        self._with_rows: set[str] = set()

    async def run(self, concurrency: int) -> HarvestResult:
        """Harvest everything; what fails is repeated when all else is done."""
        self._finished = await self._checkpoint.begin(self._series)
        await self._reports.begin()
        pages = discover.account_pages(self._client, self._plan, self._names)
        accounts: Sequence[str] = await self._listed(None, pages)
        self._accounts = len(accounts)
        self._notify()
        partitions: Sequence[Partition] = ()
        for _ in range(ROUNDS):
            repeated, self._to_repeat = self._to_repeat, []
            accounts = [one.account for one in repeated if not one.partition] or accounts
            partitions = [one.partition for one in repeated if one.partition]
            await self._round(accounts, partitions, concurrency)
            accounts = ()
            if not self._to_repeat:
                break
        failures = (*self._failed, *self._to_repeat)
        ended = self._done + self._skipped + sum(1 for one in failures if one.partition)
        if ended != self._partitions:
            raise LostPartitionsError(
                f"of {self._partitions:,} partitions, {ended:,} were done or have failed"
            )
        if not failures:
            through = max(self._series.through or self._plan.end, self._plan.end)
            if through != self._series.through:
                await self._checkpoint.complete(replace(self._series, through=through))
        self._notify()
        return HarvestResult(
            rows=self._rows,
            calls=self._calls,
            done=self._done,
            skipped=self._skipped,
            failures=failures,
            misfits=self._misfits,
            set_aside=self._set_aside,
            accounts=self._accounts,
            accounts_without_rows=self._accounts
            - len(self._with_rows | {failure.account for failure in failures}),
            seconds=time.monotonic() - self._started,
            paths=tuple(self._paths),
        )

    async def _round(
        self, accounts: Sequence[str], partitions: Sequence[Partition], concurrency: int
    ) -> None:
        # All accounts wait in the first queue; the second is bounded, and so is memory.
        account_in, account_out = anyio.create_memory_object_stream[str](len(accounts))
        part_in, part_out = anyio.create_memory_object_stream[Partition](QUEUE)
        report_in, report_out = anyio.create_memory_object_stream[Partition](QUEUE)
        queues: _PartitionQueues = {"calls": part_in, "report": report_in}
        for account in accounts:
            account_in.send_nowait(account)
        account_in.close()
        async with plain_errors(), anyio.create_task_group() as tasks, AsyncExitStack() as streams:
            for stream in (account_out, part_in, part_out, report_in, report_out):
                streams.enter_context(stream)
            tasks.start_soon(self._repeat, partitions, _clones(queues))
            for _ in range(LISTERS):
                tasks.start_soon(self._cut, account_out.clone(), _clones(queues))
            for _ in range(concurrency):
                tasks.start_soon(self._work, part_out.clone())
            for _ in range(concurrency * REPORTS_AHEAD):
                tasks.start_soon(self._work, report_out.clone())

    async def _listed(
        self, account: str | None, pages: AsyncGenerator[tuple[list[str], int]]
    ) -> tuple[str, ...]:
        """The ids of an account (None: the accounts), in the order of their first listing."""
        ids, current = await self._checkpoint.listed(self._series, account)
        if current:
            return ids
        found = dict.fromkeys(ids if account else ())
        async with aclosing(pages):
            async for page, used in pages:
                found |= dict.fromkeys(page)
                self._calls += used
        await self._checkpoint.note(self._series, account, found)
        return tuple(found)

    async def _repeat(self, partitions: Sequence[Partition], queues: _PartitionQueues) -> None:
        async with queues["calls"], queues["report"]:
            for partition in partitions:
                await _put(queues[partition.method], partition)

    async def _cut(
        self, accounts: MemoryObjectReceiveStream[str], queues: _PartitionQueues
    ) -> None:
        async with accounts, queues["calls"], queues["report"]:
            while (account := await _next(accounts)) is not None:
                ids: Sequence[str] = ()
                try:
                    if self._plan.facts.listed:
                        pages = discover.entity_pages(self._client, self._plan, account)
                        ids = await self._listed(account, pages)
                except PinterestError as error:
                    self._calls += 1
                    self._fail(Failure(account=account, partition=None, error=error))
                    self._notify()
                    continue
                partitions = list(cut(self._series, account, ids))
                self._accounts_listed += 1
                self._partitions += len(partitions)
                self._calls_left += sum(map(self._plan.cutter.calls, partitions))
                self._notify()
                for partition in partitions:
                    await _put(queues[partition.method], partition)

    async def _work(self, queue: MemoryObjectReceiveStream[Partition]) -> None:
        async with queue:
            while (partition := await _next(queue)) is not None:
                finished = self._finished.get(partition.id)
                if finished is not None:
                    self._skipped += 1
                    self._count(partition, finished)
                if finished is not None or await self._do(partition):
                    self._calls_left -= self._plan.cutter.calls(partition)
                self._notify()

    async def _do(self, partition: Partition) -> bool:
        try:
            done = await self._reports.do(await self._named(partition))
        except PinterestError as error:
            self._calls += max(1, error.attempts)
            self._fail(Failure(account=partition.account, partition=partition, error=error))
            return False
        await self._checkpoint.commit(self._series, partition, done.commit)
        self._done += 1
        self._calls += done.calls
        self._rows += done.commit.rows
        self._count(partition, done.commit)
        return True

    async def _named(self, partition: Partition) -> Partition:
        """The partition with its account's name, where the plan wants names."""
        if not self._plan.names:
            return partition
        name = await self._names.of(partition.account)
        self._calls, self._names.calls = self._calls + self._names.calls, 0
        return replace(partition, account_name=name)

    def _count(self, partition: Partition, commit: Commit) -> None:
        if commit.rows:
            self._with_rows.add(partition.account)
        self._misfits += commit.misfits
        self._set_aside += commit.set_aside
        if commit.path is not None:
            self._paths[commit.path] = None

    def _fail(self, failure: Failure) -> None:
        if isinstance(failure.error, ENDING):
            raise failure.error
        final = isinstance(failure.error, NOT_REPEATED)
        (self._failed if final else self._to_repeat).append(failure)

    def _notify(self) -> None:
        if self._listener is None:
            return
        reports, reports_for = self._reports.waiting()
        self._listener.update(
            Progress(
                accounts=self._accounts,
                accounts_listed=self._accounts_listed,
                partitions=self._partitions,
                done=self._done,
                skipped=self._skipped,
                failed=len(self._failed) + len(self._to_repeat),
                rows=self._rows,
                calls=self._calls,
                calls_left=self._calls_left,
                seconds=time.monotonic() - self._started,
                category=self._plan.facts.operation.category,
                reports=reports,
                reports_for=reports_for,
                quota=self._client.limits.snapshot(),
            )
        )


async def _put(queue: MemoryObjectSendStream[Partition], partition: Partition) -> None:
    """Put a partition into a queue; like `_next`, with no turn of the event loop to spare."""
    try:
        queue.send_nowait(partition)
    except anyio.WouldBlock:
        await queue.send(partition)


async def _next(queue: MemoryObjectReceiveStream[T]) -> T | None:
    """The next item of a queue; None at its end.

    One that is there is taken at once: `receive` lets the event loop have a turn first, for which
    it waits until a thread that converts rows lets go of the interpreter.
    """
    try:
        return queue.receive_nowait()
    except anyio.WouldBlock:
        pass
    except anyio.EndOfStream:
        return None
    try:
        return await queue.receive()
    except anyio.EndOfStream:
        return None


def _clones(queues: _PartitionQueues) -> _PartitionQueues:
    """The queues for one more sender: they end when all senders have closed theirs."""
    return {method: queue.clone() for method, queue in queues.items()}


@asynccontextmanager
async def plain_errors() -> AsyncGenerator[None]:
    """Raise the error itself that ended a task group, not the group around it."""
    try:
        yield
    except BaseExceptionGroup as group:
        error: BaseException = group
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
        raise error from None
