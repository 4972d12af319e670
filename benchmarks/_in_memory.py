"""Connections of aiohttp without sockets: each write brings an answer in the next turn of the loop.

For differences between ways to send the same requests: how many answers wait at each turn, and what
a send costs the system, depend on what else the machine does, and are left out.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
from _neutral_server import BODIES, answer


class _Transport(asyncio.Transport):
    def __init__(self, protocol: Any, content: bytes) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._protocol, self._content, self._closing = protocol, content, False

    def write(self, data: Any) -> None:  # noqa: ARG002  (of the transport that this one is)
        self._loop.call_soon(self._protocol.data_received, self._content)

    def writelines(self, list_of_data: Any) -> None:
        self.write(list_of_data)

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        if not self._closing:
            self._closing = True
            self._loop.call_soon(self._protocol.connection_lost, None)

    abort = close


def install(kind: str, *, packed: bool) -> None:
    """Let all connections be of this kind, with an answer of the neutral server's."""
    content = answer(BODIES[kind], packed=packed)

    async def made(
        _: Any, factory: Callable[[], Any], *__: Any, **___: Any
    ) -> tuple[_Transport, Any]:
        protocol = factory()
        transport = _Transport(protocol, content)
        protocol.connection_made(transport)
        return transport, protocol

    connector: Any = aiohttp.TCPConnector
    connector._wrap_create_connection = made
