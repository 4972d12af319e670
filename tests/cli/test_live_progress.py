import io
from typing import Any

import pytest

pytest.importorskip("rich")

from screens import bucket

from pinterest_async.cli.live_progress import Display, Portion, describe
from pinterest_async.cli.terminal import Terminal
from pinterest_async.harvest import Progress


def test_progress_tells_rows_calls_and_the_fullest_quota() -> None:
    quota = (
        bucket("ads_analytics", 300, available=75),
        bucket("ads_read", 1000),
        bucket("safety_net", 100, window=1.0, available=0),
    )
    progress = Progress(
        accounts=1,
        accounts_listed=1,
        partitions=8,
        done=3,
        skipped=1,
        rows=12_345,
        calls=67,
        quota=quota,
    )
    assert describe(progress) == (
        "4 of 8 partitions  12,345 rows  67 calls  75 % of ads_analytics used"
    )


def listed(**facts: Any) -> Progress:
    return Progress(accounts=4, accounts_listed=4, **facts)


def test_progress_tells_what_is_waited_for_and_how_long() -> None:
    quota = (
        bucket("ads_analytics", 300, available=0, waiting=5, next_free_in=41.6),
        bucket("ads_read", 1000, waiting=1),
        bucket("safety_net", 100, available=0, waiting=5, next_free_in=0.2, window=1.0),
    )
    facts: dict[str, Any] = {"partitions": 2, "failed": 1, "quota": quota}
    line = describe(listed(**facts, reports=3, reports_for=130.0))
    assert line == (
        "waiting for quota safety_net, 1 s more  waiting for quota ads_analytics, 42 s more  "
        "waiting for 3 reports, 2 min so far  1 failed  0 of 2 partitions  0 rows  0 calls  "
        "100 % of ads_analytics used"
    )


def test_a_frozen_quota_is_waited_for_as_long_as_it_is() -> None:
    quota = (bucket("ads_read", 9, available=0, waiting=1, next_free_in=3.0, frozen_for=600.0),)
    assert describe(listed(quota=quota)).startswith("waiting for quota ads_read, 10 min more")


def test_where_room_is_short_the_first_things_stay() -> None:
    now = listed(partitions=80, done=8, rows=12, calls=300, calls_left=900, seconds=60.0, failed=2)
    assert describe(now) == "3 min left  2 failed  8 of 80 partitions  12 rows  300 calls"
    assert describe(now, 45) == "3 min left  2 failed  8 of 80 partitions"
    assert describe(now, 20) == "3 min left  2 failed"
    assert describe(now, 5) == "3 min left"


def test_one_is_not_many() -> None:
    assert describe(listed(partitions=1, rows=1, calls=1)) == "0 of 1 partition  1 row  1 call"


def test_totals_are_guessed_until_all_accounts_are_listed() -> None:
    now = Progress(accounts=40, accounts_listed=10, partitions=20, done=8)
    assert describe(now).startswith("8 of about 80 partitions")
    assert Portion.of(now).percent == 10
    assert describe(Progress()) == "listing ad accounts"
    assert describe(Progress(accounts=40)).startswith("looking into 40 accounts  0 rows")
    assert describe(listed()).startswith("0 rows")  # there is nothing to fetch


def test_all_is_done_where_nothing_is_missing_and_not_before() -> None:
    assert Portion.of(listed(partitions=1000, done=999)).percent == 99
    assert Portion.of(listed(partitions=1000, done=999, failed=1)).percent == 99
    assert Portion.of(listed(partitions=1000, done=900, skipped=100)).percent == 100


def test_a_pipe_gets_the_last_state_once() -> None:
    stream = io.StringIO()
    last = listed(partitions=3, done=2, failed=1, rows=5, seconds=0.5)
    with Display(Terminal(file=stream, width=200)) as display:
        display.update(listed(partitions=3, done=2, rows=5, seconds=0.4))
        display.update(last)
        display.update(last)
    assert stream.getvalue().splitlines() == [
        " 66 %  2 of 3 partitions  5 rows  0 calls",
        " 66 %  1 failed  2 of 3 partitions  5 rows  0 calls",
    ]


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
