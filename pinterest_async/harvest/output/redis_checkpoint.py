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
from pinterest_async.harvest.output.checkpoint import (
    CheckpointError,
    Commit,
    RequestedReport,
    TargetError,
    damaged,
)
from pinterest_async.harvest.plan.partition import Partition
from pinterest_async.harvest.plan.series import Series

if TYPE_CHECKING:
    from redis.asyncio import Redis

T = TypeVar("T")

LOCK_SECONDS: Final = 30.0
"""Seconds after which the lock of a run that died is free again."""

_VERSION: Final = 1
"""Of what is written to Redis."""

RENEWALS: Final = 3
"""How often a lock is renewed before it would end."""

SHORTEST_LOCK: Final = 0.1

_ENDLESS: Final = -1
"""What Redis says of a key that never expires."""

Sleep: TypeAlias = Callable[[float], Awaitable[object]]
"""Waits for a number of seconds."""

# A run that lost its lock, because it was held up for too long, must not write any more.
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

    `redis` is an address or a client. Everything is below `pinterest:harvest:{name}`, without any
    access token. Switch on Redis's persistence: a run that finds nothing in Redis cannot know which
    rows are in the target, and refuses to add to them.

    A run that dies keeps the target locked for `lock_seconds`; the next one waits for that, and
    finds out within half of it whether the other is alive. Use less only where neither the event
    loop nor the connection to Redis can stall for that long: the run would lose the target.
    """

    def __init__(
        self,
        redis: "str | Redis",
        name: str,
        *,
        lock_seconds: float = LOCK_SECONDS,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        if not name:
            raise ConfigurationError(
                "a checkpoint in Redis has an empty name", advice="Name it after the target."
            )
        if not lock_seconds >= SHORTEST_LOCK:
            raise ConfigurationError(
                f"lock_seconds is {lock_seconds}", advice=f"Use at least {SHORTEST_LOCK:g}."
            )
        self._lock_seconds = lock_seconds
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
        """Take the lock; return the series of the target."""
        await self._take()
        self._renewing = asyncio.create_task(self._renew())
        try:
            await self._check_version()
            return await self._all(self._key("series"), Series)
        except BaseException:
            await self.aclose()
            raise

    async def _take(self) -> None:
        """Take the lock; where a run has died, wait until its lock, which nobody renews, ends."""
        lock, milliseconds = self._key("lock"), round(self._lock_seconds * 1000)
        pause = self._lock_seconds / RENEWALS / 2
        before = math.inf
        while not await self._try(self._redis.set(lock, self._token, nx=True, px=milliseconds)):
            left: int = await self._try(self._redis.pttl(lock))
            if left == _ENDLESS or left > before - pause * 500:
                raise TargetError(
                    f"another harvest is filling {self.name}",
                    advice="Wait for it to end, or choose another target.",
                )
            before = left if left > 0 else math.inf
            await self._sleep(pause)

    async def aclose(self) -> None:
        """Release the lock."""
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
        """Store a series with the plan that runs now; return its finished partitions."""
        await self.complete(series)
        return await self._all(self._key("commits", series.id), Commit)

    async def complete(self, series: Series) -> None:
        """Store a series whose plan is finished."""
        await self._store(self._key("series"), series.id, series)

    async def listed(self, series: Series, account: str | None) -> tuple[tuple[str, ...], bool]:
        """What was listed for an account, and whether by this plan."""
        key = self._key("listings", series.id)
        content = await self._try(self._redis.hget(key, account or ""))
        if content is None:
            return (), False
        found = self._decoded(content, _Listing)
        return found.ids, found.plan == series.plan.id

    async def note(self, series: Series, account: str | None, ids: Iterable[str]) -> None:
        """Store what was listed for an account."""
        key = self._key("listings", series.id)
        await self._store(key, account or "", _Listing(series.plan.id, tuple(ids)))

    async def reports(self, series: Series) -> Mapping[str, RequestedReport]:
        """The reports that were requested and whose rows are not committed."""
        return await self._all(self._key("reports", series.id), RequestedReport)

    async def ask(self, series: Series, partition: Partition, report: RequestedReport) -> None:
        """Store which report was requested."""
        await self._store(self._key("reports", series.id), partition.id, report)

    async def commit(self, series: Series, partition: Partition, commit: Commit) -> None:
        """Store that a partition is finished."""
        commits, reports = (self._key(name, series.id) for name in ("commits", "reports"))
        await self._store(commits, partition.id, commit, reports)

    async def recall(self, name: str) -> bytes | None:
        """What was kept under a name."""
        found = await self._try(self._redis.hget(self._key("entities"), name))
        return found.encode() if isinstance(found, str) else found

    async def keep(self, name: str, content: bytes) -> None:
        """Keep JSON under a name."""
        await self._store(self._key("entities"), name, msgspec.Raw(content))

    async def _all(self, key: str, type: type[T]) -> Mapping[str, T]:
        found = await self._try(self._redis.hgetall(key))
        return {_text(name): self._decoded(content, type) for name, content in found.items()}

    def _decoded(self, content: Any, type: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=type)
        except (ValueError, RecursionError) as error:
            raise damaged(f"the checkpoint {self.name} in Redis", error) from error

    async def _check_version(self) -> None:
        """Refuse what a later version of this package wrote; note ours where there is none."""
        key = self._key("version")
        await self._try(self._redis.set(key, _VERSION, nx=True))
        if _text(await self._try(self._redis.get(key))) != str(_VERSION):
            raise TargetError(
                f"the checkpoint {self.name} was made by another version of pinterest_async",
                advice="Use that version, or choose another target.",
            )

    async def _store(self, key: str, field: str, value: Any, *cleared: str) -> None:
        """Store a value under a field of a key, and delete that field from others."""
        content = msgspec.json.encode(value)
        if not await self._call([self._key("lock"), key, *cleared], [field, content]):
            raise TargetError(
                f"another harvest has taken over {self.name}: the lock of this one expired",
                advice="Let that one end, then run the same plan again.",
            )

    async def _renew(self) -> None:
        while True:
            await self._sleep(self._lock_seconds / RENEWALS)
            with suppress(CheckpointError):  # the next write raises it
                await self._call([self._key("lock")], [])

    async def _call(self, keys: list[str], values: list[Any]) -> bool:
        life = round(self._lock_seconds * 1000)
        return bool(await self._try(self._write(keys=keys, args=[self._token, life, *values])))

    async def _try(self, call: Any) -> Any:
        try:
            return await call
        except (self._errors, OSError) as error:
            # Without the text of the error, which may hold an address with its password.
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
