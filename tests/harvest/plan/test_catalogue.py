"""What there is to harvest, as Python has it."""

import datetime as dt
from typing import Any

import pytest

from pinterest_async import harvest
from pinterest_async._core.column_kinds import kind
from pinterest_async._core.column_words import meaning, unit
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import Plan, PlanError, columns, levels
from pinterest_async.harvest.plan.columns import GROUPS, expand
from pinterest_async.harvest.plan.levels import LEVELS, REPORT_COLUMNS, Level

DAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=7)


ALL_COLUMNS = sorted(
    REPORT_COLUMNS.union(
        *((*facts.columns, *facts.extra_columns) for facts in LEVELS.values()),
        (facts.id_column for facts in LEVELS.values() if facts.id_column),
        ("DATE", "START_DATE", "END_DATE", "AD_ACCOUNT_NAME"),
    )
)
SYNONYMS = (
    ("AD_ACCOUNT_ID", "ADVERTISER_ID"),
    ("AD_ID", "PIN_PROMOTION_ID"),
    ("AD_NAME", "PIN_PROMOTION_NAME"),
    ("AD_STATUS", "PIN_PROMOTION_STATUS"),
    ("IMPRESSION_1", "PAID_IMPRESSION"),
)
"""Columns that mean the same."""


def test_every_column_of_every_level_has_a_meaning() -> None:
    assert len(ALL_COLUMNS) > 550
    assert [column for column in ALL_COLUMNS if not meaning(column)] == []


def test_columns_that_differ_have_meanings_or_units_that_differ() -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for column in ALL_COLUMNS:
        found.setdefault((meaning(column), unit(column)), []).append(column)
    alike = {tuple(names) for names in found.values() if len(names) > 1}
    assert alike <= {tuple(sorted(names)) for names in SYNONYMS}


@pytest.mark.parametrize("level", LEVELS)
def test_the_columns_of_a_level_are_those_that_a_plan_may_name(level: Level) -> None:
    found = columns(level)
    names = [column.name for column in found]
    assert len(set(names)) == len(names)
    assert {*LEVELS[level].columns} <= {*names}
    fixed = {column.name for column in found if column.always}
    assert {*names} - {*LEVELS[level].columns} <= fixed
    assert "DATE" in fixed
    for group in GROUPS[:-1]:
        of_group = [one.name for one in found if group in one.groups]
        assert of_group == [*expand([group], LEVELS[level].columns)]
    assert all(column.meaning for column in found)


def test_levels_say_what_plans_accept() -> None:
    found = {level.name: level for level in levels()}
    assert [*found] == [*LEVELS]
    assert all(level.about for level in found.values())
    item, user = found["product_item"], found["user"]
    assert (item.command, item.source, item.days_back) == ("product-items", "reports", 92)
    assert item.ids == ("AD_ACCOUNT_ID", "PRODUCT_ITEM_ID", "CAMPAIGN_ID", "AD_GROUP_ID")
    assert (user.source, user.days_back, user.hours_back) == ("calls", 90, None)
    assert (found["ad"].source, found["ad"].hours_back) == ("calls and reports", 8)
    assert found["account"].ids == ("AD_ACCOUNT_ID",)
    assert found["ad_pin"].ids == ("AD_ACCOUNT_ID", "CAMPAIGN_ID", "PIN_ID")
    assert "GENDER" in found["ad_targeting"].targeting_types


def test_a_level_that_there_is_not_is_told() -> None:
    with pytest.raises(ConfigurationError, match="there is no level adss"):
        columns("adss")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("fields", "command"),
    [
        ({"columns": ["SPEND_IN_MICRO_DOLAR"]}, "pinterest columns ads spend"),
        ({"columns": ["TOTAL_CHEKOUT"], "level": "ad_pin"}, "pinterest columns ad-pins total"),
        ({"columns": ["%%"]}, "pinterest columns ads spend"),
        ({"columns": []}, "pinterest columns ads spend"),
        ({"columns": "CTR"}, "pinterest columns ads spend"),
        ({"columns": ["spend"], "level": "pin"}, "pinterest columns pins"),
        ({"columns": ["CTRR"], "level": "adz"}, "pinterest columns spend"),
    ],
)
def test_every_mistake_in_columns_says_how_to_find_them(
    fields: dict[str, Any], command: str
) -> None:
    good: dict[str, Any] = {"level": "ad", "start": DAY, "end": DAY}
    with pytest.raises(PlanError) as caught:
        Plan(**good | fields)
    (problem,) = (one for one in caught.value.problems if one.field == "columns")
    assert problem.fix.endswith(f" `{command}` finds columns")


def test_a_harvest_has_all_that_it_promises() -> None:
    assert all(getattr(harvest, name) is not None for name in harvest.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Plam'"):
        _ = harvest.Plam  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]


def test_what_is_an_amount_has_a_unit() -> None:
    without = [one for one in ALL_COLUMNS if kind(one) in ("micro", "number") and not unit(one)]
    assert {*without} <= {
        "AD_GROUP_BID_MULTIPLIER",
        "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION",
        "TOTAL_IMPRESSION_FREQUENCY",
        "VIDEO_AVG_WATCH_TIME",  # a time, in a unit that is not documented
        "VIDEO_LENGTH",
    }
