"""Downloads of a job's file from its signed address, which lapses and is asked for again."""

import asyncio
import re
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Final

from aiohttp import ClientResponse

from pinterest_async._core.unpacking import Unpacker
from pinterest_async.errors import ConnectionFailedError
from pinterest_async.jobs.job import JobClient
from pinterest_async.jobs.polling import Polling

PIECE: Final = 256 * 1024
TRIES: Final = 4
"""How often the address is asked for without a byte arriving; each lasts five minutes."""
_MOST_TRIES: Final = 50

_GONE: Final = (401, 403, 404, 410, 416)
_OK, _PARTIAL, _SERVER_ERROR = 200, 206, 500
_RANGE: Final = re.compile(r"bytes (\d{1,18})-")
_ADVICE: Final = "Ask for the file again."

Address = Callable[[], Awaitable[str | None]]
"""Asks for the address of a file; None where there is none, since there are no data."""


def beginning_with(url: str | None, ask: Address) -> Address:
    """The address that the latest look has brought, and then what `ask` does."""
    known = [url]

    async def address() -> str | None:
        return known.pop() if known else await ask()

    return address


async def file_pieces(
    client: JobClient, address: Address, polling: Polling
) -> AsyncGenerator[bytes]:
    """The bytes of a file, in pieces, as they are stored; nothing where there is no file.

    The signed address gets no token of ours. Where the host refuses it, since it has lapsed, it is
    asked for again; where the file breaks off, it goes on from there with a new address.

    Raises:
        ConnectionFailedError: The file breaks off or is refused each time, or became another one.
    """
    done, tag, left, pause = 0, None, TRIES, polling.first
    for last in reversed(range(_MOST_TRIES)):
        url = await address()
        if url is None:
            return
        before, packed = done, False
        try:
            async with client.foreign("GET", url, headers=_headers(done)) as response:
                if response.status in (_OK, _PARTIAL):
                    if tag is not None and response.headers.get("ETag") != tag:
                        raise _changed()
                    tag = response.headers.get("ETag")
                    packed = "Content-Encoding" in response.headers
                    skip = done - _start(response, done)
                    async for piece in response.content.iter_chunked(PIECE):
                        new, skip = piece[skip:], max(0, skip - len(piece))
                        if new:
                            done += len(new)
                            yield new
                    if skip:
                        raise _changed()
                    return
                refused = response.status
            failure = ConnectionFailedError(
                f"the file was refused: status {refused}",
                phase="truncated_answer",
                status=refused,
                advice=_ADVICE,
            )
            if refused not in _GONE and refused < _SERVER_ERROR:
                raise failure
        except ConnectionFailedError as error:
            if error.phase == "not_sent" or isinstance(error, _ChangedError):
                raise
            if packed and done:
                raise  # what was unpacked before the fault was found may be wrong already
            failure = error
            await polling.sleep(pause)
        left = (TRIES if done > before else left) - 1
        if not left or not last:
            raise failure


class _ChangedError(ConnectionFailedError):
    """The rest of a file cannot be had, since it became another one meanwhile."""


def _changed() -> _ChangedError:
    message = "the file changed while it was read"
    return _ChangedError(message, phase="truncated_answer", advice=_ADVICE)


def _headers(done: int) -> dict[str, str]:
    """Headers for the rest of a file; packed on the way, it could not be gone on with."""
    plain = {"Accept-Encoding": "identity"}
    return plain | {"Range": f"bytes={done}-"} if done else plain


def _start(response: ClientResponse, done: int) -> int:
    """At which byte of the file an answer begins, of which the first ones are done."""
    if response.status != _PARTIAL:
        return 0
    found = _RANGE.match(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) > done:
        raise _changed()
    return int(found[1])


async def unpacked(pieces: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """The content of a file that may be packed with gzip.

    Raises:
        ConnectionFailedError: It cannot be unpacked.
    """
    unpacker = Unpacker()
    try:
        async for piece in pieces:
            for part in unpacker.feed(piece):
                yield part
                await asyncio.sleep(0)  # much may be packed in little, and others wait
        for part in unpacker.close():
            yield part
    except zlib.error as error:
        raise unreadable(error) from None
    finally:
        await pieces.aclose()


def unreadable(error: Exception) -> ConnectionFailedError:
    """The error for a file that is not what it should be."""
    return ConnectionFailedError(
        f"the file cannot be read: {error}", phase="truncated_answer", advice=_ADVICE
    )
