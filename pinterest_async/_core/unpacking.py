"""What is packed by zlib, unpacked in small pieces, and in parts that follow one another."""

import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

_MAGIC: Final = b"\x1f\x8b"
_PIECE: Final = 1 << 20
"""Bytes of a file that come out at a time, however much is packed in what went in."""
MOST_PARTS: Final = 1000
"""Parts that one stream may be packed in, one after another; empty ones would never end."""


class TooManyPartsError(zlib.error):
    """It is packed in more parts than `MOST_PARTS`."""


class Unpacking:
    """Unpacks a stream, whose parts each get a decoder: `decoder` makes one for its first bytes."""

    def __init__(self, decoder: Callable[[bytes], Any], piece: int) -> None:
        self._new = decoder
        self._piece = piece
        self._decoder: Any = None
        self._parts = 0
        self.rest = b""
        """What went in and is not unpacked yet."""

    def feed(self, packed: bytes) -> Iterator[bytes]:
        """Take the next bytes, and give what comes out of them, `piece` bytes at most at a time.

        Raises:
            zlib.error: They cannot be unpacked.
        """
        self.rest, full = packed, False
        while self.rest or full:
            decoder = self._decoder = self._decoder or self._new(self.rest)
            unpacked = decoder.decompress(self.rest, self._piece)
            self.rest = decoder.unconsumed_tail
            # Then more may come out, although all has gone in.
            full = len(unpacked) == self._piece and not decoder.eof
            if decoder.eof:
                self.rest, self._decoder = decoder.unused_data, None
                self._parts += 1
            yield unpacked
            if self._parts > MOST_PARTS:
                raise TooManyPartsError(f"it is packed in more than {MOST_PARTS} parts")

    @property
    def broke_off(self) -> bool:
        """Whether the last part has no end, if no more comes."""
        return self._decoder is not None


class Unpacker:
    """Takes a file in pieces of any size, and gives it back unpacked where gzip has packed it."""

    def __init__(self) -> None:
        self._first = b""
        self._packed: bool | None = None
        self._unpacking = Unpacking(gzip_decoder, _PIECE)

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
        if self._packed:
            yield from filter(None, self._unpacking.feed(piece))
        else:
            yield piece

    def close(self) -> Iterator[bytes]:
        """Say that no more comes, and give what is left.

        Raises:
            zlib.error: The packed file breaks off.
        """
        if self._unpacking.broke_off:
            raise zlib.error("the packed file breaks off")
        if self._first:
            yield self._first


def gzip_decoder(_: bytes = b"") -> Any:
    """A decoder of gzip, whatever its first bytes are."""
    return zlib.decompressobj(16 + zlib.MAX_WBITS)
