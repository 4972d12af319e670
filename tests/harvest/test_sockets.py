"""Harvests over real sockets: reports, restating, streams, and what goes wrong on the way."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from harvest_chaos import read
from small_pinterest import SmallPinterest

from pinterest_async import Pinterest
from pinterest_async.harvest import IncompleteError, Plan, run, stream
from pinterest_async.harvest.fetch import Fetcher
from pinterest_async.harvest.series import begin, cut
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Retry
from pinterest_async.workflows import reports
from pinterest_async.workflows.polling import JobTimeoutError, Polling

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]
DAY = dt.timedelta(days=1)


def void(_value: object) -> None:
    """Nothing, as a callback returns it."""


@pytest.fixture
async def server() -> AsyncIterator[SmallPinterest]:
    async with SmallPinterest({"1": ["11", "12"], "2": ["21"], "3": []}) as server:
        yield server


@pytest.fixture
async def client(server: SmallPinterest) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        "pina_test",
        base_url=f"{server.url}/v5",
        limiter=InMemoryLimiter(),
        retry=Retry(base=0.001, cap=0.01),
    ) as client:
        yield client


async def test_old_days_come_by_report_and_young_ones_by_calls(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan = make_plan(start=make_plan().end - 199 * DAY)
    result = await run(plan, client, out=tmp_path)
    assert result.complete
    assert read(tmp_path) == server.expected(plan.start, plan.end)
    assert len(server.reports) == 2
    assert result.calls == server.calls - len(server.file_headers)
    assert all("Authorization" not in headers for headers in server.file_headers)
    assert (await run(plan, client, out=tmp_path)).calls == 0


async def test_a_partition_that_grew_too_old_meanwhile_comes_by_report(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan
) -> None:
    plan = make_plan()
    (partition,) = cut(begin(plan, None, plan.end), "2", ["21"])
    assert partition.method == "calls"
    fetcher = Fetcher(plan, client, today=lambda: plan.end + 88 * DAY)
    found = await fetcher.fetch(partition)
    assert len(server.reports) == 1
    assert found.table.num_rows == 10


async def test_an_address_that_lapsed_is_asked_for_again(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    server.refused_urls = 2
    plan = make_plan(accounts=["2"], start=make_plan().end - 199 * DAY)
    assert (await run(plan, client, out=tmp_path)).complete
    assert len(server.reports) == 1
    assert len(server.file_headers) == 3


async def test_waiting_for_a_report_has_an_end(server: SmallPinterest, client: Pinterest) -> None:
    now = 0.0
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        pauses.append(seconds)
        server.reports[job.token]["looks"] = 0  # it never gets done

    job = await reports.start(
        client,
        "1",
        level="PIN_PROMOTION",
        granularity="DAY",
        start_date="2026-08-01",
        end_date="2026-08-02",
        columns=["SPEND_IN_MICRO_DOLLAR"],
        ad_ids=["11"],
    )
    polling = Polling(timeout=100, sleep=sleep, monotonic=lambda: now)
    with pytest.raises(JobTimeoutError, match="not done after 100 s"):
        await reports.wait(client, job, polling=polling)
    assert pauses[:6] == [1, 2, 4, 8, 16, 30]
    assert sum(pauses) == 100


async def test_since_last_goes_on_and_restates(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    end = make_plan().end
    first = make_plan(start=end - 69 * DAY, end=end - 5 * DAY)
    await run(first, client, out=tmp_path, since_last=True)
    before = dict.fromkeys(read(tmp_path))
    assert list(before) == server.expected(first.start, first.end)
    server.correction = 1
    server.things["1"].append("13")
    server.asked.clear()
    plan = make_plan(start=first.start)
    result = await run(plan, client, out=tmp_path, since_last=True)
    again = first.end - 29 * DAY
    assert result.complete
    assert {(start, last) for *_, start, last in server.asked} == {(again, end)}
    server.correction = 0
    old = [row for row in server.expected(first.start, again - DAY) if row[1] != "13"]
    server.correction = 1
    assert read(tmp_path) == sorted([*old, *server.expected(again, end)])
    assert (await run(plan, client, out=tmp_path, since_last=True)).calls == 0


async def test_a_restatement_that_was_stopped_is_taken_up(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    end = make_plan().end
    first = make_plan(start=end - 69 * DAY, end=end - 5 * DAY)
    await run(first, client, out=tmp_path, since_last=True)
    plan = make_plan(start=first.start)
    server.asked.clear()
    task = asyncio.create_task(run(plan, client, out=tmp_path, since_last=True, concurrency=1))
    server.answered = lambda: void(task.cancel())
    with pytest.raises(asyncio.CancelledError):
        await task
    server.answered = None
    assert len(server.asked) == 1
    await run(plan, client, out=tmp_path, since_last=True)
    assert read(tmp_path) == server.expected(first.start, end)


async def test_a_stream_has_the_rows_and_writes_nothing(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan
) -> None:
    plan = make_plan()
    rows: list[Any] = []
    async for batch in stream(plan, client):
        names = ("AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR")
        rows += zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    assert sorted(rows) == server.expected(plan.start, plan.end)


async def test_a_stream_may_be_left_early(
    server: SmallPinterest, client: Pinterest, make_plan: MakePlan
) -> None:
    server.things |= {str(number): [f"{number}1"] for number in range(100, 140)}
    async with aclosing(stream(make_plan(), client, concurrency=2)) as batches:
        async for batch in batches:
            assert batch.num_rows
            break
    assert len(server.asked) < 20


async def test_a_stream_tells_at_its_end_what_is_missing(
    client: Pinterest, make_plan: MakePlan
) -> None:
    batches: list[Any] = []

    async def take() -> None:
        async for batch in stream(make_plan(accounts=["1", "9"]), client):
            batches.append(batch)  # noqa: PERF401  (what came before the error counts)

    with pytest.raises(IncompleteError, match="1 parts could not be had, first of ad account 9"):
        await take()
    assert sum(batch.num_rows for batch in batches) == 20
