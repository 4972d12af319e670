"""Checks of single values: text, numbers, dates, literals."""

import datetime as dt
import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pinterest_async._core.problems import Check, Problems, kind, number, one, wrong_type

_INT_LOW: Final = -(2**63)
_INT_HIGH: Final = 2**63 - 1
_FLOAT_HIGH: Final = sys.float_info.max
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+")


def text(limits: Mapping[str, Any]) -> Check:
    """Check of a `str`."""
    low: int = limits.get("min_length", 0)
    high: float = limits.get("max_length", math.inf)
    matches = re.compile(limits["pattern"]).search if "pattern" in limits else None

    def explain(value: Any) -> Problems | None:
        if not isinstance(value, str):
            return wrong_type("str", value, _text_fix(value))
        if not encodable(value):
            return one("holds a lone surrogate, which UTF-8 cannot encode", "pass valid text")
        if len(value) < low:
            return one(f"has {len(value)} characters, at least {low} are needed", "pass a value")
        if len(value) > high:
            return one(
                f"has {len(value)} characters, at most {high} are allowed",
                f"shorten it to {high} characters",
            )
        if matches and not matches(value):
            pattern = limits["pattern"]
            return one(f"does not match {pattern}", f"pass text that matches {pattern}")
        return None

    if limits:
        return explain

    def check(value: Any) -> Problems | None:
        return None if type(value) is str and value.isascii() else explain(value)

    return check


def encodable(value: str) -> bool:
    """Whether UTF-8 can encode a text: not when it holds lone surrogates."""
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _text_fix(value: object) -> str:
    match value:
        case bool():
            return "pass text"
        case int() | float():
            return "pass it as a string"
        case bytes() | bytearray():
            return "decode it: value.decode()"
        case dt.date():
            return "pass it as text: value.isoformat()"
        case Sequence():
            return "pass one value, not several"
        case _:
            return "pass it as a string: str(value)"


def whole(limits: Mapping[str, Any]) -> Check:
    """Check of an `int`; a `bool` is none, and neither is one that 64 bits cannot hold."""
    low = max(math.ceil(limits.get("ge", _INT_LOW)), math.floor(limits.get("gt", _INT_LOW - 1)) + 1)
    high = min(
        math.floor(limits.get("le", _INT_HIGH)), math.ceil(limits.get("lt", _INT_HIGH + 1)) - 1
    )

    def check(value: Any) -> Problems | None:
        if type(value) is int and low <= value <= high:
            return None
        if not isinstance(value, int) or isinstance(value, bool):
            return wrong_type("int", value, _number_fix(value))
        return None if low <= value <= high else _out_of_range(value, limits)

    return check


def real(limits: Mapping[str, Any]) -> Check:
    """Check of a `float`; an `int` is one too, a `bool` is none, infinity and NaN are refused."""
    low, high = limits.get("ge", -_FLOAT_HIGH), limits.get("le", _FLOAT_HIGH)
    above, below = limits.get("gt", -math.inf), limits.get("lt", math.inf)

    def check(value: Any) -> Problems | None:
        if not isinstance(value, int | float) or isinstance(value, bool):
            return wrong_type("number", value, _number_fix(value))
        if low <= value <= high and above < value < below:
            return None
        if isinstance(value, float) and not math.isfinite(value):
            return one("is not finite, which JSON cannot say", "pass a finite number")
        return _out_of_range(value, limits)

    return check


def _number_fix(value: object) -> str:
    match value:
        case str():
            return "pass a number, not text"
        case float():
            return "pass a whole number"
        case _:
            return "pass a number"


def _out_of_range(value: float, limits: Mapping[str, Any]) -> Problems:
    if "ge" in limits and "le" in limits:
        allowed = f"from {limits['ge']} to {limits['le']}"
    else:
        names = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
        parts = [f"{said} {limits[name]}" for name, said in names.items() if name in limits]
        allowed = " and ".join(parts) or "of at most 64 bits"
    return one(f"must be {allowed}, got {number(value)}", f"pass a number {allowed}")


def truth(value: Any) -> Problems | None:
    """Check of a `bool`."""
    return None if isinstance(value, bool) else wrong_type("bool", value, "pass True or False")


def null(value: Any) -> Problems | None:
    """Check of `None`."""
    return None if value is None else one(f"expected None, got {kind(value)}", "pass None")


def literal(values: Sequence[Any]) -> Check:
    """Check of a value that must be exactly one of a few."""
    allowed: set[tuple[Any, Any]] = {(type(value), value) for value in values}
    shown = ", ".join(repr(value) for value in values)

    def check(value: Any) -> Problems | None:
        if isinstance(value, str | int | None) and (type(value), value) in allowed:
            return None
        said = f"must be {shown}" if len(values) == 1 else f"must be one of {shown}"
        return one(said, f"pass {shown}")

    return check


def date(value: Any) -> Problems | None:
    """Check of a date: a `date`, or text `YYYY-MM-DD`."""
    if type(value) is dt.date:
        return None
    if isinstance(value, dt.datetime):
        return one("expected a date, got a datetime", "pass its day: value.date()")
    if isinstance(value, str):
        return None if _is_iso(value, _DATE, dt.date.fromisoformat) else _no_date()
    return (
        None
        if isinstance(value, dt.date)
        else wrong_type(
            "date or text YYYY-MM-DD", value, "pass a datetime.date or text like '2026-01-31'"
        )
    )


def _no_date() -> Problems:
    return one(
        "is no date of the form YYYY-MM-DD", "pass a datetime.date or text like '2026-01-31'"
    )


def moment(value: Any) -> Problems | None:
    """Check of a date-time: a `datetime`, or ISO 8601 text."""
    if isinstance(value, dt.datetime):
        return None
    fix = "pass a datetime or text like '2026-01-31T12:00:00Z'"
    if isinstance(value, str):
        if _is_iso(value, _DATETIME, dt.datetime.fromisoformat):
            return None
        return one("is no ISO 8601 date-time", fix)
    return wrong_type("datetime or ISO 8601 text", value, fix)


def _is_iso(value: str, form: re.Pattern[str], parse: Any) -> bool:
    if len(value) > 64 or not form.fullmatch(value):
        return False
    try:
        parse(value)
    except ValueError:
        return False
    return True


def only_date(value: Any) -> Problems | None:
    """Check of a `date` where text is not accepted."""
    return (
        wrong_type("date", value, "pass a datetime.date") if isinstance(value, str) else date(value)
    )


def only_moment(value: Any) -> Problems | None:
    """Check of a `datetime` where text is not accepted."""
    if isinstance(value, dt.datetime):
        return None
    return wrong_type("datetime", value, "pass a datetime.datetime")
