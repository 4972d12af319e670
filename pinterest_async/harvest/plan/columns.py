"""The columns of analytics rows, and the groups that a plan may name."""

import re
from collections.abc import Container, Iterable, Iterator
from typing import Final

from pinterest_async._core.column_kinds import kind

_FIGURES: Final = ("count", "micro", "number")
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
        r"|APP_INSTALL|SEARCH|VIEW_CATEGORY|WATCH_VIDEO|UNKNOWN"
    ),
}

GROUPS: Final = (*_GROUPS, "all")
"""Names of column groups: each stands for the known columns of that subject."""

DEFAULT: Final = ("spend", "engagement")
"""The columns of a plan that names none; on organic levels, where nothing is spent, engagement."""


def groups_of(column: str) -> tuple[str, ...]:
    """The groups that a column is in, `all` left out; facts about things are in no other."""
    if kind(column) not in _FIGURES:
        return ()
    return tuple(name for name, pattern in _GROUPS.items() if pattern.search(column))


def with_names(ids: Iterable[str], known: Container[str]) -> Iterator[str]:
    """Columns, each with the one that names what it is the id of, where that is known."""
    for column in ids:
        yield column
        name = f"{column.removesuffix('_ID')}_NAME"
        if column.endswith("_ID") and name in known:
            yield name


def expand(names: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    """Columns for names and groups, each once, in the order asked for; groups in the API's."""
    known = tuple(known)
    columns: dict[str, None] = {}
    for name in names:
        if name == "all":
            columns |= dict.fromkeys(known)
        elif name in _GROUPS:
            columns |= dict.fromkeys(column for column in known if name in groups_of(column))
        else:
            columns[name] = None
    return tuple(columns)
