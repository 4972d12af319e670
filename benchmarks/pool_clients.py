"""Many clients, each with a token of its own, on one pool: what does one more cost?

Clients are made, then each makes one call. The server is another process, which counts connections.
"""

import argparse
import asyncio
import gc
import os
import time
import tracemalloc

from _neutral_server import server

from pinterest_async import InMemoryLimiter, Pinterest, SessionPool, preload


def sockets() -> int:
    """Sockets that this process has open."""
    here = "/proc/self/fd"
    found = 0
    for name in os.listdir(here):  # noqa: PTH208  (the listing itself is one of the entries)
        try:
            found += os.readlink(f"{here}/{name}").startswith("socket:")  # noqa: PTH115
        except OSError:
            continue
    return found


def make(count: int, url: str, pool: SessionPool, limiter: InMemoryLimiter) -> list[Pinterest]:
    return [
        Pinterest(f"pina_{number}", pool=pool, limiter=limiter, base_url=url)
        for number in range(count)
    ]


async def run(url: str, clients: int, connections: int) -> None:
    before = sockets()
    async with SessionPool(limit=connections) as pool:
        limiter = InMemoryLimiter()
        # Fewer clients first, so that nothing is measured that is loaded or compiled once.
        make(100, url, pool, limiter)
        gc.collect()
        start = time.perf_counter()
        made = make(clients, url, pool, limiter)
        each = (time.perf_counter() - start) / clients
        opened = sockets() - before
        print(f"{clients:,} clients: {each * 1e6:.1f} us each, {opened} sockets opened")

        start = time.perf_counter()
        for one in made:
            one.with_options(ad_account_id="549755885175")
        each = (time.perf_counter() - start) / clients
        print(f"a view of each (with_options): {each * 1e6:.1f} us")

        tracemalloc.start()
        held = make(clients, url, pool, limiter)
        size = tracemalloc.get_traced_memory()[0] / clients
        tracemalloc.stop()
        del held
        print(f"memory: {size:,.0f} bytes each")

        start = time.perf_counter()
        answers = await asyncio.gather(*(one.pins.get("813744226420795884") for one in made))
        seconds = time.perf_counter() - start
        print(f"one call each: {len(answers) / seconds:,.0f} calls/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=64, help="of the pool, at a time")
    chosen = parser.parse_args()
    preload()
    with server() as served:
        asyncio.run(run(served.url, chosen.clients, chosen.connections))
    print(f"connections that the server saw: {served.connections}")


if __name__ == "__main__":
    main()
