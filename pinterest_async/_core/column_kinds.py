"""The kind of values in a column of analytics rows, as its name shows it, and values of a kind."""

import datetime as dt
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeAlias

import msgspec

ColumnKind: TypeAlias = Literal["date", "id", "text", "count", "micro", "number"]
"""What a column holds.

`date` is a UTC day (an hour, for hourly rows), `micro` an amount in millionths of the currency unit
(a whole number), `number` a ratio, an average or an amount in whole currency units.
"""

_TEXT: Final = re.compile(
    r"_(NAME|STATUS|LABELS?|TYPE|TAG)$|^IS_|_OPTIMIZATION$|^CAMPAIGN$|^PRODUCT_ITEM_"
)
_NUMBER: Final = re.compile(
    r"^E?CP(C|M|E|V|CV)_|(^|_)E?CTR(_|$)|_RATE$|_ROAS$|COST_PER_|_FREQUENCY$|_AVG_|_AVERAGE_"
    r"|_MULTIPLIER$|_LENGTH$|_IN_(DOLLAR|LOCAL_CURRENCY)(_|$)"
)
_MICRO: Final = re.compile(r"_IN_MICRO_DOLLAR$|_SPEND_CAP$")


def kind(column: str) -> ColumnKind:
    """What a column holds, by its name, so that a column added later has a kind as well."""
    if column == "DATE":
        return "date"
    if column == "TARGETING_VALUE":
        return "text"
    if column.endswith("_ID"):
        return "id"
    if _TEXT.search(column):
        return "text"
    if _NUMBER.search(column):
        return "number"
    if _MICRO.search(column):
        return "micro"
    return "count"


_INT64: Final = range(-(2**63), 2**63)


def _to_text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _to_whole(value: Any) -> int:
    number = int(value)
    if isinstance(value, bool) or (isinstance(value, float) and not value.is_integer()):
        raise TypeError(value)
    if number not in _INT64:
        raise OverflowError(value)
    return number


def _to_number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError(value)
    return float(value)


def _to_day(value: Any) -> dt.date:
    moment = dt.datetime.fromisoformat(value)
    if moment.time() != dt.time():
        raise ValueError(value)
    return moment.date()


CONVERT: Final[Mapping[ColumnKind, Callable[[Any], Any]]] = {
    "date": _to_day,
    "id": _to_text,
    "text": _to_text,
    "count": _to_whole,
    "micro": _to_whole,
    "number": _to_number,
}
"""What makes a value of a kind; where it cannot: TypeError, ValueError or OverflowError."""
