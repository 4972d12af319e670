"""How fast rows come from the wire into Parquet, where the time goes, and how much memory it takes.

    python benchmarks/harvest_speed.py          200 ad accounts x 50 ads x 90 days: 0.9 million
    python benchmarks/harvest_speed.py --full   1,124 ad accounts, 5 million; and 225, for memory

The server is another process, without quotas, and serves bodies that it rendered beforehand.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import functools
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from _rendered_rows import COLUMNS

from pinterest_async import Pinterest
from pinterest_async._request import decoding
from pinterest_async.harvest import Plan, run
from pinterest_async.harvest.execute import fetch
from pinterest_async.harvest.output.arrow import pq
from pinterest_async.harvest.output.sqlite_checkpoint import SQLiteCheckpoint
from pinterest_async.harvest.output.storage import LocalStorage
from pinterest_async.harvest.output.typed_columns import TypedColumns

ADS, DAYS = 50, 90
SERVER = Path(__file__).with_name("_rendered_rows.py")


class Split:
    """CPU seconds by what they were spent on."""

    def __init__(self) -> None:
        self.seconds: Counter[str] = Counter()

    def watch(self, place: Any, name: str, what: str) -> None:
        """Count the time of a function wherever it is called."""
        whole: Callable[..., Any] = getattr(place, name)

        @functools.wraps(whole)
        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.thread_time()
            try:
                return whole(*arguments, **options)
            finally:
                self.seconds[what] += time.thread_time() - began

        setattr(place, name, timed)


@contextlib.contextmanager
def served(
    accounts: int, start: dt.date, end: dt.date, columns: Sequence[str] = COLUMNS
) -> Iterator[str]:
    job: dict[str, Any] = {"accounts": accounts, "ads": ADS, "columns": columns}
    job |= {"start": str(start), "end": str(end)}
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, str(SERVER), json.dumps(job)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        if process.stdout is None or process.stdin is None:
            raise RuntimeError("the server's process has no pipes")
        yield process.stdout.readline().strip()
        process.stdin.close()


async def harvest(accounts: int) -> dict[str, Any]:
    split = Split()
    split.watch(decoding, "decode", "lists")
    split.watch(TypedColumns, "decode", "rows")
    split.watch(fetch, "table_of_columns", "Arrow")
    split.watch(fetch, "asked_for", "checks")
    split.watch(pq, "write_table", "Parquet")
    split.watch(LocalStorage, "write_all", "disk")
    split.watch(SQLiteCheckpoint, "_execute", "checkpoint")
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(level="ad", columns=COLUMNS, start=end - dt.timedelta(days=DAYS - 2), end=end)
    with served(accounts, plan.start, plan.end) as url, tempfile.TemporaryDirectory() as folder:
        async with Pinterest("pina_bench", base_url=url, limiter=Unlimited()) as client:
            began, cpu = time.monotonic(), time.process_time()
            result = await run(plan, client, out=Path(folder) / "data")
            seconds, cpu = time.monotonic() - began, time.process_time() - cpu
        if not result.complete or result.misfits:
            raise RuntimeError(f"the harvest is not sound: {result.failures}")
        size = _size(Path(folder))
    parts = dict(split.seconds)
    parts["network and loop"] = max(0.0, cpu - sum(parts.values()))
    return {
        "rows": result.rows,
        "seconds": seconds,
        "cpu": cpu,
        "parts": parts,
        "bytes": size,
        "peak": _peak(),
    }


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*.parquet"))


class Unlimited:
    """A limiter that lets everything go."""

    async def acquire(self, request: Any) -> None: ...

    def finish(self, permit: Any, late: float = 0.0) -> None: ...

    def release(self, permit: Any) -> None: ...

    def observe(self, permit: Any, state: Any) -> None: ...

    def freeze(self, permit: Any, seconds: float) -> None: ...

    def snapshot(self) -> tuple[()]:
        return ()


def _peak() -> float:
    """Most memory that this process had, in megabytes."""
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def show(found: dict[str, Any]) -> None:
    rows, seconds = found["rows"], found["seconds"]
    shares = ", ".join(f"{what} {took / found['cpu']:.0%}" for what, took in found["parts"].items())
    print(
        f"{rows:,} rows in {seconds:.1f} s: {rows / seconds:,.0f} rows/s; "
        f"{found['cpu'] / rows * 1e6:.2f} us of CPU a row ({shares}); "
        f"peak memory {found['peak']:.0f} MB; {found['bytes'] / rows:.1f} bytes a row on disk"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--accounts", type=int)
    parser.add_argument("--json", action="store_true", help="one run, in this process")
    options = parser.parse_args()
    if options.json:
        print(json.dumps(asyncio.run(harvest(options.accounts))))
        return 0
    sizes = [options.accounts] if options.accounts else [225, 1124] if options.full else [200]
    for accounts in sizes:  # each in a process of its own, for its peak of memory
        command = [sys.executable, __file__, "--json", "--accounts", str(accounts)]
        ran = subprocess.run(command, check=True, capture_output=True)  # noqa: S603
        show(json.loads(ran.stdout))
    return 0


if __name__ == "__main__":
    sys.exit(main())
