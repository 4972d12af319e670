"""The limiter of many processes, against a real redis-server."""

import asyncio
import json
import math
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from limits.calls import DirectRedis, request, state, take
from limits.loop import VirtualLoop
from redis_server import RedisServer

from pinterest_async._core.ratelimit_headers import RateState
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


async def test_closing_reports_what_is_left_and_rejects_the_rest(server: RedisServer) -> None:
    async with RedisLimiter.from_url(server.url, timeout=60.0, max_under_way=1000.0) as limiter:
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
    async with RedisLimiter.from_url(server.url, timeout=60.0) as other:
        for _ in range(10):
            await other.acquire(request())
        with pytest.raises(RateLimitWaitError) as caught:
            await other.acquire(request(max_wait=0.0))
        assert caught.value.wait < 61


def test_event_loops_may_follow_one_another(server: RedisServer) -> None:
    limiter = RedisLimiter.from_url(server.url, timeout=60.0)

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
    limit, window, enough = 20, 0.5, 40
    sharer = Path(__file__).parents[2] / "support" / "limits" / "redis_sharer.py"
    facts = [server.url, str(limit), str(window), str(enough)]
    running = [
        subprocess.Popen([sys.executable, str(sharer), *facts], stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    try:
        outputs = [process.communicate(timeout=300)[0] for process in running]
    finally:
        for process in running:
            process.kill()
    each: list[list[tuple[float, float]]] = [json.loads(text) for text in outputs]
    assert all(len(spans) >= enough for spans in each), "both have their part"
    spans = [span for of_one in each for span in of_one]
    for began, _ in spans:
        counted = sum(start <= began and end > began - window for start, end in spans)
        assert counted <= limit


def test_two_processes_use_the_whole_quota(loop: VirtualLoop, make: Make) -> None:
    limit, window, seconds = 20, 0.5, 10.0
    chance = random.Random(7)
    counts = [0, 0]

    async def work(limiter: RedisLimiter, which: int) -> None:
        while True:
            permit = await limiter.acquire(request(category="org_read"))
            await asyncio.sleep(chance.uniform(0.0, 0.03))
            limiter.finish(permit)
            counts[which] += 1

    for which in range(2):
        limiter = make(quotas={"org_read": (limit, window)})
        for _ in range(limit):
            loop.create_task(work(limiter, which))
    loop.advance(seconds)
    assert all(count > limit / 2 * (seconds / window) / 4 for count in counts), counts
    assert 0.8 * limit * (seconds / window - 1) < sum(counts) <= limit * (seconds / window + 1)


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
