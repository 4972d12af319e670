"""Where a token pair is kept between refreshes."""

import asyncio
import contextlib
import os
import stat
import tempfile
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Final, Protocol, TypeGuard

import msgspec

from pinterest_async.auth.access import Secret
from pinterest_async.auth.store_errors import guarded
from pinterest_async.errors import ConfigurationError, TokenStoreError

try:
    import fcntl
except ImportError:  # not on every system; without it, processes are not kept apart
    fcntl = None  # type: ignore[assignment]

_POLL: Final = 0.05
_LONGEST: Final = 1_048_576
"""Bytes of a token file that are read: no pair is as long."""
# Windows has none of these. A pipe in the file's place must not hold us up.
_NO_LINKS: Final[int] = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_GETUID: Final[Callable[[], int] | None] = getattr(os, "geteuid", None)


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


class FileStore:
    """Keeps the pair in a JSON file that only its owner can read (mode 0600).

    The file is replaced in one step, so a crash leaves the old pair or the new one. Processes that
    share the file refresh one at a time (on POSIX). Folders that are missing are made for the owner
    alone (mode 0700).

    What somebody else may have put there is not used: links in the place of the file or of its
    lock, files of other users, and a folder that others may write to (but for one like /tmp, in
    which nobody can replace what is another's).
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._path = Path(path).expanduser()
        except RuntimeError:
            raise ConfigurationError(
                f"the home directory in {os.fspath(path)!r} is not known",
                advice="Give the whole path.",
            ) from None

    def __repr__(self) -> str:
        return f"FileStore({str(self._path)!r})"

    async def load(self) -> Tokens | None:
        """Read the file; None when there is none."""
        content = await guarded(self, "read", lambda: asyncio.to_thread(self._read))
        return None if content is None else read_tokens(content, repr(self))

    async def save(self, tokens: Tokens) -> None:
        """Write the file anew, and make it last before returning."""
        # Shielded: a cancelled call must not lose a pair that is already in force.
        await guarded(
            self,
            "save",
            lambda: asyncio.shield(asyncio.to_thread(self._write, tokens)),
            secrets_of(tokens),
        )

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Hold the lock file beside the token file."""
        if fcntl is None:
            yield
            return
        flock, how = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB
        lock = await guarded(self, "lock", lambda: asyncio.to_thread(self._open_lock))
        try:
            await guarded(self, "lock", lambda: _locked(lock, flock, how))
            yield
        finally:
            os.close(lock)

    def _read(self) -> bytes | None:
        try:
            self._check_folder()
            handle = os.open(self._path, os.O_RDONLY | _NO_LINKS)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._planted(error, self._path) from None
        try:
            self._check_file(handle, self._path)
            with os.fdopen(handle, "rb", closefd=False) as file:
                return file.read(_LONGEST)
        finally:
            os.close(handle)

    def _write(self, tokens: Tokens) -> None:
        folder = self._make_folder()
        self._check_folder()
        with contextlib.suppress(FileNotFoundError):
            self._check_kind(self._path.lstat(), self._path)
        # mkstemp makes the file with mode 0600 from the start.
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=folder)
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
        _sync_directory(folder)

    def _open_lock(self) -> int:
        self._make_folder()
        self._check_folder()
        path = self._path.with_name(f".{self._path.name}.lock")
        try:
            lock = os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINKS, 0o600)
        except OSError as error:
            raise self._planted(error, path) from None
        try:
            self._check_file(lock, path)
        except BaseException:
            os.close(lock)
            raise
        return lock

    def _make_folder(self) -> Path:
        """Make what is missing of the folder; `mkdir` alone would open its parents to others."""
        folder = self._path.parent
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        for one in reversed(missing):
            one.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _check_folder(self) -> None:
        """Refuse a folder in which others can replace the file."""
        if _GETUID is None:
            return
        folder, own = self._path.parent.stat(), _GETUID()
        if folder.st_uid not in (own, 0):
            raise self._unsafe(self._path.parent, "belongs to another user")
        # A group that has the number of its user has no other members, by convention.
        others = stat.S_IWOTH | (0 if folder.st_gid == own else stat.S_IWGRP)
        if folder.st_mode & others and not folder.st_mode & stat.S_ISVTX:
            raise self._unsafe(self._path.parent, "can be written to by others")

    def _check_file(self, handle: int, path: Path) -> None:
        found = os.fstat(handle)
        self._check_kind(found, path)
        if _GETUID is not None and found.st_uid != _GETUID():
            raise self._unsafe(path, "belongs to another user")

    def _check_kind(self, found: os.stat_result, path: Path) -> None:
        if not stat.S_ISREG(found.st_mode):
            why = "is a link" if stat.S_ISLNK(found.st_mode) else "is no file"
            raise self._unsafe(path, why)

    def _planted(self, error: OSError, path: Path) -> Exception:
        """The error of a file that cannot be opened: for a link in words that say so."""
        return self._unsafe(path, "is a link") if path.is_symlink() else error

    def _unsafe(self, path: Path, why: str) -> TokenStoreError:
        return TokenStoreError(
            f"{self!r} does not use {str(path)!r}, which {why}",
            advice="Look who put it there. A folder of its own is best: FileStore makes a missing "
            "one, which only you can read.",
        )


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


def _sync_directory(directory: Path) -> None:
    """Make the renaming itself last, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
