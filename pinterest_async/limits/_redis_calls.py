"""Calls of the script: what goes into one, under which keys, over which connection."""

import asyncio
import hashlib
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import msgspec

from pinterest_async.limits._lanes import Key
from pinterest_async.limits._redis_books import SharedBucket, SharedHouse, SharedLane, Update
from pinterest_async.limits._redis_script import SAMPLE, SCRIPT

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SHA = hashlib.sha1(SCRIPT.encode(), usedforsecurity=False).hexdigest()


class Request(NamedTuple):
    """What a house wants of Redis: updates told, tokens for a lane, and when others come."""

    house: SharedHouse
    lane: SharedLane | None
    updates: Sequence[Update]
    want: int
    first: int
    forecast: Sequence[Key]


def connector(url: str) -> Callable[[], "Redis"]:
    """What makes a client for each event loop."""
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ModuleNotFoundError as error:
        raise ImportError(
            "a limiter in Redis needs redis: pip install 'pinterest-async[redis]'"
        ) from error

    def connect() -> "Redis":
        # One more try for a connection that a restart has cut; to wait is our affair.
        made: Redis = cast("Any", Redis).from_url(url, retry=Retry(NoBackoff(), 1))
        return made

    return connect


class Calls:
    """One process's calls of the script; `connect` makes a client where it is not the caller's."""

    def __init__(
        self,
        redis: "Redis",
        *,
        prefix: str,
        secret: str,
        life: float,
        chance: Callable[[], float],
        injected: bool,
    ) -> None:
        from redis.exceptions import NoScriptError

        self._redis = redis
        self.connect: Callable[[], Redis] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._prefix = prefix
        self._secret = hashlib.blake2b(secret.encode()).digest()
        self._life = life
        self._chance = chance
        self._injected = injected
        self._unknown_script = NoScriptError
        self._me = secrets.token_hex(6)

    async def run(
        self, request: Request, buckets: Mapping[Key, SharedBucket], now: float
    ) -> list[Any]:
        """Call the script, and send it where Redis does not have it."""
        keys, content = self._content(request, buckets, now)
        redis: Any = self._client()
        try:
            said = await redis.evalsha(_SHA, len(keys), *keys, content)
        except self._unknown_script:
            said = await redis.eval(SCRIPT, len(keys), *keys, content)
        return cast("list[Any]", said)

    async def aclose(self) -> None:
        """End the connections that are ours."""
        if self.connect is not None:
            await self._redis.aclose()

    def _client(self) -> "Redis":
        loop = asyncio.get_running_loop()
        if self.connect is not None and self._loop is not loop:
            if self._loop is not None:
                self._redis = self.connect()
            self._loop = loop
        return self._redis

    def _content(
        self, request: Request, buckets: Mapping[Key, SharedBucket], now: float
    ) -> tuple[list[str], bytes]:
        indices: dict[Key, int] = {}
        quotas: list[tuple[int, int]] = []

        def index(key: Key) -> int:
            if key not in indices:
                indices[key] = len(indices) + 1
                quotas.append((buckets[key].quota, round(1000 * buckets[key].window)))
            return indices[key]

        told: list[tuple[Any, ...]] = []
        for what, keys, at, rest in request.updates:
            age = math.floor(1000 * (now - at))
            if what in ("hold", "finish", "release"):
                rest = (f"{self._me}:{rest[0]}", *rest[1:])
            if what == "finish":
                rest = (*rest, age)
            elif what in ("freeze", "others"):
                rest = (*rest[:-1], max(0, rest[-1] - age))
            elif what == "share":
                rest = (index(cast("Key", rest[0])),)
            told.append((what, [index(key) for key in keys if key in buckets], *rest))
        lane = request.lane
        content: dict[str, Any] = {
            "now": round(1000 * now) if self._injected else None,
            "epoch": request.house.epoch,
            "me": self._me,
            "chance": self._chance(),
            "life": round(1000 * self._life),
            "updates": told,
            "lane": [index(key) for key in lane.keys] if lane is not None else [],
            "want": request.want,
            "ids": request.first,
            "forecast": [index(key) for key in request.forecast],
            "sample": SAMPLE,
            "quotas": quotas,
        }
        of_house = next(iter(request.house.lanes)).keys[0]
        names = [f"{self._prefix}epoch", f"{self._prefix}{self._hashed(of_house)}:processes"]
        for key in indices:
            name = f"{self._prefix}{self._hashed(key)}"
            names += [f"{name}:tokens", f"{name}:state"]
        return names, msgspec.json.encode(content)

    def _hashed(self, key: Key) -> str:
        return hashlib.blake2b(
            "\0".join(key).encode(),
            digest_size=16,
            key=self._secret,
            person=b"pinterest_async",
        ).hexdigest()
