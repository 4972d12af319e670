"""Harvests on the processes of a Dask cluster."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harvest.chaos import Watch, cluster, expected, read
from harvest.folders import unfinished
from harvest.unmetered import Unmetered, connect
from programs import EXAMPLES, finished, started
from redis.asyncio import Redis

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import ClusterError, Commit, Done, Partition, Plan, run
from pinterest_async.harvest.plan.series import begin, cut

pytest.importorskip("pyarrow")
distributed: Any = pytest.importorskip("distributed")

MakePlan = Callable[..., Plan]

ACCOUNTS = 24
HANG = 60.0
"""Seconds after which a test has surely stopped, however busy the machine is."""


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=ACCOUNTS, quotas=None) as emulator:
        yield emulator


@pytest.fixture
def watch(emulator: Emulator) -> Watch:
    watch = Watch()
    emulator.hooks.append(watch)
    return watch


@pytest.fixture
async def dask(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Any]:
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", emulator.token)
    monkeypatch.setenv("PINTEREST_BASE_URL", emulator.url)
    async with (
        cluster(tmp_path / "dask") as local,
        distributed.Client(local, asynchronous=True) as dask,
    ):
        yield dask


async def places(dask: Any) -> set[int]:
    """How many runs the workers have something open for."""
    found = await dask.run(
        lambda: len(import_module("pinterest_async.harvest.execute.cluster")._runs)
    )
    return set(found.values())


async def test_a_run_that_is_cancelled_leaves_no_work_behind(
    emulator: Emulator, watch: Watch, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan, out = make_plan(), tmp_path / "data"
    begun = asyncio.Event()
    watch.answered = begun.set
    async with connect() as client:
        running = asyncio.create_task(
            run(plan, client, out=out, on=dask, connect=connect, concurrency=4)
        )
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert unfinished(out) == []
        calls = len(emulator.calls())
        assert await places(dask) == {0}
        assert len(emulator.calls()) == calls
        result = await run(plan, client, out=out, on=dask, connect=connect)
        assert result.complete
        assert read(out) == expected(emulator, plan)


async def test_errors_of_workers_come_home(
    emulator: Emulator, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan = make_plan(accounts=[next(iter(emulator.world.table("ad_accounts")))["id"]])

    def other() -> Pinterest:
        return Pinterest("pina_test", base_url="http://127.0.0.1:1/v5", limiter=Unmetered())

    async with connect() as client:
        result = await run(
            plan,
            client.with_options(retry=False),
            out=tmp_path / "data",
            on=dask,
            connect=lambda: other().with_options(retry=False),
        )
        (failure,) = result.failures
        assert failure.partition is not None
        assert type(failure.error).__name__ == "ConnectionFailedError"
        with pytest.raises(ConfigurationError, match="each worker would spend the whole quota"):
            await run(
                plan,
                client,
                out=tmp_path / "data",
                on=dask,
                connect=lambda: Pinterest("pina_test"),
            )


async def test_what_cannot_run_is_refused_at_once(make_plan: MakePlan, tmp_path: Path) -> None:
    class Dask:
        asynchronous = True

    plan, shared = make_plan(), Pinterest("pina_test", limiter=Unmetered())
    alone = Pinterest("pina_test")
    for client, on, factory, message in (
        (shared, object(), connect, "not an asynchronous client"),
        (shared, Dask(), None, "workers need clients of their own"),
        (alone, Dask(), connect, "each worker would spend the whole quota"),
    ):
        with pytest.raises(ConfigurationError, match=message):
            await run(plan, client, out=tmp_path / "x", on=on, connect=factory)
    assert not (tmp_path / "x").exists()


async def test_a_cluster_that_goes_away_ends_the_run(
    watch: Watch, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan, out = make_plan(), tmp_path / "data"
    begun = asyncio.Event()
    watch.answered = begun.set
    async with connect() as client:
        running = asyncio.create_task(run(plan, client, out=out, on=dask, connect=connect))
        await begun.wait()
        await dask.cluster.close()
        with pytest.raises(ClusterError, match="run the same plan again"):
            await running
    assert unfinished(out) == []


async def test_a_worker_leaves_a_run_that_is_not_heard_of_any_more(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    here: Any = import_module("pinterest_async.harvest.execute.cluster")
    monkeypatch.setattr(here, "IDLE_SECONDS", 0)
    done = Done(commit=Commit(path=None, rows=0), calls=1)
    finish, closed = asyncio.Event(), asyncio.Event()

    class Slow:
        async def do(self, partition: Partition, report: object) -> Done:
            assert (partition.account, report) == ("1", None)
            await finish.wait()
            return done

    class Closing:
        limits = None

        async def aclose(self) -> None:
            closed.set()

    plan = make_plan()
    (partition,) = cut(begin(plan, None, plan.end), "1", ["11"])
    here._runs["lost"] = here.WorkerRun(Closing(), Slow())
    first, second = (
        asyncio.create_task(here._do("lost", b"", key, partition, None)) for key in "ab"
    )
    for _ in range(5):
        await asyncio.sleep(0)
    assert "lost" in here._runs  # it has something to do
    finish.set()
    assert [await first, await second] == [done, done]
    await asyncio.wait_for(closed.wait(), HANG)
    assert "lost" not in here._runs


async def test_the_example_shares_its_quotas_through_redis(
    redis_socket: str, redis: Redis, tmp_path: Path
) -> None:
    store: Any = redis  # its keys have no types
    assert not await store.dbsize()
    async with Emulator(accounts=6) as emulator:
        script = str(EXAMPLES / "harvest_on_a_cluster.py")
        place = f"unix://{redis_socket}"
        process = await started(emulator, tmp_path, script, "data", REDIS_URL=place)
        output = await finished(process)
        statuses = Counter(call.status for call in emulator.calls())
    assert "rows by 13 calls" in output
    assert statuses == {200: 13}
    keys = [key async for key in store.scan_iter()]
    assert any(b"limits" in key for key in keys)
    assert any(b"harvest" in key for key in keys)
    assert not any(emulator.token.encode() in key for key in keys)
