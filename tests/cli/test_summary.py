"""The sums of a harvest: things of all levels have a word, and names where their rows do."""

import datetime as dt
from typing import Any

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

from pinterest_async.cli.summary import THING_NAMES, totals
from pinterest_async.harvest import Plan
from pinterest_async.harvest.output.tables import table
from pinterest_async.harvest.plan.levels import LEVELS
from pinterest_async.harvest.plan.partition import Partition

DAY = dt.date(2026, 11, 1)


def test_things_of_every_level_have_a_word() -> None:
    ids = {facts.id_column for facts in LEVELS.values() if facts.id_column}
    assert THING_NAMES.keys() == ids - {"AD_ACCOUNT_ID"}


@pytest.mark.parametrize("names", [True, False])
def test_names_that_the_rows_have_are_told(*, names: bool) -> None:
    plan = Plan(level="ad", columns=["SPEND_IN_MICRO_DOLLAR"], start=DAY, end=DAY, names=names)
    partition = Partition(
        id="1", file="1", account="5", account_name="Maple", ids=("1", "2"), start=DAY, end=DAY
    )
    rows: list[dict[str, Any]] = [
        {"AD_ID": id, "AD_NAME": name, "DATE": str(DAY), "SPEND_IN_MICRO_DOLLAR": 10**6}
        for id, name in (("1", "Static 1"), ("2", None))
    ]
    found = totals(plan, [table(plan, partition, rows)])
    assert [row["AD_ID"] for row in found.by_thing] == ["1", "2"]
    assert found.names == ({"5": "Maple", "1": "Static 1", "2": None} if names else {})
