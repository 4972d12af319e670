"""The quick look at received rows says the same as the look at each of them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.harvest import Partition, Plan

pytest.importorskip("pyarrow")

from pinterest_async.harvest.output import received
from pinterest_async.harvest.output.arrow import pa
from pinterest_async.harvest.output.tables import schema

DAY = dt.timedelta(days=1)
END = dt.datetime.now(dt.UTC).date() - DAY
START = END - 2 * DAY
SPEND = "SPEND_IN_MICRO_DOLLAR"
Row = tuple[str | None, dt.date | None]

ALL: list[Row] = [(id, START + day * DAY) for id in ("8", "9") for day in range(3)]


def plan(**changes: Any) -> Plan:
    fields: dict[str, Any] = {"level": "ad", "columns": [SPEND], "start": START, "end": END}
    return Plan(**fields | changes)


def data(of: Plan, rows: Sequence[Row]) -> Any:
    columns = {
        "AD_ACCOUNT_ID": ["5"] * len(rows),
        "AD_ID": [id for id, _ in rows],
        "DATE": [day for _, day in rows],
        SPEND: list(range(len(rows))),
    }
    fields = schema(of)
    return pa.table({name: columns[name] for name in fields.names}, schema=fields)


def partition(*ids: str) -> Partition:
    return Partition(id="p", file="f", account="5", ids=ids, start=START, end=END)


_ROWS = st.lists(
    st.tuples(
        st.sampled_from(["8", "9", "10", None]),
        st.integers(-1, 3).map(lambda day: START + day * DAY) | st.none(),
    ),
    max_size=6,
)


@pytest.mark.parametrize("own", ["5", 5, None, msgspec.UNSET], ids=repr)
@pytest.mark.parametrize("other", ["6", 6, [5], {"5": 5}, "", True], ids=repr)
def test_rows_of_another_account_are_seen_in_their_columns(own: Any, other: Any) -> None:
    account = {"AD_ACCOUNT_ID": [own, "5"]}
    assert received.are_own(plan(), partition(), account)
    assert not received.are_own(plan(), partition(), {"AD_ACCOUNT_ID": [own, other]})
    assert received.are_own(plan(), partition(), {"AD_ID": ["8", [8]]})


def test_rows_that_are_own_all_together_are_not_copied() -> None:
    kind: Any = msgspec.defstruct("One", [("AD_ACCOUNT_ID", Any, None), ("AD_ID", str, "8")])
    rows = [kind("5"), kind(5), kind(None)]
    assert received.own_rows(plan(), partition(), rows)[0] is rows
    assert received.own_rows(plan(), partition(), [*rows, kind([6])])[0] == rows


@given(_ROWS | st.permutations(ALL) | st.lists(st.sampled_from(ALL), unique=True).map(sorted))
def test_both_keep_the_same_rows(rows: list[Row]) -> None:
    for ids in (("8", "9"), ()):
        found = data(plan(), rows)
        kept = received.asked_for(plan(), partition(*ids), found)
        assert kept.equals(received.sifted(plan(), partition(*ids), found))


@pytest.mark.parametrize("rows", [ALL, ALL[::3], ALL[:1], ALL[3:] + ALL[:3]])
def test_rows_as_the_api_sends_them_take_the_quick_look(
    rows: list[Row], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(received, "sifted")
    found = data(plan(), rows)
    assert received.asked_for(plan(), partition("8", "9"), found) is found


@given(st.lists(st.integers(-1, 3), max_size=5) | st.just([0, 1, 2]))
def test_rows_of_a_whole_account(days: list[int]) -> None:
    whole = plan(level="account")
    found = data(whole, [(None, START + day * DAY) for day in days])
    kept = received.asked_for(whole, partition(), found)
    assert kept.equals(received.sifted(whole, partition(), found))
