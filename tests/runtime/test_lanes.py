"""Requests go to aiohttp's connections, or through its session: as bytes they are the same."""

# pyright: reportPrivateUsage=false

import asyncio
import contextlib
import os
import ssl
import warnings
from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path
from typing import Any, Final
from unittest.mock import Mock

import aiohttp
import pytest
from aiohttp.client_proto import ResponseHandler
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import ConfigurationError, Pinterest, SessionPool
from pinterest_async import pool as pools
from pinterest_async._core.operation import Operation
from pinterest_async._request.connections import AskedConnector, _AskedProtocol
from pinterest_async._request.fast_lane import FastLane
from pinterest_async._request.prepared import ApiAddress, RequestHeaders

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

CERTIFICATE: Final = Path(__file__).with_name("localhost.pem")
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


async def ok(exchange: Any) -> None:
    await exchange.say(OK)


def sent(exchange: Any) -> tuple[Any, ...]:
    return exchange.method, exchange.target, exchange.headers, exchange.body


@pytest.mark.parametrize(
    ("method", "json"),
    [
        *((method, None) for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
        *((method, {"name": "naïve"}) for method in ("POST", "PUT", "PATCH")),
        ("POST", {}),
    ],
)
async def test_both_ways_send_the_same(script: Any, method: Any, json: Any) -> None:
    script.steps = [ok]
    for lane in ("fast", "session"):
        async with SessionPool(lane=lane) as pool:
            client = Pinterest("pina_x", base_url=script.url, pool=pool)
            await client.request(method, "/things/a b", query={"q": "ü&=", "n": [1, 2]}, json=json)
    fast, session = map(sent, script.seen)
    assert fast == session
    assert fast[2]["host"] == f"127.0.0.1:{script.port}"


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://api.pinterest.com/v5", "api.pinterest.com"),
        ("http://127.0.0.1:8000/v5", "127.0.0.1:8000"),
        ("http://[::1]:8000/v5", "[::1]:8000"),
        ("https://[2001:db8::1]/v5", "[2001:db8::1]"),
        ("https://api.pinterest.com:443/v5/", "api.pinterest.com"),
    ],
)
def test_the_host_of_an_address(base: str, host: str) -> None:
    address = ApiAddress(base)
    assert (address.host, address.path) == (host, "/v5")


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\0"])
def test_no_header_begins_another_one(value: str) -> None:
    with pytest.raises(ConfigurationError, match="control character"):
        RequestHeaders({"Authorization": value})


@pytest.mark.parametrize("path", ["/x\r\nX-Evil: 1", "/x\n", "/x\0"])
def test_no_path_begins_a_header(path: str) -> None:
    """An operation that callers make up has whatever path they give it."""
    with pytest.raises(ValueError, match="control character"):
        Operation[None]("things.get", "GET", path, None, "org_read")


async def test_a_session_that_someone_has_replaced_gets_all_requests(
    monkeypatch: pytest.MonkeyPatch, make: Make, op: Op, script: Any
) -> None:
    script.steps = [ok]
    seen: list[str] = []
    of_aiohttp: Any = aiohttp.ClientSession._request

    async def request(session: Any, method: str, url: Any, **options: Any) -> Any:
        seen.append(str(url))
        return await of_aiohttp(session, method, url, **options)

    client = make(script.url)
    await client.send(op())
    assert seen == []
    monkeypatch.setattr(aiohttp.ClientSession, "_request", request)
    await client.send(op())
    assert seen == [f"{script.url}/things"]


@pytest.fixture
def fresh() -> Iterator[None]:
    pools.missing_parts.cache_clear()
    yield
    pools.missing_parts.cache_clear()


@pytest.mark.usefixtures("fresh")
async def test_without_a_part_of_aiohttp_requests_go_through_its_session(
    monkeypatch: pytest.MonkeyPatch, make: Make, op: Op, script: Any
) -> None:
    script.steps = [ok]
    monkeypatch.delattr(FastLane, "exchange")
    monkeypatch.setattr(
        "pinterest_async._request.connections._NEEDED", ((ResponseHandler, ("not_there",)),)
    )
    with pytest.warns(RuntimeWarning, match=r"has no ResponseHandler\.not_there"):
        assert (await make(script.url).send(op())).data == {}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert (await make(script.url).send(op())).data == {}


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="lane is"):
        SessionPool(lane="slow")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


CHUNKED: Final = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
NO_BODY: Final = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.mark.usefixtures("lane")
@pytest.mark.parametrize(
    ("answer", "connections"),
    [
        (OK, 1),
        (OK + b"\r\n", 2),
        (OK + b"\n", 2),
        (OK + b"HTTP/1.1 2", 2),
        (CHUNKED + b"\r\n", 1),
        (CHUNKED + b"X-More: 1\r\n\r\n", 1),
        (CHUNKED + b"\r\n\r\n", 2),
        (CHUNKED + b"\r\n\n", 2),
        (CHUNKED + b"\r\nHTTP/1.1 200 OK\r\n", 2),
        (NO_BODY, 1),
        (NO_BODY + b"\r\n", 2),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, 2),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 2),
    ],
)
@pytest.mark.parametrize("cut", [0, 1, 5, 18, 37])
async def test_what_stands_beyond_the_end_of_an_answer_closes_the_connection(
    make: Make, op: Op, script: Any, answer: bytes, connections: int, cut: int
) -> None:
    """In the same segment as its end, where it would be passed over; however the rest is cut."""

    async def say(exchange: Any) -> None:
        if cut:
            await exchange.say(answer[:cut])
            await asyncio.sleep(0)
        await exchange.say(answer[cut:])

    script.steps = [say]
    client = make(script.url)
    for _ in range(2):
        await client.send(op(answer=None))
    assert script.connections == connections


@pytest.mark.usefixtures("lane")
@pytest.mark.parametrize("size", [1, 2, 500])
async def test_an_answer_in_small_chunks_lets_others_have_their_turn(
    make: Make, op: Op, script: Any, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = b'"' + b"x" * 60_000 + b'"'
    chunks = [text[at : at + size] for at in range(0, len(text), size)]
    body = b"".join(b"%x\r\n%b\r\n" % (len(one), one) for one in chunks)
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"

    async def say(exchange: Any) -> None:
        await exchange.say(answer)

    script.steps = [say]
    monkeypatch.setattr("pinterest_async._request.connections._TURN", -1.0)
    client = make(script.url)
    for _ in range(2):
        assert (await client.send(op(answer=str))).data == text[1:-1].decode()
    assert script.connections == 1


LARGE: Final = b"x" * 40_000


@pytest.mark.parametrize(
    ("head", "at_once"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 40001\r\n\r\n", True),
        (b"HTTP/1.1 503 No\r\nX: 1\r\ncontent-length:40001 \r\nVary: Encoding\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 39999\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nX: Content-Length: 40001\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\n", False),
        (b"HTTP/1.1 204 No Content\r\nContent-Length: 40001\r\n\r\n", False),
        (b"HTTP/1.1 100 Continue\r\nContent-Length: 40001\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9c40\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: x\r\nContent-Length: 40001\r\n\r\n", False),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 40000\r\n\r\n",
            False,
        ),
    ],
)
@pytest.mark.parametrize("together", [True, False])
async def test_only_a_body_of_a_known_length_is_parsed_at_once(
    monkeypatch: pytest.MonkeyPatch, head: bytes, at_once: bool, together: bool
) -> None:
    """Anything else may be many small parts, which take long."""
    sizes = parsed_sizes(monkeypatch)
    async with AskedConnector() as connector:
        protocol = await connected(connector)
        for data in (head + LARGE,) if together else (head, LARGE):
            arrives(protocol, data)
        largest = max(sizes, default=0)
        if at_once:  # but for the piece that brings the head
            assert largest == len(LARGE) - (16_384 - len(head) if together else 0)
        else:
            assert largest <= 16_384
        protocol.connection_lost(None)


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 40000\r\n\r\n",
        b"HTTP/1.0 503 No\r\nX: 1\r\ncontent-length:40000 \r\nConnection: close\r\n\r\n",
    ],
)
async def test_an_answer_that_comes_whole_needs_no_parser_of_its_own(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    sizes = parsed_sizes(monkeypatch)
    async with AskedConnector() as connector:
        protocol = await connected(connector)
        arrives(protocol, head + LARGE)
        message, content = await protocol.answer()
        assert message.code in (200, 503)
        assert content == LARGE == await protocol.stream(content).read()
        protocol.released()
        assert protocol.should_close is (message.code == 503)
        assert sizes == []
        assert protocol._parser is None
        protocol.connection_lost(None)


def mostly(usual: bytes, *others: bytes) -> st.SearchStrategy[bytes]:
    """Anything else is seldom whole, and several such things never are."""
    return st.sampled_from([usual] * 3 * len(others) + list(others))


STARTS: Final = mostly(b"", b"\r\n", b"\n", b"HTTP/1.1 100 On\r\n\r\n", b"HTTP/1.1 103 No\r\n\r\n")
FIRST_LINES: Final = st.sampled_from(
    [
        *(b"HTTP/1.1 %d OK" % code for code in (200, 204, 205, 304, 404, 500)),
        *(
            b"HTTP/1.0 200 OK",
            b"HTTP/1.1 200",
            b"HTTP/1.1 20",
            b"HTTP/2 200 OK",
            b"HTTP/1.1 101 Go",
        ),
        b"GET / HTTP/1.1",
    ]
)
LENGTHS: Final = mostly(b"7", b"7 ", b" 7", b"0", b"9", b"+7", b"7, 7", b"x")
FIELDS: Final = st.lists(
    st.sampled_from(
        [
            *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Content-Encoding: gzip"),
            *(b"Connection: close", b"Upgrade: h2c", b"X: 1\r\n folded", b"X:" + b"x" * 8_000),
            *(b" x: 1", b"no colon", b"X: \x00", "X: ü".encode("latin-1"), b"Content-Length: 7"),
        ]
    ),
    max_size=2,
)
ENDS: Final = mostly(b"\r\n\r\n", b"\n\n", b"\r\n", b"\r\n\r\n\r\n")
BODIES: Final = mostly(b"1234567", b"", b"1234567\r\n", b"7\r\n1234567\r\n0\r\n\r\n", OK)


@given(start=STARTS, line=FIRST_LINES, length=LENGTHS, fields=FIELDS, end=ENDS, body=BODIES)
def test_an_answer_that_comes_whole_is_what_a_parser_makes_of_its_bytes(
    start: bytes, line: bytes, length: bytes, fields: list[bytes], end: bytes, body: bytes
) -> None:
    """Byte by byte, nothing is whole, and aiohttp's own parser reads all of it."""
    head = b"\r\n".join([line, b"Content-Length:" + length, *fields])
    answer = start + head + end + body

    async def compare() -> None:
        async with AskedConnector() as connector:
            whole, parsed = [await connected(connector) for _ in range(2)]
            arrives(whole, answer)
            if whole._whole:
                for at in range(len(answer)):
                    arrives(parsed, answer[at : at + 1])
                (message, body), (other, content) = [await whole.answer(), await parsed.answer()]
                assert repr(message) == repr(other)
                assert body == await content.read()
                for protocol in (whole, parsed):
                    protocol.released()
                assert whole.should_close is parsed.should_close
            for protocol in (whole, parsed):
                protocol.connection_lost(None)

    asyncio.run(compare())


async def test_heads_on_many_connections_are_read_by_one_parser() -> None:
    """Whatever one of them says, the next is read as if it were the first."""
    async with AskedConnector() as connector:
        for before in (
            OK,
            b"HTTP/1.1 2",
            b"HTTP/1.1 ??\r\n\r\n",
            b"\r\n\r\n",
            OK + OK,
            b"GET /\r\n\r\n",
        ):
            spoilt, good = [await connected(connector) for _ in range(2)]
            arrives(spoilt, before)
            arrives(good, OK)
            message, content = await good.answer()
            assert (message.code, content) == (200, b"{}")
            assert not good.should_close
            for protocol in (spoilt, good):
                protocol.connection_lost(None)


@pytest.mark.parametrize("when", ["before its release", "idle"])
async def test_what_comes_unasked_is_dropped_and_closes_the_connection(when: str) -> None:
    async with AskedConnector() as connector:
        protocol = await connected(connector)
        transport = protocol.transport
        arrives(protocol, OK)
        if when == "idle":
            await protocol.answer()
            protocol.released()
            assert not protocol.should_close
        for _ in range(3):
            arrives(protocol, OK + LARGE)
        transport.close.assert_called()
        assert len(protocol) == (when != "idle")  # the answer itself
        assert not protocol._tail
        assert protocol.should_close
        assert not protocol.taken()
        protocol.connection_lost(None)


async def connected(connector: Any) -> Any:
    """A connection that waits for an answer, and reads to a buffer that is large already."""
    protocol: Any = connector._factory()
    transport = Mock(asyncio.Transport)
    transport.get_extra_info.return_value = None
    transport.is_closing.return_value = False
    protocol.connection_made(transport)
    protocol.idle = False
    protocol.send(b"GET / HTTP/1.1\r\n\r\n")
    protocol._read_buffer.grow()
    return protocol


def parsed_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes the parser is given at once, each time."""
    sizes: list[int] = []
    parse = ResponseHandler.data_received

    def parsed(self: ResponseHandler, data: bytes) -> None:
        sizes.append(len(data))
        parse(self, data)

    monkeypatch.setattr(ResponseHandler, "data_received", parsed)
    return sizes


def arrives(protocol: Any, data: bytes) -> None:
    protocol.get_buffer(-1)[: len(data)] = data
    protocol.buffer_updated(len(data))


async def test_an_answer_does_not_change_with_the_buffer_it_was_read_to() -> None:
    pieces = [os.urandom(100_000) for _ in range(3)]
    async with AskedConnector() as connector:
        protocol = await connected(connector)
        arrives(protocol, b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + pieces[0])
        for piece in pieces[1:]:
            arrives(protocol, piece)
        protocol.get_buffer(-1)[:] = bytes(len(protocol.get_buffer(-1)))
        _, content = await protocol.answer()
        assert await content.read() == b"".join(pieces)
        assert protocol._ended_well()
        protocol.connection_lost(None)


async def test_a_connection_lost_between_two_turns_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TLS may report the end of a stream although reading is paused."""
    monkeypatch.setattr("pinterest_async._request.connections._TURN", -1.0)
    async with AskedConnector() as connector:
        protocol: Any = connector._factory()
        transport = Mock(asyncio.Transport)
        transport.get_extra_info.return_value = None
        transport.is_closing.return_value = False
        protocol.connection_made(transport)
        protocol.set_response_params(read_until_eof=True)
        body = b"x" * 50_000
        protocol.data_received(b"HTTP/1.1 200 OK\r\n\r\n" + body)
        message, content = await protocol.read()
        protocol.connection_lost(None)
        assert (message.code, await content.read()) == (200, body)


@contextlib.asynccontextmanager
async def serving(script: Any, *, tls: bool) -> AsyncGenerator[tuple[str, ssl.SSLContext]]:
    """Another address where the script serves, and a context that trusts its certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=context if tls else None)
    port = server.sockets[0].getsockname()[1]
    scheme = "https" if tls else "http"
    try:
        yield f"{scheme}://localhost:{port}/v5", ssl.create_default_context(cafile=CERTIFICATE)
    finally:
        script.hang_up()
        server.close()


@pytest.mark.usefixtures("lane")
async def test_tickets_of_tls_are_no_unasked_data(
    make: Make, op: Op, script: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server sends them after the handshake: they may have arrived before the first request."""
    waiting: dict[Any, bool] = {}

    def unread(protocol: Any) -> bool:
        """They have arrived, and the event loop reads them in its next turn."""
        if protocol not in waiting:
            waiting[protocol] = True
            asyncio.get_running_loop().call_soon(waiting.__setitem__, protocol, False)
        return waiting[protocol]

    monkeypatch.setattr("pinterest_async._request.connections._AskedProtocol.unread", unread)
    script.steps = [ok]
    async with serving(script, tls=True) as (url, trusted), SessionPool(ssl=trusted) as pool:
        client = make(url, pool=pool)
        for _ in range(3):
            await client.send(op())
    assert script.connections == 1


@pytest.mark.usefixtures("lane")
@pytest.mark.parametrize("tls", [False, True])
async def test_connections_read_into_one_buffer_which_grows_once(
    make: Make, script: Any, monkeypatch: pytest.MonkeyPatch, tls: bool
) -> None:
    """What they read stays apart all the same: it is taken out at once."""
    buffers: dict[int, memoryview] = {}
    updated = _AskedProtocol.buffer_updated

    def noted(protocol: _AskedProtocol, nbytes: int) -> None:
        view = protocol.get_buffer(-1)
        buffers[id(view.obj)] = view
        updated(protocol, nbytes)

    async def echo(exchange: Any) -> None:
        letter = exchange.target[-1]
        body = b'"%s"' % (letter.encode() * 500_000)
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    monkeypatch.setattr(_AskedProtocol, "buffer_updated", noted)
    script.steps = [echo]
    async with serving(script, tls=tls) as (url, trusted), SessionPool(ssl=trusted) as pool:
        client = make(url, pool=pool)
        letters = "abcdefgh"
        calls = (client.request("GET", "/things", query={"q": one}) for one in letters)
        assert await asyncio.gather(*calls) == [one * 500_000 for one in letters]
    assert sorted(len(view) for view in buffers.values()) == [16_384, 262_144]
