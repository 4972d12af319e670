"""A harvest by this library and by Pinterest's own SDK, side by side over one server.

    python benchmarks/official_sdk.py               3 pairs of runs over 20 ad accounts
    python benchmarks/official_sdk.py --accounts 60 --pairs 5

Both walk the ad accounts and the 50 ads of each, ask for the same columns of 89 days, and write
zstd Parquet: this library by `run`, the other one as people use it, with 16 threads and pandas
(`_official_harvest.py`). The server is another process and serves bodies that it rendered
beforehand, without quotas. `make official-sdk` installs the SDK, with pandas, beside this project's
environment.
"""

import argparse
import asyncio
import datetime as dt
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _machine import describe
from _rendered_rows import COLUMNS
from harvest import DAYS, Unlimited, served

from pinterest_async import Pinterest
from pinterest_async.harvest import Plan, run

HERE = Path(__file__).parent
HOME = HERE.parent / "build" / "official-sdk"


def prepared() -> Path:
    """The interpreter of the environment that has Pinterest's SDK."""
    if not (HOME / "installed").exists():
        sys.exit("Pinterest's SDK is not here yet: make official-sdk")
    return HOME / "bin" / "python"


async def harvest(url: str, start: str, end: str, folder: str) -> dict[str, Any]:
    """The same by this library."""
    plan = Plan(
        level="ad",
        columns=COLUMNS,
        start=dt.date.fromisoformat(start),
        end=dt.date.fromisoformat(end),
    )
    began, cpu = time.monotonic(), time.process_time()
    async with Pinterest("pina_bench", base_url=url, limiter=Unlimited()) as client:
        result = await run(plan, client, out=folder)
    return {
        "rows": result.rows,
        "seconds": time.monotonic() - began,
        "cpu": time.process_time() - cpu,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000,
    }


def measured(command: list[Any], accounts: int) -> dict[str, Any]:
    """One harvest in a process of its own."""
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=DAYS - 2)
    with served(accounts, start, end) as url, tempfile.TemporaryDirectory() as folder:
        ran = subprocess.run(  # noqa: S603
            [*command, url, str(start), str(end), folder], check=True, capture_output=True
        )
    return json.loads(ran.stdout.splitlines()[-1])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--own", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.own:
        print(json.dumps(asyncio.run(harvest(*options.own))))
        return 0
    theirs = [prepared(), HERE / "_official_harvest.py"]
    ours = [sys.executable, __file__, "--own"]
    pairs = [
        (measured(ours, options.accounts), measured(theirs, options.accounts))
        for _ in range(options.pairs)
    ]
    rows = {one["rows"] for pair in pairs for one in pair}
    if len(rows) > 1:
        raise RuntimeError(f"the two harvested different rows: {rows}")
    print(describe())
    print(f"{rows.pop():,} rows, medians of {len(pairs)} pairs of runs")
    print(f"{'':26}{'pinterest_async':>16}{'pinterest-api-sdk':>20}{'ratio':>8}")
    for name, unit in (("seconds", "wall time, s"), ("cpu", "CPU, s"), ("peak", "peak memory, MB")):
        own, other = (statistics.median(pair[side][name] for pair in pairs) for side in (0, 1))
        ratio = statistics.median(pair[1][name] / pair[0][name] for pair in pairs)
        print(f"{unit:26}{own:16.2f}{other:20.2f}{ratio:7.1f}x")
    return 0


if __name__ == "__main__":
    sys.exit(main())
