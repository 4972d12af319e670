import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pinterest_async.harvest import Partition, Plan
from pinterest_async.harvest.output.tables import MISFITS, schema, table

pa: Any = pytest.importorskip("pyarrow")

PARTITION = Partition(
    id="p",
    file="f",
    account="549",
    ids=("1",),
    start=dt.date(2026, 8, 1),
    end=dt.date(2026, 8, 2),
)


def rows(**columns: list[Any]) -> list[Any]:
    """Rows from columns."""
    row = msgspec.defstruct("Row", list(columns))
    return [row(*values) for values in zip(*columns.values(), strict=True)]


def test_columns_are_typed(make_plan: Callable[..., Plan]) -> None:
    names = ["SPEND_IN_MICRO_DOLLAR", "SPEND_IN_DOLLAR", "IMPRESSION_1", "CAMPAIGN_NAME", "AD_ID"]
    assert schema(make_plan(columns=names)) == pa.schema(
        {
            "AD_ACCOUNT_ID": pa.string(),
            "AD_ID": pa.string(),
            "DATE": pa.date32(),
            "SPEND_IN_MICRO_DOLLAR": pa.int64(),
            "SPEND_IN_DOLLAR": pa.float64(),
            "IMPRESSION_1": pa.int64(),
            "CAMPAIGN_NAME": pa.string(),
        }
    )


def test_the_account_level_has_one_id_column(make_plan: Callable[..., Plan]) -> None:
    assert schema(make_plan(level="account")).names == [
        "AD_ACCOUNT_ID",
        "DATE",
        "SPEND_IN_MICRO_DOLLAR",
    ]


def test_values_arrive_unchanged(make_plan: Callable[..., Plan]) -> None:
    found = table(
        make_plan(columns=["SPEND_IN_MICRO_DOLLAR", "CTR", "CAMPAIGN_NAME"]),
        PARTITION,
        rows(
            AD_ID=["1", "1", "2"],
            DATE=["2026-08-01", "2026-08-02", None],
            SPEND_IN_MICRO_DOLLAR=[2**53 + 1, 0, None],
            CTR=[0.1, 0, None],
            CAMPAIGN_NAME=["été", "", None],
        ),
    )
    assert found.to_pydict() == {
        "AD_ACCOUNT_ID": ["549"] * 3,
        "AD_ID": ["1", "1", "2"],
        "DATE": [dt.date(2026, 8, 1), dt.date(2026, 8, 2), None],
        "SPEND_IN_MICRO_DOLLAR": [2**53 + 1, 0, None],
        "CTR": [0.1, 0.0, None],
        "CAMPAIGN_NAME": ["été", "", None],
    }


def test_other_shapes_of_the_same_value_fit(make_plan: Callable[..., Plan]) -> None:
    found = table(
        make_plan(columns=["IMPRESSION_1", "CTR", "CAMPAIGN_BUDGET_OPTIMIZATION"]),
        PARTITION,
        rows(
            AD_ID=[1, "2"],
            DATE=["2026-08-01T00:00:00", "2026-08-02"],
            IMPRESSION_1=[7.0, "8"],
            CTR=["0.5", 1],
            CAMPAIGN_BUDGET_OPTIMIZATION=[True, "ON"],
        ),
    )
    assert MISFITS not in found.schema.names
    assert found.to_pydict() == {
        "AD_ACCOUNT_ID": ["549"] * 2,
        "AD_ID": ["1", "2"],
        "DATE": [dt.date(2026, 8, 1), dt.date(2026, 8, 2)],
        "IMPRESSION_1": [7, 8],
        "CTR": [0.5, 1.0],
        "CAMPAIGN_BUDGET_OPTIMIZATION": ["true", "ON"],
    }


def test_what_does_not_fit_is_kept_beside(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(columns=["SPEND_IN_MICRO_DOLLAR", "CTR"])
    found = table(
        plan,
        PARTITION,
        rows(
            AD_ID=["1", [], "3", "4", "5"],
            DATE=["2026-08-01", "yesterday", "2026-08-02T07:00:00", 5, "2026-08-02"],
            SPEND_IN_MICRO_DOLLAR=[1, 1.5, True, 2**63, "many"],
            CTR=[1, 2, False, {}, None],
        ),
    )
    assert found.schema.names == [*schema(plan).names, MISFITS]
    assert found.column("SPEND_IN_MICRO_DOLLAR").to_pylist() == [1, None, None, None, None]
    assert found.column("CTR").to_pylist() == [1, 2, None, None, None]
    assert [value and json.loads(value) for value in found.column(MISFITS).to_pylist()] == [
        None,
        {"AD_ID": [], "DATE": "yesterday", "SPEND_IN_MICRO_DOLLAR": 1.5},
        {"DATE": "2026-08-02T07:00:00", "SPEND_IN_MICRO_DOLLAR": True, "CTR": False},
        {"DATE": 5, "SPEND_IN_MICRO_DOLLAR": 2**63, "CTR": {}},
        {"SPEND_IN_MICRO_DOLLAR": "many"},
    ]


def test_rows_that_fitted_no_struct_are_read_as_they_were_sent(
    make_plan: Callable[..., Plan],
) -> None:
    good = rows(AD_ID=["1"], DATE=["2026-08-01"], SPEND_IN_MICRO_DOLLAR=[5])
    raw = {"AD_ID": "2", "SPEND_IN_MICRO_DOLLAR": 6, "OTHER": 7}
    found = table(make_plan(), PARTITION, [*good, raw])
    assert found.column("AD_ID").to_pylist() == ["1", "2"]
    assert found.column("DATE").to_pylist() == [dt.date(2026, 8, 1), None]
    assert found.column("SPEND_IN_MICRO_DOLLAR").to_pylist() == [5, 6]


def test_hours_are_moments_in_utc(make_plan: Callable[..., Plan], yesterday: dt.date) -> None:
    plan = make_plan(granularity="HOUR", start=yesterday)
    dates = ["2026-08-01T05:00:00", "2026-08-01 06:00:00", "2026-08-01"]
    plain = rows(AD_ID=["1"] * 3, DATE=dates, SPEND_IN_MICRO_DOLLAR=[1] * 3)
    zoned = rows(AD_ID=["1"], DATE=["2026-08-01T05:00:00Z"], SPEND_IN_MICRO_DOLLAR=[1])
    found = table(plan, PARTITION, [*plain, *zoned])
    assert found.schema == schema(plan)
    assert [moment.isoformat() for moment in found.column("DATE").to_pylist()] == [
        "2026-08-01T05:00:00+00:00",
        "2026-08-01T06:00:00+00:00",
        "2026-08-01T00:00:00+00:00",
        "2026-08-01T05:00:00+00:00",
    ]
    assert table(plan, PARTITION, plain).slice(0, 1).equals(found.slice(0, 1))


def test_totals_say_which_days_they_sum_up(make_plan: Callable[..., Plan]) -> None:
    plan = make_plan(granularity="TOTAL")
    found = table(plan, PARTITION, rows(AD_ID=["1"], DATE=[None], SPEND_IN_MICRO_DOLLAR=[9]))
    assert found.to_pylist() == [
        {
            "AD_ACCOUNT_ID": "549",
            "AD_ID": "1",
            "START_DATE": PARTITION.start,
            "END_DATE": PARTITION.end,
            "SPEND_IN_MICRO_DOLLAR": 9,
        }
    ]


def test_no_rows_are_a_table_as_well(make_plan: Callable[..., Plan]) -> None:
    found = table(make_plan(), PARTITION, [])
    assert found.num_rows == 0
    assert found.schema == schema(make_plan())
