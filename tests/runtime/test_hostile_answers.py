"""Peers that pack an answer too tightly, never end it, or answer what nobody asked."""

import asyncio
import gzip
import zlib
from collections.abc import Callable
from typing import Any, Final

import pytest

from pinterest_async import (
    AnswerTooLargeError,
    ConfigurationError,
    ConnectionFailedError,
    Pinterest,
    ServerError,
    SessionPool,
)
from pinterest_async._core.operation import Operation
from pinterest_async._request.whole_bodies import MOST_OF_AN_ERROR

Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]

pytestmark = pytest.mark.usefixtures("lane")

LIMIT: Final = 1 << 20
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


def head(length: int | None, *more: str, status: str = "200 OK") -> bytes:
    lines = [f"HTTP/1.1 {status}", *more]
    lines.append("Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode()


def says(data: bytes) -> Any:
    async def step(exchange: Any) -> None:
        await exchange.say(data)

    return step


async def endless(exchange: Any) -> None:
    chunk = b"10000\r\n" + b" " * 0x10000 + b"\r\n"
    await exchange.say(head(None))
    while not exchange.writer.is_closing():
        try:
            await exchange.say(chunk)
        except ConnectionError:
            return


def json_of(size: int) -> bytes:
    return b'{"a":"' + b"x" * (size - 8) + b'"}'


PACKED: Final = {
    "gzip": gzip.compress(json_of(40 * LIMIT)),
    "deflate": zlib.compress(json_of(40 * LIMIT)),
    "x-gzip": gzip.compress(json_of(LIMIT)) + gzip.compress(json_of(LIMIT)),
}


@pytest.mark.parametrize("encoding", PACKED)
async def test_an_answer_that_unpacks_to_more_than_the_limit(
    encoding: str, script: Any, make: Make, op: Op
) -> None:
    body = PACKED[encoding]
    script.steps = [says(head(len(body), f"Content-Encoding: {encoding}") + body)]
    async with SessionPool(max_answer=LIMIT) as pool:
        with pytest.raises(AnswerTooLargeError, match="more than 1,048,576 bytes") as caught:
            await make(script.url, pool=pool).send(op())
    assert (caught.value.attempts, caught.value.status, len(script.seen)) == (1, 200, 1)
    assert str(caught.value).startswith("things.get: the answer has more than")


@pytest.mark.parametrize("step", [says(head(LIMIT + 1)), endless], ids=["announced", "endless"])
async def test_a_plain_answer_beyond_the_limit(step: Any, script: Any, make: Make, op: Op) -> None:
    script.steps = [step]
    async with SessionPool(max_answer=LIMIT) as pool:
        with pytest.raises(AnswerTooLargeError):
            await make(script.url, pool=pool).send(op(method="POST"))
    assert len(script.seen) == 1


@pytest.mark.parametrize("part", [b"[],", b"{},", b"1,", b'{"a":1},', b'"a",'])
@pytest.mark.parametrize("pack", [gzip.compress, bytes])
async def test_a_small_answer_that_would_take_much_memory(
    part: bytes, pack: Any, script: Any, make: Make, op: Op
) -> None:
    body = b"[" + part * (8 * LIMIT // len(part)) + b"0]"
    packed = pack(body)
    encoding = "identity" if pack is bytes else "gzip"
    script.steps = [says(head(len(packed), f"Content-Encoding: {encoding}") + packed)]
    async with SessionPool(max_answer=8 * LIMIT + 10) as pool:
        with pytest.raises(AnswerTooLargeError, match="would take more than"):
            await make(script.url, pool=pool).send(op())


@pytest.mark.parametrize("pack", [gzip.compress, bytes])
async def test_rows_as_large_calls_have_them_are_read(
    pack: Any, script: Any, make: Make, op: Op
) -> None:
    row = b'{"AD_ID": "687200000000", "DATE": "2026-08-01", "SPEND_IN_DOLLAR": 123.45, "CTR": 0}'
    body = b'{"rows": [' + b", ".join([row] * 30_000) + b"]}"
    packed = pack(body)
    encoding = "identity" if pack is bytes else "gzip"
    script.steps = [says(head(len(packed), f"Content-Encoding: {encoding}") + packed)]
    async with SessionPool() as pool:
        assert (await make(script.url, pool=pool).send(op())).raw == body


async def test_an_answer_of_the_very_limit(script: Any, make: Make, op: Op) -> None:
    body = json_of(LIMIT)
    packed = gzip.compress(body)
    script.steps = [
        says(head(len(body)) + body),
        says(head(len(packed), "Content-Encoding: GZIP") + packed),
    ]
    async with SessionPool(max_answer=LIMIT) as pool:
        client = make(script.url, pool=pool)
        for _ in range(2):
            assert len((await client.send(op())).raw) == len(body)
    assert script.connections == 1


@pytest.mark.parametrize("more", range(-3, 4))
async def test_much_may_come_out_after_the_last_byte_has_gone_in(
    more: int, script: Any, make: Make, op: Op
) -> None:
    body = b"{" + b" " * (5 * 65_536 + more) + b"}"
    packed = gzip.compress(body)
    script.steps = [says(head(len(packed), "Content-Encoding: gzip") + packed)]
    assert (await make(script.url).send(op())).raw == body


async def test_members_of_gzip_one_after_another(script: Any, make: Make, op: Op) -> None:
    body = gzip.compress(b'{"a":') + gzip.compress(b"1}")
    script.steps = [says(head(len(body), "Content-Encoding: gzip") + body)]
    assert (await make(script.url).send(op())).data == {"a": 1}


async def test_deflate_without_its_envelope(script: Any, make: Make, op: Op) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    body = packer.compress(b'{"a": 1}') + packer.flush()
    script.steps = [says(head(len(body), "Content-Encoding: deflate") + body)]
    assert (await make(script.url).send(op())).data == {"a": 1}


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"no gzip"),
        ("gzip", gzip.compress(b"{}")[:-4]),
        ("br", b"\x0b\x00\x80{}\x03"),
        ("zstd", b"(\xb5/\xfd\x04"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("gzip", gzip.compress(b"") * 2000 + gzip.compress(b"{}")),
    ],
    ids=["no gzip", "broken off", "brotli", "zstd", "packed twice", "many parts"],
)
async def test_what_cannot_be_unpacked(
    encoding: str, body: bytes, script: Any, make: Make, op: Op
) -> None:
    script.steps = [says(head(len(body), f"Content-Encoding: {encoding}") + body)]
    with pytest.raises(ConnectionFailedError, match="garbled"):
        await make(script.url, retry=False).send(op())
    assert script.seen[0].headers["accept-encoding"] == "gzip, deflate"


async def test_an_error_is_read_as_far_as_it_matters(script: Any, make: Make, op: Op) -> None:
    body = gzip.compress(json_of(40 * LIMIT))
    script.steps = [says(head(len(body), "Content-Encoding: gzip", status="500 No") + body)]
    with pytest.raises(ServerError) as caught:
        await make(script.url, retry=False).send(op())
    assert len(caught.value.body) == MOST_OF_AN_ERROR


def test_the_limit_is_a_number_of_bytes() -> None:
    with pytest.raises(ConfigurationError, match="max_answer is 0"):
        SessionPool(max_answer=0)


# Answers that nobody asked for


async def test_a_second_answer_is_not_read_as_that_of_the_next_call(
    script: Any, make: Make, op: Op
) -> None:
    secret = b'HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{"of": "first"}'[:-1]
    script.steps = [says(OK + secret), says(OK)]
    async with SessionPool(limit=1) as pool:
        for token in ("pina_first", "pina_second"):
            assert (await make(script.url, auth=token, pool=pool).send(op())).data == {}
    assert script.connections == 2


@pytest.mark.parametrize(
    "noise", [OK, b"x", b"HTTP/1.1 408 Timeout\r\n\r\n", b"\r\n", b"\n", b"HTTP/1.1 200 OK\r\nA: "]
)
@pytest.mark.parametrize("seen", [True, False], ids=["read already", "not read yet"])
async def test_any_byte_on_an_idle_connection_ends_it(
    noise: bytes, seen: bool, script: Any, make: Make, op: Op
) -> None:
    script.steps = [says(OK)]
    async with SessionPool(limit=1) as pool:
        client = make(script.url, pool=pool)
        await client.send(op())
        script.seen[0].writer.write(noise)
        for _ in range(20 * seen):  # without a turn of the event loop, it waits in the socket
            await asyncio.sleep(0)
        assert (await client.send(op())).data == {}
    assert (len(script.seen), script.connections) == (2, 2)


async def test_a_server_that_answers_before_it_is_asked(make: Make, op: Op) -> None:
    writers: list[asyncio.StreamWriter] = []

    async def early(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(OK)

    server = await asyncio.start_server(early, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    client = make(f"http://127.0.0.1:{port}/v5", retry=False)
    try:
        await client.send(op())
    except ConnectionFailedError:
        pass
    finally:
        server.close()
        for writer in writers:
            writer.close()
