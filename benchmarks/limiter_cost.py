"""What limiters cost: one acquire, in memory and through Redis, waking many, and their memory.

python benchmarks/limiter_cost.py [--quick]
"""

import argparse
import asyncio
import gc
import statistics
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple, cast

from _machine import describe
from aiolimiter import AsyncLimiter
from redis.asyncio import Redis

from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.limits import InMemoryLimiter, LimitRequest, RedisLimiter

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from redis_server import RedisServer


class Sizes(NamedTuple):
    """Pairs of rounds, calls in each, calls at once, users, and rounds through Redis."""

    rounds: int = 41
    calls: int = 5_000
    waiters: int = 1_000
    users: int = 10_000
    shared_rounds: int = 500


QUICK = Sizes(5, 1_000, 200, 500, 50)
CATEGORIES = ("ads_read", "ads_analytics", "org_read")
WIDE = RateState(
    windows=((10**9, 1.0, "safety_net_app_id_user_id"), (10**9, 60.0, "org_read_app_id_user_id"))
)


def request(subject: str, category: str) -> LimitRequest:
    return LimitRequest(subject=subject, category=category, operation_id="pins/get")


async def ours(calls: int) -> float:
    """Seconds for one acquire out of two buckets that have room."""
    limiter, wanted = InMemoryLimiter(), request("user", "org_read")
    first = await limiter.acquire(wanted)
    limiter.observe(first, WIDE)
    began = time.perf_counter()
    for _ in range(calls):
        await limiter.acquire(wanted)
    return (time.perf_counter() - began) / calls


async def theirs(calls: int) -> float:
    """Seconds for one acquire out of aiolimiter's one bucket that has room."""
    limiter = AsyncLimiter(10**9, 60.0)
    await limiter.acquire()
    began = time.perf_counter()
    for _ in range(calls):
        await limiter.acquire()
    return (time.perf_counter() - began) / calls


async def acquire(sizes: Sizes) -> tuple[float, float, float]:
    """Medians of our time, their time, and their ratio within each pair of runs."""
    pairs: list[tuple[float, float]] = []
    gc.disable()
    for turn in range(sizes.rounds):
        if turn % 2:
            pairs.append((await ours(sizes.calls), await theirs(sizes.calls)))
        else:
            other = await theirs(sizes.calls)
            pairs.append((await ours(sizes.calls), other))
    gc.enable()
    return (
        statistics.median(one for one, _ in pairs),
        statistics.median(other for _, other in pairs),
        statistics.median(one / other for one, other in pairs),
    )


async def wake(waiters: int) -> tuple[int, float, int]:
    """How many turns of the loop woke anybody, processor time for each, most woken in one turn."""
    quotas = {"org_read": (2 * waiters, 60.0)}  # so that the safety net alone holds them up
    limiter, turns = InMemoryLimiter(quotas=quotas), dict[float, int]()
    loop = asyncio.get_running_loop()

    async def call() -> None:
        permit = await limiter.acquire(request("user", "org_read"))
        limiter.finish(permit)
        turn = round(loop.time(), 3)
        turns[turn] = turns.get(turn, 0) + 1

    held = [await limiter.acquire(request("user", "org_read")) for _ in range(100)]
    tasks = [asyncio.create_task(call()) for _ in range(waiters)]
    await asyncio.sleep(0.05)
    began = time.process_time()
    for permit in held:
        limiter.finish(permit)
        await asyncio.sleep(0.005)
    await asyncio.gather(*tasks)
    return len(tasks), (time.process_time() - began) / len(tasks), max(turns.values())


async def memory(users: int) -> tuple[float, float, int]:
    """MB of all buckets of many users in use, MB after they were idle, and buckets left."""
    now = 1000.0
    gc.collect()
    tracemalloc.start()
    limiter = InMemoryLimiter(clock=lambda: now)
    for number in range(users):
        for category in CATEGORIES:
            limiter.finish(await limiter.acquire(request(f"user-{number:08}", category)))
    used = tracemalloc.get_traced_memory()[0]
    now += 3600.0
    await limiter.acquire(request("user", "org_read"))
    gc.collect()
    left = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return used / 1e6, left / 1e6, len(limiter.snapshot())


async def shared(url: str, together: int, rounds: int) -> tuple[float, float]:
    """Through Redis: seconds until so many acquires are over, and calls of the script for each."""
    quotas = {"safety_net": (10**6, 1.0), "org_read": (10**6, 60.0)}
    redis: Any = cast("Any", Redis).from_url(url)
    async with RedisLimiter.from_url(url, quotas=quotas) as limiter:
        for permit in [await limiter.acquire(request("user", "org_read"))]:
            limiter.finish(permit)
        await redis.config_resetstat()
        took: list[float] = []
        for _ in range(rounds):
            began = time.perf_counter()
            calls = [limiter.acquire(request("user", "org_read")) for _ in range(together)]
            permits = await asyncio.gather(*calls) if together > 1 else [await calls[0]]
            took.append(time.perf_counter() - began)
            for permit in permits:
                limiter.finish(permit)
        stats = await redis.info("commandstats")
        called = stats["cmdstat_evalsha"]["calls"]
    await redis.aclose()
    return statistics.median(took), called / (rounds * together)


async def main(sizes: Sizes) -> None:
    print(describe())
    mine, other, ratio = await acquire(sizes)
    print(f"acquire, uncontended      {mine * 1e9:7.0f} ns, aiolimiter {other * 1e9:.0f} ns")
    print(f"  ratio, median of pairs  {ratio:7.2f}   (at most 1.00: {verdict(ratio <= 1)})")
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            single, calls = await shared(server.url, 1, sizes.shared_rounds)
            print(
                f"through Redis, one by one {single * 1e6:7.0f} µs, {calls:.2f} script calls each"
            )
            many, calls = await shared(server.url, sizes.waiters, 5)
            print(
                f"  {sizes.waiters:,} at once         {many / sizes.waiters * 1e6:7.0f} µs each, "
                f"{calls:.3f} script calls each"
            )
        finally:
            server.kill()
    tasks, each, most = await wake(sizes.waiters)
    print(f"waking {tasks:,} waiters       {each * 1e6:7.0f} µs of processor time each")
    print(f"  woken in one ms, most   {most:7}")
    used, left, buckets = await memory(sizes.users)
    print(
        f"{sizes.users:,} users, {len(CATEGORIES)} categories {used:6.1f} MB in use "
        f"(below 50: {verdict(used < 50)}), {left:.1f} MB in {buckets} buckets when idle"
    )


def verdict(good: bool) -> str:
    return "yes" if good else "NO"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rough figure in a short time")
    asyncio.run(main(QUICK if parser.parse_args().quick else Sizes()))
