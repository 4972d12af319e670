"""Harvest the last 30 days of all ads of all ad accounts into Parquet files.

    python examples/harvest_to_parquet.py data

Needs a token in PINTEREST_ACCESS_TOKEN. PINTEREST_BASE_URL points it at an emulator instead of
Pinterest. Stop it and run it again as you like: finished partitions are not fetched twice.
"""

import asyncio
import datetime as dt
import sys

from pinterest_async import Pinterest
from pinterest_async.harvest import Plan, Progress, run


class Lines:
    """Prints a line now and then."""

    def __init__(self) -> None:
        self._printed = 0.0

    def update(self, progress: Progress) -> None:
        """Print at most one line a second."""
        if progress.seconds - self._printed > 1:
            self._printed = progress.seconds
            print(f"{progress.done} of {progress.partitions} partitions, {progress.rows:,} rows")


async def main(out: str) -> int:
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(
        level="ad",
        columns=["CAMPAIGN_ID", "spend", "IMPRESSION_1", "CLICKTHROUGH_1"],
        start=yesterday - dt.timedelta(days=29),
        end=yesterday,
    )
    async with Pinterest.from_env() as pinterest:
        result = await run(plan, pinterest, out=out, progress=Lines())
    print(f"{result.rows:,} rows by {result.calls} calls in {result.seconds:.1f} s, below {out}/")
    for failure in result.failures:
        print(f"not harvested: ad account {failure.account}: {failure.error}", file=sys.stderr)
    return 1 if result.failures else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "data")))
