"""What the client asks of a limiter: the interface that both limiters implement."""

from typing import Any, Protocol, TypeAlias

import msgspec

from pinterest_async._core.ratelimit_headers import RateState
from pinterest_async.options import Access, Priority

BucketKey: TypeAlias = tuple[str, str]
"""Name of a bucket, and whose it is: the user's, the ad account's or the app's."""

Permit: TypeAlias = Any
"""The permission to send one request; what is in it is private to the limiter."""


class LimitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits for permission to be sent.

    `subject` identifies the token without containing it. `max_wait` is in seconds, None for no
    bound.
    """

    subject: str
    category: str
    operation_id: str
    ad_account_id: str | None = None
    access: Access = "standard"
    priority: Priority = "interactive"
    max_wait: float | None = None


class BucketState(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket at this moment.

    `available` tokens can be spent now, `in_flight` requests are under way, `waiting` requests are
    in its queues. `next_free_in` and `frozen_for` are in seconds, 0 when there is no wait.
    """

    name: str
    key: str
    limit: int
    window: float
    available: int
    in_flight: int
    waiting: int
    next_free_in: float
    frozen_for: float


class Limiter(Protocol):
    """Keeps requests within the quotas.

    Each permit ends in exactly one `finish` or `release`.
    """

    async def acquire(self, request: LimitRequest) -> Permit:
        """Wait until the request may be sent.

        Raises `RateLimitWaitError` when that would take longer than `max_wait`.
        """
        ...

    def finish(self, permit: Permit, late: float = 0.0) -> None:
        """The request has ended, answered or not.

        If it has not reached the server yet, it will within `late` seconds from now.
        """
        ...

    def release(self, permit: Permit) -> None:
        """The request was provably never sent."""
        ...

    def observe(self, permit: Permit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        ...

    def freeze(self, permit: Permit, seconds: float) -> None:
        """The server answered 429: the bucket stops for everyone.

        The caller does not pause as well: its next `acquire` waits until the freeze is over.
        """
        ...

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use."""
        ...
