"""Four processes that share one quota through Redis, against servers that enforce it.

    python benchmarks/limiter_redis.py [--window 10] [--windows 5] [--kinds fixed]

The same servers and counting as limiter_quota.py; each process runs a client on every server of a
kind, one kind after another, so that not this machine is measured.
"""

import asyncio
import multiprocessing
import sys
import tempfile
import time
from pathlib import Path

from _machine import describe
from _quota_server import JITTER, KINDS, SHAPES, Rules, start
from limiter_quota import LIMIT, Setup, arguments, hold, share

from pinterest_async import RedisLimiter, SessionPool

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))
from redis_server import RedisServer

PROCESSES = 4


async def sharer(url: str, ports: list[int], begins: float, setup: Setup) -> None:
    """One of the processes; `begins` is a moment of the monotonic clock, which is the loop's."""

    async def held(port: int, limiter: RedisLimiter, began: float) -> None:
        async with limiter:
            await hold(port, pool, limiter, began, began + setup.length)

    async with SessionPool() as pool, asyncio.TaskGroup() as group:
        for turn, (port, shape) in enumerate(zip(ports, SHAPES, strict=True)):
            limiter = RedisLimiter.from_url(url, quotas=setup.quotas(shape))
            group.create_task(held(port, limiter, begins + turn * setup.window / len(SHAPES)))


def run(url: str, ports: list[int], begins: float, setup: Setup) -> None:
    asyncio.run(sharer(url, ports, begins, setup))


def measure(kind: str, url: str, setup: Setup) -> bool:
    """All shapes of headers from one kind of server."""
    rules = [
        Rules(kind, shape, LIMIT, setup.window, setup.length + 60.0, seed)
        for seed, shape in enumerate(SHAPES)
    ]
    ports, stop = start(rules)
    context = multiprocessing.get_context("spawn")
    facts = (url, ports, time.monotonic() + 5.0, setup)
    processes = [context.Process(target=run, args=facts) for _ in range(PROCESSES)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    good = True
    for shape, (passed, refused) in zip(SHAPES, stop(), strict=True):
        used = share(passed, setup)
        good = good and not refused and used >= 0.98
        print(f"{kind:8} {shape:9} {refused:7}   {used:8.2%}", flush=True)
    return good


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--kinds", default=",".join(KINDS), help="of servers, with commas between")
    given = parser.parse_args()
    setup = Setup(given.window, given.windows)
    print(describe())
    low, high = (1000 * bound for bound in JITTER)
    print(
        f"{PROCESSES} processes, {LIMIT} calls in {setup.window:g} s together, "
        f"{setup.windows} windows, round trips {low:g} to {high:g} ms"
    )
    print("server   headers   refused   share of the quota", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            good = [measure(kind, server.url, setup) for kind in given.kinds.split(",")]
        finally:
            server.kill()
    print("as promised" if all(good) else "NOT as promised")


if __name__ == "__main__":
    main()
