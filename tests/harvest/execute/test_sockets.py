"""Harvests of the emulator over real sockets: reports, restating, streams, and what goes wrong."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from harvest.chaos import Watch, expected, read

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.harvest import IncompleteError, Plan, run, stream
from pinterest_async.jobs.errors import JobTimeoutError
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Retry

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]
DAY = dt.timedelta(days=1)


async def no_pause(_seconds: float) -> None:
    """The emulator's reports are done after a few looks, not after a time."""


POLLING = Polling(sleep=no_pause)


def void(_value: object) -> None:
    """Nothing, as a callback returns it."""


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=3, ads=4, quotas=None) as emulator:
        yield emulator


@pytest.fixture
def watch(emulator: Emulator) -> Watch:
    watch = Watch()
    emulator.hooks.append(watch)
    return watch


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token,
        base_url=emulator.url,
        limiter=InMemoryLimiter(),
        retry=Retry(base=0.001, cap=0.01),
    ) as client:
        yield client


async def test_old_days_come_by_report_and_young_ones_by_calls(
    emulator: Emulator, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    plan = make_plan(start=make_plan().end - 199 * DAY)
    result = await run(plan, client, out=tmp_path, polling=POLLING)
    assert result.complete
    # The emulator's host of files refuses an Authorization header.
    assert read(tmp_path) == expected(emulator, plan)
    assert len(emulator.calls("reports.create")) == len(emulator.calls("ads.list")) == 3
    assert result.calls == len(emulator.calls())
    assert (await run(plan, client, out=tmp_path)).calls == 0


async def test_waiting_for_a_report_has_an_end(emulator: Emulator, client: Pinterest) -> None:
    now = 0.0
    pauses: list[float] = []

    async def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds
        pauses.append(seconds)
        (made,) = emulator.world.table("jobs")
        made["polls"] = 0  # it never gets done

    (account, *_) = emulator.world.table("ad_accounts")
    job = await client.reports.start(
        ad_account_id=account["id"],
        level="PIN_PROMOTION",
        granularity="DAY",
        start_date=dt.datetime.now(dt.UTC).date() - 9 * DAY,
        end_date=dt.datetime.now(dt.UTC).date() - 2 * DAY,
        columns=["SPEND_IN_MICRO_DOLLAR"],
    )
    polling = Polling(timeout=100, sleep=sleep, monotonic=lambda: now, jitter=0)
    with pytest.raises(JobTimeoutError, match="not done after 100 s"):
        await job.result(polling=polling)
    assert pauses[:6] == [1, 2, 4, 8, 16, 30]
    assert sum(pauses) == 100


def spans(emulator: Emulator) -> set[tuple[dt.date, dt.date]]:
    """The days that calls asked about."""
    return {
        (
            dt.date.fromisoformat(call.query["start_date"]),
            dt.date.fromisoformat(call.query["end_date"]),
        )
        for call in emulator.calls("ads.analytics")
    }


async def test_since_last_goes_on_and_restates(
    emulator: Emulator, client: Pinterest, make_plan: MakePlan, tmp_path: Path
) -> None:
    end = make_plan().end
    first = make_plan(start=end - 69 * DAY, end=end - 5 * DAY)
    await run(first, client, out=tmp_path, since_last=True)
    before = read(tmp_path)
    assert before == expected(emulator, first)
    emulator.world.seed += 1  # all figures are others now
    ads = emulator.world.table("ads")
    new = ads.add({**next(iter(ads)), "id": ads.new_id()})["id"]
    emulator.api.log.clear()
    plan = make_plan(start=first.start)
    result = await run(plan, client, out=tmp_path, since_last=True)
    again = first.end - 29 * DAY
    assert result.complete
    assert spans(emulator) == {(again, end)}
    restated = expected(emulator, make_plan(start=again, end=end))
    assert any(row[1] == new for row in restated)
    assert read(tmp_path) == sorted([*(row for row in before if row[2] < again), *restated])
    assert (await run(plan, client, out=tmp_path, since_last=True)).calls == 0


async def test_a_restatement_that_was_stopped_is_taken_up(
    emulator: Emulator, client: Pinterest, watch: Watch, make_plan: MakePlan, tmp_path: Path
) -> None:
    end = make_plan().end
    first = make_plan(start=end - 69 * DAY, end=end - 5 * DAY)
    await run(first, client, out=tmp_path, since_last=True)
    plan = make_plan(start=first.start)
    emulator.api.log.clear()
    task = asyncio.create_task(run(plan, client, out=tmp_path, since_last=True, concurrency=1))
    watch.answered = lambda: void(task.cancel())
    with pytest.raises(asyncio.CancelledError):
        await task
    watch.answered = None
    assert len(emulator.calls("ads.analytics")) == 1
    await run(plan, client, out=tmp_path, since_last=True)
    assert read(tmp_path) == expected(emulator, plan)


async def test_a_stream_has_the_rows_and_writes_nothing(
    emulator: Emulator, client: Pinterest, make_plan: MakePlan
) -> None:
    plan = make_plan()
    rows: list[Any] = []
    async for batch in stream(plan, client):
        names = ("AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR")
        rows += zip(*(batch.column(name).to_pylist() for name in names), strict=True)
    assert sorted(rows) == expected(emulator, plan)


async def test_a_stream_may_be_left_early(make_plan: MakePlan) -> None:
    async with (
        Emulator(accounts=40, quotas=None) as emulator,
        Pinterest(emulator.token, base_url=emulator.url, limiter=InMemoryLimiter()) as client,
        aclosing(stream(make_plan(), client, concurrency=2)) as batches,
    ):
        async for batch in batches:
            assert batch.num_rows
            break
    assert len(emulator.calls("ads.analytics")) < 20


async def test_a_stream_tells_at_its_end_what_is_missing(
    emulator: Emulator, client: Pinterest, make_plan: MakePlan
) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    batches: list[Any] = []

    async def take() -> None:
        async for batch in stream(make_plan(accounts=[account["id"], "9"]), client):
            batches.append(batch)  # noqa: PERF401  (what came before the error counts)

    with pytest.raises(IncompleteError, match="1 part could not be fetched, first of ad account 9"):
        await take()
    plan = make_plan()
    rows = [row for row in expected(emulator, plan) if row[0] == account["id"]]
    assert sum(batch.num_rows for batch in batches) == len(rows) > 0
