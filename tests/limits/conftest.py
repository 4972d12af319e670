"""The loop of these tests, a Redis, and limiters of both kinds."""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import pytest
from limits.calls import DirectRedis
from limits.loop import VirtualLoop
from redis import Redis
from redis_server import RedisServer

from pinterest_async.limits import InMemoryLimiter, Limiter, RedisLimiter

MakeLimiter: TypeAlias = Callable[..., Limiter]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    made = VirtualLoop()
    yield made
    made.shut()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def server(running: RedisServer) -> RedisServer:
    running.start()
    with Redis(unix_socket_path=running.socket) as client:
        untyped: Any = client
        untyped.flushall()
    return running


@pytest.fixture
def direct(server: RedisServer) -> Iterator[DirectRedis]:
    made = DirectRedis(server.socket)
    yield made
    made.redis.close()


@pytest.fixture
def make(loop: VirtualLoop, direct: DirectRedis) -> Callable[..., RedisLimiter]:
    """Limiters as of processes that share a Redis."""

    def made(**options: Any) -> RedisLimiter:
        client: Any = direct
        return RedisLimiter(client, clock=loop.time, chance=lambda: 0.5, **options)

    return made


@pytest.fixture(params=["memory", "redis"])
def make_limiter(request: pytest.FixtureRequest, loop: VirtualLoop) -> MakeLimiter:
    """Limiters of either kind."""
    if request.param == "redis":
        made: MakeLimiter = request.getfixturevalue("make")
        return made

    def made_here(**options: Any) -> Limiter:
        return InMemoryLimiter(clock=loop.time, chance=lambda: 0.5, **options)

    return made_here


@pytest.fixture
def limiter(make_limiter: MakeLimiter) -> Limiter:
    return make_limiter()


@pytest.fixture
def other(make_limiter: MakeLimiter, limiter: Limiter) -> Limiter:
    """What another part of the application uses: the same limiter, or that of another process."""
    return limiter if isinstance(limiter, InMemoryLimiter) else make_limiter()
