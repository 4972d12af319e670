"""Secrets that a text from the wire repeats: found in every encoding, and blanked out.

A server may echo what it got, and seldom as it came: in JSON, in an address, in a page, in the
base64 of a header. Texts are bytes here; positions in what was decoded are led back to these.
"""

import base64
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, TypeAlias
from urllib.parse import quote

from pinterest_async._core.patterns import lazy_pattern

BLANK: Final = b"[redacted]"

_ESCAPES: Final = (
    rb"(?i)%([0-9a-f]{2})",
    rb"(?is)\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|\\(.)",
    rb"(?i)&#x([0-9a-f]{1,6});|&#([0-9]{1,7});|&(amp|quot|apos|lt|gt);",
)
"""Of addresses, JSON and HTML. Each apart, since a secret may hold what looks like another.

Compiled where they are used, which most programs never do.
"""
_NAMED: Final = {b"amp": b"&", b"quot": b'"', b"apos": b"'", b"lt": b"<", b"gt": b">"}
_BROKEN_ESCAPE: Final = rb"(?i)(?:%[0-9a-f]?|\\(?:u[0-9a-f]{0,3}|x[0-9a-f]?)?|&#?[0-9a-z]{0,7})\Z"
_DEEPEST: Final = 2
"""How many encodings around one another are taken off, such as a JSON text within a JSON text."""
_HEAD: Final = 12
"""So many characters of a secret are taken for it, whatever follows: somebody may have cut it."""
_TAIL: Final = 6
"""So many at the end of a text, which may have been cut there."""
_SHORTEST: Final = 6
"""Characters of the shortest secret that is looked for in base64 and hex, and not just plain."""
_BASE64: Final = lazy_pattern(rb"[A-Za-z0-9+/=]*")
_URLSAFE: Final = bytes.maketrans(b"-_", b"+/")

_ID: Final = lazy_pattern(r"[0-9a-f-]{1,40}|[\w.:+/=-]{1,30}", re.ASCII | re.IGNORECASE)
_TOKEN: Final = lazy_pattern(r"\b(pin[a-z])_[\w\-.=]+")

_Span: TypeAlias = tuple[int, int]


_Needle: TypeAlias = tuple[bytes, str]
"""What is looked for, and whether it is plain, hex or base64."""


class _Layer:
    """A text with one round of escapes decoded, and where each character of it came from."""

    __slots__ = ("_below", "_pattern", "_places", "text")

    def __init__(self, text: bytes, below: "_Layer | None" = None, pattern: bytes = b"") -> None:
        self.text = text
        self._below = below
        self._pattern = pattern
        self._places: tuple[list[int], list[int], list[int]] | None = None

    def above(self) -> "Iterator[_Layer]":
        """The same with the escapes of each kind decoded, where it has any."""
        for pattern in _ESCAPES:
            text, escapes = re.subn(pattern, lambda match: _decoded(match[0]), self.text)
            if escapes:
                yield _Layer(text, self, pattern)

    def source(self, span: _Span) -> _Span:
        """Where in the text as it came a part of this layer stands."""
        layer, begin, end = self, *span
        while layer._below is not None:
            begin, end = layer._place(begin)[0], layer._place(end - 1)[1]
            layer = layer._below
        return begin, end

    def _place(self, index: int) -> _Span:
        """The characters, one layer below, of the one at an index."""
        if self._places is None:  # most texts hold no secret, and nobody asks
            self._places = self._found_places()
        at, begins, ends = self._places
        last = bisect_right(at, index) - 1
        if last < 0:
            return index, index + 1
        if at[last] == index:
            return begins[last], ends[last]
        place = ends[last] + index - at[last] - 1
        return place, place + 1

    def _found_places(self) -> tuple[list[int], list[int], list[int]]:
        """Where each escape's character is in the text, and its beginning and end one below."""
        at: list[int] = []
        begins: list[int] = []
        ends: list[int] = []
        shorter = 0
        for match in re.finditer(self._pattern, self._below.text if self._below else b""):
            begin, end = match.span()
            at.append(begin - shorter)
            begins.append(begin)
            ends.append(end)
            shorter += end - begin - 1
        return at, begins, ends


def blanked(text: bytes, secrets: Iterable[str], *, escapes: bool = True) -> bytes:
    """The text, with `[redacted]` wherever one of the secrets stands in it in any encoding.

    Found are secrets as they are and in base64 (both alphabets, beginning at any byte), in hex, and
    each of these with any of its characters escaped as in JSON, in addresses or in HTML, twice at
    most. The beginning of a secret is found as well: of 12 characters anywhere, of 6 at the end.
    Without `escapes`, which is for long texts, escaped ones are not found.
    """
    needles = [needle for secret in secrets if secret for needle in _needles(secret)]
    if not needles or not text:
        return text
    spans: list[_Span] = []
    layers = [_Layer(text)]
    for _ in range(_DEEPEST + 1 if escapes else 1):
        spans += (layer.source(span) for layer in layers for span in _found(layer.text, needles))
        layers = [above for layer in layers for above in layer.above()]
    pieces: list[bytes] = []
    done = 0
    for begin, end in sorted(spans):
        if begin >= done:
            pieces += (text[done:begin], BLANK)
        done = max(done, end)
    return b"".join((*pieces, text[done:])) if spans else text


def blanked_text(text: str, secrets: Iterable[str]) -> str:
    """The same for a `str`."""
    raw = text.encode("utf-8", "surrogatepass")
    clean = blanked(raw, secrets)
    return text if clean is raw else clean.decode("utf-8", "replace")


def blanked_id(text: str, secrets: Iterable[str]) -> str | None:
    """The id of a request as a server sent it, without secrets; None where it can be no id."""
    return blanked_text(text, secrets) if _ID.fullmatch(text) else None


def redact(text: str) -> str:
    """Blank out whatever looks like one of Pinterest's tokens."""
    return _TOKEN.sub(r"\1_[redacted]", text)


@lru_cache(maxsize=256)
def _needles(secret: str) -> tuple[_Needle, ...]:
    raw = secret.encode("utf-8", "surrogatepass")
    needles: list[_Needle] = [(raw, "plain")]
    if len(raw) >= _SHORTEST:
        # What is encoded as a whole may be a form or an address, in which it was escaped already.
        for written in {raw, quote(raw, safe="").encode()}:
            needles.append((written.hex().encode(), "hex"))
            for offset in range(3):
                # Only the characters in which none but the secret's own bits stand.
                first, last = -(-8 * offset // 6), 8 * (offset + len(written)) // 6
                core = base64.b64encode(bytes(offset) + written)[first:last]
                needles.append((core, "base64"))
    return tuple(needles)


def _found(text: bytes, needles: Iterable[_Needle]) -> Iterator[_Span]:
    variants = {"plain": text, "hex": text.lower(), "base64": text.translate(_URLSAFE)}
    last = max(0, len(text) - 9)
    broken = re.search(_BROKEN_ESCAPE, text[last:])
    ends = {len(text), last + broken.start() if broken else len(text)}
    for needle, kind in needles:
        within = variants[kind]
        yield from _occurrences(within, needle, whole=kind == "base64")
        for end in ends:
            for length in range(min(len(needle) - 1, end), _TAIL - 1, -1):
                if within.startswith(needle[:length], end - length):
                    yield end - length, len(text)
                    break


def _occurrences(text: bytes, needle: bytes, *, whole: bool) -> Iterator[_Span]:
    """Where a text has a secret, or as much of its beginning as tells that it is one.

    With `whole`, the whole run of base64 around it, whose neighbours hold bits of the secret.
    """
    head = needle[:_HEAD]
    done = 0
    while (begin := text.find(head, done)) >= 0:
        end = begin + len(head)
        if text.startswith(needle, begin):
            end = begin + len(needle)
        else:
            while end < len(text) and text[end] == needle[end - begin]:
                end += 1
        if whole:
            match = _BASE64.match(text, end)
            end = match.end() if match else end
            while begin > done and _BASE64.fullmatch(text, begin - 1, begin):
                begin -= 1
        yield begin, end
        done = end


@lru_cache(maxsize=4096)
def _decoded(escape: bytes) -> bytes:
    """The one byte that an escape stands for."""
    low = escape.lower()
    if low.startswith(b"&#x"):
        code = int(low[3:-1], 16)
    elif low.startswith(b"&#"):
        code = int(low[2:-1])
    elif low.startswith(b"&"):
        return _NAMED[low[1:-1]]
    elif low.startswith(b"%"):
        code = int(low[1:], 16)
    elif len(low) > 2:
        code = int(low.lstrip(b"\\ux"), 16)
    else:
        return escape[1:]
    return bytes((code,)) if code < 256 else b"?"
