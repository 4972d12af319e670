"""A process that calls under a quota which others share, and tells when each was under way."""

import asyncio
import json
import random
import sys
import time

from pinterest_async.limits import LimitRequest, RedisLimiter

REQUEST = LimitRequest(subject="shared", category="org_read", operation_id="o")


async def main(url: str, limit: int, window: float, seconds: float) -> list[tuple[float, float]]:
    until = time.monotonic() + seconds
    spans: list[tuple[float, float]] = []
    async with RedisLimiter.from_url(url, quotas={"org_read": (limit, window)}) as limiter:

        async def work() -> None:
            while time.monotonic() < until:
                permit = await limiter.acquire(REQUEST)
                began = time.monotonic()
                await asyncio.sleep(random.uniform(0.0, 0.03))
                limiter.finish(permit)
                spans.append((began, time.monotonic()))

        await asyncio.gather(*(work() for _ in range(limit)))
    return spans


if __name__ == "__main__":
    url, limit, window, seconds = sys.argv[1:]
    json.dump(asyncio.run(main(url, int(limit), float(window), float(seconds))), sys.stdout)
