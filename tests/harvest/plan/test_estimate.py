import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from pinterest_async.harvest import Counts, Plan, count, run

MakePlan = Callable[..., Plan]


async def test_it_foretells_the_calls_of_a_run(
    fake: Any, make_plan: MakePlan, tmp_path: Any
) -> None:
    pytest.importorskip("pyarrow")
    counts = await count(fake.client, make_plan())
    assert counts == Counts(entities={"1": 5, "2": 1, "3": 0})
    found = make_plan().estimate(counts)
    fake.lists.clear()
    result = await run(make_plan(), fake.client, out=tmp_path)
    assert found.calls["ads_analytics"] == len(fake.asked) == 2
    assert found.calls["ads_read"] == 1 + 3  # the fake's pages hold two; Pinterest's hold 250
    assert found.rows == result.rows == 60
    assert (found.partitions, found.reports, found.accounts) == (2, 0, 3)
    assert found.exact


def test_large_accounts_take_more_calls(make_plan: MakePlan, yesterday: dt.date) -> None:
    plan = make_plan(start=yesterday - dt.timedelta(days=88))
    found = plan.estimate({"1": 1000, "2": 251})
    assert found.calls == {"ads_read": 4 + 2 + 1, "ads_analytics": 4 + 2}
    assert found.rows == 1251 * 89
    assert found.minutes == 0


def test_days_beyond_the_endpoints_take_reports(make_plan: MakePlan, yesterday: dt.date) -> None:
    plan = make_plan(accounts=["1"], start=yesterday - dt.timedelta(days=299))
    found = plan.estimate({"1": 10})
    assert found.reports == 2
    assert found.partitions == 3
    assert found.calls["ads_analytics"] == 2 * 4 + 1
    assert "3 partitions (2 by report), 10 calls (1 ads_read, 9 ads_analytics)" in str(found)


def test_minutes_follow_the_scarcest_quota(make_plan: MakePlan) -> None:
    counts = {str(number): 1 for number in range(1000)}
    found = make_plan().estimate(counts)
    assert found.calls == {"ads_read": 1004, "ads_analytics": 1000}
    assert found.minutes == 3
    assert make_plan().estimate(counts, access="trial").minutes == 2 * 24 * 60


async def test_a_sample_stands_for_the_rest(fake: Any, make_plan: MakePlan) -> None:
    fake.things = {str(number): [f"{number}1", f"{number}2"] for number in range(100, 200)}
    counts = await count(fake.client, make_plan(), sample=10)
    assert len(counts.entities) == 10
    assert counts.unseen == 90
    found = make_plan().estimate(counts)
    assert (found.accounts, found.partitions, found.rows) == (100, 100, 2000)
    assert not found.exact
    assert "about 100 partitions" in str(found)


def test_promoted_pins_take_a_call_for_each_campaign(make_plan: MakePlan) -> None:
    plan = make_plan(level="ad_pin")
    counts = Counts(entities={"1": 151, "2": 2}, families={"1": (101, 50), "2": (1, 1)}, unseen=2)
    found = plan.estimate(counts)
    assert found.calls["ads_analytics"] == (2 + 1) + 2 + 2 * 2
    assert plan.estimate({"1": 5}).calls["ads_analytics"] == 1
    assert not plan.estimate({"1": 5}).exact


def test_granularities_and_breakdowns_multiply_rows(
    make_plan: MakePlan, yesterday: dt.date
) -> None:
    def rows(**changes: Any) -> int:
        return make_plan(**changes).estimate({"1": 2}).rows

    assert rows(granularity="TOTAL") == 2
    assert rows(granularity="HOUR", start=yesterday) == 48
    assert rows(level="account") == 10
    assert rows(level="ad_targeting", targeting_types=["GENDER", "AGE_BUCKET"]) == 40
