"""A server that answers every request with the same Pin, or page, as fast as Python permits.

It runs in a process of its own: `python _prerendered.py [SHARE [KIND [CERTIFICATE]]]` prints its
port, and how many connections it has seen when its standard input is closed. A share of the answers
is spoilt: there is none, half of one, an error, or something that is no JSON.
"""

import asyncio
import contextlib
import json
import os
import random
import ssl
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
        *(
            f'1000000;w=1;name="{name}_app_id_user_id"'
            for name in ("safety_net", "org_read", "org_write")
        ),
    )
)
PAGE: Final = b'{"items": [' + b", ".join([BODY] * 250) + b'], "bookmark": null}'


def answer(body: bytes) -> bytes:
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"X-RateLimit-Limit: {WIDE}\r\nX-RateLimit-Remaining: 999999\r\nX-RateLimit-Reset: 1\r\n"
        "x-pinterest-rid: 1234567890\r\n\r\n"
    ).encode() + body


ERROR: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
NO_JSON: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


class Answering(asyncio.Protocol):
    """Counts the ends of requests; those of a GET are ends of headers."""

    connections = 0
    spoilt = 0.0
    answer = answer(BODY)
    chance = random.Random(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (for the type checker)
        Answering.connections += 1
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *heads, self._rest = (self._rest + data).split(b"\r\n\r\n")
        if not self.spoilt:
            self._transport.write(self.answer * len(heads))
            return
        for _ in heads:
            match self.chance.randrange(4) if self.chance.random() < self.spoilt else None:
                case None:
                    self._transport.write(self.answer)
                case 0:
                    self._transport.abort()
                case 1:
                    self._transport.write(self.answer[: len(self.answer) // 2])
                    self._transport.close()
                case 2:
                    self._transport.write(ERROR)
                case _:
                    self._transport.write(NO_JSON)


async def serve(certificate: str | None) -> None:
    context = None
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, ssl=context, backlog=2000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    print(Answering.connections, flush=True)


class Served:
    """Where the server is; `connections` once it has stopped."""

    def __init__(self, port: int, process: int, *, tls: bool = False) -> None:
        self.url = f"https://localhost:{port}/v5" if tls else f"http://127.0.0.1:{port}/v5"
        self.connections = 0
        self._stat = Path(f"/proc/{process}/stat")

    def processor_time(self) -> float:
        """Seconds of CPU of the server, where the system tells."""
        if not self._stat.exists():
            return 0.0
        times = self._stat.read_text("ascii").rpartition(")")[2].split()[11:13]
        return sum(map(int, times)) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def server(spoilt: float = 0.0, kind: str = "pin", tls: Path | None = None) -> Iterator[Served]:
    """The server, in another process, while the context lasts; `spoilt` is a share of answers.

    `tls` is a file with its certificate and key.
    """
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, str(Path(__file__).resolve()), str(spoilt), kind, str(tls or "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None  # noqa: S101  (for the type checker)
        assert process.stdout is not None  # noqa: S101
        served = Served(int(process.stdout.readline()), process.pid, tls=tls is not None)
        try:
            yield served
        finally:
            process.stdin.close()
            served.connections = int(process.stdout.readline())


def main(share: str = "0", kind: str = "pin", certificate: str = "") -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    Answering.spoilt = float(share)
    Answering.answer = answer(PAGE if kind == "page" else BODY)
    asyncio.run(serve(certificate or None))


if __name__ == "__main__":
    main(*sys.argv[1:])
