import pytest

from pinterest_async._core.column_kinds import kind


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        ("DATE", "date"),
        ("AD_ID", "id"),
        ("PIN_PROMOTION_ID", "id"),
        ("CAMPAIGN_NAME", "text"),
        ("AD_GROUP_ENTITY_STATUS", "text"),
        ("IS_PREMIERE_CAMPAIGN", "text"),
        ("SPEND_IN_MICRO_DOLLAR", "micro"),
        ("TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR", "micro"),
        ("CAMPAIGN_DAILY_SPEND_CAP", "micro"),
        ("ECPC_IN_MICRO_DOLLAR", "number"),  # an average, so not a whole number of micros
        ("SPEND_IN_DOLLAR", "number"),
        ("CTR", "number"),
        ("OUTBOUND_CTR_1", "number"),
        ("CHECKOUT_ROAS", "number"),
        ("PAGE_VISIT_COST_PER_ACTION", "number"),
        ("TOTAL_IMPRESSION_FREQUENCY", "number"),
        ("TOTAL_VIDEO_AVG_WATCHTIME_IN_SECOND", "number"),
        ("IMPRESSION_1", "count"),
        ("TOTAL_CONVERSIONS", "count"),
        ("A_COLUMN_OF_TOMORROW", "count"),
    ],
)
def test_a_column_name_tells_what_it_holds(column: str, expected: str) -> None:
    assert kind(column) == expected
