"""Which partitions go to one more worker: by times that the test says, without a cluster."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.harvest.execute.stragglers import (
    COMPARED,
    SILENT_SECONDS,
    SLOW_SECONDS,
    SLOW_TIMES,
    UNKNOWN_SECONDS,
    Stragglers,
)

HEARD = 1e9
"""When the scheduler heard from workers, by a clock of its own."""


class Case:
    """Stragglers with a clock, and workers `a`, `b` and `c` that are heard of until they stop."""

    def __init__(self) -> None:
        self.stragglers = Stragglers()
        self.now = 0.0
        self.heard = dict.fromkeys("abc", HEARD)
        self.stopped: set[str] = set()

    def look(self, worker_of: Mapping[str, str], after: float = 0.0) -> Mapping[str, set[str]]:
        self.now += after
        for worker in self.heard.keys() - self.stopped:
            self.heard[worker] += after + 0.5
        found = self.stragglers.look(self.now, self.heard, worker_of)
        return {partition: set(workers) for partition, workers in found.items()}

    def done(self, seconds: float, times: int = COMPARED) -> None:
        """So many partitions take so long."""
        for number in range(times):
            self.stragglers.given(f"done {number}", "calls", f"key {number}", self.now)
            self.stragglers.ended(f"done {number}", f"key {number}", self.now + seconds)


@pytest.fixture
def case() -> Case:
    return Case()


def test_what_a_silent_worker_has_goes_to_another(case: Case) -> None:
    case.stragglers.given("1", "calls", "k1", 0.0)
    case.stragglers.given("2", "calls", "k2", 0.0)
    has = {"k1": "a", "k2": "b"}
    assert case.look(has) == {}
    case.stopped = {"a"}
    assert case.look(has, after=SILENT_SECONDS - 1) == {}
    assert case.stragglers.preferred() == ()
    assert case.look(has, after=1) == {"1": {"b", "c"}}
    assert case.stragglers.silent == {"a"}
    assert set(case.stragglers.preferred()) == {"b", "c"}
    case.stragglers.given("1", "calls", "k3", case.now)
    has["k3"] = "b"
    assert case.look(has, after=1) == {}
    case.stopped |= {"b"}
    assert case.look(has, after=SILENT_SECONDS + 1) == {"1": {"c"}, "2": {"c"}}
    case.stopped = set()
    assert case.look(has, after=1) == {}
    assert case.stragglers.preferred() == ()


def test_where_no_worker_is_awake_nothing_is_given(case: Case) -> None:
    case.stragglers.given("1", "calls", "k1", 0.0)
    case.stopped = set("abc")
    case.look({"k1": "a"})
    assert case.look({"k1": "a"}, after=SILENT_SECONDS) == {}
    assert case.stragglers.preferred() == ()
    # As after a pause of the machine: the first to be heard of again gets it.
    case.stopped = set("ab")
    assert case.look({"k1": "a"}, after=1) == {"1": {"c"}}


def test_what_waits_in_the_scheduler_is_handed_out_by_it(case: Case) -> None:
    case.stragglers.given("1", "calls", "k1", 0.0)
    assert case.look({}, after=UNKNOWN_SECONDS * 10) == {}


@pytest.mark.parametrize(
    ("took", "slow"), [(1.0, SLOW_SECONDS), (SLOW_SECONDS, SLOW_TIMES * SLOW_SECONDS)]
)
def test_slow_is_what_takes_much_longer_than_others(case: Case, took: float, slow: float) -> None:
    case.done(took)
    case.stragglers.given("1", "calls", "k1", 0.0)
    has = {"k1": "a"}
    assert case.look(has, after=slow - 1) == {}
    assert case.look(has, after=1) == {"1": {"b", "c"}}
    case.stragglers.given("1", "calls", "k2", case.now)
    has["k2"] = "c"
    assert case.look(has, after=2 * slow - 1) == {}
    assert case.look(has, after=1) == {"1": {"b"}}
    case.stragglers.given("1", "calls", "k3", case.now)
    has["k3"] = "b"
    assert case.look(has, after=100 * slow) == {}  # every worker has it


def test_reports_are_compared_with_reports(case: Case) -> None:
    case.done(1.0)
    case.stragglers.given("1", "report", "k1", 0.0)
    assert case.look({"k1": "a"}, after=UNKNOWN_SECONDS - 1) == {}
    assert case.look({"k1": "a"}, after=1) == {"1": {"b", "c"}}


def test_too_few_are_not_compared_with(case: Case) -> None:
    case.done(1.0, times=COMPARED - 1)
    case.stragglers.given("1", "calls", "k1", 0.0)
    assert case.look({"k1": "a"}, after=UNKNOWN_SECONDS - 1) == {}
    case.done(1.0, times=1)
    assert case.look({"k1": "a"}) == {"1": {"b", "c"}}


def test_what_was_given_up_is_not_compared_with(case: Case) -> None:
    for _ in range(COMPARED):
        case.stragglers.given("failed", "calls", "k", 0.0)
        case.stragglers.ended("failed", None, 1.0)
    case.stragglers.given("1", "calls", "k1", 0.0)
    assert case.look({"k1": "a"}, after=UNKNOWN_SECONDS - 1) == {}
    assert case.stragglers.keys == {"k1"}


@given(
    st.lists(
        st.tuples(st.floats(0, 10 * UNKNOWN_SECONDS), st.sets(st.sampled_from("abc"))), max_size=20
    )
)
def test_nobody_is_given_the_same_partition_twice(looks: list[tuple[float, set[str]]]) -> None:
    """Whatever happens: each worker has it once at most, and only who is awake is given it."""
    case = Case()
    case.stragglers.given("1", "calls", "a", 0.0)
    has = {"a": "a"}
    for after, stopped in looks:
        case.stopped = stopped
        for workers in case.look(has, after).values():
            assert workers
            assert workers.isdisjoint(has)
            assert workers.isdisjoint(case.stragglers.silent)
            worker = min(workers)
            case.stragglers.given("1", "calls", worker, case.now)
            has[worker] = worker
