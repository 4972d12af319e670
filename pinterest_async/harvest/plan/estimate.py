"""What a harvest will take, before any of it runs."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from pinterest_async.harvest.execute.progress import counted
from pinterest_async.harvest.plan.cutting import begin, calls, cut
from pinterest_async.harvest.plan.levels import ME
from pinterest_async.harvest.plan.partition import PARENT
from pinterest_async.harvest.plan.plan import Plan
from pinterest_async.limits.published import TRIAL_TOTAL, quota
from pinterest_async.options import Access

PAGE_SIZE: Final = 250
_ID: Final = 10**12
"""As long as the ids of most accounts, for how many fit into a call depends on that."""


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many things each account has; `unseen` accounts are taken for average ones.

    `families` tells how many of an account's things belong together, where the API wants each
    family asked about apart: promoted Pins, by campaign.
    """

    entities: Mapping[str, int]
    unseen: int = 0
    families: Mapping[str, tuple[int, ...]] = {}

    @property
    def accounts(self) -> int:
        """How many accounts there are."""
        return len(self.entities) + self.unseen


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """What a harvest takes.

    `calls` by rate-limit category, listing included. `minutes` is the least time that the quotas
    allow. `rows` is an upper bound, since days without delivery have none; it is none for product
    groups, which are not counted, and for breakdowns, which are taken to have a value each.
    Organic levels and accounts have exactly these. A report is taken for four calls: how often it
    is asked about depends on Pinterest. `exact` is False where some accounts were not counted.
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
            f"{counted(self.accounts, 'account')}, "
            f"{about}{counted(self.partitions, 'partition')} ({self.reports:,} by report), "
            f"{about}{counted(self.total_calls, 'call')} ({shares}), "
            f"at least {self.minutes:.1f} minutes of quota, "
            f"at most {about}{counted(self.rows, 'row')}"
        )


def estimate(
    plan: Plan, counts: Counts, *, today: dt.date | None = None, access: Access = "standard"
) -> Estimate:
    """Add up what all partitions of a plan take; average accounts stand in for unseen ones."""
    series = begin(plan, None, today or dt.datetime.now(dt.UTC).date())
    sizes = _sizes(counts)
    # Accounts of one size are cut alike, so that a million of them cost no more than one.
    facts = plan.facts
    called: Counter[str] = Counter()
    partitions = reports = rows = 0
    for families, accounts in sizes.items():
        size, ids = sum(families), list(_ids(plan, families))
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
        exact=not counts.unseen and (plan.level != "ad_pin" or bool(counts.families)),
    )


def _sizes(counts: Counts) -> Counter[tuple[int, ...]]:
    """How many accounts are of each size, as the sizes of the families in one."""
    found = {one: counts.families.get(one, (many,)) for one, many in counts.entities.items()}
    sizes = Counter(found.values())
    if counts.unseen:
        seen = max(1, len(found))
        things = round(sum(map(sum, found.values())) / seen) if found else 1
        families = max(1, round(sum(map(len, found.values())) / seen))
        each, more = divmod(things, families)
        average = tuple(each + (number < more) for number in range(families))
        sizes[average] += counts.unseen
    return sizes


def _ids(plan: Plan, families: tuple[int, ...]) -> Iterator[str]:
    """Ids like those of an account whose things belong together so."""
    if not plan.facts.listed:
        return
    for family, members in enumerate(families):
        parent = f"{_ID + family}{PARENT}" if plan.level == "ad_pin" else ""
        yield from (f"{parent}{_ID + number}" for number in range(members))


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
