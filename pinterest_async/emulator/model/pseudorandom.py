"""Made-up numbers that follow from a seed, without any state."""

from typing import Final
from zlib import crc32

MASK: Final = (1 << 64) - 1


def mix(*numbers: int) -> int:
    """64 bits that follow from the numbers (the finaliser of splitmix64)."""
    x = 0
    for number in numbers:
        x = (x + number + 0x9E3779B97F4A7C15) & MASK
        x = ((x ^ x >> 30) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ x >> 27) * 0x94D049BB133111EB) & MASK
        x ^= x >> 31
    return x


def text_number(text: str) -> int:
    """A number for a text, to mix with."""
    return crc32(text.encode())
