"""How many small answers a second the emulator gives on one core.

The emulator runs in a process of its own, on one thread; this process asks over keep-alive
connections and does as little as it can. On a machine with one core both share it.

Two rates are told: answers by the clock, which suffers from whatever else the machine does, and
answers for each second that the emulator's process was on a core, which tells what an idle machine
would give (Linux only).
"""

import argparse
import asyncio
import os
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.request import Request, urlopen

import msgspec
from _machine import describe

LISTS: Final = {"/user_account": "", "/boards/{id}": "/boards", "/ad_accounts/{id}": "/ad_accounts"}
"""What is asked for, and the list that has an id for it."""
WIDE: Final = dict.fromkeys(("safety_net", "org_read", "ads_read"), (10**9, 60.0))
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


class Rates(NamedTuple):
    """Answers a second by the clock, and by the emulator's time on a core (0 for not known)."""

    clock: float
    core: float


def _same(one: Asker) -> Asker:
    return one


def _on_core(pid: int) -> float:
    """Seconds that a process has spent on a core; 0 where the system does not tell."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    user, system = stat.read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _first_id(place: Place, target: str) -> str:
    """The id of the first item of a list."""
    asked = Request(place.url + target, headers={"Authorization": f"Bearer {place.token}"})  # noqa: S310  (our own server)
    with urlopen(asked) as answer:  # noqa: S310  (our own server)
        items: list[dict[str, Any]] = msgspec.json.decode(answer.read())["items"]
    return str(items[0]["id"])


async def measure(place: Place, target: str, pid: int, connections: int, seconds: float) -> Rates:
    """Ask for one target over and over."""
    host, port = place.url.removeprefix("http://").split("/")[0].split(":")
    request = (
        f"GET /v5{target} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {place.token}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    start, busy = time.perf_counter(), _on_core(pid)
    askers = [Asker(request, start + seconds) for _ in range(connections)]
    for one in askers:
        await loop.create_connection(partial(_same, one), host, int(port))
    await asyncio.gather(*(one.done for one in askers))
    answers, busy = sum(one.answers for one in askers), _on_core(pid) - busy
    return Rates(answers / (time.perf_counter() - start), answers / busy if busy else 0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--connections", type=int, default=16)
    chosen = parser.parse_args()
    print(describe())
    for mode, options in MODES.items():
        serve = [sys.executable, "-m", "pinterest_async.cli.emulator_process"]
        with subprocess.Popen(  # noqa: S603  (our own module)
            [*serve, msgspec.json.encode(options).decode()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as server:
            assert server.stdout is not None  # noqa: S101  (for the type checker)
            place = msgspec.json.decode(server.stdout.readline(), type=Place)
            for name, list_ in LISTS.items():
                target = name.replace("{id}", _first_id(place, list_)) if list_ else name
                ask = partial(measure, place, target, server.pid, chosen.connections)
                asyncio.run(ask(min(chosen.seconds, 0.5)))
                rates = asyncio.run(ask(chosen.seconds))
                print(
                    f"{mode:<24} {name:<18} {rates.clock:>8,.0f} answers/s by the clock"
                    f" {rates.core:>8,.0f} by time on a core"
                )
            server.terminate()


if __name__ == "__main__":
    main()
