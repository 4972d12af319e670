"""Makes one harvest, and prints as JSON what it took: rows, seconds of CPU and clock, peak memory.

    python benchmarks/_harvest_process.py "by hand"|pinterest_async URL START END FOLDER COLUMN...

Imports are made before, and do not count.
"""

import asyncio
import datetime as dt
import json
import resource
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio.lowlevel
import pyarrow as pa

Harvest = Callable[[str, str, str, str, tuple[str, ...]], Coroutine[Any, Any, int]]


def ours() -> Harvest:
    from harvest_speed import Unlimited

    from pinterest_async import Pinterest, preload
    from pinterest_async.harvest import Plan, run

    preload()
    anyio.run(anyio.lowlevel.checkpoint)  # imports its backend

    async def harvest(url: str, start: str, end: str, folder: str, columns: tuple[str, ...]) -> int:
        first, last = dt.date.fromisoformat(start), dt.date.fromisoformat(end)
        plan = Plan(level="ad", columns=columns, start=first, end=last)
        options: Any = {"base_url": url, "limiter": Unlimited(), "on_drift": "raise"}
        async with Pinterest("pina_bench", **options) as client:
            result = await run(plan, client, out=Path(folder) / "data")
        if not result.complete or result.misfits:
            raise RuntimeError(f"the harvest is not sound: {result.failures}")
        return result.rows

    return harvest


def by_hand() -> Harvest:
    from _harvest_by_hand import harvest

    return harvest


def main(side: str, url: str, start: str, end: str, folder: str, *columns: str) -> None:
    harvest = {"by hand": by_hand, "pinterest_async": ours}[side]()
    if side == "by hand":
        pa.array([0])  # it imports pandas, where that is installed, with its first array
    cpu, clock = time.process_time(), time.monotonic()
    rows = asyncio.run(harvest(url, start, end, folder, columns))
    facts = {
        "rows": rows,
        "cpu": time.process_time() - cpu,
        "clock": time.monotonic() - clock,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    main(*sys.argv[1:])
