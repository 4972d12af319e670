"""The pool: loops, closing, borrowing, foreign hosts, proxies."""

# pyright: reportPrivateUsage=false
# Whether a pool holds anything open is its own affair; nothing public shows it.

import asyncio
import base64
import contextlib
import gc
import socket
import ssl
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest
from msgspec.structs import replace
from yarl import URL

from pinterest_async import (
    ConfigurationError,
    ConnectionFailedError,
    Pinterest,
    PoolClosedError,
    ReadTimeoutError,
    ServerError,
    SessionPool,
    Timeout,
)
from pinterest_async._core.operation import Operation
from pinterest_async._request.transport import Proxies

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

pytestmark = pytest.mark.usefixtures("lane")

OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
TOKEN: Final = "pina_SECRETsecretSECRET123"
CERTIFICATE: Final = Path(__file__).with_name("localhost.pem")


async def ok(exchange: Any) -> None:
    await exchange.say(OK)


async def moment() -> None:
    """Wait until the clock by which aiohttp keeps connections has moved on; longer does no harm."""
    await asyncio.sleep(0.001)


class Gate:
    """A step that answers once it is opened."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()

    async def __call__(self, exchange: Any) -> None:
        self.reached.set()
        await self.open.wait()
        with suppress(ConnectionError):
            await exchange.say(OK)


def test_making_clients_needs_no_loop_and_opens_nothing() -> None:
    pool = SessionPool()
    clients = [Pinterest(f"pina_{n}", pool=pool) for n in range(10_000)]
    assert len({client._dispatcher.auth.subject for client in clients}) == 10_000
    assert pool._by_loop == {}


async def test_clients_of_one_pool_share_connections(
    script: Any, make: Make, op: Op, pool: SessionPool
) -> None:
    script.steps = [ok]
    for n in range(5):
        await make(script.url, auth=f"pina_{n}", pool=pool).send(op())
    assert script.connections == 1
    assert [one.headers["authorization"] for one in script.seen] == [
        f"Bearer pina_{n}" for n in range(5)
    ]


async def test_connections_are_limited(script: Any, make: Make, op: Op) -> None:
    script.steps = [ok]
    async with SessionPool(limit=2) as pool:
        client = make(script.url, pool=pool)
        await asyncio.gather(*[client.send(op()) for _ in range(10)])
    assert (len(script.seen), script.connections) == (10, 2)


async def test_a_connection_that_is_free_is_not_lost_with_the_request_it_was_meant_for(
    script: Any, make: Make, op: Op, settle: Any
) -> None:
    """Whoever is cancelled at the moment of being served leaves the connection to the next one."""
    gate = Gate()
    script.steps = [gate, ok]
    async with SessionPool(limit=1) as pool:
        client = make(script.url, pool=pool)
        first = asyncio.ensure_future(client.send(op()))
        await gate.reached.wait()
        second, third = (asyncio.ensure_future(client.send(op())) for _ in range(2))
        connector: Any = pool._sessions().api.connector
        await settle()
        assert sum(map(len, connector._waiters.values())) == 2
        release = connector._release_waiter

        def release_and_cancel() -> None:
            connector._release_waiter = release
            release()
            second.cancel()

        connector._release_waiter = release_and_cancel
        gate.open.set()
        assert (await first).status == 200
        async with asyncio.timeout(60):
            assert (await third).status == 200
        assert second.cancelled()


async def test_waiting_for_a_connection_is_no_part_of_an_attempt(
    script: Any, make: Make, op: Op, limiter: Any, loop_time: Any, settle: Any
) -> None:
    """Ten thousand calls may queue for the connections of a pool for minutes."""
    gate = Gate()
    script.steps = [gate, ok]
    async with SessionPool(limit=1) as pool:
        client = make(script.url, pool=pool)
        slow = asyncio.ensure_future(client.send(op()))
        await gate.reached.wait()
        short = client.with_options(timeout=Timeout(attempt=0.05), retry=False)
        queued = asyncio.ensure_future(short.send(op()))
        await settle()
        loop_time.advance(1.0)
        await settle()
        assert not queued.done()
        # One that gives up before it had a connection has spent nothing.
        tired = asyncio.ensure_future(client.send(op()))
        await settle()
        tired.cancel()
        await asyncio.wait((tired,))
        assert limiter.done == {"released": 1}
        gate.open.set()
        assert (await slow).status == (await queued).status == 200
        gate.open.clear()
        gate.reached.clear()
        script.steps = [gate]
        served = asyncio.ensure_future(short.send(op()))
        await gate.reached.wait()
        loop_time.advance(0.05)
        with pytest.raises(ReadTimeoutError):  # with a connection, it runs
            await served
        gate.open.set()


@pytest.mark.parametrize(("ttl", "lookups"), [(60.0, 1), (0.0, 2)])
async def test_host_names_are_remembered(
    ttl: float, lookups: int, script: Any, make: Make, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    script.steps = [ok]
    asked: list[str] = []

    async def resolve(_: Any, host: str, port: int = 0, family: Any = 0) -> list[dict[str, Any]]:
        asked.append(host)
        there = {"hostname": host, "host": "127.0.0.1", "port": port}
        return [{**there, "family": family or socket.AF_INET, "proto": 0, "flags": 0}]

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", resolve)
    async with SessionPool(dns_ttl=ttl, keepalive=0) as pool:
        client = make(f"http://api.example:{script.port}/v5", pool=pool)
        for _ in range(2):
            await client.send(op())
            await moment()
    assert (script.connections, asked) == (2, ["api.example"] * lookups)


async def test_idle_connections_go_after_keepalive(script: Any, make: Make, op: Op) -> None:
    script.steps = [ok]
    async with SessionPool(keepalive=0) as pool:
        client = make(script.url, pool=pool)
        await client.send(op())
        await moment()
        await client.send(op())
    assert script.connections == 2


async def test_cookies_are_off(script: Any, make: Make, op: Op) -> None:
    cookie = b"Set-Cookie: _b=1; Path=/\r\n"

    async def sets(exchange: Any) -> None:
        await exchange.say(OK.replace(b"\r\n\r\n", b"\r\n" + cookie + b"\r\n"))

    script.steps = [sets]
    client = make(script.url)
    await client.send(op())
    await client.send(op())
    assert "cookie" not in script.seen[1].headers


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "GET"])
async def test_a_request_without_a_body_names_no_content_type(
    method: str, script: Any, make: Make, op: Op
) -> None:
    script.steps = [ok]
    await make(script.url).send(op(method=method))
    assert "content-type" not in script.seen[0].headers


# Closing


async def test_closing_waits_for_requests_under_way(script: Any, make: Make, op: Op) -> None:
    gate = Gate()
    script.steps = [gate]
    pool = SessionPool(grace=60)
    task = asyncio.ensure_future(make(script.url, pool=pool).send(op()))
    await gate.reached.wait()
    closing = asyncio.ensure_future(pool.aclose())
    await asyncio.sleep(0)
    assert not closing.done()
    gate.open.set()
    assert (await task).status == 200
    await closing
    assert pool.closed


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_closing_cuts_off_what_takes_too_long(
    method: str, script: Any, make: Make, op: Op, limiter: Any
) -> None:
    gate = Gate()
    script.steps = [gate]
    pool = SessionPool(grace=0)
    task = asyncio.ensure_future(make(script.url, pool=pool).send(op(method=method)))
    await gate.reached.wait()
    await pool.aclose()
    with pytest.raises(PoolClosedError, match="under way"):
        await task
    assert not task.cancelled()
    assert limiter.done == {"finished": 1}
    gate.open.set()


async def test_closing_cuts_off_connecting(
    make: Make, op: Op, limiter: Any, monkeypatch: Any
) -> None:
    reached = asyncio.Event()

    async def hangs(*_: Any, **__: Any) -> None:
        reached.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", hangs)
    pool = SessionPool(grace=0)
    task = asyncio.ensure_future(make("https://api.example/v5", pool=pool).send(op()))
    await reached.wait()
    await pool.aclose()
    with pytest.raises(PoolClosedError):
        await task
    assert limiter.open == set()


class Pausing:
    """A sleep that tells when it begins, and never ends."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, *_: Any) -> Any:
        self.begun.set()
        await asyncio.Event().wait()


class SlowAuth:
    subject = "s"
    basic = None

    def __init__(self, token: Pausing) -> None:
        self.token = token

    async def refresh(self, rejected: str, exchange: Any) -> bool:
        raise AssertionError((rejected, exchange))


async def refuses(exchange: Any) -> None:
    await exchange.say(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


@pytest.mark.parametrize("waits_for", ["quota", "token", "next attempt"])
async def test_closing_ends_calls_that_only_wait(
    waits_for: str, script: Any, make: Make, op: Op, limiter: Any, time: Any
) -> None:
    script.steps = [refuses]
    pool, pausing = SessionPool(grace=60), Pausing()
    options: dict[str, Any] = {"pool": pool}
    match waits_for:
        case "quota":
            limiter.gate = asyncio.Event()
            pausing.begun.set()
        case "token":
            options["auth"] = SlowAuth(pausing)
        case _:
            options["_runtime"] = replace(time.runtime(), sleep=pausing)
    task = asyncio.ensure_future(make(script.url, **options).send(op()))
    await pausing.begun.wait()
    await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await pool.aclose()
    assert task.done()
    with pytest.raises(PoolClosedError, match=r"things\.get: the pool was closed while the call"):
        await task
    assert limiter.open == set()


async def test_a_request_that_fails_while_the_pool_closes_is_not_repeated(
    script: Any, make: Make, op: Op, time: Any
) -> None:
    gate = Gate()

    async def late(exchange: Any) -> None:
        gate.reached.set()
        await gate.open.wait()
        await refuses(exchange)

    script.steps = [late]
    pool = SessionPool(grace=60)
    task = asyncio.ensure_future(make(script.url, pool=pool).send(op()))
    await gate.reached.wait()
    closing = asyncio.ensure_future(pool.aclose())
    await asyncio.sleep(0)
    gate.open.set()
    with pytest.raises(ServerError):
        await task
    await closing
    assert (len(script.seen), time.slept) == (1, [])


@pytest.mark.parametrize(
    ("method", "advice"), [("GET", "Keep the pool"), ("POST", "may have taken effect")]
)
async def test_what_was_cut_off_says_what_to_do(
    method: str, advice: str, script: Any, make: Make, op: Op
) -> None:
    gate = Gate()
    script.steps = [gate]
    pool = SessionPool(grace=0)
    task = asyncio.ensure_future(make(script.url, pool=pool).send(op(method=method)))
    await gate.reached.wait()
    await pool.aclose()
    with pytest.raises(PoolClosedError, match=advice) as caught:
        await task
    assert (caught.value.phase, caught.value.attempts) == ("maybe_sent", 1)
    gate.open.set()


async def test_a_call_to_a_closed_pool_waits_for_no_quota(make: Make, op: Op, limiter: Any) -> None:
    pool = SessionPool()
    await pool.aclose()
    with pytest.raises(PoolClosedError, match=r"things\.get: the pool is closed") as caught:
        await make(pool=pool).send(op())
    assert (limiter.requests, caught.value.phase, caught.value.attempts) == ([], "not_sent", 0)


async def test_a_closed_pool_says_so_and_can_be_entered_again(
    script: Any, make: Make, op: Op, limiter: Any
) -> None:
    script.steps = [ok]
    pool = SessionPool()
    client = make(script.url, pool=pool)
    await pool.aclose()
    await pool.aclose()
    with pytest.raises(PoolClosedError, match="Keep the pool"):
        await client.send(op())
    async with pool:
        assert (await client.send(op())).status == 200
    assert limiter.open == set()


async def test_a_client_closes_its_own_pool_only(script: Any, make: Make, op: Op) -> None:
    script.steps = [ok]
    async with SessionPool() as pool:
        async with make(script.url, pool=pool) as client:
            await client.send(op())
        assert not pool.closed
        async with make(script.url) as own:
            await own.send(op())
        assert own.pool.closed
        async with own:
            await own.send(op())


async def test_a_client_that_is_dropped_closes_its_connections(script: Any, op: Op) -> None:
    gone = asyncio.Event()

    def leave(_: asyncio.Future[None]) -> None:
        gone.set()

    async def watched(exchange: Any) -> None:
        await ok(exchange)
        closed = asyncio.ensure_future(exchange.writer.wait_closed())
        closed.add_done_callback(leave)

    script.steps = [watched]
    client = Pinterest(TOKEN, base_url=script.url)
    await client.send(op())
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del client
        gc.collect()
        await asyncio.wait_for(gone.wait(), 60)
    assert [str(one.message) for one in caught] == []


# Several loops


def serve_in(loop_main: Callable[[str], Any]) -> None:
    """Run a coroutine function in a loop of its own, with a server of its own."""

    async def main() -> None:
        writers: list[asyncio.StreamWriter] = []

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writers.append(writer)
            with suppress(asyncio.IncompleteReadError):
                while await reader.readuntil(b"\r\n\r\n"):
                    writer.write(OK)

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        await loop_main(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v5")
        server.close()
        for writer in writers:
            writer.close()
            await writer.wait_closed()

    asyncio.run(main())


@pytest.mark.parametrize("close", [True, False])
def test_several_loops_one_after_another(close: bool, op: Op) -> None:
    pool = SessionPool()

    async def use(url: str) -> None:
        client = Pinterest(TOKEN, base_url=url, pool=pool)
        if close:
            async with pool:
                assert (await client.send(op())).status == 200
        else:
            assert (await client.send(op())).status == 200

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            serve_in(use)
        gc.collect()
    assert [str(one.message) for one in caught] == []
    assert len(pool._by_loop) == (0 if close else 1)


def test_several_loops_at_a_time(op: Op) -> None:
    pool = SessionPool()
    barrier, failures = threading.Barrier(3), list[BaseException]()

    async def use(url: str) -> None:
        client = Pinterest(TOKEN, base_url=url, pool=pool)
        await client.send(op())
        await asyncio.to_thread(barrier.wait, 60)
        await client.send(op())
        await asyncio.to_thread(barrier.wait, 60)  # the main thread closes the pool now
        await asyncio.to_thread(barrier.wait, 60)
        with pytest.raises(PoolClosedError):
            await client.send(op())

    def run() -> None:
        try:
            serve_in(use)
        except BaseException as error:  # noqa: BLE001  (reported below)
            failures.append(error)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    barrier.wait(60)
    barrier.wait(60)
    assert len(pool._by_loop) == 2
    asyncio.run(pool.aclose())
    barrier.wait(60)
    for thread in threads:
        thread.join(60)
    assert failures == []


# Borrowed sessions


async def test_a_borrowed_session_is_used_and_left_open(script: Any, make: Make, op: Op) -> None:
    script.steps = [ok]
    seen: list[str] = []

    async def middleware(request: Any, handler: Any) -> Any:
        seen.append(request.method)
        return await handler(request)

    async with aiohttp.ClientSession(
        headers={"X-Own": "1"}, middlewares=(middleware,), raise_for_status=True
    ) as session:
        async with SessionPool(session=session) as pool:
            await make(script.url, pool=pool).send(op())
        assert not session.closed
        assert script.seen[0].headers["x-own"] == "1"
        assert seen == ["GET"]


async def test_a_borrowed_session_that_is_closed_is_reported(make: Make, op: Op) -> None:
    session = aiohttp.ClientSession()
    async with SessionPool(session=session) as pool:
        client = make("http://127.0.0.1:1/v5", pool=pool, retry=False)
        with pytest.raises(ConnectionFailedError):
            await client.send(op())
        await session.close()
        with pytest.raises(PoolClosedError, match="the session that the pool was given"):
            await client.send(op())


def test_a_borrowed_session_works_in_its_own_loop_only(op: Op) -> None:
    async def lent() -> tuple[aiohttp.ClientSession, SessionPool]:
        session = aiohttp.ClientSession()
        return session, SessionPool(session=session)

    async def used(session: aiohttp.ClientSession, pool: SessionPool) -> None:
        with pytest.raises(ConfigurationError, match="belongs to another event loop"):
            await Pinterest(TOKEN, pool=pool, base_url="http://127.0.0.1:1/v5").send(op())
        await session.close()

    session, pool = asyncio.run(lent())
    asyncio.run(used(session, pool))


async def test_a_session_that_trusts_the_environment_is_refused() -> None:
    async with aiohttp.ClientSession(trust_env=True) as session:
        with pytest.raises(ConfigurationError, match="trust_env=True to the pool"):
            SessionPool(session=session)


async def test_a_session_with_an_auth_of_its_own_is_refused() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        session = aiohttp.ClientSession(auth=aiohttp.BasicAuth("a", "b"))
    async with session:
        with pytest.raises(ConfigurationError, match="auth of its own"):
            SessionPool(session=session)


# Foreign hosts


async def test_foreign_hosts_get_no_token_and_a_session_of_their_own(
    script: Any, make: Make, op: Op, pool: SessionPool
) -> None:
    script.steps = [ok]
    await make(script.url, pool=pool).send(op())
    url = f"http://127.0.0.1:{script.port}/report?sig=a%2Bb"
    async with pool.foreign("GET", url, api=script.url) as response:
        assert await response.read() == b"{}"
    assert script.connections == 2
    assert "authorization" not in script.seen[1].headers
    assert script.seen[1].target == "/report?sig=a%2Bb"


async def test_a_token_for_a_foreign_host_is_refused(pool: SessionPool) -> None:
    with pytest.raises(ConfigurationError, match="no token may go there"):
        async with pool.foreign("GET", "http://x/", headers={"authorization": "Bearer x"}):
            pass


@pytest.fixture
async def lenient_pool() -> AsyncIterator[SessionPool]:
    async with SessionPool(private_hosts=True) as pool:
        yield pool


async def test_foreign_failures_are_ours(script: Any, lenient_pool: SessionPool) -> None:
    pool = lenient_pool

    async def breaks(exchange: Any) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")
        exchange.close()

    script.steps = [breaks]
    with pytest.raises(ConnectionFailedError) as caught:
        async with pool.foreign("GET", script.url) as response:
            await response.read()
    assert (caught.value.phase, caught.value.status) == ("truncated_answer", 200)
    with pytest.raises(ConnectionFailedError) as caught:
        async with pool.foreign("GET", "http://127.0.0.1:1/"):
            pass
    assert caught.value.phase == "not_sent"


async def test_foreign_deadline(script: Any, lenient_pool: SessionPool) -> None:
    gate = Gate()
    script.steps = [gate]
    with pytest.raises(ReadTimeoutError, match=r"not done within 0\.05 s"):
        async with lenient_pool.foreign("GET", script.url, timeout=Timeout(total=0.05)):
            pass
    gate.open.set()


async def test_errors_of_the_caller_pass_a_foreign_request_unchanged(
    script: Any, lenient_pool: SessionPool
) -> None:
    script.steps = [ok]
    with pytest.raises(TimeoutError, match="mine"):
        async with lenient_pool.foreign("GET", script.url):
            raise TimeoutError("mine")


# Proxies


def proxies(*args: Any, **kwargs: Any) -> Callable[..., str | None]:
    found = Proxies(*args, **kwargs)

    def find(url: str, *, secret: bool = True) -> str | None:
        proxy = found.find(URL(url), secret=secret)
        return None if proxy is None else str(proxy)

    return find


def test_proxies_of_the_environment_are_opt_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://proxy:1")
    monkeypatch.setenv("http_proxy", "http://proxy:2")
    monkeypatch.setenv("no_proxy", "inside.example")
    assert proxies(None, trust_env=False)("https://api.pinterest.com/") is None
    find = proxies(None, trust_env=True)
    assert find("https://api.pinterest.com/") == "http://proxy:1"
    assert find("https://inside.example/") is None
    assert find("http://files.example/", secret=False) == "http://proxy:2"


def test_a_proxy_never_reads_the_token_in_plain_http(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://proxy:2")
    assert proxies(None, trust_env=True)("http://emulator:8800/v5") is None
    assert proxies("http://proxy:1", trust_env=False)("http://emulator:8800/v5") is None
    assert proxies("http://proxy:1", trust_env=False)("https://x/") == "http://proxy:1"


@pytest.mark.parametrize("proxy", ["user:word@proxy:1", "socks5://word@proxy:1", "proxy", "", "/"])
def test_a_proxy_that_is_none_is_refused(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="proxy is not an http or https address") as caught:
        SessionPool(proxy=proxy)
    assert "word" not in str(caught.value)
    monkeypatch.setenv("https_proxy", "socks5://proxy:1")
    with pytest.raises(ConfigurationError, match="HTTPS_PROXY is not an http or https address"):
        proxies(None, trust_env=True)("https://api.pinterest.com/")


def test_a_proxy_of_the_environment_needs_no_scheme(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "proxy.example:3128")
    find = proxies(None, trust_env=True)
    assert find("https://api.pinterest.com/") == "http://proxy.example:3128"


@pytest.mark.parametrize("from_env", [True, False])
async def test_a_tunnel_shows_nothing_to_its_proxy(
    from_env: bool, script: Any, make: Make, op: Op, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls go through a real tunnel to a real TLS server, and leave no token on the way."""
    script.steps = [ok]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    api = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=context)
    port = api.sockets[0].getsockname()[1]
    passed = bytearray()

    async def copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.closing(writer), suppress(ConnectionError):
            while piece := await reader.read(65_536):
                passed.extend(piece)
                writer.write(piece)

    async def tunnel(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        passed.extend(await reader.readuntil(b"\r\n\r\n"))
        there, to_there = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        await asyncio.gather(copy(reader, to_there), copy(there, writer))

    proxy = await asyncio.start_server(tunnel, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{proxy.sockets[0].getsockname()[1]}"
    monkeypatch.setenv("https_proxy", address)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    route: dict[str, Any] = {"trust_env": True} if from_env else {"proxy": address}
    own = ssl.create_default_context(cafile=str(CERTIFICATE))
    async with SessionPool(ssl=own, **route) as pool:
        client = make(f"https://localhost:{port}/v5", pool=pool)
        for _ in range(2):
            await client.send(op())
    assert [one.headers["authorization"] for one in script.seen] == [f"Bearer {TOKEN}"] * 2
    assert script.connections == 1
    assert passed.startswith(f"CONNECT localhost:{port} HTTP/1.1\r\n".encode())
    assert TOKEN.encode() not in passed
    assert b"authorization" not in passed.lower()
    for server in (proxy, api):
        server.close()


async def test_what_a_proxy_sees(make: Make, op: Op) -> None:
    read = b""

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal read
        read += await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    address = f"http://user:word@127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with SessionPool(proxy=address) as pool:
        with pytest.raises(ConnectionFailedError, match="the proxy answered 407") as caught:
            await make("https://api.example/v5", pool=pool).send(op())
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 1)
    assert read.startswith(b"CONNECT api.example:443 HTTP/1.1\r\n")
    assert base64.b64encode(b"user:word") in read
    assert b"SECRET" not in read
    assert "word" not in str(caught.value)
    server.close()


async def test_a_proxy_that_is_not_there(make: Make, op: Op) -> None:
    async with SessionPool(proxy="http://127.0.0.1:1") as pool:
        with pytest.raises(ConnectionFailedError) as caught:
            await make("https://api.example/v5", pool=pool).send(op())
    assert (caught.value.phase, caught.value.attempts) == ("not_sent", 4)
