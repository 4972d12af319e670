import pytest

from pinterest_async._core.column_kinds import kind
from pinterest_async.harvest.plan.columns import GROUPS, expand
from pinterest_async.harvest.plan.levels import LEVELS

KNOWN_COLUMNS = LEVELS["ad"].columns


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
