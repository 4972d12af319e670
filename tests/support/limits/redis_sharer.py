"""A process that calls under a quota which another shares, and prints when each was under way.

It goes on until both have made enough calls, however long that takes on a busy machine.
"""

import asyncio
import json
import os
import random
import sys
import time
from typing import Any, cast

from redis.asyncio import Redis

from pinterest_async.limits import LimitRequest, RedisLimiter

REQUEST = LimitRequest(subject="shared", category="org_read", operation_id="o")


async def main(url: str, limit: int, window: float, enough: int) -> list[tuple[float, float]]:
    spans: list[tuple[float, float]] = []
    client: Any = cast("Any", Redis).from_url(url)
    quotas = {"org_read": (limit, window)}
    async with client, RedisLimiter.from_url(url, timeout=60.0, quotas=quotas) as limiter:

        async def work() -> None:
            while await client.scard("done") < 2:
                permit = await limiter.acquire(REQUEST)
                began = time.monotonic()
                await asyncio.sleep(random.uniform(0.0, 0.03))
                spans.append((began, time.monotonic()))
                limiter.finish(permit)
                if len(spans) >= enough:
                    await client.sadd("done", os.getpid())

        await asyncio.gather(*(work() for _ in range(limit)))
    return spans


if __name__ == "__main__":
    url, limit, window, enough = sys.argv[1:]
    json.dump(asyncio.run(main(url, int(limit), float(window), int(enough))), sys.stdout)
