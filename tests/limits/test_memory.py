"""What only the limiter of one process promises: strict order among users, and at once."""

import asyncio
from typing import Any

import pytest
from limits.calls import request, state, take
from limits.loop import VirtualLoop

from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits import InMemoryLimiter


@pytest.fixture
def limiter(loop: VirtualLoop) -> InMemoryLimiter:
    return InMemoryLimiter(clock=loop.time, chance=lambda: 0.5)


def test_a_grant_to_a_caller_who_has_just_gone_comes_back(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    held = take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    limiter.release(held[0])
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        loop.run(waiting)
    assert (state(limiter).in_flight, state(limiter).available) == (24, 1)


def test_a_caller_cancelled_but_not_yet_woken_is_passed_over(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    held = take(loop, limiter, 25)
    first, second = (loop.create_task(limiter.acquire(request())) for _ in range(2))
    loop.advance(0)
    first.cancel()
    limiter.release(held[0])
    loop.run(second)
    assert state(limiter).in_flight == 25


def test_users_share_the_quota_of_an_ad_account_in_order(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    conversions: dict[str, Any] = {"category": "ads_conversions", "ad_account_id": "1"}
    (permit,) = take(loop, limiter, 1, subject="u", **conversions)
    limiter.observe(permit, RateState(limit=1, windows=((1, 60.0, None),)))
    first = loop.create_task(limiter.acquire(request(subject="v", **conversions)))
    loop.advance(0)
    second = loop.create_task(limiter.acquire(request(subject="u", **conversions)))
    loop.advance(0)
    limiter.release(permit)
    loop.advance(0)
    assert (first.done(), second.done()) == (True, False)


def test_cancelled_waiters_leave_nothing_behind_a_long_wait(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    take(loop, limiter, 25)
    head = loop.create_task(limiter.acquire(request()))
    for _ in range(200):
        gone = loop.create_task(limiter.acquire(request()))
        loop.advance(0)
        gone.cancel()
        loop.advance(0)
    assert state(limiter).waiting == 1
    (queue,) = limiter._queues.values()  # pyright: ignore[reportPrivateUsage] # no public face
    fifos = queue._fifos or ()  # pyright: ignore[reportPrivateUsage]
    assert sum(len(fifo.items) for fifo in fifos) <= 3
    head.cancel()


def test_event_loops_may_follow_one_another() -> None:
    first, second = VirtualLoop(), VirtualLoop()
    limiter = InMemoryLimiter(clock=lambda: max(first.now, second.now))
    held = take(first, limiter, 25)
    abandoned = first.create_task(limiter.acquire(request()))
    first.advance(0)
    first.close()
    for permit in held[:2]:
        limiter.finish(permit)
    took = take(second, limiter, 1)
    assert took
    assert state(limiter).waiting == 0
    assert state(limiter).in_flight == 24
    abandoned._log_destroy_pending = False  # type: ignore[attr-defined]
    second.shut()


def test_users_who_wait_for_the_same_ad_account_are_foreseen(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    conversions: dict[str, Any] = {"category": "ads_conversions", "ad_account_id": "1"}
    (permit,) = take(loop, limiter, 1, subject="u", **conversions)
    limiter.observe(permit, RateState(limit=2, windows=((2, 60.0, None),)))
    limiter.finish(permit)
    for subject in ("u", "v", "w", "v"):
        loop.create_task(limiter.acquire(request(subject=subject, **conversions)))
    loop.advance(0)
    with pytest.raises(RateLimitWaitError) as caught:
        take(loop, limiter, 1, subject="x", max_wait=10.0, **conversions)
    assert caught.value.wait == pytest.approx(120.0, abs=0.1)
