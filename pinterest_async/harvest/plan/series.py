"""Plans that differ in their dates only: what a target knows of them, and how the next goes on."""

import datetime as dt
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from pinterest_async._core.problems import Problem
from pinterest_async.harvest.plan.checks import days_back
from pinterest_async.harvest.plan.partition import HOURLY_DAYS, Block, Partition
from pinterest_async.harvest.plan.plan import Plan, PlanError


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

    @property
    def id(self) -> str:
        """A stable name, the same for all plans of the series."""
        return self.plan.series_id


def begin(plan: Plan, known: Series | None, today: dt.date, format: str = "") -> Series:
    """The series with a plan as the one that runs; the same where the plan and format are."""
    if known is not None and known.plan == plan:
        return replace(known, format=format)
    blocks = plan.cutter.blocks(known.blocks if known else (), today)
    through = known.through if known else None
    return Series(plan=plan, today=today, blocks=blocks, through=through, format=format)


def since_last(plan: Plan, known: Series | None, today: dt.date, restate_days: int) -> Plan:
    """The plan for what is new since the last complete run, and for the days that still change.

    Without an earlier run it is the whole plan. `restate_days` counts back from the last complete
    day; days that the API does not reach any more stay as they are.

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
    return series.plan.cutter.partitions(series.blocks, series.today, account, ids)
