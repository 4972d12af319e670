import pytest

from pinterest_async._core.columns import kind
from pinterest_async.harvest.plan.columns import GROUPS, expand
from pinterest_async.harvest.plan.levels import LEVELS

KNOWN_COLUMNS = LEVELS["ad"].columns


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


def test_the_description_knows_the_columns() -> None:
    assert len(KNOWN_COLUMNS) == len(set(KNOWN_COLUMNS)) > 150
    assert "SPEND_IN_MICRO_DOLLAR" in KNOWN_COLUMNS


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_stands_for_known_metrics(group: str) -> None:
    columns = expand([group], KNOWN_COLUMNS)
    assert 5 < len(columns) == len(set(columns))
    assert set(columns) <= set(KNOWN_COLUMNS)
    if group != "all":
        assert {kind(column) for column in columns} <= {"count", "micro", "number"}


def test_groups_and_names_mix_without_repetition() -> None:
    columns = expand(["CTR", "spend", "SPEND_IN_MICRO_DOLLAR", "engagement"], KNOWN_COLUMNS)
    assert columns[0] == "CTR"
    assert columns.count("SPEND_IN_MICRO_DOLLAR") == columns.count("CTR") == 1
    assert expand(["all"], KNOWN_COLUMNS) == KNOWN_COLUMNS
