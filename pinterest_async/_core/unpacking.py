"""Files that may be packed with gzip, known by their first bytes, unpacked in small pieces."""

import zlib
from collections.abc import Iterator
from typing import Any, Final

_MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20
"""Bytes that come out at a time, however much is packed in what went in."""
_MOST_MEMBERS: Final = 1000
"""Parts that one file may be packed in, one after another; empty ones would never end."""


class Unpacker:
    """Takes a file in pieces of any size, and gives it back unpacked where it is packed."""

    def __init__(self) -> None:
        self._first = b""
        self._packed: bool | None = None
        self._decoder: Any = None
        self._members = 0

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Take the next piece, and give what comes out of it, in pieces of a megabyte at most.

        Raises:
            zlib.error: It cannot be unpacked.
        """
        if self._packed is None:
            self._first += piece
            if len(self._first) < len(_MAGIC):
                return
            self._packed = self._first.startswith(_MAGIC)
            piece, self._first = self._first, b""
        if not self._packed:
            yield piece
            return
        while piece:
            self._decoder = self._decoder or zlib.decompressobj(16 + zlib.MAX_WBITS)
            unpacked = self._decoder.decompress(piece, _PIECE)
            if unpacked:
                yield unpacked
            piece = self._decoder.unconsumed_tail
            if self._decoder.eof:
                piece, self._decoder = self._decoder.unused_data, None
                self._members += 1
                if self._members > _MOST_MEMBERS:
                    raise zlib.error(f"it is packed in more than {_MOST_MEMBERS} parts")

    def close(self) -> Iterator[bytes]:
        """Say that no more comes, and give what is left.

        Raises:
            zlib.error: The packed file breaks off.
        """
        while self._decoder is not None and not self._decoder.eof:
            rest = self._decoder.decompress(self._decoder.unconsumed_tail, _PIECE)
            if not rest:
                raise zlib.error("the packed file breaks off")
            yield rest
        if self._first:
            yield self._first
