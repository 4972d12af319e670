import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from pinterest_async.errors import PinterestError
from pinterest_async.harvest import Plan, PlanError
from pinterest_async.harvest.plan import checks
from pinterest_async.harvest.plan.levels import LEVELS

DAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=7)


@pytest.fixture(autouse=True)
def a_day_that_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """Today is the day on which this module was imported, also when tests pass midnight."""
    monkeypatch.setattr(checks, "utc_today", lambda: DAY + dt.timedelta(days=7))


def mistakes(**fields: Any) -> dict[str, str]:
    """The mistakes of a plan: field -> message and fix."""
    good: dict[str, Any] = {"level": "ad", "start": DAY, "end": DAY}
    with pytest.raises(PlanError) as caught:
        Plan(**good | fields)
    assert all(found.field in str(caught.value) for found in caught.value.problems)
    return {found.field: f"{found.message}; {found.fix}" for found in caught.value.problems}


def test_all_mistakes_are_reported_at_once() -> None:
    found = mistakes(
        accounts=[],
        level="adds",
        columns=["SPEND_IN_MICRO_DOLAR", "spnd"],
        granularity="DAILY",
        end=DAY - dt.timedelta(days=1),
        click_window_days=5,
        conversion_report_time="NOW",
    )
    assert set(found) == {
        "accounts",
        "level",
        "columns",
        "granularity",
        "end",
        "click_window_days",
        "conversion_report_time",
    }
    assert "5 is not possible; choose from 0, 1, 7" in found["click_window_days"]
    assert "did you mean ad? choose from account, campaign, ad_group, ad, ad_pin" in found["level"]


def test_the_nearest_column_is_offered() -> None:
    with pytest.raises(PlanError) as caught:
        Plan(level="ad", columns=["SPEND_IN_MICRO_DOLAR", "vidoe", "%%"], start=DAY, end=DAY)
    spend, video, neither = caught.value.problems
    assert spend.fix.startswith("did you mean SPEND_IN_MICRO_DOLLAR? `pinterest columns ads spend`")
    assert video.fix.startswith("did you mean video? `")
    assert "spend, engagement, video, conversions, all" in neither.fix
    assert str(caught.value).startswith("this plan cannot run:\n- columns: there is no column")


def test_days_out_of_reach_are_reported_with_the_rest() -> None:
    old = dt.date(2020, 1, 1)
    assert set(mistakes(columns=["spnd"], start=old)) == {"columns", "start"}
    assert set(mistakes(columns=["spnd"], start=old, end="x")) == {"columns", "end"}
    assert set(mistakes(level="adz", start=old)) == {"level", "start"}


def test_a_group_that_a_level_lacks_is_reported() -> None:
    found = mistakes(level="pin", columns=["spend"])
    assert found == {
        "columns": "the level pin has no column of spend; name engagement, video or all; "
        "`pinterest columns pins` finds columns"
    }
    assert mistakes(level="user", columns=["IMPRESSION", "video"]).keys() == {"columns"}


@pytest.mark.parametrize("level", LEVELS)
def test_a_plan_that_names_no_columns_has_some(level: Any) -> None:
    targets = ["GENDER"] if level.endswith("_targeting") else []
    assert Plan(level=level, targeting_types=targets, start=DAY, end=DAY).column_names


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({"accounts": "549755885175"}, "accounts", "expected a list, got str"),
        ({"accounts": 549755885175}, "accounts", "expected a list, got int"),
        ({"accounts": ["1", 2]}, "accounts[1]", "expected a string, got int"),
        ({"accounts": ["1", "2/3"]}, "accounts[1]", "no ad account id"),
        ({"columns": "CTR"}, "columns", "expected a list, got str"),
        ({"columns": []}, "columns", "the list is empty"),
        ({"start": "2026-08-01"}, "start", "expected a date, got str"),
        ({"end": dt.datetime(2026, 8, 1, tzinfo=dt.UTC)}, "end", "expected a date, got datetime"),
        ({"view_window_days": True}, "view_window_days", "not possible"),
        (
            {"granularity": "HOUR", "end": DAY + dt.timedelta(days=3)},
            "granularity",
            "4 days by the hour are more than 3",
        ),
        (
            {"granularity": "WEEK", "start": DAY - dt.timedelta(days=186)},
            "granularity",
            "187 days by WEEK are more than 186",
        ),
        (
            {
                "level": "ad_pin",
                "granularity": "WEEK",
                "start": DAY - dt.timedelta(days=83),
                "end": DAY + dt.timedelta(days=7),
            },
            "granularity",
            "91 days by WEEK are more than 90",
        ),
        (
            {
                "level": "product_item",
                "granularity": "TOTAL",
                "start": DAY - dt.timedelta(days=31),
            },
            "granularity",
            "32 days by TOTAL are more than 31",
        ),
        (
            {
                "level": "product_group_targeting",
                "targeting_types": [
                    *("GENDER", "APPTYPE", "COUNTRY"),
                    *("PLACEMENT", "REGION", "AGE_BUCKET"),
                ],
            },
            "targeting_types",
            "reports break down by 5 types at a time; make several plans",
        ),
    ],
)
def test_a_mistake_is_named(fields: dict[str, Any], field: str, message: str) -> None:
    found = mistakes(**fields)
    assert list(found) == [field]
    assert message in found[field]


def test_a_token_in_the_wrong_place_is_not_repeated() -> None:
    with pytest.raises(PlanError) as caught:
        Plan(accounts=["pina_" + "A" * 60], level="ad", start=DAY, end=DAY)
    assert "AAA" not in str(caught.value) + repr(caught.value)


def test_a_mistake_is_an_error_of_the_sdk_and_a_value_error() -> None:
    assert issubclass(PlanError, PinterestError)
    assert issubclass(PlanError, ValueError)


@pytest.mark.parametrize(
    ("level", "granularity", "days"),
    [
        ("ad", "DAY", 914),
        ("ad", "TOTAL", 914),
        ("ad", "HOUR", 8),
        ("keyword", "DAY", 914),
        ("product_item", "DAY", 92),
        ("product_item", "HOUR", 8),
        ("user", "DAY", 90),
    ],
)
def test_dates_out_of_reach_are_refused(
    make_plan: Callable[..., Plan], level: str, granularity: str, days: int
) -> None:
    columns = ["IMPRESSION"] if level == "user" else ["CTR"]
    plan = make_plan(level=level, columns=columns, start=DAY, end=DAY, granularity=granularity)
    plan.check(today=DAY)
    plan.check(today=DAY + dt.timedelta(days=days))
    with pytest.raises(PlanError, match=f"more than {days} days back"):
        plan.check(today=DAY + dt.timedelta(days=days + 1))
    with pytest.raises(PlanError, match="still to come"):
        plan.check(today=DAY - dt.timedelta(days=1))


def test_a_breakdown_that_reports_lack_is_refused_for_older_days(
    make_plan: Callable[..., Plan],
) -> None:
    types = ["GENDER", "QUIZ_RESULT"]
    plan = make_plan(level="ad_targeting", targeting_types=types, start=DAY, end=DAY)
    plan.check(today=DAY + dt.timedelta(days=89))
    with pytest.raises(PlanError, match="QUIZ_RESULT has no older figures") as caught:
        plan.check(today=DAY + dt.timedelta(days=90))
    assert len(caught.value.problems) == 1
    types = ["GENDER", "APPTYPE", "COUNTRY", "PLACEMENT", "REGION", "AGE_BUCKET"]
    plan = make_plan(level="ad_targeting", targeting_types=types, start=DAY, end=DAY)
    plan.check(today=DAY + dt.timedelta(days=89))
    with pytest.raises(PlanError, match="break down by 5 types at a time"):
        plan.check(today=DAY + dt.timedelta(days=90))


def test_a_plan_is_a_value() -> None:
    one = Plan(accounts=["1", "2", "1"], level="ad", columns=["CTR", "CTR"], start=DAY, end=DAY)
    other = Plan(accounts=("1", "2"), level="ad", columns=("CTR",), start=DAY, end=DAY)
    assert one == other
    assert hash(one) == hash(other)
    assert one.id == other.id
    assert eval(repr(one), {"Plan": Plan, "datetime": dt}) == one  # noqa: S307
    with pytest.raises(AttributeError):
        one.level = "campaign"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_plan_survives_json() -> None:
    plan = Plan(
        accounts=["1"], level="ad", columns=["spend", "CTR"], start=DAY, end=DAY, view_window_days=0
    )
    assert Plan.from_json(plan.to_json()) == plan


def test_mistakes_in_json_are_reported_at_once() -> None:
    with pytest.raises(PlanError) as caught:
        Plan.from_json('{"level": "ad", "colums": ["CTR"], "start": "2026-08-01"}')
    assert {found.field for found in caught.value.problems} == {"colums", "end"}
    assert "columns" in str(caught.value)
    with pytest.raises(PlanError) as caught:
        Plan.from_json('{"level": "ads", "start": "1 August", "end": 3}')
    assert {found.field for found in caught.value.problems} == {"level", "start", "end"}
