import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core import report_body
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


HOSTILE = [
    b'{"1":["' + b"a" * 300_000,
    b'{"1":["' + b"\\" * 300_000,
    b'{"1":["' + b'\\"' * 150_000,
    b'{"1":[' + b"{" * 60 + b"1," * 150_000,
    b'{"1":[' + b'{"a":"b"},' * 30_000,
    b'{"1":[' + b'{"a":' + b" " * 300_000,
    b'{"1":[' + b'"a",' * 75_000,
    b'{"1":[' + b"[]," * 100_000,
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_every_byte_is_passed_once(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A search begins where the last one ended, in however small pieces the body comes."""
    report = ReportBody()
    passed: list[int] = []

    class Pattern:
        def __init__(self, pattern: Any) -> None:
            self.pattern = pattern

        def match(self, text: bytearray, at: int) -> Any:
            found = self.pattern.match(text, at)
            passed.append(len(text) - at)
            return found

    for name in ("PLAIN", "TO_QUOTE"):
        monkeypatch.setattr(report_body, name, Pattern(getattr(report_body, name)))
    for first in range(0, len(body), 1000):
        before = len(passed)
        report.feed(body[first : first + 1000])
        # At the first match of a piece, nothing but the piece is left (and half an escape).
        assert all(left <= 1001 for left in passed[before:])
    with pytest.raises(msgspec.DecodeError, match="breaks off"):
        report.close()


def test_an_entity_has_a_bound() -> None:
    report = ReportBody(longest=1000)
    report.feed(b'{"77":["' + b"a" * 900)
    with pytest.raises(msgspec.DecodeError, match=r"rows of '77' have more than 1,000 bytes"):
        report.feed(b"a" * 100)
    assert read(b'{"1":[' + b"1," * 300 + b'2],"2":[' + b"1," * 300 + b"2]}", 100)


@pytest.mark.parametrize("opening", [b"[", b"{", b'[{"a":', b'{"a":'])
def test_nesting_has_a_bound(opening: bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match=r"rows of '77', more than 64"):
        read(b'{"77":[' + opening * 100_000, 1000)
    deep = b'{"77":[' + b"[" * 60 + b"]" * 60 + b"]}"
    assert [key for key, _ in read(deep, 7)] == ["77"]


@pytest.mark.parametrize(
    "body",
    [b"<html>" * 2000, b'{"' + b"1" * 9000, b"{" + b" " * 9000, b'{"1"' + b" " * 9000, b"{" * 9000],
)
def test_what_is_no_report_is_not_kept(body: bytes) -> None:
    with pytest.raises(msgspec.DecodeError, match="no object of lists"):
        ReportBody().feed(body)


def test_any_space_before_and_between_entities_will_do() -> None:
    body = b" " * 20_000 + b'{"1":[1]' + b"\n" * 20_000 + b',"2":[2]' + b" " * 20_000 + b"}"
    for size in (7, 5000, 100_000):
        assert read(body, size) == [("1", [1]), ("2", [2])]


@given(body=st.binary(max_size=60), size=st.integers(1, 20))
def test_any_bytes_are_a_report_or_an_error(body: bytes, size: int) -> None:
    for whole in (body, b'{"1":[' + body, b'{"1":["' + body, b'{"' + body + b'":[1]}'):
        try:
            report = ReportBody()
            for first in range(0, len(whole), size):
                report.feed(whole[first : first + size])
            report.close()
        except msgspec.DecodeError:
            pass
