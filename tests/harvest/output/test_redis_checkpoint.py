"""A checkpoint in a real Redis."""

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis

from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import (
    CheckpointError,
    Commit,
    Plan,
    RedisCheckpoint,
    TargetError,
    run,
)
from pinterest_async.harvest.output.checkpoint import RequestedReport
from pinterest_async.harvest.plan.series import Series, begin, cut

pytest.importorskip("pyarrow")

MakePlan = Callable[..., Plan]
LOCK = "pinterest:harvest:{spend}:lock"


@pytest.fixture
async def checkpoint(redis: Redis) -> AsyncIterator[RedisCheckpoint]:
    checkpoint = RedisCheckpoint(redis, "spend")
    await checkpoint.open()
    yield checkpoint
    await checkpoint.aclose()


@pytest.fixture
def series(make_plan: MakePlan) -> Series:
    return begin(make_plan(), None, dt.datetime.now(dt.UTC).date(), "parquet")


async def test_what_is_kept_is_there_in_the_next_run(redis: Redis, series: Series) -> None:
    (partition,) = cut(series, "1", ["11"])
    commit = Commit(path="a", rows=5, misfits=1)
    first = RedisCheckpoint(redis, "spend")
    assert await first.open() == {}
    assert await first.begin(series) == {}
    assert await first.listed(series, "1") == ((), False)
    await first.note(series, None, ["1", "2"])
    await first.note(series, "1", ["11"])
    await first.commit(series, partition, commit)
    await first.aclose()
    second = RedisCheckpoint(redis, "spend")
    assert await second.open() == {series.id: series}
    assert await second.begin(series) == {partition.id: commit}
    assert await second.listed(series, None) == (("1", "2"), True)
    assert await second.listed(series, "1") == (("11",), True)
    await second.aclose()
    other = RedisCheckpoint(redis, "clicks")
    assert await other.open() == {}
    await other.aclose()


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_what_is_no_checkpoint_ends_in_a_sentence(redis: Redis, content: bytes) -> None:
    await redis.hset("pinterest:harvest:{spend}:series", "a", content)
    checkpoint = RedisCheckpoint(redis, "spend")
    with pytest.raises(CheckpointError, match="spend in Redis is damaged") as caught:
        await checkpoint.open()
    assert len(str(caught.value)) < 1000


async def test_what_a_later_version_wrote_is_left_alone(redis: Redis) -> None:
    await redis.set("pinterest:harvest:{spend}:version", 2)
    with pytest.raises(TargetError, match="another version"):
        await RedisCheckpoint(redis, "spend").open()
    assert not await redis.exists("pinterest:harvest:{spend}:lock")


async def test_reports_are_kept_until_their_partitions_are_finished(
    checkpoint: RedisCheckpoint, series: Series
) -> None:
    first, second = (next(cut(series, account, ["11"])) for account in "12")
    asked = RequestedReport(token="7", when=1.5)
    for partition in (first, second):
        await checkpoint.ask(series, partition, asked)
    assert await checkpoint.reports(series) == {first.id: asked, second.id: asked}
    await checkpoint.commit(series, first, Commit(path=None, rows=0))
    assert await checkpoint.reports(series) == {second.id: asked}


async def test_a_later_plan_knows_what_is_finished(
    checkpoint: RedisCheckpoint, series: Series, make_plan: MakePlan, yesterday: dt.date
) -> None:
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.commit(series, partition, Commit(path=None, rows=0))
    later = begin(make_plan(start=yesterday), series, yesterday, "parquet")
    assert list(await checkpoint.begin(later)) == [partition.id]


async def test_ids_of_an_earlier_plan_are_to_be_listed_again(
    checkpoint: RedisCheckpoint, series: Series, make_plan: MakePlan, yesterday: dt.date
) -> None:
    await checkpoint.note(series, "1", ["11"])
    later = begin(make_plan(start=yesterday), series, yesterday, "parquet")
    assert later.id == series.id
    assert await checkpoint.listed(later, "1") == (("11",), False)


class Waiting:
    """Instead of sleeping: what happens to the lock meanwhile."""

    def __init__(self, redis: Redis, *lives: int) -> None:
        self._redis = redis
        self._lives = list(lives)
        self.slept = 0.0

    async def __call__(self, seconds: float) -> None:
        if not self._lives:
            await asyncio.Event().wait()
        self.slept += seconds
        await self._redis.pexpire(LOCK, self._lives.pop(0))


async def test_two_runs_are_kept_apart(checkpoint: RedisCheckpoint, redis: Redis) -> None:
    renewed = Waiting(redis, 25_000, 20_100, 30_000)
    with pytest.raises(TargetError, match="another harvest is filling spend"):
        await RedisCheckpoint(redis, "spend", sleep=renewed).open()
    assert renewed.slept == 15
    await checkpoint.aclose()
    second = RedisCheckpoint(redis, "spend")
    await second.open()
    await second.aclose()


async def test_the_lock_of_a_run_that_died_is_waited_for(redis: Redis) -> None:
    await redis.set(LOCK, "dead", px=30_000)
    fading = Waiting(redis, 25_000, 20_000, 15_000, 0)
    second = RedisCheckpoint(redis, "spend", sleep=fading)
    await second.open()
    assert fading.slept == 20
    await second.aclose()
    # A lock without an end is nobody's of ours: it is not waited for.
    await redis.set(LOCK, "odd")
    with pytest.raises(TargetError):
        await RedisCheckpoint(redis, "spend", sleep=Waiting(redis)).open()


async def test_a_run_that_lost_its_lock_changes_nothing(
    checkpoint: RedisCheckpoint, redis: Redis, series: Series
) -> None:
    (partition,) = cut(series, "1", ["11"])
    await checkpoint.begin(series)
    await redis.delete(LOCK)
    second = RedisCheckpoint(redis, "spend")
    await second.open()
    with pytest.raises(TargetError, match="another harvest has taken over"):
        await checkpoint.commit(series, partition, Commit(path=None, rows=0))
    assert await second.begin(series) == {}
    await checkpoint.aclose()  # which leaves the other's lock alone
    with pytest.raises(TargetError):
        await RedisCheckpoint(redis, "spend", sleep=Waiting(redis, 30_000)).open()
    await second.aclose()


async def test_the_lock_lives_as_long_as_the_run(redis: Redis) -> None:
    async def briefly(seconds: float) -> None:
        assert seconds == 10
        await asyncio.sleep(0.001)

    checkpoint = RedisCheckpoint(redis, "spend", sleep=briefly)
    await checkpoint.open()
    await redis.pexpire(LOCK, 20_000)
    left: list[int] = []
    while not left or (left[-1] <= 20_000 and len(left) < 10_000):
        left.append(await redis.pttl(LOCK))
    assert left[-1] > 25_000
    await checkpoint.aclose()
    assert not await redis.exists(LOCK)


async def test_a_harvest_goes_on_from_redis(
    fake: Any, make_plan: MakePlan, tmp_path: Path, redis: Redis
) -> None:
    first = await run(
        make_plan(), fake.client, out=tmp_path, checkpoint=RedisCheckpoint(redis, "spend")
    )
    again = await run(
        make_plan(), fake.client, out=tmp_path, checkpoint=RedisCheckpoint(redis, "spend")
    )
    assert (first.done, first.skipped) == (2, 0)
    assert (again.done, again.skipped, again.calls) == (0, 2, 0)
    assert sorted(first.paths) == sorted(again.paths)
    untyped: Any = redis  # its keys have no types
    keys = [key async for key in untyped.scan_iter()]
    assert all(key.startswith(b"pinterest:harvest:{spend}:") for key in keys)
    assert LOCK.encode() not in keys


async def test_a_redis_that_is_away_is_reported_without_its_password() -> None:
    checkpoint = RedisCheckpoint("redis://:secret@127.0.0.1:1/0", "spend")
    assert "secret" not in repr(checkpoint)
    with pytest.raises(CheckpointError, match="Redis does not keep the checkpoint") as caught:
        await checkpoint.open()
    assert "secret" not in f"{caught.value!r} {caught.value.__cause__!r}"
    await checkpoint.aclose()


def test_a_checkpoint_needs_a_name() -> None:
    with pytest.raises(ConfigurationError, match="empty name"):
        RedisCheckpoint("redis://127.0.0.1:1", "")
    with pytest.raises(ConfigurationError, match="lock_seconds is 0"):
        RedisCheckpoint("redis://127.0.0.1:1", "spend", lock_seconds=0)
