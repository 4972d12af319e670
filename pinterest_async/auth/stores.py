"""Where a token pair is kept between refreshes."""

import asyncio
import contextlib
import functools
import os
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, Protocol, TypeGuard

import msgspec

from pinterest_async.auth.access import Secret
from pinterest_async.auth.private_file import PrivateFile
from pinterest_async.auth.store_errors import guarded
from pinterest_async.errors import ConfigurationError

try:
    import fcntl
except ImportError:  # not on every system; without it, processes are not kept apart
    fcntl = None  # type: ignore[assignment]

_POLL: Final = 0.05


class Tokens(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An access token with the refresh token that replaces it; times are seconds since 1970.

    `scopes` are the OAuth scopes of the access token, None where they are not known.
    """

    access_token: str
    refresh_token: str
    expires_at: float | None = None
    refresh_expires_at: float | None = None
    scopes: tuple[str, ...] | None = None

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


class JsonStore:
    """Base of stores that keep the pair as JSON somewhere; `_read` and `_write` say where."""

    async def load(self) -> Tokens | None:
        """Return the pair that was saved last; None when there is none."""
        content = await guarded(self, "read", self._read)
        return None if content is None else read_tokens(content, repr(self))

    async def save(self, tokens: Tokens) -> None:
        """Replace the pair, and make it last before returning."""
        # Shielded: a cancelled call must not lose a pair that is already in force.
        write = functools.partial(self._write, tokens)
        await guarded(self, "save", lambda: asyncio.shield(write()), secrets_of(tokens))

    async def _read(self) -> str | bytes | None:
        raise NotImplementedError

    async def _write(self, tokens: Tokens) -> None:
        raise NotImplementedError


class FileStore(JsonStore):
    """Keeps the pair in a JSON file that only its owner can read (mode 0600).

    The file is replaced in one step, so a crash leaves the old pair or the new one. Processes that
    share the file refresh one at a time (on POSIX). Folders that are missing are made for the owner
    alone (mode 0700).

    What somebody else may have put there is not used: links in the place of the file or of its
    lock, files of other users, and a folder that others may write to (but for one like /tmp, in
    which nobody can replace what is another's).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = PrivateFile(path, "FileStore")

    def __repr__(self) -> str:
        return repr(self._file)

    async def _read(self) -> bytes | None:
        return await asyncio.to_thread(self._file.read)

    async def _write(self, tokens: Tokens) -> None:
        await asyncio.to_thread(self._file.write, tokens)

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Hold the lock file beside the token file."""
        if fcntl is None:
            yield
            return
        flock, how = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
        lock = await guarded(self, "lock", lambda: asyncio.to_thread(self._file.open_lock))
        try:
            await guarded(self, "lock", lambda: _locked(lock, flock, how))
            yield
        finally:
            os.close(lock)


async def _locked(lock: int, flock: Callable[[int, int], None], how: int) -> None:
    while True:
        try:
            return flock(lock, how)
        except BlockingIOError:
            await asyncio.sleep(_POLL)


def read_tokens(content: str | bytes, where: str) -> Tokens:
    """The pair that a store kept as JSON; `where` names the store in the error."""
    # Invalid UTF-8 is an error of its own.
    with contextlib.suppress(msgspec.DecodeError, UnicodeError, RecursionError):
        tokens = msgspec.json.decode(content, type=Tokens)
        if fit(tokens):
            return tokens
    raise ConfigurationError(
        f"{where} holds something that is not a token pair of this SDK",
        advice="Delete it and log in again, or use another place.",
    )


def secrets_of(tokens: Tokens | None) -> tuple[str, ...]:
    """The tokens of a pair, which no error may repeat."""
    return () if tokens is None else (Secret(tokens.access_token), Secret(tokens.refresh_token))


def fit(tokens: object) -> TypeGuard[Tokens]:
    """Whether tokens could stand in a header; either may be missing."""
    if not isinstance(tokens, Tokens):
        return False
    return all(_fit(one) for one in (tokens.access_token, tokens.refresh_token))


def _fit(token: object) -> bool:
    return isinstance(token, str) and token.isascii() and token.isprintable() and " " not in token
