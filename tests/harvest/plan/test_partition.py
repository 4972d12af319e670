import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from pinterest_async.harvest import Partition, Plan, PlanError
from pinterest_async.harvest.plan.partition import (
    URL_BUDGET,
    Block,
    add_blocks,
    groups,
    ids_per_call,
    url_length,
)
from pinterest_async.harvest.plan.series import Series, begin, cut, since_last

IDS = st.lists(st.integers(1, 10**18).map(str), unique=True, max_size=700)
ENTITIES = st.dictionaries(st.integers(1, 10**12).map(str), IDS, max_size=3)
DAY = dt.timedelta(days=1)
BUSY = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""A busy machine is no mistake of the code."""
TODAY = dt.date(2026, 11, 25)


def series(today: dt.date = TODAY, known: Series | None = None, **fields: Any) -> Series:
    start = today - 9 * DAY
    good: dict[str, Any] = {"level": "ad", "columns": ["CTR"], "start": start, "end": today}
    return begin(Plan(**good | fields), known, today)


def days(partition: Partition) -> list[dt.date]:
    return [partition.start + day * DAY for day in range(partition.days)]


@settings(BUSY, max_examples=50)
@given(entities=ENTITIES, back=st.integers(0, 900), length=st.integers(0, 900))
def test_every_id_is_asked_about_every_day_once(
    entities: Mapping[str, Sequence[str]], back: int, length: int
) -> None:
    start = TODAY - back * DAY
    end = min(start + length * DAY, TODAY)
    found = series(start=start, end=end)
    asked: Counter[tuple[str, str]] = Counter()
    names: list[str] = []
    files: list[str] = []
    for account, ids in entities.items():
        for partition in cut(found, account, ids):
            young = partition.start >= TODAY - 89 * DAY
            assert 1 <= len(partition.ids) <= (250 if young else 500)
            assert partition.method == ("calls" if young else "report")
            assert 1 <= partition.days <= (90 if young else 186)
            names.append(partition.id)
            files.append(partition.file)
            for id in partition.ids:
                asked[account, id] += partition.days
    length = (end - start).days + 1
    # Blocks do not overlap (below), so as many days as there are means each of them once.
    assert asked == {(account, id): length for account, ids in entities.items() for id in ids}
    assert len(names) == len(set(names))
    assert len(files) == len(set(files))


@BUSY
@given(
    spans=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 400)), min_size=1, max_size=6),
    wide=st.sampled_from([3, 90]),
)
def test_blocks_never_overlap_and_never_change(spans: list[tuple[int, int]], wide: int) -> None:
    blocks: list[Block] = []
    for back, length in spans:
        start = TODAY - back * DAY
        end = min(start + length * DAY, TODAY)
        before = list(blocks)
        blocks = add_blocks(blocks, start, end, today=TODAY, days=wide, old=186)
        assert set(map(str, before)) <= set(map(str, blocks))
        assert all(one.end < other.start for one, other in pairwise(blocks))
        covered = {block.start + day * DAY for block in blocks for day in range(block.days)}
        assert {start + day * DAY for day in range((end - start).days + 1)} <= covered


def test_hours_are_asked_for_three_days() -> None:
    found = series(granularity="HOUR", start=TODAY - 2 * DAY)
    (partition,) = cut(found, "1", ["11"])
    assert (partition.start, partition.end) == (TODAY - 2 * DAY, TODAY)


def test_the_account_level_needs_no_ids() -> None:
    (partition,) = cut(series(level="account"), "1")
    assert (partition.account, partition.ids, partition.method) == ("1", (), "calls")


def test_product_groups_come_by_report_without_being_listed() -> None:
    (partition,) = cut(series(level="product_group"), "1")
    assert (partition.ids, partition.method) == ((), "report")


def test_promoted_pins_are_asked_about_campaign_by_campaign() -> None:
    ids = [f"{campaign}/{pin}" for pin in range(150) for campaign in (7, 8)]
    found = list(cut(series(level="ad_pin"), "1", ids))
    assert [(one.parent, len(one.ids)) for one in found] == [
        ("7", 100),
        ("7", 50),
        ("8", 100),
        ("8", 50),
    ]
    assert len({one.file for one in found}) == 4


def test_reports_take_as_many_ids_as_the_api_permits() -> None:
    ids = [str(number) for number in range(1001)]
    found = list(cut(series(start=TODAY - 200 * DAY, end=TODAY - 100 * DAY), "1", ids))
    assert [(one.method, len(one.ids)) for one in found] == [("report", n) for n in (500, 500, 1)]
    whole = series(granularity="TOTAL", start=TODAY - 100 * DAY)
    assert [len(one.ids) for one in cut(whole, "1", ids)] == [500, 500, 1]


def test_a_block_keeps_its_groups_when_its_days_grow_old() -> None:
    ids = [str(number) for number in range(300)]
    first = series(start=TODAY - 80 * DAY)
    later = TODAY + 60 * DAY
    again = series(today=later, known=first, start=TODAY - 80 * DAY, end=TODAY - 70 * DAY)
    before, after = (list(cut(each, "1", ids)) for each in (first, again))
    assert [one.method for one in after] == ["report", "report"]
    assert [one.file for one in after] == [one.file for one in before]
    assert [len(one.ids) for one in after] == [250, 50]


def test_totals_older_than_the_endpoints_reach_are_one_report() -> None:
    start = TODAY - 185 * DAY
    (partition,) = cut(series(granularity="TOTAL", start=start), "1", ["11"])
    assert (partition.method, partition.start, partition.end) == ("report", start, TODAY)


def test_names_are_the_same_in_every_process_and_version() -> None:
    day = dt.date(2026, 8, 1)
    found = series(columns=["SPEND_IN_MICRO_DOLLAR"], start=day, end=day, today=day)
    (partition,) = cut(found, "549755885175", ["687", "688"])
    assert partition.id == "9643ac8fc9211a7b1f4f"
    assert partition.file == "6ff3d41dfc6474d32cca"
    assert found.plan.id == "671a5eb5d1f32b730648"


def test_whatever_changes_the_rows_changes_the_name() -> None:
    base = series().plan
    replace = msgspec.structs.replace
    plans = [
        base,
        replace(base, level="campaign"),
        replace(base, columns=["ECTR"]),
        replace(base, granularity="TOTAL"),
        replace(base, start=base.start - DAY),
        replace(base, end=base.end - DAY),
        replace(base, click_window_days=7),
        replace(base, engagement_window_days=7),
        replace(base, view_window_days=7),
        replace(base, conversion_report_time="TIME_OF_CONVERSION"),
    ]
    cuts = [begin(plan, None, TODAY) for plan in plans]
    names = {partition.id for one in cuts for partition in cut(one, "1", ["11"])}
    names |= {partition.id for partition in cut(cuts[0], "1", ["12"])}
    names |= {partition.id for partition in cut(cuts[0], "2", ["11"])}
    assert len(names) == len(plans) + 2
    assert len({plan.id for plan in plans}) == len(plans)
    assert len({plan.series_id for plan in plans}) == len(plans) - 2


def test_many_columns_leave_room_for_fewer_ids() -> None:
    ids = [str(10**12 + number) for number in range(250)]
    assert ids_per_call(ids, url_length(["CTR"]), 250) == 250
    few = ids_per_call(ids, url_length(["TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"] * 150), 250)
    assert 1 <= few < 100
    assert few * len("&ad_group_ids=" + ids[0]) < URL_BUDGET
    assert ids_per_call(ids, url_length(["X" * 100] * 150), 250) == 1


def test_a_partition_with_many_columns_takes_several_calls() -> None:
    found = series(columns=["all"])
    ids = [str(10**12 + number) for number in range(250)]
    (partition,) = cut(found, "1", ids)
    assert 2 <= found.plan.cutter.calls(partition) <= 4


@BUSY
@given(ids=IDS, more=IDS)
def test_ids_that_join_later_change_no_full_group(ids: list[str], more: list[str]) -> None:
    before = list(groups(ids, 100))
    after = list(groups([*ids, *more], 100))
    assert after[: len(ids) // 100] == before[: len(ids) // 100]


def test_days_that_change_no_more_are_not_fetched_again_by_a_later_plan() -> None:
    first = series(start=TODAY - 399 * DAY, end=TODAY - DAY, today=TODAY - DAY)
    later = series(known=first, start=first.plan.start)
    before, after = ({one.id: one for one in cut(each, "1", ["11"])} for each in (first, later))
    common = before.keys() & after.keys()
    assert common
    assert all(before[id].end < TODAY - 30 * DAY for id in common)
    changing = [one for one in after.values() if one.id not in common]
    assert min(one.end for one in changing) >= TODAY - 31 * DAY


class TestSinceLast:
    def done(self, through: dt.date, **fields: Any) -> Series:
        found = series(today=through, start=through - 59 * DAY, **fields)
        return msgspec.structs.replace(found, through=through)

    def test_the_first_run_is_the_whole_plan(self) -> None:
        plan = series().plan
        assert since_last(plan, None, TODAY, 30) == plan

    def test_it_goes_on_and_restates_the_attribution_window(self) -> None:
        known = self.done(TODAY - 7 * DAY)
        plan = msgspec.structs.replace(known.plan, end=TODAY)
        found = since_last(plan, known, TODAY, 30)
        assert (found.start, found.end) == (known.plan.end - 29 * DAY, TODAY)
        assert found.series_id == plan.series_id
        again = begin(found, known, TODAY)
        assert known.blocks == again.blocks[: len(known.blocks)]
        new, old = list(cut(again, "1", ["11"])), list(cut(known, "1", ["11"]))
        assert {one.file for one in new} & {one.file for one in old}
        assert not {one.id for one in new} & {one.id for one in old}

    def test_a_second_time_on_one_day_is_the_same_plan(self) -> None:
        known = self.done(TODAY)
        plan = msgspec.structs.replace(known.plan, end=TODAY)
        assert since_last(plan, known, TODAY, 30) == known.plan

    def test_rows_that_sum_up_days_cannot_go_on(self) -> None:
        with pytest.raises(PlanError, match="choose DAY or HOUR"):
            since_last(series(granularity="WEEK").plan, None, TODAY, 30)

    def test_hours_go_on_as_far_as_they_reach(self) -> None:
        known = self.done(TODAY - DAY)
        hourly = msgspec.structs.replace(
            known.plan, granularity="HOUR", start=TODAY - 2 * DAY, end=TODAY
        )
        found = since_last(hourly, msgspec.structs.replace(known, plan=hourly), TODAY, 30)
        assert (found.start, found.end) == (TODAY - 2 * DAY, TODAY)

    def test_no_day_is_left_out_where_the_first_day_moves_on(self) -> None:
        known = self.done(TODAY - 45 * DAY)
        rolling = msgspec.structs.replace(known.plan, start=TODAY - 10 * DAY, end=TODAY)
        assert since_last(rolling, known, TODAY, 30).start == TODAY - 74 * DAY
        assert since_last(rolling, known, TODAY, 1).start <= TODAY - 44 * DAY

    def test_a_first_run_that_was_not_complete_is_still_wanted(self) -> None:
        known = msgspec.structs.replace(self.done(TODAY - DAY), through=None)
        rolling = msgspec.structs.replace(known.plan, start=TODAY - 10 * DAY, end=TODAY)
        found = since_last(rolling, known, TODAY, 30)
        assert (found.start, found.end) == (known.plan.start, TODAY)


@settings(BUSY, max_examples=50)
@given(back=st.integers(0, 92), length=st.integers(0, 92), later=st.integers(0, 60))
def test_reports_on_items_reach_and_span_less(back: int, length: int, later: int) -> None:
    start = TODAY - back * DAY
    end = min(start + length * DAY, TODAY)
    first = series(level="product_item", start=start, end=end)
    plan = since_last(replace(first.plan, end=TODAY + later * DAY), first, TODAY + later * DAY, 30)
    for found, today in ((first, TODAY), (begin(plan, first, TODAY + later * DAY), None)):
        partitions = list(cut(found, "1"))
        assert all(one.method == "report" and not one.ids for one in partitions)
        assert all(1 <= one.days <= 31 for one in partitions)
        asked = sorted(day for one in partitions for day in days(one))
        assert asked == sorted(set(asked))
        if today:
            assert (asked[0], asked[-1]) == (start, end)
            assert len(asked) == (end - start).days + 1
