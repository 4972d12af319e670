"""What a harvest will take, before any of it runs: calls, minutes of quota, rows."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from pinterest_async.harvest.plan.cutting import Cutter
from pinterest_async.harvest.plan.endpoints import ME
from pinterest_async.harvest.plan.levels import LevelFacts
from pinterest_async.harvest.plan.partition import PARENT
from pinterest_async.limits.published import TRIAL_TOTAL, quota
from pinterest_async.options import Access

PAGE_SIZE: Final = 250
_ID: Final = 10**12
"""As long as the ids of most accounts, for how many fit into a call depends on that."""


def counted(number: int, noun: str) -> str:
    """`1 file`, `2,000 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many things each account has; `unseen` accounts are taken for average ones.

    `families` says how many of an account's things belong together, where each call takes things of
    one family only: promoted Pins, by campaign.
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
    groups, their items and keywords, which are not counted, and for breakdowns, which are taken to
    have a value each. Organic levels and accounts have exactly these. A report is taken for four
    calls: how many it takes depends on Pinterest. `exact` is False where some accounts were not
    counted.
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
    cutter: Cutter,
    counts: Counts,
    *,
    lists_accounts: bool,
    businesses: int,
    names_accounts: bool,
    today: dt.date,
    access: Access,
) -> Estimate:
    """Add up what all partitions take; average accounts stand in for unseen ones.

    The run lists accounts first: all if `lists_accounts`, and those of so many `businesses`. It
    asks for the name of each if `names_accounts`.
    """
    level = cutter.level
    blocks = cutter.blocks((), today)
    called: Counter[str] = Counter()
    partitions = reports = rows = 0
    # Accounts of one size are cut alike, so that a million of them cost no more than one.
    for families, accounts in _sizes(counts).items():
        size = sum(families)
        if level.listed:
            called[level.listed.category] += accounts * _pages(size)
        for partition in cutter.partitions(blocks, today, ME, list(_ids(level, families))):
            partitions += accounts
            reports += accounts * (partition.method == "report")
            called[level.operation.category] += accounts * cutter.calls(partition)
            things = len(partition.ids) or (size if level.only_reports else 1)
            rows += accounts * things * _rows_per_thing(cutter, partition.days)
    # Each business has a list of its own, which takes one call as a rule.
    called["ads_read"] += counts.accounts if names_accounts else 0
    called["ads_read"] += businesses + (_pages(counts.accounts) if lists_accounts else 0)
    return Estimate(
        accounts=counts.accounts,
        partitions=partitions,
        reports=reports,
        calls=dict(+called),
        minutes=minutes(called, access),
        rows=rows,
        exact=not counts.unseen and (level.parent_column is None or bool(counts.families)),
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


def _pages(things: int) -> int:
    """How many calls a list of so many things takes."""
    return max(1, -(-things // PAGE_SIZE))


def _ids(level: LevelFacts, families: tuple[int, ...]) -> Iterator[str]:
    """Ids like those of an account whose things belong together so."""
    if not level.listed:
        return
    for family, members in enumerate(families):
        parent = f"{_ID + family}{PARENT}" if level.parent_column else ""
        yield from (f"{parent}{_ID + number}" for number in range(members))


def _rows_per_thing(cutter: Cutter, days: int) -> int:
    weeks, months = -(-days // 7) + 1, -(-days // 30) + 1
    rows = {"TOTAL": 1, "HOUR": 24 * days, "WEEK": weeks, "MONTH": months}
    return rows.get(cutter.granularity, days) * max(1, len(cutter.targeting_types))


def minutes(called: Mapping[str, int], access: Access) -> float:
    """The time that the scarcest quota needs: what fits into its first window needs none."""
    waits = [0.0]
    for category, count in called.items():
        limit = quota(category, access)
        waits.append((count - 1) // limit.limit * limit.window if count else 0.0)
    if access == "trial":
        waits.append((sum(called.values()) - 1) // TRIAL_TOTAL.limit * TRIAL_TOTAL.window)
    return max(waits) / 60
