"""Pieces of source text: docstrings, tuples, quoted words."""

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

WIDTH = 100


def docstring(text: str, indent: int = 0) -> str:
    """A docstring, wrapped; paragraphs are parted by blank lines, `- ` items kept apart."""
    pad = " " * indent
    blocks: list[str] = []
    for paragraph in text.split("\n\n"):
        lines = [
            textwrap.fill(line.strip(), WIDTH - indent, subsequent_indent=_hang(line))
            if not line.startswith(" ")
            else textwrap.fill(
                line.strip(),
                WIDTH - indent,
                initial_indent="    ",
                subsequent_indent="        ",
            )
            for line in paragraph.split("\n")
        ]
        blocks.append("\n".join(lines))
    first, *rest = "\n\n".join(blocks).split("\n")
    if not rest and len(first) + indent + 6 <= WIDTH:
        return f'{pad}"""{first}"""'
    if len(first) + indent + 3 > WIDTH:
        head, first_rest = _split(first, WIDTH - indent - 3)
        first, rest = head, [first_rest, *rest]
    body = "\n".join(pad + line if line else "" for line in rest)
    return f'{pad}"""{first}\n{body}\n{pad}"""' if rest else f'{pad}"""{first}\n{pad}"""'


def _hang(line: str) -> str:
    return "  " if line.startswith("- ") else ""


def _split(text: str, width: int) -> tuple[str, str]:
    head = textwrap.wrap(text, width)[0]
    return head, text[len(head) :].strip()


def types_of(source: str) -> str:
    """A type expression with the names that modules import for days and moments."""
    return re.sub(r"\b(datetime|date)\b(?!\.)", r"dt.\1", source)


def quoted(text: str) -> str:
    """A text as a literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def as_tuple(items: Sequence[str]) -> str:
    """Texts as the literal of a tuple."""
    inner = ", ".join(quoted(item) for item in items)
    return f"({inner},)" if len(items) == 1 else f"({inner})"


def packed(items: Iterable[str], indent: int = 4) -> str:
    """Arguments or elements, as many to a line as fit; what is too long for one is opened."""
    lines: list[str] = []
    room = False
    for item in items:
        if room and len(lines[-1]) + len(item) + 2 <= WIDTH:
            lines[-1] += f" {item},"
            continue
        room = indent + len(item) < WIDTH
        lines.append(f"{' ' * indent}{item if room else _opened(item, indent)},")
    return "\n".join(lines)


def _opened(item: str, indent: int) -> str:
    """What has brackets, with what is in them on lines of its own."""
    brackets = re.fullmatch(r"([^(\[{]*[(\[])(.*)([)\]])", item)
    if item.startswith('"') or not brackets:
        return item
    head, inner, tail = brackets.groups()
    return f"{head}\n{packed(_elements(inner), indent + 4)}\n{' ' * indent}{tail}"


def _elements(source: str) -> Iterator[str]:
    """The elements of a list of arguments, which may have commas of their own."""
    start = depth = 0
    for at, sign in enumerate(source):
        depth += (sign in "([{") - (sign in ")]}")
        if sign == "," and not depth:
            yield source[start:at].strip()
            start = at + 1
    if source[start:].strip():
        yield source[start:].strip()
