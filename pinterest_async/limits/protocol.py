"""What the client asks of a limiter."""

from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from pinterest_async._core.response import RateState

Access = Literal["standard", "trial"]
Priority = Literal["interactive", "background"]

Permit: TypeAlias = Any
"""The leave to send one request; what is in it is the limiter's own affair."""


class LimitRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that wants to be sent.

    `subject` stands for the token and does not tell it. `max_wait` is in seconds, None for any
    time.
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

    `available` tokens can be spent now, `in_flight` requests are under way, `waiting` want to go.
    `next_free_in` and `frozen_for` are in seconds, 0 when there is nothing to wait for.
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

        It reaches the server `late` seconds from now at the latest, if it has not yet.
        """
        ...

    def release(self, permit: Permit) -> None:
        """The request was provably never sent."""
        ...

    def observe(self, permit: Permit, state: RateState) -> None:
        """Learn from the headers of the answer."""
        ...

    def freeze(self, permit: Permit, seconds: float) -> None:
        """The server refused: the bucket stops for everyone."""
        ...

    def snapshot(self) -> tuple[BucketState, ...]:
        """The state of each bucket in use."""
        ...
