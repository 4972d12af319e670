"""Many clients on one pool: what does one more cost, and does it make the calls of others dearer?

    python benchmarks/pool_clients.py [--clients 10000] [--quick]

Clients with a token each are made, and views of one client (`with_options`). Then calls of 10 and
of all are measured by turns, each call by the next client, 64 at a time: CPU of the client process,
whose server is another one.
"""

import asyncio
import gc
import os
import time
import tracemalloc
from typing import NamedTuple

from _case import CASES
from _clients import Client, take_turns
from _machine import describe
from _report import options, save
from _spread import Spread

from pinterest_async import InMemoryLimiter, Pinterest, SessionPool, preload

FEW = 10


class Making(NamedTuple):
    """What a client takes: microseconds to make it and a view of it, bytes, and sockets of all."""

    clients: int
    client: float
    view: float
    memory: float
    sockets: int


class Row(NamedTuple):
    """Microseconds of CPU of a call with few clients and with many, and the ratio of the two."""

    kind: str
    few: Spread
    many: Spread
    ratio: Spread


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


def make(count: int, pool: SessionPool, limiter: InMemoryLimiter) -> list[Pinterest]:
    return [Pinterest(f"pina_{number}", pool=pool, limiter=limiter) for number in range(count)]


async def made(clients: int) -> Making:
    """Make clients and views of them."""
    preload()
    before = sockets()
    async with SessionPool() as pool:
        limiter = InMemoryLimiter()
        # Fewer clients first, so that nothing is measured that is loaded or compiled once.
        make(100, pool, limiter)
        gc.collect()
        start = time.process_time()
        all_of_them = make(clients, pool, limiter)
        client = time.process_time() - start
        opened = sockets() - before
        start = time.process_time()
        for one in all_of_them:
            one.with_options(ad_account_id="549755885175")
        view = time.process_time() - start
        tracemalloc.start()
        held = make(clients, pool, limiter)
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        del held
    return Making(clients, client / clients * 1e6, view / clients * 1e6, size / clients, opened)


def called(kind: str, clients: int, processes: int, rounds: int) -> Row:
    """Let few clients and many make calls by turns."""
    sides = [Client("ours", clients=count, views=kind == "views") for count in (FEW, clients)]
    case = CASES["get64"]._replace(calls=max(1000, clients // 2))
    turns = take_turns(sides, case, processes=processes, rounds=rounds)
    return Row(kind, turns.cost(0), turns.cost(1), turns.ratio(1, 0))


def main() -> None:
    parser = options(__doc__)
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=8, help="pairs of blocks of two processes")
    parser.add_argument("--processes", type=int, default=3, help="of each side, one after another")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.rounds, chosen.processes = 2, 1
    making = asyncio.run(made(chosen.clients))
    print(describe())
    print(
        f"{making.clients:,} clients: {making.client:.1f} us and {making.memory:,.0f} bytes each, "
        f"{making.sockets} sockets opened; a view (with_options): {making.view:.1f} us"
    )
    rows: list[Row] = []
    for kind in ("users", "views"):
        row = called(kind, chosen.clients, chosen.processes, chosen.rounds)
        rows.append(row)
        print(
            f"a call, {kind}: {row.few.median:.1f} us with {FEW}, {row.many.median:.1f} with "
            f"{chosen.clients:,}; ratio {row.ratio:.2f}",
            flush=True,
        )
    save(chosen.json, rows, making=making._asdict())


if __name__ == "__main__":
    main()
