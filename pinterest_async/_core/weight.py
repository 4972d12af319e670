"""How much memory an answer takes at most: its text, and what is decoded from it."""

from typing import Final

_COMMA, _LIST, _OBJECT, _WIDE = 64, 128, 256, 5
HEAVIEST_BYTE: Final = -(-(_OBJECT + _COMMA) // len("{},")) + _WIDE
"""Bytes of memory that a byte of JSON takes at most: those of a list of empty objects.

`weight` says more of texts full of brackets, which it takes for lists and objects.
"""


def weight(text: bytes) -> int:
    """Bytes of memory that JSON takes at most, as text and decoded.

    A text that has any character beyond Latin-1 takes four bytes for each.
    """
    values = _COMMA * text.count(b",") + _LIST * text.count(b"[") + _OBJECT * text.count(b"{")
    # A single byte is found thirty times as fast as two.
    escaped = b"\\" in text and b"\\u" in text
    return values + len(text) * (2 if text.isascii() and not escaped else _WIDE)
