"""The columns of analytics rows: what each holds, and the groups that a plan may name."""

import re
from collections.abc import Iterable
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal["date", "id", "text", "count", "micro", "number"]
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

_GROUPS: Final = {
    "spend": re.compile(r"^SPEND_|^E?CP[CM]_|^ECPE_"),
    "engagement": re.compile(
        r"^(TOTAL|PAID)_IMPRESSION|^(IMPRESSION|CLICKTHROUGH|OUTBOUND_CLICK|ENGAGEMENT|REPIN)_\d$"
        r"|^TOTAL_(CLICKTHROUGH|ENGAGEMENT|REPIN_RATE)$|^(E?CTR|CTR_2|OUTBOUND_CTR_1)$"
        r"|^(E?ENGAGEMENT|REPIN)_RATE$|^(IMPRESSION|ENGAGEMENT|TOTAL_COMMENTS|TOTAL_REACTIONS)$"
        r"|^(PIN_CLICK|OUTBOUND_CLICK|SAVE)(_RATE)?$|^USER_FOLLOW$|^PROFILE_VISIT$"
    ),
    "video": re.compile(r"^(TOTAL_|PAID_)?VIDEO_(?!.*TAG)|^ECPC?V_|^QUARTILE_"),
    "conversions": re.compile(
        r"CHECKOUT|SIGNUP|LEAD|ADD_TO_|PAGE_VISIT|SUBSCRIBE|CUSTOM|CONVERSION|_ROAS$|WEB_SESSIONS"
    ),
}

GROUPS: Final = (*_GROUPS, "all")
"""Names of column groups: each stands for the known columns of that subject."""

DEFAULT: Final = ("spend", "engagement")
"""What a plan asks for that does not say; on organic levels, where nothing is spent, engagement."""


def kind(column: str) -> Kind:
    """What a column holds, told from its name, so that a column added later has a kind as well."""
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


def expand(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Columns for names and groups, each once, in the order asked for; groups in the API's."""
    known = tuple(known)
    columns: dict[str, None] = {}
    for name in names:
        if name == "all":
            columns |= dict.fromkeys(known)
        elif name in _GROUPS:
            columns |= dict.fromkeys(column for column in known if _GROUPS[name].search(column))
        else:
            columns[name] = None
    return tuple(columns)
