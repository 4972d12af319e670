"""How a plan is cut into partitions: the same ones in every run, the same files from run to run."""

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from pinterest_async.harvest.plan.levels import (
    REPORT_COLUMNS,
    REPORT_TARGETING_TYPES,
    ROWS_SPAN_DAYS,
    LevelFacts,
    RowGranularity,
)
from pinterest_async.harvest.plan.partition import (
    HOURLY_DAYS,
    REPORT_CALLS,
    SAFE_DAYS_BACK,
    SYNC_DAYS,
    VALUES_PER_REPORT,
    Block,
    FetchMethod,
    Group,
    Partition,
    add_blocks,
    block_days,
    digest,
    groups,
    ids_per_call,
    url_length,
)

RESTATE_DAYS: Final = 30
"""Conversions are attributed up to this many days after a click: recent figures still change."""


@dataclass(frozen=True, kw_only=True)
class Cutter:
    """What of a plan decides how it is cut, and what follows from that: made once for each plan."""

    series_id: str
    level: LevelFacts
    columns: tuple[str, ...]
    targeting_types: tuple[str, ...]
    granularity: RowGranularity
    start: dt.date
    end: dt.date

    def blocks(self, known: Sequence[Block], today: dt.date) -> tuple[Block, ...]:
        """The spans of days that share files: those known so far, and new ones where they lack."""
        if self.spans_days:
            days = (self.end - self.start).days + 1
            return (Block(self.start, days, self._beyond_calls(self.start, self.end, today)),)
        level, old = self.level, 0
        many = level.listed or level.only_reports
        ids, most_ids = (level.per_call, level.per_report) if many else (1, 1)
        columns, rows = len(self.columns), self._rows_a_day
        widest = min(SYNC_DAYS, level.report_days)
        days = block_days(columns, ids, rows, HOURLY_DAYS if rows > 1 else widest)
        if self.has_reports and level.report_days > widest:
            old = block_days(columns, most_ids, rows, level.report_days, VALUES_PER_REPORT)
        return tuple(add_blocks(known, self.start, self.end, today=today, days=days, old=old))

    def partitions(
        self, blocks: Sequence[Block], today: dt.date, account: str, ids: Sequence[str]
    ) -> Iterator[Partition]:
        """The partitions of one account: every id on every day in exactly one of them."""
        level = self.level
        # Figures that change no more are taken from an earlier plan; others are fetched again.
        unchanging = today - dt.timedelta(days=RESTATE_DAYS)
        by_age = {
            old: list(groups(ids, level.per_report if old else level.per_call))
            for old in ({block.old for block in blocks} if level.listed else ())
        }
        for block in blocks:
            start, end = max(block.start, self.start), min(block.end, self.end)
            if start > end:
                continue
            for group in by_age.get(block.old, [Group(None, 0, ())]):
                place = (self.series_id, account, group.parent, group.number, block.start)
                yield Partition(
                    id=digest(place, group.ids, start, end, None if end < unchanging else today),
                    file=digest(place, block.days if self.spans_days else None),
                    account=account,
                    ids=group.ids,
                    parent=group.parent,
                    start=start,
                    end=end,
                    method=self._method(group.ids, start, end, today),
                )

    def calls(self, partition: Partition) -> int:
        """How many calls a partition takes, as a rule."""
        return REPORT_CALLS if partition.method == "report" else self._calls(partition.ids)

    def values(self, partition: Partition) -> int:
        """How many values a partition has at most, as far as they are known beforehand."""
        # How many product groups or keywords there are is not known; other ids that lack are one.
        things = len(partition.ids) or (self.level.per_call if self.level.only_reports else 1)
        return things * partition.days * self._rows_a_day * len(self.columns)

    def ids_per_call(self, ids: Sequence[str]) -> int:
        """How many ids of a partition fit into one call."""
        return ids_per_call(ids, self._names_length, self.level.per_call)

    @property
    def spans_days(self) -> bool:
        """Whether a row sums up several days."""
        return self.granularity in ROWS_SPAN_DAYS

    @property
    def has_reports(self) -> bool:
        """Whether there are async reports of these rows."""
        by_calls = self.granularity == "HOUR" and not self.level.only_reports
        return self.level.report is not None and not by_calls

    @property
    def _rows_a_day(self) -> int:
        return 24 if self.granularity == "HOUR" else 1

    @cached_property
    def _names_length(self) -> int:
        return url_length((*self.columns, *self.targeting_types))

    @cached_property
    def _reports_know_all(self) -> bool:
        known = REPORT_COLUMNS.issuperset(self.columns)
        return known and REPORT_TARGETING_TYPES.issuperset(self.targeting_types)

    def _calls(self, ids: Sequence[str]) -> int:
        return -(-len(ids) // self.ids_per_call(ids)) if ids else 1

    def _beyond_calls(self, start: dt.date, end: dt.date, today: dt.date) -> bool:
        """Whether only a report reaches these days."""
        oldest = today - dt.timedelta(days=SAFE_DAYS_BACK)
        return self.has_reports and (start < oldest or (end - start).days >= SYNC_DAYS)

    def _method(
        self, ids: Sequence[str], start: dt.date, end: dt.date, today: dt.date
    ) -> FetchMethod:
        if not self.has_reports:
            return "calls"
        if self.level.only_reports or self._beyond_calls(start, end, today):
            return "report"
        return "report" if self._reports_know_all and self._calls(ids) > REPORT_CALLS else "calls"
