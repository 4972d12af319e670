"""Calls are stopped at every await point, over real sockets, and leave everything clean."""

# pyright: reportPrivateUsage=false
# What is left of a stopped call shows in private places only.

import asyncio
import json
from collections.abc import Callable, Coroutine, Generator
from contextlib import aclosing, suppress
from typing import Any, Final, Literal

import pytest
from redis.asyncio import Redis

from pinterest_async import (
    CallEvent,
    EndEvent,
    InMemoryLimiter,
    MemoryStore,
    Observer,
    Pinterest,
    RedisLimiter,
    RefreshToken,
    RequestEvent,
    Response,
    ResponseEvent,
    SessionPool,
)
from pinterest_async._core.operation import Operation
from pinterest_async._request.call_state import CallState
from pinterest_async._request.deadlines import Deadline
from pinterest_async.jobs.job import Job
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob

Op = Callable[..., Operation[Any]]
Moment = Literal["while it waits", "as it wakes"]

pytestmark = pytest.mark.usefixtures("lane")

SPENT: Final = "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 0.005\r\n"
"""The bucket stops for a moment, so that a call has to wait for quota."""


class Api:
    """Knows one token at a time, and fails the first requests that come with a good one."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages = self.looks = 0
        self.good = "pina_1"
        self.refresh = "pinr_0"
        self.refreshed = 0
        self.renewing = asyncio.Event()
        self.failures = ["429 Too Many Requests", "500 Internal Server Error"]

    async def __call__(self, exchange: Any) -> None:
        if exchange.target.endswith("/oauth/token"):
            await self._renew(exchange)
        elif exchange.target.endswith("/file"):
            await answer(exchange, "200 OK", {"1": [{"SPEND": 1}], "2": [{"SPEND": 2}]})
        elif exchange.headers["authorization"] != f"Bearer {self.good}":
            await answer(exchange, "401 Unauthorized", {"code": 2, "message": "expired"})
        elif self.failures:
            await answer(exchange, self.failures.pop(0), {}, SPENT)
        else:
            await answer(exchange, "200 OK", self._content(exchange.target))

    def _content(self, target: str) -> Any:
        """Three pages of boards; a report that is done at the second look, and its file."""
        if target.startswith("/v5/boards"):
            self.pages += 1
            return {"items": [], "bookmark": str(self.pages) if self.pages % 3 else None}
        if target.startswith("/v5/ad_accounts/549/reports"):
            self.looks += 1
            url = f"{self.url}/file" if self.looks > 1 else None
            return {"report_status": "FINISHED" if url else "IN_PROGRESS", "url": url}
        return {}

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

    def __init__(self, coroutine: Coroutine[Any, Any, Any], at: int, moment: Moment) -> None:
        self._coroutine = coroutine
        self._at = at
        self._moment: Moment = moment
        self.points = 0

    def __await__(self) -> Generator[Any, Any, Any]:
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
            return done.value


async def awaited(stopped: Stopped) -> Any:
    return await stopped


async def a_call(client: Pinterest, op: Op, time: Any) -> None:
    assert time.now > 0
    await client.send(op())


async def a_list(client: Pinterest, op: Op, time: Any) -> None:
    assert op().method == "GET"
    assert time.now > 0
    assert await client.boards.list().read_ahead().collect() == []


async def a_report(client: Pinterest, op: Op, time: Any) -> None:
    assert op().method == "GET"
    job = Job(client, ReportJob(ad_account_id="549", tokens=("t",)))
    polling = Polling(sleep=time.sleep, monotonic=lambda: time.now)
    report = await job.result(polling=polling)
    async with aclosing(report.entities()) as entities:
        assert [entity async for entity, _ in entities] == ["1", "2"]


JOBS: Final = {"call": a_call, "list": a_list, "report": a_report}
STAGES: Final = {
    "authenticating",
    "waiting for quota",
    "requesting",
    "refreshing the token",
    "pausing before the next attempt",
}


class Ledger(Observer):
    """Which calls and requests have begun, and not ended; holds that each ends once."""

    def __init__(self) -> None:
        self.open: set[tuple[int, int]] = set()
        self.seen = 0

    def on_call(self, event: CallEvent) -> None:
        self._begin((event.call, 0))

    def on_end(self, event: EndEvent) -> None:
        self.open.remove((event.call, 0))

    def on_request(self, event: RequestEvent) -> None:
        self._begin((event.call, event.attempt))

    def on_response(self, event: ResponseEvent) -> None:
        self.open.remove((event.call, event.attempt))

    def _begin(self, what: tuple[int, int]) -> None:
        assert what not in self.open
        self.open.add(what)
        self.seen += 1


class Round:
    """One job, stopped at one point, and a look around."""

    def __init__(self, script: Any, op: Op, time: Any, limiter: Any) -> None:
        self.script = script
        self.op = op
        self.time = time
        self.limiter = limiter
        self.calls: list[CallState] = []

    async def stop(self, job: str, at: int, moment: Moment, *, company: bool) -> bool:
        """Stop a job at one point, and check; False when it had finished before."""
        api = Api(self.script.url)
        self.script.steps = [api]
        store = MemoryStore()
        ledger = Ledger()
        auth = RefreshToken("app", "secret", "pinr_0", access_token="pina_0", store=store)
        async with SessionPool(limit=1, foreign_limit=1) as pool:
            client = Pinterest(
                auth,
                pool=pool,
                limiter=self.limiter,
                base_url=self.script.url,
                timeout=60,
                observers=[ledger],
                _runtime=self.time.runtime(),
            )
            self._watch(client)
            stopped = Stopped(JOBS[job](client, self.op, self.time), at, moment)
            task = asyncio.ensure_future(awaited(stopped))
            others = [asyncio.ensure_future(client.send(self.op())) for _ in range(2 * company)]
            with suppress(asyncio.CancelledError):
                await task
            if not task.cancelled() and stopped.points > at:
                # The answer had arrived when the cancellation did: the call keeps its result.
                assert moment == "as it wakes"
            # Nothing is held: others get the only connections, quota, and a good token.
            async with asyncio.timeout(60):
                for other in (*others, client.send(self.op())):
                    assert (await other).status == 200
                await a_report(client, self.op, self.time)
            self._look(pool)
            assert ledger.seen > 0
            assert ledger.open == set()
            assert auth._refreshing is None
            # The pair in force is the one that was kept, and it was replaced once.
            kept = await store.load()
            assert kept is not None
            assert (kept.access_token, kept.refresh_token) == (api.good, api.refresh)
            assert api.refreshed == 1
        return stopped.points > at

    def _watch(self, client: Pinterest) -> None:
        """Remember each call, to see what it was at."""
        run = client._dispatcher._run

        async def watched(call: CallState, deadline: Deadline) -> Response[Any]:
            self.calls.append(call)
            return await run(call, deadline)

        client._dispatcher._run = watched  # type: ignore[method-assign]

    def _look(self, pool: SessionPool) -> None:
        buckets = self.limiter.snapshot()
        assert {(one.in_flight, one.waiting) for one in buckets} == {(0, 0)}
        (sessions,) = pool._by_loop.values()
        assert (len(sessions.calls), len(sessions.foreign_requests)) == (0, 0)
        for session in (sessions.api, sessions._foreign):
            connector: Any = session and session.connector
            assert connector is None or (connector._acquired, connector._waiters) == (set(), {})


@pytest.mark.parametrize("moment", ["while it waits", "as it wakes"])
@pytest.mark.parametrize("company", [False, True], ids=["alone", "in company"])
@pytest.mark.parametrize("kind", ["memory", "redis"])
@pytest.mark.parametrize("job", JOBS)
async def test_a_job_stopped_at_any_point_leaves_everything_clean(
    job: str,
    kind: str,
    company: bool,
    moment: Moment,
    script: Any,
    op: Op,
    time: Any,
    redis: Redis,
) -> None:
    stages: set[str] = set()
    at, more = 0, True
    while more:
        limiter = (
            RedisLimiter(redis, prefix=f"{{{at}}}:", chance=float, timeout=60.0)
            if kind == "redis"
            else InMemoryLimiter(chance=float)
        )
        round_ = Round(script, op, time, limiter)
        more = await round_.stop(job, at, moment, company=company)
        stages |= {call.doing for call in round_.calls[:1]}
        if isinstance(limiter, RedisLimiter):
            await limiter.aclose()
        at += 1
    assert at > 10, at
    if job == "call" and not company:
        # A pause that has ended when the job is stopped may have become the next attempt.
        ended = {"pausing before the next attempt"} if moment == "as it wakes" else set[str]()
        assert stages >= STAGES - {"authenticating"} - ended


async def test_tasks_that_share_a_refresh_are_stopped_one_by_one(
    script: Any, op: Op, time: Any
) -> None:
    """Whoever gives up does not take the refresh from those who wait for it too."""
    api = Api(script.url)
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
