"""A limiter that lets everything pass, in every process: for servers without quotas."""

from typing import Any

from pinterest_async import Pinterest
from pinterest_async.limits import BucketState, LimitRequest


class Unmetered:
    async def acquire(self, request: LimitRequest) -> None:
        pass

    def finish(self, permit: Any, late: float = 0.0) -> None:
        pass

    def release(self, permit: Any) -> None:
        pass

    def observe(self, permit: Any, state: Any) -> None:
        pass

    def freeze(self, permit: Any, seconds: float) -> None:
        pass

    def snapshot(self) -> tuple[BucketState, ...]:
        return ()


def connect() -> Pinterest:
    """A worker's client: token and address come from its environment."""
    return Pinterest.from_env(limiter=Unmetered())
