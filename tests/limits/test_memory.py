"""The limiter of one process: order, waits, headers, freezes, and what is left behind."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from limits_loop import VirtualLoop

from pinterest_async._core.response import RateState
from pinterest_async.errors import ConfigurationError, RateLimitWaitError
from pinterest_async.limits import BucketState, InMemoryLimiter, LimitRequest


def request(**changes: Any) -> LimitRequest:
    facts: dict[str, Any] = {
        "subject": "u",
        "category": "advanced_auction_write",
        "operation_id": "o",
    }
    return LimitRequest(**{**facts, **changes})


@pytest.fixture
def limiter(loop: VirtualLoop) -> InMemoryLimiter:
    return InMemoryLimiter(clock=loop.time, chance=lambda: 0.5)


def take(loop: VirtualLoop, limiter: InMemoryLimiter, count: int, **changes: Any) -> list[Any]:
    async def all_of_them() -> list[Any]:
        return [await limiter.acquire(request(**changes)) for _ in range(count)]

    return loop.run(all_of_them())


def state(limiter: InMemoryLimiter, name: str = "advanced_auction_write") -> BucketState:
    return next(one for one in limiter.snapshot() if one.name == name)


def test_a_short_job_runs_at_full_speed(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    began = loop.now
    take(loop, limiter, 25)
    assert loop.now == began


def test_a_token_comes_back_a_window_after_its_request_ended(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    permits = take(loop, limiter, 25)
    loop.advance(5)
    for permit in permits:
        limiter.finish(permit)
    ended = loop.now
    take(loop, limiter, 1)
    assert 60.0 < loop.now - ended < 60.2


def test_too_long_a_wait_is_refused_at_once(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    for permit in take(loop, limiter, 25):
        limiter.finish(permit)
    began = loop.now
    with pytest.raises(RateLimitWaitError) as caught:
        take(loop, limiter, 1, max_wait=10.0)
    assert loop.now == began
    assert caught.value.wait == pytest.approx(60.0, abs=0.1)
    assert state(limiter).waiting == 0


def test_a_wait_that_grows_is_cut_off(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    permits = take(loop, limiter, 25)
    for permit in permits:
        limiter.finish(permit)
    task = loop.create_task(limiter.acquire(request(max_wait=65.0)))
    loop.advance(30)
    limiter.freeze(permits[0], 3600.0)
    with pytest.raises(RateLimitWaitError) as caught:
        loop.run(task)
    assert caught.value.wait > 3600
    assert state(limiter).waiting == 0


def test_interactive_calls_go_first(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    permits = take(loop, limiter, 25)
    order: list[str] = []

    async def call(name: str, priority: Any) -> None:
        limiter.finish(await limiter.acquire(request(priority=priority)))
        order.append(name)

    tasks = [loop.create_task(call(f"b{i}", "background")) for i in range(5)]
    loop.advance(0)
    tasks += [loop.create_task(call(f"i{i}", "interactive")) for i in range(5)]
    loop.advance(0)
    for permit in permits:
        limiter.finish(permit)
        loop.advance(1)
    loop.run(asyncio.wait(tasks))
    assert order == ["i0", "i1", "i2", "i3", "i4", "b0", "b1", "b2", "b3", "b4"]


def test_background_calls_elsewhere_do_not_take_the_shared_bucket(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    held = take(loop, limiter, 100, category="org_read")
    background = [
        loop.create_task(limiter.acquire(request(category="ads_read", priority="background")))
        for _ in range(10)
    ]
    loop.advance(0)
    interactive = loop.create_task(limiter.acquire(request(category="org_read")))
    loop.advance(0)
    limiter.release(held[0])
    loop.advance(0)
    assert interactive.done()
    assert not any(task.done() for task in background)


def test_another_category_does_not_wait(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    began = loop.now
    take(loop, limiter, 10, category="org_read")
    assert loop.now == began
    assert not waiting.done()


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


def test_a_caller_cancelled_but_not_yet_told_is_passed_over(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    held = take(loop, limiter, 25)
    first, second = (loop.create_task(limiter.acquire(request())) for _ in range(2))
    loop.advance(0)
    first.cancel()
    limiter.release(held[0])
    loop.run(second)
    assert state(limiter).in_flight == 25


def test_a_freeze_holds_everyone_and_wakes_them_spread_out(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.freeze(permit, 7.0)
    began, went = loop.now, list[float]()

    async def call() -> None:
        limiter.finish(await limiter.acquire(request()))
        went.append(loop.now - began)

    loop.run(asyncio.wait([loop.create_task(call()) for _ in range(10)]))
    assert went[0] == pytest.approx(7.0, abs=0.01)
    gaps = [later - earlier for earlier, later in pairwise(went)]
    assert min(gaps) == pytest.approx(60.0 / 25, rel=0.01)


@pytest.mark.parametrize("limit", [10, 40])
def test_a_changed_quota_is_adopted(
    loop: VirtualLoop, limiter: InMemoryLimiter, limit: int
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.observe(permit, RateState(limit=limit, windows=((100, 1.0, None), (limit, 60.0, None))))
    assert state(limiter).limit == limit
    began = loop.now
    take(loop, limiter, limit - 1)
    assert loop.now == began
    assert state(limiter).available == 0


def test_a_longer_window_holds_for_what_is_already_spent(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    permits = take(loop, limiter, 25)
    for permit in permits:
        limiter.finish(permit)
    limiter.observe(permits[0], RateState(limit=25, windows=((25, 120.0, None),)))
    began = loop.now
    take(loop, limiter, 1)
    assert 120.0 < loop.now - began < 120.3


def test_calls_by_others_count_until_the_reset(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    (permit,) = take(loop, limiter, 1)
    windows = ((100, 1.0, None), (25, 60.0, None))
    limiter.observe(permit, RateState(limit=25, remaining=5, reset=20.0, windows=windows))
    assert state(limiter).available == 5
    loop.advance(20.0)
    assert state(limiter).available == 24


def test_trial_quotas_are_the_apps(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    for subject in ("u", "v"):
        take(loop, limiter, 150, subject=subject, category="org_write", access="trial")
    with pytest.raises(RateLimitWaitError) as caught:
        take(loop, limiter, 1, subject="w", category="org_write", access="trial", max_wait=60.0)
    assert caught.value.wait > 80_000


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


def test_quotas_that_the_caller_knows_better(loop: VirtualLoop) -> None:
    limiter = InMemoryLimiter(quotas={"ads_read": (3, 5.0)}, clock=loop.time)
    for permit in take(loop, limiter, 3, category="ads_read"):
        limiter.finish(permit)
    began = loop.now
    take(loop, limiter, 1, category="ads_read")
    assert 5.0 < loop.now - began < 5.02


@pytest.mark.parametrize("quota", [(0, 5.0), (10, 0), (2.5, 1), 1000, ("10", 60), (10,), None])
def test_quotas_that_make_no_sense_are_refused_by_name(quota: Any) -> None:
    with pytest.raises(ConfigurationError, match=r"quotas\['ads_read'\] is .*Use \(requests"):
        InMemoryLimiter(quotas={"ads_read": quota})


def test_idle_buckets_go_away(loop: VirtualLoop, limiter: InMemoryLimiter) -> None:
    for number in range(500):
        for permit in take(loop, limiter, 1, subject=str(number)):
            limiter.finish(permit)
    assert len(limiter.snapshot()) == 1000
    loop.advance(120)
    take(loop, limiter, 1)
    assert len(limiter.snapshot()) == 2


def test_a_scarcer_quota_is_remembered_when_its_bucket_is_gone(
    loop: VirtualLoop, limiter: InMemoryLimiter
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.observe(permit, RateState(limit=10, windows=((100, 1.0, None), (10, 60.0, None))))
    limiter.finish(permit)
    loop.advance(120)
    take(loop, limiter, 1, category="org_read")
    assert {one.name for one in limiter.snapshot()} == {"safety_net", "org_read"}
    take(loop, limiter, 1)
    assert state(limiter).limit == 10


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
    (lane,) = limiter._lanes.values()  # pyright: ignore[reportPrivateUsage] # no public face
    assert lane.ahead("background") <= 3
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
