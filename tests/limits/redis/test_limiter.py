"""The limiter of many processes, against a real redis-server."""

import asyncio
import json
import math
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from limits_calls import DirectRedis, request, state, take
from limits_loop import VirtualLoop
from redis_server import RedisServer

from pinterest_async._core.response import RateState
from pinterest_async.errors import (
    ConfigurationError,
    LimiterUnavailableError,
    RateLimitWaitError,
)
from pinterest_async.limits import RedisLimiter

LIFE = 150.0
Make = Callable[..., RedisLimiter]


def test_what_wants_to_go_together_is_asked_for_together(
    loop: VirtualLoop, make: Make, direct: DirectRedis
) -> None:
    take(loop, make(), 25)
    assert direct.calls == 1


def test_processes_share(loop: VirtualLoop, make: Make) -> None:
    one, other = make(), make()
    take(loop, one, 20)
    take(loop, other, 5)
    with pytest.raises(RateLimitWaitError):
        take(loop, one, 1, max_wait=1.0)


def test_tokens_of_a_process_that_died_come_back(loop: VirtualLoop, make: Make) -> None:
    take(loop, make(), 25)
    began = loop.now
    take(loop, make(), 1)
    assert LIFE + 60 < loop.now - began < LIFE + 60 + 6


def test_waiting_costs_few_calls(loop: VirtualLoop, make: Make, direct: DirectRedis) -> None:
    limiter = make()
    for permit in take(loop, limiter, 25):
        limiter.finish(permit)
    waiting = [loop.create_task(limiter.acquire(request())) for _ in range(1000)]
    direct.calls = 0
    loop.advance(59.0)
    assert direct.calls < 20
    assert not any(task.done() for task in waiting)
    loop.advance(1.2)
    assert sum(task.done() for task in waiting) == 25


def test_a_cancelled_call_leaves_nothing(loop: VirtualLoop, make: Make) -> None:
    """Wherever it is cancelled: before the first call to Redis, in it, waiting, or granted."""
    limiter, other = make(), make()
    for turns in range(1, 9):
        task = loop.create_task(limiter.acquire(request()))
        for _ in range(turns):
            loop.run(asyncio.sleep(0))
        if task.done():
            limiter.release(task.result())
        task.cancel()
        loop.advance(0.2)
        assert (state(limiter).in_flight, state(limiter).waiting) == (0, 0)
    held = take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    waiting.cancel()
    for permit in held:
        limiter.release(permit)
    loop.advance(0.2)
    began = loop.now
    take(loop, other, 25)
    assert loop.now == began


def test_keys_hold_no_secrets_and_expire(
    loop: VirtualLoop, make: Make, direct: DirectRedis
) -> None:
    limiter = make(secret="pepper")
    facts = {"subject": "token-of-mine", "ad_account_id": "549755885175"}
    permits = [
        *take(loop, limiter, 2, category="ads_conversions", **facts),
        *take(loop, limiter, 1, operation_id="multi_pins/analytics", **facts),
        *take(loop, limiter, 1, category="org_write", access="trial", **facts),
    ]
    for permit in permits:
        limiter.observe(permit, RateState(limit=9, remaining=1, windows=((9, 60.0, None),)))
        limiter.freeze(permit, 1000.0)
        limiter.finish(permit)
    loop.advance(0.2)
    redis = direct.redis
    keys: list[bytes] = redis.keys("*")
    assert len(keys) > 10
    seen = b" ".join(keys)
    for key in keys:
        assert 0 < redis.pttl(key) <= 3 * 86_400_000, key
        kind = redis.type(key)
        if kind == b"zset":
            seen += b" ".join(redis.zrange(key, 0, -1))
        elif kind == b"hash":
            seen += b" ".join(field + value for field, value in redis.hgetall(key).items())
        else:
            seen += redis.get(key)
    assert b"token-of-mine" not in seen
    assert b"549755885175" not in seen
    before = set(keys)
    take(loop, make(secret="salt"), 1, category="ads_conversions", **facts)
    assert len(before & set(redis.keys("*"))) == len(before)
    assert len(set(redis.keys("*")) - before) > 2, "the secret is part of the hashes"


# Redis is away


def test_a_forgotten_script_is_sent_again(
    loop: VirtualLoop, make: Make, direct: DirectRedis
) -> None:
    limiter = make()
    take(loop, limiter, 1)
    direct.redis.script_flush()
    take(loop, limiter, 1)
    assert state(limiter).available == 23


def test_closed_refuses_until_redis_returns(
    loop: VirtualLoop, make: Make, server: RedisServer
) -> None:
    limiter = make(fail="closed")
    permits = take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    server.kill()
    with pytest.raises(LimiterUnavailableError, match="Redis cannot be reached"):
        take(loop, limiter, 1)
    with pytest.raises(LimiterUnavailableError) as caught:
        loop.run(waiting)
    assert "onnection" in type(caught.value.__cause__).__name__
    for permit in permits[:20]:
        limiter.finish(permit)
    server.start()
    loop.advance(1.5)
    began = loop.now
    with pytest.raises(RateLimitWaitError):
        take(loop, limiter, 1, max_wait=1.0)
    take(loop, limiter, 1)
    assert loop.now - began == pytest.approx(60 - 1.5, abs=0.2), "its tokens were told anew"


def test_local_goes_on_with_a_share(loop: VirtualLoop, make: Make, server: RedisServer) -> None:
    one, other = make(), make()
    take(loop, one, 1)
    for limiter, count in ((other, 2), (one, 1)):
        for permit in take(loop, limiter, count):
            limiter.finish(permit)
    server.kill()
    began = loop.now
    took = take(loop, one, 10)
    assert loop.now == began
    with pytest.raises(RateLimitWaitError):
        take(loop, one, 1, max_wait=30.0)
    for permit in took:
        one.finish(permit)
    loop.advance(61)
    assert len(take(loop, one, 11)) == 11, "12 of 25 are its share, and one is under way"
    with pytest.raises(RateLimitWaitError):
        take(loop, one, 1, max_wait=30.0)
    server.start()
    loop.advance(2)
    take(loop, one, 1)
    assert state(one).available == 25 - 13, "what was taken meanwhile counts"


def test_local_waits_end_when_redis_returns(
    loop: VirtualLoop, make: Make, server: RedisServer
) -> None:
    limiter = make(processes=25)
    server.kill()
    take(loop, limiter, 1)
    waiting = [loop.create_task(limiter.acquire(request())) for _ in range(24)]
    loop.advance(1)
    assert not any(task.done() for task in waiting)
    server.start()
    loop.advance(5.1)
    assert all(task.done() for task in waiting)


def test_lost_data_is_made_up(loop: VirtualLoop, make: Make, direct: DirectRedis) -> None:
    limiter, other = make(), make()
    permits = take(loop, limiter, 20)
    for permit in permits[:10]:
        limiter.finish(permit)
    loop.advance(1)
    direct.redis.flushall()
    take(loop, limiter, 1)
    began = loop.now
    take(loop, other, 4)
    with pytest.raises(RateLimitWaitError) as caught:
        take(loop, other, 1, max_wait=1.0)
    assert loop.now == began
    assert caught.value.wait == pytest.approx(59.0, abs=0.1)


async def test_a_slow_redis_counts_as_away(server: RedisServer) -> None:
    async with (
        RedisLimiter.from_url(server.url, timeout=0.05) as local,
        RedisLimiter.from_url(server.url, timeout=0.05, fail="closed") as closed,
    ):
        local.finish(await local.acquire(request()))
        server.signal(signal.SIGSTOP)
        try:
            local.finish(await local.acquire(request()))
            with pytest.raises(LimiterUnavailableError, match="TimeoutError"):
                await closed.acquire(request())
        finally:
            server.signal(signal.SIGCONT)


@pytest.mark.parametrize("reached", [False, True])
@pytest.mark.parametrize("delay", [0.5, 1e6])
@pytest.mark.parametrize("fail", ["local", "closed"])
def test_a_call_cancelled_while_redis_is_slow_or_hangs_leaves_nothing(
    loop: VirtualLoop, make: Make, direct: DirectRedis, fail: str, delay: float, reached: bool
) -> None:
    """Wherever it is cancelled: before Redis is asked, while it does not answer, or after."""
    limiter, other = make(fail=fail), make()
    take(loop, other, 1)  # Redis has the script
    for turns in range(1, 6):
        direct.delay, direct.reached = delay, reached
        call = loop.create_task(limiter.acquire(request()))
        for _ in range(turns):
            loop.run(asyncio.sleep(0))
        call.cancel()
        loop.advance(0.1)
        assert call.cancelled()
        loop.advance(1.5)
        direct.delay = 0.0
        loop.advance(10.0)
        assert (state(limiter).in_flight, state(limiter).waiting) == (0, 0)
        began = loop.now
        held = take(loop, other, 24)
        assert loop.now == began
        for permit in held:
            other.release(permit)
        loop.advance(0.2)


@pytest.mark.parametrize("reached", [False, True])
@pytest.mark.parametrize("fail", ["local", "closed"])
def test_those_who_wait_for_a_redis_that_hangs_go_on_without_it(
    loop: VirtualLoop, make: Make, direct: DirectRedis, fail: str, reached: bool
) -> None:
    limiter, other = make(fail=fail, processes=5), make()
    take(loop, other, 1)
    direct.delay, direct.reached = 1e6, reached
    began = loop.now
    calls = [loop.create_task(limiter.acquire(request())) for _ in range(7)]
    loop.advance(1.1)
    if fail == "closed":
        assert all(isinstance(call.exception(), LimiterUnavailableError) for call in calls)
        kept = 0
    else:
        assert [call.done() for call in calls] == 5 * [True] + 2 * [False], "a fifth of 25"
        for call in calls[5:]:
            call.cancel()
        with pytest.raises(RateLimitWaitError) as caught:
            take(loop, limiter, 1, max_wait=10.0)
        assert caught.value.wait > 50
        kept = 5
    assert loop.now - began == pytest.approx(1.1, abs=0.01), "once for all of them"
    direct.delay = 0.0
    loop.advance(10.0)
    take(loop, limiter, 1)
    assert state(limiter).available == 25 - 1 - kept - 1


def test_closing_does_not_wait_for_a_redis_that_hangs(
    loop: VirtualLoop, make: Make, direct: DirectRedis
) -> None:
    limiter = make()
    take(loop, limiter, 25)
    waiting = loop.create_task(limiter.acquire(request()))
    loop.advance(0)
    direct.delay = 1e6
    loop.advance(6.0)
    began = loop.now
    loop.run(limiter.aclose())
    assert loop.now - began <= 2.0
    assert isinstance(waiting.exception(), LimiterUnavailableError)


@pytest.mark.parametrize("fail", ["local", "closed"])
def test_a_call_cancelled_while_redis_is_down_leaves_nothing(
    loop: VirtualLoop, make: Make, server: RedisServer, fail: str
) -> None:
    limiter = make(fail=fail)
    permits = take(loop, limiter, 25)
    calls = [loop.create_task(limiter.acquire(request())) for _ in range(3)]
    loop.advance(0)
    server.kill()
    calls[0].cancel()
    limiter.release(permits[0])
    calls[1].cancel()
    loop.advance(0.1)
    assert calls[0].cancelled()
    assert calls[1].cancelled()
    if fail == "closed":
        assert isinstance(calls[2].exception(), LimiterUnavailableError)
    else:
        limiter.release(loop.run(calls[2]))
    for permit in permits[1:]:
        limiter.release(permit)
    server.start()
    loop.advance(10.0)
    began = loop.now
    take(loop, limiter, 25)
    assert loop.now == began
    assert (state(limiter).in_flight, state(limiter).waiting) == (25, 0)


async def test_closing_tells_what_is_left_and_refuses_the_rest(server: RedisServer) -> None:
    async with RedisLimiter.from_url(server.url, max_under_way=1000.0) as limiter:
        permits = [await limiter.acquire(request()) for _ in range(25)]
        waiting = asyncio.create_task(limiter.acquire(request()))
        await asyncio.sleep(0)
        for permit in permits[:10]:
            limiter.release(permit)
        for permit in permits[10:]:
            limiter.finish(permit)
        waiting.cancel()
    with pytest.raises(LimiterUnavailableError, match="closed"):
        await limiter.acquire(request())
    async with RedisLimiter.from_url(server.url) as other:
        for _ in range(10):
            await other.acquire(request())
        with pytest.raises(RateLimitWaitError) as caught:
            await other.acquire(request(max_wait=0.0))
        assert caught.value.wait < 61


def test_event_loops_may_follow_one_another(server: RedisServer) -> None:
    limiter = RedisLimiter.from_url(server.url)

    async def one() -> Any:
        return await limiter.acquire(request())

    async def rest(first: Any) -> int:
        limiter.finish(first)
        await limiter.acquire(request())
        await limiter.aclose()
        return state(limiter).available

    with asyncio.Runner() as runner:
        first = runner.run(one())
        runner.run(disconnect(limiter))
    assert asyncio.run(rest(first)) == 23


async def disconnect(limiter: RedisLimiter) -> None:
    """A loop that ends without closing the limiter would warn of its open connection."""
    await limiter._script.aclose()  # pyright: ignore[reportPrivateUsage] # no public face


def test_bad_options_are_named(direct: DirectRedis) -> None:
    client: Any = direct
    for options in (
        {"fail": "open"},
        {"timeout": 0},
        {"processes": 0},
        {"max_under_way": math.inf},
    ):
        untyped: Any = options
        with pytest.raises(ConfigurationError, match=next(iter(options))):
            RedisLimiter(client, **untyped)


def test_two_processes_never_exceed_the_quota(server: RedisServer) -> None:
    limit, window, seconds = 20, 0.5, 2.0
    sharer = Path(__file__).parents[2] / "support" / "redis_sharer.py"
    facts = [server.url, str(limit), str(window), str(seconds)]
    running = [
        subprocess.Popen([sys.executable, str(sharer), *facts], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    told = [process.communicate(timeout=30)[0] for process in running]
    each: list[list[tuple[float, float]]] = [json.loads(text) for text in told]
    assert all(len(spans) > limit / 2 for spans in each), "both have their part"
    spans = [span for of_one in each for span in of_one]
    for began, _ in spans:
        counted = sum(start <= began and end > began - window for start, end in spans)
        assert counted <= limit
    length = max(end for _, end in spans) - min(start for start, _ in spans)
    assert len(spans) > 0.8 * limit * (length / window - 1)


def test_it_is_imported_without_redis_and_says_what_to_install_when_used() -> None:
    script = (
        "import sys; sys.modules['redis'] = None; "
        "from pinterest_async import RedisLimiter; import pinterest_async.limits; "
        "RedisLimiter.from_url('redis://localhost')"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=False
    )
    assert "ImportError: " in ran.stderr
    assert "pip install 'pinterest-async[redis]'" in ran.stderr.splitlines()[-1]
