"""Harvest an account with a million Pins, and measure the memory that it takes.

    python benchmarks/entities_memory.py
    python benchmarks/entities_memory.py --pins 100000 --format jsonl

The Pins come from a small server in another process, in pages of 250 and with the fields of a live
answer, so that the memory of the emulator does not count. What is printed is the largest resident
memory that the kernel saw of the harvest's process, and what it was before the first call.
"""

import argparse
import asyncio
import multiprocessing
import os
import resource
import socket
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from pinterest_async import Pinterest
from pinterest_async.harvest import EntityPlan, run_entities
from pinterest_async.limits import InMemoryLimiter

MOST = 200_000_000
"""Bytes that the harvest may take."""
PAGE = 250


def pin(number: int) -> dict[str, Any]:
    id = str(10**17 + number)
    sizes = {"150x150": 150, "400x300": 400, "600x": 600, "1200x": 1200}
    images = {
        name: {"url": f"https://i.pinimg.example/{name}/{id}.jpg", "width": width, "height": width}
        for name, width in sizes.items()
    }
    return {
        "id": id,
        "created_at": f"2026-0{1 + number % 9}-{1 + number % 28:02}T05:{number % 60:02}:00",
        "link": f"https://shop.example/products/{number * 7919}",
        "title": f"Oak shelf number {number}",
        "description": f"A shelf of oak for the kitchen, {number} of a million. " * 3,
        "dominant_color": f"#{number * 7919 % 2**24:06x}",
        "alt_text": None,
        "creative_type": "REGULAR",
        "board_id": str(5 * 10**17 + number % 400),
        "board_section_id": None,
        "board_owner": {"username": "a_maker"},
        "is_owner": True,
        "is_standard": True,
        "has_been_promoted": number % 10 == 0,
        "media": {"media_type": "image", "images": images},
        "parent_pin_id": None,
        "pin_metrics": None,
    }


def serve(pins: int, listening: socket.socket) -> None:
    """Answer with pages of Pins, for ever."""
    encode = msgspec.json.Encoder().encode

    async def page(request: web.Request) -> web.Response:
        first = int(request.query.get("bookmark", "0"))
        last = min(first + PAGE, pins)
        body = {"items": [pin(number) for number in range(first, last)]}
        body["bookmark"] = str(last) if last < pins else None  # type: ignore[assignment]
        return web.Response(body=encode(body), content_type="application/json")

    app = web.Application()
    app.router.add_get("/v5/pins", page)
    web.run_app(app, sock=listening, print=None)


def resident() -> int:
    """Bytes of memory that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


async def harvest(port: int, out: Path, format: Any) -> Any:
    limiter = InMemoryLimiter(quotas={"org_read": (10**6, 1.0)})
    address = f"http://127.0.0.1:{port}/v5"
    async with Pinterest("a-token", base_url=address, limiter=limiter) as client:
        return await run_entities(EntityPlan(entities=["pins"]), client, out=out, format=format)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pins", type=int, default=1_000_000)
    parser.add_argument("--format", default="parquet", choices=["parquet", "jsonl", "csv"])
    options = parser.parse_args()
    listening = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.get_context("fork").Process(
        target=serve, args=(options.pins, listening), daemon=True
    )
    server.start()
    before, began = resident(), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data"  # its notes lie beside it
        result = asyncio.run(harvest(listening.getsockname()[1], out, options.format))
        size = sum(path.stat().st_size for path in out.rglob("part-*"))
        kinds = Counter(path.suffix for path in out.rglob("*") if path.is_file())
    server.terminate()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    seconds = time.monotonic() - began
    print(
        f"{result.rows:,} Pins by {result.calls:,} calls in {seconds:.0f} s "
        f"({result.rows / seconds:,.0f} a second), {size / 1e6:,.0f} MB in {dict(kinds)}; "
        f"{peak / 1e6:.0f} MB at most, {before / 1e6:.0f} MB of them before the first call "
        f"(pid {os.getpid()})"
    )
    return 0 if result.complete and result.rows == options.pins and peak < MOST else 1


if __name__ == "__main__":
    sys.exit(main())
