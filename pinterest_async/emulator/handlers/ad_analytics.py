"""Analytics of ad accounts and of what is in them, without a report."""

from collections.abc import Callable, Iterable
from typing import Any, Final, TypeAlias

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import account
from pinterest_async.emulator.handlers.handler import Handler, Handlers
from pinterest_async.emulator.model.analytics.queries import (
    ID_COLUMNS,
    TABLES,
    EntityLevel,
    ads_below,
    query_of_call,
    row_subjects,
)
from pinterest_async.emulator.model.analytics.rows import RowSubject, rows_json, segment_rows
from pinterest_async.emulator.model.analytics.targeting import values
from pinterest_async.emulator.model.world import Fields, World

_Entities: TypeAlias = Callable[[World, ApiCall, Fields], list[Fields]]
"""Finds the entities that a call asks for, in an ad account."""


def _by_ids(world: World, owner: Fields, level: EntityLevel, ids: Iterable[str]) -> list[Fields]:
    """The rows of an ad account with these ids, each once; unknown ids are ignored."""
    table = world.table(TABLES[level])
    found = (table.find(id) for id in dict.fromkeys(ids))
    return [row for row in found if row is not None and row["ad_account_id"] == owner["id"]]


def _in_query(level: EntityLevel) -> _Entities:
    """The ad account itself, or the entities whose ids are in the query."""
    if level == "account":
        return lambda world, call, owner: [owner]  # noqa: ARG005  (all have one signature)
    return lambda world, call, owner: _by_ids(world, owner, level, call.query[f"{level}_ids"])


def _ads(world: World, call: ApiCall, owner: Fields) -> list[Fields]:
    query = call.query
    ids, pins, campaigns = (query.get(name) for name in ("ad_ids", "pin_ids", "campaign_ids"))
    if ids:
        return _by_ids(world, owner, "ad", ids)
    if not (pins and campaigns):
        message = "ad_ids: is required, unless pin_ids and campaign_ids are given"
        raise RejectedError(400, 1, message)
    return [
        ad
        for campaign in _by_ids(world, owner, "campaign", campaigns)
        for ad in world.table("ads").by("campaign_id", campaign["id"])
        if ad["pin_id"] in pins
    ]


def _analytics(level: EntityLevel, entities: _Entities | None = None) -> Handler:
    """Answers the rows of entities of one level."""
    entities = entities or _in_query(level)

    def handle(world: World, call: ApiCall) -> Any:
        rows = entities(world, call, account(world, call))
        query = query_of_call(call)
        subjects, numbers = row_subjects(world, level, rows, query.columns)
        if call.query.get("aggregate_report_rows"):
            subjects = [_merged(subjects, ID_COLUMNS[level])] if subjects else []
        return rows_json(world.seed, subjects, query._replace(columns=numbers))

    return handle


def _merged(subjects: list[RowSubject], id_column: str) -> RowSubject:
    """All subjects as one, with the facts that they have in common."""
    facts = {
        name: value
        for name, value in subjects[0].facts.items()
        if name != id_column and all(one.facts.get(name) == value for one in subjects)
    }
    return RowSubject(facts, [ad for one in subjects for ad in one.ads])


def _pins(world: World, call: ApiCall) -> Any:
    """Promoted Pins of one campaign: the ads of a Pin count together."""
    owner, query = account(world, call), query_of_call(call)
    campaigns = _by_ids(world, owner, "campaign", [call.query["campaign_id"]])
    ads = [ad for one in campaigns for ad in ads_below(world, "campaign", one)]
    subjects: list[RowSubject] = []
    numbers = query.columns
    for pin in dict.fromkeys(call.query["pin_ids"]):
        promoted = [ad for ad in ads if ad["pin_id"] == pin]
        if promoted:
            found, numbers = row_subjects(world, "ad", promoted, query.columns)
            merged = _merged(found, "AD_ID")
            subjects.append(RowSubject({"PIN_ID": pin, **merged.facts}, merged.ads))
    return rows_json(world.seed, subjects, query._replace(columns=numbers))


def _by_targeting(level: EntityLevel) -> Handler:
    """Answers rows by targeting type, entity and value; the rows of a type sum to the whole."""
    entities = _in_query(level)

    def handle(world: World, call: ApiCall) -> Any:
        rows = entities(world, call, account(world, call))
        query = query_of_call(call)
        subjects, numbers = row_subjects(world, level, rows, query.columns)
        query = query._replace(columns=numbers)
        texts: list[str] = []
        for type in dict.fromkeys(call.query["targeting_types"]):
            for subject in subjects:
                for (value,), text in segment_rows(world.seed, subject, query, values(type)):
                    head = msgspec.json.encode({"targeting_type": type, "targeting_value": value})
                    texts.append(f'{head.decode()[:-1]},"metrics":{text}}}')
        return f'{{"data":[{",".join(texts)}]}}'.encode()

    return handle


HANDLERS: Final[Handlers] = {
    "ad_account/analytics": _analytics("account"),
    "campaigns/analytics": _analytics("campaign"),
    "ad_groups/analytics": _analytics("ad_group"),
    "ads/analytics": _analytics("ad", _ads),
    "ad_pins/analytics": _pins,
    "product_groups/analytics": _analytics("product_group"),
    "ad_account_targeting_analytics/get": _by_targeting("account"),
    "campaign_targeting_analytics/get": _by_targeting("campaign"),
    "ad_groups_targeting_analytics/get": _by_targeting("ad_group"),
    "ad_targeting_analytics/get": _by_targeting("ad"),
}
