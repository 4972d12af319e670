"""The body of an answer that has come whole, as most do, and the limits of all bodies."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Final

import aiohttp

ENCODINGS: Final = "gzip, deflate"
"""What requests accept. zlib stops at a length; not every decoder of br and zstd does."""
MOST_OF_AN_ERROR: Final = 65_536
"""Bytes of an answer that is no success; the rest of it is dropped."""
PIECE: Final = 65_536
"""Bytes that are unpacked before the event loop has its turn."""
READ: Final = 8_192
"""Bytes that are read at once: putting chunks of a byte together takes 10 ms for so many.

Only answers without a length, and those that are packed, can come in such chunks."""
REDIRECTS: Final = 300
ROOM: Final = 32 << 20
"""Bytes that an answer may take beyond its limit."""
NEVER_HEAVY: Final = 270_000
"""Bytes of an answer that cannot take more than that, whatever they are: see `weight`."""


class TooLargeError(aiohttp.ClientError):
    """The body of a success is larger than the limit, or would be once it is decoded."""

    def __init__(
        self, status: int, headers: Mapping[str, str], limit: int, has: str = "has"
    ) -> None:
        super().__init__(f"the answer {has} more than {limit:,} bytes")
        self.status = status
        self.headers = headers


def whole_body(status: int, headers: Mapping[str, str], body: bytes, limit: int) -> bytes | None:
    """The body of an answer that has come whole, unpacked; None where `read_body` has to do it."""
    if len(body) > min(limit, NEVER_HEAVY if status < REDIRECTS else MOST_OF_AN_ERROR):
        return None
    encoding = headers.get("Content-Encoding")
    if encoding is None:
        return body
    if encoding == "gzip" and len(body) <= READ:
        return _unpacked_at_once(body, min(limit, PIECE))
    return None


def _unpacked_at_once(packed: bytes, most: int) -> bytes | None:
    """A small body that gzip has packed in one part, as nearly all are; None where it is not."""
    from pinterest_async._core.unpacking import gzip_decoder

    decoder = gzip_decoder()
    try:
        unpacked: bytes = decoder.decompress(packed, most)
    except zlib.error:
        return None
    return unpacked if decoder.eof and not decoder.unused_data else None
