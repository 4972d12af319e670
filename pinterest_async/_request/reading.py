"""The body of an answer, unpacked piece by piece and never larger than a limit."""

import asyncio
import io
import zlib
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import Any, Final, NoReturn

import aiohttp
from aiohttp import StreamReader
from aiohttp.http_exceptions import ContentEncodingError

from pinterest_async._core.unpacking import (
    MOST_PARTS,
    TooManyPartsError,
    Unpacking,
    gzip_decoder,
)
from pinterest_async._core.weight import HEAVIEST_BYTE, weight
from pinterest_async._request.whole_bodies import (
    MOST_OF_AN_ERROR,
    PIECE,
    READ,
    REDIRECTS,
    ROOM,
    TooLargeError,
)

_JOINED: Final = 8 << 20
"""Bytes of a body at most that are put together at its end: faster, but it holds up the loop."""
_AT_ONCE: Final = 1 << 20
"""Bytes of an answer at most that are read in one go, where they cannot be too heavy."""


async def read_body(
    status: int, headers: Mapping[str, str], content: StreamReader, limit: int
) -> bytes:
    """Read and unpack the body of an answer; whoever calls closes the connection or reuses it.

    Of an answer that is no success, the first 64 KiB are enough; the rest is left unread.

    Raises:
        TooLargeError: A success has more than `limit` bytes, or would take 32 MiB more than that
            together with what is decoded from it.
        aiohttp.ClientPayloadError: The body breaks off, or is not packed as its headers say.
    """
    success = status < REDIRECTS
    limit = limit if success else min(limit, MOST_OF_AN_ERROR)
    most = limit + ROOM
    encoding = headers.get("Content-Encoding", "identity").strip().lower()
    length = headers.get("Content-Length", "")
    size = int(length) if length.isdecimal() else None
    pieces: AsyncIterator[bytes]
    if encoding in ("", "identity"):
        if size is not None and size <= min(limit, _AT_ONCE, most // HEAVIEST_BYTE):
            return content.read_nowait() if content.is_eof() else await _whole(content, size)
        if size is not None and size > limit and success:
            raise TooLargeError(status, headers, limit)
        pieces = content.iter_any() if size is not None else content.iter_chunked(READ)
    else:
        pieces = _unpacked(content.iter_chunked(READ), encoding)
    body, taken, heavy = _Collected(), 0, False
    async for piece in pieces:
        room = limit - body.size
        body.add(piece if len(piece) <= room else piece[:room])
        # Weighed, which takes as long as decoding, is only what may be too heavy.
        if success and taken + body.new * HEAVIEST_BYTE > most:
            taken += weight(body.taken_as_weighed())
            heavy = taken > most
        if heavy or len(piece) > room:
            break
    else:
        return body.whole()
    if heavy:
        raise TooLargeError(status, headers, most, "would take")
    if success:
        raise TooLargeError(status, headers, limit)
    return body.whole()


async def _whole(content: StreamReader, size: int) -> bytes:
    """The body of an answer with so many bytes, in one turn of the event loop when all are here.

    `StreamReader.read` takes a turn for each piece that arrives, each of which costs as much as
    sending a small request does, and more where threads wait for the interpreter.
    """
    if (error := content.exception()) is not None:
        raise error
    _, most = content.get_read_buffer_limits()
    content.set_read_chunk_size(size)
    # Where so much is here already, the connection is paused until some of it is taken.
    first = content.read_nowait() if content.total_bytes > most else b""
    await content.wait_eof()
    rest = content.read_nowait()
    return first + rest if first else rest


class _Collected:
    """The pieces of a body so far."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._small = bytearray()
        self._large: io.BytesIO | None = None
        self.size = self._weighed = self._weighed_pieces = 0

    @property
    def new(self) -> int:
        """Bytes that came since the last ones were weighed."""
        return self.size - self._weighed

    def add(self, piece: bytes) -> None:
        """One piece more; small ones are gathered, since each takes memory of its own."""
        self.size += len(piece)
        if len(piece) >= READ:
            self._gather()
            self._put(piece)
        else:
            self._small += piece
            if len(self._small) >= READ:
                self._gather()

    def taken_as_weighed(self) -> bytes:
        """What came since it was last asked for."""
        self._gather()
        if self._large is None:
            since = b"".join(self._pieces[self._weighed_pieces :])
            self._weighed_pieces = len(self._pieces)
        else:
            with self._large.getbuffer() as all_of_it:
                since = bytes(all_of_it[self._weighed :])
        self._weighed = self.size
        return since

    def whole(self) -> bytes:
        """All of it."""
        self._gather()
        if self._large is not None:
            return self._large.getvalue()
        return b"".join(self._pieces)

    def _gather(self) -> None:
        if self._small:
            self._put(bytes(self._small))
            self._small.clear()

    def _put(self, piece: bytes) -> None:
        if self._large is None:
            self._pieces.append(piece)
            if self.size > _JOINED:
                self._large, piece = io.BytesIO(), b"".join(self._pieces)
                self._pieces.clear()
        if self._large is not None:
            self._large.write(piece)


async def _unpacked(arrived: AsyncIterator[bytes], encoding: str) -> AsyncIterator[bytes]:
    unpacking = Unpacking(partial(_decoder, encoding), PIECE)
    async for packed in arrived:
        try:
            for piece in unpacking.feed(packed):
                yield piece
                if unpacking.rest:
                    await asyncio.sleep(0)
        except TooManyPartsError:
            _refuse(f"the {encoding} data have more than {MOST_PARTS} parts")
        except zlib.error as error:
            _refuse(f"cannot unpack {encoding}: {error}")
    if unpacking.broke_off:
        _refuse(f"the {encoding} data break off")


def _decoder(encoding: str, first: bytes) -> Any:
    if encoding in ("gzip", "x-gzip"):
        return gzip_decoder()
    if encoding != "deflate":
        _refuse("it is packed in a way that was not asked for")
    # Meant is zlib's format; some servers send its content alone.
    return zlib.decompressobj(zlib.MAX_WBITS if first[0] & 0x0F == 8 else -zlib.MAX_WBITS)


def _refuse(message: str) -> NoReturn:
    raise aiohttp.ClientPayloadError(message) from ContentEncodingError(message)
