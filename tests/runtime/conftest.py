"""A limiter that records, clocks that are moved by hand, and a server that misbehaves."""

import asyncio
import socket
import struct
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final, TypeAlias

import pytest
import pytest_asyncio

from pinterest_async import Pinterest, RateState, SessionPool
from pinterest_async._core.operation import Operation
from pinterest_async.limits import LimitRequest
from pinterest_async.options import Runtime

TOKEN: Final = "pina_SECRETsecretSECRET123"


class RecordingLimiter:
    """A limiter that lets everything pass and records what is done with each permit."""

    def __init__(self) -> None:
        self.requests: list[LimitRequest] = []
        self.done: Counter[str] = Counter()
        self.frozen: list[float] = []
        self.late: list[float] = []
        self.states: list[RateState] = []
        self.open: set[int] = set()
        self.gate: asyncio.Event | None = None
        self.waited_for = asyncio.Event()
        self.error: Exception | None = None

    async def acquire(self, request: LimitRequest) -> Any:
        if self.error is not None:
            raise self.error
        if self.gate is not None:
            self.waited_for.set()
            await self.gate.wait()
        self.requests.append(request)
        self.open.add(len(self.requests))
        return len(self.requests)

    def observe(self, permit: Any, state: RateState) -> None:
        assert permit <= len(self.requests)
        self.states.append(state)

    def freeze(self, permit: Any, seconds: float) -> None:
        assert permit <= len(self.requests)
        self.frozen.append(seconds)

    def finish(self, permit: Any, late: float = 0.0) -> None:
        self.open.remove(permit)
        self.done["finished"] += 1
        self.late.append(late)

    def release(self, permit: Any) -> None:
        self.open.remove(permit)
        self.done["released"] += 1

    def snapshot(self) -> tuple[Any, ...]:
        return ()


class FakeClock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.chance = 1.0

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def runtime(self) -> Runtime:
        return Runtime(
            reported=set(),
            monotonic=lambda: self.now,
            sleep=self.sleep,
            chance=lambda: self.chance,
        )


class LoopTime:
    """The time of the event loop, which stands still until it is advanced.

    Timeouts of asyncio and aiohttp go by it, so none runs out because the machine is busy.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.now = loop.time()

    def advance(self, seconds: float) -> None:
        """Move on; what is due happens at the next suspension."""
        self.now += seconds


async def settle() -> None:
    """Let everything happen that waits for no time and no other process."""
    for _ in range(100):
        await asyncio.sleep(0)


Step: TypeAlias = Callable[["Exchange"], Awaitable[None]]


class Exchange:
    """One request that arrived, and the connection to answer it on."""

    def __init__(self, head: bytes, body: bytes, writer: asyncio.StreamWriter) -> None:
        line, *rest = head.decode("latin-1").split("\r\n")
        self.method, self.target, _ = line.split(" ", 2)
        pairs = (line.split(":", 1) for line in rest if ":" in line)
        self.headers = {name.lower(): value.strip() for name, value in pairs}
        self.body = body
        self.writer = writer
        self.peer: Any = writer.get_extra_info("peername")

    async def say(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Close with a RST rather than a FIN."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


class Script:
    """A server that takes one step of its script for each request, the last one for all others."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.seen: list[Exchange] = []
        self.connections = 0
        self.port = 0
        self._writers: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v5"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while not writer.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                exchange = Exchange(head, b"", writer)
                length = int(exchange.headers.get("content-length", "0"))
                exchange.body = await reader.readexactly(length)
                self.seen.append(exchange)
                step = self.steps.pop(0) if len(self.steps) > 1 else self.steps[0]
                await step(exchange)
        writer.close()

    def hang_up(self) -> None:
        for writer in self._writers:
            writer.close()


@pytest_asyncio.fixture
async def script() -> AsyncIterator[Script]:
    made = Script()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    made.hang_up()
    server.close()
    await server.wait_closed()


@pytest.fixture
def limiter() -> RecordingLimiter:
    return RecordingLimiter()


@pytest.fixture
def time() -> FakeClock:
    return FakeClock()


@pytest_asyncio.fixture
async def loop_time(monkeypatch: pytest.MonkeyPatch) -> LoopTime:
    loop = asyncio.get_running_loop()
    made = LoopTime(loop)
    monkeypatch.setattr(loop, "time", lambda: made.now)
    return made


@pytest.fixture(name="settle")
def settle_fixture() -> Callable[[], Awaitable[None]]:
    return settle


Make: TypeAlias = Callable[..., Pinterest]


@pytest_asyncio.fixture
async def make(limiter: RecordingLimiter, time: FakeClock) -> AsyncIterator[Make]:
    """Makes clients with the fake limiter and clock; their pools are closed at the end."""
    made: list[Pinterest] = []

    def client(base_url: str = "https://api.test/v5", **options: Any) -> Pinterest:
        values: dict[str, Any] = {
            "auth": TOKEN,
            "limiter": limiter,
            "base_url": base_url,
            "_runtime": time.runtime(),
        }
        values.update(options)
        made.append(Pinterest(**values))
        return made[-1]

    yield client
    for one in made:
        await one.aclose()


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[SessionPool]:
    async with SessionPool(grace=0.05) as made:
        yield made


def operation(**changes: Any) -> Operation[Any]:
    """A plain operation, unless changed."""
    facts: dict[str, Any] = {
        "id": "things/get",
        "namespace": "things",
        "name": "get",
        "method": "GET",
        "path": "/things",
        "answer": dict[str, Any],
        "category": "org_read",
        "idempotent": False,
    }
    facts.update(changes)
    return Operation(**facts)


@pytest.fixture
def op() -> Callable[..., Operation[Any]]:
    return operation
