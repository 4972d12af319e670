"""Clients in processes of their own that take turns against one neutral server."""

import contextlib
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from _case import Case
from _neutral_server import CERTIFICATE, server
from _spread import Spread, ratios, spread

ROOT: Final = Path(__file__).parents[1]
PROGRAM: Final = Path(__file__).with_name("_client_process.py")
UVLOOP: Final = ROOT / "build" / "uvloop" / "bin" / "python"
"""An environment with uvloop (`make uvloop`)."""
ALIKE: Final = {"PYTHONHASHSEED": "0"}
"""What changes the cost of a call by chance, and so is the same in all processes."""
TUNED: Final = {
    "MALLOC_MMAP_THRESHOLD_": "33554432",
    "MALLOC_TRIM_THRESHOLD_": "268435456",
}
"""Settings that have glibc keep the 256 KiB of memory that asyncio asks for at each read.

By itself, it takes them from the system each time, which takes 10 us, until the process happens to
free a larger block. This library reads into memory of its own."""


class Client(NamedTuple):
    """Who makes the calls: `by` is the module `_call_{by}`.

    `package` is a folder with the package to import, `python` an interpreter with what it needs.
    It has so many `clients`: of users, or `views` of one client.
    """

    by: str
    package: str = str(ROOT)
    python: str = sys.executable
    clients: int = 1
    views: bool = False
    connections: int = 256
    sampled: float = 0.0
    """Seconds of CPU between two samples of what it does; 0 for none."""


class Turns(NamedTuple):
    """Microseconds of CPU of a call by each client, and of the server, block by block."""

    blocks: list[list[float]]
    server: float
    """Microseconds of CPU of the server for a call."""
    samples: list[Counter[tuple[str, ...]]]
    """By client: the functions that it was found in, from the innermost on, and how often."""

    def cost(self, client: int) -> Spread:
        return spread(self.blocks[client])

    def ratio(self, one: int, other: int) -> Spread:
        """How much dearer a call by the first is than by the second."""
        return ratios(self.blocks[one], self.blocks[other])

    @property
    def server_is_limit(self) -> bool:
        """Whether the server needs as much time for a call as the cheapest client.

        Of two processes that wait for each other, the limit is the one that needs more.
        """
        return self.server >= min(self.cost(client).median for client in range(len(self.blocks)))


class _Process:
    """The process of a client."""

    def __init__(self, client: Client, case: Case, url: str) -> None:
        options = {
            **client._asdict(),
            **case._asdict(),
            "answered": case.answered,
            "url": url,
            "certificate": str(CERTIFICATE) if case.tls else None,
        }
        python = str(UVLOOP) if case.uvloop and client.python == sys.executable else client.python
        self._process = subprocess.Popen(  # noqa: S603  (our own program)
            [python, str(PROGRAM), json.dumps(options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ALIKE, **({} if case.untuned else TUNED)},
        )
        self._read()

    def _read(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  (for the type checker)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a client has ended by itself; what it said is above")
        return json.loads(line)

    def block(self, calls: int) -> Any:
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(f"{calls}\n")
        self._process.stdin.flush()
        return self._read()

    def stop(self) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


@contextlib.contextmanager
def _started(
    clients: Sequence[Client], case: Case, url: str, *, backwards: bool
) -> Iterator[list[_Process]]:
    """The processes, each of which has made some calls."""
    order = list(range(len(clients)))
    with contextlib.ExitStack() as stack:
        made: dict[int, _Process] = {}
        for place in reversed(order) if backwards else order:
            made[place] = _Process(clients[place], case, url)
            stack.callback(made[place].stop)
            made[place].block(max(case.tasks, case.calls // 3))
        yield [made[place] for place in order]


def take_turns(
    clients: Sequence[Client], case: Case, *, processes: int = 4, rounds: int = 12
) -> Turns:
    """Let clients make blocks of calls by turns.

    Each block follows those of the others within a second, so that what the machine does meanwhile
    hits all. `processes` of each are started one after another, since each process is a little
    faster or slower than the last for as long as it lives.
    """
    blocks: list[list[float]] = [[] for _ in clients]
    samples: list[Counter[tuple[str, ...]]] = [Counter() for _ in clients]
    busy = calls = 0.0
    with server(kind=case.answered, tls=case.tls, packed=case.packed) as served:
        for turn in range(processes):
            with _started(clients, case, served.url, backwards=bool(turn % 2)) as made:
                began = served.processor_time()
                for number in range(turn, turn + rounds):
                    for place in range(number, number + len(made)):
                        one = place % len(made)
                        done = made[one].block(case.calls)
                        blocks[one].append(done["cpu"] * 1e6)
                        for stack, count in done["samples"]:
                            samples[one][tuple(stack)] += count
                        calls += case.calls
                busy += served.processor_time() - began
    return Turns(blocks, busy / calls * 1e6, samples)
