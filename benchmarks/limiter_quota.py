"""Calls through the client against servers in another process that enforce a quota.

    python benchmarks/limiter_quota.py [--window 10] [--windows 5] [--pairs 31]

Windows are shortened from 60 s to 10 s so that a run ends. That is to our disadvantage: a token is
away for a window and the time under way, 40 ms on average here, which costs 0.4 % of a window of
10 s and less than 0.1 % of one of a minute. Steady state is counted at the server, from the second
quota to the last.
"""

import argparse
import asyncio
import statistics
import time
from contextlib import suppress
from typing import Any, NamedTuple

from _machine import describe
from _quota_server import JITTER, KINDS, SHAPES, Rules, start

from pinterest_async import Pinterest, Retry, SessionPool
from pinterest_async._core.operation import Operation
from pinterest_async.errors import RateLimitError
from pinterest_async.limits import BucketState, InMemoryLimiter, LimitRequest, Permit

LIMIT = 100
WORKERS = 60
OPERATION = Operation[dict[str, Any]](
    id="benchmark/get",
    namespace="benchmark",
    name="get",
    method="GET",
    path="/benchmark",
    answer=dict[str, Any],
    category="org_read",
)


class Setup(NamedTuple):
    """Seconds of a window, and how many windows a run lasts."""

    window: float = 10.0
    windows: int = 5

    @property
    def length(self) -> float:
        """Seconds that a run lasts."""
        return self.windows * self.window + 1.0

    def quotas(self, shape: str) -> dict[str, tuple[int, float]] | None:
        """What a limiter is given: headers without windows cannot teach the shortened one."""
        return {"org_read": (LIMIT, self.window)} if shape in ("bare", "absent") else None


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


def share(passed: list[float], setup: Setup) -> float:
    """The part of the quota that was used from the second window on.

    Calls go in bursts, so that counting them between two moments would tell what suits the phase:
    this is the time that whole quotas should take by the time that they took.
    """
    quotas = len(passed) // LIMIT
    if quotas < max(2, setup.windows - 1):
        return len(passed) / (setup.windows * LIMIT)
    return (quotas - 1) * setup.window / (passed[quotas * LIMIT - 1] - passed[LIMIT - 1])


async def steady(setup: Setup) -> bool:
    """Every kind of server and shape of headers, side by side."""
    cases = [(kind, shape) for kind in KINDS for shape in SHAPES]
    rules = [
        Rules(kind, shape, LIMIT, setup.window, setup.length + 30.0, seed)
        for seed, (kind, shape) in enumerate(cases)
    ]
    ports, stop = start(rules)
    now = asyncio.get_running_loop().time()
    async with SessionPool() as pool, asyncio.TaskGroup() as group:
        for turn, (port, (_, shape)) in enumerate(zip(ports, cases, strict=True)):
            # Not all at once: their bursts would measure this machine.
            began = now + turn * setup.window / len(cases)
            limiter = InMemoryLimiter(quotas=setup.quotas(shape))
            group.create_task(hold(port, pool, limiter, began, began + setup.length))
    good = True
    print("server   headers   refused   share of the quota")
    for (kind, shape), (passed, refused) in zip(cases, await asyncio.to_thread(stop), strict=True):
        used = share(passed, setup)
        good = good and not refused and used >= 0.98
        print(f"{kind:8} {shape:9} {refused:7}   {used:8.2%}")
    return good


async def short(pairs: int) -> bool:
    """A job of as many calls as the quota allows, with and without the limiter."""
    calls = 100
    ratios: list[float] = []
    for turn in range(pairs):
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
        f"(median of {pairs} pairs)"
    )
    return middle <= 1.1


async def main(setup: Setup, pairs: int) -> None:
    print(describe())
    low, high = (1000 * bound for bound in JITTER)
    print(
        f"{LIMIT} calls in {setup.window:g} s, {setup.windows} windows, "
        f"round trips {low:g} to {high:g} ms"
    )
    good = await steady(setup)
    good = await short(pairs) and good
    print("as promised" if good else "NOT as promised")


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """A parser of what a setup is made of."""
    parser = argparse.ArgumentParser(
        description=doc, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--window", type=float, default=Setup().window, help="in seconds")
    parser.add_argument("--windows", type=int, default=Setup().windows, help="how many")
    return parser


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--pairs", type=int, default=31, help="of jobs with and without a limiter")
    given = parser.parse_args()
    asyncio.run(main(Setup(given.window, given.windows), given.pairs))
