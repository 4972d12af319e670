"""Answers as a person wants to see them: short in a REPL, and as plain dicts."""

import datetime as dt
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice
from typing import Any, Final

import msgspec
from msgspec import NODEFAULT, UNSET

from pinterest_async._core.guards import is_object
from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.unknown_variant import Unknown

_LETTERS: Final = 60
_ITEMS: Final = 3
_WHOLE: Final = 1000
_NESTED: Final = 300
_DEEPEST: Final = 4
"""Levels of plain lists and objects that are shown."""
_MOST_LEVELS: Final = 150
"""Levels that are looked through for structs: more than any answer has."""
_UNFIT: Final = lazy_pattern(
    r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f"
    r"\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
"""What a terminal obeys, what turns or hides the text around it, and what cannot be encoded."""


class _Verbatim:
    """A text that is its own repr."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def shown(struct: msgspec.Struct) -> str:
    """The repr of a struct: without defaults and None, cut where it would be long.

    The values of its secrets are blanked out. Where there are any, so are unknown fields, which may
    be of the same kind.
    """
    return _struct(struct, 0)


def rich_parts(struct: msgspec.Struct) -> list[tuple[str, Any]]:
    """The fields that a repr shows, for rich; none of a struct that hides some."""
    if getattr(struct, "__secrets__", ()):
        return []
    return [(name, _Verbatim(_value(value, 1))) for name, value in _fields_shown(struct)]


def shorten(text: str, letters: int = _LETTERS) -> str:
    """A text, or its beginning with three dots."""
    return text if len(text) <= letters else f"{text[: letters - 3]}..."


def readable(text: str, letters: int) -> str:
    """A text from the wire for an error or a log: cut, and with control characters as escapes."""
    text = text if len(text) <= letters else f"{text[:letters]} [...]"
    return _UNFIT.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def _fields_shown(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    for name, default in _defaults(type(struct)):
        value = getattr(struct, name)
        if value is None or value is UNSET:
            continue
        if type(value) is not type(default) or value != default:
            yield name, value


@lru_cache(maxsize=1024)
def _defaults(cls: type[msgspec.Struct]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (info.name, info.default if info.default_factory is NODEFAULT else info.default_factory())
        for info in msgspec.structs.fields(cls)
    )


def _struct(struct: msgspec.Struct, level: int) -> str:
    secrets: frozenset[str] = frozenset(getattr(struct, "__secrets__", ()))
    if secrets:
        secrets = secrets.union(getattr(struct, "__extras__", ()))
    texts = (
        (name, "[redacted]" if name in secrets else _value(value, level + 1))
        for name, value in _fields_shown(struct)
    )
    return f"{type(struct).__name__}({_joined(texts, _NESTED if level else _WHOLE)})"


def _joined(texts: Iterable[tuple[str, str]], room: int) -> str:
    """`name=value, ...` as far as there is room."""
    parts: list[str] = []
    for name, text in texts:
        one = f"{name}={text}"
        if len(one) + 2 > room:
            one = f"{name}=..."
        if len(one) + 2 > room:
            parts.append("...")
            break
        parts.append(one)
        room -= len(one) + 2
    return ", ".join(parts)


def _value(value: Any, level: int, depth: int = 0) -> str:
    """A value inside a struct; `level` counts structs, `depth` the lists and objects around it."""
    if isinstance(value, str):
        return repr(shorten(value))
    if isinstance(value, msgspec.Struct):
        if not hasattr(value, "__secrets__"):
            return repr(value)
        return f"{type(value).__name__}(...)" if level > 1 else _struct(value, level)
    if isinstance(value, Unknown):
        return repr(value) if level < 2 else "Unknown(...)"
    if isinstance(value, list):
        return _list(value, level, depth)  # pyright: ignore[reportUnknownArgumentType]
    if is_object(value):
        return _object(value, level, depth)
    if isinstance(value, dt.date):
        return str(value)
    try:
        return shorten(repr(value))
    except ValueError:  # a number of more digits than Python writes
        return "..."


def _list(value: list[Any], level: int, depth: int) -> str:
    if depth >= _DEEPEST and value:
        return "[...]"
    parts = [_value(one, level, depth + 1) for one in value[:_ITEMS]]
    if len(value) > _ITEMS:
        parts.append(f"... {len(value) - _ITEMS} more")
    return f"[{', '.join(parts)}]"


def _object(value: dict[Any, Any], level: int, depth: int) -> str:
    if depth >= _DEEPEST and value:
        return "{...}"
    parts = [
        f"{_value(name, level)}: {_value(one, level, depth + 1)}"
        for name, one in islice(value.items(), _ITEMS)
    ]
    if len(value) > _ITEMS:
        parts.append(f"... {len(value) - _ITEMS} more")
    return f"{{{', '.join(parts)}}}"


def plain(value: Any, level: int = 0) -> Any:
    """A value with each struct in it as a dict of wire names, tags and unknown fields included.

    Dates and times stay what they are; an `Unknown` is its raw content.
    """
    if level > _MOST_LEVELS:
        return value
    level += 1
    if isinstance(value, msgspec.Struct):
        config = value.__struct_config__
        found: dict[str, Any] = {}
        if config.tag_field is not None:
            found[config.tag_field] = config.tag
        for name, wire_name in zip(
            value.__struct_fields__, value.__struct_encode_fields__, strict=True
        ):
            one = getattr(value, name)
            if one is not UNSET:
                found[wire_name] = plain(one, level)
        return found
    if isinstance(value, list):
        return [plain(one, level) for one in value]  # pyright: ignore[reportUnknownVariableType]
    if is_object(value):
        return {name: plain(one, level) for name, one in value.items()}
    return value.raw if isinstance(value, Unknown) else value
