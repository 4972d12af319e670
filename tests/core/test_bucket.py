"""One quota's arithmetic: what comes back when, what the server's words change, and its size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async._core.bucket import Bucket


def spent(bucket: Bucket, count: int, at: float, late: float = 0.0) -> None:
    """Requests that left and ended at one moment."""
    for _ in range(count):
        bucket.spend()
    for _ in range(count):
        bucket.finish(at, late)


def test_all_tokens_can_be_spent_at_once() -> None:
    bucket = Bucket(3, 60.0)
    for left in (3, 2, 1, 0):
        assert bucket.free(0.0) == left
        bucket.spend()
    assert bucket.free(1e9) == 0  # under way for however long


def test_a_token_comes_back_one_window_after_the_end_rounded_up() -> None:
    bucket = Bucket(1, 60.0)
    spent(bucket, 1, 100.0)
    assert bucket.free(160.0) == 0
    assert bucket.free(160.0 + 0.07) == 1


def test_a_token_that_was_not_used_is_back_at_once() -> None:
    bucket = Bucket(1, 60.0)
    bucket.spend()
    bucket.release()
    assert bucket.free(0.0) == 1
    assert bucket.idle(0.0)


def test_one_that_may_arrive_late_does_not_hold_up_the_others() -> None:
    bucket = Bucket(2, 10.0)
    spent(bucket, 1, 0.0, late=5.0)
    spent(bucket, 1, 1.0)
    assert bucket.free(11.02) == 1
    assert bucket.free(15.0) == 1
    assert bucket.free(15.02) == 2


@pytest.mark.parametrize("late", [0.0, 5.0])
def test_the_size_of_a_bucket_is_bounded(late: float) -> None:
    bucket = Bucket(100_000, 10.0)
    for number in range(50_000):
        spent(bucket, 1, number * 10.0 / 50_000, late if number % 2 else 0.0)
    assert 0 < len(bucket.slots) <= 2002
    assert len(bucket.slots) == len(bucket.slot_tokens)
    assert bucket.outstanding == 50_000


# Words of the server


def test_a_window_shortened_by_a_header_brings_tokens_back_sooner() -> None:
    bucket = Bucket(2, 60.0)
    spent(bucket, 1, 0.0)
    spent(bucket, 1, 4.0)
    bucket.learn(2, 5.0)
    assert bucket.free(5.0) == 0  # not a moment before its new time
    assert bucket.ready_at(4.5) == pytest.approx(5.0, abs=0.061)
    assert bucket.free(5.061) == 1
    assert bucket.free(9.061) == 2
    # From now on in slots of the new window.
    spent(bucket, 1, 20.0)
    assert bucket.free(25.0) == 1
    assert bucket.free(25.006) == 2


def test_a_window_shortened_far_below_what_has_passed_frees_all() -> None:
    bucket = Bucket(5, 86_400.0)
    spent(bucket, 5, 0.0)
    bucket.learn(5, 60.0)
    assert bucket.free(300.0) == 5
    assert bucket.slots == bucket.slot_tokens == []


def test_a_window_lengthened_by_a_header_holds_tokens_longer() -> None:
    bucket = Bucket(1, 60.0)
    spent(bucket, 1, 0.0)
    bucket.learn(1, 120.0)
    assert bucket.free(119.9) == 0
    assert bucket.free(120.061) == 1


def test_requests_that_end_after_a_window_was_shortened_keep_their_order() -> None:
    bucket = Bucket(3, 60.0)
    spent(bucket, 1, 0.0, late=50.0)
    bucket.learn(3, 5.0)
    spent(bucket, 1, 1.0)
    assert bucket.free(6.01) == 2
    assert bucket.free(55.0) == 2
    assert bucket.free(55.07) == 3


@pytest.mark.parametrize(("limit", "window"), [(0, 60.0), (-1, None), (0, 0.0), (0, -1.0)])
def test_quotas_that_make_no_sense_change_nothing(limit: int, window: float | None) -> None:
    bucket = Bucket(3, 60.0)
    bucket.learn(limit, window)
    assert (bucket.limit, bucket.window) == (3, 60.0)


def test_a_quota_below_what_is_out_gives_nothing_until_enough_is_back() -> None:
    bucket = Bucket(10, 10.0)
    spent(bucket, 5, 0.0)
    spent(bucket, 5, 2.0)
    bucket.learn(5, None)
    assert bucket.free(2.0) == 0
    assert bucket.free(10.02) == 0
    assert bucket.ready_at(10.02) == pytest.approx(12.0, abs=0.02)
    assert bucket.free(12.02) == 5


def test_what_others_used_counts_until_the_reset() -> None:
    bucket = Bucket(10, 60.0)
    bucket.count_others(used=7, ours=3, until=20.0)
    bucket.count_others(used=5, ours=3, until=90.0)  # an older answer that came late
    assert bucket.free(19.9) == 6
    assert bucket.free(20.0) == 10
    assert not bucket.foreign


# Freezes


def test_a_freeze_ends_in_single_steps() -> None:
    bucket = Bucket(10, 60.0)
    bucket.freeze(0.0, 7.0)
    assert bucket.free(6.9) == 0
    assert bucket.ready_at(0.0) == 7.0
    assert bucket.free(7.0) == 10
    bucket.spend()
    bucket.pace(7.0, 0.5)
    assert bucket.free(12.9) == 0
    assert bucket.free(13.0) == 9
    assert not bucket.idle(60.0)
    # A window after it, everything is as before.
    assert bucket.free(67.0) == 9
    bucket.pace(67.0, 0.5)
    assert bucket.free(67.0) == 9


def test_a_shorter_freeze_does_not_end_a_longer_one() -> None:
    bucket = Bucket(10, 60.0)
    bucket.freeze(0.0, 100.0)
    bucket.freeze(1.0, 2.0)
    assert bucket.free(99.0) == 0


# Waits


def test_when_the_next_can_go() -> None:
    bucket = Bucket(2, 10.0)
    assert bucket.ready_at(0.0) == bucket.ready_at(0.0, 1) == 0.0
    assert bucket.ready_at(0.0, 2) == 10.0
    spent(bucket, 2, 0.0)
    assert bucket.ready_at(5.0) == pytest.approx(10.0, abs=0.02)


def test_a_request_that_may_arrive_late_does_not_hold_up_the_token_of_one_under_way() -> None:
    bucket = Bucket(2, 10.0)
    bucket.spend()
    bucket.spend()
    bucket.finish(0.0, late=60.0)  # its token is back at 70
    assert bucket.ready_at(5.0) == 15.0
    assert bucket.supply(5.0).at(0) == 15.0
    assert bucket.supply(5.0).at(1) == 25.0
    bucket.finish(5.0)
    assert bucket.free(14.99) == 0
    assert bucket.free(15.011) == 1
    assert bucket.ready_at(20.0) == pytest.approx(20.0)
    assert bucket.ready_at(20.0, taken=1) == 30.0


def test_another_quota_for_the_same_requests_starts_from_what_they_spent() -> None:
    minute, day = Bucket(5, 60.0), Bucket(7, 86_400.0)
    spent(minute, 2, 0.0)
    minute.spend()
    day.copy_tokens(minute)
    assert (day.in_flight, day.pending, day.free(1.0)) == (1, 2, 4)
    assert day.free(86_399.0) == 4
    assert day.free(86_400.0 + 0.07) == 6
    minute.finish(0.0)
    assert day.in_flight == 1


STEPS = st.lists(
    st.tuples(
        st.floats(0.0, 5.0),
        st.sampled_from(["spend", "finish", "finish", "late", "release", "learn"]),
        st.integers(1, 6),
        st.sampled_from([1.0, 4.0, 10.0]),
    ),
    max_size=60,
)


@given(steps=STEPS)
def test_it_agrees_with_a_plain_list_of_ends(
    steps: list[tuple[float, str, int, float]],
) -> None:
    """Never a token too many, and none missing for more than a few slots' time."""
    bucket = Bucket(4, 10.0)
    now, under_way, ends = 0.0, 0, list[float]()
    for pause, what, limit, window in steps:
        now += pause
        slack = 0.05  # slots of the widest window, rounded up when it changes too
        if what == "spend" and bucket.free(now) > 0:
            bucket.spend()
            under_way += 1
        elif what == "release" and under_way:
            bucket.release()
            under_way -= 1
        elif what in ("finish", "late") and under_way:
            late = 3.0 if what == "late" else 0.0
            bucket.finish(now, late)
            under_way -= 1
            ends.append(now + late)
        # A longer window does not reach back to tokens that were there again before it came.
        bucket.advance(now)
        surely_out = [end for end in ends if end > now - bucket.window]
        maybe_out = [end for end in ends if end > now - bucket.window - slack]
        assert len(surely_out) <= bucket.pending <= len(maybe_out)
        assert bucket.free(now) == max(0, bucket.limit - under_way - bucket.pending)
        ends = sorted(ends)[len(ends) - bucket.pending :]
        if what == "learn":
            bucket.learn(limit, window)
