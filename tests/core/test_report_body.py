import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.report_body import ReportBody

VALUES = st.one_of(st.none(), st.integers(), st.floats(allow_nan=False), st.text(max_size=8))
AWKWARD = st.sampled_from(['"', "\\", "]", "[", "}", '"]', '\\"', "},{", "été", "\\\\"])
ROWS = st.lists(st.dictionaries(st.text(max_size=5) | AWKWARD, VALUES | AWKWARD, max_size=3))
REPORTS = st.dictionaries(st.text(max_size=6) | AWKWARD, ROWS, max_size=4)


def read(body: bytes, size: int) -> list[tuple[str, Any]]:
    report = ReportBody()
    found: list[tuple[str, Any]] = []
    for first in range(0, len(body), size):
        found += report.feed(body[first : first + size])
    report.close()
    return [(key, json.loads(raw)) for key, raw in found]


@given(report=REPORTS, size=st.integers(1, 50), indent=st.sampled_from([None, 1]))
def test_entities_come_whole_however_the_body_is_cut(
    report: dict[str, Any], size: int, indent: int | None
) -> None:
    for ascii_only in (True, False):
        body = json.dumps(report, indent=indent, ensure_ascii=ascii_only)
        assert read(body.encode("utf-8", "surrogatepass"), size) == list(report.items())


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b"{ }", b"[]", b"null"])
def test_a_report_without_data_is_no_error(body: bytes) -> None:
    assert read(body, 3) == []


def test_an_entity_without_rows_is_passed_over() -> None:
    assert read(b'{"1":null,"2":[{"A":1}],"3":[]}', 4) == [("2", [{"A": 1}]), ("3", [])]


@pytest.mark.parametrize(
    "body",
    [b'{"1":[{"A":1}]', b'{"1":[{"A":1', b'{"1":[', b"{", b"<html>", b'{"code":1}', b'[{"A":1}]'],
)
def test_a_body_that_breaks_off_or_is_no_report_is_an_error(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match="breaks off"):
        read(body, 5)
