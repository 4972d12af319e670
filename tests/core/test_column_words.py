"""What columns mean, by the parts of their names."""

import pytest

from pinterest_async._core.column_words import meaning, unit


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
