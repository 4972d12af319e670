"""Report files, cut while they arrive: `{"<entity id>": [rows], ...}`, one entity at a time.

Every byte is looked at a few times at most, in whatever pieces it arrives and whatever it is.
"""

import re
from typing import Final

import msgspec

from pinterest_async._core.patterns import lazy_pattern

# Possessive quantifiers and atomic groups give nothing back: what does not match costs no more than
# what does. No group has a possessive quantifier, since Python before 3.11.5 matches those wrongly.
_IN_STRING: Final = rb'[^"\\]*+(?>(?:\\.[^"\\]*+)*)'
STRING: Final = b'"' + _IN_STRING + b'"'
FLAT: Final = rb'(?:[^"\[\]{}]++|' + STRING + rb")"
_KEY: Final = lazy_pattern(rb"[{,]?\s*+(" + STRING + rb")\s*+:\s*+(\[|null)", re.DOTALL)
_SPACE: Final = lazy_pattern(rb"\s*+")
PLAIN: Final = lazy_pattern(
    rb"(?>(?:" + FLAT + rb"|\{(?>" + FLAT + rb"*)\}|\[(?>" + FLAT + rb"*)\])*)",
    re.DOTALL,
)
"""As far as nothing opens or closes, but for strings, and what is flat within."""
TO_QUOTE: Final = lazy_pattern(_IN_STRING, re.DOTALL)
_ENDS: Final = frozenset((b"}", b",}"))
_EMPTY: Final = frozenset((b"", b"{}", b"[]", b"null"))

_LONGEST_KEY: Final = 4096
"""Bytes from an entity to the rows of the next one: its id, and some space around it."""
_LONGEST: Final = 2**27
"""Bytes of the rows of one entity, 128 MiB: hundreds of times what any is known to have."""
_DEEPEST: Final = 64
"""Lists and objects within one another; a row is at the second level."""


class ReportBody:
    """Takes a report's JSON in pieces of any size, and gives back whole entities.

    Strings may hold anything, brackets and quotes included. An empty body is a report without data.
    No more is kept than one entity of at most `longest` bytes.
    """

    def __init__(self, longest: int = _LONGEST) -> None:
        self._longest = longest
        self._left = bytearray()
        self._key: str | None = None
        self._at = 0
        self._depth = 0
        self._quoted = False
        self._begun = False

    def feed(self, piece: bytes) -> list[tuple[str, bytes]]:
        """Take the next piece; return the entities that are complete now, with their rows raw.

        Raises:
            msgspec.DecodeError: It is no report, or an entity of it is too large or too deep.
        """
        self._left += piece
        found: list[tuple[str, bytes]] = []
        begin = 0
        while True:
            if self._key is None:
                space = _SPACE.match(self._left, begin)
                begin = space.end() if space else begin
                match = _KEY.match(self._left, begin)
                if match is None:
                    break
                self._begun = True
                if match[2] == b"null":
                    begin = match.end()
                    continue
                self._key = _text(match[1])
                begin, self._at, self._depth = match.end() - 1, match.end(), 1
            if not self._skip():
                break
            found.append((self._key, bytes(self._left[begin : self._at])))
            begin, self._key = self._at, None
        # What was passed already need not be looked at again.
        del self._left[:begin]
        self._at = max(0, self._at - begin)
        if len(self._left) > (_LONGEST_KEY if self._key is None else self._longest):
            raise self._wrong()
        return found

    def _skip(self) -> bool:
        """Go on to the end of the list, if it is there."""
        left = self._left
        while True:
            passed = (TO_QUOTE if self._quoted else PLAIN).match(left, self._at)
            self._at = self._at if passed is None else passed.end()
            following = bytes(left[self._at : self._at + 1])
            if self._quoted:
                if following != b'"':  # the piece ends within a string, perhaps within an escape
                    return False
                self._quoted = False
            elif not following:
                return False
            elif following == b'"':
                self._quoted = True
            elif following in b"[{":
                self._depth += 1
                if self._depth > _DEEPEST:
                    raise msgspec.DecodeError(
                        f"in the rows of {self._key!r:.80}, more than {_DEEPEST} lists and objects "
                        "stand within one another"
                    )
            else:
                self._depth -= 1
            self._at += 1
            if self._depth == 0:
                return True

    def _wrong(self) -> msgspec.DecodeError:
        if self._key is None:
            return msgspec.DecodeError("the report is no object of lists")
        return msgspec.DecodeError(
            f"the rows of {self._key!r:.80} have more than {self._longest:,} bytes"
        )

    def close(self) -> None:
        """Say that no more comes.

        Raises:
            msgspec.DecodeError: where the file breaks off, or is no report.
        """
        # More than a few bytes and some space between them cannot be an end.
        ending = b"".join(self._left.split(maxsplit=3))
        if self._key is not None or ending not in (_ENDS if self._begun else _EMPTY):
            raise msgspec.DecodeError("the report breaks off, or is no object of lists")


def _text(raw: bytes) -> str:
    try:
        return msgspec.json.decode(bytes(raw), type=str)
    except UnicodeDecodeError:
        raise msgspec.DecodeError("the id of an entity is no UTF-8") from None
