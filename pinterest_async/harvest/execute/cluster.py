"""Partitions done by the workers of a Dask cluster, which share the quota with one another."""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, Final, Self, TypeAlias

import anyio

from pinterest_async.client import Pinterest
from pinterest_async.errors import ConfigurationError, PinterestError
from pinterest_async.harvest.execute.worker import Done, Worker
from pinterest_async.harvest.output.checkpoint import TargetError
from pinterest_async.harvest.output.sinks import Sink
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


class ClusterError(TargetError):
    """The cluster stopped working; what is finished is kept."""

    ADVICE = "Look at the cluster, then run the same plan again: it goes on where it stopped."


class WorkerLostError(PinterestError):
    """Every worker that was given a partition died."""

    ADVICE = "Look at the workers' logs; a worker that lacks memory is the likeliest cause."


class Cluster:
    """A Dask cluster for the length of one run, with `do` in the place of a `Worker`'s.

    Coroutines take no thread, yet Dask gives each a worker's thread slot: start workers with more
    threads than cores. A partition whose worker dies is done by another one.
    """

    def __init__(
        self, dask: Any, plan: Plan, sink: Sink, connect: Connect, *, polling: Polling | None
    ) -> None:
        self._dask = dask
        self._name = f"pinterest-{plan.id}-{secrets.token_hex(4)}"
        pickle: Any = import_module("distributed.protocol.pickle")
        self._lost: Any = import_module("distributed").KilledWorker
        # By value, so that workers need no copy of the script that `connect` is from.
        self._pickled = pickle.dumps((plan, sink, connect, polling))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Have the workers end what they do, so that nothing is written after the run."""
        # A worker that is gone, or does not answer, must not hold up the end of the run.
        with anyio.move_on_after(CLOSING_SECONDS, shield=True), suppress(Exception):
            await self._dask.run(_close, self._name, on_error="ignore")

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Have a partition done by some worker.

        Raises:
            PinterestError: where its rows cannot be fetched or written.
        """
        key = f"{self._name}-{partition.id}-{secrets.token_hex(4)}"
        future = self._dask.submit(
            _do, self._name, self._pickled, partition, report, key=key, pure=False
        )
        try:
            outcome: Done | PinterestError = await future
        except self._lost as error:
            raise WorkerLostError("no worker survived this partition") from error
        except (CancelledError, OSError) as error:
            raise ClusterError("the cluster gave up a partition") from error
        finally:
            future.release()
        if isinstance(outcome, PinterestError):
            raise outcome
        return outcome


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


class WorkerRun:
    """What a worker's process has open for one run."""

    def __init__(self, client: Pinterest, worker: Worker) -> None:
        self._client = client
        self._worker = worker
        self._tasks: set[asyncio.Task[Done]] = set()
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

    async def do(self, partition: Partition, report: ReportJob | None) -> Done | PinterestError:
        """Do a partition, unless the run ends before; errors are returned."""
        # In a task of its own, since the one that calls belongs to Dask and is not to be cancelled.
        task = asyncio.create_task(self._worker.do(partition, report))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
        if task.cancelled():
            return ClusterError("the run has ended")
        error = task.exception()
        return error if isinstance(error, PinterestError) else task.result()

    async def aclose(self) -> None:
        """End what is under way, and close the pool and the limiter."""
        self.keep_open()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._client.aclose()
        limiter: Any = self._client.limits
        if hasattr(limiter, "aclose"):
            await limiter.aclose()


_runs: Final[dict[str, WorkerRun]] = {}
_closing_tasks: Final[set[asyncio.Task[None]]] = set()


async def _do(
    name: str, pickled: bytes, partition: Partition, report: ReportJob | None
) -> Done | PinterestError:
    """Do a partition on a worker; errors are returned, since Dask shortens long ones."""
    try:
        run = _run_of(name, pickled)
    except PinterestError as error:
        return error
    run.keep_open()
    try:
        return await run.do(partition, report)
    finally:
        run.close_if_idle(partial(_close_idle, name))


def _run_of(name: str, pickled: bytes) -> WorkerRun:
    """What the process has open for a run, opened for its first partition."""
    if name not in _runs:
        pickle: Any = import_module("distributed.protocol.pickle")
        plan, sink, connect, polling = pickle.loads(pickled)
        client = connect()
        check_limiter(client)
        _runs[name] = WorkerRun(client, Worker(plan, client, sink, polling=polling))
    return _runs[name]


def _close_idle(name: str) -> None:
    """Close what the process has open for a run that gives it nothing to do any more."""
    run = _runs.pop(name, None)
    if run is not None:
        task = asyncio.create_task(run.aclose())
        _closing_tasks.add(task)
        task.add_done_callback(_closing_tasks.discard)


async def _close(name: str) -> None:
    """Close what the process has open for a run."""
    run = _runs.pop(name, None)
    if run is not None:
        await run.aclose()
