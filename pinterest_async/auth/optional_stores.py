"""Token stores that need a library of their own: the system's keyring, and Redis."""

import asyncio
import importlib
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol, Self

import msgspec

from pinterest_async.auth.access import fingerprint
from pinterest_async.auth.store_errors import guarded_lock
from pinterest_async.auth.stores import JsonStore, Tokens
from pinterest_async.errors import ConfigurationError

if TYPE_CHECKING:
    from redis.asyncio import Redis

_LOCK_LIFE: Final = 60.0
"""Seconds after which the lock of a process that died is free again."""


class Keyring(Protocol):
    """What is needed of a keyring: the module `keyring`, or one of its backends."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return what was set, if anything."""
        ...

    def set_password(self, service: str, username: str, password: str) -> None:
        """Set it."""
        ...


class KeyringStore(JsonStore):
    """Keeps the pair in the keyring of the system, for one person's scripts.

    Processes that share it are not kept apart while they refresh: use `FileStore` or
    `RedisStore` for several. Needs the extra `keyring`.
    """

    def __init__(
        self, name: str = "default", *, service: str = "pinterest-async", keyring: Any = None
    ) -> None:
        self._name = name
        self._service = service
        self._keyring: Keyring = _keyring() if keyring is None else keyring

    def __repr__(self) -> str:
        return f"KeyringStore({self._name!r}, service={self._service!r})"

    async def _read(self) -> str | None:
        return await asyncio.to_thread(self._keyring.get_password, self._service, self._name)

    async def _write(self, tokens: Tokens) -> None:
        await asyncio.to_thread(self._set, tokens)

    def _set(self, tokens: Tokens) -> None:
        content = msgspec.json.encode(tokens).decode()
        self._keyring.set_password(self._service, self._name, content)

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Do nothing: keyrings have no locks."""
        yield


class RedisStore(JsonStore):
    """Keeps the pair in Redis, for many processes and machines; one of them refreshes at a time.

    The key holds a hash of `name` (such as the id of your user), the value the tokens: give it a
    Redis that nobody else can read. Needs the extra `redis`.
    """

    def __init__(self, redis: "Redis", name: str, *, prefix: str = "pinterest:tokens:") -> None:
        def shared() -> "AbstractAsyncContextManager[Redis]":
            return nullcontext(redis)

        self._connect = shared
        self._key = prefix + fingerprint(name)

    @classmethod
    def from_url(cls, url: str, name: str, *, prefix: str = "pinterest:tokens:") -> Self:
        """A store that connects whenever it is used, and leaves nothing open.

        Raises:
            ConfigurationError: The library redis is not installed, or does not take the URL.
        """
        store = cls.__new__(cls)
        store._connect = partial(_redis(url).from_url, url)
        store._key = prefix + fingerprint(name)
        return store

    def __repr__(self) -> str:
        return f"RedisStore({self._key!r})"

    async def _read(self) -> bytes | str | None:
        async with self._connect() as redis:
            return await redis.get(self._key)

    async def _write(self, tokens: Tokens) -> None:
        async with self._connect() as redis:
            await redis.set(self._key, msgspec.json.encode(tokens))

    @asynccontextmanager
    async def exclusive(self) -> AsyncGenerator[None, None]:
        """Hold a lock beside the key; it frees itself when its holder dies."""
        async with self._connect() as redis:
            lock = redis.lock(f"{self._key}:lock", timeout=_LOCK_LIFE)
            async with guarded_lock(self, lock):
                yield


def _redis(url: str) -> Any:
    """The class of clients, which takes the URL."""
    try:
        library: Any = importlib.import_module("redis.asyncio")
    except ImportError:
        raise ConfigurationError(
            "the library redis is not installed",
            advice="Install pinterest-async[redis], or use a FileStore.",
        ) from None
    try:
        library.ConnectionPool.from_url(url)
    except ValueError as error:
        # Without the URL, which may hold a password.
        raise ConfigurationError(
            "the URL of Redis is not understood",
            advice=f"Write it like redis://localhost:6379/0 ({type(error).__name__}).",
        ) from None
    return library.Redis


def _keyring() -> Any:
    try:
        return importlib.import_module("keyring")
    except ImportError:
        raise ConfigurationError(
            "the library keyring is not installed",
            advice="Install pinterest-async[keyring], or use a FileStore.",
        ) from None
