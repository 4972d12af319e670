"""When requests behind others can go: what the queues and the buckets say together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.bucket import Bucket
from pinterest_async._core.forecast import Supply, forecast


def full(limit: int, window: float) -> Supply:
    return Supply(limit, window, start=0.0, free=limit, coming=())


def test_those_behind_others_wait_for_rounds() -> None:
    supply = full(2, 10.0)
    assert [supply.at(ahead) for ahead in range(6)] == [0.0, 0.0, 10.0, 10.0, 20.0, 20.0]


def test_tokens_come_as_they_were_spent() -> None:
    supply = Supply(4, 10.0, start=1.0, free=1, coming=[(0.5, 1), (4.0, 1), (7.0, 1)])
    assert [supply.at(ahead) for ahead in range(5)] == [1.0, 1.0, 4.0, 7.0, 11.0]
    assert [supply.by(time) for time in (0.9, 1.0, 4.0, 100.0)] == [0, 2, 3, 4]


def test_what_is_out_beyond_the_limit_comes_back_to_nobody() -> None:
    supply = Supply(2, 10.0, start=0.0, free=-2, coming=[(1.0, 1), (2.0, 1), (3.0, 1), (4.0, 1)])
    assert [supply.at(ahead) for ahead in range(3)] == [3.0, 4.0, 13.0]


def test_after_a_freeze_requests_are_expected_one_by_one() -> None:
    supply = Supply(5, 10.0, start=7.0, free=5, coming=(), thawed_until=17.0)
    assert [supply.at(ahead) for ahead in range(5)] == [7.0, 9.0, 11.0, 13.0, 15.0]
    assert supply.by(12.0) == 3


def test_a_burst_passes_two_buckets_one_after_the_other() -> None:
    net, own = full(100, 1.0), full(1000, 60.0)
    mine = [net, own]
    assert forecast(mine, [(mine, 0)]) == 0.0
    assert forecast(mine, [(mine, 950)]) == 9.0
    assert forecast(mine, [(mine, 1000)]) == 60.0
    assert forecast(mine, [(mine, 1950)]) == 69.0


def test_those_who_share_one_bucket_count_in_it_as_far_as_their_own_lets_them() -> None:
    net, own, other = full(100, 1.0), full(1000, 60.0), full(250, 60.0)
    assert forecast([net, own], [([net, other], 200)]) == 2.0
    assert forecast([net, own], [([net, other], 5000)]) == 2.0
    assert forecast([net, own], [([net, other], 5000), ([net, other], 50)]) == 2.0


def test_it_stays_quick_behind_a_very_long_queue() -> None:
    mine = [full(1, 1.0), full(3, 60.0)]
    assert forecast(mine, [(mine, 1_000_000)]) == pytest.approx(20_000_000, rel=0.01)


@given(
    limit=st.integers(1, 9),
    ends=st.lists(st.floats(0.0, 20.0), max_size=9),
    under_way=st.integers(0, 3),
    foreign=st.integers(0, 9),
    frozen=st.sampled_from([0.0, 25.0]),
)
def test_it_agrees_with_the_bucket_on_the_next(
    limit: int, ends: list[float], under_way: int, foreign: int, frozen: float
) -> None:
    bucket = Bucket(limit, 10.0)
    for _ in range(under_way + len(ends)):
        bucket.spend()
    for end in sorted(ends):
        bucket.finish(end)
    bucket.count_others(foreign, 0, 23.0)
    bucket.freeze(0.0, frozen)
    assert bucket.supply(20.0).at(0) == bucket.ready_at(20.0)
