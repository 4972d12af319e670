"""What one hostile answer costs: memory beyond the limit, and the longest block of the event loop.

Each answer is read by a process of its own, from a server in another one. Memory is the most that
the process had, less what it had before the call and less the limit. A block is the processor time
between two turns of the event loop, so that other programs on the machine do not count.

    python benchmarks/hostile_answers.py [--only "10 GB announced"]
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import multiprocessing
import time
import warnings
import zlib
from collections.abc import Iterator
from typing import Any

from _machine import describe

from pinterest_async import Pinterest, PinterestError, SessionPool, Timeout
from pinterest_async.jobs.report_job import ReportJob

LIMIT = 64 * 2**20
MIB = 2**20
BOMB = 4096 * MIB
OK = "HTTP/1.1 200 OK\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"


def packed(wbits: int, size: int, piece: bytes = b" " * MIB) -> Iterator[bytes]:
    """So many bytes, compressed while they are sent."""
    packer = zlib.compressobj(9, zlib.DEFLATED, wbits)
    for _ in range(size // len(piece)):
        yield packer.compress(piece)
    yield packer.flush()


def endless(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


HEADS_AND_BODIES: dict[str, tuple[str, Any]] = {
    "4 GiB in gzip": (OK + "Content-Encoding: gzip\r\n", lambda: packed(31, BOMB)),
    "4 GiB in deflate": (OK + "Content-Encoding: deflate\r\n", lambda: packed(15, BOMB)),
    "4 GiB in bare deflate": (OK + "Content-Encoding: deflate\r\n", lambda: packed(-15, BOMB)),
    "empty members of gzip": (
        OK + "Content-Encoding: gzip\r\n",
        lambda: endless(gzip.compress(b"") * 3000),
    ),
    "empty lists": (OK, lambda: iter([b"[" + b"[]," * (LIMIT // 3 - 1) + b"0]"])),
    "objects of one field": (
        OK + "Content-Encoding: gzip\r\n",
        lambda: iter([gzip.compress(b"[" + b'{"a":1},' * (LIMIT // 8 - 1) + b"0]")]),
    ),
    "as many lists as are taken": (
        OK,
        lambda: iter([b"[" + b"[]," * ((LIMIT + 31 * MIB) // 155) + b"0]"]),
    ),
    "as many objects as are taken": (
        OK,
        lambda: iter([b"[" + b'{"a":1},' * ((LIMIT + 31 * MIB) // 264) + b"0]"]),
    ),
    "an error of 4 GiB in gzip": (
        "HTTP/1.1 500 No\r\nContent-Encoding: gzip\r\n",
        lambda: packed(31, BOMB),
    ),
    "br, which nobody asked for": (OK + "Content-Encoding: br\r\n", lambda: endless(b"\x1b" * MIB)),
    "a plain answer without end": (OK, lambda: endless(b" " * MIB)),
    "chunks of a byte": (OK + CHUNKED, lambda: endless(b"1\r\nx\r\n" * 100_000)),
    "10 GB announced": (OK + "Content-Length: 10000000000\r\n", lambda: endless(b" " * MIB)),
    "headers without end": (OK, lambda: endless(b"X: " + b"y" * 1000 + b"\r\n")),
    "a report of one string": (OK, lambda: endless(b"a" * MIB)),
}


async def serve(name: str, ready: Any) -> None:
    head, body = HEADS_AND_BODIES[name]

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await reader.readuntil(b"\r\n\r\n")
            if name.startswith("a report") and b"/file" not in request:
                address = f"http://127.0.0.1:{port}/file"
                said = json.dumps({"report_status": "FINISHED", "url": address})
                writer.write(f"{OK}Content-Length: {len(said)}\r\n\r\n{said}".encode())
                await writer.drain()
                return
            writer.write((head + ("" if name.startswith("headers") else "\r\n")).encode())
            if name.startswith("a report"):
                writer.write(b'{"1":["')
            for piece in body():
                writer.write(piece)
                await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    ready.put(port)
    await server.serve_forever()


def serving(name: str, ready: Any) -> None:
    asyncio.run(serve(name, ready))


async def heartbeat(longest: list[float]) -> None:
    """Keep the longest processor time between two turns of the loop."""
    before = time.thread_time()
    while True:
        await asyncio.sleep(0)
        now = time.thread_time()
        longest[0] = max(longest[0], now - before)
        before = now


def most_memory() -> int:
    """Bytes that this process had at most, as the kernel counts them."""
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024


async def read_one(name: str, port: int, result: Any) -> None:
    url = f"http://127.0.0.1:{port}/v5"
    longest = [0.0]
    async with SessionPool(max_answer=LIMIT, grace=0.0) as pool:
        timeout = Timeout(attempt=20.0, total=20.0)
        client = Pinterest("pina_x", pool=pool, base_url=url, retry=False, timeout=timeout)
        saved = ReportJob(ad_account_id="1", tokens=("1",))
        with contextlib.suppress(PinterestError):  # imports and caches, before the measurement
            await Pinterest("pina_x", base_url="http://127.0.0.1:1/v5", retry=False).pins.get("1")
        before = most_memory()
        beating = asyncio.create_task(heartbeat(longest))
        await asyncio.sleep(0)
        ended = "an answer"
        began = time.perf_counter()
        try:
            if name.startswith("a report"):
                report: Any = (await saved.look(client)).result
                async for _ in report.rows():
                    pass
            else:
                await client.pins.get("1")
        except PinterestError as error:
            ended = type(error).__name__
        seconds = time.perf_counter() - began
        await asyncio.sleep(0)  # the last block is measured as well
        beating.cancel()
        result.put((most_memory() - before, longest[0], seconds, ended))


def reading(name: str, port: int, result: Any) -> None:
    warnings.simplefilter("ignore")
    asyncio.run(read_one(name, port, result))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=HEADS_AND_BODIES, help="one of them")
    only = parser.parse_args().only
    names = [only] if only else list(HEADS_AND_BODIES)
    print(describe())
    print(f"limit of answers: {LIMIT // MIB} MiB; of the rows of one entity of a report: 128 MiB\n")
    print(f"{'':28}{'memory':>9}{'beyond the limit':>18}{'longest block':>15}{'time':>8}  ends as")
    context = multiprocessing.get_context("spawn")
    for name in names:
        ready, result = context.Queue(), context.Queue()
        server = context.Process(target=serving, args=(name, ready), daemon=True)
        server.start()
        client = context.Process(target=reading, args=(name, ready.get(), result))
        client.start()
        memory, block, seconds, ended = result.get()
        client.join()
        server.kill()
        limit = 128 * MIB if name.startswith("a report") else LIMIT
        beyond = max(0, memory - limit)
        print(
            f"{name:28}{memory / MIB:>5.0f} MiB{beyond / MIB:>14.0f} MiB"
            f"{1000 * block:>12.1f} ms{seconds:>6.1f} s  {ended}"
        )


if __name__ == "__main__":
    main()
