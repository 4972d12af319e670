"""Reports of a harvest: files that break, reports that end, runs that stop while one is made."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from harvest.chaos import Watch, expected, read
from harvest.folders import ProgressLog
from msgspec.structs import replace

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Error, Garbled, HtmlError, Late, Reset, Slow, Truncated
from pinterest_async.errors import BadRequestError
from pinterest_async.harvest import (
    Commit,
    Done,
    MemoryCheckpoint,
    Partition,
    Plan,
    RedisCheckpoint,
    SQLiteCheckpoint,
    run,
)
from pinterest_async.harvest.execute import engine
from pinterest_async.harvest.execute.report_jobs import TRIES, RunReports
from pinterest_async.harvest.output.checkpoint import RequestedReport
from pinterest_async.harvest.plan.series import begin, cut
from pinterest_async.jobs.errors import JobFailedError, JobTimeoutError
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import LIFETIME, ReportJob
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Retry

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]
DAY = dt.timedelta(days=1)


async def no_pause(_seconds: float) -> None:
    """Time costs nothing here."""


POLLING = Polling(sleep=no_pause)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=6, ads=4, quotas=None) as emulator:
        emulator.faults.sleep = no_pause
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token,
        base_url=emulator.url,
        # Without pauses, a host that is down is asked more often than a quota of a minute allows.
        limiter=InMemoryLimiter(quotas={"ads_analytics": (1_000_000, 60.0)}),
        retry=Retry(base=0.001, cap=0.01),
    ) as client:
        yield client


@pytest.fixture
def old(make_plan: MakePlan) -> Plan:
    """Days that only reports reach: two partitions an account."""
    end = make_plan().end - 95 * DAY
    return make_plan(start=end - 199 * DAY, end=end)


@pytest.mark.parametrize(
    "fault",
    [
        Error(403),
        Error(503),
        HtmlError(502),
        Reset(),
        Reset(0),
        Truncated(),
        Truncated(at=0),
        Truncated(announced=False, at=100),
        Garbled(),
        Garbled(0),
        Slow(1.0),
        Late(1.0),
    ],
    ids=repr,
)
async def test_files_that_break_are_fetched_again_and_reports_are_not_asked_for_again(
    emulator: Emulator, client: Pinterest, old: Plan, tmp_path: Path, fault: Any
) -> None:
    active = emulator.faults.add(replace(fault, operation="downloads.report", skip=2, times=2))
    result = await run(old, client, out=tmp_path, polling=POLLING)
    assert active.hits == 2
    assert result.complete, [str(one.error) for one in result.failures]
    assert read(tmp_path) == expected(emulator, old)
    assert len(emulator.calls("reports.create")) == result.done


async def test_progress_tells_of_the_reports_that_are_waited_for(
    client: Pinterest, old: Plan, tmp_path: Path
) -> None:
    progress = ProgressLog()
    result = await run(old, client, out=tmp_path, polling=POLLING, progress=progress)
    counts = [now.reports for now in progress.received]
    assert max(counts) > 0
    assert (counts[0], counts[-1]) == (0, 0)
    assert all(now.reports_for >= 0 for now in progress.received)
    assert all(now.reports or not now.reports_for for now in progress.received)
    assert max(now.reports + now.done for now in progress.received) <= result.done


async def test_a_host_of_files_that_is_down_sets_partitions_aside_and_they_are_had_later(
    emulator: Emulator, client: Pinterest, old: Plan, tmp_path: Path
) -> None:
    with emulator.faults.add(Error(503, operation="downloads.report")):
        result = await run(old, client, out=tmp_path, polling=POLLING)
    asked = len(emulator.calls("reports.create"))
    assert (result.done, result.rows, len(result.failures)) == (0, 0, asked)
    assert "status 503" in str(result.failures[0].error)
    again = await run(old, client, out=tmp_path, polling=POLLING)
    assert again.complete
    assert len(emulator.calls("reports.create")) == asked
    assert read(tmp_path) == expected(emulator, old)


@pytest.fixture(params=["sqlite", "redis"])
def checkpoint(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Any]:
    if request.param == "sqlite":
        return lambda: SQLiteCheckpoint(tmp_path / "notes" / "c")
    redis = request.getfixturevalue("redis")
    return lambda: RedisCheckpoint(redis, "reports")


async def test_a_run_that_stopped_while_reports_were_made_takes_them_up(
    emulator: Emulator,
    client: Pinterest,
    old: Plan,
    tmp_path: Path,
    checkpoint: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        engine, "REPORTS_AHEAD", 1
    )  # one after another, so that none is half asked for
    out = tmp_path / "data"
    watch = Watch()
    emulator.hooks.append(watch)
    task = asyncio.create_task(
        run(old, client, out=out, polling=POLLING, checkpoint=checkpoint(), concurrency=1)
    )

    def stop() -> None:
        if emulator.calls("reports.get"):
            task.cancel()

    watch.answered = stop
    with pytest.raises(asyncio.CancelledError):
        await task
    watch.answered = None
    assert len(emulator.calls("reports.create")) == 1
    result = await run(old, client, out=out, polling=POLLING, checkpoint=checkpoint())
    assert result.complete
    assert result.skipped == 0
    assert len(emulator.calls("reports.create")) == result.done
    assert read(out) == expected(emulator, old)
    opened = checkpoint()
    (series,) = (await opened.open()).values()
    assert await opened.reports(series) == {}
    await opened.aclose()


async def test_reports_that_lapsed_are_asked_for_again(
    emulator: Emulator, client: Pinterest, old: Plan, tmp_path: Path
) -> None:
    with emulator.faults.add(Error(503, operation="downloads.report")):
        await run(old, client, out=tmp_path, polling=POLLING)
    asked = len(emulator.calls("reports.create"))
    emulator.advance(
        LIFETIME + 1
    )  # Pinterest has none of them any more, as our clock does not know
    result = await run(old, client, out=tmp_path, polling=POLLING)
    assert result.complete
    assert len(emulator.calls("reports.create")) == 2 * asked
    assert read(tmp_path) == expected(emulator, old)


class Desk:
    """Executes nothing: says in turn what is to come of a report, and keeps what it was asked."""

    def __init__(self, *says: Any) -> None:
        self.says = list(says)
        self.jobs: list[ReportJob | None] = []

    async def __call__(self, partition: Partition, report: ReportJob | None) -> Any:
        self.jobs.append(report)
        said = self.says.pop(0)
        if isinstance(said, Exception):
            raise said
        return Done(commit=Commit(path=partition.file, rows=1), calls=2)


async def desk(
    emulator: Emulator, client: Pinterest, plan: Plan, *says: Any, kept: float | None = None
) -> tuple[Desk, Any]:
    account = next(iter(emulator.world.table("ad_accounts")))["id"]
    ad = next(iter(emulator.world.table("ads").by("ad_account_id", account)))["id"]
    series = begin(plan, None, plan.end + DAY)
    (partition, *_) = cut(series, account, [ad])
    checkpoint, executed = MemoryCheckpoint(), Desk(*says)
    if kept is not None:
        await checkpoint.ask(series, partition, RequestedReport(token="123", when=kept))
    found = RunReports(series, client, checkpoint, executed, now=lambda: 10_000.0)
    await found.begin()
    return executed, await found.do(partition)


@pytest.mark.parametrize(
    ("when", "taken"), [(10_000 - LIFETIME + 1, True), (10_000 - LIFETIME, False)]
)
async def test_a_kept_report_is_taken_up_for_an_hour(
    emulator: Emulator, client: Pinterest, old: Plan, when: float, *, taken: bool
) -> None:
    executed, done = await desk(emulator, client, old, "rows", kept=when)
    assert [job.tokens == ("123",) for job in executed.jobs if job] == [taken]
    assert done.calls == 2 + (not taken)


async def test_a_report_that_fails_is_asked_for_again_so_many_times(
    emulator: Emulator, client: Pinterest, old: Plan
) -> None:
    failed = JobFailedError("the report ended as FAILED", state="FAILED")
    executed, done = await desk(emulator, client, old, failed, failed, "rows")
    assert len({job.tokens for job in executed.jobs if job}) == TRIES == 3
    assert done.calls == 2 + 3 + 2
    with pytest.raises(JobFailedError):
        await desk(emulator, client, old, failed, failed, failed)
    # One that an earlier run asked for is none of the tries.
    executed, _ = await desk(emulator, client, old, failed, failed, failed, "rows", kept=9_999.0)
    assert len({job.tokens for job in executed.jobs if job}) == 4


async def test_a_report_that_takes_its_time_is_not_asked_for_again(
    emulator: Emulator, client: Pinterest, old: Plan
) -> None:
    with pytest.raises(JobTimeoutError):
        await desk(emulator, client, old, JobTimeoutError("not done"))
    assert len(emulator.calls("reports.create")) == 1


async def test_a_kept_report_of_another_user_is_asked_for_anew(
    emulator: Emulator, client: Pinterest, old: Plan
) -> None:
    refused = BadRequestError("no such report", status=400)
    executed, _ = await desk(emulator, client, old, refused, "rows", kept=9_999.0)
    assert len(executed.jobs) == 2
    with pytest.raises(BadRequestError):
        await desk(emulator, client, old, refused, "rows")


async def test_a_partition_that_grew_too_old_meanwhile_comes_by_report(
    emulator: Emulator, client: Pinterest, make_plan: MakePlan
) -> None:
    plan = make_plan()
    series = begin(plan, None, plan.end)
    account = next(iter(emulator.world.table("ad_accounts")))["id"]
    (partition,) = cut(series, account, ["21"])
    assert partition.method == "calls"
    for days, report in ((80, False), (88, True)):
        executed = Desk("rows")
        today = partial(dt.date.fromordinal, plan.end.toordinal() + days)
        found = RunReports(series, client, MemoryCheckpoint(), executed, today=today)
        await found.do(partition)
        assert [job is not None for job in executed.jobs] == [report]
