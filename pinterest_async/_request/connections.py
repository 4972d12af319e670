"""Connections on which nothing is taken for an answer that was not asked for."""

import select
from typing import Any, Final

import aiohttp
from aiohttp import ClientRequest, ClientTimeout
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.tracing import Trace

_TRIES: Final = 100
"""Connections that may have to be closed before one is good: more than a pool usually keeps."""


class _AskedProtocol(ResponseHandler):
    """A connection that is closed when anything arrives while it is idle.

    By itself, aiohttp passes over line breaks and the beginning of a second answer.
    """

    idle = False

    def data_received(self, data: bytes) -> None:
        """Take what has arrived."""
        if self.idle and data:
            self.force_close()
        super().data_received(data)


class AskedConnector(aiohttp.TCPConnector):
    """A connector that closes a connection whose server has sent anything unasked.

    A server or a proxy that sends a second answer on an idle connection would otherwise give it to
    the next caller, who may be another user.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType]
        self._factory: Any = lambda: _AskedProtocol(self._loop)

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        protocol.idle = True
        super()._release(key, protocol, should_close=should_close)

    async def connect(
        self,
        req: ClientRequest,
        traces: list[Trace],
        timeout: ClientTimeout,  # noqa: ASYNC109  (of the method that this one extends)
    ) -> Connection:
        """Return a connection on which nothing waits to be read."""
        for _ in range(_TRIES):
            connection = await super().connect(req, traces, timeout)
            if not _has_unasked_bytes(connection):
                if isinstance(connection.protocol, _AskedProtocol):
                    connection.protocol.idle = False
                return connection
            connection.close()
        raise aiohttp.ClientConnectionError("the server sends before it is asked")


def _has_unasked_bytes(connection: Connection) -> bool:
    protocol = connection.protocol
    if protocol is None or protocol.should_close:
        return True
    transport = connection.transport
    socket = None if transport is None else transport.get_extra_info("socket")
    # Bytes that have arrived and that the event loop has not read yet; or the end of the stream.
    return socket is not None and _readable(socket.fileno())


if hasattr(select, "poll"):

    def _readable(descriptor: int) -> bool:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(0))

else:

    def _readable(descriptor: int) -> bool:
        return bool(select.select([descriptor], [], [], 0)[0])
