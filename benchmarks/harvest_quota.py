"""How close a harvest comes to the least time that the quota allows.

    python benchmarks/harvest_quota.py

The emulator runs in another process and enforces the quota over sliding windows: 100 calls for
analytics in 10 s in place of 300 in 60 s, so that a run ends. The shorter window is to our
disadvantage, since a token is away for a window and the time under way.

The lower bound: of N calls, all but the last (at most 100) have to wait for a window each hundred,
so the last call can start after ((N - 1) // 100) * 10 s, counted from the first. It says nothing of
the time that listing, the answers and the disk take, which is ours.
"""

import asyncio
import datetime as dt
import multiprocessing
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from typing import Any

from _machine import describe

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.harvest import Plan, run
from pinterest_async.limits import InMemoryLimiter

LIMIT, WINDOW = 100, 10.0
ACCOUNTS = 401
WORST = 1.03


def serve(pipe: Connection) -> None:
    asyncio.run(_serve(pipe))


async def _serve(pipe: Connection) -> None:
    quotas = {"ads_analytics": (LIMIT, WINDOW)}
    async with Emulator(accounts=ACCOUNTS, quotas=quotas, windows="sliding") as emulator:
        pipe.send((emulator.url, emulator.token))
        await asyncio.to_thread(pipe.recv)
        calls = [one for one in emulator.calls() if one.operation == "ad_accounts.analytics"]
        refused = sum(one.status != 200 for one in emulator.calls())
        pipe.send((len(calls), refused))


async def harvest(url: str, token: str) -> tuple[Any, float]:
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(level="account", start=end - dt.timedelta(days=6), end=end)
    limiter = InMemoryLimiter(quotas={"ads_analytics": (LIMIT, WINDOW)})
    with tempfile.TemporaryDirectory() as folder:
        async with Pinterest(token, base_url=url, limiter=limiter) as client:
            began = time.monotonic()
            result = await run(plan, client, out=folder)
            return result, time.monotonic() - began


def main() -> int:
    print(describe())
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs,), daemon=True)
    process.start()
    url, token = ours.recv()
    result, seconds = asyncio.run(harvest(url, token))
    ours.send("stop")
    calls, refused = ours.recv()
    process.join(10)
    least = (calls - 1) // LIMIT * WINDOW
    good = result.complete and not refused and seconds <= WORST * least
    print(
        f"{calls} calls at {LIMIT} in {WINDOW:g} s, {refused} refused: the quota allows "
        f"{least:.1f} s, the harvest took {seconds:.2f} s: {seconds / least:.3f} x "
        f"({'as promised' if good else 'NOT as promised'}, at most {WORST} x)"
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
