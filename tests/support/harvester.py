"""A harvest in a process of its own, to be killed: plan, address and folder come as JSON."""

import asyncio
import sys
import warnings
from typing import Any

import msgspec

from pinterest_async import Pinterest
from pinterest_async.harvest import Plan, run
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Retry
from pinterest_async.workflows.polling import Polling


async def main(job: dict[str, Any]) -> None:
    plan = Plan.from_json(job["plan"])
    warnings.simplefilter("ignore")
    async with Pinterest(
        job["token"],
        base_url=job["url"],
        limiter=InMemoryLimiter(),
        retry=Retry(base=0.01, cap=0.05),
    ) as client:
        polling = Polling(first=0.02, longest=0.1)
        result = await run(plan, client, out=job["out"], polling=polling, concurrency=4)
    said = {
        "calls": result.calls,
        "complete": result.complete,
        "failures": [str(failure.error) for failure in result.failures],
    }
    print(msgspec.json.encode(said).decode())  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(msgspec.json.decode(sys.argv[1], type=dict[str, Any])))
