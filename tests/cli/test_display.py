import io
from typing import Any

import pytest

pytest.importorskip("rich")

from pinterest_async.cli.display import Display, describe
from pinterest_async.cli.terminal import Terminal
from pinterest_async.harvest import Progress
from pinterest_async.limits import BucketState


def bucket(name: str, limit: int, **changes: Any) -> BucketState:
    facts: dict[str, Any] = {
        "key": "subject",
        "window": 60.0,
        "available": limit,
        "in_flight": 0,
        "waiting": 0,
        "next_free_in": 0.0,
        "frozen_for": 0.0,
    }
    return BucketState(name=name, limit=limit, **facts | changes)


def test_progress_tells_rows_calls_and_the_fullest_quota() -> None:
    quota = (
        bucket("ads_analytics", 300, available=75),
        bucket("ads_read", 1000),
        bucket("safety_net", 100, window=1.0, available=0),
    )
    progress = Progress(partitions=8, done=3, skipped=1, rows=12_345, calls=67, quota=quota)
    assert describe(progress) == (
        "4 of 8 partitions  12,345 rows  67 calls  75% of ads_analytics used"
    )


def test_progress_tells_what_calls_wait_for() -> None:
    quota = (
        bucket("ads_analytics", 300, available=0, waiting=5),
        bucket("ads_read", 1000, waiting=1),
    )
    line = describe(Progress(partitions=2, failed=1, quota=quota))
    assert line.endswith("100% of ads_analytics used  waiting on ads_analytics")
    assert "1 failed" in line


def test_one_is_not_many() -> None:
    assert describe(Progress(partitions=1, rows=1, calls=1)) == "0 of 1 partition  1 row  1 call"


def test_plain_lines_come_by_progress_and_by_time() -> None:
    stream = io.StringIO()
    display = Display(Terminal(file=stream, width=200))
    for second in range(61):
        display.update(
            Progress(accounts=100, accounts_listed=1, partitions=5, seconds=float(second))
        )
    assert len(stream.getvalue().splitlines()) == 2
    for done in range(101):
        display.update(
            Progress(accounts=1, accounts_listed=1, partitions=100, done=done, seconds=61.0)
        )
    assert len(stream.getvalue().splitlines()) == 2 + 11
