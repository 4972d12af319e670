"""A harvest in a process of its own, to be killed: plan, address and folder come as JSON."""

import asyncio
import math
import os
import sys
import time
import warnings
from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec

from pinterest_async import Pinterest
from pinterest_async.harvest import (
    Commit,
    EntityPlan,
    Partition,
    Plan,
    RedisCheckpoint,
    SQLiteCheckpoint,
    run,
    run_entities,
)
from pinterest_async.harvest.execute import entity_engine, entity_walk, stragglers
from pinterest_async.harvest.output.storage import notes_folder
from pinterest_async.harvest.plan.series import Series
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter, RedisLimiter
from pinterest_async.options import Retry

LOCK_SECONDS = 10.0
"""Longer than a busy machine holds up a run; the lock of a killed one is shortened."""


def connect(job: Mapping[str, Any]) -> Pinterest:
    """A client, on whichever process."""
    warnings.simplefilter("ignore")
    redis = job.get("redis")
    return Pinterest(
        job["token"],
        base_url=job["url"],
        limiter=InMemoryLimiter() if redis is None else RedisLimiter.from_url(redis),
        retry=Retry(base=0.01, cap=0.05),
    )


@asynccontextmanager
async def client(job: Mapping[str, Any]) -> AsyncGenerator[Pinterest]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(connect(job))
        if isinstance(client.limits, RedisLimiter):
            await stack.enter_async_context(client.limits)
        yield client


def logged(checkpoint: Any, log: str) -> Any:
    """A checkpoint that writes down what was committed, and when that was over."""
    commit = checkpoint.commit
    notes = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    async def commit_and_log(series: Series, partition: Partition, what: Commit) -> None:
        await commit(series, partition, what)
        key = (partition.account, partition.ids, partition.start, partition.end)
        line = msgspec.json.encode((key, time.time())) + b"\n"
        os.write(notes, line)

    checkpoint.commit = commit_and_log
    return checkpoint


def walk_in_small_steps() -> None:
    """Have lists of some hundred things take several pages, segments and walks."""
    for module, name, value in (
        (entity_walk, "PAGE_SIZE", 30),
        (entity_walk, "PAGES_PER_SEGMENT", 3),
        (entity_engine, "PLACES_PER_WALK", 5),
    ):
        setattr(module, name, value)


async def entities(job: dict[str, Any]) -> None:
    walk_in_small_steps()
    plan = EntityPlan.from_json(job["entities"])
    async with client(job) as pinterest:
        result = await run_entities(plan, pinterest, out=job["out"], concurrency=4)
    output = {
        "calls": result.calls,
        "complete": result.complete,
        "failures": [str(failure.error) for failure in result.failures],
    }
    print(msgspec.json.encode(output).decode())  # noqa: T201


async def main(job: dict[str, Any]) -> None:
    plan = Plan.from_json(job["plan"])
    options: dict[str, Any] = {"out": job["out"], "concurrency": 4}
    options["polling"] = Polling(first=0.02, longest=0.1)
    checkpoint: Any = SQLiteCheckpoint(notes_folder(Path(job["out"])) / "checkpoint.sqlite")
    async with AsyncExitStack() as stack:
        if "dask" in job:
            checkpoint = RedisCheckpoint(job["redis"], "chaos", lock_seconds=LOCK_SECONDS)
            distributed: Any = import_module("distributed")
            dask = distributed.Client(job["dask"], asynchronous=True)
            options["on"] = await stack.enter_async_context(dask)
            options |= {"connect": partial(connect, job), "concurrency": 8}
            # A busy machine holds workers up: what they are given then, besides, would be counted
            # as fetched again.
            for name in ("SILENT_SECONDS", "SLOW_SECONDS", "UNKNOWN_SECONDS"):
                setattr(stragglers, name, math.inf)
        pinterest = await stack.enter_async_context(client(job))
        result = await run(plan, pinterest, checkpoint=logged(checkpoint, job["log"]), **options)
    output = {
        "calls": result.calls,
        "complete": result.complete,
        "failures": [str(failure.error) for failure in result.failures],
    }
    print(msgspec.json.encode(output).decode())  # noqa: T201


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    given = msgspec.json.decode(sys.argv[1], type=dict[str, Any])
    asyncio.run(entities(given) if "entities" in given else main(given))
