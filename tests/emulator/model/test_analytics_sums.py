"""Every column that adds up does so on every level, by any time, by any split, either way."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import pytest
from emulator.analytics_bench import Desk
from emulator.analytics_columns import columns, counts, numbers
from emulator.analytics_reports import report

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.analytics.columns import RATIOS, SUMS
from pinterest_async.emulator.model.analytics.queries import ID_COLUMNS, TABLES, EntityLevel, totals

SYNC = counts("ads/analytics")
ASYNC = counts("analytics/create_report")
USERS = "TOTAL_IMPRESSION_USER"
GRANULARITIES = {"HOUR": 2, "DAY": 5, "WEEK": 12, "MONTH": 12, "TOTAL": 5}
"""With the days to ask for."""
WAYS: Mapping[EntityLevel, tuple[str, str, str | None]] = {
    "account": ("ad_account/analytics", "ADVERTISER", "ad_account_targeting_analytics/get"),
    "campaign": ("campaigns/analytics", "CAMPAIGN", "campaign_targeting_analytics/get"),
    "ad_group": ("ad_groups/analytics", "AD_GROUP", "ad_groups_targeting_analytics/get"),
    "ad": ("ads/analytics", "PIN_PROMOTION", "ad_targeting_analytics/get"),
    "product_group": ("product_groups/analytics", "PRODUCT_GROUP", None),
}
"""By level: what answers at once, the level of reports, what splits by targeting at once."""

every_level = pytest.mark.parametrize("level", WAYS)
every_granularity = pytest.mark.parametrize("granularity", GRANULARITIES)


def small_desk() -> Desk:
    """A world of one ad account that has a few of everything."""
    desk = Desk(accounts=12, ads=6)
    tables = [desk.world.table(name) for name in TABLES.values()]
    desk.account = next(iter(tables[-1]))["ad_account_id"]
    for table in tables:
        for row in list(table):
            if row.get("ad_account_id", desk.account) != desk.account:
                table.remove(row["id"])
    campaign = {"name": "Second", "objective_type": "AWARENESS", "daily_spend_cap": 10**8}
    made = desk.call("campaigns/create", [campaign])["items"][0]["data"]["id"]
    group = {"campaign_id": made, "name": "Second", "billable_event": "IMPRESSION"}
    made = desk.call("ad_groups/create", [group])["items"][0]["data"]["id"]
    ad = {"ad_group_id": made, "name": "Second", "creative_type": "VIDEO", "pin_id": desk.pin}
    made = desk.call("ads/create", [ad])["items"][0]["data"]["id"]
    desk.world.table("ads").get(made, RejectedError(404, 404, ""))["created_time"] -= 40 * 86_400
    for name, texts in (("ad_groups", ("oak", "linen")), ("campaigns", ("wool",))):
        words = [{"match_type": "BROAD", "value": text} for text in texts]
        body = {"parent_id": desk.ids(name)[0], "keywords": words}
        desk.call("keywords/create", body)
    return desk


DESK = small_desk()


def ids(level: EntityLevel) -> dict[str, Any]:
    """What names all entities of a level in a query."""
    return {} if level == "account" else {f"{level}_ids": DESK.ids(TABLES[level])}


def at_once(level: EntityLevel, granularity: str, **values: Any) -> list[Any]:
    days, operation = GRANULARITIES[granularity], WAYS[level][0]
    query = {"columns": SYNC, "granularity": granularity, **ids(level), **values}
    found: list[Any] = DESK.analytics(operation, days, **query)
    return found


def reported(level: str, granularity: str, **values: Any) -> dict[str, list[Any]]:
    end = DESK.now.date() - dt.timedelta(days=1)
    body = {
        "level": level,
        "columns": ASYNC,
        "granularity": granularity,
        "start_date": str(end - dt.timedelta(days=GRANULARITIES[granularity] - 1)),
        "end_date": str(end),
        **values,
    }
    found: dict[str, list[Any]] = msgspec.json.decode(report(DESK, body))
    return found


def added(rows: Iterable[Any], names: list[str], *by: str) -> dict[tuple[Any, ...], dict[str, int]]:
    """The sums of columns over the rows that agree in the fields `by`."""
    sums: dict[tuple[Any, ...], dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    for row in rows:
        held = sums[tuple(row.get(name) for name in by)]
        for name in names:
            assert type(row[name]) is int
            held[name] += row[name]
    return dict(sums)


def known(level: EntityLevel, names: list[str], days: int, **windows: int) -> Any:
    end = DESK.now.date() - dt.timedelta(days=1)
    start = end - dt.timedelta(days=days - 1)
    usual = {"click": 30, "engagement": 30, "view": 1}
    found = totals(DESK.world, level, names, start, end, {**usual, **windows})
    own = {DESK.account, *DESK.ids(TABLES[level])}
    return {(id,): sums for id, sums in found.items() if id in own}


def test_the_columns_are_those_of_the_description() -> None:
    assert len(SYNC) > 80
    assert len(ASYNC) > 400
    assert {"TOTAL_CHECKOUT", "SPEND_IN_MICRO_DOLLAR"} <= {*SYNC} & {*ASYNC}
    assert not {*ASYNC} & {*RATIOS}
    telling = ("_STATUS", "_NAME", "_RATE", "_ROAS", "_LABELS", "_COST_PER_ACTION")
    assert [name for name in ASYNC if name.endswith(telling)] == []


@every_granularity
@every_level
def test_times_add_up_to_the_model(level: EntityLevel, granularity: str) -> None:
    """HOUR, DAY, WEEK, MONTH and TOTAL of every entity are what the model's definition says."""
    found = added(at_once(level, granularity), SYNC, ID_COLUMNS[level])
    assert found == known(level, SYNC, GRANULARITIES[granularity]) != {}


@pytest.mark.parametrize("windows", [{"click": 7}, {"engagement": 0, "view": 30}])
def test_attribution_windows_are_the_same_on_every_level(windows: dict[str, int]) -> None:
    query = {f"{kind}_window_days": days for kind, days in windows.items()}
    wholes: list[dict[str, int]] = []
    for level in ("account", "campaign", "ad_group", "ad"):
        rows = at_once(level, "DAY", **query)
        assert added(rows, SYNC, ID_COLUMNS[level]) == known(
            level, SYNC, GRANULARITIES["DAY"], **windows
        )
        wholes += added(rows, SYNC).values()
    assert wholes == wholes[:1] * 4
    column = "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"
    (usual,) = at_once("account", "TOTAL", columns=[column])
    (other,) = at_once("account", "TOTAL", columns=[column], **query)
    assert usual != other


@every_granularity
@every_level
def test_a_report_has_the_rows_of_the_answer_at_once(level: EntityLevel, granularity: str) -> None:
    """Ratios and facts included, whatever the windows."""
    names = [*columns("ads/analytics")]
    for windows in ({}, {"click_window_days": 1, "view_window_days": 7}):
        rows = at_once(level, granularity, columns=names, **windows)
        found = reported(WAYS[level][1], granularity, columns=names, **windows)
        assert [row for some in found.values() for row in some] == rows != []


@pytest.mark.parametrize("granularity", ["DAY", "TOTAL"])
def test_what_only_reports_have_adds_up_to_the_model(granularity: str) -> None:
    names = ASYNC[:: 1 if granularity == "TOTAL" else 7]
    for level in ("account", "ad_group"):
        rows = reported(WAYS[level][1], granularity, columns=names)
        found = added((row for some in rows.values() for row in some), names, ID_COLUMNS[level])
        assert found == known(level, names, GRANULARITIES[granularity])


@every_granularity
@every_level
def test_targeting_splits_add_up_to_the_whole(level: EntityLevel, granularity: str) -> None:
    """Each type does, at once and by report, whose rows are the same."""
    types = ["GENDER", "AUDIENCE_INCLUDE"]
    _, name, operation = WAYS[level]
    by = (ID_COLUMNS[level], "DATE")
    names = [one for one in SYNC[:: 4 if granularity == "HOUR" else 1] if one != USERS]
    whole = added(at_once(level, granularity, columns=names), names, *by)
    query: dict[str, Any] = {"columns": names, "targeting_types": types}
    found = reported(f"{name}_TARGETING", granularity, **query)
    rows = [row for some in found.values() for row in some]
    for type in types:
        assert added((row for row in rows if row["TARGETING_TYPE"] == type), names, *by) == whole
    if operation is None:
        return
    query |= {"granularity": granularity, **ids(level)}
    split = DESK.analytics(operation, GRANULARITIES[granularity], **query)["data"]
    flat = [
        {
            "TARGETING_TYPE": one["targeting_type"],
            "TARGETING_VALUE": one["targeting_value"],
            **one["metrics"],
        }
        for one in split
    ]
    assert sorted(flat, key=repr) == sorted(rows, key=repr)


@every_granularity
def test_parts_add_up_to_their_whole_split_or_not(granularity: str) -> None:
    """Keywords to their ad group or campaign, product items to their product group."""
    names = ["SPEND_IN_MICRO_DOLLAR", "TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"]
    items = reported("PRODUCT_ITEM", granularity, columns=names)
    query: dict[str, Any] = {"columns": names, "targeting_types": ["GENDER", "APPTYPE"]}
    for combined in (False, True):
        split = reported(
            "PRODUCT_ITEM_TARGETING", granularity, combine_targeting_types=combined, **query
        )
        assert split.keys() == items.keys() != set()
        for id, rows in split.items():
            assert {row["PRODUCT_ITEM_ID"] for row in rows} == {id}
            for kind in ["GENDER_AND_APPTYPE"] if combined else query["targeting_types"]:
                of_kind = [row for row in rows if row["TARGETING_TYPE"] == kind]
                assert added(of_kind, names, "DATE") == added(items[id], names, "DATE")
            if combined:
                assert "female&iphone" in {row["TARGETING_VALUE"] for row in rows}
    whole = at_once("product_group", granularity, columns=names)
    rows = [row for some in items.values() for row in some]
    assert added(rows, names, "DATE") == added(whole, names, "DATE")
    words = reported("KEYWORD", granularity, columns=names)
    parents = DESK.call("keywords/get")["items"]
    kinds: dict[EntityLevel, str] = {"ad_group": "AD_GROUP", "campaign": "CAMPAIGN"}
    for level, kind in kinds.items():
        own = [one for one in parents if one["parent_type"] == kind]
        (parent,) = {one["parent_id"] for one in own}
        rows = [row for one in own for row in words[one["id"]]]
        query = {f"{level}_ids": [parent], "columns": names}
        whole = at_once(level, granularity, **query)
        assert added(rows, names, "DATE") == added(whole, names, "DATE")


def test_parts_are_filtered_by_what_was_delivered_in_all() -> None:
    field = "TOTAL_IMPRESSION"
    for level, by in (("KEYWORD", "KEYWORD_ID"), ("PRODUCT_ITEM", "PRODUCT_ITEM_ID")):
        everything = reported(level, "DAY", columns=[field])
        sums = {id: sum(row[field] for row in rows) for id, rows in everything.items()}
        limit = sorted(sums.values())[len(sums) // 2]
        filters = [{"field": field, "operator": "GREATER_THAN", "values": [limit]}]
        found = reported(level, "DAY", columns=[field], metrics_filters=filters)
        assert {*found} == {id for id, units in sums.items() if units > limit} != set()
        assert {row[by] for rows in found.values() for row in rows} == {*found}


def test_sources_places_and_devices_of_conversions_add_up() -> None:
    devices = ("DESKTOP", "MOBILE", "TABLET")
    paths = [f"{one}_ACTION_TO_{other}_CONVERSION" for one in devices for other in devices]
    names = [name for name in ASYNC if name.startswith("TOTAL_")]
    rows = [row for some in reported("CAMPAIGN", "DAY", columns=names).values() for row in some]
    for event in ("CHECKOUT", "SIGNUP", "ADD_TO_CART", "LEAD", "SEARCH"):
        for kind in ("", "_VALUE_IN_MICRO_DOLLAR"):
            whole = f"TOTAL_{event}{kind}"
            sources = [f"TOTAL_{one}_{event}{kind}" for one in ("CLICK", "ENGAGEMENT", "VIEW")]
            places = [f"TOTAL_{one}_{event}{kind}" for one in ("WEB", "INAPP", "OFFLINE")]
            for parts in (sources, [one for one in places if one in names]):
                assert len(parts) > 1
                assert [sum(row[one] for one in parts) for row in rows] == [
                    row[whole] for row in rows
                ]
        parts = [f"TOTAL_{event}_{path}" for path in paths]
        assert [sum(row[one] for one in parts) for row in rows] == [
            row[f"TOTAL_{event}"] for row in rows
        ]
    assert all(row["TOTAL_CHECKOUT_QUANTITY"] >= row["TOTAL_CHECKOUT"] for row in rows)


@pytest.mark.parametrize("level", ["account", "ad"])
@pytest.mark.parametrize("operation", ["ads/analytics", "analytics/create_report"])
def test_ratios_are_those_of_the_sums(level: EntityLevel, operation: str) -> None:
    """Of days as well as of all together: never an average of ratios."""
    ratios = {name: RATIOS[name] for name in numbers(operation) if name in RATIOS}
    assert len(ratios) > 20
    parts = [one for ratio in ratios.values() for one in (ratio.over, ratio.under) if one]
    known = [name for name in parts if name in ASYNC or name in SUMS]
    for granularity in ("DAY", "TOTAL"):
        names = [*ratios, *dict.fromkeys(known)]
        found = reported(WAYS[level][1], granularity, columns=names)
        for row in (row for rows in found.values() for row in rows):
            for name, ratio in ratios.items():
                if {ratio.over, ratio.under} <= {*known, ""}:
                    under = row[ratio.under] if ratio.under else 1
                    expected = row[ratio.over] * ratio.times / (under * ratio.by) if under else None
                    assert row[name] == expected, name


def test_dates_come_first_where_that_is_asked_for() -> None:
    usual = reported("CAMPAIGN", "DAY", columns=SYNC)
    by_date = reported("CAMPAIGN", "DAY", columns=SYNC, primary_sort="BY_DATE")
    assert [*by_date] == sorted(by_date)
    for date, rows in by_date.items():
        assert rows == [row for some in usual.values() for row in some if row["DATE"] == date]


def test_hours_begin_and_end_as_asked_for() -> None:
    usual = reported("ADVERTISER", "HOUR", columns=SYNC)[DESK.account]
    (found,) = reported("ADVERTISER", "HOUR", columns=SYNC, start_hour=7, end_hour=15).values()
    assert found == usual[7 : 24 + 15]


def test_facts_are_those_of_the_entities() -> None:
    """Statuses and names are texts, as the entities have them."""
    campaign = DESK.call("campaigns/get", campaign_id=DESK.ids("campaigns")[0])
    labels = [{"label_type": kind, "value": f"my {kind}"} for kind in ("BRAND", "CUSTOM")]
    DESK.call("labels/create", {"parent_id": campaign["id"], "labels": labels})
    operation = "analytics/create_report"
    facts = [*{*columns(operation)} - {*numbers(operation)}]
    found = reported("PIN_PROMOTION", "TOTAL", columns=[*facts, "SPEND_IN_MICRO_DOLLAR"])
    branded = reported("PIN_PROMOTION", "TOTAL", columns=["AD_ID"], campaign_brand_label="my BRAND")
    assert {*branded} == {
        id
        for id, rows in found.items()
        if any(row["CAMPAIGN_ID"] == campaign["id"] for row in rows)
    }
    for id, (row,) in found.items():
        ad = DESK.call("ads/get", ad_id=id)
        group = DESK.call("ad_groups/get", ad_group_id=ad["ad_group_id"])
        above = DESK.call("campaigns/get", campaign_id=ad["campaign_id"])
        assert row["AD_STATUS"] == row["PIN_PROMOTION_STATUS"] == ad["summary_status"]
        assert row["PIN_PROMOTION_NAME"] == row["AD_NAME"] == ad["name"]
        assert row["AD_GROUP_STATUS"] == group["summary_status"]
        assert row["AD_GROUP_BUDGET_TYPE"] == group["budget_type"]
        assert row["CAMPAIGN_STATUS"] == above["summary_status"]
        assert row["CAMPAIGN_ENTITY_STATUS"] == above["status"]
        assert row["CAMPAIGN_MANAGED_STATUS"] == "SELF_MANAGED"
        own = above["id"] == campaign["id"]
        assert row.get("CAMPAIGN_BRAND_LABEL") == ("my BRAND" if own else None)
        assert row.get("CAMPAIGN_CUSTOM_LABELS") == ("my CUSTOM" if own else None)
    promoted = reported("PRODUCT_GROUP", "TOTAL", columns=["PRODUCT_GROUP_STATUS"])
    statuses = {id: rows[0]["PRODUCT_GROUP_STATUS"] for id, rows in promoted.items()}
    for wanted in {*statuses.values()}:
        kept = reported(
            "PRODUCT_GROUP", "TOTAL", columns=["PIN_ID"], product_group_statuses=[wanted]
        )
        assert {*kept} == {id for id, status in statuses.items() if status == wanted}
