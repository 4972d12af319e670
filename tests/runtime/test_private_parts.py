"""What the package uses of aiohttp and asyncio that is not public: a failure says what moved.

An update of aiohttp or Python may move such a part without notice. Each test names the function
that uses it, what breaks without it, and what to do.
"""

# pyright: reportPrivateUsage=false

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final, NamedTuple

import aiohttp
import pytest
from aiohttp.http_exceptions import ContentEncodingError

from pinterest_async._request import connections


async def middleware(request: Any, handler: Any) -> Any:
    return await handler(request)


async def of_a_session(name: str) -> Any:
    async with aiohttp.ClientSession(middlewares=(middleware,)) as session:
        return getattr(session, name, None)


async def of_a_connector(name: str) -> Any:
    async with aiohttp.TCPConnector() as connector:
        return getattr(connector, name, None)


def is_own_middleware(value: Any) -> bool:
    return value is not None and tuple(value) == (middleware,)


def is_empty(value: Any) -> bool:
    return value is not None and not value


def is_this_loop(value: Any) -> bool:
    return value is asyncio.get_running_loop()


class Part(NamedTuple):
    """How to get a part, what it should be, and what to do where it is not."""

    get: Callable[[str], Any]
    fits: Callable[[Any], bool]
    advice: str


PARTS: Final[dict[str, Part]] = {
    "_middlewares": Part(
        of_a_session,
        is_own_middleware,
        "_request/loop_sessions.py, LoopSessions: the middlewares of a borrowed session. A request "
        "that names middlewares replaces those of its session, so without this name a user's own "
        "ones are skipped in silence. Look in ClientSession.__init__ for where they are kept now.",
    ),
    "_loop": Part(
        of_a_session,
        is_this_loop,
        "pool.py, SessionPool._sessions: the loop of a borrowed session. Without this name, a "
        "session of another loop is not refused and its requests hang. Look in "
        "ClientSession.__init__ for the loop.",
    ),
    "_release_waiter": Part(
        of_a_connector,
        callable,
        "_request/transport.py, wake_next: hands a free connection to the next request that waits. "
        "Without this name, a request can wait for ever after another was cancelled as it was "
        "woken. Look in BaseConnector._get_available and _release for how waiting requests are "
        "woken; if aiohttp wakes the next one itself, remove wake_next.",
    ),
    "_factory": Part(
        of_a_connector,
        callable,
        "_request/connections.py, AskedConnector: makes the protocol of a connection. Without this "
        "name, line breaks that arrive on an idle connection do not close it. Look in "
        "BaseConnector.__init__ for what makes protocols.",
    ),
    "_request": Part(
        of_a_session,
        callable,
        "_request/connections.py, sessions_are_replaced: what libraries that mock aiohttp replace. "
        "Without this name, the fast lane sends requests that a test has mocked. Look in "
        "aioresponses for what it replaces.",
    ),
    "connect": Part(
        of_a_connector,
        callable,
        "_request/fast_lane.py: takes a connection. Without it or another name of _NEEDED in "
        "_request/connections.py, requests go through ClientSession, with a warning. Look in "
        "ClientSession._request for how it gets a connection.",
    ),
    "_release": Part(
        of_a_connector,
        callable,
        "_request/connections.py, AskedConnector: a connection becomes idle. As for _factory; look "
        "in Connection.release for what it calls.",
    ),
    "_waiters": Part(
        of_a_connector,
        is_empty,
        "Used by tests only (test_pool.py, test_cancellation.py): the requests that wait.",
    ),
    "_acquired": Part(
        of_a_connector,
        is_empty,
        "Used by tests only (test_cancellation.py): the connections in use.",
    ),
}


@pytest.mark.parametrize("owner_and_names", connections._NEEDED, ids=lambda one: one[0].__name__)
def test_the_fast_lane_finds_what_it_needs(owner_and_names: tuple[type, tuple[str, ...]]) -> None:
    owner, names = owner_and_names
    gone = [name for name in names if not hasattr(owner, name)]
    assert not gone, (
        f"aiohttp {aiohttp.__version__} has moved {gone} of {owner.__name__}: requests go through "
        "its session with a warning. Look in ClientSession._request and ClientResponse.start for "
        "what it does now, and change _request/connections.py, where all such names are."
    )


@pytest.mark.parametrize("name", PARTS)
async def test_a_part_of_aiohttp_is_where_it_was(name: str) -> None:
    part = PARTS[name]
    moved = f"aiohttp {aiohttp.__version__} has moved {name}. {part.advice}"
    assert part.fits(await part.get(name)), moved


async def test_a_parser_without_bodies_expects_the_next_head_after_each() -> None:
    """_request/connections.py, _HeadParser: else each head would need a parser of its own."""
    heads = connections._HeadParser(asyncio.get_running_loop())
    parsers: list[Any] = []
    for size in (7, 0, 70_000):
        message = heads.message(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        assert message is not None, "look in HttpResponseParser for what it needs to parse a head"
        assert message.headers["Content-Length"] == str(size)
        parsers.append(heads._parser)
    assert parsers[0] is parsers[1] is parsers[2] is not None


def test_middlewares_of_a_request_replace_those_of_its_session() -> None:
    """Otherwise `LoopSessions` would run a user's own ones twice."""
    used: list[str] = []

    async def of_session(request: Any, handler: Any) -> Any:
        used.append("session")
        return await handler(request)

    async def of_request(request: Any, handler: Any) -> Any:
        used.append("request")
        return await handler(request)

    async def request() -> None:
        async with aiohttp.ClientSession(middlewares=(of_session,)) as session:
            with pytest.raises(aiohttp.ClientConnectorError):
                await session.get("http://127.0.0.1:1/", middlewares=(of_request,))

    asyncio.run(request())
    assert used == ["request"], (
        "_request/loop_sessions.py, LoopSessions: do not pass a session's own middlewares on"
    )


def test_a_content_encoding_error_is_the_cause_of_a_payload_error() -> None:
    """transport.py, failure_of, calls such an answer garbled rather than lost, by this class."""
    assert issubclass(ContentEncodingError, Exception)
    assert ContentEncodingError("x").message == "x"


def test_a_loop_closes_its_asynchronous_generators_before_itself() -> None:
    """_request/loop_sessions.py: by this, sessions close with a loop whose pool nobody closed."""
    closed: list[bool] = []

    async def generator() -> AsyncGenerator[None, None]:
        try:
            yield
        finally:
            await asyncio.sleep(0)
            closed.append(asyncio.get_running_loop().is_running())

    kept: list[Any] = []

    async def main() -> None:
        kept.append(generator())
        # The first step runs to `yield` without suspending, so no `await` is needed for it.
        with pytest.raises(StopIteration):
            kept[0].__anext__().__await__().send(None)

    asyncio.run(main())
    assert closed == [True], "close sessions in another way when a loop ends: see asyncio.Runner"


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="inspect has a public function for it")
def test_a_function_can_be_marked_as_a_coroutine_function() -> None:
    """namespace.py, _as_coroutine_function: without this name, `iscoroutinefunction` says no."""
    assert getattr(asyncio.coroutines, "_is_coroutine", None) is not None
