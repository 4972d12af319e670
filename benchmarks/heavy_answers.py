"""What an answer that just fits costs: memory, and how long it holds up the event loop.

Each kind is answered once by a server in another process, to a client in a process of its own, with
a limit that is told. Memory is the peak above that of an ordinary call. The loop is asked for its
turn all the time; the longest wait for one is how long it was held up.

python benchmarks/heavy_answers.py [--limit 16]
"""

import argparse
import asyncio
import json
import multiprocessing
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from _machine import describe

from pinterest_async import InMemoryLimiter, Pinterest, PinterestError, SessionPool
from pinterest_async._core.weight import weight

MB: Final = 1_000_000
HEAD: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MOST_MEMORY: Final = 32.0
MOST_BLOCKED: Final = 0.050
PIECE: Final = 65_536

Answer = Iterator[bytes]


def filled(begin: bytes, unit: bytes, end: bytes, limit: int) -> bytes:
    """The largest body of this kind that the limit lets through."""
    heavy = weight(begin + unit + end) - weight(begin + end)
    wide = weight(begin + unit + end) > 2 * weight(unit)
    per_unit = max(heavy, 5 * len(unit) if wide or b"\\u" in unit else 0)
    return begin + unit * ((limit - 2 * weight(begin + end) - 1000) // per_unit) + end


def sized(body: bytes, *more: bytes, status: bytes = b"200 OK") -> Answer:
    lines = [b"HTTP/1.1 " + status, *more, b"Content-Length: %d" % len(body), b"", b""]
    yield b"\r\n".join(lines) + body


def page(item: bytes, size: int) -> bytes:
    return filled(b'{"bookmark":null,"items":[' + item, b"," + item, b"]}", size)


PIN: Final = json.dumps(
    {
        "id": "813744226420795884",
        "title": "A lamp",
        "description": "One of those lamps that everybody had, \U0001f4a1 and nobody wanted " * 3,
        "link": "https://www.example.com/lamps/1",
        "board_id": "549755885175",
        "board_owner": {"username": "lamps"},
        "created_at": "2026-01-01T10:20:30",
        "media": {"media_type": "image", "images": {"600x": {"width": 600, "height": 900}}},
    }
).encode()

KINDS: Final[dict[str, Callable[[int], Answer]]] = {
    "an error of escapes": lambda _: sized(b"%5c\\u0025&#37;" * 4681, status=b"400 No"),
    "one string": lambda n: sized(filled(b'{"id":"', b"x", b'"}', n)),
    "one string, wide": lambda n: sized(filled('{"id":"\U0001f4a1'.encode(), b"x", b'"}', n)),
    "one string of escapes": lambda n: sized(filled(b'{"id":"', b"\\ud83d\\ude00", b'"}', n)),
    "numbers": lambda n: sized(filled(b'{"items":[0', b",0", b"]}", n)),
    "empty lists": lambda n: sized(filled(b'{"items":[[]', b",[]", b"]}", n)),
    "objects": lambda n: sized(filled(b'{"items":[{"a":1}', b',{"a":1}', b"]}", n)),
    "one object of many names": lambda n: sized(
        b"{" + b",".join(b'"%08x":1' % one for one in range(n // 90)) + b"}"
    ),
    "lists within lists": lambda n: sized(filled(b"", b"[", b"", n)),
    "Pins": lambda n: sized(page(PIN, n)),
    "Pins that drifted": lambda n: sized(page(PIN.replace(b'"A lamp"', b"7"), n)),
    "no JSON at the end": lambda n: sized(page(PIN, n)[:-1] + b"x"),
}


def serve(listening: socket.socket, kind: str, limit: int) -> None:
    """Answer the first connection well, once, and then badly."""
    connection, _ = listening.accept()
    with connection:
        connection.recv(PIECE)
        connection.sendall(HEAD + b"Content-Length: 12\r\n\r\n" + b'{"items":[]}')
        answer = KINDS[kind](limit)
        connection.recv(PIECE)
        try:
            for piece in answer:
                connection.sendall(piece)
        except OSError:
            pass


def peak() -> float:
    """The most memory that this process has had, in MB."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SystemExit("the system does not tell the peak of memory")


async def measured(port: int, limit: int) -> tuple[float, float, float, str]:
    longest = 0.0

    async def turns() -> None:
        nonlocal longest
        while True:
            began = time.thread_time() if FAIR else time.perf_counter()
            await asyncio.sleep(0)
            now = time.thread_time() if FAIR else time.perf_counter()
            longest = max(longest, now - began)

    async with SessionPool(max_answer=limit) as pool:
        client = Pinterest(
            "token",
            base_url=f"http://127.0.0.1:{port}/v5",
            pool=pool,
            limiter=InMemoryLimiter(),
            retry=False,
            on_drift="ignore",
        )
        await client.pins.list()
        before = peak()
        watch = asyncio.create_task(turns())
        await asyncio.sleep(0)
        longest = 0.0
        began = time.perf_counter()
        try:
            answer: Any = await client.pins.list()
            result = f"{len(answer.items)} items"
        except PinterestError as error:
            result = type(error).__name__
        seconds = time.perf_counter() - began
        await asyncio.sleep(0)
        await asyncio.sleep(0)  # the watch measures its last wait
        watch.cancel()
        return peak() - before, longest, seconds, result


FAIR: Final = "--cpu" in sys.argv
"""Whether the time of the processor is meant, where other programs keep the machine busy."""


def one(kind: str, limit: int, results: Any) -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    context = multiprocessing.get_context("fork")
    server = context.Process(target=serve, args=(listening, kind, limit), daemon=True)
    server.start()
    results.put(asyncio.run(measured(listening.getsockname()[1], limit)))
    server.kill()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--limit", type=int, default=16, help="max_answer, in MB")
    parser.add_argument("--cpu", action="store_true", help="time of the processor alone")
    parser.add_argument("--kind", help="only kinds with this in their name", default="")
    options = parser.parse_args()
    limit = options.limit * MB
    print(describe())
    print(f"{'':30}{'memory':>10}{'held up':>12}{'in all':>10}")
    broken = 0
    context = multiprocessing.get_context("spawn")
    for kind in KINDS:
        if options.kind not in kind:
            continue
        results = context.Queue()
        process = context.Process(target=one, args=(kind, limit, results))
        process.start()
        memory, longest, seconds, result = results.get()
        process.join()
        bad = memory > options.limit + MOST_MEMORY or longest > MOST_BLOCKED
        broken += bad
        print(
            f"{kind:30}{memory:7.1f} MB{longest * 1e3:9.1f} ms{seconds:8.2f} s  {result}"
            f"{'  <--' if bad else ''}",
            flush=True,
        )
    print(f"At most {options.limit} + {MOST_MEMORY:g} MB and {MOST_BLOCKED * 1e3:g} ms:", end=" ")
    print("all kept." if not broken else f"{broken} kinds beyond.")


if __name__ == "__main__":
    main()
