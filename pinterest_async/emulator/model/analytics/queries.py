"""Analytics queries: which dates the API accepts, what rows are about, and exact totals."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypeAlias

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.model import ad_entities
from pinterest_async.emulator.model.analytics.columns import RATIOS, base_counts
from pinterest_async.emulator.model.analytics.delivery import DEFAULT_WINDOWS, units
from pinterest_async.emulator.model.analytics.rows import Period, RowQuery, RowSubject
from pinterest_async.emulator.model.world import Fields, World

EntityLevel: TypeAlias = Literal["account", "campaign", "ad_group", "ad", "product_group"]

TABLES: Final[Mapping[EntityLevel, str]] = {
    "account": "ad_accounts",
    "campaign": "campaigns",
    "ad_group": "ad_groups",
    "ad": "ads",
    "product_group": "product_group_promotions",
}
ID_COLUMNS: Final[Mapping[EntityLevel, str]] = {
    "account": "AD_ACCOUNT_ID",
    "campaign": "CAMPAIGN_ID",
    "ad_group": "AD_GROUP_ID",
    "ad": "AD_ID",
    "product_group": "PRODUCT_GROUP_ID",
}
_PARENT_FIELDS: Final[Mapping[EntityLevel, str]] = {
    "account": "ad_account_id",
    "campaign": "campaign_id",
    "ad_group": "ad_group_id",
}

BACK, WIDE = 90, 90
BACK_HOURS, WIDE_HOURS = 8, 3


def query_of_call(call: ApiCall) -> RowQuery:
    """The query of an analytics request.

    Raises:
        RejectedError: 400 for dates that the API does not have.
    """
    query, today = call.query, call.now.date()
    hourly = query["granularity"] == "HOUR"
    back, wide = (BACK_HOURS, WIDE_HOURS) if hourly else (BACK, WIDE)
    check_dates(date_of(query, "start_date"), date_of(query, "end_date"), today, back, wide)
    return row_query(query, today)


def row_query(request: Mapping[str, Any], today: dt.date) -> RowQuery:
    """The query of a request, with each column once. Nothing is delivered after `today`."""
    start, end = date_of(request, "start_date"), date_of(request, "end_date")
    windows = {
        kind: request[field]
        for kind in DEFAULT_WINDOWS
        if request.get(field := f"{kind}_window_days") is not None
    }
    begin, stop = request.get("start_hour") or 0, request.get("end_hour")
    if stop is None or end > today:
        stop = 24
    period = Period(start, min(end, today), request["granularity"], begin=begin, stop=stop)
    columns = tuple(dict.fromkeys(request["columns"]))
    return RowQuery(columns, period, {**DEFAULT_WINDOWS, **windows})


def date_of(request: Mapping[str, Any], name: str) -> dt.date:
    """A date of a request; a ValueError for other text."""
    return dt.date.fromisoformat(str(request[name]))


def check_dates(start: dt.date, end: dt.date, today: dt.date, back: int, wide: int) -> None:
    """Reject dates that are too old, too far apart, or in the wrong order."""
    if end < start:
        raise RejectedError(400, 1, f"end_date: {end} is before start_date, {start}")
    if start < today - dt.timedelta(days=back):
        raise RejectedError(400, 1, f"You can only get data from the last {back} days")
    if (end - start).days >= wide:
        raise RejectedError(400, 1, f"end_date: the dates must span at most {wide} days")


def row_subjects(
    world: World, level: EntityLevel, rows: Iterable[Fields], columns: Iterable[str]
) -> tuple[list[RowSubject], tuple[str, ...]]:
    """What rows of a level are about, and the columns that hold figures."""
    columns = tuple(columns)
    numbers = tuple(
        name
        for name in columns
        if name not in _FACTS and name != "DATE" and not name.startswith(_FACTS_OF_PARTS)
    )
    return [
        RowSubject(_facts(world, level, row, columns), ads_below(world, level, row)) for row in rows
    ], numbers


def ads_below(world: World, level: EntityLevel, row: Fields) -> Sequence[Fields]:
    """The ads whose figures add up to those of a row of some level."""
    if level in ("ad", "product_group"):
        # A product group delivers as an ad does, beside the ads of its ad group: ad groups and what
        # is above them add up their ads alone.
        return [row] if row["status"] != "DRAFT" else []
    ads = world.table("ads").by(_PARENT_FIELDS[level], row["id"])
    return [ad for ad in ads if ad["status"] != "DRAFT"]


def totals(
    world: World,
    level: EntityLevel,
    columns: Sequence[str],
    start: dt.date,
    end: dt.date,
    windows: Mapping[str, int] = DEFAULT_WINDOWS,
) -> dict[str, dict[str, int]]:
    """What every entity of a level delivered from `start` to `end`: its id → column → exact sum.

    For tests that compare: this adds up the definition of the model, ad by ad and day by day, and
    shares no code with the rendering of rows. Entities without delivery are left out. Only columns
    that add up are possible. `windows` are days of attribution, by `click`, `engagement` and
    `view`.
    """
    for column in columns:
        if column in RATIOS or column in _FACTS:
            raise ValueError(f"{column} does not add up: ask for the counts that it is made of")
    sums: dict[str, dict[str, int]] = {}
    days = range(start.toordinal(), end.toordinal() + 1)
    parts = {column: base_counts(column) for column in columns}
    field = _PARENT_FIELDS.get(level, "id")
    for ad in world.table("product_group_promotions" if level == "product_group" else "ads"):
        if ad["status"] == "DRAFT":
            continue
        for day in days:
            if not units(world.seed, ad, day, "IMPRESSION_1"):
                continue
            found = sums.setdefault(ad[field], dict.fromkeys(columns, 0))
            for column, names in parts.items():
                found[column] += sum(units(world.seed, ad, day, name, windows) for name in names)
    return sums


_FACTS: Final[Mapping[str, tuple[EntityLevel, str]]] = {
    "AD_ACCOUNT_ID": ("account", "id"),
    "ADVERTISER_ID": ("account", "id"),
    "ADVERTISER_NAME": ("account", "name"),
    "CAMPAIGN_ID": ("campaign", "id"),
    "CAMPAIGN_NAME": ("campaign", "name"),
    "CAMPAIGN_BRAND_LABEL": ("campaign", "BRAND"),
    "CAMPAIGN_CUSTOM_LABELS": ("campaign", "CUSTOM"),
    "CAMPAIGN_STATUS": ("campaign", "summary_status"),
    "CAMPAIGN_MANAGED_STATUS": ("campaign", "managed_status"),
    "CAMPAIGN_ENTITY_STATUS": ("campaign", "status"),
    "CAMPAIGN_OBJECTIVE_TYPE": ("campaign", "objective_type"),
    "CAMPAIGN_LIFETIME_SPEND_CAP": ("campaign", "lifetime_spend_cap"),
    "CAMPAIGN_DAILY_SPEND_CAP": ("campaign", "daily_spend_cap"),
    "CAMPAIGN_BUDGET_OPTIMIZATION": ("campaign", "is_campaign_budget_optimization"),
    "IS_PREMIERE_CAMPAIGN": ("campaign", "is_premiere"),
    "ORDER_LINE_ID": ("campaign", "order_line_id"),
    "ORDER_LINE_NAME": ("campaign", "order_line_name"),
    "SPEND_ORDER_LINE_PAID_TYPE": ("campaign", "order_line_paid_type"),
    "AD_GROUP_ID": ("ad_group", "id"),
    "AD_GROUP_NAME": ("ad_group", "name"),
    "AD_GROUP_ENTITY_STATUS": ("ad_group", "status"),
    "AD_GROUP_STATUS": ("ad_group", "summary_status"),
    "AD_GROUP_BUDGET_TYPE": ("ad_group", "budget_type"),
    "AD_GROUP_BUDGET_IN_LOCAL_CURRENCY": ("ad_group", "budget_in_local_currency"),
    "AD_GROUP_BID_MULTIPLIER": ("ad_group", "bid_multiplier"),
    "AD_GROUP_OPTIMIZATION": ("ad_group", "optimization"),
    "PROMO_ID": ("ad_group", "promotion_id"),
    "PROMO_NAME": ("ad_group", "promotion_name"),
    "AD_ID": ("ad", "id"),
    "AD_NAME": ("ad", "name"),
    "AD_STATUS": ("ad", "summary_status"),
    "PIN_ID": ("ad", "pin_id"),
    "PIN_PROMOTION_ID": ("ad", "id"),
    "PIN_PROMOTION_NAME": ("ad", "name"),
    "PIN_PROMOTION_STATUS": ("ad", "summary_status"),
    "STANDARD_AD_FEED_ITEM_ID": ("ad", "feed_item_id"),
    "PRODUCT_GROUP_ID": ("product_group", "id"),
    "PRODUCT_GROUP_STATUS": ("product_group", "summary_status"),
    "VIDEO_LENGTH": ("ad", "video_length"),
    "PRODUCT_GROUP_AD_IMAGE_TAG": ("ad", "image_tag"),
    "PRODUCT_GROUP_AD_VIDEO_TAG": ("ad", "video_tag"),
}
"""Columns with facts about entities: of which level, and which field. A row leaves out columns
without a value, such as the name of the ad in rows of campaigns."""

_FACTS_OF_PARTS: Final = ("KEYWORD_", "PRODUCT_ITEM_")
"""Columns that start so have facts about keywords and items: only reports on those have them."""


def _facts(world: World, level: EntityLevel, row: Fields, columns: Iterable[str]) -> dict[str, Any]:
    facts: dict[str, Any] = {ID_COLUMNS[level]: row["id"]}
    row_query = [(name, *_FACTS[name]) for name in columns if name in _FACTS]
    family = _family(world, level, row) if row_query else {}
    for name, owner_level, field in row_query:
        value = family.get(owner_level, {}).get(field)
        if value is not None:
            facts[name] = value
    return facts


def _family(world: World, level: EntityLevel, row: Fields) -> dict[str, Fields]:
    """An entity and its parents, each with the fields that only analytics show."""
    family: dict[str, Fields] = {level: row}
    for parent, field in _PARENT_FIELDS.items():
        if parent not in family and field in row:
            found = world.table(TABLES[parent]).find(row[field])
            if found is not None:
                family[parent] = found
    if "campaign" in family:
        campaign = ad_entities.shown_campaign(family["campaign"])
        family["campaign"] = {
            "is_premiere": False,
            "managed_status": "SELF_MANAGED",
            **_labels(world, campaign),
            **campaign,
        }
    if "ad_group" in family:
        group = ad_entities.shown_ad_group(family["ad_group"])
        family["ad_group"] = {
            "bid_multiplier": 1.0,
            "optimization": group["billable_event"],
            "budget_in_local_currency": (group.get("budget_in_micro_currency") or 0) / 10**6,
            **group,
        }
    if "ad" in family:
        ad = ad_entities.shown_ad(family["ad"])
        length = 5 + int(ad["id"]) % 55 if ad.get("creative_type") in ("VIDEO", "IDEA") else None
        family["ad"] = {"video_length": length, **ad}
    if "product_group" in family:
        group = family["product_group"]
        family["product_group"] = {**group, "summary_status": ad_entities.summary_status(group)}
    return family


def _labels(world: World, campaign: Fields) -> Fields:
    """The values of a campaign's active labels, by type."""
    values: dict[str, list[str]] = {}
    for label in world.table("labels").by("parent_id", campaign["id"]):
        if label["status"] == "ACTIVE":
            values.setdefault(label["label_type"], []).append(label["value"])
    return {kind: ", ".join(texts) for kind, texts in values.items()}
