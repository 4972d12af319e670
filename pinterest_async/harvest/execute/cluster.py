"""Partitions done by the workers of a Dask cluster, which share the quota with one another."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, Final, Self, TypeAlias

import anyio
from msgspec.structs import replace

from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError, PinterestError
from pinterest_async.harvest.execute.stragglers import Stragglers
from pinterest_async.harvest.execute.worker import Done, Worker
from pinterest_async.harvest.output.checkpoint import TargetError
from pinterest_async.harvest.output.sinks import FileSink, Sink
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob
from pinterest_async.limits import InMemoryLimiter

Connect: TypeAlias = Callable[[], Pinterest]
"""Makes a client and its limiter, in the process of a worker; both are closed with the run."""

CLOSING_SECONDS: Final = 30.0
"""How long workers may take to end what they do when a run is over."""
IDLE_SECONDS: Final = 300.0
"""After which a worker closes a run that gives it nothing to do, and may have died."""


LOOK_SECONDS: Final = 5.0
"""How often the workers are looked at, to find those that hold the run."""
DESERTED_SECONDS: Final = 600.0
"""After which a run ends that no worker has been there for; clusters may take minutes to grow."""
DROPPING_SECONDS: Final = 30.0
"""How long the workers are tried to be told that a partition was done by another one."""


class ClusterError(TargetError):
    """The cluster stopped working; what is finished is kept."""

    ADVICE = "Look at the cluster, then run the same plan again: it goes on where it stopped."


class WorkerLostError(PinterestError):
    """Every worker that was given a partition died."""

    ADVICE = "Look at the workers' logs; a worker that lacks memory is the likeliest cause."


class _Attempts:
    """The attempts of a partition: the keys of those under way, and those that are over."""

    def __init__(self, partition: Partition, report: ReportJob | None) -> None:
        self.partition = partition
        self.report = report
        self.keys: dict[asyncio.Task[Done | PinterestError], str] = {}
        self.over: asyncio.Queue[asyncio.Task[Done | PinterestError]] = asyncio.Queue()
        self.deserted = False


class Cluster:
    """A Dask cluster for the length of one run, with `do` in the place of a `Worker`'s.

    Coroutines take no thread, yet Dask gives each a worker's thread slot: start workers with more
    threads than cores. A partition whose worker dies is done by another one; one whose worker hangs
    or is slow is given to another one as well, and whoever is first counts. A run whose workers are
    all gone waits for others for a while, and ends.
    """

    def __init__(
        self,
        dask: Any,
        plan: Plan,
        sink: Sink,
        connect: Connect,
        *,
        polling: Polling | None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._dask = dask
        self._plan = plan
        self._sink = sink
        self._name = f"pinterest-{plan.id}-{secrets.token_hex(4)}"
        pickle: Any = import_module("distributed.protocol.pickle")
        self._killed: Any = import_module("distributed").KilledWorker
        # By value, so that workers need no copy of the script that `connect` is from.
        self._pickled = pickle.dumps((plan, sink, connect, polling))
        self._sleep = sleep
        self._now = now
        self._stragglers = Stragglers()
        self._ongoing: dict[str, _Attempts] = {}
        self._last_seen = now()
        self._watching: asyncio.Task[None] | None = None
        self._dropping: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._watching = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Have the workers end what they do, so that nothing is written after the run."""
        for task in (self._watching, *self._dropping):
            if task is not None:
                task.cancel()
        # A worker that is gone, or does not answer, must not hold up the end of the run.
        with anyio.move_on_after(CLOSING_SECONDS, shield=True), suppress(Exception):
            await self._tell(_close, self._name)

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Have a partition done by some worker.

        Raises:
            PinterestError: where its rows cannot be fetched or written.
        """
        attempts = self._ongoing[partition.id] = _Attempts(partition, report)
        won: str | None = None
        try:
            self._give(attempts, self._stragglers.preferred())
            while True:
                task = await attempts.over.get()
                if attempts.deserted:
                    minutes = round(DESERTED_SECONDS / 60)
                    raise ClusterError(f"the cluster has had no worker for {minutes} minutes")
                key = attempts.keys.pop(task)
                # A cancellation would end who calls, and the partition would be done by nobody.
                outcome = _gave_up() if task.cancelled() else task.result()
                if not (attempts.keys and isinstance(outcome, ClusterError | WorkerLostError)):
                    break
            if isinstance(outcome, PinterestError):
                raise outcome
            won = key
        finally:
            del self._ongoing[partition.id]
            self._stragglers.ended(partition.id, won, self._now())
            for task in attempts.keys:
                task.cancel()
        if attempts.keys:
            self._drop([*attempts.keys.values()])
        if not isinstance(self._sink, FileSink):
            return outcome
        # Only here, where the run has one writer: a worker that hangs may go on at any time, when
        # its file holds days that came later.
        path = await self._sink.finish(self._plan, partition, outcome.commit.path)
        return replace(outcome, commit=replace(outcome.commit, path=path))

    def _give(self, attempts: _Attempts, workers: Sequence[str]) -> None:
        """Give a partition to one of some workers; no names stand for all."""
        partition = attempts.partition
        key = f"{self._name}-{partition.id}-{secrets.token_hex(4)}"
        future = self._dask.submit(
            _do,
            self._name,
            self._pickled,
            key,
            partition,
            attempts.report,
            key=key,
            pure=False,
            workers=list(workers) or None,
            allow_other_workers=bool(workers),
        )
        self._stragglers.given(partition.id, partition.method, key, self._now())
        task = asyncio.create_task(self._outcome(future))
        attempts.keys[task] = key
        task.add_done_callback(attempts.over.put_nowait)

    async def _outcome(self, future: Any) -> Done | PinterestError:
        lost: PinterestError
        # Dask fetches the results of many partitions by one task: were it cancelled with one of
        # those that wait for it, all others would be cancelled as well.
        result = asyncio.ensure_future(future)
        result.add_done_callback(_look_at)
        try:
            outcome: Done | PinterestError = await asyncio.shield(result)
        except self._killed as error:
            lost = WorkerLostError("no worker survived this partition")
            lost.__cause__ = error
        except (CancelledError, OSError) as error:
            lost = _gave_up()
            lost.__cause__ = error
        else:
            return outcome
        finally:
            future.release()
        return lost

    def _drop(self, keys: Sequence[str]) -> None:
        """Tell the workers that they need not go on with a partition that is done."""
        task = asyncio.create_task(self._tell_to_drop(keys))
        self._dropping.add(task)
        task.add_done_callback(self._dropping.discard)

    async def _tell_to_drop(self, keys: Sequence[str]) -> None:
        with anyio.move_on_after(DROPPING_SECONDS), suppress(Exception):
            await self._tell(_drop, self._name, keys)

    async def _tell(self, function: Callable[..., Awaitable[None]], *arguments: Any) -> None:
        """Call a function on all workers but those that would not answer."""
        found = await self._dask.scheduler.identity(n_workers=-1)
        workers = [worker for worker in found["workers"] if worker not in self._stragglers.silent]
        await self._dask.run(function, *arguments, workers=workers, on_error="ignore")

    async def _watch(self) -> None:
        """Give partitions whose workers hang or are slow to other ones."""
        while True:
            await self._sleep(LOOK_SECONDS)
            if self._ongoing:
                # Where the scheduler is gone, those that wait for partitions are told.
                with suppress(Exception):
                    await self._look()

    async def _look(self) -> None:
        scheduler, keys = self._dask.scheduler, self._stragglers.keys
        found = await scheduler.identity(n_workers=-1)
        seen = {name: worker["last_seen"] for name, worker in found["workers"].items()}
        if seen:
            self._last_seen = self._now()
        elif self._now() - self._last_seen >= DESERTED_SECONDS:
            for one in self._ongoing.values():
                one.deserted = True
                for task in one.keys:
                    task.cancel()
            return
        doing = await scheduler.processing(workers=None)
        worker_of = {key: name for name, known in doing.items() for key in keys.intersection(known)}
        if others := keys - worker_of.keys():
            # Done, perhaps, by a worker that stopped before it could hand over what it has.
            places = await scheduler.who_has(keys=list(others))
            worker_of |= {key: names[0] for key, names in places.items() if names}
        for partition, workers in self._stragglers.look(self._now(), seen, worker_of).items():
            # It may have been done while the scheduler was asked.
            if attempts := self._ongoing.get(partition):
                self._give(attempts, workers)


def _gave_up() -> ClusterError:
    return ClusterError("the cluster gave up a partition")


def _look_at(ended: "asyncio.Future[Any]") -> None:
    """Retrieve the error of what nobody waits for any more."""
    if not ended.cancelled():
        ended.exception()


def check(dask: Any, client: Pinterest, connect: Connect | None) -> Connect:
    """Refuse what cannot run on a cluster, before the run begins."""
    if not getattr(dask, "asynchronous", False):
        raise ConfigurationError(
            "`on` is not an asynchronous client of Dask",
            advice="Make it with: await distributed.Client(address, asynchronous=True).",
        )
    if connect is None:
        raise ConfigurationError(
            "workers need clients of their own",
            advice="Pass connect=..., a function that makes one on the worker.",
        )
    check_limiter(client)
    return connect


def check_limiter(client: Pinterest) -> None:
    """Refuse a client whose limiter counts the calls of its own process only."""
    if isinstance(client.limits, InMemoryLimiter):
        raise ConfigurationError(
            "each worker would spend the whole quota",
            advice="Give all clients, and those of connect(), a limiter that they share.",
        )


class _PreparingSink:
    """A sink that prepares files, which the process that runs the plan puts in their places."""

    def __init__(self, sink: FileSink) -> None:
        self._sink = sink

    async def open(self, plan: Plan) -> None:
        """It is open where the plan runs."""

    async def aclose(self) -> None:
        """It is closed where the plan runs."""

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None:
        """Prepare a partition's file; return its name for the time being."""
        return await self._sink.prepare(plan, partition, table)


class WorkerRun:
    """What a worker's process has open for one run."""

    def __init__(self, client: Pinterest, worker: Worker) -> None:
        self._client = client
        self._worker = worker
        self._tasks: dict[str, asyncio.Task[Done]] = {}
        self._closing: asyncio.TimerHandle | None = None

    def close_if_idle(self, close: Callable[[], object]) -> None:
        """Call `close` unless there is something to do within `IDLE_SECONDS`."""
        self.keep_open()
        if not self._tasks:
            self._closing = asyncio.get_running_loop().call_later(IDLE_SECONDS, close)

    def keep_open(self) -> None:
        """Do not close: there is something to do."""
        if self._closing is not None:
            self._closing.cancel()
            self._closing = None

    async def do(
        self, key: str, partition: Partition, report: ReportJob | None
    ) -> Done | PinterestError:
        """Do a partition, unless that is dropped or the run ends before; errors are returned."""
        # In a task of its own, since the one that calls belongs to Dask and is not to be cancelled.
        task = self._tasks[key] = asyncio.create_task(self._worker.do(partition, report))
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            del self._tasks[key]
        if task.cancelled():
            return ClusterError("the run has ended")
        error = task.exception()
        return error if isinstance(error, PinterestError) else task.result()

    def drop(self, keys: Sequence[str]) -> None:
        """Do not go on with what was given under some keys; others are ignored."""
        for task in filter(None, map(self._tasks.get, keys)):
            task.cancel()

    async def aclose(self) -> None:
        """End what is under way, and close the pool and the limiter."""
        self.keep_open()
        tasks = [*self._tasks.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._client.aclose()
        limiter: Any = self._client.limits
        if hasattr(limiter, "aclose"):
            await limiter.aclose()


_runs: Final[dict[str, WorkerRun]] = {}
_closing_tasks: Final[set[asyncio.Task[None]]] = set()


async def _do(
    name: str, pickled: bytes, key: str, partition: Partition, report: ReportJob | None
) -> Done | PinterestError:
    """Do a partition on a worker; errors are returned, since Dask shortens long ones."""
    try:
        run = _run_of(name, pickled)
    except PinterestError as error:
        return error
    run.keep_open()
    try:
        return await run.do(key, partition, report)
    finally:
        run.close_if_idle(partial(_close_idle, name))


def _run_of(name: str, pickled: bytes) -> WorkerRun:
    """What the process has open for a run, opened for its first partition."""
    if name not in _runs:
        pickle: Any = import_module("distributed.protocol.pickle")
        plan, sink, connect, polling = pickle.loads(pickled)
        client = connect()
        check_limiter(client)
        if isinstance(sink, FileSink):
            sink = _PreparingSink(sink)
        _runs[name] = WorkerRun(client, Worker(plan, client, sink, polling=polling))
    return _runs[name]


def _close_idle(name: str) -> None:
    """Close what the process has open for a run that gives it nothing to do any more."""
    run = _runs.pop(name, None)
    if run is not None:
        task = asyncio.create_task(run.aclose())
        _closing_tasks.add(task)
        task.add_done_callback(_closing_tasks.discard)


async def _drop(name: str, keys: Sequence[str]) -> None:
    """Do not go on with partitions that are done by others."""
    if run := _runs.get(name):
        run.drop(keys)


async def _close(name: str) -> None:
    """Close what the process has open for a run."""
    run = _runs.pop(name, None)
    if run is not None:
        await run.aclose()
