"""Single values are checked against their annotations: what is wrong, and the fix."""

import datetime as dt
import enum
from collections import UserString, deque
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta

from pinterest_async._core.problems import Problem, under
from pinterest_async._core.types import Open
from pinterest_async._core.values import compiled

Column = Open[Literal["SPEND_IN_DOLLAR", "CTR"]]


def check_value(kind: Any, value: Any) -> list[Problem]:
    return under("value", compiled(kind)(value) or ())


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (str, "x"),
        (str, "ünï 🎈"),
        (Column, "SOMETHING_NEWER"),
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
        (Sequence[Column], ["CTR", "NEWER"]),
        (dict[str, int], {"a": 1}),
        (Annotated[int, Meta(ge=1, le=250)], 250),
        (Annotated[int, Meta(gt=0, lt=3)], 2),
        (Annotated[str, Meta(pattern=r"^\d+$")], "12"),
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
            Annotated[str, Meta(pattern=r"^\d+$")],
            "abcd",
            Problem("value", r"does not match ^\d+$", r"pass text that matches ^\d+$"),
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
def test_bad_values_are_told_with_their_fix(kind: Any, value: Any, problem: Problem) -> None:
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
