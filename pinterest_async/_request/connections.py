"""Connections of aiohttp on which nothing is taken for an answer that was not asked for.

All that the package uses of aiohttp's connections beyond its documented interface is here.
"""

from __future__ import annotations

import asyncio
import functools
import select
from collections.abc import Iterator
from typing import Any, Final

import aiohttp
from aiohttp import ClientRequest, ClientSession, ClientTimeout, StreamReader
from aiohttp.client_proto import ResponseHandler
from aiohttp.connector import Connection
from aiohttp.http import HttpResponseParser, RawResponseMessage
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.tracing import Trace
from yarl import URL

_TRIES: Final = 100
"""Connections that may have to be closed before one is good: more than a pool usually keeps."""
_TURNS: Final = 5
"""Turns of the event loop in which TLS may read what has arrived on a connection."""
_FIRST_READ: Final = 16_384
"""Bytes that are read from a connection at once, until as many have come in one read."""
_READ: Final = 262_144
"""Bytes that are read from then on, as by asyncio itself."""
_PIECE: Final = 16_384
"""Bytes that are parsed at once, unless they are of a body that is not in chunks."""
_HEAD_END: Final = b"\r\n\r\n"
_MOST_OF_A_HEAD: Final = 8_192
"""Bytes in which the end of a head is looked for; after a longer one, nothing is taken whole."""
_TURN: Final = 0.005
"""Seconds of parsing after which the event loop has its turn: chunks of a byte take long."""
_MOST_INTERIM: Final = 100
"""Interim answers (status 1xx) that may come before an answer."""
_NO_BODY: Final = frozenset({204, 304})
_SWITCHING: Final = 101
_FINAL: Final = 200
_NEEDED: Final = (
    (ResponseHandler, ("data_received", "feed_data", "force_close", "read", "set_response_params")),
    (ResponseHandler, ("close", "connection_made", "connection_lost", "exception")),
    (HttpResponseParser, ("feed_data",)),
    (StreamReader, ("feed_data", "feed_eof")),
    (aiohttp.TCPConnector, ("connect", "_release", "_release_waiter")),
    (Connection, ("close", "protocol", "release", "transport")),
    (ClientRequest, ("connection_key", "is_ssl")),
)
"""Names without which requests go through aiohttp's session instead."""


class NotHttpError(aiohttp.ClientError):
    """What has arrived cannot be read as an answer."""


class _ReadBuffer:
    """Where the connections of a loop read to; larger once a read has filled it."""

    __slots__ = ("view",)

    def __init__(self) -> None:
        self.view = memoryview(bytearray(_FIRST_READ))

    def grow(self) -> None:
        """Make room for large answers; programs that get none need not wait for the memory."""
        if len(self.view) < _READ:
            self.view = memoryview(bytearray(_READ))


class _HeadParser:
    """Reads the heads of answers that have come whole, on all connections of a loop.

    A parser takes longer to make than a head takes to parse, and as much memory as a request.
    """

    def __init__(self, loop: Any) -> None:
        self._loop = loop
        self._parser: Any = None

    def message(self, head: bytes) -> RawResponseMessage | None:
        """The answer of which this is the head; None where it is anything else."""
        parser, self._parser = self._parser or self._made(), None
        try:
            messages, upgraded, _ = parser.feed_data(head)
        except Exception:  # noqa: BLE001  (the connection's own parser will say what is wrong)
            return None
        if len(messages) != 1 or upgraded:
            return None
        self._parser = parser  # it expects the next head: that of an answer without a body
        found: RawResponseMessage = messages[0][0]
        return found

    def _made(self) -> Any:
        parser: Any = HttpResponseParser
        return parser(
            ResponseHandler(self._loop),
            self._loop,
            _READ,
            response_with_body=False,
            auto_decompress=False,
        )


class _AskedProtocol(ResponseHandler, asyncio.BufferedProtocol):
    """A connection that is closed when anything arrives on it that is no part of an answer.

    By itself, aiohttp passes over line breaks and the beginning of a second answer. `heard` is when
    something last arrived, by the clock of the loop.

    All connections of a loop read into one buffer, which each empties at once. Else asyncio would
    ask for that much memory at each read, to give back what it does not fill: where it is the
    system that gives it, that takes longer than to read a small answer.
    """

    def __init__(self, loop: Any, buffer: _ReadBuffer, heads: _HeadParser) -> None:
        super().__init__(loop)
        self._read_buffer = buffer
        self._heads = heads
        self.idle = True
        self.heard = 0.0
        self._has_parser = self._of_session = self._disturbed = False
        self._unparsed: bytes = b""
        self._scheduled = False
        self._poll: Any = None
        self._asked()

    def _asked(self) -> None:
        """A new answer begins."""
        self._awaiting = self._whole = False
        self._message: RawResponseMessage | None = None
        self._messages = self._received = self._body_at = self._answer_end = 0
        self._window = self._last = b""

    def connection_made(self, transport: Any) -> None:
        """Keep what tells whether there is something to read."""
        super().connection_made(transport)
        socket = transport.get_extra_info("socket")
        self._poll = None if socket is None else _readable(socket.fileno())

    def send(self, request: bytes) -> None:
        """Send a whole request."""
        self._of_session, self._awaiting = False, True
        transport: Any = self.transport
        transport.write(request)

    def has_sent(self) -> bool:
        """Whether the whole request has left: a server may answer before it has read it."""
        transport: Any = self.transport
        return transport is not None and not transport.get_write_buffer_size()

    async def answer(self) -> tuple[RawResponseMessage, bytes | StreamReader]:
        """Wait for the head of the answer; its body comes by the stream, if not with it.

        Raises:
            aiohttp.ClientError: The connection broke, or what came is not HTTP.
        """
        try:
            for _ in range(_MOST_INTERIM):
                found: tuple[RawResponseMessage, Any] = await self.read()
                if found[0].code >= _FINAL or found[0].code == _SWITCHING:
                    return found
        except HttpProcessingError as error:
            raise NotHttpError(error.message) from None
        raise NotHttpError("too many interim answers")

    def stream(self, body: bytes) -> StreamReader:
        """The body of an answer that has come whole as a stream."""
        stream = StreamReader(self, len(body), loop=self._loop)
        stream.feed_data(body)
        stream.feed_eof()
        return stream

    def set_response_params(self, **options: Any) -> None:
        """Get ready for an answer as a session wants it."""
        self._of_session, self._has_parser = True, False
        super().set_response_params(**options)

    def unread(self) -> bool:
        """Whether bytes have arrived that the event loop has not read yet."""
        return self._poll is not None and bool(self._poll())

    def taken(self) -> bool:
        """Take the connection for a request: False where it is of no use for one."""
        if self.transport is None or self._disturbed or self._unparsed or self.unread():
            return False
        self.idle = False
        self._asked()
        return True

    def released(self) -> None:
        """The request has ended."""
        self.idle = True
        if not (self._whole or self._ended_well()):
            self.force_close()

    def _ended_well(self) -> bool:
        """Whether what has arrived is one answer and not a byte more."""
        message = self._message
        if message is None or self._messages != 1 or not self._body_at or self._unparsed:
            return False
        if message.chunked:
            last = self._last
            return last.endswith(_HEAD_END) and not last.endswith(b"\r\n" + _HEAD_END)
        return self._received == self._answer_end

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002  (asyncio's name)
        """Where to read to."""
        return self._read_buffer.view

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        view = self._read_buffer.view
        if nbytes == len(view):
            self._read_buffer.grow()
        self.data_received(view[:nbytes])

    def data_received(self, data: Any) -> None:
        """Take a copy of what has arrived; nothing where aiohttp goes on with what it has."""
        if data:
            if self.idle or self._whole:
                self._disturbed = True
                self.force_close()
                if not self._of_session:
                    self.close()
                    return
            if self._awaiting and self._take_whole(data):
                return
            data = bytes(data)
            self.heard = self._loop.time()
            received = self._received + len(data)
            if received <= self._answer_end and not self._unparsed:
                self._received = received
                super().data_received(data)
                return
            self._count(data)
            if self._unparsed:
                self._unparsed += data  # in its order
                return
            if len(data) > _PIECE:
                self._unparsed = data
                self._parse()
                return
        super().data_received(data)

    def _take_whole(self, data: Any) -> bool:
        """Take the first data of an answer if they are all of it, and it has a length.

        Most answers come so, and need neither a stream nor a parser of their own. Others are left
        to the parser of the connection, which is made for the first of them.
        """
        self._awaiting = False
        first = bytes(data[:_MOST_OF_A_HEAD])
        begin = first.find(_HEAD_END) + len(_HEAD_END)
        message = self._heads.message(first[:begin]) if begin >= len(_HEAD_END) else None
        if message is not None and begin + _body_length(message) == len(data):
            self._whole = True
            self.heard = self._loop.time()
            if message.should_close:
                self.force_close()
            answer: Any = (message, bytes(data[begin:]))
            super().feed_data(answer, 0)
            return True
        if not self._has_parser:
            super().set_response_params(
                read_until_eof=True,
                auto_decompress=False,
                read_bufsize=_READ // 2,  # it pauses beyond twice as much: one read
            )
            self._has_parser = True
        return False

    def _count(self, data: bytes) -> None:
        if not self._body_at:
            window = self._window + data if self._window else data
            at = window.find(_HEAD_END)
            if at >= 0:
                self._body_at = self._received - len(self._window) + at + len(_HEAD_END)
            self._window = window[-3:]
        self._received += len(data)
        self._last = data[-6:] if len(data) >= 6 else (self._last + data)[-6:]

    def _parse(self) -> None:
        """Parse piece by piece for a while, and the rest when others have had their turn."""
        self._scheduled = False
        until = self._loop.time() + _TURN
        data, at = self._unparsed, 0
        # What is given to a parser that pauses would be parsed at once when it goes on.
        while at < len(data) and not self._reading_paused:
            if self.transport is None or self.exception() is not None:
                self._unparsed = b""
                return
            # What is of a body that is not in chunks is parsed at once, which takes less time.
            end = len(data) if self._received <= self._answer_end else at + _PIECE
            piece, at = data[at:end], end
            if at >= len(data):
                self._unparsed = b""  # an answer may end with it
            super().data_received(piece)
            if at < len(data) and self._loop.time() > until:
                self._unparsed = data[at:]
                self._parse_later()
                return
        self._unparsed = data[at:]
        self._pause_transport(paused=bool(self._unparsed))

    def _parse_later(self) -> None:
        self._pause_transport(paused=True)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._parse)

    def resume_reading(self, *options: Any, **more: Any) -> None:
        """Go on with what is here before more is read; streams ask for it at each chunk."""
        if self._reading_paused:
            super().resume_reading(*options, **more)
            if self._unparsed:
                self._parse_later()

    def _pause_transport(self, *, paused: bool) -> None:
        transport = self.transport
        if transport is None or transport.is_closing():
            return
        if paused:
            transport.pause_reading()
        elif not self._reading_paused:
            transport.resume_reading()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Parse what came before the end."""
        while self._unparsed and self.exception() is None:
            piece, self._unparsed = self._unparsed[:_PIECE], self._unparsed[_PIECE:]
            super().data_received(piece)
        super().connection_lost(exc)

    def feed_data(self, data: Any, size: int = 0) -> None:
        """Keep the head of an answer, and where that ends, if it says it."""
        self._message = data[0]
        self._messages += 1
        length = _body_length(data[0]) if self._messages == 1 and self._body_at else -1
        self._answer_end = self._body_at + length if length >= 0 else 0
        super().feed_data(data, size)


def _body_length(message: RawResponseMessage) -> int:
    """Bytes of the body of an answer; -1 where its head does not say it, or is no answer yet."""
    if message.code in _NO_BODY:
        return 0
    if message.code < _FINAL or "Transfer-Encoding" in message.headers:
        return -1
    length = message.headers.get("Content-Length", "").strip()
    return int(length) if length.isdecimal() else -1


class AskedConnector(aiohttp.TCPConnector):
    """A connector that closes a connection whose server has sent anything unasked.

    A server or a proxy that sends a second answer on an idle connection would otherwise give it to
    the next caller, who may be another user.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)  # pyright: ignore[reportUnknownMemberType]
        buffer, heads = _ReadBuffer(), _HeadParser(self._loop)
        self._factory: Any = lambda: _AskedProtocol(self._loop, buffer, heads)

    def _release(self, key: Any, protocol: Any, *, should_close: bool = False) -> None:
        protocol.released()
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
            protocol = connection.protocol
            if not isinstance(protocol, _AskedProtocol) or protocol.taken():
                return connection
            try:
                if req.is_ssl() and await self._taken_after_tickets(protocol):
                    return connection
            except BaseException:
                connection.close()
                raise
            connection.close()
        raise aiohttp.ClientConnectionError("the server sends before it is asked")

    async def _taken_after_tickets(self, protocol: _AskedProtocol) -> bool:
        """Let TLS read what is its own, such as tickets; unasked data are noticed as before."""
        for _ in range(_TURNS):
            if not protocol.unread():
                break
            await asyncio.sleep(0)
        return protocol.taken()


class Host(ClientRequest):
    """What a connector asks of a request to know where it goes: the same for all of one host."""

    connection_key: Any = None

    def __init__(self, session: ClientSession, url: URL, ssl: Any, loop: Any) -> None:
        super().__init__("GET", url, loop=loop, session=session, ssl=ssl)
        self.connection_key = super().connection_key  # computed anew each time by aiohttp


_REQUEST: Final = getattr(ClientSession, "_request", None)


def sessions_are_replaced() -> bool:
    """Whether someone has put another function in the place of a session's, to answer by itself.

    Libraries that mock aiohttp do; they expect to see all requests.
    """
    return getattr(ClientSession, "_request", None) is not _REQUEST


def missing_names() -> Iterator[str]:
    """Names of aiohttp that exchanges need and that are not there."""
    for owner, names in _NEEDED:
        yield from (f"{owner.__name__}.{name}" for name in names if not hasattr(owner, name))


if hasattr(select, "poll"):

    def _readable(descriptor: int) -> Any:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return functools.partial(poll.poll, 0)

else:

    def _readable(descriptor: int) -> Any:
        return lambda: select.select([descriptor], [], [], 0)[0]
