"""How long a program waits for its first answer: import, client, first and second call, preload.

    python benchmarks/first_call.py [--runs 15] [--against CHECKOUT]

Each run is a process of its own that calls a server on loopback. With another checkout, the two
take turns, and the ratio of each pair is shown.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
from pathlib import Path

from _machine import describe

BOARD = json.dumps(
    {
        "id": "7",
        "name": "Lamps",
        "privacy": "PUBLIC",
        "owner": {"username": "ann"},
        "created_at": "2026-01-31T10:22:11",
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
    BOARD
)

PROGRAM = """
import time
begin = time.perf_counter()
import asyncio, json, resource, sys
steps = {}
def step(name, since):
    now = time.perf_counter()
    steps[name] = 1000 * (now - since)
    return now
since = time.perf_counter()
import pinterest_async
from pinterest_async import Pinterest
since = step("import", since)
async def main():
    global since
    async with Pinterest("pina_x", base_url=sys.argv[1]) as pinterest:
        since = step("client", since)
        await pinterest.boards.get("7")
        since = step("first call", since)
        await pinterest.boards.get("7")
        since = step("second call", since)
asyncio.run(main())
steps["all of it"] = 1000 * (time.perf_counter() - begin)
usage = resource.getrusage(resource.RUSAGE_SELF)
steps["processor time"] = 1000 * (usage.ru_utime + usage.ru_stime)
since = time.perf_counter()
pinterest_async.preload()
step("preload after it", since)
print(json.dumps(steps))
"""


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while await reader.readuntil(b"\r\n\r\n"):
            writer.write(ANSWER + BOARD)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def run(checkout: Path, url: str) -> dict[str, float]:
    # As installed packages are: with their modules compiled.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", PROGRAM, url),
        cwd=checkout,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    steps: dict[str, float] = json.loads(said)
    return steps


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--against", type=Path, metavar="CHECKOUT")
    given = parser.parse_args()
    own = Path(__file__).parents[1]
    checkouts = [own, given.against.resolve()] if given.against else [own]
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5"
    found: dict[Path, list[dict[str, float]]] = {one: [] for one in checkouts}
    for checkout in checkouts:
        await run(checkout, url)  # compiles the modules
    for number in range(given.runs):
        for checkout in checkouts if number % 2 else reversed(checkouts):
            found[checkout].append(await run(checkout, url))
    server.close()
    print(describe())
    print(
        f"medians of {given.runs} runs, ms" + (f"; ratio to {given.against}" * bool(given.against))
    )
    for name in found[own][0]:
        values = [one[name] for one in found[own]]
        line = f"{name:>18} {statistics.median(values):9.1f}"
        if given.against:
            others = [one[name] for one in found[checkouts[1]]]
            ratios = [a / b for a, b in zip(values, others, strict=True)]
            line += f" {statistics.median(others):9.1f} {statistics.median(ratios):6.2f} x"
        print(line)


if __name__ == "__main__":
    asyncio.run(main())
