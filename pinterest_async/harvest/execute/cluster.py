"""Partitions on the workers of a Dask cluster: each has one pool, and all share the quota."""

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
from pinterest_async.jobs.reports import ReportJob
from pinterest_async.limits import InMemoryLimiter

Connect: TypeAlias = Callable[[], Pinterest]
"""Makes a client and its limiter, in the process of a worker; both are closed with the run."""

FAREWELL: Final = 30.0
"""Seconds that workers have to end what they do when a run is over."""


IDLE: Final = 300.0
"""Seconds after which a worker leaves a run that gives it nothing to do, and may have died."""


class ClusterError(TargetError):
    """The cluster does no more work; what is finished is kept."""

    ADVICE = "Look at the cluster, then run the same plan again: it goes on where it stopped."


class WorkerLostError(PinterestError):
    """Every worker that took up a partition died of it, or beside it."""

    ADVICE = "Look at the workers' logs; a worker that lacks memory is the likeliest cause."


class Cluster:
    """A Dask cluster for the length of one run, with `do` in the place of a `Worker`'s.

    Coroutines take no thread, yet Dask gives each a worker's thread slot: start workers with more
    threads than cores. A partition whose worker dies is done by another one.
    """

    def __init__(
        self,
        dask: Any,
        plan: Plan,
        sink: Sink,
        connect: Connect,
        *,
        polling: Polling | None,
    ) -> None:
        self._dask = dask
        self._name = f"pinterest-{plan.id}-{secrets.token_hex(4)}"
        pickle: Any = import_module("distributed.protocol.pickle")
        self._lost: Any = import_module("distributed").KilledWorker
        # By value, so that workers need no copy of the script that `connect` is from.
        self._place = pickle.dumps((plan, sink, connect, polling))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Let the workers end what they do, so that nothing is written after the run."""
        # A worker that is gone, or busy for good, holds nobody up.
        with anyio.move_on_after(FAREWELL, shield=True), suppress(Exception):
            await self._dask.run(_leave, self._name, on_error="ignore")

    async def do(self, partition: Partition, report: ReportJob | None = None) -> Done:
        """Have a partition done by some worker.

        Raises:
            PinterestError: where its rows cannot be had, or kept.
        """
        key = f"{self._name}-{partition.id}-{secrets.token_hex(4)}"
        future = self._dask.submit(
            _do, self._name, self._place, partition, report, key=key, pure=False
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
    """Refuse what cannot run on a cluster, before anything is begun."""
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
    """Refuse a client whose limiter knows of its own process only."""
    if isinstance(client.limits, InMemoryLimiter):
        raise ConfigurationError(
            "each worker would spend the whole quota",
            advice="Give all clients, and those of connect(), a limiter that they share.",
        )


class _Place:
    """What a worker's process has for one run."""

    def __init__(self, client: Pinterest, worker: Worker) -> None:
        self._client = client
        self._worker = worker
        self._tasks: set[asyncio.Task[Done]] = set()
        self._leaving: asyncio.TimerHandle | None = None

    def rest(self, leave: Callable[[], object]) -> None:
        """Call `leave` unless there is something to do in the next time."""
        self.rise()
        if not self._tasks:
            self._leaving = asyncio.get_running_loop().call_later(IDLE, leave)

    def rise(self) -> None:
        """Stay after all."""
        if self._leaving is not None:
            self._leaving.cancel()
            self._leaving = None

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
        self.rise()
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._client.aclose()
        limiter: Any = self._client.limits
        if hasattr(limiter, "aclose"):
            await limiter.aclose()


_places: Final[dict[str, _Place]] = {}
_endings: Final[set[asyncio.Task[None]]] = set()


async def _do(
    name: str, place: bytes, partition: Partition, report: ReportJob | None
) -> Done | PinterestError:
    """Do a partition on a worker; errors are returned, since Dask would cut long ones short."""
    try:
        here = _enter(name, place)
    except PinterestError as error:
        return error
    here.rise()
    try:
        return await here.do(partition, report)
    finally:
        here.rest(partial(_forget, name))


def _enter(name: str, place: bytes) -> _Place:
    """The process's place for a run, made for its first partition."""
    if name not in _places:
        pickle: Any = import_module("distributed.protocol.pickle")
        plan, sink, connect, polling = pickle.loads(place)
        client = connect()
        check_limiter(client)
        _places[name] = _Place(client, Worker(plan, client, sink, polling=polling))
    return _places[name]


def _forget(name: str) -> None:
    """Leave a process's place for a run that is not heard of any more."""
    here = _places.pop(name, None)
    if here is not None:
        ending = asyncio.create_task(here.aclose())
        _endings.add(ending)
        ending.add_done_callback(_endings.discard)


async def _leave(name: str) -> None:
    """Leave a process's place for a run."""
    here = _places.pop(name, None)
    if here is not None:
        await here.aclose()
