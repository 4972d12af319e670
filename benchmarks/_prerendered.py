"""A server that answers every request with the same Pin, as fast as Python permits.

It runs in a process of its own: `python _prerendered.py [SHARE]` prints its port, and how many
connections it has seen when its standard input is closed. A share of the answers is spoilt: there
is none, half of one, an error, or something that is no JSON.
"""

import asyncio
import contextlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PIN: Final = {
    "id": "813744226420795884",
    "created_at": "2024-06-30T04:54:04",
    "title": "A chair",
    "description": "Made of oak, and of patience. " * 10,
    "link": "https://example.com/chair",
    "board_id": "549755885175",
    "board_owner": {"username": "carpenter"},
    "creative_type": "REGULAR",
    "is_owner": True,
    "is_standard": False,
    "has_been_promoted": False,
    "media": {
        "media_type": "image",
        "images": {
            size: {"width": 600, "height": 900, "url": f"https://i.pinimg.com/{size}/ab/cd/ef.jpg"}
            for size in ("150x150", "400x300", "600x", "1200x")
        },
    },
}
BODY: Final = json.dumps(PIN).encode()
WIDE: Final = ",".join(
    (
        "1000000",
        *(f'1000000;w=1;name="{name}_app_id_user_id"' for name in ("safety_net", "org_read")),
    )
)
ANSWER: Final = (
    f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(BODY)}\r\n"
    f"X-RateLimit-Limit: {WIDE}\r\nX-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: 1\r\n"
    "x-pinterest-rid: 1234567890\r\n\r\n"
).encode() + BODY
ERROR: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
NO_JSON: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


class Answering(asyncio.Protocol):
    """Counts the ends of requests; those of a GET are ends of headers."""

    connections = 0
    spoilt = 0.0
    chance = random.Random(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (for the type checker)
        Answering.connections += 1
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        if not self.spoilt:
            self._transport.write(ANSWER * len(heads))
            return
        for _ in heads:
            match self.chance.randrange(4) if self.chance.random() < self.spoilt else None:
                case None:
                    self._transport.write(ANSWER)
                case 0:
                    self._transport.abort()
                case 1:
                    self._transport.write(ANSWER[: len(ANSWER) // 2])
                    self._transport.close()
                case 2:
                    self._transport.write(ERROR)
                case _:
                    self._transport.write(NO_JSON)


async def serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(Answering.connections, flush=True)


class Served:
    """Where the server is; `connections` once it has stopped."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/v5"
        self.connections = 0


@contextlib.contextmanager
def server(spoilt: float = 0.0) -> Iterator[Served]:
    """The server, in another process, while the context lasts; `spoilt` is a share of answers."""
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, str(Path(__file__).resolve()), str(spoilt)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101  (for the type checker)
        assert process.stdout is not None  # noqa: S101
        served = Served(int(process.stdout.readline()))
        try:
            yield served
        finally:
            process.stdin.close()
            served.connections = int(process.stdout.readline())


if __name__ == "__main__":
    Answering.spoilt = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    asyncio.run(serve())
