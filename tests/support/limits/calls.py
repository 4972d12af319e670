"""What tests ask of limiters."""

import asyncio
from typing import Any

from limits.loop import VirtualLoop
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from pinterest_async.limits import BucketState, Limiter, LimitRequest

CATEGORY = "advanced_auction_write"
LIMIT = 25
"""Of the category, in a minute."""


class DirectRedis:
    """A client whose calls are over at once, so that they take no time of the loop's clock.

    Or they take `delay` seconds: before they reach Redis, or if `reached` then after it.
    """

    def __init__(self, socket: str) -> None:
        self.redis: Any = Redis(unix_socket_path=socket, retry=Retry(NoBackoff(), 0))
        self.calls = 0
        self.delay = 0.0
        self.reached = False

    async def evalsha(self, *args: Any) -> Any:
        self.calls += 1
        if self.delay and not self.reached:
            await asyncio.sleep(self.delay)
        answer = self.redis.evalsha(*args)
        if self.delay and self.reached:
            await asyncio.sleep(self.delay)
        return answer

    async def eval(self, *args: Any) -> Any:
        return self.redis.eval(*args)


def request(**changes: Any) -> LimitRequest:
    facts: dict[str, Any] = {"subject": "u", "category": CATEGORY, "operation_id": "o"}
    return LimitRequest(**{**facts, **changes})


def take(loop: VirtualLoop, limiter: Limiter, count: int, **changes: Any) -> list[Any]:
    """Permits of as many requests, which go together."""

    async def all_of_them() -> list[Any]:
        calls = [limiter.acquire(request(**changes)) for _ in range(count)]
        return list(await asyncio.gather(*calls))

    return loop.run(all_of_them())


def spend(loop: VirtualLoop, limiter: Limiter, count: int, **changes: Any) -> list[Any]:
    """As many requests, which end at once."""
    permits = take(loop, limiter, count, **changes)
    for permit in permits:
        limiter.finish(permit)
    return permits


def state(limiter: Limiter, name: str = CATEGORY) -> BucketState:
    return next(one for one in limiter.snapshot() if one.name == name)
