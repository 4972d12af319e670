"""Headers of a hostile server: buckets stay few, and calls stay cheap."""

from collections.abc import Iterator
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from limits.calls import CATEGORY, spend, take
from limits.loop import VirtualLoop

from pinterest_async._core.ratelimit_headers import parse
from pinterest_async.limits import InMemoryLimiter, Limiter

ANSWERS: Final = 200
MOST: Final = 2 * (1 + 4)
"""Buckets of the safety net and of the category, with their further windows."""


def new_windows(number: int) -> str:
    """25 windows that no answer before had."""
    return ", ".join(f"1000;w={60 + 25 * number + i}" for i in range(25))


def tiny_windows(number: int) -> str:
    return f"1000, 1000;w=1e-310, 1000;w={5e-324}, 1000;w={number}e-300"


def close_windows(number: int) -> str:
    return ", ".join(f"1000;w={60 + (number * 10 + i) / 1e7:.7f}" for i in range(10))


def named_windows(number: int) -> str:
    return ", ".join(
        f'{1000 + i};w={0.5 + number + i / 100};name="{name}"'
        for i in range(5)
        for name in ("safety_net_app_id_user_id", f"{CATEGORY}_app_id_user_id")
    )


@pytest.mark.parametrize("headers", [new_windows, tiny_windows, close_windows, named_windows])
def test_buckets_stay_few_whatever_headers_say(
    headers: object, limiter: Limiter, loop: VirtualLoop
) -> None:
    assert callable(headers)
    for number in range(ANSWERS if isinstance(limiter, InMemoryLimiter) else 20):
        (permit,) = take(loop, limiter, 1)
        loop.run(observed(limiter, permit, str(headers(number))))
        assert len(limiter.snapshot()) <= MOST
    spend(loop, limiter, 5)


async def observed(limiter: Limiter, permit: object, text: str) -> None:
    limiter.finish(permit)
    limiter.observe(permit, parse({"X-RateLimit-Limit": text, "X-RateLimit-Remaining": "500"}))


@pytest.fixture(scope="module")
def shared_loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.shut()


NUMBERS: Final = st.sampled_from(
    [
        "nan",
        "inf",
        "-inf",
        "1e-310",
        "5e-324",
        "1e308",
        "9" * 18,
        "0",
        "-0",
        "1e-3",
        "2678400",
        "60",
    ]
) | st.integers(-5, 10**6).map(str)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    answers=st.lists(
        st.tuples(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=12), NUMBERS, NUMBERS), max_size=12
    )
)
def test_a_call_goes_on_after_any_headers(
    answers: list[tuple[list[tuple[str, str]], str, str]], shared_loop: VirtualLoop
) -> None:
    limiter = InMemoryLimiter(clock=shared_loop.time, chance=lambda: 0.5)
    for windows, remaining, reset in answers:
        (permit,) = take(shared_loop, limiter, 1)
        limit = ", ".join(f"{limit};w={window}" for limit, window in windows)
        headers = {"X-RateLimit-Limit": limit, "X-RateLimit-Remaining": remaining}
        limiter.finish(permit)
        limiter.observe(permit, parse({**headers, "X-RateLimit-Reset": reset}))
        for state in limiter.snapshot():
            assert 0 < state.window <= 31 * 86_400
            assert state.next_free_in <= 62 * 86_400
        assert len(limiter.snapshot()) <= MOST
