"""Calls through the client against servers in another process that enforce a quota.

    python benchmarks/limiter_quota.py

Windows are shortened from 60 s to 10 s so that a run ends. That is to our disadvantage: a token is
away for a window and the time under way, 40 ms on average here, which costs 0.4 % of a window of
10 s and less than 0.1 % of one of a minute. Steady state is counted at the server, from the second
quota to the last.
"""

import asyncio
import statistics
import time
from contextlib import suppress
from typing import Any

from _machine import describe
from _quota_server import JITTER, KINDS, SHAPES, Rules, start

from pinterest_async import Pinterest, Retry, SessionPool
from pinterest_async._core.operation import Operation
from pinterest_async.errors import RateLimitError
from pinterest_async.limits import BucketState, InMemoryLimiter, LimitRequest, Permit

LIMIT = 100
WINDOW = 10.0
WINDOWS = 5
PAIRS = 31
WORKERS = 60
QUOTAS = {"org_read": (LIMIT, WINDOW)}
OPERATION = Operation[dict[str, Any]](
    id="benchmark/get",
    namespace="benchmark",
    name="get",
    method="GET",
    path="/benchmark",
    answer=dict[str, Any],
    category="org_read",
)


class Unlimited:
    """No limiter."""

    async def acquire(self, request: LimitRequest) -> Permit:
        return request

    def finish(self, permit: Permit, late: float = 0.0) -> None: ...
    def release(self, permit: Permit) -> None: ...
    def observe(self, permit: Permit, state: Any) -> None: ...
    def freeze(self, permit: Permit, seconds: float) -> None: ...
    def snapshot(self) -> tuple[BucketState, ...]:
        return ()


def client(port: int, pool: SessionPool, limiter: Any) -> Pinterest:
    return Pinterest(
        f"pina_{port}",
        base_url=f"http://127.0.0.1:{port}/v5",
        pool=pool,
        limiter=limiter,
        retry=Retry(attempts=1),
    )


async def hold(port: int, pool: SessionPool, limiter: Any, start: float, until: float) -> None:
    """As many calls as pass between two moments of the loop."""
    await asyncio.sleep(start - asyncio.get_running_loop().time())
    pinterest = client(port, pool, limiter)

    async def work() -> None:
        while True:
            with suppress(RateLimitError):
                await pinterest.send(OPERATION)

    with suppress(TimeoutError):
        async with asyncio.timeout_at(until), asyncio.TaskGroup() as group:
            for _ in range(WORKERS):
                group.create_task(work())


async def job(port: int, limiter: Any, calls: int) -> float:
    """Seconds that so many calls take, all asked for at once."""
    async with SessionPool() as pool:
        pinterest = client(port, pool, limiter)
        began = time.monotonic()
        await asyncio.gather(*(pinterest.send(OPERATION) for _ in range(calls)))
        return time.monotonic() - began


def share(passed: list[float]) -> float:
    """The part of the quota that was used from the second window on.

    Calls go in bursts, so that counting them between two moments would tell what suits the phase:
    this is the time that whole quotas should take by the time that they took.
    """
    quotas = len(passed) // LIMIT
    if quotas < WINDOWS - 1:
        return len(passed) / (WINDOWS * LIMIT)
    return (quotas - 1) * WINDOW / (passed[quotas * LIMIT - 1] - passed[LIMIT - 1])


async def steady() -> bool:
    """Every kind of server and shape of headers, side by side."""
    cases = [(kind, shape) for kind in KINDS for shape in SHAPES]
    length = WINDOWS * WINDOW + 1.0
    rules = [
        Rules(kind, shape, LIMIT, WINDOW, length + 30.0, seed)
        for seed, (kind, shape) in enumerate(cases)
    ]
    ports, stop = start(rules)
    now = asyncio.get_running_loop().time()
    async with SessionPool() as pool, asyncio.TaskGroup() as group:
        for turn, (port, (_, shape)) in enumerate(zip(ports, cases, strict=True)):
            # Not all at once: their bursts would measure this machine.
            began = now + turn * WINDOW / len(cases)
            # Headers without windows cannot teach the shortened one, so it is given.
            quotas = QUOTAS if shape in ("bare", "absent") else None
            group.create_task(
                hold(port, pool, InMemoryLimiter(quotas=quotas), began, began + length)
            )
    good = True
    print("server   headers   refused   share of the quota")
    for (kind, shape), (passed, refused) in zip(cases, await asyncio.to_thread(stop), strict=True):
        used = share(passed)
        good = good and not refused and used >= 0.98
        print(f"{kind:8} {shape:9} {refused:7}   {used:8.2%}")
    return good


async def short() -> bool:
    """A job of as many calls as the quota allows, with and without the limiter."""
    calls = 100
    ratios: list[float] = []
    for turn in range(PAIRS):
        ports, stop = start(
            [Rules("sliding", "named", calls, 60.0, 30.0, 7 * turn) for _ in range(2)]
        )
        limiter = InMemoryLimiter(quotas={"org_read": (calls, 60.0)})
        seconds: dict[bool, float] = {}
        for limited in (False, True) if turn % 2 else (True, False):  # neither is always first
            seconds[limited] = await job(ports[limited], limiter if limited else Unlimited(), calls)
        refused = sum(one for _, one in await asyncio.to_thread(stop))
        ratios.append(seconds[True] / seconds[False])
        if refused:
            return False
    middle = statistics.median(ratios)
    print(
        f"a job of exactly {calls} calls, all of a quota: {middle:.2f} x without a limiter "
        f"(median of {PAIRS} pairs)"
    )
    return middle <= 1.1


async def main() -> None:
    print(describe())
    low, high = (1000 * bound for bound in JITTER)
    print(f"{LIMIT} calls in {WINDOW:g} s, {WINDOWS} windows, round trips {low:g} to {high:g} ms")
    good = await steady()
    good = await short() and good
    print("as promised" if good else "NOT as promised")


if __name__ == "__main__":
    asyncio.run(main())
