"""The link to Redis: calls of the script, and this process's share while Redis does not answer."""

import asyncio
import hashlib
import logging
import math
import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, cast

import msgspec

from pinterest_async.errors import LimiterUnavailableError
from pinterest_async.limits.protocol import BucketKey
from pinterest_async.limits.redis.state import (
    SAMPLE,
    SharedBucket,
    SharedQueue,
    SharedUserQueues,
    Update,
)

if TYPE_CHECKING:
    from redis.asyncio import Redis

_LOG = logging.getLogger("pinterest_async.limits")
_PER_BUCKET = 6  # numbers in a reply of the script, for each bucket of a queue
_INHERITED: list[Any] = []
_PROBE_EVERY = 1.0
_PROBE_FACTOR = 5
LONGEST_SLEEP = 5.0
"""Seconds after which a process that waits asks Redis again at the latest."""


class TokenGrant(NamedTuple):
    """How many requests may go, with which numbers, and when the next may; seconds from now.

    `out` is how many tokens of each bucket were out before. For `blocked_for`, the first bucket,
    which all queues of the user need, is empty.
    """

    granted: int
    first: int
    out: tuple[int, ...]
    wait: float
    blocked_for: float


class TokenRequest(NamedTuple):
    """Updates to report for a user, tokens wanted for one queue, and buckets to forecast."""

    user: SharedUserQueues
    queue: SharedQueue | None = None
    want: int = 0
    forecast: tuple[BucketKey, ...] = ()


def connect(url: str) -> "Redis":
    """Make a client; each event loop needs one of its own."""
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ModuleNotFoundError as error:
        raise ImportError(
            "a limiter in Redis needs redis: pip install 'pinterest-async[redis]'"
        ) from error

    # One retry, for a connection that a restart of Redis has cut; `Link` decides on the rest.
    client: Redis = cast("Any", Redis).from_url(url, retry=Retry(NoBackoff(), 1))
    return client


class Script:
    """Calls `script.lua` for one process; clients made here, not by the caller, have a `url`."""

    def __init__(
        self,
        redis: "Redis",
        buckets: Mapping[BucketKey, SharedBucket],
        *,
        prefix: str,
        secret: str,
        max_under_way: float,
        clock: Callable[[], float],
        injected: bool,
        chance: Callable[[], float],
    ) -> None:
        from importlib import resources

        from redis.exceptions import NoScriptError

        self._redis = redis
        self._buckets = buckets
        self.url: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._prefix = prefix
        self._secret = hashlib.blake2b(secret.encode()).digest()
        self._max_under_way = max_under_way
        self._clock = clock
        self._injected = injected
        self._chance = chance
        self._unknown_script = NoScriptError
        # When the latest call that was answered was sent, and the time that Redis had then.
        self._known_time: tuple[float, int] | None = None
        self._me = secrets.token_hex(6)
        file = resources.files("pinterest_async.limits.redis") / "script.lua"
        self._text = file.read_text("utf-8")
        self._sha = hashlib.sha1(self._text.encode(), usedforsecurity=False).hexdigest()

    async def run(self, request: TokenRequest, updates: Sequence[Update], first: int) -> list[Any]:
        """Call the script, and send its text where Redis does not have it."""
        keys, content = self._content(request, updates, first)
        redis: Any = self._client()
        sent = self._clock()
        try:
            reply = await redis.evalsha(self._sha, len(keys), *keys, content)
        except self._unknown_script:
            reply = await redis.eval(self._text, len(keys), *keys, content)
        if reply[1] >= 0:
            self._known_time = sent, reply[3]
        return cast("list[Any]", reply)

    async def aclose(self) -> None:
        """Close the connections that were opened here."""
        if self.url is not None:
            await self._redis.aclose()

    def of_this_process(self) -> "tuple[Redis, str | None]":
        """What a process that was forked goes on with: a connection of its own, where it can."""
        if self.url is None:
            return self._redis, None
        # What was inherited stays open: closing it would end the other process's as well.
        _INHERITED.append(self._redis)
        return connect(self.url), self.url

    def _client(self) -> "Redis":
        loop = asyncio.get_running_loop()
        if self.url is not None and self._loop is not loop:
            if self._loop is not None:
                self._redis = connect(self.url)
            self._loop = loop
        return self._redis

    def _content(
        self, request: TokenRequest, updates: Sequence[Update], first: int
    ) -> tuple[list[str], bytes]:
        now, buckets = self._clock(), self._buckets
        indices: dict[BucketKey, int] = {}
        quotas: list[tuple[int, int]] = []

        def index(key: BucketKey) -> int:
            if key not in indices:
                indices[key] = len(indices) + 1
                quotas.append((buckets[key].full_limit, round(1000 * buckets[key].window)))
            return indices[key]

        events: list[tuple[Any, ...]] = []
        for what, keys, at, arguments in updates:
            age = math.floor(1000 * (now - at))
            if what in ("hold", "finish", "release"):
                arguments = (f"{self._me}:{arguments[0]}", *arguments[1:])
            if what == "finish":
                arguments = (*arguments, age)
            elif what in ("freeze", "others"):
                arguments = (*arguments[:-1], max(0, arguments[-1] - age))
            elif what == "copy":
                arguments = (index(cast("BucketKey", arguments[0])),)
            events.append((what, [index(key) for key in keys if key in buckets], *arguments))
        queue = request.queue
        content: dict[str, Any] = {
            "now": round(1000 * now) if self._injected else None,
            "expected": self._expected(now),
            "epoch": request.user.epoch,
            "me": self._me,
            "chance": self._chance(),
            "max_under_way": round(1000 * self._max_under_way),
            "updates": events,
            "queue": [index(key) for key in queue.keys] if queue is not None else [],
            "want": request.want,
            "first": first,
            "forecast": [index(key) for key in request.forecast],
            "sample": SAMPLE,
            "quotas": quotas,
        }
        of_user = next(iter(request.user.queues)).keys[0]
        names = [f"{self._prefix}epoch", f"{self._prefix}{self._hashed(of_user)}:processes"]
        for key in indices:
            name = f"{self._prefix}{self._hashed(key)}"
            names += [f"{name}:tokens", f"{name}:state"]
        return names, msgspec.json.encode(content)

    def _expected(self, now: float) -> int | None:
        """The time that Redis has by the clock of this process, or a little later."""
        if self._known_time is None:
            return None
        sent, time = self._known_time
        return time + math.ceil(1000 * (now - sent))

    def _hashed(self, key: BucketKey) -> str:
        text, person = "\0".join(key).encode(), b"pinterest_async"
        return hashlib.blake2b(text, digest_size=16, key=self._secret, person=person).hexdigest()


class Link:
    """Asks Redis for tokens, and grants from the share of this process during an outage.

    `outage` is the error of the latest call while Redis does not answer, else None. During an
    outage, Redis is asked again at `probe_at`.
    """

    def __init__(
        self,
        script: Script,
        buckets: Mapping[BucketKey, SharedBucket],
        users: Mapping[BucketKey, SharedUserQueues],
        *,
        fail: Literal["local", "closed"],
        timeout: float,
        processes: int | None,
        clock: Callable[[], float],
        chance: Callable[[], float],
    ) -> None:
        from redis.exceptions import RedisError

        self.outage: BaseException | None = None
        self.probe_at = 0.0
        self.timeout = timeout
        self._script = script
        self._buckets = buckets
        self._users = users
        self._fail = fail
        self._processes = processes
        self._seen_processes = 1
        self._clock = clock
        self._chance = chance
        self._failures = (RedisError, OSError, TimeoutError)
        self._next_number = 0
        self._outages = 0
        # After an outage, every process has told Redis what it took meanwhile within this time: it
        # sleeps, asks in vain, waits for the next try, and asks again.
        self._longest_silence = LONGEST_SLEEP + (_PROBE_FACTOR + 2) * timeout + _PROBE_EVERY

    async def ask(self, request: TokenRequest) -> TokenGrant | None:
        """Report the updates of a user and ask for tokens; None if nobody can grant any.

        What Redis replies about the buckets of the queue and of the forecast is stored in them.
        """
        began = self._clock()
        if self.outage is None or began >= self.probe_at:
            # So that the tasks of other users do not ask at the same time.
            self.probe_at = began + self.timeout + _PROBE_EVERY
            grant = await self._call(request)
            if grant is not None:
                return grant
            now = self._clock()
            self.probe_at = now + max(_PROBE_EVERY, _PROBE_FACTOR * (now - began))
        if request.queue is None or self._fail == "closed":
            return None
        return self._grant_locally(request.queue, request.want)

    def is_local(self, now: float) -> bool:
        """Whether this process goes on with its share at this moment, without asking Redis."""
        return self.outage is not None and self._fail == "local" and now < self.probe_at

    def is_unreported(self, user: SharedUserQueues) -> bool:
        """Whether Redis still has to be told what this process took during an outage."""
        late = user.outages != self._outages
        return late and any(queue.open or queue.ended for queue in user.queues)

    def unavailable(self) -> LimiterUnavailableError:
        """The error that is raised when nobody can grant a permit."""
        error = LimiterUnavailableError(f"Redis cannot be reached ({type(self.outage).__name__})")
        error.__cause__ = self.outage
        return error

    def new_user(self) -> SharedUserQueues:
        """The queues of a new user: no outage so far has lost tokens of it."""
        return SharedUserQueues(self._outages)

    def start_bucket(self, bucket: SharedBucket, now: float) -> None:
        """Give a new bucket its share, if it was made during an outage."""
        if self.outage is not None:
            bucket.use_share(now, self._processes or self._seen_processes)

    async def _call(self, request: TokenRequest) -> TokenGrant | None:
        user, queue, want, forecast = request
        while True:
            if user.outages != self._outages:
                user.outages = self._outages
                user.report_again(self._clock())
            if queue is not None:
                now = self._clock()
                want = min(one.room(now, request.want) for one in queue.shared_buckets)
                request = request._replace(want=want)
            updates, user.updates = user.updates, []
            first = self._next_number
            self._next_number += want
            ids = range(first, first + want)
            keys, buckets = (queue.keys, queue.shared_buckets) if queue is not None else ((), ())
            try:
                async with asyncio.timeout(self.timeout):
                    reply = await self._script.run(request, updates, first)
            except BaseException as error:
                user.updates = updates + user.updates
                if queue is not None:
                    # The script may have granted these tokens before the reply was lost.
                    now = self._clock()
                    user.updates += [Update("release", keys, now, (one,)) for one in ids]
                if not isinstance(error, self._failures):
                    raise
                self._outage_began(error)
                return None
            self._outage_ended()
            if reply[1] < 0:  # Redis has lost its data
                user.epoch = reply[0]
                user.updates = updates + user.updates
                user.report_again(self._clock())
                continue
            user.epoch, granted, self._seen_processes = reply[:3]
            grant = self._read(buckets, granted, first, reply[4:])
            now = self._clock()
            supplies = reply[4 + _PER_BUCKET * len(buckets) :]
            for key, numbers in zip(forecast, supplies, strict=True):
                if key in self._buckets:
                    self._buckets[key].update_supply(now, numbers)
            if queue is not None and queue.keys != keys:
                # A window was added during the call: the new tokens count in its bucket as well.
                user.updates += [Update("hold", queue.keys, now, (one,)) for one in ids[:granted]]
            return grant

    def _read(
        self, buckets: Sequence[SharedBucket], granted: int, first: int, reply: Sequence[Any]
    ) -> TokenGrant:
        now, out, wait, blocked_for = self._clock(), list[int](), 0.0, 0.0
        for index, bucket in enumerate(buckets):
            numbers = reply[index * _PER_BUCKET : (index + 1) * _PER_BUCKET]
            bucket.update(now, numbers, granted, self._seen_processes)
            out.append(numbers[2])
            until_own = bucket.room_in(now, granted)
            wait = max(wait, numbers[4] / 1000, until_own)
            if index == 0 and (not numbers[3] or until_own > 0):
                blocked_for = max(numbers[4] / 1000, until_own)
        return TokenGrant(granted, first, tuple(out), wait, blocked_for)

    def _grant_locally(self, queue: SharedQueue, want: int) -> TokenGrant:
        now = self._clock()
        granted = min(want, *(bucket.free(now) for bucket in queue.buckets))
        if any(bucket.thawed_until > now for bucket in queue.buckets):
            granted = min(granted, 1)
        first = self._next_number
        self._next_number += granted
        out = tuple(bucket.outstanding for bucket in queue.buckets)
        for bucket in queue.buckets:
            if granted and bucket.thawed_until > now:
                bucket.pace(now, self._chance())
        wait = max(bucket.ready_at(now, granted) - now for bucket in queue.buckets)
        net = queue.buckets[0]
        blocked_for = net.ready_at(now, granted) - now if net.free(now) <= granted else 0.0
        return TokenGrant(granted, first, out, wait, blocked_for)

    def _outage_began(self, error: BaseException) -> None:
        if self.outage is None:
            self._outages += 1
            now = self._clock()
            for bucket in self._buckets.values():
                bucket.use_share(now, self._processes or bucket.processes)
            for user in self._users.values():
                user.unblock()
            then = "calls use a share of the quotas" if self._fail == "local" else "calls fail"
            _LOG.warning("Redis does not answer (%s): for now, %s.", type(error).__name__, then)
        self.outage = error

    def _outage_ended(self) -> None:
        if self.outage is not None:
            self.outage = None
            now = self._clock()
            for bucket in self._buckets.values():
                bucket.share_until_others_report(now, self._longest_silence)
            for user in self._users.values():
                user.unblock()
            _LOG.info("Redis answers again.")
