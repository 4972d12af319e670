"""A checkpoint in Redis, for harvests that may be run from any of several machines."""

import asyncio
import math
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

import msgspec

from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest.output.checkpoint import Asked, CheckpointError, Commit, TargetError
from pinterest_async.harvest.plan.cutting import Series
from pinterest_async.harvest.plan.partition import Partition

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

LIFE: Final = 30.0
"""Seconds after which the lock of a run that died is free again."""

RENEWALS: Final = 3
"""How often a lock is renewed in the time that it lives."""

SHORTEST: Final = 0.1

_ENDLESS: Final = -1
"""What Redis says of a key that never expires."""

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for a number of seconds."""

# Whoever writes must still have the lock: a run that was asleep for too long changes nothing.
_WRITE: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if #KEYS > 1 then redis.call('HSET', KEYS[2], ARGV[3], ARGV[4]) end
if #KEYS > 2 then redis.call('HDEL', KEYS[3], ARGV[3]) end
return 1
"""
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class _Listing(msgspec.Struct, frozen=True):
    plan: str
    ids: tuple[str, ...]


class RedisCheckpoint:
    """A checkpoint in Redis, under a name that stands for the target.

    `redis` is an address or a client. Everything is kept below `pinterest:harvest:{name}`, without
    any access token. Switch on Redis's persistence: a checkpoint that is lost cannot tell which
    rows of the target are there, and the next run refuses to add to them.

    A run that dies keeps the target locked for `lock_seconds`; the next one waits for that, and
    learns within half of it where the other is alive. Use less only where nothing can hold up a
    run for that long, neither its event loop nor the way to Redis: it would lose the target.
    """

    def __init__(
        self,
        redis: "str | Redis",
        name: str,
        *,
        lock_seconds: float = LIFE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if not name:
            raise ConfigurationError(
                "a checkpoint in Redis has an empty name", advice="Name it after the target."
            )
        if not lock_seconds >= SHORTEST:
            raise ConfigurationError(
                f"lock_seconds is {lock_seconds}", advice=f"Use at least {SHORTEST:g}."
            )
        self._life = lock_seconds
        self._sleep = sleep
        self._owned = isinstance(redis, str)
        self._redis: Any = _connect(redis) if isinstance(redis, str) else redis
        self.name = name
        self._prefix = f"pinterest:harvest:{{{name}}}"
        self._token = secrets.token_hex(16)
        self._renewing: asyncio.Task[None] | None = None
        self._write = self._redis.register_script(_WRITE)
        self._errors: Any = import_module("redis.exceptions").RedisError

    def __repr__(self) -> str:
        return f"RedisCheckpoint(..., {self.name!r})"

    async def open(self) -> Mapping[str, Series]:
        """Take the lock; return what is known of the target's series."""
        await self._take()
        self._renewing = asyncio.create_task(self._renew())
        try:
            return await self._all(self._key("series"), Series)
        except BaseException:
            await self.aclose()
            raise

    async def _take(self) -> None:
        """Take the lock; wait for that of a run that died, which nobody renews, to end."""
        lock, life = self._key("lock"), round(self._life * 1000)
        pause = self._life / RENEWALS / 2
        before = math.inf
        while not await self._try(self._redis.set(lock, self._token, nx=True, px=life)):
            left: int = await self._try(self._redis.pttl(lock))
            if left == _ENDLESS or left > before - pause * 500:
                raise TargetError(
                    f"another harvest is filling {self.name}",
                    advice="Wait for it to end, or choose another target.",
                )
            before = left if left > 0 else math.inf
            await self._sleep(pause)

    async def aclose(self) -> None:
        """Let go of the lock."""
        renewing, self._renewing = self._renewing, None
        if renewing is not None:
            renewing.cancel()
            with suppress(asyncio.CancelledError):
                await renewing
            with suppress(self._errors, OSError):  # the lock ends by itself
                await self._redis.eval(_RELEASE, 1, self._key("lock"), self._token)
        if self._owned:
            await self._redis.aclose()

    async def begin(self, series: Series) -> Mapping[str, Commit]:
        """Keep a series with the plan that runs now; return its finished partitions."""
        await self.complete(series)
        return await self._all(self._key("commits", series.plan.series), Commit)

    async def complete(self, series: Series) -> None:
        """Keep a series whose plan is finished."""
        await self._keep(self._key("series"), series.plan.series, series)

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """What was listed for an account, and whether by this plan."""
        key = self._key("listings", series.plan.series)
        content = await self._try(self._redis.hget(key, account or ""))
        if content is None:
            return (), False
        found = msgspec.json.decode(content, type=_Listing)
        return found.ids, found.plan == series.plan.id

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Keep what an account has."""
        key = self._key("listings", series.plan.series)
        await self._keep(key, account or "", _Listing(series.plan.id, tuple(ids)))

    async def reports(self, series: Series) -> Mapping[str, Asked]:
        """The reports that were asked for and whose rows are not committed."""
        return await self._all(self._key("reports", series.plan.series), Asked)

    async def ask(self, series: Series, partition: Partition, asked: Asked) -> None:
        """Keep which report was asked for."""
        await self._keep(self._key("reports", series.plan.series), partition.id, asked)

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Keep that a partition is finished."""
        name = series.plan.series
        key = self._key("commits", name)
        await self._keep(key, partition.id, commit, self._key("reports", name))

    async def _all(self, key: str, type: type[T]) -> Mapping[str, T]:
        found = await self._try(self._redis.hgetall(key))
        return {
            _text(name): msgspec.json.decode(content, type=type) for name, content in found.items()
        }

    async def _keep(self, key: str, field: str, value: Any, *done_with: str) -> None:
        """Keep a value under a field of a key, and drop that field of others."""
        content = msgspec.json.encode(value)
        if not await self._call([self._key("lock"), key, *done_with], [field, content]):
            raise TargetError(
                f"another harvest has taken over {self.name}, since this one was not heard of",
                advice="Let that one end, then run the same plan again.",
            )

    async def _renew(self) -> None:
        while True:
            await self._sleep(self._life / RENEWALS)
            with suppress(CheckpointError):  # the next write tells
                await self._call([self._key("lock")], [])

    async def _call(self, keys: list[str], values: list[Any]) -> bool:
        life = round(self._life * 1000)
        return bool(await self._try(self._write(keys=keys, args=[self._token, life, *values])))

    async def _try(self, call: Any) -> Any:
        try:
            return await call
        except (self._errors, OSError) as error:
            # Without the words of the error, which may hold an address with its password.
            raise CheckpointError(
                f"Redis does not keep the checkpoint {self.name}: {type(error).__name__}"
            ) from None

    def _key(self, *parts: str) -> str:
        return ":".join((self._prefix, *parts))


def _connect(address: str) -> Any:
    try:
        redis: Any = import_module("redis.asyncio")
    except ImportError as error:
        raise ImportError(
            "a checkpoint in Redis needs redis: pip install 'pinterest-async[redis]'"
        ) from error
    return redis.Redis.from_url(address)


def _text(name: Any) -> str:
    return name.decode() if isinstance(name, bytes) else str(name)
