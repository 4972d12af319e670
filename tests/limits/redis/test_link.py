"""What the limiter of many processes does while Redis is stopped, slow, or has lost its data."""

import asyncio
import signal
from collections.abc import Callable

import pytest
from limits.calls import DirectRedis, request, state, take
from limits.loop import VirtualLoop
from redis_server import RedisServer

from pinterest_async.errors import LimiterUnavailableError, RateLimitWaitError
from pinterest_async.limits import RedisLimiter

Make = Callable[..., RedisLimiter]


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
    assert not any(task.done() for task in waiting), "the other processes may not have reported"
    loop.advance(15)
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
