"""How many small answers a second the emulator gives on one core.

The emulator runs in a process of its own, on one thread; this process asks over keep-alive
connections and does as little as it can. On a machine with one core both share it.
"""

import argparse
import asyncio
import subprocess
import sys
import time
from functools import partial
from typing import Final

import msgspec

TARGET: Final = "/v5/user_account"
WIDE: Final = {"safety_net": (10**9, 60.0), "org_read": (10**9, 60.0)}
"""Quotas count every request, and refuse none."""

MODES: Final = {
    "quotas on": {"quotas": WIDE},
    "quotas on, pre-rendered": {"quotas": WIDE, "prerendered": True},
    "no quotas, pre-rendered": {"quotas": None, "prerendered": True},
}


class Place(msgspec.Struct):
    url: str
    token: str


class Asker(asyncio.Protocol):
    """Sends one request after another over one connection, until the time is over."""

    def __init__(self, request: bytes, end: float) -> None:
        self._request, self._end = request, end
        self._seen = bytearray()
        self.answers = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101  (for the type checker)
        self._transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._seen += data
        head = self._seen.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._seen.index(b"Content-Length: ") + 16
        length = int(self._seen[at : self._seen.index(b"\r\n", at)])
        if len(self._seen) < head + 4 + length:
            return
        if not self._seen.startswith(b"HTTP/1.1 200"):
            self.done.set_exception(RuntimeError(self._seen.decode()))
            return
        self._seen.clear()
        self.answers += 1
        if time.perf_counter() < self._end:
            self._transport.write(self._request)
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  (of the protocol)
        if not self.done.done():
            self.done.set_result(None)


def _same(one: Asker) -> Asker:
    return one


async def measure(place: Place, connections: int, seconds: float) -> float:
    """Answers a second."""
    host, port = place.url.removeprefix("http://").split("/")[0].split(":")
    request = (
        f"GET {TARGET} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {place.token}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    start = time.perf_counter()
    askers = [Asker(request, start + seconds) for _ in range(connections)]
    for one in askers:
        await loop.create_connection(partial(_same, one), host, int(port))
    await asyncio.gather(*(one.done for one in askers))
    return sum(one.answers for one in askers) / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    for mode, options in MODES.items():
        serve = [sys.executable, "-m", "pinterest_async.cli.emulated"]
        with subprocess.Popen(  # noqa: S603  (our own module)
            [*serve, msgspec.json.encode(options).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdout is not None  # noqa: S101  (for the type checker)
            place = msgspec.json.decode(server.stdout.readline(), type=Place)
            asyncio.run(measure(place, chosen.connections, min(chosen.seconds, 0.5)))
            rate = asyncio.run(measure(place, chosen.connections, chosen.seconds))
            server.terminate()
        print(f"{mode:<26} {rate:>8,.0f} answers/s")


if __name__ == "__main__":
    main()
