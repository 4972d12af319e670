"""Checks of single values: text, numbers, dates, literals."""

import datetime as dt
import math
import re
import string
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from pinterest_async._core.patterns import lazy_pattern
from pinterest_async._core.problems import (
    Checker,
    Problems,
    kind,
    number,
    one,
    unknown_value,
    wrong_type,
)

_INT_LOW: Final = -(2**63)
_INT_HIGH: Final = 2**63 - 1
_FLOAT_HIGH: Final = sys.float_info.max
_DIGITS: Final = {r"^\d+$": "id", r"^[0-9]+$": "digits"}
_DIGIT = lazy_pattern(r"[0-9]")
_URL = lazy_pattern(r"[A-Za-z][A-Za-z0-9+.-]{0,15}://|www\.")
_BASE64: Final = frozenset(
    {"^[a-zA-Z0-9+/=]+$", r"^[a-zA-Z0-9+\/=]+$", "[a-zA-Z0-9+/=]+", r"[a-zA-Z0-9+\/=]+"}
)
_BASE64_ALPHABET: Final = (string.ascii_letters + string.digits + "+/=").encode()
_HASH: Final = r"^[0-9a-f]{64}$"
_IS_HASH: Final = lazy_pattern(r"[0-9a-f]{64}")
_ENCODE: Final = "pass base64.b64encode(data).decode()"
_DOLLAR = lazy_pattern(r"\\.|\[(?:\\.|[^\]\\])*\]|\$", re.DOTALL)
_DATE = lazy_pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATETIME = lazy_pattern(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].+")


def text(limits: Mapping[str, Any], *, strict: bool = True) -> Checker:
    """Check of a `str`; its pattern counts only when strict."""
    low: int = limits.get("min_length", 0)
    high: float = limits.get("max_length", math.inf)
    pattern: str | None = limits.get("pattern")
    mismatch = _form(pattern) if strict and pattern is not None else None
    expected, fix = ("base64 text", _encode) if pattern in _BASE64 else ("str", _text_fix)

    def explain(value: Any) -> Problems | None:
        if not isinstance(value, str):
            return wrong_type(expected, value, fix(value))
        if not encodable(value):
            return one("holds a lone surrogate, which UTF-8 cannot encode", "pass valid text")
        if len(value) < low:
            return one(f"has {len(value)} characters, at least {low} are needed", "pass a value")
        if len(value) > high:
            return one(
                f"has {len(value)} characters, at most {high} are allowed",
                f"shorten it to {high} characters",
            )
        return None if mismatch is None else mismatch(value)

    def plain(value: Any) -> Problems | None:
        return None if type(value) is str and value.isascii() else explain(value)

    def digits(value: Any) -> Problems | None:
        if type(value) is str and value.isascii() and value.isdigit():
            return None
        return explain(value)

    if limits.keys() - {"pattern"}:
        return explain
    if mismatch is None:
        return plain
    return digits if is_digits(limits) else explain


def known(values: Sequence[Any], inner: Checker) -> Checker:
    """Check of a text or whole number, checked by `inner`, of which only known values pass."""
    allowed = frozenset(values)
    kinds: frozenset[Any] = frozenset(map(type, values))

    def check(value: Any) -> Problems | None:
        if type(value) in kinds and value in allowed:
            return None
        if (problems := inner(value)) is not None:
            return problems
        return None if value in allowed else [unknown_value(value, values)]

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


def is_digits(limits: Mapping[str, Any]) -> bool:
    """Whether limits ask for digits and nothing else, as for an id."""
    return len(limits) == 1 and limits.get("pattern") in _DIGITS


def all_digits(values: Sequence[Any]) -> bool:
    """Whether all of some values are texts of digits: quick for many."""
    if set(map(type, values)) != {str} or not all(values):
        return False
    joined = "".join(values)
    # Of bytes, `isdigit` looks up a table; of text, it asks for Unicode's properties.
    return joined.isascii() and joined.encode().isdigit()


def _form(pattern: str) -> Callable[[str], Problems | None]:
    """Returns a check of why a text does not match a pattern."""
    if pattern in _DIGITS:
        return lambda value: _digits(value, _DIGITS[pattern])
    if pattern in _BASE64:
        return _base64
    if pattern == _HASH:
        return _hash
    # As in JSON Schema: `$` is the very end, and `\d` holds for ASCII only.
    source = _DOLLAR.sub(lambda found: r"\Z" if found[0] == "$" else found[0], pattern)
    matches = re.compile(source, re.ASCII).search

    def mismatch(value: str) -> Problems | None:
        if matches(value):
            return None
        return one(f"does not match {pattern}", f"pass text that matches {pattern}")

    return mismatch


def _digits(value: str, what: str) -> Problems | None:
    message, fix = "must be digits only", f"pass the {what} alone, as text"
    if not value:
        return one(f"is empty, but {message}", fix)
    if value.isdigit():
        if value.isascii():
            return None
        return one(f"{message}, of 0 to 9", "write it with the digits 0 to 9")
    if value.strip().isdigit():
        return one(f"{message}, but has spaces around", "strip it: value.strip()")
    if _URL.match(value):
        also = ": the digits in the URL" if _DIGIT.search(value) else ""
        return one(f"{message}, but is a URL", fix + also)
    return one(message, fix)


def _hash(value: str) -> Problems | None:
    if _IS_HASH.fullmatch(value):
        return None
    if _IS_HASH.fullmatch(value.lower()):
        return one("is SHA-256 in capitals", "write it in lower case: value.lower()")
    message = "is not hashed: it must be SHA-256 in lower-case hex"
    return one(message, "pass the events to conversions.send_all, which hashes them")


def _base64(value: str) -> Problems | None:
    # One pass in C: content may be as large as a picture.
    if value and value.isascii() and not value.encode().translate(None, _BASE64_ALPHABET):
        return None
    if not value:
        return one("is empty, but must be base64", _ENCODE)
    if value[:5].lower() == "data:":
        message = "must be base64 alone, but begins with data:"
        return one(message, "drop everything up to the comma")
    if _URL.match(value):
        return one("must be base64, but is a URL", f"{_ENCODE} of the file")
    if value.startswith(("b'", 'b"')):
        return one("is the repr of bytes", _ENCODE)
    if "\n" in value or "\r" in value:
        message = "must be base64 without line breaks"
        return one(message, "use base64.b64encode, not encodebytes")
    if "-" in value or "_" in value:
        message = "must be base64, but holds - or _"
        return one(message, "use base64.b64encode, not urlsafe_b64encode")
    return one("holds characters that base64 does not have", _ENCODE)


def _encode(_: object) -> str:
    return _ENCODE


def whole(limits: Mapping[str, Any]) -> Checker:
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


def real(limits: Mapping[str, Any]) -> Checker:
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
        parts = [f"{phrase} {limits[name]}" for name, phrase in names.items() if name in limits]
        allowed = " and ".join(parts) or "of at most 64 bits"
    return one(f"must be {allowed}, got {number(value)}", f"pass a number {allowed}")


def truth(value: Any) -> Problems | None:
    """Check of a `bool`."""
    return None if isinstance(value, bool) else wrong_type("bool", value, "pass True or False")


def null(value: Any) -> Problems | None:
    """Check of `None`."""
    return None if value is None else one(f"expected None, got {kind(value)}", "pass None")


def literal(values: Sequence[Any], *, strict: bool = True) -> Checker:
    """Check of a value that must be one of a few; when not strict, of the type of one of them."""
    texts = frozenset(value for value in values if isinstance(value, str))
    others: set[tuple[Any, Any]] = {
        (type(value), value) for value in values if not isinstance(value, str)
    }
    shown = ", ".join(repr(value) for value in values)
    any_text = text({}) if texts and not strict else None
    numbers = any(type(value) is int for value in values)
    any_whole = whole({}) if numbers and not strict else None

    def check(value: Any) -> Problems | None:
        if isinstance(value, str):
            if value in texts:
                return None
            if any_text is not None:
                return any_text(value)
        elif isinstance(value, int | None):
            if (type(value), value) in others:
                return None
            if any_whole is not None and not isinstance(value, bool | None):
                return any_whole(value)
        phrase = f"must be {shown}" if len(values) == 1 else f"must be one of {shown}"
        return one(phrase, f"pass {shown}")

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
        "is not a date of the form YYYY-MM-DD", "pass a datetime.date or text like '2026-01-31'"
    )


def moment(value: Any) -> Problems | None:
    """Check of a date-time: a `datetime`, or ISO 8601 text."""
    if isinstance(value, dt.datetime):
        return None
    fix = "pass a datetime or text like '2026-01-31T12:00:00Z'"
    if isinstance(value, str):
        if _is_iso(value, _DATETIME, dt.datetime.fromisoformat):
            return None
        return one("is not an ISO 8601 date-time", fix)
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
