"""Where a token pair is kept between refreshes."""

import asyncio
import contextlib
import os
import tempfile
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final, Protocol

import msgspec

from pinterest_async.errors import ConfigurationError

try:
    import fcntl
except ImportError:  # not on every system; without it, processes are not kept apart
    fcntl = None  # type: ignore[assignment]

_POLL: Final = 0.05


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access token with the refresh token that replaces it; times are seconds since 1970."""

    access_token: str
    refresh_token: str
    expires_at: float | None = None
    refresh_expires_at: float | None = None

    def __repr__(self) -> str:
        return f"Tokens([redacted], expires_at={self.expires_at})"


class TokenStore(Protocol):
    """Keeps one token pair. `save` must have lasting effect when it returns."""

    async def load(self) -> Tokens | None:
        """Return the pair that was saved last, if any."""
        ...

    async def save(self, tokens: Tokens) -> None:
        """Replace the pair."""
        ...

    def exclusive(self) -> AbstractAsyncContextManager[None]:
        """Held while a pair is being replaced; keeps others who share the store from it."""
        ...


class MemoryStore:
    """Keeps the pair as long as the process lives."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens

    def __repr__(self) -> str:
        return "MemoryStore()"

    async def load(self) -> Tokens | None:
        """Return the pair."""
        return self._tokens

    async def save(self, tokens: Tokens) -> None:
        """Replace the pair."""
        self._tokens = tokens

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Do nothing: nobody shares a process's memory."""
        yield


class FileStore:
    """Keeps the pair in a JSON file that only its owner can read (mode 0600).

    The file is replaced in one step, so a crash leaves the old pair or the new one. Processes that
    share the file refresh one at a time (on POSIX).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).expanduser()

    def __repr__(self) -> str:
        return f"FileStore({str(self._path)!r})"

    async def load(self) -> Tokens | None:
        """Read the file; None when there is none."""
        return await asyncio.to_thread(self._read)

    async def save(self, tokens: Tokens) -> None:
        """Write the file anew, and make it last before returning."""
        # Shielded: a cancelled call must not lose a pair that is already in force.
        await asyncio.shield(asyncio.to_thread(self._write, tokens))

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Hold the lock file beside the token file."""
        if fcntl is None:
            yield
            return
        lock = await asyncio.to_thread(self._open_lock)
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(_POLL)
            yield
        finally:
            os.close(lock)

    def _read(self) -> Tokens | None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        return read_tokens(content, repr(self))

    def _write(self, tokens: Tokens) -> None:
        directory = self._path.parent
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        # mkstemp makes the file with mode 0600 from the start.
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=directory)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(tokens))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync_directory(directory)

    def _open_lock(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        flags: Any = os.O_RDWR | os.O_CREAT
        return os.open(self._path.with_name(f".{self._path.name}.lock"), flags, 0o600)


def read_tokens(content: str | bytes, where: str) -> Tokens:
    """The pair that a store kept as JSON; `where` names the store in the error."""
    try:
        return msgspec.json.decode(content, type=Tokens)
    except msgspec.DecodeError:
        raise ConfigurationError(
            f"what {where} holds is not one of our token pairs",
            advice="Delete it and log in again, or use another place.",
        ) from None


def _sync_directory(directory: Path) -> None:
    """Make the renaming itself last, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
