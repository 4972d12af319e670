"""What Pinterest knows people by, normalised and hashed as it asks for it: pure functions.

Each field has a form (documentation of the conversions API); the SHA-256 of its UTF-8 goes on the
wire, as 64 digits of lower-case hex. A value that has this form already is taken as hashed.
"""

import contextlib
import datetime as dt
import hashlib
import re
import unicodedata
from collections.abc import Callable, Mapping
from typing import Any, Final

from pinterest_async._core.guards import is_items, is_mapping
from pinterest_async._core.problems import Problem, Problems, kind, one
from pinterest_async._core.scalars import encodable

HASH: Final = re.compile(r"[0-9a-fA-F]{64}")
_OF_NOTHING: Final = hashlib.sha256(b"").hexdigest()
"""What became of empty text that somebody hashed: it is nobody's."""
_NO_ADDRESS: Final = "0.0.0.0"  # noqa: S104  (refused, not listened on)
_MOST_DIGITS: Final = 15
"""Digits of the longest telephone number that there is (ITU-T E.164)."""


class UnfitError(ValueError):
    """A value that cannot be normalised: what it is, and the fix."""

    def __init__(self, message: str, fix: str) -> None:
        self.message = message
        self.fix = fix
        super().__init__(message)


def _email(text: str) -> str:
    name, at, host = text.partition("@")
    if not (name and at and host) or "@" in host or any(one.isspace() for one in text):
        raise UnfitError("is no e-mail address", "pass one address like ann@example.com")
    return text.lower()


def _phone(text: str) -> str:
    # Digits of other scripts are digits too.
    digits = "".join(str(unicodedata.decimal(char)) for char in text if char.isdecimal())
    digits = digits.lstrip("0")
    if not 0 < len(digits) <= _MOST_DIGITS:
        message = f"has {len(digits)} digits, 1 to {_MOST_DIGITS} are needed"
        raise UnfitError(message, "pass one number with its country code, like +1 555 010 9999")
    return digits


def _gender(text: str) -> str:
    if text.lower() not in {"f", "m", "n"}:
        raise UnfitError("is none of f, m, n", "pass f, m, or n for non-binary")
    return text.lower()


def _birthday(text: str) -> str:
    digits = re.fullmatch(r"(\d{4})([-/. ]?)(\d\d)\2(\d\d)", text, re.ASCII)
    if digits is not None:
        with contextlib.suppress(ValueError):
            day = dt.date(int(digits[1]), int(digits[3]), int(digits[4]))
            return day.isoformat().replace("-", "")
    raise UnfitError("is no day by year, month and day", "pass text like 1990-01-31, or a date")


def _lower(text: str) -> str:
    return text.lower()


def _city(text: str) -> str:
    return _without_signs(text.lower())


def _two_letters(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text):
        raise UnfitError("is no code of two letters", "pass a code like CA, or leave it out")
    return text.lower()


def _postal_code(text: str) -> str:
    kept = _without_signs(text)
    if kept and not (kept.isascii() and kept.isdigit()):
        raise UnfitError("has letters, and Pinterest matches digits only", "leave it out")
    return kept


def _without_signs(text: str) -> str:
    """A text without spaces, punctuation, symbols and control characters."""
    return "".join(char for char in text if unicodedata.category(char)[0] not in "ZPSC")


def _as_given(text: str) -> str:
    return text


FIELDS: Final[Mapping[str, Callable[[str], str]]] = {
    "em": _email,
    "ph": _phone,
    "ge": _gender,
    "db": _birthday,
    "fn": _lower,
    "ln": _lower,
    "ct": _city,
    "st": _two_letters,
    "zp": _postal_code,
    "country": _two_letters,
    "external_id": _as_given,
    "hashed_maids": _as_given,
}
"""The fields that are hashed, and the form of each; all others are sent as they are."""


def hashed(field: str, value: str) -> str:
    """The hash of one value of a field; "" for a value that says nothing.

    Raises:
        UnfitError: It is nothing that the field can hold.
    """
    if not encodable(value):
        raise UnfitError("holds a lone surrogate", "pass valid text")
    text = unicodedata.normalize("NFC", value).strip()
    if field == "external_id" and text and not HASH.fullmatch(text):
        text = value  # your own name for somebody, whatever is in it
    if HASH.fullmatch(text):
        text = text.lower()
        return "" if text == _OF_NOTHING else text
    text = FIELDS[field](text) if text else ""
    return hashlib.sha256(text.encode()).hexdigest() if text else ""


def hashed_user_data(data: object) -> tuple[dict[str, Any], Problems]:
    """User data with each field as it goes on the wire, and what is wrong with them.

    A field may be one value or several; days may be `datetime.date`. Values that are None or empty
    are left out, and so are fields without any. Problems never repeat a value.
    """
    if not is_mapping(data):
        return {}, one(f"expected an object, got {kind(data)}", "pass a dict")
    made: dict[str, Any] = {}
    problems: Problems = []
    for field, value in data.items():
        if field not in FIELDS:
            made[field] = value
            continue
        several = is_items(value)
        hashes: list[str] = []
        for index, each in enumerate(value if several else (value,)):
            try:
                found = _of_any(field, each)
            except UnfitError as error:
                place = f"{field}[{index}]" if several else field
                problems.append(Problem(place, error.message, error.fix))
                continue
            if found and found not in hashes:
                hashes.append(found)
        if hashes:
            made[field] = hashes
    if made.get("client_ip_address") == _NO_ADDRESS:
        fix = "pass the address of the person, or leave it out"
        problems.append(Problem("client_ip_address", "is nobody's address", fix))
    if not problems and not _matchable(made):
        fix = "pass em, hashed_maids, or client_ip_address together with client_user_agent"
        problems = one("has nothing to match a person by", fix)
    return made, problems


def _of_any(field: str, value: object) -> str:
    if value is None:
        return ""
    if field == "db" and isinstance(value, dt.date):
        value = value.isoformat()[:10]
    if not isinstance(value, str):
        raise UnfitError(f"expected str, got {kind(value)}", "pass text")
    return hashed(field, value)


def _matchable(data: Mapping[str, Any]) -> bool:
    pair = data.get("client_ip_address") and data.get("client_user_agent")
    return bool(data.get("em") or data.get("hashed_maids") or pair)
