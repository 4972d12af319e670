"""The levels of a harvest: an entry for each says how it is listed, requested and reported."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final, Literal, TypeAlias, get_args, get_origin, get_type_hints

from pinterest_async._core.operation import Operation
from pinterest_async._core.types import Words
from pinterest_async.harvest.plan.endpoints import (
    DATA_STATUS,
    TARGETING_COLUMNS,
    AdsEndpoint,
    OrganicEndpoint,
    TargetingEndpoint,
    field,
    texts,
)
from pinterest_async.harvest.plan.partition import PARENT, REPORT_DAYS, REPORT_DAYS_BACK
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
    "keyword",
    "product_group_targeting",
    "product_item",
    "product_item_targeting",
    "user",
    "pin",
]
RowGranularity: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]
ROWS_SPAN_DAYS: Final = ("TOTAL", "WEEK", "MONTH")
"""Granularities whose rows span days: a second request would cut such a row in two."""

STATUSES: Final = ("ACTIVE", "PAUSED", "ARCHIVED")
"""An archived ad has spent money as well; the lists leave it out unless asked."""
NOT_BY_TARGETING: Final = ("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY")
"""People reached do not add up over targets, and the API refuses to break them down."""


def _literals(annotation: Any) -> Iterator[str]:
    for part in get_args(annotation):
        if isinstance(part, Words):
            yield from part.known_values
        elif isinstance(part, str) and get_origin(annotation) is Literal:
            yield part
        else:
            yield from _literals(part)


_REPORT_BODY: Final = get_type_hints(AdsAnalyticsCreateAsyncRequest, include_extras=True)


def _report_choices(field: str) -> tuple[str, ...]:
    """The values that the API's description knows for a field of reports, in its order."""
    return tuple(dict.fromkeys(_literals(_REPORT_BODY[field])))


REPORT_COLUMNS: Final = frozenset(_report_choices("columns"))
REPORT_TARGETING_TYPES: Final = frozenset(_report_choices("targeting_types"))
REPORT_LEVELS: Final = frozenset(_report_choices("level"))
TYPES_PER_REPORT: Final = 5
"""Ways to break down that one report takes."""

_IN_CAMPAIGN: Final = ("CAMPAIGN_ID",)
_IN_AD_GROUP: Final = ("CAMPAIGN_ID", "AD_GROUP_ID")
_OF_ITEMS: Final = re.compile(r"^PRODUCT_ITEM_")
_OF_PRODUCTS: Final = re.compile(r"^PRODUCT_(ITEM|GROUP)_")
_OF_ADS: Final = re.compile(r"^(AD|PIN_PROMOTION)_(?!ACCOUNT_|GROUP_)|^PRODUCT_GROUP_AD_")
"""Columns that reports on items refuse."""
_CAMPAIGN_TYPES: Final = ("AUDIENCE_MULTIPLIER",)
_ITEM_TYPES: Final = ("MEDIA_TYPE",)
"""Ways to break down that only reports on campaigns have, and only those on items."""


@dataclass(frozen=True, eq=False)
class LevelFacts:
    """What is known of a level of ads figures; the other kinds of levels are its subclasses.

    `operation` is the endpoint of the figures, `per_call` how many ids it takes. `listed` is the
    endpoint that lists the ids; None where an account is asked about as a whole. `parent_column`
    holds the parent that each call has to name as well. `report` is the level's name in async
    reports, None where there are none; `per_report` is how many ids these take. `above` are the
    columns with the ids of what a thing is in, the ad account left out. `about` says what a row is
    about.
    """

    operation: Operation[Any]
    id_column: str | None
    listed: Operation[Any] | None = None
    parent_column: str | None = None
    per_call: int = 250
    report: str | None = None
    per_report: int = 500
    above: tuple[str, ...] = ()
    about: str = ""

    endpoint: ClassVar[type[AdsEndpoint]] = AdsEndpoint
    only_reports: ClassVar[bool] = False
    """Whether no figures come by calls."""
    organic: ClassVar[bool] = False
    """Figures of the token's user: no account needs listing, and nothing is attributed."""
    granularities: ClassVar[tuple[str, ...]] = get_args(RowGranularity)
    report_days: ClassVar[int] = REPORT_DAYS
    """Most days of one report."""
    report_days_back: ClassVar[int] = REPORT_DAYS_BACK
    """Most days that a report reaches back."""
    columns_parameter: ClassVar[str] = "columns"
    excluded_columns: ClassVar[tuple[str, ...]] = ()
    list_options: ClassVar[Mapping[str, Any]] = {"entity_statuses": STATUSES}

    @property
    def ids_parameter(self) -> str | None:
        """The parameter of calls and reports for ids."""
        return f"{self.id_column}s".lower() if self.listed else None

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """The columns beside id and day that say what a row is about."""
        return TARGETING_COLUMNS if self.targeting_types else ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that the API's description knows, in its order."""
        known = self._choices(self.columns_parameter)
        return tuple(column for column in known if column not in self.excluded_columns)

    @cached_property
    def targeting_types(self) -> tuple[str, ...]:
        """The ways to break rows down that the API's description knows; none for most levels."""
        return self._choices("targeting_types")

    def listed_ids(self, items: Sequence[Any]) -> list[str]:
        """The ids of items of the list, behind those of their parents where calls name these."""
        if self.parent_column is None:
            return texts(items, "id")
        names = self.parent_column.lower(), str(self.id_column).lower()
        both = ([field(item, name) for name in names] for item in items)
        return [f"{parent}{PARENT}{id}" for parent, id in both if parent and id]

    def command(self, level: str) -> str:
        """The level's name on the command line, where it stands for all its things."""
        name = f"{level}s" if self.id_column and not self.targeting_types else level
        return name.replace("_", "-")

    def _choices(self, parameter: str) -> tuple[str, ...]:
        """The values that the API's description knows for a query parameter."""
        found = (one.type for one in self.operation.query if one.name == parameter)
        return tuple(value for annotation in found for value in _literals(annotation))


class TargetingLevel(LevelFacts):
    """A level whose rows are broken down by targeting types."""

    endpoint = TargetingEndpoint
    excluded_columns = NOT_BY_TARGETING


@dataclass(frozen=True, eq=False)
class ReportLevel(LevelFacts):
    """A level whose figures come by reports on whole ad accounts.

    Calls have no such figures, or the ids that they need: listing these would take a call for each
    ad group. `operation` creates a report. `without` finds the columns that are of other levels.
    """

    without: re.Pattern[str] = _OF_ITEMS

    only_reports: ClassVar[bool] = True

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of reports that the API's description knows, in its order."""
        unsplit = NOT_BY_TARGETING if self.targeting_types else ()
        return tuple(
            name
            for name in _report_choices("columns")
            if name not in unsplit and self.without.search(name) is None
        )

    @cached_property
    def targeting_types(self) -> tuple[str, ...]:
        """The ways to break reports down that the API's description knows; none for most levels."""
        split = str(self.report).endswith("_TARGETING")
        types = _report_choices("targeting_types") if split else ()
        return tuple(one for one in types if one not in self._other_types)

    @property
    def _other_types(self) -> tuple[str, ...]:
        return _CAMPAIGN_TYPES + _ITEM_TYPES


class PartLevel(ReportLevel):
    """A level of parts that several ad groups may share: a row for each of these."""

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """The columns beside id and day that say what a row is about."""
        return *self.above, *super().extra_columns


class ItemLevel(PartLevel):
    """A level of items of product groups, whose reports reach less far than others."""

    report_days = 31
    report_days_back = 92

    @property
    def _other_types(self) -> tuple[str, ...]:
        return _CAMPAIGN_TYPES


class OrganicLevel(LevelFacts):
    """A level of a user's own Pins: figures by day, without accounts and attribution."""

    endpoint = OrganicEndpoint
    organic = True
    granularities = ("DAY",)
    columns_parameter = "metric_types"
    list_options: ClassVar[Mapping[str, Any]] = {}

    @property
    def extra_columns(self) -> tuple[str, ...]:
        """The columns beside id and day that say what a row is about."""
        return (DATA_STATUS,)


_LEVELS: Final[Mapping[Level, Callable[[], LevelFacts]]] = {
    "account": lambda: LevelFacts(
        Namespaces.ad_accounts.analytics.operation,
        "AD_ACCOUNT_ID",
        report="ADVERTISER",
        about="an ad account",
    ),
    "campaign": lambda: LevelFacts(
        Namespaces.campaigns.analytics.operation,
        "CAMPAIGN_ID",
        Namespaces.campaigns.list.operation,
        report="CAMPAIGN",
        about="a campaign",
    ),
    "ad_group": lambda: LevelFacts(
        Namespaces.ad_groups.analytics.operation,
        "AD_GROUP_ID",
        Namespaces.ad_groups.list.operation,
        report="AD_GROUP",
        above=_IN_CAMPAIGN,
        about="an ad group",
    ),
    "ad": lambda: LevelFacts(
        Namespaces.ads.analytics.operation,
        "AD_ID",
        Namespaces.ads.list.operation,
        report="PIN_PROMOTION",
        above=_IN_AD_GROUP,
        about="an ad",
    ),
    "ad_pin": lambda: LevelFacts(
        Namespaces.campaigns.pin_analytics.operation,
        "PIN_ID",
        Namespaces.ads.list.operation,
        parent_column="CAMPAIGN_ID",
        above=_IN_CAMPAIGN,
        per_call=100,
        about="the ads of one Pin in a campaign",
    ),
    "product_group": lambda: ReportLevel(
        Namespaces.reports.create.operation,
        "PRODUCT_GROUP_ID",
        report="PRODUCT_GROUP",
        above=_IN_AD_GROUP,
        about="a product group of an ad group",
    ),
    "account_targeting": lambda: TargetingLevel(
        Namespaces.ad_accounts.targeting_analytics.operation,
        "AD_ACCOUNT_ID",
        report="ADVERTISER_TARGETING",
        about="an ad account, by target",
    ),
    "campaign_targeting": lambda: TargetingLevel(
        Namespaces.campaigns.targeting_analytics.operation,
        "CAMPAIGN_ID",
        Namespaces.campaigns.list.operation,
        report="CAMPAIGN_TARGETING",
        about="a campaign, by target",
    ),
    "ad_group_targeting": lambda: TargetingLevel(
        Namespaces.ad_groups.targeting_analytics.operation,
        "AD_GROUP_ID",
        Namespaces.ad_groups.list.operation,
        report="AD_GROUP_TARGETING",
        above=_IN_CAMPAIGN,
        about="an ad group, by target",
    ),
    "ad_targeting": lambda: TargetingLevel(
        Namespaces.ads.targeting_analytics.operation,
        "AD_ID",
        Namespaces.ads.list.operation,
        report="PIN_PROMOTION_TARGETING",
        above=_IN_AD_GROUP,
        about="an ad, by target",
    ),
    "keyword": lambda: PartLevel(
        Namespaces.reports.create.operation,
        "KEYWORD_ID",
        report="KEYWORD",
        above=_IN_AD_GROUP,
        without=_OF_PRODUCTS,
        about="a keyword of an ad group or a campaign",
    ),
    "product_group_targeting": lambda: ReportLevel(
        Namespaces.reports.create.operation,
        "PRODUCT_GROUP_ID",
        report="PRODUCT_GROUP_TARGETING",
        above=_IN_AD_GROUP,
        about="a product group, by target",
    ),
    "product_item": lambda: ItemLevel(
        Namespaces.reports.create.operation,
        "PRODUCT_ITEM_ID",
        report="PRODUCT_ITEM",
        above=_IN_AD_GROUP,
        without=_OF_ADS,
        about="a product item in an ad group",
    ),
    "product_item_targeting": lambda: ItemLevel(
        Namespaces.reports.create.operation,
        "PRODUCT_ITEM_ID",
        report="PRODUCT_ITEM_TARGETING",
        above=_IN_AD_GROUP,
        without=_OF_ADS,
        about="a product item in an ad group, by target",
    ),
    "user": lambda: OrganicLevel(
        Namespaces.user_account.analytics.operation,
        None,
        about="the user's own Pins together (organic)",
    ),
    "pin": lambda: OrganicLevel(
        Namespaces.pins.multi_analytics.operation,
        "PIN_ID",
        Namespaces.pins.list.operation,
        per_call=100,
        about="one of the user's own Pins (organic)",
    ),
}


def described(levels: Mapping[Level, Callable[[], LevelFacts]]) -> Mapping[Level, LevelFacts]:
    """The levels that there are: an older description may lack their operations or reports."""
    found: dict[Level, LevelFacts] = {}
    for name, made in levels.items():
        with suppress(AttributeError):
            facts = made()
            if facts.report is None or facts.report in REPORT_LEVELS:
                found[name] = facts
    return found


LEVELS: Final = described(_LEVELS)
