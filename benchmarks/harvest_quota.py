"""How close harvests come to the least time that the quota allows.

    python benchmarks/harvest_quota.py              all of them
    python benchmarks/harvest_quota.py --only ads   accounts, ads or reports; [--window 10]

The emulator runs in another process and enforces the quota over sliding windows: 100 calls for
analytics in 10 s in place of 300 in 60 s, so that a run ends. The shorter window is to our
disadvantage, since a token is away for a window and the time under way.

- accounts: a call for each ad account, which a list names.
- ads: the ads of each account are listed first, then asked about.
- reports: days that only async reports reach: four calls for each account. The pauses between two
  looks at a report are as much shorter as the window.

The lower bound: of N calls, all but the last (at most 100) have to wait for a window each hundred,
so the last call can start after ((N - 1) // 100) * 10 s, counted from the first. It says nothing of
the time that listing, the answers and the disk take, which is ours.
"""

import argparse
import asyncio
import datetime as dt
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

from _machine import describe

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.harvest import Plan, run
from pinterest_async.harvest.plan.levels import Level
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter

LIMIT, WINDOW = 100, 10.0
ADS, DAYS = 5, 7
WORST = 1.03


def quotas(window: float) -> dict[str, tuple[int, float]]:
    return {"ads_analytics": (LIMIT, window)}


class Case(NamedTuple):
    """What to harvest: of so many accounts, up to so many days ago."""

    level: Level
    accounts: int
    last: int = 1


# Some accounts have no ads: 401 calls and 404 remain. The last window has few of them, so that the
# time shows the quota rather than how long this machine takes for the answers of a whole window.
CASES = {
    "accounts": Case("account", 401),
    "ads": Case("ad", 428),
    "reports": Case("ad", 108, last=100),
}


def serve(pipe: Connection, accounts: int, window: float) -> None:
    asyncio.run(_serve(pipe, accounts, window))


async def _serve(pipe: Connection, accounts: int, window: float) -> None:
    async with Emulator(
        accounts=accounts, ads=ADS, quotas=quotas(window), windows="sliding"
    ) as emulator:
        pipe.send((emulator.url, emulator.token))
        await asyncio.to_thread(pipe.recv)
        calls = emulator.calls()
        counted = sum(
            one.operation.endswith(".analytics") or one.operation.startswith("reports.")
            for one in calls
        )
        pipe.send((counted, sum(one.status != 200 for one in calls)))


async def harvest(case: Case, url: str, token: str, window: float) -> tuple[Any, float]:
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=case.last)
    plan = Plan(level=case.level, start=end - dt.timedelta(days=DAYS - 1), end=end)
    limiter = InMemoryLimiter(quotas=quotas(window))
    polling = Polling(first=window / 60)  # a second for each minute of the quota, as by default
    with tempfile.TemporaryDirectory() as folder:
        async with Pinterest(token, base_url=url, limiter=limiter) as client:
            began = time.monotonic()
            result = await run(plan, client, out=Path(folder) / "data", polling=polling)
            return result, time.monotonic() - began


def measure(name: str, case: Case, window: float) -> bool:
    """Run a case and tell what it took; whether that is as promised."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, case.accounts, window), daemon=True)
    process.start()
    url, token = ours.recv()
    result, seconds = asyncio.run(harvest(case, url, token, window))
    ours.send("stop")
    calls, refused = ours.recv()
    process.join(10)
    least = (calls - 1) // LIMIT * window
    good = result.complete and result.rows > 0 and not refused and seconds <= WORST * least
    print(
        f"{name}: {calls} calls at {LIMIT} in {window:g} s, {refused} refused: the quota allows "
        f"{least:.1f} s, the harvest took {seconds:.2f} s: {seconds / least:.3f} x "
        f"({'as promised' if good else 'NOT as promised'}, at most {WORST} x)",
        flush=True,
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=CASES)
    parser.add_argument("--window", type=float, default=WINDOW, help="in seconds")
    given = parser.parse_args()
    print(describe())
    chosen = {name: case for name, case in CASES.items() if given.only in {None, name}}
    return 0 if all(measure(name, case, given.window) for name, case in chosen.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
