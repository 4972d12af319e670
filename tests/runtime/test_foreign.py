"""Addresses of files as forged answers may name them: where nothing is sent, what stays whole."""

import asyncio
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import ConnectionFailedError, SessionPool, Timeout
from pinterest_async._request.foreign_addresses import parsed, reach, redirected

SIGNED = "/f/a%27b%2Fc%40d?X-Sig=%2B%2F%3D&x=a+b%20c&name=%27%28"


@pytest.fixture
async def pool() -> AsyncIterator[SessionPool]:
    async with SessionPool() as pool:
        yield pool


async def answered(exchange: Any) -> None:
    await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def to(location: str, status: int = 302) -> Any:
    async def redirect(exchange: Any) -> None:
        head = f"HTTP/1.1 {status} Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        await exchange.say(head.encode())

    return redirect


async def read(pool: SessionPool, url: str, method: str = "GET", **options: Any) -> bytes:
    async with pool.foreign(method, url, **options) as response:
        return await response.read()


FORGED = (
    "http://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://localhost.:{port}/",
    "http://127.1:{port}/",
    "http://2130706433:{port}/",
    "http://0x7f000001:{port}/",
    "http://0.0.0.0:{port}/",
    "http://[::1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://[64:ff9b::127.0.0.1]:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "https://10.0.0.1/",
    "https://192.168.1.1/",
    "https://172.16.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://[fd00::1]/",
    "https://100.64.0.1/",
    "http://example.com/",
    "ftp://example.com/",
    "file:///etc/passwd",
    "unix:/var/run/docker.sock",
    "http+unix://%2Fvar%2Frun%2Fdocker.sock/",
    "//127.0.0.1/",
    "/etc/passwd",
    "https://",
    "https://user:password@example.com/",
    "https://[::1",
    "https://a b/",
    "https://example.com:99999/",
    "https://example.com/\r\nX: 1",
    "https://exämple.com/",
    f"https://{'a' * 70}.example/",
    "https://a..example/",
    "",
)


@pytest.mark.parametrize("address", FORGED)
async def test_a_forged_address_gets_no_request(
    script: Any, pool: SessionPool, address: str
) -> None:
    with pytest.raises(ConnectionFailedError) as caught:
        await read(pool, address.format(port=script.port))
    assert script.connections == 0
    assert caught.value.phase == "not_sent"
    assert "password" not in str(caught.value)


HERE = (
    *("http://127.", "http://localhost", "/", "http://[::", "http://0x7", "http://2130"),
    *("https://127.", "https://localhost"),
)
"""Where the API is, which is on this machine."""


@pytest.mark.parametrize("address", [one for one in FORGED if one and not one.startswith(HERE)])
async def test_so_does_a_redirect_to_it(script: Any, pool: SessionPool, address: str) -> None:
    location = address.format(port=script.port).replace("\r\n", "%0d%0a")
    script.steps = [to(location), answered]
    try:
        await read(pool, script.url, api=script.url)
    except ConnectionFailedError:
        pass
    else:
        pytest.fail("it was followed")
    assert len(script.seen) == 1


async def test_files_may_be_where_the_api_is(script: Any, pool: SessionPool) -> None:
    script.steps = [answered]
    address = f"http://localhost:{script.port}/file"
    with pytest.raises(ConnectionFailedError):
        await read(pool, address)
    with pytest.raises(ConnectionFailedError):
        await read(pool, address, api="https://api.pinterest.com/v5")
    assert await read(pool, address, api=script.url) == b"{}"
    with pytest.raises(ConnectionFailedError, match="not public"):
        await read(pool, "http://169.254.169.254/", api=script.url)


async def test_the_caller_may_allow_them(script: Any) -> None:
    script.steps = [answered]
    async with SessionPool(private_hosts=True) as pool:
        assert await read(pool, f"http://localhost:{script.port}/file") == b"{}"


async def test_a_name_that_leads_to_this_machine_is_refused_when_it_is_resolved(
    script: Any, pool: SessionPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def resolved(*_args: Any, **_options: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", script.port))]

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    with pytest.raises(ConnectionFailedError, match="leads to this machine"):
        await read(pool, f"https://files.example:{script.port}/")
    assert script.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_signed_address_keeps_its_bytes_through_redirects(
    script: Any, pool: SessionPool, status: int
) -> None:
    other = f"http://localhost:{script.port}{SIGNED}"
    script.steps = [to(SIGNED, status), to(other, status), answered]
    assert await read(pool, f"http://127.0.0.1:{script.port}{SIGNED}", api=script.url) == b"{}"
    assert [one.target for one in script.seen] == [SIGNED] * 3


async def test_cookies_stay_with_their_host(script: Any, pool: SessionPool) -> None:
    script.steps = [to("/b"), to(f"http://localhost:{script.port}/c"), answered]
    await read(pool, script.url, api=script.url, headers={"Cookie": "a=b", "X-Other": "c"})
    assert [one.headers.get("cookie") for one in script.seen] == ["a=b", "a=b", None]
    assert script.seen[2].headers["x-other"] == "c"


async def test_redirects_have_an_end(script: Any, pool: SessionPool) -> None:
    script.steps = [to("/again")]
    with pytest.raises(ConnectionFailedError, match="more than 10 redirects"):
        await read(pool, script.url, api=script.url)
    assert len(script.seen) == 10


async def test_an_upload_is_redirected_as_browsers_do(script: Any, pool: SessionPool) -> None:
    script.steps = [to("/done", 303), answered]
    assert await read(pool, script.url, "POST", data=b"file", api=script.url) == b"{}"
    assert [one.body for one in script.seen] == [b"file", b""]
    script.steps = [to("/there", 307), answered]
    await read(pool, script.url, "PUT", data=b"file", api=script.url)
    assert script.seen[-1].body == b"file"
    script.steps = [to("/there", 307), answered]

    async def pieces() -> AsyncIterator[bytes]:
        yield b""

    with pytest.raises(ConnectionFailedError, match="a second time"):
        await read(pool, script.url, "PUT", data=pieces(), api=script.url)


async def test_the_timeout_of_the_client_holds(script: Any, make: Any) -> None:
    gate = asyncio.Event()

    async def never(_exchange: Any) -> None:
        await gate.wait()

    async def slowly(exchange: Any) -> None:
        await exchange.say(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{")
        await gate.wait()

    client = make(script.url, timeout=Timeout(total=0.05))
    for step in (never, slowly):
        script.steps = [step]
        with pytest.raises(ConnectionFailedError, match=r"not done within 0\.05 s"):
            async with client.foreign("GET", script.url) as response:
                await response.read()
    gate.set()


@given(st.text() | st.from_regex(r"https?://[!-~]{0,30}", fullmatch=True), st.text())
def test_any_address_is_an_address_or_our_error(address: str, location: str) -> None:
    try:
        url = parsed(address)
        redirected(url, location)
    except ConnectionFailedError:
        pass


@given(st.ip_addresses())
def test_only_what_all_can_reach_is_public(ip: Any) -> None:
    if reach(str(ip)) == "public":
        ip = getattr(ip, "ipv4_mapped", None) or ip
        assert ip.is_global
        assert not ip.is_private
