"""Rows decoded by the types of their columns are those that the client would have decoded."""

import datetime as dt
import json
import operator
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.rows import answer_type
from pinterest_async._request.decoding import at_once, decoded
from pinterest_async.harvest import Partition, Plan
from pinterest_async.namespaces import Namespaces

pytest.importorskip("pyarrow")

from pinterest_async.harvest.output.tables import table, table_of_columns
from pinterest_async.harvest.output.typed_columns import TypedColumns

DAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
OPERATION = Namespaces.ads.analytics.operation
COLUMNS = ("CAMPAIGN_ID", "CAMPAIGN_NAME", "SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "CTR")
QUERY = {"columns": COLUMNS, "granularity": "DAY"}
PLAN = Plan(level="ad", columns=COLUMNS, start=DAY, end=DAY)
PARTITION = Partition(id="p", file="f", account="5", ids=("8", "9"), start=DAY, end=DAY)

_VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3)
    | st.just([1])
)
_USUAL = {
    "AD_ID": st.sampled_from(["8", "9", 8]),
    "DATE": st.sampled_from([str(DAY), f"{DAY}T00:00:00", "someday"]),
    "CAMPAIGN_ID": st.none() | st.integers(0, 2**64) | st.sampled_from(["7", "x"]),
    "CAMPAIGN_NAME": st.none() | st.text(max_size=3),
    "SPEND_IN_MICRO_DOLLAR": st.none() | st.integers(-(2**64), 2**64) | st.sampled_from([0.0, 1.5]),
    "IMPRESSION_1": st.none() | st.integers(0, 9) | st.just(2.0),
    "CTR": st.none() | st.floats(0, 1) | st.integers(0, 2**64),
}
_ROWS = st.fixed_dictionaries({}, optional=_USUAL) | st.fixed_dictionaries(
    {name: usual | _VALUES for name, usual in _USUAL.items()}, optional={"NEW": _VALUES}
)


def typed() -> TypedColumns:
    return TypedColumns(lambda: answer_type(OPERATION, QUERY).__args__[0])


def as_the_client(answer: bytes) -> Any:
    return at_once(decoded(OPERATION, answer, QUERY)).data


@given(st.lists(st.lists(_ROWS, max_size=4), max_size=4))
def test_tables_are_the_same_whichever_way_rows_were_decoded(answers: list[Any]) -> None:
    decoder = typed()
    for rows in answers:
        answer = json.dumps(rows).encode()
        found = decoder.decode(answer)
        if found is None:
            continue
        usual = table(PLAN, PARTITION, as_the_client(answer))
        assert table_of_columns(PLAN, PARTITION, found).equals(usual)


def row(**changes: Any) -> dict[str, Any]:
    values = ("7", "Spring", 5, 6, 0.5)
    return {"AD_ID": "8", "DATE": str(DAY), **dict(zip(COLUMNS, values, strict=True)), **changes}


@pytest.mark.parametrize(
    "changes",
    [{}, {"AD_ID": 8}, {"CAMPAIGN_ID": 7}, {"IMPRESSION_1": 0.0}, {"CTR": 1}, {"CTR": None}],
    ids=str,
)
def test_what_live_answers_hold_is_decoded_at_once(changes: dict[str, Any]) -> None:
    assert typed().decode(json.dumps([row(), row(**changes)]).encode())


@pytest.mark.parametrize(
    "answer", [b"", b"null", b"[]", b"{}", b"[null]", b"[1", b"\xff", b"[" * 5000], ids=repr
)
def test_what_has_no_rows_is_left_to_the_client(answer: bytes) -> None:
    assert typed().decode(answer) is None


@pytest.mark.parametrize("changes", [{"NEW": 1}, {"CTR": "x"}, {"CTR": True}, {"AD_ID": None}])
def test_a_row_that_does_not_fit_leaves_all_to_the_client(changes: dict[str, Any]) -> None:
    assert typed().decode(json.dumps([row(), row(**changes)]).encode()) is None


def test_types_follow_what_answers_hold() -> None:
    decoder = typed()

    def types(**changes: Any) -> dict[str, type]:
        found = decoder.decode(json.dumps([row(CAMPAIGN_ID=7), row(**changes)]).encode())
        assert found is not None
        assert found.types["AD_ID"] is str
        return dict(found.types)

    assert types(CAMPAIGN_ID=7)["CAMPAIGN_ID"] is int
    assert types(CAMPAIGN_ID=None)["CAMPAIGN_ID"] is int
    assert types(CAMPAIGN_ID=7)["IMPRESSION_1"] is int
    assert "IMPRESSION_1" not in types(CAMPAIGN_ID=7, IMPRESSION_1=0.0)
    assert "CAMPAIGN_ID" not in types(CAMPAIGN_ID="8")
    assert types(CAMPAIGN_ID=7)["SPEND_IN_MICRO_DOLLAR"] is int


def test_large_answers_are_decoded_in_pieces() -> None:
    rows = [row(CAMPAIGN_NAME=f"Spring {number}") for number in range(30_000)]
    found = typed().decode(json.dumps(rows).encode())
    assert found is not None
    assert len(found.rows) == len(rows)
    assert found.values["CAMPAIGN_NAME"] == [one["CAMPAIGN_NAME"] for one in rows]


def test_rows_keep_their_values_so_that_these_are_freed_row_by_row() -> None:
    rows = [row(CAMPAIGN_NAME=f"Spring {number}") for number in range(1000)]
    found = typed().decode(json.dumps(rows).encode())
    assert found is not None
    for name, values in found.values.items():
        kept: list[Any] = [getattr(one, name) for one in found.rows]
        assert all(map(operator.is_, kept, values))
    # A tuple lets go of its last item first, and so of the columns before the rows.
    assert found._fields.index("rows") < found._fields.index("values")


def test_a_cut_in_a_text_leaves_all_to_the_client() -> None:
    rows = [row(CAMPAIGN_NAME="}, {" * 50) for _ in range(20_000)]
    assert typed().decode(json.dumps(rows).encode()) is None


def test_columns_that_were_learnt_since_fit() -> None:
    known: list[Any] = [answer_type(OPERATION, QUERY).__args__[0]]
    rows = TypedColumns(lambda: known[-1])
    answer = json.dumps([row(LEARNT="1")]).encode()
    assert rows.decode(answer) is None
    known.append(msgspec.defstruct("Wider", [("LEARNT", str)], bases=(known[0],), kw_only=True))
    assert rows.decode(answer)
