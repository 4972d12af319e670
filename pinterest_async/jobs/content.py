"""What users give to be sent: the path of a file, an open file, or bytes."""

import io
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any, Final, TypeAlias, cast

from pinterest_async._core.media_types import FIRST_BYTES, media_type
from pinterest_async._core.problems import Problem
from pinterest_async.errors import InvalidCallError

ContentSource: TypeAlias = str | os.PathLike[str] | bytes | IO[bytes]
"""The path of a file, bytes, or a file that is open for reading bytes and can be read again."""

_PIECE: Final = 512 * 1024


class Content:
    """Something to send: its size, and its bytes in pieces, as often as they are needed."""

    def __init__(self, file: IO[bytes], start: int, size: int, name: str, first: bytes) -> None:
        self._file = file
        self._start = start
        self.size = size
        self.name = name
        self.media_type = media_type(first)

    async def pieces(self, start: int = 0, size: int | None = None) -> AsyncGenerator[bytes]:
        """The bytes in pieces: all of them, or `size` bytes that begin at `start`.

        Raises:
            InvalidCallError: The file has become shorter meanwhile.
        """
        await in_thread(self._file.seek, self._start + start)
        left = self.size - start if size is None else size
        while left:
            piece = await in_thread(self._file.read, min(_PIECE, left))
            if not piece:
                raise wrong("content", "became shorter while it was read", "send it again")
            left -= len(piece)
            yield piece

    async def whole(self) -> bytes:
        """All bytes at once."""
        return b"".join([piece async for piece in self.pieces()])


@asynccontextmanager
async def opened(source: ContentSource, field: str) -> AsyncGenerator[Content]:
    """Open what was given; a file that was given open stays so.

    Raises:
        InvalidCallError: It is none of the kinds, cannot be read, or is empty.
    """
    file, name = await _file(source, field)
    try:
        yield await _content(file, name, field)
    finally:
        if file is not source:
            file.close()


async def _file(source: Any, field: str) -> tuple[IO[bytes], str]:
    """The file that a source is, and its name."""
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(cast("bytes", source)), ""
    if isinstance(source, str | os.PathLike):
        path = Path(cast("str | os.PathLike[str]", source))
        try:
            return await in_thread(path.open, "rb"), path.name
        except (OSError, ValueError) as error:
            raise _unreadable(field, error) from None
    if callable(getattr(source, "read", None)) and callable(getattr(source, "seek", None)):
        name = getattr(source, "name", "")
        return source, Path(name).name if isinstance(name, str) else ""
    raise wrong(
        field,
        f"expected a file, got {type(source).__name__}",
        "pass the path of a file, bytes, or a file that is open for reading bytes",
    )


async def _content(file: IO[bytes], name: str, field: str) -> Content:
    try:
        start: int = await in_thread(file.tell)
        size: int = await in_thread(file.seek, 0, io.SEEK_END) - start
        await in_thread(file.seek, start)
        first: Any = await in_thread(file.read, FIRST_BYTES)
    except (OSError, ValueError) as error:
        raise _unreadable(field, error) from None
    if not isinstance(first, bytes):
        raise wrong(field, "is open as text", 'open it with mode "rb"')
    if size <= 0:
        raise wrong(field, "is empty", "pass a file with content")
    return Content(file, start, size, name, first)


def wrong(field: str, message: str, fix: str) -> InvalidCallError:
    """The error of one argument."""
    return InvalidCallError([Problem(field, message, fix)])


def _unreadable(field: str, error: OSError | ValueError) -> InvalidCallError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return wrong(field, f"cannot be read: {reason}", "pass the path of a file that can be read")


async def in_thread(work: "Callable[..., Any]", *arguments: Any) -> Any:
    """Files are read in a thread, since a slow disk would hold up everything else."""
    import anyio.to_thread  # takes as long as all else that a first call imports here

    return await anyio.to_thread.run_sync(work, *arguments)
