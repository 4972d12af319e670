"""What a harvest will take, before any of it runs."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Final

import msgspec

from pinterest_async.harvest.levels import ME
from pinterest_async.harvest.partition import PARENT
from pinterest_async.harvest.plan import Plan
from pinterest_async.harvest.series import begin, calls, cut
from pinterest_async.limits.published import TRIAL_TOTAL, quota
from pinterest_async.options import Access

PAGE_SIZE: Final = 250
_ID: Final = 10**12
"""As long as the ids of most accounts, for how many fit into a call depends on that."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many things each account has; `unseen` accounts are taken for average ones."""

    entities: Mapping[str, int]
    unseen: int = 0

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.entities) + self.unseen


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a harvest takes.

    `calls` by rate-limit category, listing included. `minutes` is the least time that the quotas
    allow; `days` says the same for an app with trial access. `rows` is an upper bound: days without
    delivery may have none. `exact` is False where some accounts were not counted.
    """

    accounts: int
    partitions: int
    reports: int
    calls: Mapping[str, int]
    minutes: float
    rows: int
    exact: bool = True

    @property
    def total_calls(self) -> int:
        """Calls of all categories together."""
        return sum(self.calls.values())

    def __str__(self) -> str:
        about = "" if self.exact else "about "
        shares = ", ".join(f"{count:,} {category}" for category, count in self.calls.items())
        return (
            f"{self.accounts:,} accounts, {about}{self.partitions:,} partitions "
            f"({self.reports:,} by report), {about}{self.total_calls:,} calls ({shares}), "
            f"at least {self.minutes:.1f} minutes of quota, at most {about}{self.rows:,} rows"
        )


def estimate(
    plan: Plan, counts: Counts, *, today: dt.date | None = None, access: Access = "standard"
) -> Estimate:
    """Add up what all partitions of a plan take; average accounts stand in for unseen ones."""
    series = begin(plan, None, today or dt.datetime.now(dt.UTC).date())
    sizes = Counter(counts.entities.values())
    if counts.unseen:
        seen = len(counts.entities)
        sizes[round(sum(counts.entities.values()) / seen) if seen else 1] += counts.unseen
    # Accounts of one size are cut alike, so that a million of them cost no more than one.
    facts = plan.facts
    called: Counter[str] = Counter()
    partitions = reports = rows = 0
    parent = f"{_ID}{PARENT}" if plan.level == "ad_pin" else ""
    for size, accounts in sizes.items():
        ids = [f"{parent}{_ID + number}" for number in range(size)] if facts.listed else []
        if facts.listed:
            called[_LISTED_BY.get(facts.listed, "ads_read")] += accounts * max(
                1, -(-size // PAGE_SIZE)
            )
        for partition in cut(series, ME, ids):
            partitions += accounts
            reports += accounts * (partition.method == "report")
            called[facts.operation.category] += accounts * calls(plan, partition)
            things = len(partition.ids) or (size if facts.only_reports else 1)
            rows += accounts * things * _rows_per_thing(plan, partition.days)
    if plan.accounts == "all" and facts.kind != "organic":
        called["ads_read"] += max(1, -(-counts.accounts // PAGE_SIZE))
    # Each business has a list of its own, which takes one call as a rule.
    called["ads_read"] += len(plan.businesses) if plan.businesses != "all" else 2
    return Estimate(
        accounts=counts.accounts,
        partitions=partitions,
        reports=reports,
        calls=dict(+called),
        minutes=_minutes(called, access),
        rows=rows,
        exact=not counts.unseen,
    )


_LISTED_BY: Final = {"pins": "org_read"}
_DAYS_PER_ROW: Final = {"WEEK": 7, "MONTH": 30}


def _rows_per_thing(plan: Plan, days: int) -> int:
    rows = 24 * days if plan.granularity == "HOUR" else days
    if plan.granularity == "TOTAL":
        rows = 1
    elif plan.granularity in _DAYS_PER_ROW:
        rows = -(-days // _DAYS_PER_ROW[plan.granularity]) + 1
    return rows * max(1, len(plan.targeting_types))


def _minutes(called: Mapping[str, int], access: Access) -> float:
    """The time that the scarcest quota needs: what fits into its first window needs none."""
    waits = [0.0]
    for category, count in called.items():
        limit = quota(category, access)
        waits.append((count - 1) // limit.limit * limit.window if count else 0.0)
    if access == "trial":
        waits.append((sum(called.values()) - 1) // TRIAL_TOTAL.limit * TRIAL_TOTAL.window)
    return max(waits) / 60
