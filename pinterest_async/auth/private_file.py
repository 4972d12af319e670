"""A file that only its owner can read, and whose place nobody else has prepared."""

import contextlib
import os
import stat
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from pinterest_async.errors import ConfigurationError, TokenStoreError

_LONGEST: Final = 1_048_576
"""Bytes of a file that are read: no pair of tokens is as long."""
# Windows has none of these. A pipe in the file's place must not hold us up.
_NO_LINKS: Final[int] = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
_GETUID: Final[Callable[[], int] | None] = getattr(os, "geteuid", None)


class PrivateFile:
    """A file of mode 0600 that is replaced in one step; see `FileStore` for what is not used.

    `owner` is what messages call it. Errors are `TokenStoreError` or `OSError`.
    """

    def __init__(self, path: str | os.PathLike[str], owner: str) -> None:
        self._owner = owner
        try:
            self._path = Path(path).expanduser()
        except RuntimeError:
            raise ConfigurationError(
                f"the home directory in {os.fspath(path)!r} is not known",
                advice="Give the whole path.",
            ) from None

    @property
    def folder(self) -> Path:
        """Where it is, or will be."""
        return self._path.parent

    def __repr__(self) -> str:
        return f"{self._owner}({str(self._path)!r})"

    def read(self) -> bytes | None:
        """Read it; None when there is none."""
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

    def write(self, content: msgspec.Struct) -> None:
        """Write it anew as JSON, and make it last before returning.

        It is encoded here, since a variable that holds the text would show it in a traceback.
        """
        folder = self._make_folder()
        self._check_folder()
        with contextlib.suppress(FileNotFoundError):
            self._check_kind(self._path.lstat(), self._path)
        # mkstemp makes the file with mode 0600 from the start.
        handle, name = tempfile.mkstemp(prefix=f".{self._path.name}.", dir=folder)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.encode(content))
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(self._path)
        except BaseException:
            with contextlib.suppress(FileNotFoundError):
                Path(name).unlink()
            raise
        _sync_directory(folder)

    def remove(self) -> None:
        """Remove it, where there is one."""
        with contextlib.suppress(FileNotFoundError):
            self._check_folder()
            self._path.unlink()

    def open_lock(self) -> int:
        """Open the lock file beside it; the caller closes the handle."""
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
            advice="Look who put it there. A folder of its own is best: one that is missing is "
            "made, which only you can read.",
        )


def _sync_directory(directory: Path) -> None:
    """Make the renaming itself last, where the system can."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
