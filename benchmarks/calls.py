"""What a whole call costs, beside what people write by hand on aiohttp: CPU of the client alone.

Both decode the same answer into the same type. The server is another process, on another core
where the system can pin processes, and takes no part in the figures; if it is the limit, a line
says so. Rounds of both alternate; the ratio of two is taken within a round, and the median of the
rounds is printed with the lowest and highest: above 1, ours is cheaper.

    python benchmarks/calls.py [--json FILE] [--only small,page,post,tls,uvloop] [--rounds 9]
"""

import argparse
import asyncio
import json
import os
import ssl
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final, NamedTuple

import aiohttp
import msgspec
from _machine import describe
from _prerendered import Served, server

from pinterest_async import InMemoryLimiter, Page, Pinterest, SessionPool, Timeout
from pinterest_async.types import Pin

PIN_ID: Final = "813744226420795884"
CERTIFICATE: Final = Path(__file__).parents[1] / "tests" / "runtime" / "localhost.pem"
HEADERS: Final = {"Accept": "application/json", "Authorization": "Bearer pina_benchmark"}
NEW_PIN: Final = {
    "board_id": "549755885175",
    "title": "A chair",
    "media_source": {"source_type": "image_url", "url": "https://example.com/chair.jpg"},
}
Call = Callable[[], Awaitable[Any]]


class Case(NamedTuple):
    """One row: which call, how many at a time, over what."""

    name: str
    tasks: int
    calls: int
    kind: str = "small"
    tls: bool = False
    uvloop: bool = False


CASES: Final = (
    Case("small GET, 1 at a time", 1, 1500),
    Case("small GET, 64 at a time", 64, 3000),
    Case("small GET, 1,000 at a time", 1000, 4000),
    Case("small GET, 64 at a time, TLS", 64, 3000, tls=True),
    Case("small GET, 64 at a time, uvloop", 64, 3000, uvloop=True),
    Case("page of 250 Pins, 16 at a time", 16, 160, kind="page"),
    Case("POST of a Pin, 64 at a time", 64, 3000, kind="post"),
)


class Result(NamedTuple):
    """Microseconds of CPU a call: medians, and the ratio with its spread."""

    name: str
    bare: float
    ours: float
    ratio: float
    lowest: float
    highest: float
    server_busy: float


async def measured(call: Call, calls: int, tasks: int) -> float:
    """Seconds of CPU of this process for each of so many calls."""
    numbers = iter(range(calls))

    async def work() -> None:
        for _ in numbers:
            await call()

    start = time.process_time()
    async with asyncio.TaskGroup() as group:
        for _ in range(tasks):
            group.create_task(work())
    return (time.process_time() - start) / calls


def bare(session: aiohttp.ClientSession, url: str, kind: str) -> Call:
    """What people write by hand."""
    if kind == "page":
        pages = msgspec.json.Decoder(Page[Pin])

        async def page() -> Any:
            async with session.get(f"{url}/pins", params={"page_size": 250}) as response:
                return pages.decode(await response.read())

        return page
    decoder = msgspec.json.Decoder(Pin)
    if kind == "post":
        encoder = msgspec.json.Encoder()
        sent = {"Content-Type": "application/json"}

        async def post() -> Any:
            body = encoder.encode(NEW_PIN)
            async with session.post(f"{url}/pins", data=body, headers=sent) as response:
                return decoder.decode(await response.read())

        return post

    async def get() -> Any:
        async with session.get(f"{url}/pins/{PIN_ID}") as response:
            return decoder.decode(await response.read())

    return get


def ours(client: Pinterest, kind: str) -> Call:
    """The same with everything on: both buckets, deadline, retries, headers, typed answer."""
    if kind == "page":
        return lambda: client.pins.list(page_size=250)
    if kind == "post":
        new: Any = NEW_PIN
        return lambda: client.pins.create(**new)
    return lambda: client.pins.get(PIN_ID)


async def run(case: Case, served: Served, rounds: int) -> Result:
    """Measure one row."""
    context = ssl.create_default_context(cafile=str(CERTIFICATE)) if case.tls else None
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(limit=256, ssl=context or True)
        session = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector, headers=HEADERS)
        )
        pool = await stack.enter_async_context(SessionPool(ssl=context))
        client = Pinterest(
            "pina_benchmark",
            pool=pool,
            base_url=served.url,
            limiter=InMemoryLimiter(),
            timeout=Timeout(total=300.0),
        )
        ways = (bare(session, served.url, case.kind), ours(client, case.kind))
        for way in ways:
            await measured(way, max(case.tasks, case.calls // 4), case.tasks)
        found: list[tuple[float, float]] = []
        began, busy = time.perf_counter(), served.processor_time()
        for number in range(rounds):
            order = ways if number % 2 else ways[::-1]
            pair = [await measured(way, case.calls, case.tasks) for way in order]
            found.append((pair[0], pair[1]) if number % 2 else (pair[1], pair[0]))
        share = (served.processor_time() - busy) / (time.perf_counter() - began)
    ratios = sorted(one / other for one, other in found)
    return Result(
        case.name,
        statistics.median(one for one, _ in found) * 1e6,
        statistics.median(other for _, other in found) * 1e6,
        statistics.median(ratios),
        ratios[0],
        ratios[-1],
        share,
    )


def results(cases: tuple[Case, ...], rounds: int) -> Iterator[Result]:
    """Measure row by row, each in an event loop of its own."""
    for case in cases:
        certificate = CERTIFICATE if case.tls else None
        with server(kind="page" if case.kind == "page" else "pin", tls=certificate) as served:
            factory: Any = None
            if case.uvloop:
                try:
                    import uvloop
                except ImportError:
                    print(f"{case.name}: left out, uvloop is not installed", file=sys.stderr)
                    continue
                factory = uvloop.new_event_loop
            with asyncio.Runner(loop_factory=factory) as runner:
                yield runner.run(run(case, served, rounds))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="words, of which a row's name has to have one")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--json", type=Path, help="a file for the figures")
    chosen = parser.parse_args()
    words = [word for word in chosen.only.split(",") if word]
    cases = tuple(
        one for one in CASES if not words or any(w in one.name or w == one.kind for w in words)
    )
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(describe())
    print(f"{'':34} {'bare':>8} {'ours':>8}  bare / ours, median of {chosen.rounds} [spread]")
    found: list[Result] = []
    for one in results(cases, chosen.rounds):
        found.append(one)
        limit = "  the server is the limit" if one.server_busy > 0.95 else ""
        print(
            f"{one.name:34} {one.bare:>6.1f}us {one.ours:>6.1f}us  {one.ratio:.2f} "
            f"[{one.lowest:.2f}, {one.highest:.2f}]{limit}",
            flush=True,
        )
    if chosen.json:
        rows = [one._asdict() for one in found]
        chosen.json.write_text(json.dumps({"machine": describe(), "rows": rows}, indent=2), "utf-8")


if __name__ == "__main__":
    main()
