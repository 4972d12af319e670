"""Harvest on many processes or machines: a Dask cluster does the work, Redis keeps the quotas.

    python examples/harvest_on_a_cluster.py data

Needs a token in PINTEREST_ACCESS_TOKEN and a Redis in REDIS_URL (redis://localhost:6379/0 without).
PINTEREST_BASE_URL points it at an emulator instead of Pinterest.

With DASK_SCHEDULER (tcp://scheduler:8786) it uses that cluster instead of one on this machine. Its
workers need pinterest-async[dask,harvest,redis], the same variables in their environment, and the
target: a folder that all machines mount, or an address such as s3://bucket/folder. Start them with
more threads than cores (`dask worker tcp://scheduler:8786 --nthreads 16`), for waiting takes none.
Kill workers, or this program, as you like, and run it again: what is finished is not fetched twice.
"""

import asyncio
import datetime as dt
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from distributed import Client, LocalCluster

from pinterest_async import Pinterest
from pinterest_async.harvest import Plan, RedisCheckpoint, run
from pinterest_async.limits import RedisLimiter

REDIS = os.environ.get("REDIS_URL", "redis://localhost:6379/0")


def connect() -> Pinterest:
    """Make a client where it is needed: on each worker."""
    return Pinterest.from_env(limiter=RedisLimiter.from_url(REDIS))


async def main(out: str) -> int:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(
        level="ad",
        columns=["spend", "engagement"],
        start=yesterday - dt.timedelta(days=29),
        end=yesterday,
    )
    async with (
        cluster() as address,
        Client(address, asynchronous=True) as dask,  # type: ignore[no-untyped-call]
        RedisLimiter.from_url(REDIS) as limiter,
        Pinterest.from_env(limiter=limiter) as pinterest,
    ):
        checkpoint = RedisCheckpoint(REDIS, f"ads below {out}")
        result = await run(
            plan,
            pinterest,
            out=out,
            checkpoint=checkpoint,
            on=dask,
            connect=connect,
            concurrency=32,
        )
    print(f"{result.rows:,} rows by {result.calls} calls in {result.seconds:.1f} s, below {out}/")
    return 0 if result.complete else 1


@asynccontextmanager
async def cluster() -> AsyncGenerator[Any]:
    """The cluster that DASK_SCHEDULER names, or else one of two processes on this machine."""
    address = os.environ.get("DASK_SCHEDULER")
    if address is not None:
        yield address
        return
    async with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2, threads_per_worker=8, dashboard_address="localhost:0", asynchronous=True
    ) as local:
        yield local


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "data")))
