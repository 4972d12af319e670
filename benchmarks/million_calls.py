"""Calls without end, in one process: do memory, sockets and tasks stay what they were?

The whole path is taken: checks, limiter, pool, wire, decoding. The server is another process that
does as little as it can, and spoils a share of its answers where it is told to:

    python benchmarks/million_calls.py --calls 1000000 --faults 0.05 [--lane session]
"""

import argparse
import asyncio
import gc
import os
import time
from collections import Counter
from itertools import count
from pathlib import Path
from typing import NamedTuple

from _neutral_server import server

from pinterest_async import InMemoryLimiter, Pinterest, PinterestError, Retry, SessionPool
from pinterest_async.pool import Lane

REPORTS = 20
WARM_UP = 0.1
"""Share of the calls after which memory is taken as the level to stay at."""


class Level(NamedTuple):
    """What the process held after so many calls; memory in MB."""

    calls: int
    memory: float
    files: int
    tasks: int


def resident() -> float:
    """Memory of this process that is in RAM, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def held(calls: int) -> Level:
    """What this process holds; sockets are files."""
    files = len(list(Path("/proc/self/fd").iterdir()))
    return Level(calls, resident(), files, len(asyncio.all_tasks()))


async def run(
    url: str, calls: int, tasks: int, lane: Lane
) -> tuple[list[Level], float, Counter[str]]:
    """What was held after so many calls, calls a second, and the errors that calls ended with."""
    levels: list[Level] = []
    errors: Counter[str] = Counter()
    numbers = iter(range(calls))
    done = count(1)
    every = max(1, calls // REPORTS)
    start = time.perf_counter()

    async with SessionPool(limit=tasks, lane=lane) as pool:
        client = Pinterest(
            "pina_benchmark",
            pool=pool,
            base_url=url,
            limiter=InMemoryLimiter(),
            on_drift="raise",
            retry=Retry(base=0.01, cap=0.1),
        )

        async def work() -> None:
            for _ in numbers:
                try:
                    pin = await client.pins.get("813744226420795884")
                except PinterestError as error:
                    errors[type(error).__name__] += 1
                else:
                    if pin.title != "A chair":
                        raise RuntimeError(f"not what was sent: {pin}")
                finished = next(done)
                if finished % every == 0:
                    level = held(finished)
                    levels.append(level)
                    rate = finished / (time.perf_counter() - start)
                    print(
                        f"{finished:>10,} calls  {level.memory:>7.1f} MB  {level.files:>4} files  "
                        f"{level.tasks:>4} tasks  {rate:>6,.0f} calls/s",
                        flush=True,
                    )

        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(work())
    return levels, calls / (time.perf_counter() - start), errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--tasks", type=int, default=64, help="calls under way at a time")
    parser.add_argument("--lane", choices=["fast", "session"], default="fast")
    parser.add_argument("--faults", type=float, default=0.0, help="share of spoilt answers")
    chosen = parser.parse_args()
    with server(chosen.faults) as served:
        levels, rate, errors = asyncio.run(run(served.url, chosen.calls, chosen.tasks, chosen.lane))
    gc.collect()
    warm = next(one for one in levels if one.calls >= WARM_UP * chosen.calls)
    highest = max(one.memory for one in levels)
    print(
        f"{chosen.calls:,} calls, {rate:,.0f} a second over {served.connections} connections: "
        f"{warm.memory:.1f} MB after the first tenth, {highest:.1f} MB at most, "
        f"{levels[-1].memory:.1f} MB in the end; files {warm.files} to "
        f"{max(one.files for one in levels)}, tasks {warm.tasks} to "
        f"{max(one.tasks for one in levels)}; errors {dict(errors)}"
    )


if __name__ == "__main__":
    main()
