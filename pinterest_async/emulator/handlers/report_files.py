"""The files of reports, with rows by entity or by date."""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, Final

import msgspec

from pinterest_async.emulator.handlers.downloads import as_csv
from pinterest_async.emulator.handlers.reported_entities import ENTITY_SOURCES, ReportedEntity
from pinterest_async.emulator.model.analytics.queries import row_query, row_subjects
from pinterest_async.emulator.model.analytics.rows import (
    RowQuery,
    RowSubject,
    segment_rows,
    subject_rows,
)
from pinterest_async.emulator.model.analytics.targeting import VALUES, values
from pinterest_async.emulator.model.world import Fields, World

TARGETING: Final = "_TARGETING"
"""The end of the names of levels that are split by targeting."""

_Splits = Mapping[str, Mapping[str, int]]
"""Targeting types, with the weights of their values."""
_RowsById = Iterator[tuple[str, str]]
"""Ids with rows as JSON."""


def report_file(world: World, job: Fields) -> bytes:
    """An object with a list of rows for each entity; an empty file where there is none.

    With the date as primary sort, the lists are by date.
    """
    request = job["request"]
    owner = world.table("ad_accounts").find(job["ad_account_id"])
    level = str(request.get("level", "PIN_PROMOTION"))
    if owner is None:
        return b""
    query = row_query(request, dt.datetime.fromtimestamp(job["made"], dt.UTC).date())
    countries = frozenset[str](request.get("countries") or ())
    types: list[_Splits] = _cuts(request) if level.endswith(TARGETING) else [{}]
    found: dict[str, list[str]] = {}
    for entity in ENTITY_SOURCES[level.removesuffix(TARGETING)](world, owner, request):
        (subject,), numbers = row_subjects(world, entity.level, [entity.row], query.columns)
        passing = _passing(world, entity, subject, query, request.get("metrics_filters") or ())
        for cuts in types if passing else ():
            of_figures, names = query._replace(columns=numbers), query.columns
            for id, text in _rows(world, entity, subject, of_figures, names, cuts, countries):
                if id in passing:
                    found.setdefault(id, []).append(text)
    if not found:
        return b""
    by_date = request.get("primary_sort") == "BY_DATE" and query.period.dated
    if not by_date and request.get("report_format") != "CSV":
        lists = (f'"{id}":[{",".join(texts)}]' for id, texts in found.items())
        return f"{{{','.join(lists)}}}".encode()
    rows: list[Fields] = [msgspec.json.decode(text) for texts in found.values() for text in texts]
    if by_date:
        rows.sort(key=_date)
    if request.get("report_format") == "CSV":
        return as_csv(rows)
    return msgspec.json.encode({date: [*some] for date, some in groupby(rows, _date)})


def _date(row: Fields) -> str:
    return str(row["DATE"])


def _cuts(request: Fields) -> list[_Splits]:
    """The targeting types to split by, each on its own or all at once; without any, every type."""
    types = {type: values(type) for type in request.get("targeting_types") or VALUES}
    if request.get("combine_targeting_types"):
        return [types]
    return [{type: shares} for type, shares in types.items()]


def _rows(
    world: World,
    entity: ReportedEntity,
    subject: RowSubject,
    query: RowQuery,
    columns: Iterable[str],
    cuts: _Splits,
    countries: frozenset[str] = frozenset(),
) -> _RowsById:
    """The rows of an entity or of its parts, split by targeting types or not.

    A split by country has the rows of the countries in the request only.
    """
    if not entity.parts and not cuts:
        (id, *_) = subject.facts.values()
        yield from ((id, text) for text in subject_rows(world.seed, subject, query))
        return
    split = [*cuts.values()]
    if entity.parts:
        split.insert(0, {id: part.weight for id, part in entity.parts.items()})
    for segment, text in segment_rows(world.seed, subject, query, *split):
        if countries and "COUNTRY" in cuts and not countries & {*segment}:
            continue
        head: Fields = {}
        if cuts:
            head["TARGETING_TYPE"] = "_AND_".join(cuts)
            head["TARGETING_VALUE"] = "&".join(segment[bool(entity.parts) :])
        id = str(next(iter(subject.facts.values())))
        if entity.parts:
            id = segment[0]
            first, *others = entity.parts[id].facts.items()
            facts = [first, *(one for one in others if one[0] in columns and one[1] is not None)]
            head |= dict(facts)
        yield id, f"{msgspec.json.encode(head).decode()[:-1]},{text[1:]}"


def _passing(
    world: World,
    entity: ReportedEntity,
    subject: RowSubject,
    row_query: RowQuery,
    filters: Iterable[Fields],
) -> set[str]:
    """The ids of the entity or its parts that were requested and pass every filter on metrics.

    Filters apply to all days together. One of the values of a filter has to fit.
    """
    ids = set(entity.parts) or {str(next(iter(subject.facts.values())))}
    if entity.wanted is not None:
        ids &= entity.wanted
    for wanted in filters:
        field, totals = wanted["field"], dict.fromkeys(ids, 0.0)
        total = row_query._replace(columns=(field,), period=row_query.period.total())
        for id, text in _rows(world, entity, subject, total, (), {}):
            if id in totals:
                totals[id] += _number(msgspec.json.decode(text)[field])
        below = wanted["operator"] == "LESS_THAN"
        ids = {
            id
            for id, number in totals.items()
            if any(number < value if below else number > value for value in wanted["values"])
        }
    return ids


def _number(value: Any) -> float:
    return value or 0.0
