"""Harvests on the processes of a Dask cluster, one of them killed midway."""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from harvest_chaos import read, unfinished
from programs import EXAMPLES, finished, started
from redis.asyncio import Redis
from small_pinterest import SmallPinterest
from unmetered import Unmetered, connect

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import ClusterError, Plan, RedisCheckpoint, run

pytest.importorskip("pyarrow")
distributed: Any = pytest.importorskip("distributed")

MakePlan = Callable[..., Plan]

WORKERS = 4
ACCOUNTS = 24


def things(accounts: int, ads: int = 5) -> dict[str, list[str]]:
    return {
        str(10**6 + number): [str((10**6 + number) * 1000 + ad) for ad in range(ads)]
        for number in range(accounts)
    }


@pytest.fixture
async def server() -> AsyncIterator[SmallPinterest]:
    async with SmallPinterest(things(ACCOUNTS), faults=0.05) as server:
        yield server


@pytest.fixture
async def dask(
    server: SmallPinterest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Any]:
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", "pina_test")
    monkeypatch.setenv("PINTEREST_BASE_URL", f"{server.url}/v5")
    async with (
        distributed.LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=2,
            processes=True,
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
            local_directory=str(tmp_path / "dask"),
            silence_logs=60,
        ) as cluster,
        distributed.Client(cluster, asynchronous=True) as dask,
    ):
        yield dask


async def places(dask: Any) -> set[int]:
    """How many runs the workers have something open for."""
    found = await dask.run(lambda: len(import_module("pinterest_async.harvest.cluster")._places))
    return set(found.values())


async def test_a_worker_dies_midway_and_no_row_is_lost_or_doubled(
    server: SmallPinterest, dask: Any, make_plan: MakePlan, tmp_path: Path, redis: Redis
) -> None:
    plan, out = make_plan(), tmp_path / "data"
    pids = await dask.run(os.getpid)
    assert len(set(pids.values()) - {os.getpid()}) == WORKERS

    killed: list[int] = []

    def kill_one() -> None:
        if not killed and len(server.asked) >= ACCOUNTS // 3:
            killed.append(next(iter(pids.values())))
            os.kill(killed[0], signal.SIGKILL)

    server.answered = kill_one
    async with connect() as client:
        result = await run(
            plan,
            client,
            out=out,
            on=dask,
            connect=connect,
            checkpoint=RedisCheckpoint(redis, "cluster"),
            concurrency=8,
        )
        assert result.complete
        assert read(out) == server.expected(plan.start, plan.end)
        assert unfinished(out) == []
        assert result.done == ACCOUNTS
        calls = server.calls
        again = await run(
            plan,
            client,
            out=out,
            on=dask,
            connect=connect,
            checkpoint=RedisCheckpoint(redis, "cluster"),
        )
        assert (again.done, again.skipped) == (0, ACCOUNTS)
        assert server.calls == calls
    # What the dead worker had under way was asked for again, and nothing else.
    asked = Counter(account for account, *_ in server.asked)
    assert set(asked) == set(server.things)
    assert sum(asked.values()) - len(asked) <= 8 + 0.2 * ACCOUNTS
    assert killed
    assert killed[0] not in (await dask.run(os.getpid)).values()
    assert await places(dask) == {0}


async def test_a_run_that_is_cancelled_leaves_no_work_behind(
    server: SmallPinterest, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan, out = make_plan(), tmp_path / "data"
    begun = asyncio.Event()
    server.answered = begun.set
    async with connect() as client:
        running = asyncio.create_task(
            run(plan, client, out=out, on=dask, connect=connect, concurrency=4)
        )
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert unfinished(out) == []
        calls = server.calls
        assert await places(dask) == {0}
        assert server.calls == calls
        result = await run(plan, client, out=out, on=dask, connect=connect)
        assert result.complete
        assert read(out) == server.expected(plan.start, plan.end)


async def test_errors_of_workers_come_home(
    server: SmallPinterest, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    server.faults = 0.0
    plan = make_plan(accounts=[next(iter(server.things))])

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
    for client, on, factory, told in (
        (shared, object(), connect, "not an asynchronous client"),
        (shared, Dask(), None, "workers need clients of their own"),
        (alone, Dask(), connect, "each worker would spend the whole quota"),
    ):
        with pytest.raises(ConfigurationError, match=told):
            await run(plan, client, out=tmp_path / "x", on=on, connect=factory)
    assert not (tmp_path / "x").exists()


async def test_a_cluster_that_goes_away_ends_the_run(
    server: SmallPinterest, dask: Any, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan, out = make_plan(), tmp_path / "data"
    begun = asyncio.Event()
    server.answered = begun.set
    async with connect() as client:
        running = asyncio.create_task(run(plan, client, out=out, on=dask, connect=connect))
        await begun.wait()
        await dask.cluster.close()
        with pytest.raises(ClusterError, match="run the same plan again"):
            await running
    assert unfinished(out) == []


async def test_the_example_shares_its_quotas_through_redis(
    redis_socket: str, redis: Redis, tmp_path: Path
) -> None:
    books: Any = redis  # its keys have no types
    assert not await books.dbsize()
    async with Emulator(accounts=6) as emulator:
        script = str(EXAMPLES / "harvest_on_a_cluster.py")
        place = f"unix://{redis_socket}"
        process = await started(emulator, tmp_path, script, "data", REDIS_URL=place)
        output = await finished(process)
        statuses = Counter(call.status for call in emulator.calls())
    assert "rows by 13 calls" in output
    assert statuses == {200: 13}
    keys = [key async for key in books.scan_iter()]
    assert any(b"limits" in key for key in keys)
    assert any(b"harvest" in key for key in keys)
    assert not any(emulator.token.encode() in key for key in keys)
