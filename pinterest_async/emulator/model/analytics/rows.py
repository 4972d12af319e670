"""Rows of ads analytics as JSON, made by text templates, as benchmarks read millions of rows."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from operator import add
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from pinterest_async.emulator.model.analytics.columns import RATIOS, base_counts, needed
from pinterest_async.emulator.model.analytics.delivery import (
    DeliveredDays,
    delivered,
    hours,
    portions,
    series,
)
from pinterest_async.emulator.model.world import Fields

TimeUnit: TypeAlias = Literal["TOTAL", "DAY", "HOUR", "WEEK", "MONTH"]
CountsByName: TypeAlias = dict[str, list[int]]


class RowSubject(NamedTuple):
    """What a row is about: its facts, and the ads whose figures it adds up.

    `facts` starts with the id that every row has.
    """

    facts: Mapping[str, Any]
    ads: Sequence[Fields]


class Period:
    """Days from `start` to `end`, both included, cut into one slot for each row.

    Slots of one hour begin with `begin` on the first day and end before `stop` on the last.
    """

    def __init__(
        self,
        start: dt.date,
        end: dt.date,
        granularity: TimeUnit,
        *,
        begin: int = 0,
        stop: int = 24,
    ) -> None:
        self.first, self.last = start.toordinal(), end.toordinal()
        self.hourly = granularity == "HOUR"
        self.dated = granularity != "TOTAL"
        self.daily = granularity == "DAY"
        self.labels: list[str] = []
        self.slots: list[int] = []
        """The (first) slot of each day."""
        before: object = None
        for ordinal in range(self.first, self.last + 1):
            day = dt.date.fromordinal(ordinal)
            bucket = _bucket(day, granularity)
            if bucket != before:
                before = bucket
                labels = [f"{day}T{hour:02}:00:00" for hour in range(24)]
                self.labels += labels if self.hourly else [str(day)]
            self.slots.append(len(self.labels) - (24 if self.hourly else 1))
        self._begin = begin if self.hourly else 0
        self._stop = len(self.labels) - (24 - stop if self.hourly else 0)

    def picked(self, seen: Sequence[int]) -> list[int]:
        """The slots that have rows, of those that were seen."""
        return [slot for slot in range(self._begin, self._stop) if seen[slot]]

    def total(self) -> "Period":
        """The same days, for one row about all of them."""
        return Period(dt.date.fromordinal(self.first), dt.date.fromordinal(self.last), "TOTAL")


def _bucket(day: dt.date, granularity: TimeUnit) -> object:
    """A key that the days of one slot share. Weeks begin on Monday."""
    if granularity == "WEEK":
        return day.isocalendar()[:2]
    if granularity == "MONTH":
        return day.year, day.month
    return "all" if granularity == "TOTAL" else day


class RowQuery(NamedTuple):
    """The columns, days and attribution windows of rows."""

    columns: tuple[str, ...]
    period: Period
    windows: Mapping[str, int]


def rows_json(seed: int, subjects: Sequence[RowSubject], query: RowQuery) -> bytes:
    """A JSON array of rows: by group, then by date."""
    texts = (text for subject in subjects for text in subject_rows(seed, subject, query))
    return f"[{','.join(texts)}]".encode()


def subject_rows(seed: int, subject: RowSubject, query: RowQuery) -> Iterator[str]:
    """The rows of one group, each a JSON object: one for each slot with delivery."""
    period = query.period
    names = sorted({part for name in needed(query.columns) for part in base_counts(name)})
    if len(subject.ads) == 1 and period.daily:
        of = delivered(seed, subject.ads[0], period.first, period.last)
        labels = [period.labels[day - period.first] for day in of.days]
        counts = {name: series(of, name, query.windows) for name in names}
    else:
        labels, counts = _added(seed, subject.ads, names, query)
    return _rendered(subject.facts, labels, _columns(counts, query.columns), query)


def segment_rows(
    seed: int, subject: RowSubject, query: RowQuery, *cuts: Mapping[str, int]
) -> Iterator[tuple[tuple[str, ...], str]]:
    """A group's rows for each segment: the segment, and a JSON object.

    A cut has the weight of each of its segments. Each further cut splits the segments of the one
    before, and a segment is then one of each.
    """
    period, width = query.period, len(query.period.labels)
    names = sorted({part for name in needed(query.columns) for part in base_counts(name)})
    weights = [tuple(cut.values()) for cut in cuts]
    values = [*product(*cuts)]
    sums = [{name: [0] * width for name in names} for _ in values]
    seen = bytearray(width)
    for ad in subject.ads:
        of = delivered(seed, ad, period.first, period.last)
        places = _mark(of, period, seen)
        for name in names:
            columns = [one[name] for one in sums]
            daily = series(of, name, query.windows)
            for slot, units, bits in zip(places, daily, of.noise, strict=True):
                for hour in range(24) if period.hourly else (None,):
                    parts = portions(units, weights, bits, hour)
                    for column, part in zip(columns, parts, strict=True):
                        column[slot + (hour or 0)] += part
    picked = period.picked(seen)
    labels = [period.labels[slot] for slot in picked]
    for value, one in zip(values, sums, strict=True):
        counts = {name: [column[slot] for slot in picked] for name, column in one.items()}
        made = _columns(counts, query.columns)
        for text in _rendered(subject.facts, labels, made, query):
            yield value, text


def _mark(of: DeliveredDays, period: Period, seen: bytearray) -> list[int]:
    """The slot of each day of delivery; marks them as seen."""
    places = [period.slots[day - period.first] for day in of.days]
    width = 24 if period.hourly else 1
    for slot in places:
        seen[slot : slot + width] = b"\1" * width
    return places


def _added(
    seed: int, ads: Sequence[Fields], names: Sequence[str], query: RowQuery
) -> tuple[list[str], CountsByName]:
    period = query.period
    width = len(period.labels)
    sums = {name: [0] * width for name in names}
    seen = bytearray(width)
    for ad in ads:
        of = delivered(seed, ad, period.first, period.last)
        places = _mark(of, period, seen)
        for name, column in sums.items():
            daily = series(of, name, query.windows)
            if period.hourly:
                for slot, units, bits in zip(places, daily, of.noise, strict=True):
                    for hour, part in enumerate(hours(units, bits)):
                        column[slot + hour] += part
            else:
                for slot, units in zip(places, daily, strict=True):
                    column[slot] += units
    picked = period.picked(seen)
    counts = {name: [column[slot] for slot in picked] for name, column in sums.items()}
    return [period.labels[slot] for slot in picked], counts


def _columns(counts: CountsByName, names: Sequence[str]) -> dict[str, list[int] | list[str]]:
    """Integers for counts, JSON texts for ratios."""
    made: dict[str, list[int] | list[str]] = {}
    for name in names:
        ratio = RATIOS.get(name)
        if ratio is None:
            made[name] = _sum(counts, name)
            continue
        over = _sum(counts, ratio.over)
        under = _sum(counts, ratio.under) if ratio.under else [1] * len(over)
        times, by = ratio.times, ratio.by
        made[name] = [
            repr(n * times / (d * by)) if d else "null" for n, d in zip(over, under, strict=True)
        ]
    return made


def _sum(counts: CountsByName, column: str) -> list[int]:
    first, *others = (counts[name] for name in base_counts(column))
    for other in others:
        first = list(map(add, first, other))
    return first


def _rendered(
    facts: Mapping[str, Any],
    labels: Sequence[str],
    columns: Mapping[str, list[int] | list[str]],
    query: RowQuery,
) -> Iterator[str]:
    fields = [_field(name, value) for name, value in facts.items()]
    if query.period.dated:
        fields.append('"DATE":"%s"')
    fields += [f'"{name}":%s' for name in columns]
    # A row for the whole period has no date: its label formats to nothing, but counts the rows.
    template = f"{{{'' if query.period.dated else '%.0s'}{','.join(fields)}}}"
    return map(template.__mod__, zip(labels, *columns.values(), strict=True))


def _field(name: str, value: Any) -> str:
    text = msgspec.json.encode(value).decode().replace("%", "%%")
    return f'"{name}":{text}'
