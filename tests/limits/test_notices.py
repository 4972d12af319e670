"""A long wait for quota is told in the log: soon, once for each request, and not without end."""

import asyncio
import logging
import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from limits.calls import CATEGORY, LIMIT, request, spend, take
from limits.loop import VirtualLoop

from pinterest_async.limits import InMemoryLimiter, Limiter

Logged = Callable[[], list[tuple[int, int, int]]]


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Logged:
    """For each notice so far: seconds waited, seconds to come, how many wait."""
    caplog.set_level(logging.WARNING, "pinterest_async")

    def read() -> list[tuple[int, int, int]]:
        texts = [one.getMessage() for one in caplog.records]
        assert all(f"quota of {CATEGORY}," in text for text in texts)
        found = [re.findall(r"\b\d+\b", text) for text in texts]
        return [(int(waited), int(left), int(number)) for waited, left, number in found]

    return read


def wait(loop: VirtualLoop, limiter: Limiter, count: int = 1) -> list[asyncio.Task[Any]]:
    tasks = [loop.create_task(limiter.acquire(request())) for _ in range(count)]
    loop.advance(0)
    return tasks


def test_a_wait_of_a_few_seconds_is_not_told(
    loop: VirtualLoop, limiter: Limiter, logged: Logged
) -> None:
    spend(loop, limiter, LIMIT)
    loop.advance(56)
    (task,) = wait(loop, limiter)
    loop.run(task)
    loop.advance(100)
    assert logged() == []


def test_a_longer_one_is_told_while_it_lasts_and_once(
    loop: VirtualLoop, limiter: Limiter, logged: Logged
) -> None:
    spend(loop, limiter, LIMIT)
    loop.advance(10)
    (task,) = wait(loop, limiter)
    loop.advance(4.9)
    assert logged() == []
    loop.advance(0.2)
    assert logged() == [(5, 45, 1)]
    loop.run(task)
    loop.advance(1000)
    assert len(logged()) == 1


def test_many_that_wait_together_are_told_of_once_a_minute_and_then_less(
    loop: VirtualLoop, limiter: Limiter, logged: Logged
) -> None:
    spend(loop, limiter, LIMIT)
    tasks = wait(loop, limiter, 20 * LIMIT)
    began = loop.now
    at: list[float] = []
    while loop.now < began + 3600 and not all(task.done() for task in tasks):
        loop.advance(5)
        for task in tasks:
            if task.done() and not task.get_name().startswith("ended"):
                limiter.finish(task.result())
                task.set_name("ended")
        at += [loop.now - began] * (len(logged()) - len(at))
    assert all(task.done() for task in tasks)
    pauses = [later - earlier for earlier, later in pairwise(at)]
    assert at[0] == pytest.approx(5, abs=5)
    assert pauses[:3] == pytest.approx([60, 120, 240], abs=10)
    assert all(pause > 400 for pause in pauses[3:])
    assert logged()[0][2] == 20 * LIMIT


def test_after_a_calm_time_they_are_told_of_as_at_first(
    loop: VirtualLoop, limiter: Limiter, logged: Logged
) -> None:
    for hour in (1, 2):
        spend(loop, limiter, LIMIT)
        for task in wait(loop, limiter):
            limiter.finish(loop.run(task))
        assert len(logged()) == hour
        loop.advance(3600)


def test_a_request_that_gives_up_is_not_told_of(
    loop: VirtualLoop, limiter: Limiter, logged: Logged
) -> None:
    take(loop, limiter, LIMIT)
    (task,) = wait(loop, limiter)
    loop.advance(4)
    task.cancel()
    loop.advance(100)
    assert logged() == []


def test_a_clock_that_stands_still_does_not_make_timers_fire_without_end(
    loop: VirtualLoop,
) -> None:
    began, looks = loop.now, 0

    def clock() -> float:
        nonlocal looks
        looks += 1
        # A hair before the next notice; it goes on at last, so that this test ends.
        return loop.now if looks > 1000 else min(loop.now, began + 65 - 1e-9)

    limiter = InMemoryLimiter(clock=clock, chance=lambda: 0.5)
    take(loop, limiter, LIMIT)
    tasks = wait(loop, limiter, 2)
    loop.advance(90)
    assert not any(task.done() for task in tasks)
    assert looks < 100
