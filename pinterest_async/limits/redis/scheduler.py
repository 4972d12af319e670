"""The scheduler: one task for each user asks Redis for tokens, and decides who gets them."""

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import cast

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply
from pinterest_async.limits.queues import Queue, Waiter, expected_start, in_order
from pinterest_async.limits.redis.link import LONGEST_SLEEP, Link, TokenGrant, TokenRequest
from pinterest_async.limits.redis.state import (
    SharedBucket,
    SharedPermit,
    SharedQueue,
    SharedUserQueues,
    Update,
)

_BATCH = 32
_GATHER = 0.1
_JITTER = 0.005


class Scheduler:
    """Keeps a task for each user who waits for tokens, or has something to report to Redis.

    `loop` is the event loop of the latest call. Once it is `closed`, no task asks Redis any more.
    """

    def __init__(
        self, link: Link, *, clock: Callable[[], float], chance: Callable[[], float]
    ) -> None:
        self.loop: asyncio.AbstractEventLoop | None = None
        self.closed = False
        self._link = link
        self._clock = clock
        self._chance = chance

    def report(self, user: SharedUserQueues, update: Update, *, urgent: bool = False) -> None:
        """Send an update with the next call, or soon in a call of its own; at once if urgent."""
        first = not user.updates
        user.updates.append(update)
        user.urgent = user.urgent or urgent
        if first or urgent:
            self.wake(user)

    def release(self, permit: SharedPermit) -> None:
        """Give back the tokens of a request that was never sent."""
        queue = permit.queue
        for bucket in queue.buckets:
            bucket.release()
        queue.open.discard(permit.number)
        queue.shared_user.unblock()
        update = Update("release", queue.keys, self._clock(), (permit.number,))
        self.report(queue.shared_user, update, urgent=True)

    def wake(self, user: SharedUserQueues) -> None:
        """Wake the task of a user, or start it."""
        loop = self.loop
        if loop is None or loop.is_closed() or self.closed:
            return  # the updates are sent with the next acquire, if there is one
        task = user.task
        if task is None or task.done() or task.get_loop() is not loop:
            user.changed = asyncio.Event()
            user.task = loop.create_task(self._run(user))
            user.task.add_done_callback(lambda task: self._ended(user, task))
        else:
            user.changed.set()

    def fail_waiters(self, user: SharedUserQueues, make: Callable[[], BaseException]) -> None:
        """End the wait of all who wait in the queues of a user, each with an error."""
        for queue in list(user.waiting):
            for waiter in list(queue.waiters()):
                queue.leave(waiter)
                waiter.future.set_exception(make())

    def expected_start(self, queue: SharedQueue, now: float, rank: int) -> float | None:
        """When a new request could go; None if Redis has to be asked first."""
        answers = self._link.outage is None
        known = self._link.is_local(now) or (answers and queue.blocked(now))
        return self._expected_start(queue, now, rank) if known else None

    def expire(self, queue: SharedQueue, waiter: Waiter, max_wait: float) -> None:
        """The wait took longer than was expected, and longer than `max_wait`."""
        if waiter.waits:
            more = self.left(queue, waiter, self._clock())
            queue.fail(waiter, max_wait + max(0.0, more), max_wait)

    def left(self, queue: Queue, waiter: Waiter, now: float) -> float:
        """How long a request will still wait, in seconds, as far as is known."""
        shared = cast("SharedQueue", queue)
        start = self._expected_start(shared, now, waiter.rank, waiter.ticket)
        return (start or shared.ready or now) - now

    async def _run(self, user: SharedUserQueues) -> None:
        """Ask for those who wait, sleep until the next may go, and end when nothing is left."""
        loop = asyncio.get_running_loop()
        while True:
            user.changed.clear()
            await self._ask(user)
            now = self._clock()
            heads = in_order(user.waiting)
            if user.changed.is_set():
                continue
            to_report = bool(user.updates) or self._link.is_unreported(user)
            if self.closed or not (heads or to_report):
                user.task = None
                return
            delay = _GATHER if to_report else LONGEST_SLEEP
            if to_report and self._link.outage is not None:
                delay = max(delay, self._link.probe_at - now)
            if heads:
                queues = [cast("SharedQueue", queue) for _, _, queue in heads]
                opens = max(user.blocked_until, min(queue.blocked_until for queue in queues)) - now
                delay = min(delay, max(0.0, opens) + _JITTER * (0.2 + self._chance()))
            timer = loop.call_later(delay, user.changed.set)
            try:
                await user.changed.wait()
            finally:
                timer.cancel()
            if to_report and not heads:
                user.urgent = True

    def _ended(self, user: SharedUserQueues, task: "asyncio.Task[None]") -> None:
        """Pass the error of a task that has failed to those who wait for it."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self.fail_waiters(user, lambda: error)

    async def _ask(self, user: SharedUserQueues) -> None:
        """Ask Redis for each queue whose head may go, in order, and send urgent updates."""
        while True:
            now = self._clock()
            queue = self._next(user, now)
            if queue is None:
                if user.urgent and (user.updates or self._link.is_unreported(user)):
                    await self._link.ask(TokenRequest(user))
                user.urgent = False
                return
            want = 0 if queue.blocked(now) else min(_BATCH, queue.most_urgent())
            unchecked, user.unchecked = user.unchecked, []
            keys = (key for one in user.waiting for key in one.keys) if unchecked else ()
            request = TokenRequest(user, queue, want, tuple(dict.fromkeys(keys)))
            grant = await self._link.ask(request)
            if grant is None:
                self.fail_waiters(user, self._link.unavailable)
            else:
                self._hand_out(user, queue, want, grant)
                self._check_waits(unchecked)

    def _next(self, user: SharedUserQueues, now: float) -> SharedQueue | None:
        for _, _, queue in sorted(in_order(user.waiting), key=lambda one: one[:2]):
            shared = cast("SharedQueue", queue)
            if not shared.blocked(now):
                return shared
        user.unchecked = [one for one in user.unchecked if one[1].waits]
        return user.unchecked[0][0] if user.unchecked else None

    def _hand_out(
        self, user: SharedUserQueues, queue: SharedQueue, want: int, grant: TokenGrant
    ) -> None:
        now = self._clock()
        for turn in range(grant.granted):
            number = grant.first + turn
            for bucket in queue.buckets:
                bucket.spend()
            permit = SharedPermit(queue, number, tuple(out + turn for out in grant.out))
            queue.open.add(number)
            head = queue.head()
            if head is None:
                self.release(permit)  # nobody waits any more
            else:
                queue.leave(head)
                head.future.set_result(permit)
        queue.ready = now + grant.wait
        if grant.granted < want or not want:
            queue.blocked_until = now + min(grant.wait, LONGEST_SLEEP)
        user.blocked_until = now + min(grant.blocked_for, LONGEST_SLEEP)

    def _check_waits(self, unchecked: Sequence[tuple[SharedQueue, Waiter]]) -> None:
        """End the wait of those who would have to wait too long."""
        now = self._clock()
        for queue, waiter in unchecked:
            max_wait = waiter.request.max_wait
            if waiter.waits and max_wait is not None:
                start = self._expected_start(queue, now, waiter.rank, waiter.ticket)
                if start is not None and start - now > max_wait:
                    queue.fail(waiter, start - now, max_wait)

    def _expected_start(
        self, queue: SharedQueue, now: float, rank: int, ticket: float = math.inf
    ) -> float | None:
        """When a request will go; None if the supply of a bucket is not known."""
        local = self._link.outage is not None

        def supply_of(bucket: Bucket) -> Supply | None:
            return bucket.supply(now) if local else cast("SharedBucket", bucket).last_supply

        return expected_start(queue, queue.user.waiting, supply_of, rank, ticket)
