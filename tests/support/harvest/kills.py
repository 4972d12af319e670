"""Kills of a run and of its workers, spread over its work, none of which comes too late.

Each is due at an answer of chance. Where it takes its time, since workers or the run have to start
anew first, the server holds back what it has to say: no work ends before its last kill.
"""

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDict

from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse

AHEAD = 8
"""Answers that are given after the one at which a kill is due, before it has happened."""
SHORTLY = (0, 0.002, 0.01, 0.03, 0.3)
"""Seconds from such an answer to a kill of the run: in decoding, writing, committing, or later."""
BETWEEN_LOOKS = 0.02


class Pace:
    """Counts answers with figures, and holds them back beyond `most`."""

    def __init__(self) -> None:
        self.given = 0
        self.most: float = AHEAD
        self._moved = asyncio.Event()

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Let everything through."""

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """Count an answer, and send it when it may be."""
        del incoming
        if operation.category == "ads_analytics":
            self.given += 1
            self._move()
            if self.given > self.most:
                answer.deliver = self._later(self.given, answer.deliver)
        return answer

    async def reached(self, number: int) -> None:
        """Wait until so many answers were asked for."""
        while self.given < number:
            await self._moved.wait()

    def allow(self, most: float) -> None:
        """Let so many answers through."""
        self.most = most
        self._move()

    def _move(self) -> None:
        self._moved.set()
        self._moved = asyncio.Event()

    def _later(
        self, number: int, deliver: Callable[..., Awaitable[web.StreamResponse]] | None
    ) -> Callable[..., Awaitable[web.StreamResponse]]:
        async def send(request: web.BaseRequest, answer: HttpResponse) -> web.StreamResponse:
            while number > self.most:
                await self._moved.wait()
            if deliver is not None:
                return await deliver(request, answer)
            headers = CIMultiDict(answer.headers)
            return web.Response(status=answer.status, body=answer.body, headers=headers)

        return send


class Kills:
    """Kills a run and workers so often, in an order and at answers of chance.

    `work` is the least number of answers that the work takes. `lives` tells whether the process of
    the run has begun its work, and `worker` gives the process of some worker that may be killed, or
    None while there is none.
    """

    def __init__(
        self,
        pace: Pace,
        chance: random.Random,
        *,
        work: int,
        runs: int,
        workers: int = 0,
        lives: Callable[[], Awaitable[bool]],
        worker: Callable[[], int | None] | None = None,
    ) -> None:
        asked = runs + workers
        if asked * 2 > work - AHEAD:
            raise ValueError(f"{asked} kills in {work} partitions: give it more accounts")
        self.runs = self.workers = 0
        self._pace, self._chance, self._lives, self._worker = pace, chance, lives, worker
        self._moments = sorted(chance.sample(range(1, work - AHEAD), asked))
        self._victims = ["run"] * runs + ["worker"] * workers
        chance.shuffle(self._victims)
        self._process: asyncio.subprocess.Process | None = None

    def take(self, process: asyncio.subprocess.Process) -> None:
        """Take this process for the run."""
        self._process = process

    async def happen(self) -> None:
        """Do all of it, and then hold nothing back any more."""
        for moment, victim in zip(self._moments, self._victims, strict=True):
            self._pace.allow(moment + AHEAD)
            await self._pace.reached(moment)
            if victim == "worker":
                os.kill(await self._some_worker(), signal.SIGKILL)
                self.workers += 1
            else:
                await self._kill_run()
                self.runs += 1
        self._pace.allow(float("inf"))

    async def _some_worker(self) -> int:
        assert self._worker is not None
        while (pid := self._worker()) is None:  # noqa: ASYNC110  (nobody tells when it has started)
            await asyncio.sleep(BETWEEN_LOOKS)
        return pid

    async def _kill_run(self) -> None:
        while True:
            process = self._process
            if process is not None and process.returncode is None and await self._lives():
                await asyncio.sleep(self._chance.choice(SHORTLY))
                if process.returncode is None:
                    process.send_signal(signal.SIGKILL)
                    if await process.wait() == -signal.SIGKILL:
                        return
            await asyncio.sleep(BETWEEN_LOOKS)
