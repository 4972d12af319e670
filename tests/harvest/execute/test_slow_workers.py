"""Workers that hang, or are slow: they do not hold a run, and change nothing when they go on."""

import asyncio
import datetime as dt
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harvest.chaos import cluster, expected, read
from harvest.folders import NullSink, unfinished
from harvest.stopping import StoppingSink
from harvest.unmetered import connect

from pinterest_async.emulator import Emulator
from pinterest_async.errors import PinterestError
from pinterest_async.harvest import Commit, Done, Plan, SQLiteCheckpoint, WorkerLostError, run
from pinterest_async.harvest.execute import stragglers
from pinterest_async.harvest.execute.cluster import LOOK_SECONDS, Cluster, ClusterError
from pinterest_async.harvest.plan.series import begin, cut

pytest.importorskip("pyarrow")
distributed: Any = pytest.importorskip("distributed")
here: Any = import_module("pinterest_async.harvest.execute.cluster")

MakePlan = Callable[..., Plan]

HANG = 300.0
"""Seconds after which a test has surely stopped, however busy the machine is."""
DONE = Done(commit=Commit(path=None, rows=7), calls=1)


class FakeFuture:
    """What a worker was given: done when the test says so."""

    def __init__(self, key: str, workers: Sequence[str] | None) -> None:
        self.key = key
        self.workers = workers
        self.released = False
        self._outcome: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def __await__(self) -> Any:
        return self._outcome.__await__()

    def release(self) -> None:
        self.released = True

    def ends(self, outcome: Any) -> None:
        if isinstance(outcome, Exception):
            self._outcome.set_exception(outcome)
        else:
            self._outcome.set_result(outcome)


class FakeDask:
    """A Dask client and its scheduler, with a clock that goes on by `pass_time` only."""

    def __init__(self) -> None:
        self.now = 0.0
        self.heard = {"a": 0.0, "b": 0.0}
        self.stopped: set[str] = set()
        self.handed: dict[str, list[str]] = {"a": [], "b": []}
        self.done: dict[str, list[str]] = {}
        self.given: list[FakeFuture] = []
        self.calls: list[tuple[str, list[str], tuple[Any, ...]]] = []
        self.was_told = asyncio.Event()
        self.breaks = False
        self._look = asyncio.Event()
        self.looked = asyncio.Event()

    @property
    def scheduler(self) -> "FakeDask":
        return self

    async def identity(self, *, n_workers: int) -> Any:
        assert n_workers == -1
        if self.breaks:
            raise OSError("the scheduler is gone")
        return {"workers": {name: {"last_seen": when} for name, when in self.heard.items()}}

    async def processing(self, *, workers: None) -> Any:
        del workers
        return self.handed

    async def who_has(self, *, keys: list[str]) -> Any:
        return {key: self.done.get(key, []) for key in keys}

    def submit(self, function: Any, *arguments: Any, key: str, **options: Any) -> FakeFuture:
        assert function is here._do
        assert arguments[2] == key
        assert options["allow_other_workers"] == (options["workers"] is not None)
        self.given.append(FakeFuture(key, options["workers"]))
        return self.given[-1]

    async def run(self, function: Any, *arguments: Any, workers: list[str], **_: Any) -> None:
        self.calls.append((function.__name__, workers, arguments))
        self.was_told.set()

    async def sleep(self, seconds: float) -> None:
        assert seconds == LOOK_SECONDS
        self.looked.set()
        await self._look.wait()
        self._look.clear()

    async def pass_time(self, seconds: float) -> None:
        """Go on by so many seconds, at whose end the run looks at its workers."""
        await self.looked.wait()
        self.now += seconds
        for worker in self.heard.keys() - self.stopped:
            self.heard[worker] = self.now
        self.looked.clear()
        self._look.set()
        await self.looked.wait()


@pytest.fixture
def fake() -> FakeDask:
    return FakeDask()


@pytest.fixture
def made(fake: FakeDask, make_plan: MakePlan) -> Cluster:
    return Cluster(
        fake, make_plan(), NullSink(), connect, polling=None, sleep=fake.sleep, now=lambda: fake.now
    )


async def begun(made: Cluster, make_plan: MakePlan, id: str = "11") -> asyncio.Task[Done]:
    """A partition that is given to the cluster."""
    plan = make_plan()
    partition = next(cut(begin(plan, None, plan.end), "1", [id]))
    task = asyncio.create_task(made.do(partition))
    await asyncio.sleep(0)
    return task


async def test_what_a_silent_worker_holds_another_does(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        doing = await begun(made, make_plan)
        (first,) = fake.given
        assert first.workers is None
        fake.handed["a"] = ["another's", first.key]
        await fake.pass_time(LOOK_SECONDS)
        fake.stopped = {"a"}
        await fake.pass_time(stragglers.SILENT_SECONDS - 1)
        assert fake.given == [first]
        await fake.pass_time(1)
        second = fake.given[1]
        assert second.workers == ["b"]
        assert second.key != first.key
        fake.handed["b"] = [second.key]
        await fake.pass_time(LOOK_SECONDS)
        assert len(fake.given) == 2
        # What comes next is given to those that answer.
        more = await begun(made, make_plan, id="12")
        assert fake.given[2].workers == ["b"]
        fake.given[2].ends(DONE)
        assert await more == DONE
        second.ends(DONE)
        assert await doing == DONE
        assert all(one.released for one in (first, second))
    # The one that hangs is not waited for: neither to drop its partition, nor at the end.
    assert {tuple(workers) for _, workers, _ in fake.calls} == {("b",)}
    assert [name for name, *_ in fake.calls][-1] == "_close"


async def test_results_of_others_are_fetched_on_when_an_attempt_is_dropped(
    fake: FakeDask, made: Cluster, make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask fetches results of several partitions together, by one task."""
    together: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def wait(_: FakeFuture) -> Any:
        return together.__await__()

    async with made:
        doing = await begun(made, make_plan)
        (first,) = fake.given
        fake.handed["a"], fake.stopped = [first.key], {"a"}
        await fake.pass_time(LOOK_SECONDS)
        monkeypatch.setattr(FakeFuture, "__await__", wait)
        await fake.pass_time(stragglers.SILENT_SECONDS)
        more = await begun(made, make_plan, id="12")
        for _ in range(5):
            await asyncio.sleep(0)  # both wait for what is fetched together
        first.ends(DONE)
        assert await doing == DONE
        for _ in range(5):
            await asyncio.sleep(0)
        assert not together.cancelled()
        together.set_result(DONE)
        assert await more == DONE


async def test_a_worker_that_stopped_with_what_it_had_done_is_silent_too(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        doing = await begun(made, make_plan)
        fake.done[fake.given[0].key] = ["a"]
        fake.stopped = {"a"}
        await fake.pass_time(LOOK_SECONDS)
        await fake.pass_time(stragglers.SILENT_SECONDS)
        assert fake.given[1].workers == ["b"]
        fake.given[1].ends(DONE)
        assert await doing == DONE


async def test_a_slow_worker_is_told_to_stop_when_another_is_faster(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        doing = await begun(made, make_plan)
        (slow,) = fake.given
        fake.handed["a"] = [slow.key]
        await fake.pass_time(stragglers.UNKNOWN_SECONDS - 1)
        assert fake.given == [slow]
        await fake.pass_time(1)
        assert fake.given[1].workers == ["b"]
        fake.given[1].ends(DONE)
        assert await doing == DONE
        await fake.was_told.wait()
        ((name, workers, arguments),) = fake.calls
        assert (name, workers, arguments[1]) == ("_drop", ["a", "b"], [slow.key])
        assert slow.released


async def test_a_slow_worker_may_be_the_first_all_the_same(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        doing = await begun(made, make_plan)
        fake.handed["a"] = [fake.given[0].key]
        await fake.pass_time(stragglers.UNKNOWN_SECONDS)
        slow, other = fake.given
        slow.ends(DONE)
        assert await doing == DONE
        assert other.released


async def test_an_attempt_that_is_lost_does_not_count_while_another_is_under_way(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    killed = distributed.KilledWorker("key", None, 3)
    for outcome, raised in (
        (DONE, None),
        (ClusterError("the run has ended"), ClusterError),
        (killed, WorkerLostError),
        (PinterestError("no"), PinterestError),
    ):
        fake.given, fake.now, fake.looked = [], 0.0, asyncio.Event()
        async with Cluster(
            *(fake, make_plan(), NullSink(), connect),
            polling=None,
            sleep=fake.sleep,
            now=lambda: fake.now,
        ) as made:
            doing = await begun(made, make_plan)
            fake.handed["a"] = [fake.given[0].key]
            await fake.pass_time(stragglers.UNKNOWN_SECONDS)
            slow, other = fake.given
            slow.ends(killed)
            await asyncio.sleep(0)
            assert not doing.done()
            other.ends(outcome)
            if raised is None:
                assert await doing == DONE
            else:
                with pytest.raises(raised):
                    await doing


async def test_a_scheduler_that_does_not_answer_is_asked_again(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        doing = await begun(made, make_plan)
        fake.handed["a"] = [fake.given[0].key]
        fake.breaks = True
        await fake.pass_time(stragglers.UNKNOWN_SECONDS)
        assert len(fake.given) == 1
        fake.breaks = False
        await fake.pass_time(LOOK_SECONDS)
        assert len(fake.given) == 2
        fake.given[0].ends(DONE)
        assert await doing == DONE


async def test_without_workers_a_run_waits_for_some_and_ends(
    fake: FakeDask, made: Cluster, make_plan: MakePlan
) -> None:
    async with made:
        fake.heard.clear()
        doing = await begun(made, make_plan)
        await fake.pass_time(here.DESERTED_SECONDS - 1)
        fake.heard = {"c": fake.now}
        await fake.pass_time(LOOK_SECONDS)
        fake.heard.clear()
        await fake.pass_time(here.DESERTED_SECONDS - 1)
        assert not doing.done()
        await fake.pass_time(1)
        with pytest.raises(ClusterError, match="no worker for 10 minutes"):
            await doing


async def test_a_worker_drops_what_another_has_done(make_plan: MakePlan) -> None:
    begun, plan = asyncio.Event(), make_plan()

    class Endless:
        async def do(self, *_: object) -> Done:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

    worker = here.WorkerRun(None, Endless())
    partition = next(cut(begin(plan, None, plan.end), "1", ["11"]))
    dropped, kept = (asyncio.create_task(worker.do(key, partition, None)) for key in "ab")
    await begun.wait()
    worker.drop(["unknown", "a"])
    assert isinstance(await dropped, ClusterError)
    assert not kept.done()
    worker.drop(["b"])
    assert isinstance(await kept, ClusterError)


@pytest.fixture
async def dask(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Any]:
    """A cluster that does not replace workers that hang: by default Dask does, after minutes."""
    # Too short for a busy machine, where a worker that is awake may count as silent: that costs
    # some calls, and changes nothing.
    monkeypatch.setattr(stragglers, "SILENT_SECONDS", 2.0)
    monkeypatch.setattr(here, "LOOK_SECONDS", 0.2)
    with import_module("dask").config.set({"distributed.scheduler.worker-ttl": None}):
        async with (
            cluster(tmp_path / "dask") as local,
            distributed.Client(local, asynchronous=True) as dask,
        ):
            yield dask


async def ended() -> None:
    """On a worker: wait until it has nothing under way any more."""
    tasks = [task for run in here._runs.values() for task in run._tasks.values()]
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGSTOP")
@pytest.mark.parametrize("prepared", [False, True])
async def test_a_worker_that_is_stopped_and_goes_on_later_changes_nothing(
    dask_environment: Emulator, dask: Any, make_plan: MakePlan, tmp_path: Path, prepared: bool
) -> None:
    emulator, out, note = dask_environment, tmp_path / "data", tmp_path / "stopped"
    last = make_plan()
    first = make_plan(end=last.end - dt.timedelta(days=2))
    try:
        async with connect() as client:

            async def harvest(plan: Plan) -> Any:
                sink = StoppingSink(out, note, prepared=prepared)
                notes = SQLiteCheckpoint(tmp_path / "checkpoint.sqlite")
                options: Any = {"sink": sink, "checkpoint": notes, "since_last": True}
                return await run(plan, client, on=dask, connect=connect, **options)

            result = await harvest(first)
            assert note.exists()  # a worker hangs, and does so still
            assert result.complete
            assert read(out) == expected(emulator, first)
            assert unfinished(out) == []
            # Meanwhile its files get more days, and older days new figures.
            result = await harvest(last)
            assert result.complete
            assert read(out) == expected(emulator, last)
            stopped = int(note.read_text())
            os.kill(stopped, signal.SIGCONT)
            async with asyncio.timeout(HANG):
                assert set((await dask.run(ended)).values()) == {None}
    finally:
        with suppress(OSError, ValueError):
            os.kill(int(note.read_text()), signal.SIGCONT)
    assert read(out) == expected(emulator, last)
    assert unfinished(out) == []


@pytest.fixture
async def dask_environment(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Emulator]:
    async with Emulator(accounts=12, quotas=None) as emulator:
        monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", emulator.token)
        monkeypatch.setenv("PINTEREST_BASE_URL", emulator.url)
        yield emulator
