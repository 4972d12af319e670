"""The levels of a harvest, as facts: what each is called on the wire, and how much fits a call."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args, get_origin, get_type_hints

from pinterest_async._core.operation import Operation
from pinterest_async.namespaces import Namespaces
from pinterest_async.types import AdsAnalyticsCreateAsyncRequest

Level: TypeAlias = Literal[
    "account",
    "campaign",
    "ad_group",
    "ad",
    "ad_pin",
    "product_group",
    "account_targeting",
    "campaign_targeting",
    "ad_group_targeting",
    "ad_targeting",
    "user",
    "pin",
]
Kind: TypeAlias = Literal["ads", "targeting", "organic"]
Listed: TypeAlias = Literal["campaigns", "ad_groups", "ads", "pins"]

ME: Final = "me"
"""Stands in an account's place for the user of the token, whose organic figures need no account."""


class LevelFacts(NamedTuple):
    """What is known of a level.

    `listed` names the list that its ids come from; None where an account is asked about as a
    whole. `ids` is the query parameter that they go into, `per_call` how many it takes. `report` is
    the level's name in async reports, None where there are none, `per_report` how many ids these
    take. `only_reports`: even listing the ids would take more calls than a report of everything.
    """

    operation: Operation[Any]
    id_column: str | None
    kind: Kind = "ads"
    listed: Listed | None = None
    ids: str | None = None
    per_call: int = 250
    report: str | None = None
    per_report: int = 500
    only_reports: bool = False


LEVELS: Final[Mapping[Level, LevelFacts]] = {
    "account": LevelFacts(
        Namespaces.ad_accounts.analytics.operation, "AD_ACCOUNT_ID", report="ADVERTISER"
    ),
    "campaign": LevelFacts(
        Namespaces.campaigns.analytics.operation,
        "CAMPAIGN_ID",
        listed="campaigns",
        ids="campaign_ids",
        report="CAMPAIGN",
    ),
    "ad_group": LevelFacts(
        Namespaces.ad_groups.analytics.operation,
        "AD_GROUP_ID",
        listed="ad_groups",
        ids="ad_group_ids",
        report="AD_GROUP",
    ),
    "ad": LevelFacts(
        Namespaces.ads.analytics.operation,
        "AD_ID",
        listed="ads",
        ids="ad_ids",
        report="PIN_PROMOTION",
    ),
    "ad_pin": LevelFacts(
        Namespaces.campaigns.pin_analytics.operation,
        "PIN_ID",
        listed="ads",
        ids="pin_ids",
        per_call=100,
    ),
    "product_group": LevelFacts(
        Namespaces.product_group_promotions.analytics.operation,
        "PRODUCT_GROUP_ID",
        report="PRODUCT_GROUP",
        only_reports=True,
    ),
    "account_targeting": LevelFacts(
        Namespaces.ad_accounts.targeting_analytics.operation,
        "AD_ACCOUNT_ID",
        kind="targeting",
        report="ADVERTISER_TARGETING",
    ),
    "campaign_targeting": LevelFacts(
        Namespaces.campaigns.targeting_analytics.operation,
        "CAMPAIGN_ID",
        kind="targeting",
        listed="campaigns",
        ids="campaign_ids",
        report="CAMPAIGN_TARGETING",
    ),
    "ad_group_targeting": LevelFacts(
        Namespaces.ad_groups.targeting_analytics.operation,
        "AD_GROUP_ID",
        kind="targeting",
        listed="ad_groups",
        ids="ad_group_ids",
        report="AD_GROUP_TARGETING",
    ),
    "ad_targeting": LevelFacts(
        Namespaces.ads.targeting_analytics.operation,
        "AD_ID",
        kind="targeting",
        listed="ads",
        ids="ad_ids",
        report="PIN_PROMOTION_TARGETING",
    ),
    "user": LevelFacts(Namespaces.user_account.analytics.operation, None, kind="organic"),
    "pin": LevelFacts(
        Namespaces.pins.multi_analytics.operation,
        "PIN_ID",
        kind="organic",
        listed="pins",
        ids="pin_ids",
        per_call=100,
    ),
}


def _literals(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, str) and get_origin(annotation) is Literal:
            yield part
        else:
            yield from _literals(part)


def _choices(operation: Operation[Any], parameter: str) -> tuple[str, ...]:
    """The values that the API's description knows for a query parameter."""
    return tuple(
        value
        for known in operation.query
        if known.name == parameter
        for value in _literals(known.type)
    )


def known_columns(level: Level) -> tuple[str, ...]:
    """The columns of a level that the API's description knows."""
    facts = LEVELS[level]
    if facts.kind == "organic":
        return _choices(facts.operation, "metric_types")
    columns = _choices(facts.operation, "columns")
    if facts.kind != "targeting":
        return columns
    return tuple(column for column in columns if column not in NOT_BY_TARGETING)


def targeting_types(level: Level) -> tuple[str, ...]:
    """The ways to break a level down that the API's description knows; none for most levels."""
    return _choices(LEVELS[level].operation, "targeting_types")


NOT_BY_TARGETING: Final = ("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY")
"""People reached do not add up over targets, and the API refuses to break them down."""

_REPORT_BODY: Final = get_type_hints(AdsAnalyticsCreateAsyncRequest, include_extras=True)
REPORT_COLUMNS: Final = frozenset(_literals(_REPORT_BODY["columns"]))
REPORT_TARGETING_TYPES: Final = frozenset(_literals(_REPORT_BODY["targeting_types"]))
TYPES_PER_REPORT: Final = 5
"""Ways to break down that one report takes."""
