"""The table of a limiter: its buckets, the queues that need their tokens, and what headers teach.

A quota for which headers name several windows has a bucket for each. The first is found under its
published name; a further one is removed when headers have not named it for the time of its window.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter
from typing import Generic, TypeAlias, TypeVar

import msgspec

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.limits import published
from pinterest_async.limits.protocol import BucketKey, BucketState, LimitRequest
from pinterest_async.limits.published import OWN_BUCKETS, Quota
from pinterest_async.limits.queues import Queue, UserQueues

QueueKey: TypeAlias = tuple[str, str, str, str | None, str]
"""What decides which buckets a request needs: requests with the same one share a queue."""


def queue_key(request: LimitRequest) -> QueueKey:
    """The key of the queue in which a request waits."""
    category, operation = request.category, request.operation_id
    return (
        request.subject,
        category,
        operation if operation in OWN_BUCKETS else "",
        request.ad_account_id if category == "ads_conversions" else None,
        request.access,
    )


class QuotaChange(msgspec.Struct, frozen=True):
    """A bucket with a new quota; if the bucket is new, it starts from the tokens of `copy_of`."""

    key: BucketKey
    limit: int
    window: float
    copy_of: BucketKey | None = None


_MOST_FURTHER = 4
"""Further windows of one quota that are kept; live answers name one at most."""

B = TypeVar("B", bound=Bucket)
U = TypeVar("U", bound=UserQueues)
Q = TypeVar("Q", bound=Queue)


class BucketTable(Generic[B, U, Q]):
    """The buckets of a limiter, its queues, and its users, each by the key of their first bucket.

    The functions that make buckets, users and queues decide of which kind they are.
    """

    def __init__(
        self,
        quotas: Mapping[str, tuple[int, float]] | None,
        make_bucket: Callable[[int, float], B],
        make_user: Callable[[], U],
        make_queue: Callable[[U, tuple[BucketKey, ...], tuple[B, ...]], Q],
    ) -> None:
        self.buckets: dict[BucketKey, B] = {}
        self.users: dict[BucketKey, U] = {}
        self.queues: dict[QueueKey, Q] = {}
        self._overrides = published.checked_quotas(quotas)
        self._make = make_bucket, make_user, make_queue
        # The latest quota in headers, by name and whether it is a trial's: buckets go when idle.
        self._latest: dict[tuple[str, bool], Quota] = {}
        # The further windows of a bucket, and when headers named each of them last.
        self._further: dict[BucketKey, dict[BucketKey, float]] = {}

    def add_queue(self, request: LimitRequest) -> Q:
        """Make the queue for requests like this one, and the buckets that it lacks."""
        make_bucket, make_user, make_queue = self._make
        needed = published.buckets_of(request, self._overrides)
        for key, quota in needed:
            if key not in self.buckets:
                latest = self._latest.get((key[0], key[1] == "app"), quota)
                # The stricter of both, since another user's quota may differ.
                limit, window = min(latest.limit, quota.limit), max(latest.window, quota.window)
                self.buckets[key] = make_bucket(limit, window)
        keys = tuple(key for key, _ in needed)
        user = self.users.get(keys[0])
        if user is None:
            user = self.users[keys[0]] = make_user()
        queue = make_queue(user, keys, tuple(self.buckets[key] for key in keys))
        for index, key in enumerate(keys):
            for further in self._further.get(key, ()):
                queue.add_window(index, further, self.buckets[further])
        self.queues[queue_key(request)] = queue
        return queue

    def learn(self, queue: Q, state: RateState, now: float) -> tuple[list[QuotaChange], int | None]:
        """Adopt the quotas in headers: what changed, and the place of the bucket with least left.

        A number without a window says nothing about the size of its bucket.
        """
        changes: list[QuotaChange] = []
        match = queue.match(state)
        adopted = queue.quota_indices is None
        for index, limit, window in match.quotas:
            adopted = adopted and queue.buckets[index].holds(limit, window)
        if not adopted:
            for quota_index in dict.fromkeys(index for index, _, _ in match.quotas):
                named: dict[float, int] = {}
                for index, limit, window in match.quotas:
                    if index == quota_index:
                        seconds = window or queue.buckets[index].window
                        named[seconds] = min(limit, named.get(seconds, limit))
                changes += self._adopt(queue, quota_index, named, now)
        return changes, None if match.nearest is None else queue.nearest(match)

    def sweep(self, busy: Callable[[Q], bool], idle: Callable[[B], bool]) -> list[Q]:
        """Remove queues that are not busy, and idle buckets that no other queue needs."""
        removed: list[Q] = []
        used: set[BucketKey] = set()
        for name, queue in list(self.queues.items()):
            if busy(queue):
                used.update(queue.keys)
            else:
                removed.append(self.queues.pop(name))
        for key, bucket in list(self.buckets.items()):
            if key not in used and idle(bucket):
                del self.buckets[key]
                self.users.pop(key, None)
        for main, further in list(self._further.items()):
            self._further[main] = {key: further[key] for key in further if key in self.buckets}
            if not self._further[main]:
                del self._further[main]
        return removed

    def snapshot(
        self, now: float, free: Callable[[B], int], free_in: Callable[[B], float]
    ) -> tuple[BucketState, ...]:
        """The state of each bucket, by name and key; the functions count its free tokens."""
        return tuple(
            BucketState(
                name=name,
                key=key,
                limit=bucket.limit,
                window=bucket.window,
                available=free(bucket),
                in_flight=bucket.in_flight,
                waiting=bucket.waiting,
                next_free_in=free_in(bucket),
                frozen_for=max(0.0, bucket.frozen_until - now),
            )
            for (name, key), bucket in sorted(self.buckets.items(), key=lambda item: item[0])
        )

    def _adopt(
        self, queue: Q, quota_index: int, named: dict[float, int], now: float
    ) -> list[QuotaChange]:
        """Give one quota the windows that headers name: `named` maps their lengths to limits."""
        main = queue.keys[quota_index]
        places = queue.places(quota_index)
        unnamed = {queue.buckets[place].window: queue.keys[place] for place in places}
        known: list[tuple[BucketKey, int, float]] = []
        fresh: list[tuple[int, float]] = []
        for window, limit in named.items():
            if window in unnamed:
                known.append((unnamed.pop(window), limit, window))
            else:
                fresh.append((limit, window))
        if fresh and main in unnamed.values():
            known.append((main, *fresh.pop(0)))
        room = max(0, _MOST_FURTHER - len(self._further.get(main, ())))
        # The shortest first: it is the one that is used up first.
        fresh.sort(key=itemgetter(1))
        changes = [self._add_window(main, *quota) for quota in fresh[:room]]
        for key, limit, window in known:
            bucket = self.buckets[key]
            if not bucket.holds(limit, window):
                bucket.learn(limit, window)
                changes.append(QuotaChange(key, limit, window))
            if key == main:
                self._latest[key[0], key[1] == "app"] = Quota(limit, window)
        further = self._further.get(main, {})
        for key, last_named in list(further.items()):
            if key not in unnamed.values():
                further[key] = now
            elif now - last_named > self.buckets[key].window:
                self._remove_window(main, key)
        return changes

    def _add_window(self, main: BucketKey, limit: int, window: float) -> QuotaChange:
        key = (f"{main[0]};w={window:.12g}", main[1])
        bucket = self.buckets[key] = self._make[0](limit, window)
        bucket.copy_tokens(self.buckets[main])
        self._further.setdefault(main, {})[key] = 0.0
        for queue in self.queues.values():
            if main in queue.keys:
                queue.add_window(queue.keys.index(main), key, bucket)
        return QuotaChange(key, limit, window, main)

    def _remove_window(self, main: BucketKey, key: BucketKey) -> None:
        del self._further[main][key]
        del self.buckets[key]
        for queue in self.queues.values():
            if key in queue.keys:
                queue.remove_window(key)
