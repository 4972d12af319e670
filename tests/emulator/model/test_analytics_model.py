"""Analytics add up to the last micro-unit, whichever way they are cut."""

import datetime as dt
from collections import defaultdict
from typing import Any

import pytest
from emulator.analytics_bench import COUNTS, Desk
from hypothesis import given, settings
from hypothesis import strategies as st

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.analytics.columns import RATIOS
from pinterest_async.emulator.model.analytics.delivery import (
    delivered,
    hours,
    segments,
    series,
    units,
)
from pinterest_async.emulator.model.analytics.queries import EntityLevel, totals

UNITS = st.integers(0, 10**12)
DICE = st.integers(0, 2**20 - 1)
WEIGHTS = st.lists(st.integers(1, 60), min_size=1, max_size=12).map(tuple)
DESK = Desk(accounts=1)


def summed(rows: list[Any], *, by: str) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(COUNTS, 0))
    for row in rows:
        for column in COUNTS:
            sums[row[by]][column] += row[column]
    return dict(sums)


@given(UNITS, DICE)
def test_hours_sum_to_the_day(whole: int, dice: int) -> None:
    parts = hours(whole, dice)
    assert sum(parts) == whole
    assert min(parts) >= 0
    assert len(parts) == 24


@given(UNITS, WEIGHTS, DICE)
@settings(max_examples=50)
def test_segments_sum_to_the_day_and_their_hours_to_them(
    whole: int, weights: tuple[int, ...], dice: int
) -> None:
    day = segments(whole, weights, dice)
    assert sum(day) == whole
    assert min(day) >= 0
    by_hour = [segments(whole, weights, dice, hour) for hour in range(24)]
    assert [sum(parts) for parts in by_hour] == hours(whole, dice)
    assert [sum(parts) for parts in zip(*by_hour, strict=True)] == day


@given(
    st.sampled_from(DESK.ids("ads")),
    st.integers(0, 80),
    st.sampled_from(["CLICK:CUSTOM", *COUNTS[:2]]),
)
@settings(max_examples=50)
def test_the_fast_form_is_the_definition(id: str, days: int, leaf: str) -> None:
    ad = DESK.world.table("ads").get(id, RejectedError(404, 404, ""))
    last = DESK.now.date().toordinal()
    of = delivered(7, ad, last - days, last)
    fast = dict(zip(of.days, series(of, leaf), strict=True))
    for day in range(last - days, last + 1):
        assert fast.get(day, 0) == units(7, ad, day, leaf)


def test_levels_and_granularities_agree_with_the_totals() -> None:
    end = DESK.now.date() - dt.timedelta(days=1)
    ways: dict[EntityLevel, tuple[str, str, Any]] = {
        "account": ("ad_account/analytics", "AD_ACCOUNT_ID", {}),
        "campaign": ("campaigns/analytics", "CAMPAIGN_ID", {"campaign_ids": DESK.ids("campaigns")}),
        "ad_group": ("ad_groups/analytics", "AD_GROUP_ID", {"ad_group_ids": DESK.ids("ad_groups")}),
        "ad": ("ads/analytics", "AD_ID", {"ad_ids": DESK.ids("ads")}),
    }
    for granularity, days in (("DAY", 90), ("WEEK", 45), ("MONTH", 90), ("TOTAL", 90), ("HOUR", 3)):
        start = end - dt.timedelta(days=days - 1)
        wholes: list[dict[str, int]] = []
        for level, (operation, column, ids) in ways.items():
            found = summed(
                DESK.analytics(operation, days, granularity=granularity, **ids), by=column
            )
            known = totals(DESK.world, level, COUNTS, start, end)
            assert found == {id: known[id] for id in found}
            wholes.append({one: sum(row[one] for row in found.values()) for one in COUNTS})
        assert wholes == wholes[:1] * 4
        assert wholes[0]["SPEND_IN_MICRO_DOLLAR"] > 0


def test_product_groups_agree_with_their_totals_beside_the_ads() -> None:
    desk = Desk(accounts=5, ads=60)
    desk.account = next(iter(desk.world.table("product_group_promotions")))["ad_account_id"]
    ids = {"product_group_ids": desk.ids("product_group_promotions")}
    end = desk.now.date() - dt.timedelta(days=1)
    for granularity, days in (("DAY", 40), ("WEEK", 40), ("MONTH", 40), ("TOTAL", 40), ("HOUR", 3)):
        rows = desk.analytics("product_groups/analytics", days, granularity=granularity, **ids)
        start = end - dt.timedelta(days=days - 1)
        known = totals(desk.world, "product_group", COUNTS, start, end)
        of_account = {id: known[id] for id in ids["product_group_ids"] if id in known}
        assert summed(rows, by="PRODUCT_GROUP_ID") == of_account != {}
    (account,) = desk.analytics("ad_account/analytics", 3, granularity="TOTAL")
    of_ads = totals(desk.world, "account", COUNTS, start, end)[desk.account]
    assert {column: account[column] for column in COUNTS} == of_ads


def test_rows_have_dates_ids_and_what_was_asked_for() -> None:
    id = DESK.ids("ads")[0]
    ad = DESK.call("ads/get", ad_id=id)
    columns = ["AD_NAME", "CTR", "SPEND_IN_DOLLAR", "SPEND_IN_MICRO_DOLLAR", "AD_ID", "CAMPAIGN_ID"]
    rows = DESK.analytics("ads/analytics", ad_ids=[id], columns=columns)
    assert len(rows) > 20
    assert [row["DATE"] for row in rows] == sorted({row["DATE"] for row in rows})
    for row in rows:
        assert set(row) == {*columns, "DATE"}
        assert (row["AD_ID"], row["AD_NAME"], row["CAMPAIGN_ID"]) == (
            id,
            ad["name"],
            ad["campaign_id"],
        )
        assert row["SPEND_IN_DOLLAR"] == row["SPEND_IN_MICRO_DOLLAR"] / 10**6
        assert 0 <= row["CTR"] < 0.2
    total = DESK.analytics("ads/analytics", ad_ids=[id], columns=["AD_NAME"], granularity="TOTAL")
    assert total == [{"AD_ID": id, "AD_NAME": ad["name"]}]


def test_ratios_come_from_the_sums() -> None:
    (row,) = DESK.analytics(
        "ad_account/analytics",
        columns=["ECTR", "TOTAL_CLICKTHROUGH", "TOTAL_IMPRESSION"],
        granularity="TOTAL",
    )
    assert row["ECTR"] == row["TOTAL_CLICKTHROUGH"] / row["TOTAL_IMPRESSION"]


def test_a_ratio_of_nothing_is_null() -> None:
    rows = DESK.analytics(
        "ads/analytics", ad_ids=DESK.ids("ads"), columns=["COST_PER_LEAD", "LEADS"]
    )
    assert {row["COST_PER_LEAD"] is None for row in rows if not row["LEADS"]} == {True}
    assert {row["COST_PER_LEAD"] is None for row in rows if row["LEADS"]} == {False}


def test_shorter_attribution_windows_hold_fewer_conversions() -> None:
    def checkouts(**windows: int) -> int:
        (row,) = DESK.analytics("ad_account/analytics", granularity="TOTAL", **windows)
        return int(row["TOTAL_CHECKOUT"])

    usual = checkouts()
    assert usual == checkouts(click_window_days=30, view_window_days=1)
    assert usual > checkouts(click_window_days=7) > checkouts(click_window_days=0)


def test_rows_of_many_can_be_one() -> None:
    rows = DESK.analytics(
        "campaigns/analytics",
        campaign_ids=DESK.ids("campaigns"),
        aggregate_report_rows=True,
        granularity="TOTAL",
    )
    assert [{name: row[name] for name in COUNTS} for row in rows] == [
        {name: row[name] for name in COUNTS}
        for row in DESK.analytics("ad_account/analytics", granularity="TOTAL")
    ]


def test_nothing_is_delivered_before_an_ad_exists_or_after_today() -> None:
    desk = Desk()
    group = desk.ids("ad_groups")[0]
    desk.world.table("ad_groups").get(group, RejectedError(404, 404, ""))["status"] = "ACTIVE"
    ad = {"ad_group_id": group, "creative_type": "IDEA", "pin_id": desk.pin}
    new = desk.call("ads/create", [ad])
    id = new["items"][0]["data"]["id"]
    today = str(desk.now.date())
    rows = desk.analytics("ads/analytics", ad_ids=[id], end_date="2026-07-01")
    assert {row["DATE"] for row in rows} <= {today}


@pytest.mark.parametrize(
    ("start", "end", "granularity", "words"),
    [
        ("2026-03-10", "2026-03-11", "DAY", "last 90 days"),
        ("2026-03-11", "2026-06-09", "DAY", "at most 90 days"),
        ("2026-05-31", "2026-06-01", "HOUR", "last 8 days"),
        ("2026-06-02", "2026-06-05", "HOUR", "at most 3 days"),
        ("2026-06-02", "2026-06-01", "DAY", "before start_date"),
    ],
)
def test_dates_beyond_the_limits_are_refused(
    start: str, end: str, granularity: str, words: str
) -> None:
    with pytest.raises(RejectedError, match=words) as caught:
        DESK.analytics(
            "ad_account/analytics", start_date=start, end_date=end, granularity=granularity
        )
    assert (caught.value.status, caught.value.code) == (400, 1)


def test_ads_are_asked_for_by_id_or_by_pin_and_campaign() -> None:
    ad = DESK.call("ads/get", ad_id=DESK.ids("ads")[3])
    by_id = DESK.analytics("ads/analytics", ad_ids=[ad["id"]])
    by_pin = DESK.analytics(
        "ads/analytics", pin_ids=[ad["pin_id"]], campaign_ids=[ad["campaign_id"]]
    )
    assert by_id == by_pin != []
    with pytest.raises(RejectedError, match="ad_ids"):
        DESK.analytics("ads/analytics")


def test_only_what_adds_up_has_totals() -> None:
    day = DESK.now.date()
    for column in ("CTR", "CAMPAIGN_NAME"):
        with pytest.raises(ValueError, match="does not add up"):
            totals(DESK.world, "ad", [column], day, day)
    assert "CTR" in RATIOS
