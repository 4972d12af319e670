import asyncio
import io
import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("rich")

from rich.console import Console

from pinterest_async.cli import progress as shown
from pinterest_async.cli.live_progress import Display, describe, span
from pinterest_async.cli.progress import JsonProgress, NoOutput, live, outcome
from pinterest_async.errors import ServerError
from pinterest_async.harvest import Failure, HarvestResult, Progress
from pinterest_async.limits import BucketState
from pinterest_async.limits.notices import LOG


def bucket(**changes: Any) -> BucketState:
    facts: dict[str, Any] = {
        "name": "ads_analytics",
        "key": "subject",
        "limit": 300,
        "window": 60.0,
        "available": 300,
        "in_flight": 0,
        "waiting": 0,
        "next_free_in": 0.0,
        "frozen_for": 0.0,
    }
    return BucketState(**facts | changes)


def progress(**changes: Any) -> Progress:
    facts: dict[str, Any] = {
        "accounts": 10,
        "accounts_listed": 10,
        "partitions": 1000,
        "category": "ads_analytics",
    }
    return Progress(**facts | changes)


class TestTimeLeft:
    def test_is_what_the_quota_demands(self) -> None:
        quota = (bucket(available=0), bucket(name="ads_read", limit=1, available=0))
        now = progress(calls=300, calls_left=900, seconds=3.0, quota=quota)
        assert now.seconds_left == 180.0
        assert "3 min left" in describe(now)

    def test_is_what_the_pace_promises_where_the_quota_suffices(self) -> None:
        now = progress(calls=100, calls_left=200, seconds=50.0, quota=(bucket(),))
        assert now.seconds_left == 100.0

    def test_counts_a_frozen_bucket(self) -> None:
        quota = (bucket(available=0, frozen_for=30.0),)
        assert progress(calls=1, calls_left=300, quota=quota).seconds_left == 90.0

    def test_counts_accounts_that_are_not_listed_yet(self) -> None:
        now = progress(
            accounts_listed=5, partitions=50, calls=10, calls_left=50, seconds=1.0, quota=()
        )
        assert now.seconds_left == 10.0

    def test_is_unknown_before_the_first_call(self) -> None:
        assert progress(calls_left=5).seconds_left is None
        assert Progress().seconds_left is None

    def test_is_none_at_the_end(self) -> None:
        assert progress(calls=5).seconds_left == 0.0
        assert "left" not in describe(progress(calls=5))


def test_spans_of_time() -> None:
    assert [span(s) for s in (0.4, 40, 89, 90, 720, 12_000)] == [
        *("0 s", "40 s", "89 s", "2 min", "12 min", "3 h 20 min")
    ]


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


class TestLines:
    def test_one_a_second_and_the_last(self) -> None:
        stream = io.StringIO()
        with JsonProgress(stream) as view:
            for tenth in range(25):
                view.update(progress(done=tenth, seconds=tenth / 10))
        assert [line["done"] for line in lines(stream)] == [0, 10, 20, 24]

    def test_tell_the_quota_but_not_whose(self) -> None:
        stream = io.StringIO()
        with JsonProgress(stream) as view:
            view.update(progress(calls=1, quota=(bucket(available=0, waiting=3),)))
        (line,) = lines(stream)
        assert line["event"] == "progress"
        assert line["waiting_on"] == ["ads_analytics"]
        assert line["quota"][0]["used"] == 300
        assert "key" not in line["quota"][0]


def test_the_outcome_names_what_is_missing() -> None:
    error = ServerError("down", status=500, code=None, request_id=None, body=b"")
    result = HarvestResult(
        rows=1,
        calls=2,
        done=3,
        skipped=4,
        failures=(Failure(account="7", partition=None, error=error),),
        misfits=0,
        seconds=1.5,
        paths=("a", "b"),
    )
    facts = json.loads(msgspec.json.encode(outcome(result)))
    assert (facts["complete"], facts["files"]) == (False, 2)
    assert facts["failures"][0]["account"] == "7"
    assert facts["failures"][0]["error"] == "ServerError"


class FakeLimits:
    def __init__(self) -> None:
        self.states: Iterator[int] = iter(range(1000))

    def snapshot(self) -> tuple[BucketState, ...]:
        return (bucket(available=next(self.states), waiting=1),)


async def test_the_quota_is_shown_while_nothing_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "EVERY", 0.001)
    heard: list[Progress] = []
    enough = asyncio.Event()

    class View(NoOutput):
        def __exit__(self, *exc: object) -> None:
            heard.append(progress(done=-1))

        def update(self, progress: Progress) -> None:
            heard.append(progress)
            if len(heard) > 3:
                enough.set()

    limits: Any = FakeLimits()
    async with live(View(), limits) as listener:
        listener.update(progress(done=1, seconds=5.0))
        async with asyncio.timeout(60):
            await enough.wait()
    assert [now.quota[0].available for now in heard[1:4]] == [0, 1, 2]
    assert all(now.done == 1 for now in heard[:-1])
    assert heard[3].seconds > heard[1].seconds > 5.0
    assert heard[-1].done == -1


async def test_the_time_that_reports_take_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shown, "EVERY", 0.001)
    heard: list[Progress] = []
    enough = asyncio.Event()

    class View(NoOutput):
        def update(self, progress: Progress) -> None:
            heard.append(progress)
            if len(heard) > 2:
                enough.set()

    limits: Any = FakeLimits()
    async with live(View(), limits) as listener:
        listener.update(progress(reports=2, reports_for=60.0))
        async with asyncio.timeout(60):
            await enough.wait()
    assert heard[2].reports_for > heard[1].reports_for > heard[0].reports_for == 60.0


async def test_the_log_does_not_tell_of_waits_that_are_shown(
    caplog: pytest.LogCaptureFixture,
) -> None:
    limits: Any = FakeLimits()
    async with live(NoOutput(), limits):
        LOG.warning("A call has waited")
    assert caplog.messages == []
    LOG.warning("A call has waited")
    assert caplog.messages == ["A call has waited"]


def test_a_bar_on_a_terminal() -> None:
    stream = io.StringIO()
    console = Console(file=stream, force_terminal=True, width=120)
    with Display(console) as display:
        display.update(progress(done=500, rows=7, calls=9))
    assert "50 %" in stream.getvalue()
    assert "500 of 1,000 partitions" in stream.getvalue()
