import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.harvest import Plan
from pinterest_async.harvest.partition import URL_BUDGET, ids_per_call, windows

DATES = st.dates(min_value=dt.date(2020, 1, 1), max_value=dt.date(2030, 1, 1))
IDS = st.lists(st.integers(1, 10**18).map(str), unique=True, max_size=700)
ENTITIES = st.dictionaries(st.integers(1, 10**12).map(str), IDS, max_size=3)


@given(start=DATES, days=st.integers(0, 400), width=st.sampled_from([3, 90]))
def test_windows_cover_every_day_once(start: dt.date, days: int, width: int) -> None:
    end = start + dt.timedelta(days=days)
    found = list(windows(start, end, width))
    covered = [
        first + dt.timedelta(days=day)
        for first, last in found
        for day in range((last - first).days + 1)
    ]
    assert covered == [start + dt.timedelta(days=day) for day in range(days + 1)]
    assert all((last - first).days < width for first, last in found)


@given(entities=ENTITIES, start=DATES, days=st.integers(0, 200))
def test_every_id_is_asked_about_every_day_once(
    entities: Mapping[str, Sequence[str]], start: dt.date, days: int
) -> None:
    end = start + dt.timedelta(days=days)
    plan = Plan(level="ad", columns=["spend"], start=start, end=end)
    asked: Counter[tuple[str, str]] = Counter()
    names: list[str] = []
    for partition in plan.partitions(entities):
        assert 1 <= len(partition.ids) <= 250
        width = (partition.end - partition.start).days + 1
        assert 1 <= width <= 90
        names.append(partition.id)
        for id in partition.ids:
            asked[partition.account, id] += width
    # Windows cover each day once (above), so as many days as there are means each of them.
    assert asked == {(account, id): days + 1 for account, ids in entities.items() for id in ids}
    assert len(names) == len(set(names))


def test_hours_are_asked_for_three_days() -> None:
    start = dt.date(2026, 8, 1)
    plan = Plan(level="ad", granularity="HOUR", start=start, end=dt.date(2026, 8, 3))
    (partition,) = plan.cut("1", ["11"])
    assert (partition.start, partition.end) == (plan.start, plan.end)


def test_the_account_level_needs_no_ids() -> None:
    plan = Plan(level="account", start=dt.date(2026, 1, 1), end=dt.date(2026, 4, 1))
    partitions = list(plan.partitions({"1": (), "2": ()}))
    assert [(p.account, p.ids, p.start.month) for p in partitions] == [
        ("1", (), 1),
        ("1", (), 4),
        ("2", (), 1),
        ("2", (), 4),
    ]


def test_names_are_the_same_in_every_process_and_version() -> None:
    plan = Plan(
        level="ad",
        columns=["SPEND_IN_MICRO_DOLLAR"],
        start=dt.date(2026, 8, 1),
        end=dt.date(2026, 8, 30),
    )
    (partition,) = plan.cut("549755885175", ["687", "688"])
    assert partition.id == "afc55f2bd81f819616ff"
    assert plan.id == "4ea0937ab7328110d1ad"


def test_whatever_changes_the_rows_changes_the_name() -> None:
    base = Plan(level="ad", columns=["CTR"], start=dt.date(2026, 8, 1), end=dt.date(2026, 8, 2))
    replace = msgspec.structs.replace
    plans = [
        base,
        replace(base, level="campaign"),
        replace(base, columns=["ECTR"]),
        replace(base, granularity="TOTAL"),
        replace(base, start=dt.date(2026, 7, 31)),
        replace(base, end=dt.date(2026, 8, 3)),
        replace(base, click_window_days=7),
        replace(base, engagement_window_days=7),
        replace(base, view_window_days=7),
        replace(base, conversion_report_time="TIME_OF_CONVERSION"),
    ]
    names = {partition.id for plan in plans for partition in plan.cut("1", ["11"])}
    names |= {partition.id for partition in base.cut("1", ["12"])}
    names |= {partition.id for partition in base.cut("2", ["11"])}
    assert len(names) == len(plans) + 2
    assert len({plan.id for plan in plans}) == len(plans)


def test_naming_columns_one_by_one_or_by_group_is_the_same_question() -> None:
    day = dt.date(2026, 8, 1)
    group = Plan(level="ad", columns=["spend"], start=day, end=day)
    names = Plan(level="ad", columns=group.column_names, start=day, end=day)
    assert list(group.cut("1", ["11"])) == list(names.cut("1", ["11"]))


def test_many_columns_leave_room_for_fewer_ids() -> None:
    ids = [str(10**12 + number) for number in range(250)]
    assert ids_per_call(ids, ["CTR"]) == 250
    few = ids_per_call(ids, ["TOTAL_CHECKOUT_VALUE_IN_MICRO_DOLLAR"] * 150)
    assert 1 <= few < 100
    assert few * len("&ad_group_ids=" + ids[0]) < URL_BUDGET
    assert ids_per_call(ids, ["X" * 100] * 150) == 1
