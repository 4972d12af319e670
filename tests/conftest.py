"""What all tests may use."""

import os
import signal
from collections.abc import AsyncIterator, Generator, Iterator, Mapping
from typing import Any
from unittest.mock import Mock

import pytest
import pytest_asyncio
from aiohttp import ClientResponse
from aioresponses import aioresponses
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis
from redis_server import RedisServer
from secret_watch import SecretWatch
from yarl import URL

from pinterest_async import SessionPool

# A shell without job control ignores Ctrl-C for what it runs in the background, and so would every
# program that a test starts and interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


# `make test` draws the same examples each time, `make properties` more, and others each time. None
# fails because the machine is busy.
UNTIMED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("same", UNTIMED, max_examples=50, derandomize=True)
settings.register_profile("random", UNTIMED, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


WATCH = SecretWatch()


@pytest.fixture(scope="session", autouse=True)
def watch_for_secrets() -> Iterator[None]:
    """Have every log record and every error looked at, whichever test makes it."""
    end = WATCH.begin()
    yield
    end()


@pytest.fixture(autouse=True)
def no_secret_is_shown() -> Iterator[None]:
    """Fail a test that made the package show a token, a code or the secret of an app."""
    WATCH.take()
    yield
    assert WATCH.take() == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Look at what a test wrote to the terminal, and into the log that pytest shows."""
    report = yield
    if call.when == "call":
        for title, text in report.sections:
            WATCH.look(f"{item.name}: {title}", text)
    return report


class MockedResponse(ClientResponse):
    """The response of aiohttp 3.14, with the argument that aioresponses does not pass."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("stream_writer", Mock(output_size=0))
        super().__init__(*args, **kwargs)


class MockedApi:
    """Answers that aiohttp gets without a socket: `api.get(url, payload={...})` and the like."""

    def __init__(self, mocked: aioresponses) -> None:
        self._mocked: Any = mocked  # its own types have holes

    @property
    def urls(self) -> list[str]:
        """Where the requests went."""
        return [str(url) for _, url in self._mocked.requests]

    @property
    def sent(self) -> list[Mapping[str, Any]]:
        """What aiohttp was told of each request: `headers`, `data` and so on."""
        return [call.kwargs for calls in self._mocked.requests.values() for call in calls]

    def get(self, url: str | URL, **answer: Any) -> None:
        self.add("GET", url, **answer)

    def post(self, url: str | URL, **answer: Any) -> None:
        self.add("POST", url, **answer)

    def delete(self, url: str | URL, **answer: Any) -> None:
        self.add("DELETE", url, **answer)

    def add(self, method: str, url: str | URL, **answer: Any) -> None:
        self._mocked.add(url, method, response_class=MockedResponse, **answer)


@pytest.fixture(scope="session", autouse=True)
def no_login_of_ours(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whoever runs the tests may have logged in on this machine; no test may find that login."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        yield


@pytest.fixture(scope="module", params=["fast", "session"])
def lane(request: pytest.FixtureRequest) -> Iterator[str]:
    """How pools send requests that do not say it themselves: for tests that hold for both ways."""
    with pytest.MonkeyPatch.context() as patch:
        defaults: Any = {**(SessionPool.__init__.__kwdefaults__ or {}), "lane": request.param}
        patch.setattr(SessionPool.__init__, "__kwdefaults__", defaults)
        yield request.param


@pytest.fixture
def api() -> Iterator[MockedApi]:
    with aioresponses() as mocked:
        yield MockedApi(mocked)


@pytest.fixture(scope="session")
def redis_socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The socket of a Redis of our own, for processes of this machine."""
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server.socket
    server.kill()


@pytest_asyncio.fixture
async def redis(redis_socket: str) -> AsyncIterator[Redis]:
    """A client of an empty Redis."""
    async with Redis(unix_socket_path=redis_socket) as client:
        untyped: Any = client  # its keyword arguments have no types
        await untyped.flushall()
        yield client
        for key in await untyped.keys():
            WATCH.look("key of Redis", key.decode())
