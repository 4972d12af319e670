"""Bodies put together from whatever pieces they come in."""

import asyncio
import gzip
import itertools
import tracemalloc
from collections.abc import Sequence
from typing import Any, cast

import pytest
from aiohttp import ClientPayloadError, StreamReader
from hypothesis import assume, given
from hypothesis import strategies as st

from pinterest_async._request.reading import read_body
from pinterest_async._request.whole_bodies import TooLargeError, whole_body

SIZES = st.lists(
    st.sampled_from([1, 7, 500, 8_191, 8_192, 70_000, 4 << 20]), min_size=1, max_size=9
)


class Pieces:
    """A reader of aiohttp as far as `read_body` uses it, which gives what it is told to."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = iter(pieces)

    async def _each(self) -> Any:
        for piece in self._pieces:
            yield piece

    def iter_any(self) -> Any:
        return self._each()

    def iter_chunked(self, size: int) -> Any:
        assert size
        return self._each()

    def is_eof(self) -> bool:
        return False

    def read_nowait(self) -> bytes:
        return b"".join(self._pieces)

    total_bytes = 0

    def exception(self) -> None:
        return None

    def get_read_buffer_limits(self) -> tuple[int, int]:
        return 2**16, 2**17

    def set_read_chunk_size(self, size: int) -> None:
        assert size

    async def wait_eof(self) -> None: ...


class Flow:
    """A connection as far as a reader pauses it."""

    connected = True
    paused = False

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self, resume_parser: bool = True) -> None:
        assert isinstance(resume_parser, bool)
        self.paused = False


def read(pieces: Sequence[bytes], *, has_length: bool, limit: int = 1 << 30) -> bytes:
    size = {"Content-Length": str(sum(map(len, pieces)))} if has_length else {}
    reader = cast("StreamReader", Pieces(pieces))
    return asyncio.run(read_body(200, size, reader, limit))


@given(sizes=SIZES, has_length=st.booleans())
def test_a_body_is_its_pieces(sizes: list[int], has_length: bool) -> None:
    letters = itertools.cycle(b"abcdefg")
    pieces = [bytes([next(letters)]) * size for size in sizes]
    assert read(pieces, has_length=has_length) == b"".join(pieces)


@given(
    sizes=st.lists(st.sampled_from([0, 1, 500, 70_000, 200_000]), min_size=1, max_size=4),
    arrived=st.integers(0, 4),
    breaks=st.booleans(),
)
def test_a_body_with_a_length_is_all_that_arrives_before_and_after(
    sizes: list[int], arrived: int, breaks: bool
) -> None:
    letters = itertools.cycle(b"abcdefg")
    pieces = [bytes([next(letters)]) * size for size in sizes]
    headers = {"Content-Length": str(sum(sizes))}

    async def found() -> bytes:
        flow: Any = Flow()
        content = StreamReader(flow, 2**16, loop=asyncio.get_running_loop())
        for piece in pieces[:arrived]:
            content.feed_data(piece)

        async def arrive() -> None:
            for piece in pieces[arrived:]:
                await asyncio.sleep(0)
                assert not flow.paused
                content.feed_data(piece)
            if breaks:
                content.set_exception(ClientPayloadError("broke off"))
            else:
                content.feed_eof()

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(arrive())
            reading = tasks.create_task(read_body(200, headers, content, 1 << 30))
            return await reading

    if breaks:
        with pytest.raises(ExceptionGroup) as caught:
            asyncio.run(found())
        assert caught.group_contains(ClientPayloadError, match="broke off")
    else:
        assert asyncio.run(found()) == b"".join(pieces)


@given(
    bodies=st.lists(st.binary(max_size=200), max_size=3),
    repeated=st.sampled_from([1, 400]),
    cut=st.integers(0, 40),
    limit=st.sampled_from([1, 100, 1 << 20]),
    status=st.sampled_from([200, 400]),
    packed=st.booleans(),
)
def test_a_whole_body_is_what_is_read_in_steps(
    bodies: list[bytes], repeated: int, cut: int, limit: int, status: int, packed: bool
) -> None:
    sent = b"".join(gzip.compress(body * repeated) if packed else body for body in bodies)
    sent = sent[: len(sent) - cut]
    assume(sent)  # `Pieces` are none of an empty body
    headers = {"Content-Length": str(len(sent)), **({"Content-Encoding": "gzip"} if packed else {})}
    whole = whole_body(status, headers, sent, limit)
    try:
        read = asyncio.run(read_body(status, headers, cast("StreamReader", Pieces([sent])), limit))
    except (TooLargeError, ClientPayloadError):
        assert whole is None
    else:
        assert whole in (None, read)
        small = len(sent) <= 8_192 and len(read) < limit
        assert whole is not None or not small or packed


def test_most_whole_bodies_take_no_steps() -> None:
    body = b"x" * 65_000
    packed = gzip.compress(body)
    assert whole_body(200, {}, b"", 1 << 20) == b""
    assert whole_body(200, {}, body * 4, 1 << 20) == body * 4
    assert whole_body(404, {}, body, 1 << 20) == body
    assert whole_body(200, {"Content-Encoding": "gzip"}, packed, 1 << 20) == body
    assert whole_body(200, {}, body * 5, 1 << 20) is None
    assert whole_body(404, {}, body * 2, 1 << 20) is None
    assert whole_body(200, {"Content-Encoding": "deflate"}, packed, 1 << 20) is None


@pytest.mark.parametrize("step", [5_000, 9_000, 300_000, 5 << 20])
def test_what_is_decoded_to_too_much_is_refused_on_the_way(step: int) -> None:
    size = 12 << 20
    light, heavy = b'"' + b"x" * size + b'"', b"[" + b"{}," * (size // 3) + b"{}]"
    for body in (light, heavy):
        pieces = [body[at : at + step] for at in range(0, len(body), step)]
        if body is light:
            assert read(pieces, has_length=True, limit=16 << 20) == body
        else:
            with pytest.raises(TooLargeError, match="would take more than"):
                read(pieces, has_length=True, limit=16 << 20)


def test_a_body_that_comes_byte_by_byte_takes_no_memory_for_each() -> None:
    byte = b"x"
    pieces = [byte] * 200_000
    tracemalloc.start()
    try:
        assert read(pieces, has_length=False) == byte * len(pieces)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 4 * len(pieces)
