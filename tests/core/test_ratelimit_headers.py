"""Rate-limit headers: all shapes seen live, and whatever else may come."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from pinterest_async._core.ratelimit_headers import RateState, parse

LIMIT: Final = "X-RateLimit-Limit"
REMAINING: Final = "X-RateLimit-Remaining"
RESET: Final = "X-RateLimit-Reset"

NET: Final = (100, 1.0, "safety_net_app_id_user_id")


@pytest.mark.parametrize(
    ("limit", "first", "windows"),
    [
        ("100, 100;w=1, 1000;w=60", 100, ((100, 1.0, None), (1000, 60.0, None))),
        (
            (
                '100, 100;w=1;name="safety_net_app_id_user_id", '
                '1000;w=60;name="org_read_app_id_user_id"'
            ),
            100,
            (NET, (1000, 60.0, "org_read_app_id_user_id")),
        ),
        (
            (
                '60, 100;w=1;name="safety_net_app_id_user_id", '
                '60;w=60;name="org_analytics_app_id_user_id", 100;w=1;name="multi_pins_analytics"'
            ),
            60,
            (NET, (60, 60.0, "org_analytics_app_id_user_id"), (100, 1.0, "multi_pins_analytics")),
        ),
        (
            '120000, 120000;w=60;name="ads_conversions_ad_account_id"',
            120_000,
            ((120_000, 60.0, "ads_conversions_ad_account_id"),),
        ),
        ("1000", 1000, ()),
        (" 1000 , 300;w=86400 ", 1000, ((300, 86_400.0, None),)),
        ("100,100;name=a;w=1", 100, ((100, 1.0, "a"),)),
        ("100;w=1", None, ((100, 1.0, None),)),
        ("5;w=soon;name=", None, ((5, None, None),)),
        ("-1, x;w=1, 7;w=1", None, ((7, 1.0, None),)),
        ("", None, ()),
        (",;,=,", None, ()),
    ],
)
def test_limits(limit: str, first: int | None, windows: tuple[Any, ...]) -> None:
    assert parse({LIMIT: limit}) == RateState(limit=first, windows=windows)


@pytest.mark.parametrize(
    ("remaining", "reset", "state"),
    [
        ("99", "1", RateState(remaining=99, reset=1.0)),
        ("119998", "56", RateState(remaining=119_998, reset=56.0)),
        ("0", "67150", RateState(remaining=0, reset=67_150.0)),
        ("0", "0.5", RateState(remaining=0, reset=0.5)),
        ("-1", "-1", RateState()),
        ("many", "soon", RateState()),
        ("1.5", "nan", RateState()),
        ("9" * 19, "inf", RateState()),
        ("", "1e999", RateState()),
    ],
)
def test_remaining_and_reset(remaining: str, reset: str, state: RateState) -> None:
    assert parse({REMAINING: remaining, RESET: reset}) == state


def test_no_headers_say_nothing() -> None:
    assert parse({}) == parse({"Content-Type": "application/json"}) == RateState()


@pytest.mark.parametrize("spelling", [str.lower, str.upper, str.title])
def test_the_case_of_names_does_not_matter(spelling: Any) -> None:
    headers = {spelling(LIMIT): "5", spelling(REMAINING): "4", spelling(RESET): "3"}
    wanted = RateState(limit=5, remaining=4, reset=3.0)
    assert parse(headers) == parse(CIMultiDict(headers)) == wanted


@pytest.mark.parametrize("text", ["1;" + "a" * 8000, "1;" + " " * 8000, "1, " * 3000])
def test_what_is_too_long_to_be_meant_is_not_read(text: str) -> None:
    """Patterns that look again and again would take seconds over these."""
    assert parse({LIMIT: text, REMAINING: "7"}) == RateState(remaining=7)


@pytest.mark.parametrize(
    ("limit", "windows"),
    [
        ("5;w=1e-310", ()),
        ("5;w=5e-324, 7;w=60", ((7, 60.0, None),)),
        ("5;w=0, 5;w=-1, 5;w=nan, 5;w=inf, 5;w=1e300, 5;w=0.0001", ()),
        ("999999999999999999;w=60", ()),
        ("5;w=60.00001, 5;w=60.00002", ((5, 60.0, None), (5, 60.0, None))),
        (", ".join(f"5;w={window}" for window in range(1, 60)), 10),
    ],
)
def test_windows_that_make_no_sense_are_ignored(limit: str, windows: Any) -> None:
    found = parse({LIMIT: limit}).windows
    assert (found if isinstance(windows, tuple) else len(found)) == windows


def test_numbers_that_make_no_sense_are_ignored() -> None:
    assert parse({LIMIT: "9" * 18, REMAINING: "9" * 18, RESET: "1e300"}) == RateState(
        reset=31 * 86_400.0
    )
    assert parse({RESET: "5e-324"}) == RateState(reset=0.0)


WORDS: Final = st.text(alphabet='0123456789,;= "wname_-.eE\u0663\u00b2\t', max_size=60)


@given(limit=WORDS | st.text(), remaining=WORDS | st.text(), reset=WORDS | st.text())
def test_whatever_comes_is_read_and_makes_sense(limit: str, remaining: str, reset: str) -> None:
    state = parse({LIMIT: limit, REMAINING: remaining, RESET: reset})
    numbers = [state.limit, state.remaining, state.reset]
    for size, window, name in state.windows:
        numbers += [size, window]
        assert name is None or name
    for number in numbers:
        assert number is None or 0 <= number < float("inf")


@given(
    windows=st.lists(
        st.tuples(
            st.integers(0, 10**9),
            st.integers(1, 86_400).map(float),
            st.none() | st.from_regex(r"[a-z_]{1,30}", fullmatch=True),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_pinterest_would_write_is_read_back(
    windows: list[tuple[int, float, str | None]],
) -> None:
    parts = [
        f"{limit};w={window:g}" + (f';name="{name}"' if name else "")
        for limit, window, name in windows
    ]
    written = ", ".join([str(windows[0][0]), *parts])
    assert parse({LIMIT: written}) == RateState(limit=windows[0][0], windows=tuple(windows))
