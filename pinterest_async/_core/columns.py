"""The kind of values in a column of analytics rows, as its name shows it."""

import re
from typing import Final, Literal, TypeAlias

ColumnKind: TypeAlias = Literal["date", "id", "text", "count", "micro", "number"]
"""What a column holds.

`date` is a UTC day (an hour, for hourly rows), `micro` an amount in millionths of the currency unit
(a whole number), `number` a ratio, an average or an amount in whole currency units.
"""

_TEXT: Final = re.compile(r"_(NAME|STATUS|LABEL|TYPE|TAG)$|^IS_|_OPTIMIZATION$")
_NUMBER: Final = re.compile(
    r"^E?CP(C|M|E|V|CV)_|(^|_)E?CTR(_|$)|_RATE$|_ROAS$|COST_PER_|_FREQUENCY$|_AVG_|_AVERAGE_"
    r"|_MULTIPLIER$|_LENGTH$|_IN_(DOLLAR|LOCAL_CURRENCY)(_|$)"
)
_MICRO: Final = re.compile(r"_IN_MICRO_DOLLAR$|_SPEND_CAP$")


def kind(column: str) -> ColumnKind:
    """What a column holds, by its name, so that a column added later has a kind as well."""
    if column == "DATE":
        return "date"
    if column.endswith("_ID"):
        return "id"
    if _TEXT.search(column):
        return "text"
    if _NUMBER.search(column):
        return "number"
    if _MICRO.search(column):
        return "micro"
    return "count"
