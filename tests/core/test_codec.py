"""Answers are decoded in one go; analytics rows get a struct for the columns asked for."""

import contextlib
import copy
import pickle
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from pinterest_async._core.codec import EmptyBodyError, Row, assume_utc, decode, row_type
from pinterest_async._core.operation import Operation


class Pin(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    id: str
    title: str | None = None


class AnalyticsRow(Row, frozen=True, gc=False):
    """Columns of analytics."""


class AdRow(AnalyticsRow, frozen=True, gc=False):
    """A row of the analytics of an ad."""

    __always__: ClassVar[tuple[str, ...]] = ("DATE", "AD_ID")


def operation(answer: Any, row_columns: str | None = None) -> Operation[Any]:
    return Operation(
        id="ads/analytics",
        namespace="ads",
        name="analytics",
        method="GET",
        path="/x",
        answer=answer,
        category="ads_analytics",
        row_columns=row_columns,
    )


PINS = operation(list[Pin])
ROWS = operation(list[AdRow], "columns")


def test_unknown_fields_are_ignored() -> None:
    assert decode(PINS, b'[{"id": "1", "newer": {}}]') == [Pin(id="1")]


@pytest.mark.parametrize("raw", [b"", b"{}", b"<html>"])
def test_no_answer_is_none_whatever_the_body(raw: bytes) -> None:
    assert decode(operation(None), raw) is None


def test_json_without_a_shape() -> None:
    assert decode(operation(Any), b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize("raw", [b"", b" \n"])
def test_an_empty_body_is_told_apart(raw: bytes) -> None:
    with pytest.raises(EmptyBodyError):
        decode(PINS, raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"<html></html>",
        b"[{",
        b'[{"id": "\xff"}]',
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"id": "1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
    ids=["html", "cut", "encoding", "deep", "deep-inside"],
)
def test_what_is_no_json_is_one_kind_of_error(raw: bytes) -> None:
    for one in (PINS, operation(Any)):
        with pytest.raises(msgspec.DecodeError) as caught:
            decode(one, raw)
        assert type(caught.value) is not EmptyBodyError


def test_a_misfit_is_a_validation_error() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.id"):
        decode(PINS, b'[{"id": 5}]')


def test_two_operations_of_one_id_do_not_share_a_decoder() -> None:
    assert decode(operation(list[Pin]), b'[{"id": "1"}]') == [Pin(id="1")]
    assert decode(operation(list[Any]), b'[{"id": "1"}]') == [{"id": "1"}]


# Rows


def rows(raw: bytes, columns: Any = ("SPEND_IN_DOLLAR", "CTR")) -> list[Any]:
    return decode(ROWS, raw, {"columns": columns, "granularity": "DAY"})


def test_rows_have_the_columns_that_were_asked_for() -> None:
    (row,) = rows(b'[{"DATE": "2026-01-31", "AD_ID": 5, "SPEND_IN_DOLLAR": 1.5, "OTHER": 1}]')
    assert issubclass(type(row), AdRow)
    assert type(row).__name__ == "AdRow"
    assert type(row).__doc__ == "A row of the analytics of an ad."
    assert (row.DATE, row.AD_ID, row.SPEND_IN_DOLLAR, row.CTR) == ("2026-01-31", 5, 1.5, None)
    assert not hasattr(row, "OTHER")
    assert [*asdict(row)] == ["DATE", "AD_ID", "SPEND_IN_DOLLAR", "CTR"]
    assert repr(row) == "AdRow(DATE='2026-01-31', AD_ID=5, SPEND_IN_DOLLAR=1.5, CTR=None)"


@pytest.mark.parametrize("value", [b"1", b"1.5", b'"x"', b"null"])
def test_a_column_may_hold_any_scalar(value: bytes) -> None:
    (row,) = rows(b'[{"CTR": ' + value + b"}]")
    assert asdict(row)["CTR"] == msgspec.json.decode(value)


@pytest.mark.parametrize("columns", [None, "CTR", 5, []])
def test_without_columns_there_are_the_ones_that_always_come(columns: Any) -> None:
    (row,) = rows(b'[{"AD_ID": "5", "CTR": 1}]', columns)
    assert asdict(row) == {"DATE": None, "AD_ID": "5"}


def test_types_are_made_once_for_each_set_of_columns() -> None:
    assert row_type(AdRow, ("CTR",)) is row_type(AdRow, ("CTR",))
    assert row_type(AdRow, ("CTR",)) is not row_type(AdRow, ("SPEND",))
    assert type(rows(b"[{}]")[0]) is row_type(AdRow, ("SPEND_IN_DOLLAR", "CTR"))


def test_columns_that_cannot_be_fields_are_left_out() -> None:
    made = row_type(AdRow, ("a-b", "", "__init__", "CTR", "CTR", "DATE", "class"))
    assert made.__struct_fields__ == ("DATE", "AD_ID", "CTR", "class")


def test_rows_are_found_in_wrappers() -> None:
    wrapped = operation(dict[str, list[AdRow] | None], "columns")
    answer = decode(wrapped, b'{"1": [{"CTR": 2}], "2": null}', {"columns": ["CTR"]})
    assert answer["1"][0].CTR == 2
    assert answer["2"] is None


def test_rows_can_be_pickled_and_copied() -> None:
    (row,) = rows(b'[{"DATE": "2026-01-31", "CTR": 2}]')
    for twin in (
        pickle.loads(pickle.dumps(row)),  # noqa: S301 - what this test wrote
        copy.copy(row),
        copy.deepcopy(row),
    ):
        assert twin == row
        assert type(twin) is type(row)
    assert pickle.loads(pickle.dumps(AdRow())) == AdRow()  # noqa: S301 - likewise


def test_rows_are_immutable() -> None:
    (row,) = rows(b'[{"CTR": 2}]')
    with pytest.raises(AttributeError):
        row.CTR = 3


def test_assume_utc_leaves_other_values_alone() -> None:
    class Odd(msgspec.Struct, frozen=True):
        at: Any

    for value in (None, "yesterday", 5):
        odd = Odd(at=value)
        assume_utc(odd, "at")
        assert odd.at == value


@given(st.binary() | st.text().map(str.encode))
def test_decode_raises_nothing_but_decode_errors(raw: bytes) -> None:
    for one in (PINS, operation(Any)):
        with contextlib.suppress(msgspec.DecodeError):
            decode(one, raw)
