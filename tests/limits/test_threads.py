"""Limiters in several threads, at a time or one after another, and in forked processes."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from limits.calls import request
from redis_server import RedisServer

from pinterest_async.errors import ConfigurationError
from pinterest_async.limits import InMemoryLimiter, Limiter, RedisLimiter


@pytest.fixture(params=["memory", "redis"])
def limiter(request: pytest.FixtureRequest) -> Limiter:
    if request.param == "memory":
        return InMemoryLimiter()
    server: RedisServer = request.getfixturevalue("server")
    return RedisLimiter.from_url(server.url)


class OtherThread:
    """A thread that has one call under way for as long as the block lasts."""

    def __init__(self, call: Callable[[asyncio.Event], Coroutine[Any, Any, None]]) -> None:
        self._call = call
        self._under_way = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()))

    async def _main(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        task = asyncio.create_task(self._call(self._end))
        await asyncio.sleep(0.05)
        self._under_way.set()
        await task

    def __enter__(self) -> None:
        self._thread.start()
        assert self._under_way.wait(60)

    def __exit__(self, *exc: object) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(60)


async def once(limiter: Limiter) -> None:
    limiter.finish(await limiter.acquire(request()))
    await disconnect(limiter)


async def disconnect(limiter: Limiter) -> None:
    """Close the connections of this event loop, so that another one may follow."""
    if isinstance(limiter, RedisLimiter):
        await limiter._script.aclose()  # pyright: ignore[reportPrivateUsage]


def test_a_second_thread_is_refused_at_once_and_may_follow(limiter: Limiter) -> None:
    async def hold(end: asyncio.Event) -> None:
        permit = await limiter.acquire(request())
        await end.wait()
        limiter.finish(permit)
        await disconnect(limiter)

    with (
        OtherThread(hold),
        pytest.raises(ConfigurationError, match="two threads at a time"),
    ):
        asyncio.run(once(limiter))
    asyncio.run(once(limiter))


def test_a_thread_is_refused_also_while_the_other_one_waits() -> None:
    limiter = InMemoryLimiter(quotas={"advanced_auction_write": (1, 3600.0)})

    async def wait(end: asyncio.Event) -> None:
        limiter.finish(await limiter.acquire(request()))
        waiting = asyncio.create_task(limiter.acquire(request()))
        await end.wait()
        waiting.cancel()

    with (
        OtherThread(wait),
        pytest.raises(ConfigurationError, match="a limiter of its own"),
    ):
        asyncio.run(once(limiter))


def test_a_thread_that_died_with_calls_under_way_is_in_nobodys_way() -> None:
    limiter = InMemoryLimiter()
    thread = threading.Thread(target=lambda: asyncio.run(_left_open(limiter)))
    thread.start()
    thread.join()
    asyncio.run(once(limiter))


async def _left_open(limiter: InMemoryLimiter) -> None:
    await limiter.acquire(request())


FORKED = """
import asyncio, os, sys
from pinterest_async.errors import RateLimitWaitError
from pinterest_async.limits import LimitRequest, RedisLimiter

limiter = RedisLimiter.from_url(sys.argv[1], quotas={"org_read": (30, 3600.0)})
request = LimitRequest(subject="u", category="org_read", operation_id="o", max_wait=60.0)

async def take(most):
    taken = 0
    try:
        for _ in range(most):
            permit = await limiter.acquire(request)
            taken += 1
            limiter.finish(permit)
    except RateLimitWaitError:
        pass
    await limiter.aclose()
    return taken

async def begin():
    limiter.finish(await limiter.acquire(request))
    await asyncio.sleep(0.3)

asyncio.run(begin())
children = 3
for _ in range(children):
    if os.fork() == 0:
        os._exit(asyncio.run(take(8)))
taken = 1
for _ in range(children):
    taken += os.waitstatus_to_exitcode(os.wait()[1])
print(taken + asyncio.run(take(30)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no fork")
def test_forked_processes_share_the_quota_with_their_parent(server: RedisServer) -> None:
    command = [sys.executable, "-W", "error", "-c", FORKED, server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.stdout.strip() == "30", done.stderr
