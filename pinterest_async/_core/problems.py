"""What is wrong with a call, in messages that never repeat a value that could be secret."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias

import msgspec

from pinterest_async._core.patterns import lazy_pattern


class Problem(msgspec.Struct, frozen=True):
    """One thing that is wrong with a call, and how to correct it.

    `field` is where: a parameter or a path into the body such as `items[3].campaign_id`, empty
    for the call as a whole.
    """

    field: str
    message: str
    fix: str

    def __str__(self) -> str:
        text = f"{self.field}: {self.message}" if self.field else self.message
        return f"{text}; {self.fix}" if self.fix else text


Problems: TypeAlias = list[Problem]
Checker: TypeAlias = Callable[[Any], Problems | None]
"""Returns what is wrong with a value; None when nothing is. Fields are relative to the value."""

MOST: Final = 100
"""A list or object with more problems than this is not read on: the first ones are enough."""

_SHOWN_KEY = lazy_pattern(r"[A-Za-z_][\w.-]{0,39}", re.ASCII)
_SHOWN_NUMBER: Final = 10**18
_SHOWN_VALUES: Final = 6


def one(message: str, fix: str, field: str = "") -> Problems:
    """A list of one problem."""
    return [Problem(field, message, fix)]


def under(place: str, problems: Iterable[Problem]) -> Problems:
    """The problems of a value as those of the place it stands at: a name, or `[index]`."""
    return [Problem(join(place, p.field), p.message, p.fix) for p in problems]


def join(place: str, field: str) -> str:
    """A field path below a place."""
    if not field or not place or field.startswith("["):
        return place + field
    return f"{place}.{field}"


def key(name: object) -> str:
    """A key as it may be shown: short plain names only, since others could be anything."""
    return name if isinstance(name, str) and _SHOWN_KEY.fullmatch(name) else "?"


def kind(value: object) -> str:
    """The type of a value."""
    return type(value).__name__


def number(value: float) -> str:
    """A number as it may be shown: not the long ones."""
    return str(value) if -_SHOWN_NUMBER < value < _SHOWN_NUMBER else "a huge number"


def wrong_type(expected: str, value: object, fix: str = "") -> Problems:
    """A value of another type than expected."""
    if value is None:
        return one(f"expected {expected}, got None", "leave it out, or pass a value")
    return one(f"expected {expected}, got {kind(value)}", fix or f"pass {expected}")


def unknown(what: str, name: object, known: Iterable[str]) -> Problem:
    """A name that nothing has, with the nearest one that exists."""
    names = list(known)
    if not names:
        return Problem(key(name), f"unknown {what}", "leave it out: there are none here")
    near = nearest(name, names)
    if near:
        return Problem(key(name), f"unknown {what}", f"did you mean {near!r}?")
    shown = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    return Problem(key(name), f"unknown {what}", f"leave it out, or use one of {shown}")


def unknown_value(value: str | int, known: Sequence[Any]) -> Problem:
    """A value that an enum does not have, with the nearest one that it has."""
    if isinstance(value, int):
        shown = ", ".join(map(str, known))
        near = min(known, key=lambda one: abs(one - value))
        return Problem("", f"unknown value {number(value)}", f"the nearest of {shown} is {near}")
    if "," in value and all(part.strip() in known for part in value.split(",", len(known))):
        return Problem("", "holds several values", "pass each value as an item of its own")
    message = "unknown value" if key(value) == "?" else f"unknown value {value!r}"
    shown = ", ".join(repr(one) for one in known[:_SHOWN_VALUES])
    if len(known) > _SHOWN_VALUES:
        shown += f", ... ({len(known)} in all)"
    near = nearest(value, [one for one in known if isinstance(one, str)])
    return Problem(
        "",
        message,
        f"did you mean {near!r}? known values: {shown}" if near else f"pass one of {shown}",
    )


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most resembles."""
    if not isinstance(name, str) or len(name) > 64:
        return None
    by_lower = {one.lower(): one for one in known}
    if name.lower() in by_lower:
        return by_lower[name.lower()]
    import difflib  # for mistakes only

    found = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None
