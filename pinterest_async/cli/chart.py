"""Column charts made of characters."""

from collections.abc import Sequence
from typing import Final

_EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
_PLAIN: Final = " .:#"


def columns(
    values: Sequence[float], labels: Sequence[str], *, height: int = 8, plain: bool = False
) -> list[str]:
    """A column chart, two characters a value, with the highest value and 0 at its side.

    `labels` stand below their columns as far as there is room for them. `plain` keeps to ASCII.
    """
    blocks = _PLAIN if plain else _EIGHTHS
    steps = len(blocks) - 1
    top = max(values, default=0.0)
    scale = height * steps / top if top > 0 else 0.0
    levels = [round(max(value, 0.0) * scale) for value in values]
    axis = [short(top), *[""] * (height - 2), "0"]
    margin = max(map(len, axis))
    lines: list[str] = []
    for row, tick in zip(range(height - 1, -1, -1), axis, strict=True):
        cells = (blocks[min(max(level - row * steps, 0), steps)] for level in levels)
        lines.append(f"{tick:>{margin}} {'|' if plain else '┤'}{' '.join(cells)}")
    lines.append(" " * (margin + 2) + _label_line(labels))
    return [line.rstrip() for line in lines]


def short(value: float) -> str:
    """A number in at most five characters: 999, 1.2k, 45k, 1.2M."""
    for limit, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= limit:
            scaled = value / limit
            return f"{scaled:.1f}{suffix}" if scaled < 10 else f"{scaled:.0f}{suffix}"
    return f"{value:.0f}"


def _label_line(labels: Sequence[str]) -> str:
    line = ""
    for index, label in enumerate(labels):
        place = index * 2
        if place == 0 or place > len(line):
            line = line.ljust(place) + label
    return line
