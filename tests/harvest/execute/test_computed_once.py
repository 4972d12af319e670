"""What depends on the plan only is computed once, however many partitions it has."""

import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.harvest import Plan, run
from pinterest_async.harvest.plan import cutting, levels, plan

pytest.importorskip("pyarrow")

from pinterest_async.harvest.output import tables

MakePlan = Callable[..., Plan]


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each of some functions was called, once all levels know their columns."""
    for level in levels.LEVELS.values():
        assert level.columns
        assert level.targeting_types is not None
    calls: Counter[str] = Counter()

    def count(module: Any, name: str) -> None:
        function = getattr(module, name)

        def counting(*arguments: Any, **named: Any) -> Any:
            calls[name] += 1
            return function(*arguments, **named)

        monkeypatch.setattr(module, name, counting)

    count(levels, "_literals")
    count(plan, "expand")
    count(plan, "digest")
    count(plan, "Cutter")
    count(cutting, "url_length")
    count(tables, "column_kind")
    return calls


@pytest.mark.parametrize("accounts", [1, 40])
async def test_it_costs_the_same_for_many_partitions(
    fake: Any, make_plan: MakePlan, tmp_path: Path, counted: Counter[str], accounts: int
) -> None:
    columns = ["SPEND_IN_MICRO_DOLLAR", "CTR", f"IMPRESSION_{1 + (accounts > 1)}"]
    fake.things = {str(number): [f"{number}1"] for number in range(100, 100 + accounts)}
    result = await run(make_plan(columns=columns), fake.client, out=tmp_path)
    assert result.done == accounts
    # Names of the series and of the plan; content of account, ad, date and the columns.
    assert counted == {"expand": 1, "digest": 2, "Cutter": 1, "url_length": 1, "column_kind": 6}


def test_what_was_computed_is_no_part_of_the_plan(make_plan: MakePlan) -> None:
    used, fresh = make_plan(), make_plan()
    assert used.cutter.columns == used.column_names
    assert (used, hash(used), repr(used)) == (fresh, hash(fresh), repr(fresh))
    assert used.to_json() == fresh.to_json()
    assert pickle.dumps(used) == pickle.dumps(fresh)
