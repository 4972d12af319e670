"""A call is stopped at every await point, over real sockets, and leaves everything clean."""

# pyright: reportPrivateUsage=false
# What is left of a stopped call shows in private places only.

import asyncio
import json
from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from typing import Any, Final, Literal

import pytest

from pinterest_async import (
    InMemoryLimiter,
    MemoryStore,
    Pinterest,
    RefreshToken,
    Response,
    SessionPool,
)
from pinterest_async._core.operation import Operation

Op = Callable[..., Operation[Any]]
Moment = Literal["while it waits", "as it wakes"]

SPENT: Final = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 0.005\r\n"
"""The bucket stops for a moment, so that a call has to wait for quota."""


class Api:
    """Knows one token at a time, and fails the first requests that come with a good one."""

    def __init__(self) -> None:
        self.good = "pina_1"
        self.refresh = "pinr_0"
        self.refreshed = 0
        self.renewing = asyncio.Event()
        self.failures = ["429 Too Many Requests", "500 Internal Server Error"]

    async def __call__(self, exchange: Any) -> None:
        if exchange.target.endswith("/oauth/token"):
            await self._renew(exchange)
        elif exchange.headers["authorization"] != f"Bearer {self.good}":
            await answer(exchange, "401 Unauthorized", {"code": 2, "message": "expired"})
        elif self.failures:
            await answer(exchange, self.failures.pop(0), {}, SPENT)
        else:
            await answer(exchange, "200 OK", {})

    async def _renew(self, exchange: Any) -> None:
        assert f"refresh_token={self.refresh}".encode() in exchange.body
        self.renewing.set()
        self.refreshed += 1
        self.good, self.refresh = f"pina_{self.refreshed + 1}", f"pinr_{self.refreshed}"
        grant = {"access_token": self.good, "refresh_token": self.refresh, "expires_in": 9999}
        await answer(exchange, "200 OK", grant)


async def answer(exchange: Any, status: str, content: Any, headers: str = "") -> None:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status}\r\n{headers}Content-Length: {len(body)}\r\n\r\n".encode()
    # In two pieces, so that reading the body is an await point of its own.
    await exchange.say(head + body[:1])
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await exchange.say(body[1:])


class Stopped:
    """Awaits a coroutine and cancels the task around it at the n-th point where it suspends."""

    def __init__(
        self, coroutine: Coroutine[Any, Any, Response[Any]], at: int, moment: Moment
    ) -> None:
        self._coroutine = coroutine
        self._at = at
        self._moment: Moment = moment
        self.points = 0

    def __await__(self) -> Generator[Any, Any, Response[Any]]:
        inner = self._coroutine.__await__()
        task = asyncio.current_task()
        assert task is not None

        def cancel(_: object) -> None:
            task.cancel()

        try:
            waited: Any = next(inner)
            while True:
                if self.points == self._at:
                    # Before the task hears of it: by the time it wakes, it is cancelled.
                    if self._moment == "as it wakes" and waited is not None:
                        waited.add_done_callback(cancel)
                    else:
                        task.cancel()
                self.points += 1
                try:
                    value = yield waited
                except BaseException as error:  # noqa: BLE001  (handed in, whatever it is)
                    waited = inner.throw(error)
                else:
                    waited = inner.send(value)
        except StopIteration as done:
            result: Response[Any] = done.value
            return result


async def outcome(stopped: Stopped) -> Response[Any]:
    return await stopped


@pytest.mark.parametrize("moment", ["while it waits", "as it wakes"])
async def test_a_call_stopped_at_any_point_leaves_everything_clean(
    moment: Moment, script: Any, op: Op, time: Any
) -> None:
    seen: set[str] = set()
    at = 0
    while await stopped_at(at, moment, script, op, time, seen):
        at += 1
    assert at > 10, at
    # Cancelled at every stage of a call.
    assert seen == {
        "waiting for quota",
        "requesting",
        "refreshing the token",
        "pausing before the next attempt",
    }


async def stopped_at(
    at: int, moment: Moment, script: Any, op: Op, time: Any, seen: set[str]
) -> bool:
    """Stop a call at one point and look around; False when it had finished before."""
    api = Api()
    script.steps = [api]
    store = MemoryStore()
    limiter = InMemoryLimiter(chance=float)
    auth = RefreshToken("app", "secret", "pinr_0", access_token="pina_0", store=store)
    async with SessionPool(limit=1) as pool:
        client = Pinterest(
            auth, pool=pool, limiter=limiter, base_url=script.url, _runtime=time.runtime()
        )
        call = client._checked(op(), (), {}, None)
        stopped = Stopped(client._run(call), at, moment)
        task = asyncio.ensure_future(outcome(stopped))
        with suppress(asyncio.CancelledError):
            await task
        if task.cancelled():
            seen.add(call.doing)
        elif stopped.points > at:
            # The answer had arrived when the cancellation did: the call keeps its result.
            assert moment == "as it wakes"
        # Nothing is held: another call gets the only connection, quota, and a good token.
        async with asyncio.timeout(5):
            assert (await client.send(op())).status == 200
        assert {(one.in_flight, one.waiting) for one in limiter.snapshot()} == {(0, 0)}
        assert [(lane.calls, lane.requests) for lane in pool._lanes.values()] == [({}, {})]
        assert auth._flight is None
        # The pair in force is the one that was kept, and it was replaced once.
        kept = await store.load()
        assert kept is not None
        assert (kept.access_token, kept.refresh_token) == (api.good, api.refresh)
        assert api.refreshed == 1
    return stopped.points > at


async def test_tasks_that_share_a_refresh_are_stopped_one_by_one(
    script: Any, op: Op, time: Any
) -> None:
    """Whoever gives up does not take the refresh from those who wait for it too."""
    api = Api()
    api.failures.clear()
    script.steps = [api]
    auth = RefreshToken("app", "secret", "pinr_0", access_token="pina_0")
    async with SessionPool() as pool:
        client = Pinterest(
            auth,
            pool=pool,
            limiter=InMemoryLimiter(),
            base_url=script.url,
            _runtime=time.runtime(),
        )
        tasks = [asyncio.ensure_future(client.send(op())) for _ in range(5)]
        await api.renewing.wait()
        for task in tasks[:4]:
            task.cancel()
        assert (await tasks[4]).status == 200
        results = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(one) for one in results[:4]] == [asyncio.CancelledError] * 4
    assert api.refreshed == 1
