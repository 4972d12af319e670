"""Peers that answer in no HTTP at all, or in HTTP that no server sends."""

import contextlib
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinterest_async import Pinterest, PinterestError

HEADS = st.sampled_from(
    [
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 999999 OK\r\n",
        b"HTTP/1.1 -1 OK\r\n",
        b"HTTP/1.1 200\r\n",
        b"HTTP/9.9 200 OK\r\n",
        b"ICY 200 OK\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"\r\n\r\n",
        b"",
    ]
)
LINES = st.sampled_from(
    [
        b"Content-Length: 5\r\n",
        b"Content-Length: -5\r\n",
        b"Content-Length: 99999999999999999999\r\n",
        b"Content-Length: 5\r\nContent-Length: 6\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked, chunked\r\n",
        b"Content-Encoding: gzip\r\n",
        b"Content-Type: application/json; charset=nonsense\r\n",
        b"Set-Cookie: =;;;=\r\n",
        b"X: \x00\r\n",
        b"X: \xff\xfe\r\n",
        b"no colon\r\n",
        b": nothing\r\n",
        b" folded\r\n",
        b"X: " + b"y" * 9000 + b"\r\n",
        b"".join(b"X%d: y\r\n" % number for number in range(2000)),
    ]
)
ENDS = st.sampled_from(
    [b"hello", b"5\r\nhello\r\n0\r\n\r\n", b"fffffffff\r\n", b"zz\r\n", b"5;" + b"x" * 9000, b"{}"]
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(HEADS, st.lists(LINES, max_size=3), ENDS | st.binary(max_size=30))
async def test_only_our_errors_leave_a_call_that_no_http_answers(
    bench: Any, head: bytes, lines: list[bytes], end: bytes
) -> None:
    bench.peer.answers = [head + b"".join(lines) + b"\r\n" + end]
    client: Pinterest = bench.client(retry=False, on_drift="ignore", timeout=60.0)
    for call in (client.pins.get("1"), _file(client, bench.peer.url)):
        with contextlib.suppress(PinterestError):
            await call


async def _file(client: Pinterest, url: str) -> bytes:
    async with client.foreign("GET", url) as response:
        return await response.content.read(1000)
