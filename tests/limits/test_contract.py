"""What every limiter promises: order, waits, headers, freezes, and what is left behind.

Where two limiters take part, they are the same one, or those of two processes that share a Redis.
"""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from limits.calls import CATEGORY, request, spend, state, take
from limits.loop import VirtualLoop

from pinterest_async._core.ratelimit_headers import RateState, parse
from pinterest_async.errors import ConfigurationError, RateLimitWaitError
from pinterest_async.limits import Limiter

SOON = 0.2
"""Until one process has heard of another."""


def rate(limit: int, window: float = 60.0, **more: Any) -> RateState:
    """The headers with a limit for the category, beside the safety net."""
    return RateState(limit=limit, windows=((100, 1.0, None), (limit, window, None)), **more)


def needed(loop: VirtualLoop, limiter: Limiter, max_wait: float = 0.0, **changes: Any) -> float:
    """What a request is told that would have to wait longer than it may, at once."""
    began = loop.now
    with pytest.raises(RateLimitWaitError) as caught:
        take(loop, limiter, 1, max_wait=max_wait, **changes)
    assert loop.now == began
    assert caught.value.max_wait == max_wait
    return caught.value.wait


# One quota


def test_a_short_job_runs_at_full_speed(loop: VirtualLoop, limiter: Limiter) -> None:
    began = loop.now
    take(loop, limiter, 25)
    assert loop.now == began


def test_a_token_comes_back_a_window_after_its_request_ended(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    permits = take(loop, limiter, 25)
    loop.advance(5)
    for permit in permits:
        limiter.finish(permit)
    ended = loop.now
    loop.advance(1)
    take(loop, other, 1)
    assert 60.0 < loop.now - ended < 60.2


def test_a_request_that_was_given_up_may_arrive_late(loop: VirtualLoop, limiter: Limiter) -> None:
    for permit in take(loop, limiter, 25):
        limiter.finish(permit, 5.0)
    ended = loop.now
    take(loop, limiter, 1)
    assert 65.0 < loop.now - ended < 65.2


def test_what_was_never_sent_is_free_at_once(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    for permit in take(loop, limiter, 25):
        limiter.release(permit)
    loop.advance(0)
    began = loop.now
    take(loop, other, 25)
    assert loop.now == began


def test_another_category_does_not_wait(loop: VirtualLoop, limiter: Limiter) -> None:
    take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    began = loop.now
    take(loop, limiter, 10, category="org_read", max_wait=0.0)
    assert loop.now == began
    assert not waiting.done()


def test_trial_quotas_are_the_apps(loop: VirtualLoop, limiter: Limiter) -> None:
    for subject in ("u", "v"):
        take(loop, limiter, 150, subject=subject, category="org_write", access="trial")
    assert needed(loop, limiter, 60.0, subject="w", category="org_write", access="trial") > 80_000


def test_quotas_that_the_caller_knows_better(
    loop: VirtualLoop, make_limiter: Callable[..., Limiter]
) -> None:
    limiter = make_limiter(quotas={"ads_read": (3, 5.0)})
    spend(loop, limiter, 3, category="ads_read")
    began = loop.now
    take(loop, limiter, 1, category="ads_read")
    assert 5.0 < loop.now - began < 5.02


@pytest.mark.parametrize("quota", [(0, 5.0), (10, 0), (2.5, 1), 1000, ("10", 60), (10,), None])
def test_quotas_that_make_no_sense_are_refused_by_name(
    make_limiter: Callable[..., Limiter], quota: Any
) -> None:
    with pytest.raises(ConfigurationError, match=r"quotas\['ads_read'\] is .*Use \(requests"):
        make_limiter(quotas={"ads_read": quota})


# Waits that are too long


def test_too_long_a_wait_is_refused_at_once(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    spend(loop, limiter, 25)
    loop.advance(1)
    for _ in range(2):
        assert needed(loop, other, 10.0) == pytest.approx(59.0, abs=0.1)
    assert state(other).waiting == 0


def test_a_wait_far_behind_others_is_foreseen(loop: VirtualLoop, limiter: Limiter) -> None:
    spend(loop, limiter, 25)
    ahead = [loop.create_task(limiter.acquire(request())) for _ in range(60)]
    loop.advance(0)
    assert needed(loop, limiter, 100.0) == pytest.approx(180.0, abs=0.5)
    assert not any(task.done() for task in ahead)


def test_a_wait_in_the_safety_net_is_foreseen(loop: VirtualLoop, limiter: Limiter) -> None:
    """Its own category has room; those who wait for the net in others go first."""
    for category in ("org_read", "ads_read"):
        for _ in range(300):
            loop.create_task(limiter.acquire(request(category=category)))
    loop.advance(0)
    assert needed(loop, limiter, 2.0) == pytest.approx(6.0, abs=0.1)
    assert needed(loop, limiter, 2.0, category="ads_read") == pytest.approx(6.0, abs=0.1)
    assert needed(loop, limiter, 2.0, priority="background") == pytest.approx(6.0, abs=0.1)


def test_background_calls_do_not_count_for_interactive_ones(
    loop: VirtualLoop, limiter: Limiter
) -> None:
    for _ in range(60):
        loop.create_task(limiter.acquire(request(priority="background")))
    loop.advance(0)
    assert needed(loop, limiter) == pytest.approx(60.0, abs=0.1)
    assert needed(loop, limiter, priority="background") == pytest.approx(120.0, abs=0.1)


def test_a_wait_in_a_bucket_of_its_own_is_foreseen(
    loop: VirtualLoop, make_limiter: Callable[..., Limiter]
) -> None:
    limiter = make_limiter(quotas={"multi_pins_analytics": (2, 9.0)})
    bulk: dict[str, Any] = {"category": "org_analytics", "operation_id": "multi_pins/analytics"}
    spend(loop, limiter, 2, **bulk)
    assert needed(loop, limiter, 5.0, **bulk) == pytest.approx(9.0, abs=0.1)
    take(loop, limiter, 1, category="org_analytics", max_wait=0.0)


def test_callers_who_went_do_not_count(loop: VirtualLoop, limiter: Limiter) -> None:
    spend(loop, limiter, 25)
    waiting = [loop.create_task(limiter.acquire(request())) for _ in range(60)]
    loop.advance(0)
    for task in waiting[10:40]:
        task.cancel()
    loop.advance(0)
    assert needed(loop, limiter) == pytest.approx(120.0, abs=0.5)


def test_a_freeze_is_part_of_the_wait(loop: VirtualLoop, limiter: Limiter, other: Limiter) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.freeze(permit, 100.0)
    loop.advance(SOON)
    for _ in range(4):
        loop.create_task(other.acquire(request()))
    loop.advance(0)
    # After the freeze they go one by one, 2.4 s apart.
    assert needed(loop, other, 100.0) == pytest.approx(100.0 + 4 * 60 / 25, abs=0.3)


def test_a_wait_that_is_short_enough_is_waited_for(loop: VirtualLoop, limiter: Limiter) -> None:
    spend(loop, limiter, 25)
    waiting = [loop.create_task(limiter.acquire(request(max_wait=60.2))) for _ in range(25)]
    loop.run(asyncio.wait(waiting))
    assert all(task.exception() is None for task in waiting)
    assert 120.0 > needed(loop, limiter, 59.0) > 59.0


def test_a_wait_that_grows_is_cut_off(loop: VirtualLoop, limiter: Limiter, other: Limiter) -> None:
    permits = spend(loop, limiter, 25)
    task = loop.create_task(other.acquire(request(max_wait=65.0)))
    loop.advance(30)
    limiter.freeze(permits[0], 3600.0)
    began = loop.now
    with pytest.raises(RateLimitWaitError) as caught:
        loop.run(task)
    assert loop.now - began == pytest.approx(35.0, abs=0.01)
    assert caught.value.wait > 3600
    assert state(other).waiting == 0


# Order


def test_interactive_calls_go_first_and_in_order(loop: VirtualLoop, limiter: Limiter) -> None:
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
    loop: VirtualLoop, limiter: Limiter
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
    loop.advance(0.1)
    assert interactive.done()
    assert not any(task.done() for task in background)


# Callers who go


def test_a_call_cancelled_as_it_is_granted_leaves_nothing(
    loop: VirtualLoop, limiter: Limiter
) -> None:
    """Whether before, in the very turn of the loop in which it is granted, or after."""

    def cancel_after(turns: int, task: asyncio.Task[Any]) -> None:
        if turns:
            loop.call_soon(cancel_after, turns - 1, task)
        else:
            task.cancel()

    held = take(loop, limiter, 25)
    for turns in range(16):
        call = loop.create_task(limiter.acquire(request()))
        loop.advance(SOON)
        limiter.release(held.pop())
        cancel_after(turns, call)
        loop.advance(SOON)
        assert state(limiter).waiting == 0
        assert state(limiter).in_flight == (24 if call.cancelled() else 25)
        held += take(loop, limiter, 1, max_wait=0.0) if call.cancelled() else [call.result()]


# What the server says


def test_a_freeze_holds_everyone_and_wakes_them_spread_out(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.freeze(permit, 7.0)
    loop.advance(0)
    began, went = loop.now, list[float]()

    async def call(through: Limiter) -> None:
        through.finish(await through.acquire(request()))
        went.append(loop.now - began)

    calls = [loop.create_task(call(through)) for _ in range(5) for through in (limiter, other)]
    loop.run(asyncio.wait(calls))
    assert went[0] == pytest.approx(7.0, abs=0.02)
    gaps = [later - earlier for earlier, later in pairwise(went)]
    assert min(gaps) == pytest.approx(60.0 / 25, rel=0.01)


@pytest.mark.parametrize("limit", [10, 40])
def test_a_changed_quota_is_adopted_by_all(
    loop: VirtualLoop, limiter: Limiter, other: Limiter, limit: int
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.observe(permit, rate(limit))
    loop.advance(0)
    began = loop.now
    take(loop, other, limit - 1)
    assert loop.now == began
    assert needed(loop, other, 1.0) > 1.0
    assert (state(other).limit, state(other).available) == (limit, 0)


def test_a_longer_window_holds_for_what_is_already_spent(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    permits = spend(loop, limiter, 25)
    limiter.observe(permits[0], rate(25, 120.0))
    began = loop.now
    take(loop, other, 1)
    assert 120.0 < loop.now - began < 120.3


def test_calls_by_strangers_count_until_the_reset(
    loop: VirtualLoop, limiter: Limiter, other: Limiter
) -> None:
    (permit,) = take(loop, limiter, 1)
    limiter.observe(permit, rate(25, remaining=5, reset=20.0))
    loop.advance(SOON)
    began = loop.now
    take(loop, other, 5)
    assert loop.now == began
    take(loop, other, 1)
    assert 19.0 < loop.now - began < 20.1


def test_idle_buckets_go_away(loop: VirtualLoop, limiter: Limiter) -> None:
    for number in range(500):
        spend(loop, limiter, 1, subject=str(number))
    assert len(limiter.snapshot()) == 1000
    loop.advance(130)
    take(loop, limiter, 1)
    assert len(limiter.snapshot()) == 2


@pytest.mark.parametrize(("limit", "starts_from"), [(10, 10), (40, 25)])
def test_a_scarcer_quota_is_remembered_when_its_bucket_is_gone(
    loop: VirtualLoop, limiter: Limiter, limit: int, starts_from: int, request: Any
) -> None:
    (permit,) = spend(loop, limiter, 1)
    limiter.observe(permit, rate(limit))
    loop.advance(130)
    take(loop, limiter, 1, category="org_read")
    loop.advance(0)
    assert {one.name for one in limiter.snapshot()} == {"safety_net", "org_read"}
    if "redis" in request.node.name:  # where keys are gone as well after an hour
        request.getfixturevalue("direct").redis.flushall()
    take(loop, limiter, 1)
    assert state(limiter).limit == starts_from


# Several windows for one quota

MINUTE_AND_HOUR = parse(
    {
        "X-RateLimit-Limit": '25, 100;w=1;name="safety_net_app_id_user_id", '
        f'25;w=60;name="{CATEGORY}_app_id_user_id", 40;w=3600;name="{CATEGORY}_app_id_user_id"'
    }
)
NAMELESS = parse({"X-RateLimit-Limit": "25, 100;w=1, 40;w=3600, 25;w=60"})


@pytest.mark.parametrize("headers", [MINUTE_AND_HOUR, NAMELESS])
def test_every_window_that_headers_name_holds(
    loop: VirtualLoop, limiter: Limiter, other: Limiter, headers: RateState
) -> None:
    began = loop.now
    (permit,) = take(loop, limiter, 1)
    limiter.observe(permit, headers)
    limiter.finish(permit)
    spend(loop, limiter, 24)
    loop.advance(SOON)
    assert needed(loop, other, 1.0) == pytest.approx(60.0 - SOON, abs=0.2)
    loop.advance(61.0)
    (permit,) = take(loop, other, 1)
    other.observe(permit, headers)
    other.finish(permit)
    spend(loop, other, 14)
    loop.advance(SOON)
    assert needed(loop, limiter, 600.0) > 3400
    take(loop, limiter, 1)
    assert 3600 < loop.now - began < 3610
    names = {(one.name, one.limit, one.window) for one in limiter.snapshot()}
    assert {(CATEGORY, 25, 60.0), (f"{CATEGORY};w=3600", 40, 3600.0)} < names


def test_a_second_window_counts_for_those_who_wait_and_those_under_way(
    loop: VirtualLoop, limiter: Limiter
) -> None:
    permits = take(loop, limiter, 25)
    waiting = [loop.create_task(limiter.acquire(request())) for _ in range(30)]
    loop.advance(0)
    for permit in permits:
        limiter.observe(permit, MINUTE_AND_HOUR)
        limiter.finish(permit)
    loop.advance(600.0)
    done = [task for task in waiting if task.done()]
    assert len(done) == 15
    hour = state(limiter, f"{CATEGORY};w=3600")
    assert (hour.in_flight, hour.waiting, hour.available) == (15, 15, 0)
    for task in waiting[15:20]:
        task.cancel()
    loop.advance(0)
    assert state(limiter, f"{CATEGORY};w=3600").waiting == 10


def test_a_window_that_is_not_named_any_more_goes_after_its_length(
    loop: VirtualLoop, limiter: Limiter
) -> None:
    both = RateState(limit=25, windows=((25, 60.0, None), (30, 300.0, None)))
    (permit,) = spend(loop, limiter, 1)
    limiter.observe(permit, both)

    async def call() -> None:
        limiter.finish(await limiter.acquire(request()))

    waiting = [loop.create_task(call()) for _ in range(40)]
    loop.advance(250.0)
    limiter.observe(permit, rate(25))
    loop.advance(0)
    assert sum(task.done() for task in waiting) == 29
    limiter.observe(permit, both)
    loop.advance(290.0)
    limiter.observe(permit, rate(25))
    loop.advance(SOON)
    assert state(limiter, f"{CATEGORY};w=300").limit == 30
    loop.advance(11.0)
    limiter.observe(permit, rate(60))
    loop.advance(6.0)
    assert {one.name for one in limiter.snapshot()} == {"safety_net", CATEGORY}
    assert all(task.done() for task in waiting)


def test_half_an_hour_in_place_of_a_minute_beside_an_hour(
    loop: VirtualLoop, limiter: Limiter
) -> None:
    (permit,) = spend(loop, limiter, 1)
    limiter.observe(permit, MINUTE_AND_HOUR)
    half = RateState(limit=30, windows=((30, 1800.0, None), (40, 3600.0, None)))
    limiter.observe(permit, half)
    loop.advance(SOON)
    take(loop, limiter, 29)
    kept = {(one.limit, one.window) for one in limiter.snapshot()} - {(100, 1.0)}
    assert kept == {(30, 1800.0), (40, 3600.0)}
    assert state(limiter).available == 0
