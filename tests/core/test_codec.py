"""Answers are decoded in one go; analytics rows get a struct for the columns asked for."""

import contextlib
import copy
import datetime as dt
import pickle
from typing import Any, ClassVar, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import asdict

from pinterest_async._core.codec import assume_utc, decode
from pinterest_async._core.operation import Operation
from pinterest_async._core.rows import Row, row_type
from pinterest_async.resources.media import MEDIA_CREATE


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


def test_structs_that_are_not_ours_ignore_unknown_fields() -> None:
    assert decode(PINS, b'[{"id": "1", "newer": {}}]') == [Pin(id="1")]


@pytest.mark.parametrize("raw", [b"", b"{}", b"<html>"])
def test_no_answer_is_none_whatever_the_body(raw: bytes) -> None:
    assert decode(operation(None), raw) is None


def test_json_without_a_shape() -> None:
    assert decode(operation(Any), b'{"a": [1, null]}') == {"a": [1, None]}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" \n",
        b"<html></html>",
        b"[{",
        b'[{"id": "\xff"}]',
        b"[" * 100_000 + b"]" * 100_000,
        b'[{"id": "1", "x": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]",
    ],
    ids=["empty", "blank", "html", "cut", "encoding", "deep", "deep-inside"],
)
def test_what_is_no_json_is_one_kind_of_error(raw: bytes) -> None:
    for one in (PINS, operation(Any)):
        with pytest.raises(msgspec.DecodeError):
            decode(one, raw)


def test_a_misfit_is_a_validation_error() -> None:
    with pytest.raises(msgspec.ValidationError, match=r"\$\[0\]\.id"):
        decode(PINS, b'[{"id": 5}]')


def test_two_operations_of_one_id_do_not_share_a_decoder() -> None:
    assert decode(operation(list[Pin]), b'[{"id": "1"}]') == [Pin(id="1")]
    assert decode(operation(list[Any]), b'[{"id": "1"}]') == [{"id": "1"}]


# Rows


def rows(raw: bytes, columns: Any = ("SPEND_IN_DOLLAR", "CTR"), granularity: str = "DAY") -> Any:
    return decode(ROWS, raw, {"columns": columns, "granularity": granularity})


ROW: Final = b'{"DATE": "2026-01-31", "AD_ID": "5", "CTR": 2}'


def test_rows_have_the_columns_that_were_asked_for() -> None:
    (row,) = rows(b'[{"DATE": "2026-01-31", "AD_ID": "5", "SPEND_IN_DOLLAR": 1.5}]')
    assert issubclass(type(row), AdRow)
    assert type(row).__name__ == "AdRow"
    assert type(row).__doc__ == "A row of the analytics of an ad."
    assert (row.DATE, row.AD_ID, row.SPEND_IN_DOLLAR, row.CTR) == ("2026-01-31", "5", 1.5, None)
    assert not hasattr(row, "OTHER")
    assert [*asdict(row)] == ["DATE", "AD_ID", "SPEND_IN_DOLLAR", "CTR"]
    assert row.to_dict() == asdict(row)
    assert repr(row) == "AdRow(DATE='2026-01-31', AD_ID='5', SPEND_IN_DOLLAR=1.5)"


@pytest.mark.parametrize("value", [b"1", b"1.5", b'"x"', b"null", b"true"])
def test_a_column_may_hold_any_scalar(value: bytes) -> None:
    (row,) = rows(b'[{"DATE": "2026-01-31", "AD_ID": "5", "CTR": ' + value + b"}]")
    assert asdict(row)["CTR"] == msgspec.json.decode(value)


@pytest.mark.parametrize("columns", [None, "CTR", 5, []])
def test_without_columns_there_are_the_ones_that_always_come(columns: Any) -> None:
    (row,) = rows(b'[{"AD_ID": "5", "DATE": "2026-01-31"}]', columns)
    assert asdict(row) == {"DATE": "2026-01-31", "AD_ID": "5"}


@pytest.mark.parametrize("columns", [("CTR",), ("AD_ID", "CTR")])
def test_ids_are_text_even_where_they_come_as_numbers(columns: Any) -> None:
    texts = rows(b"[" + ROW + b"]", columns)
    numbers = rows(b"[" + ROW.replace(b'"5"', b"5") + b"]", columns)
    mixed = rows(b"[" + ROW + b"," + ROW.replace(b'"5"', b"5") + b"]", columns)
    assert [row.AD_ID for row in (*texts, *numbers, *mixed)] == ["5"] * 4
    assert texts == numbers
    assert texts * 2 == mixed
    assert (texts[0] != numbers[0]) is False
    assert {texts[0], *numbers, *mixed} == {texts[0]}
    assert pickle.loads(pickle.dumps(numbers)) == texts  # noqa: S301 - what this test wrote
    assert copy.deepcopy(numbers) == texts


def test_numbers_in_other_columns_stay_numbers() -> None:
    (row,) = rows(ROW.replace(b"CTR", b"CAMPAIGN_ID").join((b"[", b"]")), ("CAMPAIGN_ID",))
    assert row.CAMPAIGN_ID == 2


def test_rows_of_a_total_have_no_day() -> None:
    (row,) = rows(b'[{"AD_ID": "5"}]', granularity="TOTAL")
    assert row.DATE == ""
    assert repr(row) == "AdRow(AD_ID='5')"
    with pytest.raises(msgspec.ValidationError, match="DATE"):
        rows(b'[{"AD_ID": "5"}]', granularity="DAY")
    with pytest.raises(msgspec.ValidationError, match="AD_ID"):
        rows(b'[{"DATE": "2026-01-31"}]')


def test_types_are_made_once_for_each_set_of_columns() -> None:
    assert row_type(AdRow, ("CTR",)) is row_type(AdRow, ("CTR",))
    assert row_type(AdRow, ("CTR",)) is not row_type(AdRow, ("SPEND",))
    first, second = rows(b"[" + ROW + b"," + ROW + b"]")
    assert type(first) is type(second)


def test_rows_of_reports_have_plain_cells_and_drop_what_they_do_not_know() -> None:
    made = row_type(AdRow, ("CTR",))
    row: Any = msgspec.json.decode(b'{"AD_ID": 5, "CTR": null, "OTHER": 1}', type=made)
    assert asdict(row) == {"DATE": None, "AD_ID": 5, "CTR": None}
    assert pickle.loads(pickle.dumps(row)) == row  # noqa: S301 - what this test wrote


def test_columns_that_cannot_be_fields_are_left_out() -> None:
    made = row_type(AdRow, ("a-b", "", "__init__", "CTR", "CTR", "DATE", "class"))
    assert made.__struct_fields__ == ("DATE", "AD_ID", "CTR", "class")


def test_rows_are_found_in_wrappers() -> None:
    wrapped = operation(dict[str, list[AdRow] | None], "columns")
    raw = b'{"1": [' + ROW.replace(b'"5"', b"5") + b'], "2": null}'
    answer = decode(wrapped, raw, {"columns": ["CTR"]})
    assert (answer["1"][0].CTR, answer["1"][0].AD_ID) == (2, "5")
    assert answer["2"] is None


def test_rows_can_be_pickled_and_copied() -> None:
    (row,) = rows(b"[" + ROW + b"]")
    for twin in (
        pickle.loads(pickle.dumps(row)),  # noqa: S301 - what this test wrote
        copy.copy(row),
        copy.deepcopy(row),
    ):
        assert twin == row
        assert type(twin) is type(row)
    assert pickle.loads(pickle.dumps(AdRow())) == AdRow()  # noqa: S301 - likewise


def test_rows_are_immutable() -> None:
    (row,) = rows(b"[" + ROW + b"]")
    with pytest.raises(AttributeError):
        row.CTR = 3


def test_assume_utc_leaves_other_values_alone() -> None:
    class Odd(msgspec.Struct, frozen=True):
        at: Any

    for value in (None, "yesterday", 5):
        odd = Odd(at=value)
        assume_utc(odd, "at")
        assert odd.at == value


@given(st.datetimes(timezones=st.none() | st.timezones()))
def test_assume_utc_changes_nothing_but_the_zone(at: dt.datetime) -> None:
    class Dated(msgspec.Struct, frozen=True):
        at: dt.datetime

        def __post_init__(self) -> None:
            assume_utc(self, "at")

    found = Dated(at=at).at
    assert found == (at.replace(tzinfo=dt.UTC) if at.tzinfo is None else at)
    assert found.tzinfo == (at.tzinfo or dt.UTC)


@given(st.binary() | st.text().map(str.encode))
def test_decode_raises_nothing_but_decode_errors(raw: bytes) -> None:
    for one in (PINS, operation(Any)):
        with contextlib.suppress(msgspec.DecodeError):
            decode(one, raw)


def test_form_fields_that_are_to_be_sent_on_are_kept_whole() -> None:
    fields = {"key": "k", "x-amz-signature": "s", "x-new-field": "", "Content-Type": "multipart/x"}
    raw = msgspec.json.encode(
        {
            "media_id": "1",
            "media_type": "video",
            "upload_url": "https://u.example/?a=%2F",
            "upload_parameters": fields,
        }
    )
    found = decode(MEDIA_CREATE, raw)
    assert found.upload_parameters == fields
    assert found.upload_url == "https://u.example/?a=%2F"
