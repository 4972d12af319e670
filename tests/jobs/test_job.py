"""The one job for all kinds: its waits, deadline, progress, failures, and what is saved of it."""

import asyncio
import itertools
import json
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async import (
    InvalidCallError,
    JobError,
    JobFailedError,
    JobProgress,
    JobStatus,
    JobTimeoutError,
    Pinterest,
    PinterestError,
    Polling,
)
from pinterest_async.jobs.job import Job, JobClient, Look, Run, SavedJob
from pinterest_async.jobs.kinds import KINDS, kind


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def polling(self, **options: Any) -> Polling:
        clock: dict[str, Any] = {
            "sleep": self.sleep,
            "monotonic": lambda: self.now,
            "chance": lambda: 0.5,
        }
        return Polling(**clock | options)


class Counting(SavedJob[str], frozen=True, kw_only=True, tag="counting"):
    """Done after some looks, in two stages; Pinterest's side of it is in `seen`."""

    WHAT: ClassVar[str] = "the counting"

    left: int
    stage: str = "first"

    seen: ClassVar[list[str]] = []
    failure: ClassVar[Exception | None] = None

    async def look(self, client: JobClient) -> Look[str]:
        assert client is CLIENT
        self.seen.append(self.stage)
        if self.failure is not None:
            raise self.failure
        done = len(self.seen) >= self.left
        return Look(state="RUNNING", result="ready") if done else Look(state="RUNNING")

    async def step(self, run: Run) -> Look[str]:
        if self.stage == "first" and self.seen:
            run.tell(JobProgress(step="moving"))
            return Look(then=Counting(left=self.left, stage="second"))
        return await self.look(run.client)


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counting, "seen", [])
    monkeypatch.setattr(Counting, "failure", None)


CLIENT: Any = object()


async def test_a_job_is_waited_for_and_its_result_kept() -> None:
    clock, steps = Clock(), list[JobProgress]()
    job = Job(CLIENT, Counting(left=4))
    polling = clock.polling(first=3.0, factor=2.0, longest=10.0)
    assert await job.result(polling=polling, progress=steps.append) == "ready"
    assert clock.slept == [3.0, 6.0, 10.0, 10.0]  # no look before the first pause
    assert Counting.seen == ["first", "second", "second", "second"]
    assert [one.looks for one in steps if one.step == "waiting"] == [1, 2, 3, 4]
    assert [one.step for one in steps].count("moving") == 1
    assert await job.result() == "ready"
    assert len(clock.slept) == 4


async def test_the_deadline_is_kept_and_the_wait_taken_up_again() -> None:
    clock = Clock()
    job = Job(CLIENT, Counting(left=6))
    with pytest.raises(JobTimeoutError, match="the counting is not done after 100 s") as caught:
        await job.result(timeout=100, polling=clock.polling(first=30.0))
    assert clock.now == 100
    assert clock.slept == [30.0, 30.0, 30.0, 10.0]
    assert isinstance(caught.value, TimeoutError | PinterestError)
    assert await job.result(polling=clock.polling(first=30.0)) == "ready"
    assert clock.slept[4:] == [30.0]  # the second wait looks at once


async def test_a_step_that_takes_too_long_ends_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pinterest_async.jobs.job.LAST_LOOK", 0.0)

    class Slow(Counting, frozen=True, kw_only=True, tag="slow"):
        async def step(self, run: Run) -> Look[str]:
            assert run.client is CLIENT
            await asyncio.Event().wait()
            raise AssertionError

    job = Job(CLIENT, Slow(left=1))
    with pytest.raises(JobTimeoutError):
        await job.result(timeout=0.01, polling=Clock().polling(first=0.0))


async def test_without_time_there_is_one_look() -> None:
    clock = Clock()
    job = Job(CLIENT, Counting(left=1))
    assert await job.result(timeout=0, polling=clock.polling(first=3.0)) == "ready"
    assert clock.slept == [0.0]


async def test_errors_of_a_step_leave_the_job_as_it_was() -> None:
    job = Job(CLIENT, Counting(left=2))
    Counting.failure = JobFailedError("it ended as FAILED", state="FAILED")
    with pytest.raises(JobError, match="ended as FAILED") as caught:
        await job.result(polling=Clock().polling())
    assert isinstance(caught.value, JobFailedError)
    assert caught.value.state == "FAILED"
    with pytest.raises(JobFailedError):
        await job.status()
    Counting.failure = None
    assert await job.result(polling=Clock().polling()) == "ready"


async def test_a_cancelled_wait_leaves_nothing_behind_and_can_be_taken_up() -> None:
    waiting = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        waiting.set()
        await asyncio.Event().wait()

    job = Job(CLIENT, Counting(left=1))
    before = asyncio.all_tasks()
    task = asyncio.ensure_future(job.result(polling=Clock().polling(sleep=sleep)))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert asyncio.all_tasks() == before
    assert await job.result(polling=Clock().polling()) == "ready"


async def test_two_waits_do_each_step_once() -> None:
    job = Job(CLIENT, Counting(left=3))
    results = await asyncio.gather(*(job.result(polling=Clock().polling()) for _ in range(5)))
    assert results == ["ready"] * 5
    assert len(Counting.seen) == 3


async def test_status_is_one_look() -> None:
    job = Job(CLIENT, Counting(left=2))
    assert await job.status() == JobStatus(state="RUNNING", done=False)
    assert await job.status() == JobStatus(state="RUNNING", done=True)
    assert Counting.seen == ["first", "first"]


async def test_a_job_with_a_result_is_done_without_another_look() -> None:
    job = Job(CLIENT, Counting(left=2))
    await job.result(polling=Clock().polling())
    looks = len(Counting.seen)
    assert await job.status() == JobStatus(state="RUNNING", done=True)
    assert len(Counting.seen) == looks


@given(
    first=st.floats(0.1, 60),
    factor=st.floats(1, 4),
    longest=st.floats(0.1, 120),
    jitter=st.floats(0, 0.5),
    chances=st.lists(st.floats(0, 1), min_size=1),
    timeout=st.floats(1, 10_000),
)
def test_pauses_keep_their_bounds(
    first: float,
    factor: float,
    longest: float,
    jitter: float,
    chances: list[float],
    timeout: float,
) -> None:
    clock = Clock()
    draws = itertools.cycle(chances)
    polling = clock.polling(
        first=first,
        factor=factor,
        longest=longest,
        jitter=jitter,
        timeout=timeout,
        chance=lambda: next(draws),
    )

    async def look() -> None:
        with pytest.raises(JobTimeoutError):
            async for _ in polling.looks("it"):
                pass

    asyncio.run(look())
    assert clock.now == pytest.approx(timeout)
    bound, *_ = [min(first, longest)]
    for pause in clock.slept[:-1]:
        assert bound * (1 - jitter) <= pause * (1 + 1e-9)
        assert pause <= bound * (1 + jitter) * (1 + 1e-9)
        bound = min(bound * factor, longest)


def test_what_is_saved_is_plain_json_and_comes_back() -> None:
    client = Pinterest("pina_x")
    saved = client.media.processing("123").save()
    assert (
        json.loads(json.dumps(saved))
        == saved
        == {
            "version": 1,
            "job": "media",
            "media_id": "123",
        }
    )
    again = client.job(json.loads(json.dumps(saved)))
    assert again.save() == saved
    assert "123" in repr(again)


@pytest.mark.parametrize(
    ("saved", "field", "words"),
    [
        (7, "saved", "expected a dict"),
        ([], "saved", "expected a dict"),
        ({}, "saved.job", "no name of a kind"),
        ({"job": 3}, "saved.job", "no name of a kind"),
        ({"job": "medai", "version": 1}, "saved.job", "did you mean 'media'"),
        ({"job": "media"}, "saved.version", "another version"),
        ({"job": "media", "version": 2}, "saved.version", "another version"),
        ({"job": "media", "version": 1}, "saved", "media_id"),
        ({"job": "media", "version": 1, "media_id": 3}, "saved", "media_id"),
    ],
)
def test_what_was_never_saved_is_refused(saved: Any, field: str, words: str) -> None:
    with pytest.raises(InvalidCallError, match=words) as caught:
        Pinterest("pina_x").job(saved)
    assert caught.value.problems[0].field == field


def test_each_kind_has_the_name_of_its_tag() -> None:
    for name in KINDS:
        assert kind(name).__struct_config__.tag == name
        assert kind(name).__struct_config__.frozen


async def test_a_job_is_no_single_call() -> None:
    client = Pinterest("pina_x")
    method: Any = client.media.processing
    with pytest.raises(TypeError, match="takes more than one call"):
        await client.send(method, "1")
