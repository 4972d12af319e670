"""A server that enforces quotas as strictly as one can, for the benchmarks; runs by itself.

It counts a request at a moment of its own choice while the request is under way: the time to there
and the time back are drawn apart, 1 to 80 ms together. Stops by itself.
"""

import asyncio
import multiprocessing
import random
import sys
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import NamedTuple

KINDS = ("fixed", "sliding", "bucket")
SHAPES = ("named", "unnamed", "bare", "absent")
JITTER = (0.001, 0.080)


class Rules(NamedTuple):
    """What a server enforces, and the shape of its headers."""

    kind: str
    shape: str
    limit: int
    window: float
    lifetime: float
    seed: int


class Quota:
    """One quota: `take` says whether a request passes, how many are left, seconds to the reset."""

    def __init__(self, kind: str, limit: int, window: float, phase: float) -> None:
        self.limit, self.window = limit, window
        self._phase = phase
        self._epoch, self._used = -1, 0
        self._times: deque[float] = deque()
        self._level, self._at = float(limit), 0.0
        self.take: Callable[[float], tuple[bool, int, float]] = {
            "fixed": self._fixed,
            "sliding": self._sliding,
            "bucket": self._bucket,
        }[kind]

    def _fixed(self, now: float) -> tuple[bool, int, float]:
        epoch, into = divmod(now + self._phase, self.window)
        if int(epoch) != self._epoch:
            self._epoch, self._used = int(epoch), 0
        good = self._used < self.limit
        self._used += good
        return good, self.limit - self._used, self.window - into

    def _sliding(self, now: float) -> tuple[bool, int, float]:
        while self._times and self._times[0] <= now - self.window:
            self._times.popleft()
        good = len(self._times) < self.limit
        if good:
            self._times.append(now)
        reset = self._times[0] + self.window - now
        return good, self.limit - len(self._times), reset

    def _bucket(self, now: float) -> tuple[bool, int, float]:
        rate = self.limit / self.window
        self._level = min(self.limit, self._level + (now - self._at) * rate)
        self._at = now
        good = self._level >= 1
        self._level -= good
        return good, int(self._level), (self.limit - self._level) / rate


class Server:
    """Answers HTTP on a free port, and keeps count."""

    def __init__(self, rules: Rules) -> None:
        self._chance = random.Random(rules.seed)
        self._rules = rules
        self._net = Quota("sliding", 100, 1.0, 0.0)
        self._own = Quota(
            rules.kind, rules.limit, rules.window, self._chance.random() * rules.window
        )
        self.passed: list[float] = []
        self.refused = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                total = self._chance.uniform(*JITTER)
                there = total * self._chance.random()
                await asyncio.sleep(there)
                answer = self._count(time.monotonic())
                await asyncio.sleep(total - there)
                writer.write(answer)
        writer.close()

    def _count(self, now: float) -> bytes:
        good, left, reset = self._net.take(now)
        limit = 100
        if good:
            own_good, own_left, own_reset = self._own.take(now)
            if not own_good or own_left / self._own.limit < left / limit:
                good, left, reset, limit = own_good, own_left, own_reset, self._own.limit
        if good:
            self.passed.append(now)
        else:
            self.refused += 1
        status = "200 OK" if good else "429 Too Many Requests"
        body = "{}" if good else '{"code": 8, "message": "This request exceeded a rate limit."}'
        headers = self._rate_headers(limit, left, reset)
        return (
            f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(body)}\r\n\r\n{body}"
        ).encode()

    def _rate_headers(self, limit: int, left: int, reset: float) -> str:
        shape, own = self._rules.shape, self._own
        if shape == "absent":
            return ""
        text = f"{limit}"
        if shape != "bare":
            net_name, own_name = "", ""
            if shape == "named":
                net_name = ';name="safety_net_app_id_user_id"'
                own_name = ';name="org_read_app_id_user_id"'
            text += f", 100;w=1{net_name}, {own.limit};w={own.window:g}{own_name}"
        return (
            f"X-RateLimit-Limit: {text}\r\nX-RateLimit-Remaining: {left}\r\n"
            f"X-RateLimit-Reset: {max(1, round(reset))}\r\n"
        )


def start(every: list[Rules]) -> tuple[list[int], Callable[[], list[tuple[list[float], int]]]]:
    """Start one process with a server for each of the rules.

    Returns their ports, and what to call in the end: for each server the times at which requests
    passed (on the monotonic clock) and the number of refused ones.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(every, theirs), daemon=True)
    process.start()
    ports: list[int] = ours.recv()

    def stop() -> list[tuple[list[float], int]]:
        ours.send("stop")
        counted: list[tuple[list[float], int]] = ours.recv()
        process.join(10)
        return counted

    return ports, stop


def _run(every: list[Rules], pipe: Connection) -> None:
    asyncio.run(_main(every, pipe))


async def _main(every: list[Rules], pipe: Connection) -> None:
    made = [Server(rules) for rules in every]
    listening = [await asyncio.start_server(one.serve, "127.0.0.1", 0) for one in made]
    pipe.send([one.sockets[0].getsockname()[1] for one in listening])
    await asyncio.to_thread(pipe.poll, max(rules.lifetime for rules in every))
    pipe.send([(one.passed, one.refused) for one in made])


if __name__ == "__main__":
    sys.exit("This is started by limiter_quota.py.")
