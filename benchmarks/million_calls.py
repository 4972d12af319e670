"""Calls without end, in one process: does memory stay what it was?

The whole path is taken: checks, limiter, pool, wire, decoding. The server is another process that
does as little as it can. A million calls: python benchmarks/million_calls.py --calls 1000000
"""

import argparse
import asyncio
import gc
import os
import time
from itertools import count
from pathlib import Path

from _prerendered import server

from pinterest_async import InMemoryLimiter, Pinterest, SessionPool

REPORTS = 20
WARM_UP = 0.1
"""Share of the calls after which memory is taken as the level to stay at."""


def resident() -> float:
    """Memory of this process that is in RAM, in MB."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


async def run(url: str, calls: int, tasks: int) -> tuple[list[tuple[int, float]], float]:
    """Memory after so many calls, and calls a second."""
    levels: list[tuple[int, float]] = []
    numbers = iter(range(calls))
    done = count(1)
    every = max(1, calls // REPORTS)
    start = time.perf_counter()

    async with SessionPool(limit=tasks) as pool:
        client = Pinterest(
            "pina_benchmark", pool=pool, base_url=url, limiter=InMemoryLimiter(), on_drift="raise"
        )

        async def work() -> None:
            for _ in numbers:
                pin = await client.pins.get("813744226420795884")
                if pin.title != "A chair":
                    raise RuntimeError(f"not what was sent: {pin}")
                finished = next(done)
                if finished % every == 0:
                    levels.append((finished, resident()))
                    rate = finished / (time.perf_counter() - start)
                    print(f"{finished:>10,} calls  {levels[-1][1]:>7.1f} MB  {rate:>6,.0f} calls/s")

        async with asyncio.TaskGroup() as group:
            for _ in range(tasks):
                group.create_task(work())
    return levels, calls / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20_000)
    parser.add_argument("--tasks", type=int, default=64, help="calls under way at a time")
    chosen = parser.parse_args()
    with server() as served:
        levels, rate = asyncio.run(run(served.url, chosen.calls, chosen.tasks))
    gc.collect()
    warm = next(level for finished, level in levels if finished >= WARM_UP * chosen.calls)
    highest = max(level for _, level in levels)
    print(
        f"{chosen.calls:,} calls, {rate:,.0f} a second over {served.connections} connections: "
        f"{warm:.1f} MB after the first tenth, {highest:.1f} MB at most, {levels[-1][1]:.1f} MB in "
        "the end"
    )


if __name__ == "__main__":
    main()
