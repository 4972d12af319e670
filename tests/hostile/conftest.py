"""A server whose every answer is given, byte by byte, and clients for it."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Any

import pytest
import pytest_asyncio
from contract.bench import Unlimited

from pinterest_async import Pinterest, SessionPool
from pinterest_async._core import known_answers
from pinterest_async.options import Runtime


@pytest.fixture(autouse=True, scope="module")
def nothing_learnt() -> Iterator[None]:
    """What is learnt of hostile answers stays here: it fills the room for unknown fields."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(known_answers, "_KNOWN", {})
        yield


class Peer:
    """A server that says one of its answers to each request, the last one to all others, and then
    closes the connection."""

    def __init__(self) -> None:
        self.answers: list[bytes] = []
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v5"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            _, _, length = head.partition(b"content-length:")
            await reader.readexactly(int(length.split(b"\r\n")[0] or 0))
            writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            await writer.drain()
        writer.close()


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


class Bench:
    """The server, and what makes clients of it."""

    def __init__(self, peer: Peer, pool: SessionPool) -> None:
        self.peer = peer
        self.pool = pool
        self.unhandled: list[dict[str, Any]] = []

    def client(self, auth: Any = "pina_SECRETsecretSECRET123", **options: Any) -> Pinterest:
        runtime = Runtime(
            reported=set(),
            monotonic=asyncio.get_running_loop().time,
            sleep=no_pause,
            chance=lambda: 0.5,
        )
        values: dict[str, Any] = {
            "pool": self.pool,
            "base_url": self.peer.url,
            "limiter": Unlimited(),
            "ad_account_id": "1",
            "_runtime": runtime,
        }
        return Pinterest(auth, **{**values, **options})


@pytest_asyncio.fixture
async def bench() -> AsyncGenerator[Bench]:
    peer = Peer()
    server = await asyncio.start_server(peer.serve, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    async with SessionPool(grace=0.0) as pool:
        made = Bench(peer, pool)
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: made.unhandled.append(context))
        yield made
    server.close()
    assert made.unhandled == []
