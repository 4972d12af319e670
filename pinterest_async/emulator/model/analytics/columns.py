"""The columns of ads analytics: counts, sums of counts, and ratios of sums."""

from collections.abc import Iterator
from functools import cache
from typing import Final, Literal, TypeAlias

import msgspec

AttributionWindow: TypeAlias = Literal["click", "engagement", "view"]

PER_IMPRESSION: Final = 10**6
"""Rates are in millionths of a paid impression."""


class BaseCount(msgspec.Struct, frozen=True):
    """A count that is made up for each ad and day: so much for a million paid impressions.

    Each ad has its own rate between `low` and `high`. `window` is the attribution window that it
    depends on. A count that is `part` of another one, `of`, is a share of that each day, by
    `weights`.
    """

    low: int = 0
    high: int = 0
    window: AttributionWindow | None = None
    of: str = ""
    part: int = 0
    weights: tuple[int, ...] = ()


class Ratio(msgspec.Struct, frozen=True):
    """`times` the sum of `over` / the sum of `under` / `by`; null where `under` is 0."""

    over: str
    under: str = ""
    times: int = 1
    by: int = 1


_SPEND: Final = "SPEND_IN_MICRO_DOLLAR"
_VIDEO_SPEND: Final = "VIDEO_SPEND_IN_MICRO_DOLLAR"
_IMPRESSIONS: Final = "TOTAL_IMPRESSION"

BASE_COUNTS: Final[dict[str, BaseCount]] = {
    "IMPRESSION_1": BaseCount(10**6, 10**6),
    _SPEND: BaseCount(2 * 10**9, 9 * 10**9),
    "IMPRESSION_1_INVALID": BaseCount(2_000, 9_000),
    "CLICKTHROUGH_1_INVALID": BaseCount(20, 90),
}
"""By column, and by names of our own for counts that are parts of columns only."""

SUMS: Final[dict[str, tuple[str, ...]]] = {}
"""Columns that add up base counts."""

RATIOS: Final[dict[str, Ratio]] = {}

_PAIRS: Final = {
    "IMPRESSION": (0, 0, 40_000, 120_000),
    "CLICKTHROUGH": (4_000, 25_000, 200, 2_000),
    "OUTBOUND_CLICK": (1_000, 2_500, 60, 150),
    "REPIN": (1_000, 8_000, 100, 900),
    "CLOSEUP": (5_000, 20_000, 500, 2_000),
    "WEB_SESSIONS": (700, 1_800, 40, 110),
    "IDEA_PIN_PRODUCT_TAG_VISIT": (50, 400, 5, 60),
    "IDEA_PIN_PAGE_BACKWARD": (40, 300, 4, 40),
    "IDEA_PIN_PAGE_FORWARD": (400, 1_500, 30, 120),
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
    BASE_COUNTS.setdefault(f"{_name}_1", BaseCount(_low, _high))
    BASE_COUNTS[f"{_name}_2"] = BaseCount(_low2, _high2)
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

_SOURCES: Final[dict[str, tuple[AttributionWindow, int]]] = {
    "CLICK": ("click", 6),
    "ENGAGEMENT": ("engagement", 3),
    "VIEW": ("view", 2),
}
_EVENTS: Final[dict[str, dict[str, tuple[int, int]]]] = {
    "SIGNUP": {"WEB": (20, 10_000_000), "INAPP": (7, 9_000_000), "OFFLINE": (3, 12_000_000)},
    "LEAD": {"WEB": (14, 3_000_000), "OFFLINE": (6, 4_000_000)},
    "ADD_TO_CART": {"WEB": (40, 40_000_000), "INAPP": (20, 35_000_000)},
    "PAGE_VISIT": {"WEB": (200, 100_000)},
    "CUSTOM": {"WEB": (24, 5_000_000), "OFFLINE": (6, 5_000_000)},
    "ADD_TO_WISHLIST": {"WEB": (20, 0)},
    "SUBSCRIBE": {"WEB": (10, 0)},
    "CHECKOUT": {"WEB": (30, 60_000_000), "INAPP": (20, 45_000_000), "OFFLINE": (8, 80_000_000)},
    "APP_INSTALL": {"INAPP": (40, 2_000_000)},
    "VIEW_CATEGORY": {"WEB": (90, 200_000)},
    "SEARCH": {"WEB": (50, 100_000), "INAPP": (20, 100_000)},
    "WATCH_VIDEO": {"WEB": (30, 100_000)},
    "UNKNOWN": {"WEB": (3, 100_000), "INAPP": (2, 100_000), "OFFLINE": (1, 100_000)},
}
"""Conversions by place: their number for a million impressions and a unit of source, and the value
of each in micro-dollars."""

_DEVICES: Final = {"DESKTOP": 3, "MOBILE": 6, "TABLET": 1}
_PATHS: Final = {
    f"{seen}_ACTION_TO_{converted}": share * other
    for seen, share in _DEVICES.items()
    for converted, other in _DEVICES.items()
}
"""From the device that showed an ad to the one of the conversion, with weights."""


def _conversions(event: str) -> None:
    """Add the columns of one kind of conversion: by source, by place, and in total."""
    by_source: dict[str, tuple[str, ...]] = {}
    for source, (window, share) in _SOURCES.items():
        for place, (rate, value) in _EVENTS[event].items():
            name, each = f"{source}:{place}_{event}", rate * share
            BASE_COUNTS[name] = BaseCount(each // 2, each * 2, window)
            BASE_COUNTS[f"{name}:VALUE"] = BaseCount(each * value // 2, each * value, window)
            _counted(f"TOTAL_{place}_{source}_{event}", (name,))
            by_source[source] = (*by_source.get(source, ()), name)
        BASE_COUNTS[f"{source}:{event}:MORE"] = BaseCount(1, 4 * share, window)
        _counted(f"TOTAL_{source}_{event}", by_source[source])
        SUMS[f"TOTAL_{source}_{event}_QUANTITY"] = _items(event, by_source[source], source)
    for place in _EVENTS[event]:
        parts = tuple(f"{source}:{place}_{event}" for source in _SOURCES)
        _counted(f"TOTAL_{place}_{event}", parts)
        _rates(f"{place}_{event}")
    total = tuple(name for names in by_source.values() for name in names)
    _counted(f"TOTAL_{event}", total)
    _rates(event)
    SUMS[f"TOTAL_{event}_QUANTITY"] = _items(event, total, *_SOURCES)
    for part, path in enumerate(_PATHS):
        for name in total:
            BASE_COUNTS[f"{name}:{path}"] = BaseCount(
                of=name, part=part, weights=tuple(_PATHS.values())
            )
        SUMS[f"TOTAL_{event}_{path}_CONVERSION"] = tuple(f"{name}:{path}" for name in total)


def _counted(column: str, parts: tuple[str, ...]) -> None:
    SUMS[column] = parts
    SUMS[f"{column}_VALUE_IN_MICRO_DOLLAR"] = tuple(f"{part}:VALUE" for part in parts)


def _items(event: str, parts: tuple[str, ...], *sources: str) -> tuple[str, ...]:
    """The items of all orders: at least one for each order."""
    return (*parts, *(f"{source}:{event}:MORE" for source in sources))


def _rates(name: str) -> None:
    count = f"TOTAL_{name}"
    RATIOS[f"{name}_COST_PER_ACTION"] = Ratio(_SPEND, count, by=10**6)
    RATIOS[f"{name}_ROAS"] = Ratio(f"{count}_VALUE_IN_MICRO_DOLLAR", _SPEND)
    RATIOS[f"{count}_CONVERSION_RATE"] = Ratio(count, "TOTAL_CLICKTHROUGH")


for _event in _EVENTS:
    _conversions(_event)
for _kind in ("", "_VALUE_IN_MICRO_DOLLAR", "_QUANTITY"):
    SUMS[f"TOTAL_CONVERSIONS{_kind}"] = tuple(
        part
        for event in ("SIGNUP", "LEAD", "ADD_TO_CART", "CHECKOUT", "CUSTOM")
        for part in SUMS[f"TOTAL_{event}{_kind}"]
    )
BASE_COUNTS["PINTEREST_CHECKOUT"] = BaseCount(20, 80, "click")
BASE_COUNTS["PINTEREST_CHECKOUT:VALUE"] = BaseCount(10**9, 4 * 10**9, "click")
_counted("TOTAL_PINTEREST_CHECKOUT", ("PINTEREST_CHECKOUT",))
_rates("PINTEREST_CHECKOUT")
SUMS["ONSITE_CHECKOUTS_1"] = SUMS["TOTAL_PINTEREST_CHECKOUT"]

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
    (_VIDEO_SPEND, 5 * 10**8, 15 * 10**8),
    ("ADS_CREDIT_SPEND_IN_MICRO_DOLLAR", 10**7, 10**8),
):
    BASE_COUNTS[_name] = BaseCount(_low, _high)

RATIOS.update(
    {
        "SPEND_IN_DOLLAR": Ratio(_SPEND, by=10**6),
        "VIDEO_SPEND_IN_DOLLAR": Ratio(_VIDEO_SPEND, by=10**6),
        "ADS_CREDIT_SPEND_IN_DOLLAR": Ratio("ADS_CREDIT_SPEND_IN_MICRO_DOLLAR", by=10**6),
        "CPC_IN_MICRO_DOLLAR": Ratio(_SPEND, "CLICKTHROUGH_1"),
        "ECPC_IN_MICRO_DOLLAR": Ratio(_SPEND, "TOTAL_CLICKTHROUGH"),
        "ECPC_IN_DOLLAR": Ratio(_SPEND, "TOTAL_CLICKTHROUGH", by=10**6),
        "CPM_IN_MICRO_DOLLAR": Ratio(_SPEND, "IMPRESSION_1", times=1000),
        "CPM_IN_DOLLAR": Ratio(_SPEND, "IMPRESSION_1", by=1000),
        "ECPM_IN_MICRO_DOLLAR": Ratio(_SPEND, _IMPRESSIONS, times=1000),
        "ECPM_IN_DOLLAR": Ratio(_SPEND, _IMPRESSIONS, by=1000),
        "ECPE_IN_DOLLAR": Ratio(_SPEND, "TOTAL_ENGAGEMENT", by=10**6),
        "CTR": Ratio("CLICKTHROUGH_1", "IMPRESSION_1"),
        "CTR_2": Ratio("CLICKTHROUGH_2", "IMPRESSION_2"),
        "ECTR": Ratio("TOTAL_CLICKTHROUGH", _IMPRESSIONS),
        "OUTBOUND_CTR_1": Ratio("OUTBOUND_CLICK_1", "IMPRESSION_1"),
        "OUTBOUND_CTR": Ratio("TOTAL_OUTBOUND_CLICK", _IMPRESSIONS),
        "ENGAGEMENT_RATE": Ratio("ENGAGEMENT_1", "IMPRESSION_1"),
        "EENGAGEMENT_RATE": Ratio("TOTAL_ENGAGEMENT", _IMPRESSIONS),
        "REPIN_RATE": Ratio("REPIN_1", "IMPRESSION_1"),
        "TOTAL_REPIN_RATE": Ratio("TOTAL_REPIN", _IMPRESSIONS),
        "TOTAL_IMPRESSION_FREQUENCY": Ratio(_IMPRESSIONS, "TOTAL_IMPRESSION_USER"),
        "COST_PER_OUTBOUND_CLICK": Ratio(_SPEND, "TOTAL_OUTBOUND_CLICK", by=10**6),
        "COST_PER_OUTBOUND_CLICK_IN_DOLLAR": Ratio(_SPEND, "TOTAL_OUTBOUND_CLICK", by=10**6),
        "COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1": Ratio(_SPEND, "OUTBOUND_CLICK_1", by=10**6),
        "COST_PER_LEAD": Ratio(_SPEND, "LEADS", by=10**6),
        "PAID_VIDEO_VIEWABLE_RATE": Ratio("VIDEO_MRC_VIEWS_1", "IMPRESSION_1"),
        "CPV_IN_MICRO_DOLLAR": Ratio(_VIDEO_SPEND, "VIDEO_MRC_VIEWS_1"),
        "CPCV_IN_MICRO_DOLLAR": Ratio(_VIDEO_SPEND, "VIDEO_P100_COMPLETE_1"),
        "CPCV_P95_IN_MICRO_DOLLAR": Ratio(_VIDEO_SPEND, "VIDEO_P95_COMBINED_1"),
        "ECPV_IN_DOLLAR": Ratio(_VIDEO_SPEND, "TOTAL_VIDEO_MRC_VIEWS", by=10**6),
        "ECPCV_IN_DOLLAR": Ratio(_VIDEO_SPEND, "TOTAL_VIDEO_P100_COMPLETE", by=10**6),
        "ECPCV_P95_IN_DOLLAR": Ratio(_VIDEO_SPEND, "TOTAL_VIDEO_P95_COMBINED", by=10**6),
        "TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND": Ratio(
            "TOTAL_VIDEO_WATCHTIME", "TOTAL_VIDEO_P0_COMBINED"
        ),
        "VIDEO_AVG_WATCHTIME_IN_SECOND_1": Ratio("VIDEO_WATCHTIME_1", "VIDEO_P0_COMBINED_1"),
        "VIDEO_AVG_WATCHTIME_IN_SECOND_2": Ratio("VIDEO_WATCHTIME_2", "VIDEO_P0_COMBINED_2"),
        "INAPP_SKAN_APP_INSTALL_CONVERSION_RATE": Ratio(
            "INAPP_SKAN_APP_INSTALL", "TOTAL_CLICKTHROUGH"
        ),
        "INAPP_SKAN_APP_INSTALL_COST_PER_ACTION": Ratio(_SPEND, "INAPP_SKAN_APP_INSTALL", by=10**6),
        "QUIZ_COMPLETION_RATE": Ratio("QUIZ_COMPLETED", "QUIZ_STARTED"),
        "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION": Ratio(
            "SHOWCASE_SUBPAGE_CLOSEUP", "SHOWCASE_SESSIONS"
        ),
    }
)

_ANY_COUNT: Final = BaseCount(100, 1_000)
"""For a column that is newer than this list."""


def base_count(name: str) -> BaseCount:
    """The base count of this name."""
    return BASE_COUNTS.get(name, _ANY_COUNT)


@cache
def base_counts(column: str) -> tuple[str, ...]:
    """The base counts that a column adds up."""
    return SUMS.get(column, (column,))


def needed(columns: tuple[str, ...]) -> Iterator[str]:
    """The count columns that these count columns and ratios are made from."""
    for column in columns:
        ratio = RATIOS.get(column)
        yield from (column,) if ratio is None else filter(None, (ratio.over, ratio.under))
