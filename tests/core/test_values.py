"""Single values are checked against their annotations: what is wrong, and the fix."""

import datetime as dt
import enum
from collections import UserString, deque
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from pinterest_async._core.problems import Problem, under
from pinterest_async._core.types import Base64, Id, Open
from pinterest_async._core.values import compiled

Column = Open[Literal["SPEND_IN_DOLLAR", "CTR"]]
Status = Open[Literal["ACTIVE", "PAUSED"]]
Red = Open[Literal["RED"]]
Blue = Open[Literal["BLUE"]]


def check_value(kind: Any, value: Any, *, strict: bool = True) -> list[Problem]:
    return under("value", compiled(kind, strict=strict)(value) or ())


def matching(pattern: str) -> Any:
    return Annotated[str, Meta(pattern=pattern)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "x"),
        (str, "ünï 🎈"),
        (Column, "CTR"),
        (int, 5),
        (float, 5),
        (float, 5.5),
        (bool, False),
        (Any, {"a": [1, None, "x", dt.date(2026, 1, 31)]}),
        (Literal["a", "b"], "b"),
        (dt.date | str, "2026-01-31"),
        (dt.date | str, dt.date(2026, 1, 31)),
        (dt.datetime | str, "2026-01-31T12:00:00Z"),
        (dt.datetime | str, "2026-01-31T12:00:00.123456+02:00"),
        (dt.datetime | str, dt.datetime(2026, 1, 31, tzinfo=dt.UTC)),
        (int | str, "x"),
        (int | None, 5),
        (Sequence[str], ["a"]),
        (list[str], ("a", "b")),
        (Sequence[int], deque([1])),
        (Sequence[Column], ["CTR", "SPEND_IN_DOLLAR"]),
        (dict[str, int], {"a": 1}),
        (Annotated[int, Meta(ge=1, le=250)], 250),
        (Annotated[int, Meta(gt=0, lt=3)], 2),
        (Id, "12"),
        (matching(r"^\d{4}-\d{2}$"), "2026-01"),
        (matching("^(http|https)://"), "https://example.com/a\nb"),
        (matching(r"^[$]\$$"), "$$"),
        (Annotated[list[str], Meta(max_length=2)], ["a", "b"]),
    ],
)
def test_good_values_pass(kind: Any, value: Any) -> None:
    assert check_value(kind, value) == []


@pytest.mark.parametrize(
    ("kind", "value", "problem"),
    [
        (int, True, Problem("value", "expected int, got bool", "pass a number")),
        (int, 5.0, Problem("value", "expected int, got float", "pass a whole number")),
        (int, "5", Problem("value", "expected int, got str", "pass a number, not text")),
        (bool, "true", Problem("value", "expected bool, got str", "pass True or False")),
        (bool, 1, Problem("value", "expected bool, got int", "pass True or False")),
        (
            Annotated[int, Meta(ge=1, le=250)],
            0,
            Problem("value", "must be from 1 to 250, got 0", "pass a number from 1 to 250"),
        ),
        (
            Annotated[float, Meta(gt=0)],
            -0.5,
            Problem("value", "must be above 0, got -0.5", "pass a number above 0"),
        ),
        (
            float,
            float("nan"),
            Problem("value", "is not finite, which JSON cannot say", "pass a finite number"),
        ),
        (
            Annotated[str, Meta(max_length=3)],
            "abcd",
            Problem(
                "value", "has 4 characters, at most 3 are allowed", "shorten it to 3 characters"
            ),
        ),
        (
            matching("^[a-z]+$"),
            "ABC",
            Problem("value", "does not match ^[a-z]+$", "pass text that matches ^[a-z]+$"),
        ),
        (Literal["a"], "b", Problem("value", "must be 'a'", "pass 'a'")),
        (
            dt.date | str,
            dt.datetime(2026, 1, 31, tzinfo=dt.UTC),
            Problem("value", "expected a date, got a datetime", "pass its day: value.date()"),
        ),
        (
            Sequence[Column],
            "CTR",
            Problem("value", "expected list of str, got str", "pass a list: ['CTR']"),
        ),
        (
            Sequence[str],
            {"a"},
            Problem("value", "expected list of str, got set", "pass a list: list(value)"),
        ),
        (
            Annotated[Sequence[str], Meta(max_length=2)],
            ["a", "b", "c"],
            Problem(
                "value",
                "has 3 items, at most 2 are allowed",
                "split it into calls of at most 2 items each",
            ),
        ),
        (
            Sequence[str],
            ["a", 5],
            Problem("value[1]", "expected str, got int", "pass it as a string"),
        ),
        (
            dict[str, int],
            {"a": "x"},
            Problem("value.a", "expected int, got str", "pass a number, not text"),
        ),
        (
            int | Sequence[str],
            ["a", 5],
            Problem("value[1]", "expected str, got int", "pass it as a string"),
        ),
        (int | bool, "x", Problem("value", "expected int or bool, got str", "pass int or bool")),
    ],
)
def test_bad_values_are_reported_with_their_fix(kind: Any, value: Any, problem: Problem) -> None:
    assert check_value(kind, value) == [problem]


@pytest.mark.parametrize(
    "value",
    ["2026-1-31", "20260131", "2026-02-30", "2026-W05-6", "today", "", "\u0662026-01-31", 5],
)
def test_malformed_dates_are_refused(value: Any) -> None:
    (problem,) = check_value(dt.date | str, value)
    assert "YYYY-MM-DD" in problem.message
    assert "2026-01-31" in problem.fix


@pytest.mark.parametrize("value", ["2026-01-31", "12:00", "2026-01-31Tnoon", dt.date(2026, 1, 31)])
def test_malformed_date_times_are_refused(value: Any) -> None:
    assert check_value(dt.datetime | str, value)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan"), 10**400, True, "1"])
def test_numbers_that_json_cannot_say_are_refused(value: Any) -> None:
    assert check_value(float, value)


@pytest.mark.parametrize("value", [2**63, -(2**63) - 1, 10**5000], ids=["above", "below", "huge"])
def test_huge_integers_are_refused_without_being_shown(value: int) -> None:
    (problem,) = check_value(int, value)
    assert len(problem.message) < 100


@pytest.mark.parametrize("kind", [str, Any, Annotated[str, Meta(max_length=9)], dict[str, str]])
def test_lone_surrogates_are_refused(kind: Any) -> None:
    value: Any = {"\ud800": "x"} if kind == dict[str, str] else "x\ud800"
    assert check_value(kind, value)


@pytest.mark.parametrize("value", [{1: 2}, {1, 2}, object(), [b"x"], {"a": [float("nan")]}])
def test_what_is_no_json_is_refused(value: Any) -> None:
    assert check_value(Any, value)


class Color(enum.StrEnum):
    RED = "RED"


class Size(enum.IntEnum):
    BIG = 5


def test_enum_members_pass_as_their_values() -> None:
    assert check_value(str, Color.RED) == []
    assert check_value(Sequence[str], [Color.RED]) == []
    assert check_value(int, Size.BIG) == []


def test_a_comma_in_text_given_for_a_list_is_explained() -> None:
    (problem,) = check_value(Sequence[Column], "CTR,SPEND_IN_DOLLAR")
    assert problem.fix == "pass a list: ['SPEND_IN_DOLLAR'], each value an item of its own"


def test_str_likes_that_are_no_str_are_refused() -> None:
    assert check_value(str, UserString("x"))


def test_enum_members_are_known_by_their_values() -> None:
    for kind in (Red, Literal["RED"]):
        assert check_value(kind, Color.RED) == []
    assert check_value(Blue, Color.RED)


# Patterns


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("", "is empty, but must be digits only", "pass the id alone, as text"),
        ("abc", "must be digits only", "pass the id alone, as text"),
        ("12a", "must be digits only", "pass the id alone, as text"),
        ("-5", "must be digits only", "pass the id alone, as text"),
        ("1.5", "must be digits only", "pass the id alone, as text"),
        (" 12", "must be digits only, but has spaces around", "strip it: value.strip()"),
        ("12\n", "must be digits only, but has spaces around", "strip it: value.strip()"),
        ("\u0661\u0662", "must be digits only, of 0 to 9", "write it with the digits 0 to 9"),
        ("\u00b2", "must be digits only, of 0 to 9", "write it with the digits 0 to 9"),
        (
            "https://www.pinterest.com/pin/813/",
            "must be digits only, but is a URL",
            "pass the id alone, as text: the digits in the URL",
        ),
        (
            "www.pinterest.com/pin/813",
            "must be digits only, but is a URL",
            "pass the id alone, as text: the digits in the URL",
        ),
        ("https://pin.it/abc", "must be digits only, but is a URL", "pass the id alone, as text"),
    ],
)
def test_ids_are_digits(value: str, message: str, fix: str) -> None:
    assert check_value(Id, value) == [Problem("value", message, fix)]
    assert check_value(Id, value, strict=False) == []


def test_digits_that_need_not_be_an_id_are_not_called_one() -> None:
    (problem,) = check_value(matching("^[0-9]+$"), "1.5")
    assert problem == Problem("value", "must be digits only", "pass the digits alone, as text")


def test_ids_of_a_kind_of_text_are_checked_by_their_content() -> None:
    class Text(str):
        __slots__ = ()

    assert check_value(Id, Text("12")) == []
    assert check_value(Id, Text("x"))


@pytest.mark.parametrize(
    ("pattern", "value"),
    [
        ("^[a-z]+$", "abc\n"),
        (r"^\d{2}$", "\u0661\u0662"),
        (r"^\w+$", "na\u00efve"),
        ("^.+$", "x\n"),
        (r"^(AG)?\d+$", "12\n"),
        (r"^(AG)?\d+$", "C12"),
        (r"^\d+\+?$", "12++"),
        (r"(?!^\d+$)^.+$", "12"),
    ],
)
def test_patterns_are_ascii_and_end_where_the_text_ends(pattern: str, value: str) -> None:
    assert check_value(matching(pattern), value)
    assert check_value(matching(pattern), value, strict=False) == []


def test_lengths_count_beside_a_pattern_in_both_modes() -> None:
    kind = Annotated[str, Meta(pattern=r"^\d+$", max_length=3)]
    assert check_value(kind, "123") == []
    for strict in (True, False):
        assert "at most 3" in check_value(kind, "1234", strict=strict)[0].message


# Base64

ENCODE = "pass base64.b64encode(data).decode()"


@pytest.mark.parametrize(
    "kind", [Base64, matching(r"[a-zA-Z0-9+\/=]+"), matching(r"^[a-zA-Z0-9+\/=]+$")]
)
@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        ("", "is empty, but must be base64", ENCODE),
        (
            "data:image/png;base64,iVBORw0KGgo=",
            "must be base64 alone, but begins with data:",
            "drop everything up to the comma",
        ),
        (
            "iVBORw0K\nGgo=\n",
            "must be base64 without line breaks",
            "use base64.b64encode, not encodebytes",
        ),
        ("b'iVBORw0KGgo='", "is the repr of bytes", "pass base64.b64encode(data).decode()"),
        (
            "iVBO-w0KGg_=",
            "must be base64, but holds - or _",
            "use base64.b64encode, not urlsafe_b64encode",
        ),
        ("https://example.com/x.png", "must be base64, but is a URL", f"{ENCODE} of the file"),
        ("\u00e9t\u00e9", "holds characters that base64 does not have", ENCODE),
        ("iVBO Rw0K", "holds characters that base64 does not have", ENCODE),
        (b"iVBORw0KGgo=", "expected base64 text, got bytes", ENCODE),
        (bytearray(b"iVBO"), "expected base64 text, got bytearray", ENCODE),
        (memoryview(b"iVBO"), "expected base64 text, got memoryview", ENCODE),
        (5, "expected base64 text, got int", ENCODE),
    ],
)
def test_what_is_no_base64_is_explained(kind: Any, value: Any, message: str, fix: str) -> None:
    assert check_value(kind, value) == [Problem("value", message, fix)]
    assert bool(check_value(kind, value, strict=False)) == (not isinstance(value, str))


@pytest.mark.parametrize("value", ["iVBORw0KGgo=", "iVBO", "ab+/", "A"])
def test_base64_passes_padded_or_not(value: str) -> None:
    assert check_value(Base64, value) == []


# Enums


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (
            "paused",
            "unknown value 'paused'",
            "did you mean 'PAUSED'? known values: 'ACTIVE', 'PAUSED'",
        ),
        (
            "PAUZED",
            "unknown value 'PAUZED'",
            "did you mean 'PAUSED'? known values: 'ACTIVE', 'PAUSED'",
        ),
        ("zzz", "unknown value 'zzz'", "pass one of 'ACTIVE', 'PAUSED'"),
        ("", "unknown value", "pass one of 'ACTIVE', 'PAUSED'"),
        ("x" * 41, "unknown value", "pass one of 'ACTIVE', 'PAUSED'"),
        ("PAUSED ", "unknown value", "did you mean 'PAUSED'? known values: 'ACTIVE', 'PAUSED'"),
        ("ACTIVE, PAUSED", "holds several values", "pass each value as an item of its own"),
        (5, "expected str, got int", "pass it as a string"),
        (["ACTIVE"], "expected str, got list", "pass one value, not several"),
        ("\ud800", "holds a lone surrogate, which UTF-8 cannot encode", "pass valid text"),
    ],
)
def test_unknown_values_of_enums_get_the_nearest(value: Any, message: str, fix: str) -> None:
    assert check_value(Status, value) == [Problem("value", message, fix)]
    passes = message.startswith(("unknown", "holds several"))
    assert (check_value(Status, value, strict=False) == []) == passes


def test_items_of_lists_are_checked_against_the_enum() -> None:
    problems = check_value(Sequence[Status], ["ACTIVE", "paused", "PAUSED", 5])
    assert [one.field for one in problems] == ["value[1]", "value[3]"]
    assert "'PAUSED'" in problems[0].fix
    assert [one.field for one in check_value(Sequence[Status], ["NEW", 5], strict=False)] == [
        "value[1]"
    ]


@pytest.mark.parametrize("bad", ["", "x", "\u0661", " 1", 5, None])
def test_one_bad_id_among_many_is_found(bad: Any) -> None:
    ids = [*map(str, range(250)), bad]
    assert [one.field for one in check_value(Sequence[Id], ids)] == ["value[250]"]
    assert check_value(Sequence[Id], deque(ids[:-1])) == check_value(Sequence[Id], []) == []
    assert check_value(Annotated[Sequence[Id], Meta(max_length=9)], ids[:-1])


def test_long_enums_are_shown_in_part() -> None:
    many = Annotated[str, Literal[tuple(f"COLUMN_{i:03}" for i in range(300))]]
    (problem,) = check_value(many, "qqq")
    assert len(problem.fix) < 250
    assert problem.fix.endswith("... (300 in all)")


def test_an_enum_or_something_else() -> None:
    kind = Status | int
    assert check_value(kind, "PAUSED") == check_value(kind, 5) == []
    assert check_value(kind, "paused")[0].message == "unknown value 'paused'"
    assert check_value(kind, "paused", strict=False) == []
    assert check_value(Status | None, None) == []
    assert check_value(Status | Blue, "BLUE") == []


def test_values_that_are_not_open_pass_too_when_lenient_if_their_type_is_right() -> None:
    assert check_value(Literal["a", "b"], "c") != []
    assert check_value(Literal["a", "b"], "c", strict=False) == []
    assert check_value(Literal["a", "b"], 5, strict=False) != []
    assert check_value(Literal["a", "b"], "\ud800", strict=False) != []
    assert check_value(Literal[1, 7], 30) != []
    assert check_value(Literal[1, 7], 30, strict=False) == []
    assert check_value(Literal[1, 7], True, strict=False) != []
    assert check_value(Literal[1, 7], "1", strict=False) != []


# Both modes


KINDS: list[Any] = [
    str,
    int,
    float,
    Id,
    Base64,
    Status,
    Status | int,
    Status | None,
    Literal["a", 1],
    Sequence[Status],
    Sequence[Id],
    dict[str, Status],
    matching("^a|b$"),
    Annotated[str, Meta(pattern=r"^\d+$", max_length=3)],
    dt.date | str,
]
SCALARS = (
    st.sampled_from(["ACTIVE", "paused", "12", "a", "data:,", "12\n"])
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.binary()
    | st.dates()
)


@given(
    st.sampled_from(KINDS),
    SCALARS | st.lists(SCALARS) | st.dictionaries(st.text() | st.integers(), SCALARS),
)
def test_what_strict_accepts_lenient_accepts(kind: Any, value: Any) -> None:
    lenient = check_value(kind, value, strict=False)
    assert lenient == [] or check_value(kind, value)
