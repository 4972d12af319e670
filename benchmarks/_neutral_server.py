"""A server that answers every request with the same bytes, as fast as Python permits.

It runs in a process of its own, on a core of its own where the system can pin processes. Its
standard input takes lines: each is answered with the seconds of CPU that it has taken so far. When
the input is closed, it prints how many connections it has seen, and ends.
"""

import asyncio
import contextlib
import gzip
import json
import os
import random
import ssl
import subprocess
import sys
import time
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
PAGE: Final = b'{"items": [' + b", ".join([BODY] * 250) + b'], "bookmark": null}'
BODIES: Final = {"pin": BODY, "page": PAGE}
CERTIFICATE: Final = Path(__file__).parents[1] / "tests" / "runtime" / "localhost.pem"
"""Certificate and key of the server where it speaks TLS."""
WIDE: Final = (
    '100000000, 100000000;w=1;name="safety_net_app_id_user_id", '
    '100000000;w=60;name="org_read_app_id_user_id", '
    '100000000;w=60;name="org_write_app_id_user_id"'
)
"""Quotas that no benchmark reaches, in windows as Pinterest has them."""


def answer(body: bytes, *, packed: bool) -> bytes:
    body, encoding = (gzip.compress(body), "Content-Encoding: gzip\r\n") if packed else (body, "")
    return (
        f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
        f"{encoding}X-RateLimit-Limit: {WIDE}\r\nX-RateLimit-Remaining: 99999990\r\n"
        "X-RateLimit-Reset: 1\r\nx-pinterest-rid: 1234567890\r\n\r\n"
    ).encode() + body


ERROR: Final = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\n{}"
NO_JSON: Final = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>"


class Answering(asyncio.Protocol):
    """Finds where requests end: at the end of their headers, or of the body that these announce."""

    connections = 0
    spoilt = 0.0
    answers: float = float("inf")
    answer = b""
    chance = random.Random(1)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (for the type checker)
        Answering.connections += 1
        self._transport = transport
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        data = self._rest + data
        while (head := data.find(b"\r\n\r\n")) >= 0:
            end = head + 4
            if not data.startswith(b"GET"):
                at = data.find(b"Content-Length: ", 0, head)
                end += int(data[at + 16 : data.find(b"\r", at)]) if at >= 0 else 0
                if len(data) < end:
                    break
            data = data[end:]
            if Answering.answers > 0:
                Answering.answers -= 1
                if self.spoilt:
                    self._respond()
                else:
                    self._transport.write(self.answer)
        self._rest = data

    def _respond(self) -> None:
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


def told() -> None:
    """Tell the CPU taken so far for each line of the input, until it ends."""
    for _ in sys.stdin:
        print(time.process_time(), flush=True)


async def serve(*, tls: bool) -> None:
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Answering, "127.0.0.1", 0, ssl=context, backlog=20_000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, told)
    print(Answering.connections, flush=True)


def allow_files() -> None:
    """Let this process have as many sockets as the system permits, where it asks for that."""
    with contextlib.suppress(ImportError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


class Served:
    """Where the server is; `connections` once it has stopped."""

    def __init__(self, process: "subprocess.Popen[str]", *, tls: bool) -> None:
        assert process.stdin is not None  # noqa: S101  (for the type checker)
        assert process.stdout is not None  # noqa: S101
        self._ask, self._told = process.stdin, process.stdout
        port = int(self._told.readline())
        self.url = f"https://localhost:{port}/v5" if tls else f"http://127.0.0.1:{port}/v5"
        self.connections = 0

    def processor_time(self) -> float:
        """Seconds of CPU of the server so far."""
        self._ask.write("\n")
        self._ask.flush()
        return float(self._told.readline())

    def stop(self) -> None:
        self._ask.close()
        self.connections = int(self._told.readline())


@contextlib.contextmanager
def server(
    spoilt: float = 0.0,
    kind: str = "pin",
    *,
    tls: bool = False,
    packed: bool = False,
    answers: int | None = None,
) -> Iterator[Served]:
    """The server, in another process, while the context lasts.

    `spoilt` is a share of the answers: there is none, half of one, an error, or something that is
    no JSON. `packed` ones are gzip. After so many `answers`, requests are read and not answered.
    """
    options = {"spoilt": spoilt, "kind": kind, "tls": tls, "packed": packed, "answers": answers}
    with subprocess.Popen(  # noqa: S603  (our own program)
        [sys.executable, str(Path(__file__).resolve()), json.dumps(options)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        served = Served(process, tls=tls)
        try:
            yield served
        finally:
            served.stop()


def main() -> None:
    options = json.loads(sys.argv[1])
    allow_files()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    Answering.spoilt = options["spoilt"]
    Answering.answer = answer(BODIES[options["kind"]], packed=options["packed"])
    if options["answers"] is not None:
        Answering.answers = options["answers"]
    asyncio.run(serve(tls=options["tls"]))


if __name__ == "__main__":
    main()
