"""What the columns of ads analytics are made of: counts that add up, and what follows from them."""

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal, TypeAlias

import msgspec

Window: TypeAlias = Literal["click", "engagement", "view"]

PER_IMPRESSION: Final = 10**6
"""Rates are in millionths of a paid impression."""


class Leaf(msgspec.Struct, frozen=True):
    """A number that is made up for each ad and day: so much for a million paid impressions.

    Each ad has a rate of its own from `low` to `high`. `window` is the attribution window that it
    depends on.
    """

    low: int
    high: int
    window: Window | None = None


class Ratio(msgspec.Struct, frozen=True):
    """`times` the sum of `over` / the sum of `under` / `by`; nothing where `under` is nothing."""

    over: str
    under: str = ""
    times: int = 1
    by: int = 1


LEAVES: Final[dict[str, Leaf]] = {
    "IMPRESSION_1": Leaf(10**6, 10**6),
    "SPEND_IN_MICRO_DOLLAR": Leaf(2 * 10**9, 9 * 10**9),
    "IMPRESSION_1_INVALID": Leaf(2_000, 9_000),
    "CLICKTHROUGH_1_INVALID": Leaf(20, 90),
}
"""By column, and by names of our own for what no column holds alone."""

SUMS: Final[dict[str, tuple[str, ...]]] = {}
"""Columns that add up leaves."""

RATIOS: Final[dict[str, Ratio]] = {}

_PAIRS: Final = {
    "IMPRESSION": (0, 0, 40_000, 120_000),
    "CLICKTHROUGH": (4_000, 25_000, 200, 2_000),
    "OUTBOUND_CLICK": (1_000, 2_500, 60, 150),
    "REPIN": (1_000, 8_000, 100, 900),
    "CLOSEUP": (5_000, 20_000, 500, 2_000),
    "WEB_SESSIONS": (700, 1_800, 40, 110),
    "IDEA_PIN_PRODUCT_TAG_VISIT": (50, 400, 5, 60),
    "VIDEO_P0_COMBINED": (300_000, 600_000, 12_000, 30_000),
    "VIDEO_P25_COMBINED": (150_000, 220_000, 6_000, 9_000),
    "VIDEO_P50_COMBINED": (90_000, 120_000, 3_500, 5_000),
    "VIDEO_P75_COMBINED": (50_000, 70_000, 2_000, 3_000),
    "VIDEO_P95_COMBINED": (25_000, 38_000, 1_000, 1_500),
    "VIDEO_P100_COMPLETE": (12_000, 18_000, 500, 800),
    "VIDEO_3SEC_VIEWS": (130_000, 240_000, 5_000, 10_000),
    "VIDEO_15SEC_UNIQUE_VIEWS": (30_000, 60_000, 1_000, 2_500),
    "VIDEO_MRC_VIEWS": (150_000, 260_000, 6_000, 12_000),
    "VIDEO_WATCHTIME": (900_000, 4_000_000, 30_000, 160_000),
}
"""Paid (_1) and earned (_2) rates."""

for _name, (_low, _high, _low2, _high2) in _PAIRS.items():
    LEAVES.setdefault(f"{_name}_1", Leaf(_low, _high))
    LEAVES[f"{_name}_2"] = Leaf(_low2, _high2)
    SUMS[f"TOTAL_{_name}"] = (f"{_name}_1", f"{_name}_2")
SUMS.update(
    {
        "PAID_IMPRESSION": ("IMPRESSION_1",),
        "IMPRESSION_1_GROSS": ("IMPRESSION_1", "IMPRESSION_1_INVALID"),
        "CLICKTHROUGH_1_GROSS": ("CLICKTHROUGH_1", "CLICKTHROUGH_1_INVALID"),
        "ENGAGEMENT_1": ("CLICKTHROUGH_1", "REPIN_1", "CLOSEUP_1"),
        "ENGAGEMENT_2": ("CLICKTHROUGH_2", "REPIN_2", "CLOSEUP_2"),
    }
)
SUMS["TOTAL_ENGAGEMENT"] = SUMS["ENGAGEMENT_1"] + SUMS["ENGAGEMENT_2"]

_SOURCES: Final[dict[str, tuple[Window, int]]] = {
    "CLICK": ("click", 6),
    "ENGAGEMENT": ("engagement", 3),
    "VIEW": ("view", 2),
}
_EVENTS: Final = {
    "SIGNUP": (30, 10_000_000),
    "LEAD": (20, 0),
    "ADD_TO_CART": (60, 40_000_000),
    "PAGE_VISIT": (200, 0),
    "CUSTOM": (30, 5_000_000),
    "ADD_TO_WISHLIST": (20, 0),
    "SUBSCRIBE": (10, 0),
    "WEB_CHECKOUT": (30, 60_000_000),
    "INAPP_CHECKOUT": (20, 45_000_000),
    "OFFLINE_CHECKOUT": (8, 80_000_000),
    "APP_INSTALL": (25, 0),
    "INAPP_APP_INSTALL": (15, 0),
    "VIEW_CATEGORY": (90, 0),
    "SEARCH": (70, 0),
    "WATCH_VIDEO": (30, 0),
    "UNKNOWN": (4, 0),
}
"""Conversions for a million impressions and a unit of source, and their worth in micro-dollars."""


def _parts(source: str, event: str) -> tuple[str, ...]:
    kinds = ("WEB_", "INAPP_", "OFFLINE_") if event == "CHECKOUT" else ("",)
    return tuple(f"{source}:{kind}{event}" for kind in kinds)


def _worth(leaves: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{leaf}:VALUE" for leaf in leaves)


for _event, (_rate, _value) in _EVENTS.items():
    for _source, (_window, _share) in _SOURCES.items():
        _each = _rate * _share
        LEAVES[f"{_source}:{_event}"] = Leaf(_each // 2, _each * 2, _window)
        LEAVES[f"{_source}:{_event}:VALUE"] = Leaf(_each * _value // 2, _each * _value, _window)
for _event in (*_EVENTS, "CHECKOUT"):
    _infix, _plain = ("WEB_", "CHECKOUT") if _event == "WEB_CHECKOUT" else ("", _event)
    for _source in _SOURCES:
        _leaves = _parts(_source, _event)
        SUMS[f"TOTAL_{_infix}{_source}_{_plain}"] = _leaves
        SUMS[f"TOTAL_{_infix}{_source}_{_plain}_VALUE_IN_MICRO_DOLLAR"] = _worth(_leaves)
    _leaves = tuple(leaf for source in _SOURCES for leaf in _parts(source, _event))
    SUMS[f"TOTAL_{_event}"] = _leaves
    SUMS[f"TOTAL_{_event}_VALUE_IN_MICRO_DOLLAR"] = _worth(_leaves)
    RATIOS[f"{_event}_COST_PER_ACTION"] = Ratio(
        "SPEND_IN_MICRO_DOLLAR", f"TOTAL_{_event}", by=10**6
    )
    RATIOS[f"{_event}_ROAS"] = Ratio(
        f"TOTAL_{_event}_VALUE_IN_MICRO_DOLLAR", "SPEND_IN_MICRO_DOLLAR"
    )
    RATIOS[f"TOTAL_{_event}_CONVERSION_RATE"] = Ratio(f"TOTAL_{_event}", "TOTAL_CLICKTHROUGH")
SUMS["TOTAL_CONVERSIONS"] = tuple(
    leaf
    for event in ("SIGNUP", "LEAD", "ADD_TO_CART", "CHECKOUT", "CUSTOM")
    for source in _SOURCES
    for leaf in _parts(source, event)
)

for _name, _low, _high in (
    ("LEADS", 60, 300),
    ("QUIZ_STARTED", 300, 900),
    ("QUIZ_COMPLETED", 60, 250),
    ("QUIZ_PIN_RESULT_OPEN", 30, 120),
    ("SHOWCASE_PIN_CLICKTHROUGH", 300, 900),
    ("SHOWCASE_SUBPAGE_CLICKTHROUGH", 200, 700),
    ("SHOWCASE_SUBPIN_CLICKTHROUGH", 100, 500),
    ("SHOWCASE_SUBPAGE_IMPRESSION", 9_000, 40_000),
    ("SHOWCASE_SUBPIN_IMPRESSION", 9_000, 40_000),
    ("SHOWCASE_SESSIONS", 2_000, 4_000),
    ("TOTAL_IMPRESSION_USER", 500_000, 800_000),
    ("VIDEO_SPEND_IN_MICRO_DOLLAR", 5 * 10**8, 15 * 10**8),
):
    LEAVES[_name] = Leaf(_low, _high)

RATIOS.update(
    {
        "SPEND_IN_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", by=10**6),
        "VIDEO_SPEND_IN_DOLLAR": Ratio("VIDEO_SPEND_IN_MICRO_DOLLAR", by=10**6),
        "CPC_IN_MICRO_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "CLICKTHROUGH_1"),
        "ECPC_IN_MICRO_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH"),
        "ECPC_IN_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "TOTAL_CLICKTHROUGH", by=10**6),
        "CPM_IN_MICRO_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", times=1000),
        "CPM_IN_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", by=1000),
        "ECPM_IN_MICRO_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION", times=1000),
        "ECPE_IN_DOLLAR": Ratio("SPEND_IN_MICRO_DOLLAR", "TOTAL_ENGAGEMENT", by=10**6),
        "CTR": Ratio("CLICKTHROUGH_1", "IMPRESSION_1"),
        "CTR_2": Ratio("CLICKTHROUGH_2", "IMPRESSION_2"),
        "ECTR": Ratio("TOTAL_CLICKTHROUGH", "TOTAL_IMPRESSION"),
        "OUTBOUND_CTR_1": Ratio("OUTBOUND_CLICK_1", "IMPRESSION_1"),
        "ENGAGEMENT_RATE": Ratio("ENGAGEMENT_1", "IMPRESSION_1"),
        "EENGAGEMENT_RATE": Ratio("TOTAL_ENGAGEMENT", "TOTAL_IMPRESSION"),
        "REPIN_RATE": Ratio("REPIN_1", "IMPRESSION_1"),
        "TOTAL_REPIN_RATE": Ratio("TOTAL_REPIN", "TOTAL_IMPRESSION"),
        "TOTAL_IMPRESSION_FREQUENCY": Ratio("TOTAL_IMPRESSION", "TOTAL_IMPRESSION_USER"),
        "COST_PER_OUTBOUND_CLICK_IN_DOLLAR": Ratio(
            "SPEND_IN_MICRO_DOLLAR", "TOTAL_OUTBOUND_CLICK", by=10**6
        ),
        "COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1": Ratio(
            "SPEND_IN_MICRO_DOLLAR", "OUTBOUND_CLICK_1", by=10**6
        ),
        "COST_PER_LEAD": Ratio("SPEND_IN_MICRO_DOLLAR", "LEADS", by=10**6),
        "PAID_VIDEO_VIEWABLE_RATE": Ratio("VIDEO_MRC_VIEWS_1", "IMPRESSION_1"),
        "ECPV_IN_DOLLAR": Ratio("VIDEO_SPEND_IN_MICRO_DOLLAR", "TOTAL_VIDEO_MRC_VIEWS", by=10**6),
        "ECPCV_IN_DOLLAR": Ratio(
            "VIDEO_SPEND_IN_MICRO_DOLLAR", "TOTAL_VIDEO_P100_COMPLETE", by=10**6
        ),
        "ECPCV_P95_IN_DOLLAR": Ratio(
            "VIDEO_SPEND_IN_MICRO_DOLLAR", "TOTAL_VIDEO_P95_COMBINED", by=10**6
        ),
        "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": Ratio(
            "TOTAL_VIDEO_WATCHTIME", "TOTAL_VIDEO_P0_COMBINED"
        ),
        "QUIZ_COMPLETION_RATE": Ratio("QUIZ_COMPLETED", "QUIZ_STARTED"),
        "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION": Ratio(
            "SHOWCASE_SUBPAGE_CLOSEUP", "SHOWCASE_SESSIONS"
        ),
    }
)

_ANY_COUNT: Final = Leaf(100, 1_000)
"""A column that came later than this list counts something."""


def leaf(name: str) -> Leaf:
    """What a leaf of this name is like."""
    return LEAVES.get(name, _ANY_COUNT)


@cache
def leaves(column: str) -> tuple[str, ...]:
    """The leaves that a count column adds up."""
    return SUMS.get(column, (column,))


def needed(columns: tuple[str, ...]) -> Iterator[str]:
    """The count columns that these count columns and ratios are made from."""
    for column in columns:
        ratio = RATIOS.get(column)
        yield from (column,) if ratio is None else filter(None, (ratio.over, ratio.under))
