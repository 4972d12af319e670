"""How a plan becomes partitions: the same ones in every run, and the same files from run to run."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from pinterest_async._core.problems import Problem
from pinterest_async.harvest.plan.checks import days_back
from pinterest_async.harvest.plan.levels import (
    REPORT_COLUMNS,
    REPORT_TARGETING_TYPES,
)
from pinterest_async.harvest.plan.partition import (
    HOURLY_DAYS,
    REPORT_CALLS,
    REPORT_CELLS,
    REPORT_DAYS,
    SAFE_DAYS_BACK,
    SYNC_DAYS,
    Block,
    Group,
    Method,
    Partition,
    add_blocks,
    block_days,
    digest,
    groups,
    ids_per_call,
)
from pinterest_async.harvest.plan.plan import Plan, PlanError

RESTATE_DAYS: Final = 30
"""Conversions are attributed for so many days after a click, so recent figures still change."""


class Series(msgspec.Struct, frozen=True, kw_only=True):
    """What a target knows of the plans that differ in their dates only.

    `plan` is the one that runs, or ran last; `today` the day on which it was cut first, which
    decides what is fetched how; `blocks` the days that share files; `through` the day up to which
    all runs so far were complete; `format` that of the files.
    """

    plan: Plan
    today: dt.date
    blocks: tuple[Block, ...] = ()
    through: dt.date | None = None
    format: str = ""


def begin(plan: Plan, known: Series | None, today: dt.date, format: str = "") -> Series:
    """The series with a plan as the one that runs: taken up where it is the same as before."""
    if known is not None and known.plan == plan:
        return known
    blocks = known.blocks if known else ()
    through = known.through if known else None
    if plan.spans_days:
        days = (plan.end - plan.start).days + 1
        blocks = (Block(plan.start, days, _only_by_report(plan, plan.start, plan.end, today)),)
    else:
        facts = plan.facts
        most = HOURLY_DAYS if plan.granularity == "HOUR" else SYNC_DAYS
        rows_a_day = 24 if plan.granularity == "HOUR" else 1
        many = facts.listed or facts.only_reports
        ids, most_ids = (facts.per_call, facts.per_report) if many else (1, 1)
        columns = len(plan.column_names)
        old = REPORT_DAYS if facts.report and plan.granularity != "HOUR" else 0
        blocks = tuple(
            add_blocks(
                blocks,
                plan.start,
                plan.end,
                today=today,
                days=block_days(columns, ids, rows_a_day, most),
                old=old and block_days(columns, most_ids, rows_a_day, old, REPORT_CELLS),
            )
        )
    return Series(plan=plan, today=today, blocks=blocks, through=through, format=format)


def since_last(plan: Plan, known: Series | None, today: dt.date, restate_days: int) -> Plan:
    """The plan for what is new since the last complete run, and for the days that still change.

    Without an earlier run it is the whole plan. `restate_days` counts back from the last complete
    day; what the API does not reach any more stays as it is.

    Raises:
        PlanError: where rows sum up several days, so that a part of them cannot be replaced.
    """
    if plan.spans_days:
        problem = Problem(
            "granularity", f"{plan.granularity} cannot go on since last", "choose DAY or HOUR"
        )
        raise PlanError([problem])
    if known is None:
        return plan
    # A plan's first day may move on from run to run: days since the last run are not left out.
    reach = today - dt.timedelta(days=days_back(plan))
    first = max(reach, min(plan.start, known.plan.start))
    if known.through is None:
        return replace(plan, start=min(first, plan.end))
    if plan.end <= known.through:
        return known.plan
    start = known.through - dt.timedelta(days=restate_days - 1)
    start = max(start, reach, min(first, known.through + dt.timedelta(days=1)))
    if plan.granularity == "HOUR":
        start = max(start, plan.end - dt.timedelta(days=HOURLY_DAYS - 1))
    return replace(plan, start=min(start, plan.end))


def cut(series: Series, account: str, ids: Sequence[str] = ()) -> Iterator[Partition]:
    """The partitions of one account: every id on every day in exactly one of them.

    Levels that ask about an account as a whole need no ids; on the others, an account without ids
    has no partition.
    """
    plan = series.plan
    facts, whole = plan.facts, [Group(None, 0, ())]
    # A later plan takes figures that change no more from an earlier one, and fetches others again.
    settled = series.today - dt.timedelta(days=RESTATE_DAYS)
    cuts = {
        old: list(groups(ids, facts.per_report if old else facts.per_call))
        if facts.listed
        else whole
        for old in {block.old for block in series.blocks}
    }
    for block in series.blocks:
        start, end = max(block.start, plan.start), min(block.end, plan.end)
        if start > end:
            continue
        for group in cuts[block.old]:
            place = (plan.series, account, group.parent, group.number, block.start)
            yield Partition(
                id=digest(place, group.ids, start, end, None if end < settled else series.today),
                file=digest(place, block.days if plan.spans_days else None),
                account=account,
                ids=group.ids,
                parent=group.parent,
                start=start,
                end=end,
                method=_method(series, group, start, end),
            )


def calls(plan: Plan, partition: Partition) -> int:
    """How many calls a partition takes, as a rule."""
    if partition.method == "report":
        return REPORT_CALLS
    if not partition.ids:
        return 1
    return -(-len(partition.ids) // fit(plan, partition.ids))


def cells(plan: Plan, partition: Partition) -> int:
    """How many values a partition has at most, as far as can be told beforehand."""
    # How many product groups there are is not known; what else has no ids is one thing.
    things = len(partition.ids) or (plan.facts.per_call if plan.facts.only_reports else 1)
    hours = 24 if plan.granularity == "HOUR" else 1
    return things * partition.days * hours * len(plan.column_names)


def fit(plan: Plan, ids: Sequence[str]) -> int:
    """How many ids of a partition fit into one call."""
    return ids_per_call(ids, (*plan.column_names, *plan.targeting_types), plan.facts.per_call)


def _only_by_report(plan: Plan, start: dt.date, end: dt.date, today: dt.date) -> bool:
    if plan.facts.report is None or plan.granularity == "HOUR":
        return False
    oldest = today - dt.timedelta(days=SAFE_DAYS_BACK)
    return start < oldest or (end - start).days >= SYNC_DAYS


def _method(series: Series, group: Group, start: dt.date, end: dt.date) -> Method:
    plan, facts = series.plan, series.plan.facts
    if facts.report is None or plan.granularity == "HOUR":
        return "calls"
    if facts.only_reports:
        return "report"
    if _only_by_report(plan, start, end, series.today):
        return "report"
    reportable = REPORT_COLUMNS.issuperset(plan.column_names)
    reportable = reportable and REPORT_TARGETING_TYPES.issuperset(plan.targeting_types)
    dear = bool(group.ids) and -(-len(group.ids) // fit(plan, group.ids)) > REPORT_CALLS
    return "report" if reportable and dear else "calls"
