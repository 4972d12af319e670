"""The login that `pinterest login` leaves on this machine, for later commands and scripts."""

import contextlib
import os
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

from pinterest_async._core.patterns import lazy_pattern
from pinterest_async.auth.access import Basic
from pinterest_async.auth.private_file import PrivateFile
from pinterest_async.auth.stores import FileStore
from pinterest_async.errors import ConfigurationError, TokenStoreError

_OTHER: Final = lazy_pattern(r"[^a-z0-9.-]|^\.+")
_PORT: Final = lazy_pattern(r"_(\d+)$")


class SavedLogin:
    """The app and the tokens of a person, kept for the API at one base URL.

    Each host has a folder of its own below `~/.config/pinterest-async` (or `XDG_CONFIG_HOME`), so
    that production, the sandbox and emulators are apart, and none is sent another's tokens.
    """

    def __init__(self, base_url: str) -> None:
        folder = _home() / _OTHER.sub("_", urlsplit(base_url).netloc.lower())
        self.store = FileStore(folder / "tokens.json")
        self._app = PrivateFile(folder / "app.json", "SavedLogin")

    def others(self) -> list[str]:
        """The other hosts that somebody has logged in to from here."""
        here = self._app.folder
        found = sorted(one.parent for one in here.parent.glob("*/app.json"))
        return [_PORT.sub(r":\1", one.name) for one in found if one != here]

    def app(self) -> Basic | None:
        """The credentials of the app that renews the tokens; None where nobody has logged in.

        Raises:
            TokenStoreError: The file cannot be read, or is not safe to use.
            ConfigurationError: It holds something else.
        """
        found: Basic | str | None = None
        try:
            found = self._read()
        except OSError as error:
            found = error.strerror or type(error).__name__
        if isinstance(found, str):
            raise TokenStoreError(f"{self._app!r} cannot be read: {found}")
        return found

    def save_app(self, app: Basic) -> None:
        """Keep the credentials of the app.

        Raises:
            TokenStoreError: The file cannot be written, or is not safe to use.
        """
        why = ""
        try:
            self._app.write(app)
        except OSError as error:
            why = error.strerror or type(error).__name__
        if why:
            raise TokenStoreError(f"{self._app!r} cannot be written: {why}")

    def remove_app(self) -> None:
        """Remove the credentials of the app.

        Raises:
            TokenStoreError: The file cannot be removed, or is not safe to use.
        """
        try:
            self._app.remove()
        except OSError as error:
            raise TokenStoreError(f"{self._app!r} cannot be removed: {error.strerror}") from None

    def _read(self) -> Basic | None:
        content = self._app.read()
        if content is None:
            return None
        with contextlib.suppress(msgspec.DecodeError, UnicodeError, RecursionError):
            return msgspec.json.decode(content, type=Basic)
        del content
        raise ConfigurationError(
            f"{self._app!r} holds something that is not the credentials of an app",
            advice="Delete it, and run `pinterest login` again.",
        )


def _home() -> Path:
    """Where the programs of a person keep such things; the same on all systems."""
    given = os.environ.get("XDG_CONFIG_HOME", "")
    # A relative one is to be ignored, by the specification of these folders.
    return Path(given if Path(given).is_absolute() else "~/.config") / "pinterest-async"
