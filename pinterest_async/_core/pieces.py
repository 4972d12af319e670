"""Large answers, cut into small ones of the same shape: none takes long to decode.

Decoding holds up every other task of the event loop. A list at the top of an answer, or the longest
list in an object at the top, is cut between its items; each piece is the answer with some of them.
"""

import re
from collections.abc import Generator, Iterator
from typing import Final

import msgspec

from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.report_body import FLAT, PLAIN, STRING, TO_QUOTE
from pinterest_async._core.weight import weight

_HEAVIEST: Final = 12 << 20
"""Weight of what cannot be cut: an item of a list, or all that is beside it."""
_WINDOW: Final = 65_536
_FIELD_LETTERS: Final = 200
_STEP: Final = 131_072
"""Bytes of a step; each look at them counts as `_EFFORT` bytes, for the time that it takes."""
_EFFORT: Final = 64

_SPACE: Final = lazy_pattern(rb"[ \t\r\n]*+")
_SCALAR: Final = lazy_pattern(rb'[^"\[\]{},: \t\r\n]++')
_ITEMS: Final = lazy_pattern(
    rb'(?>(?:[ \t\r\n]*+(?>[^"\[\]{},]++|'
    + STRING
    + rb"|\{(?>"
    + FLAT
    + rb"*)\}|\[(?>"
    + FLAT
    + rb"*)\])[ \t\r\n]*+,)*)",
    re.DOTALL,
)
"""Items of a list, each with the comma after it, as far as they are flat."""
_BETWEEN: Final = lazy_pattern(rb"\}[ \t\r\n]*+,[ \t\r\n]*+(?=\{)")
_FIELD: Final = lazy_pattern(rb'("(?:[^"\\]|\\.)*+")[ \t\r\n]*+:[ \t\r\n]*+\Z')


class TooHeavyError(Exception):
    """A part of an answer that cannot be cut is too large."""


class _List:
    """A list at the top of an answer, or in an object there: where it is, and its items."""

    def __init__(self, begin: int) -> None:
        self.begin = begin
        self.end = begin
        self.groups: list[tuple[int, int]] = []
        self.name = b""


class Pieces:
    """The pieces of an answer; `name` is the field of the list that is cut, None at the top."""

    def __init__(self, body: bytes, cut: _List | None, name: str | None) -> None:
        self._body = body
        self._cut = cut
        self.name = name

    def __iter__(self) -> Iterator[bytes]:
        body, cut = self._body, self._cut
        if cut is None:
            yield body
            return
        before, after = body[: cut.begin] + b"[", b"]" + body[cut.end :]
        for begin, end in cut.groups:
            yield before + body[begin:end] + after


def guess(body: bytes, size: int) -> Pieces | None:
    """Cut a list of objects without a walk, at what looks like the space between two of them.

    A cut in a wrong place leaves a quote or a bracket open, so that its piece is no JSON. None
    where nothing looks like that, and where the list may be more than one.
    """
    begin, end = body.find(b"[", 0, _WINDOW), body.rfind(b"]", -_WINDOW)
    field = _FIELD.search(body, max(0, begin - _FIELD_LETTERS), max(0, begin))
    if begin < 0 or (field is None and body[:begin].strip()):
        return None
    if field is not None and body.find(b"]", begin, end) >= 0:
        return None
    rows = _List(begin)
    rows.end, at = end + 1, begin + 1
    while end - at > 2 * size:
        between = _BETWEEN.search(body, at + size, min(at + 2 * size, end))
        if between is None:
            return None
        rows.groups.append((at, between.start() + 1))
        at = between.end()
    rows.groups.append((at, end))
    return Pieces(body, rows, None if field is None else _name(field[1]))


def cut(body: bytes, size: int, name: str | None = None) -> Generator[None, None, Pieces]:
    """Cut an answer into pieces with about `size` bytes of items each; every step is short.

    It is not cut where more than `size` bytes are beside the list, which each piece would repeat.
    With `name`, the list of that field is cut, and no other.

    Raises:
        msgspec.DecodeError: It is no JSON.
        TooHeavyError: A part of it is too large.
    """
    walk = _JsonWalk(body, size)
    lists = yield from walk.lists()
    if name is not None:
        lists = [one for one in lists if _name(one.name) == name]
    longest = max(lists, key=lambda one: one.end - one.begin, default=None)
    if longest is None or len(body) - (longest.end - longest.begin) > size:
        longest = None
    for begin, end in [(0, len(body))] if longest is None else longest.groups:
        if end - begin > size:
            yield from _check_weight(body, begin, end)
    return Pieces(body, longest, _name(longest.name) if longest and longest.name else name)


def _check_weight(body: bytes, begin: int, end: int) -> Generator[None]:
    """Refuse a part that cannot be cut and takes too long to decode."""
    total = 0
    for first in range(begin, end, _WINDOW):
        total += weight(body[first : min(first + _WINDOW, end)])
        if total > _HEAVIEST:
            raise TooHeavyError(f"a single value of the answer takes more than {_HEAVIEST:,} bytes")
        yield


def _name(text: bytes) -> str:
    try:
        return msgspec.json.decode(text, type=str)
    except UnicodeDecodeError as error:
        raise msgspec.DecodeError(str(error)) from None


class _JsonWalk:
    """Goes through a JSON text once, in steps of some 64 KiB."""

    def __init__(self, body: bytes, size: int) -> None:
        self._body = body
        self._size = size
        self._at = 0
        self._work = 0

    def lists(self) -> Generator[None, None, list[_List]]:
        """Find the list at the top, or those in the object at the top."""
        found: list[_List] = []
        opening = self._next()
        if opening == b"[":
            found.append((yield from self._list()))
        elif opening == b"{":
            self._at += 1
            while self._next() != b"}":
                begin = self._at
                if self._next() != b'"':
                    raise self._broken()
                yield from self._string()
                name = self._body[begin : self._at]
                self._take(b":")
                if self._next() == b"[":
                    found.append((yield from self._list()))
                    found[-1].name = name
                else:
                    yield from self._value()
                if self._next() == b",":
                    self._at += 1
            self._at += 1
        else:
            yield from self._value()
        if self._next():
            raise self._broken()
        return found

    def _list(self) -> Generator[None, None, _List]:
        found = _List(self._at)
        self._at += 1
        begin = self._at
        while True:
            if self._went_to(_ITEMS.match(self._body, self._at, self._at + self._size)):
                yield
            if self._at - begin >= self._size:
                found.groups.append((begin, self._at - 1))
                begin = self._at
            if self._next() != b"]":
                yield from self._value()
            elif self._body[found.begin + 1 : self._at].strip(b" \t\r\n"):
                raise self._broken()  # nothing after a comma
            if self._next() == b",":
                self._at += 1
                continue
            self._take(b"]")
            found.groups.append((begin, self._at - 1))
            found.end = self._at
            return found

    def _value(self) -> Generator[None]:
        """Go past one value, whatever is in it."""
        depth = 0
        while True:
            following = self._next()
            if following == b'"':
                yield from self._string()
            elif following in (b"[", b"{"):
                depth += 1
                self._at += 1
            elif following in (b"]", b"}") and depth:
                depth -= 1
                self._at += 1
            elif depth and following in (b",", b":"):
                self._at += 1
            else:
                scalar = _SCALAR.match(self._body, self._at, self._at + _WINDOW)
                if scalar is None:
                    raise self._broken()
                self._at = scalar.end()
            if not depth:
                return
            match = PLAIN.match(self._body, self._at, self._at + _WINDOW)
            if self._went_to(match):
                yield

    def _string(self) -> Generator[None]:
        self._at += 1
        while True:
            if self._went_to(TO_QUOTE.match(self._body, self._at, self._at + _WINDOW)):
                yield
            following = self._body[self._at : self._at + 1]
            if following == b'"':
                self._at += 1
                return
            if not following:
                raise self._broken()
            if following == b"\\":  # the window ended within an escape
                self._at += 2

    def _went_to(self, match: re.Match[bytes] | None) -> bool:
        """Go past a match; whether the step has been long enough."""
        before, self._at = self._at, match.end() if match else self._at
        self._work += _EFFORT + self._at - before
        if self._work < _STEP:
            return False
        self._work = 0
        return True

    def _next(self) -> bytes:
        """Go past space; the byte that follows, none at the end."""
        while space := _SPACE.match(self._body, self._at, self._at + _WINDOW):
            self._at = space.end()
            if space.end() - space.start() < _WINDOW:
                break
        return self._body[self._at : self._at + 1]

    def _take(self, byte: bytes) -> None:
        if self._next() != byte:
            raise self._broken()
        self._at += 1

    def _broken(self) -> msgspec.DecodeError:
        return msgspec.DecodeError(f"JSON is malformed at byte {self._at:,}")
