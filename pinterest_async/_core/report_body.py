"""Report files, cut while they arrive: `{"<entity id>": [rows], ...}`, one entity at a time."""

import re
from typing import Final

import msgspec

_STRING: Final = rb'"[^"\\]*(?:\\.[^"\\]*)*"'
_KEY: Final = re.compile(rb"\s*[{,]?\s*(" + _STRING + rb")\s*:\s*(\[|null)", re.DOTALL)
_PLAIN: Final = re.compile(rb'[^"\[\]]*(?:' + _STRING + rb'[^"\[\]]*)*', re.DOTALL)
"""As far as no bracket comes outside of a string."""
_ENDS: Final = frozenset((b"}", b",}"))
_EMPTY: Final = frozenset((b"", b"{}", b"[]", b"null"))


class ReportBody:
    """Takes a report's JSON in pieces of any size, and gives back whole entities.

    Strings may hold anything, brackets and quotes included. An empty body is a report without data.
    """

    def __init__(self) -> None:
        self._left = bytearray()
        self._key: str | None = None
        self._at = 0
        self._depth = 0
        self._begun = False

    def feed(self, piece: bytes) -> list[tuple[str, bytes]]:
        """Take the next piece; return the entities that are complete now, with their rows raw."""
        self._left += piece
        found: list[tuple[str, bytes]] = []
        begin = 0
        while True:
            if self._key is None:
                match = _KEY.match(self._left, begin)
                if match is None:
                    break
                self._begun = True
                if match[2] == b"null":
                    begin = match.end()
                    continue
                self._key = msgspec.json.decode(bytes(match[1]), type=str)
                begin, self._at, self._depth = match.end() - 1, match.end() - 1, 0
            if not self._skip():
                break
            found.append((self._key, bytes(self._left[begin : self._at])))
            begin, self._key = self._at, None
        # What was passed already need not be looked at again.
        del self._left[:begin]
        self._at = max(0, self._at - begin)
        return found

    def _skip(self) -> bool:
        """Go on to the end of the list, if it is there."""
        while True:
            plain = _PLAIN.match(self._left, self._at)
            self._at = self._at if plain is None else plain.end()
            following = bytes(self._left[self._at : self._at + 1])
            if following not in (b"[", b"]"):  # the piece ends, perhaps within a string
                return False
            self._at += 1
            self._depth += 1 if following == b"[" else -1
            if self._depth == 0:
                return True

    def close(self) -> None:
        """Say that no more comes.

        Raises:
            msgspec.DecodeError: where the file breaks off, or is no report.
        """
        # More than a few bytes and some space between them cannot be an end.
        ending = b"".join(self._left.split(maxsplit=3))
        if self._key is not None or ending not in (_ENDS if self._begun else _EMPTY):
            raise msgspec.DecodeError("the report breaks off, or is no object of lists")
