"""What there is to harvest, for people who choose: the levels, and the columns of each."""

from typing import Literal, TypeAlias

import msgspec

from pinterest_async._core.column_kinds import ColumnKind, kind
from pinterest_async._core.column_words import meaning, unit
from pinterest_async._core.problems import key, nearest
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest.plan.columns import groups_of
from pinterest_async.harvest.plan.levels import LEVELS, Level, LevelFacts
from pinterest_async.harvest.plan.partition import HOURLY_DAYS_BACK, SYNC_DAYS

LevelSource: TypeAlias = Literal["calls", "reports", "calls and reports"]


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """A column of a level: what it holds, and what that means.

    `groups` are those that a plan may name in place of it, `all` left out; it is in none where it
    is no figure. `kind` decides its type in files. `unit` is "" where it is no amount, ratio or
    time. `always`: rows have it whatever a plan asks for.
    """

    name: str
    groups: tuple[str, ...]
    kind: ColumnKind
    unit: str
    meaning: str
    always: bool = False


class LevelSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A level: what its rows are about and where they come from.

    `name` is that of plans, `command` that of the command line. `ids` are the columns that say what
    a row is about, beside its day. `days_back` says how far the figures reach, `hours_back` how
    many days back hourly ones do, None where there are none.
    """

    name: Level
    command: str
    about: str
    ids: tuple[str, ...]
    granularities: tuple[str, ...]
    source: LevelSource
    days_back: int
    hours_back: int | None
    targeting_types: tuple[str, ...]


def levels() -> tuple[LevelSummary, ...]:
    """Every level that a plan may have."""
    return tuple(_summary(name, facts) for name, facts in LEVELS.items())


def columns(level: Level) -> tuple[Column, ...]:
    """The columns of a level: those that its rows always have, then those that a plan may name.

    Raises:
        ConfigurationError: There is no such level.
    """
    facts = LEVELS.get(level)
    if facts is None:
        near = nearest(level, LEVELS)
        advice = f"Did you mean {near}?" if near else f"Choose from {', '.join(LEVELS)}."
        raise ConfigurationError(f"there is no level {key(level)}", advice=advice)
    fixed = dict.fromkeys((*_ids(facts), "DATE", *facts.extra_columns))
    names = (*fixed, *(name for name in facts.columns if name not in fixed))
    return tuple(_column(name, always=name in fixed) for name in names)


def _column(name: str, *, always: bool) -> Column:
    return Column(
        name=name,
        groups=groups_of(name),
        kind=kind(name),
        unit=unit(name),
        meaning=meaning(name),
        always=always,
    )


def _summary(name: Level, facts: LevelFacts) -> LevelSummary:
    source: LevelSource = "calls and reports" if facts.report else "calls"
    hourly = "HOUR" in facts.granularities
    return LevelSummary(
        name=name,
        command=facts.command(name),
        about=facts.about,
        ids=(*_ids(facts), *(name for name in facts.extra_columns if kind(name) == "id")),
        granularities=facts.granularities,
        source="reports" if facts.only_reports else source,
        days_back=facts.report_days_back if facts.report else SYNC_DAYS,
        hours_back=HOURLY_DAYS_BACK if hourly else None,
        targeting_types=facts.targeting_types,
    )


def _ids(facts: LevelFacts) -> tuple[str, ...]:
    names = ("AD_ACCOUNT_ID", facts.parent_column, facts.id_column)
    return tuple(dict.fromkeys(filter(None, names)))
