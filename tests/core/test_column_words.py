"""What columns mean: each that any level has, in our words, by the parts of its name."""

import pytest

from pinterest_async._core.column_words import meaning, unit
from pinterest_async._core.columns import kind
from pinterest_async.harvest.plan.levels import LEVELS, REPORT_COLUMNS

COLUMNS = sorted(
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
    assert len(COLUMNS) > 600
    assert [column for column in COLUMNS if not meaning(column)] == []


def test_columns_that_differ_have_meanings_or_units_that_differ() -> None:
    found: dict[tuple[str, str], list[str]] = {}
    for column in COLUMNS:
        found.setdefault((meaning(column), unit(column)), []).append(column)
    alike = {tuple(names) for names in found.values() if len(names) > 1}
    assert alike == {tuple(sorted(names)) for names in SYNONYMS}


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("SPEND_IN_MICRO_DOLLAR", "Spend"),
        ("IMPRESSION_1_GROSS", "Impressions, paid, with invalid ones"),
        ("TOTAL_REPIN", "Saves, paid and earned"),
        ("TOTAL_CHECKOUT", "Checkouts"),
        ("TOTAL_VIEW_CATEGORY", "Visits of category pages"),
        ("TOTAL_VIEW_VIEW_CATEGORY", "Visits of category pages after a view alone"),
        ("TOTAL_WEB_VIEW_CATEGORY", "Visits of category pages on the web"),
        (
            "TOTAL_WEB_CLICK_CHECKOUT_VALUE_IN_MICRO_DOLLAR",
            "Value of checkouts on the web after a click",
        ),
        ("TOTAL_ENGAGEMENT_LEAD_QUANTITY", "Units in leads after another engagement"),
        (
            "INAPP_SKAN_APP_INSTALL_COST_PER_ACTION",
            "Spend divided by app installs in apps, as SKAdNetwork tells them",
        ),
        ("OFFLINE_SIGNUP_ROAS", "Value of sign-ups offline divided by spend"),
        (
            "TOTAL_SEARCH_MOBILE_ACTION_TO_DESKTOP_CONVERSION",
            "Searches on a desktop after an action on a phone",
        ),
        ("ECPCV_P95_IN_DOLLAR", "Spend per video watched to 95 %, paid or earned"),
        ("SHOWCASE_SUBPIN_SWIPE_LEFT", "Swipes to the left on Pins in showcases"),
        ("KEYWORD_ID", "Id of the keyword"),
        ("A_COLUMN_OF_TOMORROW", ""),
        ("TOTAL_TELEPATHY_CHECKOUT", ""),
        ("", ""),
    ],
)
def test_a_meaning_is_put_together_from_the_parts_of_a_name(column: str, words: str) -> None:
    assert meaning(column) == words


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("SPEND_IN_MICRO_DOLLAR", "micro-currency"),
        ("CPC_IN_MICRO_DOLLAR", "micro-currency"),
        ("CAMPAIGN_DAILY_SPEND_CAP", "micro-currency"),
        ("COST_PER_OUTBOUND_CLICK_IN_DOLLAR_1", "currency"),
        ("PAGE_VISIT_COST_PER_ACTION", "currency"),
        ("AD_GROUP_BUDGET_IN_LOCAL_CURRENCY", "currency"),
        ("VIDEO_AVG_WATCHTIME_IN_SECOND_2", "seconds"),
        ("CTR_2", "ratio"),
        ("OUTBOUND_CTR", "ratio"),
        ("CHECKOUT_ROAS", "ratio"),
        ("QUIZ_COMPLETION_RATE", "ratio"),
        ("IMPRESSION_1", ""),
        ("CAMPAIGN_NAME", ""),
    ],
)
def test_a_unit_follows_from_the_name(column: str, name: str) -> None:
    assert unit(column) == name


def test_what_is_an_amount_has_a_unit() -> None:
    without = [one for one in COLUMNS if kind(one) in ("micro", "number") and not unit(one)]
    assert without == [
        "AD_GROUP_BID_MULTIPLIER",
        "SHOWCASE_AVERAGE_SUBPAGE_CLOSEUP_PER_SESSION",
        "TOTAL_IMPRESSION_FREQUENCY",
        "VIDEO_AVG_WATCH_TIME",
        "VIDEO_LENGTH",
    ]
