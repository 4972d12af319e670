"""The limiter of many processes: the contract of `Limiter`, with the tokens counted in Redis."""

import asyncio
import math
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, Self

from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async._request.threads import OneThread
from pinterest_async.errors import ConfigurationError, LimiterUnavailableError, RateLimitWaitError
from pinterest_async.limits.buckets import BucketTable, QuotaChange, queue_key
from pinterest_async.limits.notices import Notices
from pinterest_async.limits.protocol import BucketState, LimitRequest
from pinterest_async.limits.queues import Waiter, wait_for_permit
from pinterest_async.limits.redis.link import Link, Script, connect
from pinterest_async.limits.redis.scheduler import Scheduler
from pinterest_async.limits.redis.state import SharedBucket, SharedPermit, SharedQueue, Update

if TYPE_CHECKING:
    from redis.asyncio import Redis

_SWEEP_EVERY = 60.0


def _closed() -> LimiterUnavailableError:
    return LimiterUnavailableError("the limiter was closed", advice="Make a new one.")


class RedisLimiter:
    """Keeps the requests of all processes that use the same Redis within the quotas.

    The contract of `InMemoryLimiter`, with at most one call of a script for an acquire: all that
    wait in a process are asked for together, and what has ended is reported in the same call. The
    clock is that of Redis. Keys hold hashes, no token or id, and all of them expire. Permits of a
    process that died come back `max_under_way` and a window after they were given.

    Within a process, the calls of one user go by priority and arrival; between processes, the first
    to ask when tokens come back gets them, for a few calls at a time.

    While Redis does not answer within `timeout`, `fail="local"` goes on with an equal share of each
    quota for this process, and `fail="closed"` raises `LimiterUnavailableError`. Both try Redis
    again every second, or less often if the attempts take long.

    For use from one thread at a time; a second one that uses it meanwhile is refused with
    `ConfigurationError`. If the limiter was made by `from_url`, event loops may follow one another,
    and a process that is forked from this one counts as another. Needs the extra `redis`.

    Args:
        redis: A client; it stays yours to close.
        fail: What to do without Redis.
        timeout: Seconds that Redis may take to answer.
        processes: How many share the quotas, for `fail="local"`; by default those that Redis saw in
            the last minute.
        max_under_way: The longest that a request can take, in seconds; above `Timeout.attempt`.
        secret: Part of the hashes in the keys, the same in all processes; without it, ids of ad
            accounts could be guessed from them.
        prefix: Begins all keys. The part in braces puts them on one node of a cluster.
        quotas: As for `InMemoryLimiter`.
        clock: Seconds that never go back, also used in place of Redis's clock; for tests.
        chance: A number from 0 to 1; spreads requests after a freeze, and processes that wake.
    """

    def __init__(
        self,
        redis: "Redis",
        *,
        fail: Literal["local", "closed"] = "local",
        timeout: float = 1.0,
        processes: int | None = None,
        max_under_way: float = 150.0,
        secret: str = "",
        prefix: str = "{pinterest}:limits:",
        quotas: Mapping[str, tuple[int, float]] | None = None,
        clock: Callable[[], float] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        if fail not in ("local", "closed"):
            raise ConfigurationError(f"fail is {fail!r}", advice="Use 'local' or 'closed'.")
        if processes is not None and processes < 1:
            raise ConfigurationError(
                f"processes is {processes!r}", advice="Use a whole number of at least 1, or None."
            )
        for name, value in (("timeout", timeout), ("max_under_way", max_under_way)):
            if not (0 < value < math.inf):
                raise ConfigurationError(f"{name} is {value!r}", advice="Use seconds above 0.")
        self._quotas = quotas
        self._injected, self._clock = clock is not None, clock or time.monotonic
        self._chance = chance
        self._for_script: Any = {
            "prefix": prefix,
            "secret": secret,
            "max_under_way": max_under_way,
        }
        self._for_link: Any = {"fail": fail, "timeout": timeout, "processes": processes}
        self._begin(redis, None)

    def _begin(self, redis: "Redis", url: str | None) -> None:
        """Start without any token: at first, and in a process that was forked from another."""
        clock, chance = self._clock, self._chance
        self._process = os.getpid()
        self._thread = OneThread("the limiter", self._is_busy)
        self._table = BucketTable(
            self._quotas, self._new_bucket, lambda: self._link.new_user(), SharedQueue
        )
        buckets = self._table.buckets
        self._script = Script(
            redis,
            buckets,
            clock=clock,
            injected=self._injected,
            chance=chance,
            **self._for_script,
        )
        self._script.url = url
        self._link = Link(
            self._script, buckets, self._table.users, clock=clock, chance=chance, **self._for_link
        )
        self._scheduler = Scheduler(self._link, clock=clock, chance=chance)
        self._notices = Notices(clock, self._scheduler.left)
        self._tickets = 0
        self._swept = clock()

    @classmethod
    def from_url(cls, url: str, **options: Any) -> Self:
        """Connect to `redis://...`; the connections end with `aclose`.

        `options` are the arguments of the class.
        """
        limiter = cls(connect(url), **options)
        limiter._script.url = url
        return limiter

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Report to Redis what it does not know yet, and close the connections opened here.

        Calls that still wait for quota fail.
        """
        self._be_of_this_process()
        self._scheduler.closed = True
        users = list(self._table.users.values())
        for user in users:
            self._scheduler.fail_waiters(user, _closed)
            user.urgent = True
            user.changed.set()
        tasks = [user.task for user in users if user.task is not None]
        loop = asyncio.get_running_loop()
        tasks = [task for task in tasks if not task.done() and task.get_loop() is loop]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=2 * self._link.timeout)
            for task in late:
                task.cancel()
        await self._script.aclose()

    async def acquire(self, request: LimitRequest) -> SharedPermit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` at once if that is known to take longer than `max_wait`, and
        after `max_wait` if a freeze, a smaller quota, more urgent requests or other processes have
        made it longer. Raises `LimiterUnavailableError` while Redis does not answer and `fail` is
        "closed".
        """
        self._be_of_this_process()
        self._thread.check()
        scheduler = self._scheduler
        if scheduler.closed:
            raise _closed()
        loop = scheduler.loop = asyncio.get_running_loop()
        queue = self._table.queues.get(queue_key(request)) or self._add_queue(request)
        max_wait = request.max_wait
        self._tickets += 1
        waiter = Waiter(self._tickets, request, loop.create_future())
        if max_wait is not None:
            now = self._clock()
            if queue.latest_start(now) > now + max_wait:
                start = scheduler.expected_start(queue, now, waiter.rank)
                if start is None:
                    queue.shared_user.unchecked.append((queue, waiter))
                elif start - now > max_wait:
                    raise RateLimitWaitError(request.category, wait=start - now, max_wait=max_wait)
            waiter.deadline = loop.call_later(max_wait, scheduler.expire, queue, waiter, max_wait)
        queue.join(waiter)
        self._notices.begin(queue, waiter)
        scheduler.wake(queue.shared_user)
        return await wait_for_permit(queue, waiter, scheduler.release)

    def finish(self, permit: SharedPermit, late: float = 0.0) -> None:
        """The request has ended: its tokens come back one window after it can arrive."""
        queue, now = permit.queue, self._clock()
        for bucket in queue.buckets:
            bucket.finish(now, late)
        queue.open.discard(permit.number)
        queue.prune(now)
        queue.ended.append((now + late, permit.number))
        if self._link.outage is None:
            update = Update("finish", queue.keys, now + late, (permit.number,))
            self._scheduler.report(queue.shared_user, update)

    def release(self, permit: SharedPermit) -> None:
        """The request was never sent: its tokens come back at once."""
        self._scheduler.release(permit)

    def observe(self, permit: SharedPermit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        queue, now = permit.queue, self._clock()
        changes, place = self._table.learn(queue, state, now)
        for change in changes:
            self._report_quota(queue, change, now)
        if place is None:
            return
        permit.nearest = queue.keys[place]
        bucket = queue.shared_buckets[place]
        if state.remaining is not None and state.limit is not None and self._link.outage is None:
            used = min(state.limit, bucket.full_limit) - state.remaining
            out = permit.out[place] if place < len(permit.out) else 0
            ours = max(out + 1, bucket.last_out)
            if used > ours:
                reset = bucket.window if state.reset is None else min(state.reset, bucket.window)
                # At once: the server did not count what goes out after its answer.
                numbers = (used, ours, round(1000 * reset))
                update = Update("others", (permit.nearest,), now, numbers)
                self._scheduler.report(queue.shared_user, update, urgent=True)

    def freeze(self, permit: SharedPermit, seconds: float) -> None:
        """The server answered 429: the bucket stops for everyone, then requests go one by one."""
        queue, now = permit.queue, self._clock()
        for key in queue.keys[1:] if permit.nearest is None else (permit.nearest,):
            if key in self._table.buckets:
                self._table.buckets[key].freeze(now, now + seconds)
                update = Update("freeze", (key,), now, (math.ceil(1000 * seconds),))
                self._scheduler.report(queue.shared_user, update, urgent=True)

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use, by name and key, as of the latest reply from Redis.

        `in_flight` and `waiting` are those of this process.
        """
        now, local = self._clock(), self._link.outage is not None
        return self._table.snapshot(
            now,
            free=lambda bucket: bucket.free(now) if local else bucket.last_free,
            free_in=lambda bucket: (
                bucket.ready_at(now) - now if local else max(0.0, bucket.next_free_at - now)
            ),
        )

    def _be_of_this_process(self) -> None:
        """In a process that was forked, start anew: the tokens here are those of its parent."""
        if os.getpid() != self._process:
            self._begin(*self._script.of_this_process())

    def _is_busy(self) -> bool:
        return any(bucket.in_flight or bucket.waiting for bucket in self._table.buckets.values())

    def _add_queue(self, request: LimitRequest) -> SharedQueue:
        now = self._clock()
        if now - self._swept > _SWEEP_EVERY:
            self._sweep(now)
        return self._table.add_queue(request)

    def _new_bucket(self, limit: int, window: float) -> SharedBucket:
        bucket = SharedBucket(limit, window)
        self._link.start_bucket(bucket, self._clock())
        return bucket

    def _report_quota(self, queue: SharedQueue, change: QuotaChange, now: float) -> None:
        """Let the other processes know what this one has learned from headers."""
        user, keys = queue.shared_user, (change.key,)
        user.unblock()
        quota = change.limit, round(1000 * change.window)
        self._scheduler.report(user, Update("learn", keys, now, quota), urgent=True)
        if change.copy_of is not None:
            update = Update("copy", keys, now, (change.copy_of,))
            self._scheduler.report(user, update, urgent=True)

    def _sweep(self, now: float) -> None:
        """Remove queues, users and buckets that nobody uses."""

        def busy(queue: SharedQueue) -> bool:
            queue.prune(now)
            user = queue.shared_user
            running = user.task is not None and not user.task.done()
            used = queue.open or queue.ended or user.updates or running or queue.head() is not None
            return bool(used) or any(bucket.frozen_until > now for bucket in queue.buckets)

        self._swept = now
        for queue in self._table.sweep(busy, lambda _: True):
            queue.shared_user.queues.discard(queue)
