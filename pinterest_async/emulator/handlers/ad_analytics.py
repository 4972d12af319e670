"""Analytics of ad accounts, campaigns, ad groups, ads and what they show, without a report."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import account
from pinterest_async.emulator.model.analytics.queries import (
    ID_COLUMNS,
    TABLES,
    Level,
    ads_below,
    groups,
    question,
)
from pinterest_async.emulator.model.analytics.rows import Group, rows, segment_rows
from pinterest_async.emulator.model.analytics.targeting import values
from pinterest_async.emulator.model.world import Row, World


def named(world: World, owner: Row, level: Level, ids: Iterable[str]) -> list[Row]:
    """The rows of an ad account with these ids, each once; others are passed over."""
    table = world.table(TABLES[level])
    found = (table.find(id) for id in dict.fromkeys(ids))
    return [row for row in found if row is not None and row["ad_account_id"] == owner["id"]]


def _answer(world: World, call: Call, level: Level, entities: Iterable[Row]) -> bytes:
    asked = question(call)
    made, numbers = groups(world, level, entities, asked.columns)
    if call.query.get("aggregate_report_rows"):
        made = [_together(made, ID_COLUMNS[level])] if made else []
    return rows(world.seed, made, asked._replace(columns=numbers))


def _together(made: list[Group], id_column: str) -> Group:
    """All groups as one: of the facts, those stay that all agree on."""
    first = made[0].facts
    facts = {
        name: value
        for name, value in first.items()
        if name != id_column and all(one.facts.get(name) == value for one in made)
    }
    return Group(facts, [ad for one in made for ad in one.ads])


def _account(world: World, call: Call) -> Any:
    return _answer(world, call, "account", [account(world, call)])


def _campaigns(world: World, call: Call) -> Any:
    owner = account(world, call)
    entities = named(world, owner, "campaign", call.query["campaign_ids"])
    return _answer(world, call, "campaign", entities)


def _ad_groups(world: World, call: Call) -> Any:
    owner = account(world, call)
    entities = named(world, owner, "ad_group", call.query["ad_group_ids"])
    return _answer(world, call, "ad_group", entities)


def _ads(world: World, call: Call) -> Any:
    owner, query = account(world, call), call.query
    ids, pins, campaigns = (query.get(name) for name in ("ad_ids", "pin_ids", "campaign_ids"))
    if ids:
        entities = named(world, owner, "ad", ids)
    elif pins and campaigns:
        table = world.table("ads")
        wanted = frozenset(pins)
        entities = [
            ad
            for campaign in named(world, owner, "campaign", campaigns)
            for ad in table.by("campaign_id", campaign["id"])
            if ad["pin_id"] in wanted
        ]
    else:
        raise Refusal(400, 1, "ad_ids: is required, unless pin_ids and campaign_ids are given")
    return _answer(world, call, "ad", entities)


def _pins(world: World, call: Call) -> Any:
    """Promoted Pins of one campaign: the ads of a Pin are one."""
    owner, query, asked = account(world, call), call.query, question(call)
    campaigns = named(world, owner, "campaign", [query["campaign_id"]])
    ads = [ad for one in campaigns for ad in ads_below(world, "campaign", one)]
    made: list[Group] = []
    numbers = asked.columns
    for pin in dict.fromkeys(query["pin_ids"]):
        promoted = [ad for ad in ads if ad["pin_id"] == pin]
        if promoted:
            found, numbers = groups(world, "ad", promoted, asked.columns)
            one = _together(found, "AD_ID")
            made.append(Group({"PIN_ID": pin, **one.facts}, one.ads))
    return rows(world.seed, made, asked._replace(columns=numbers))


def _product_groups(world: World, call: Call) -> Any:
    owner = account(world, call)
    entities = named(world, owner, "product_group", call.query["product_group_ids"])
    return _answer(world, call, "product_group", entities)


def _split(world: World, call: Call, level: Level, entities: Iterable[Row]) -> bytes:
    """The rows of every targeting type, entity and value; each type sums to the whole."""
    asked = question(call)
    made, numbers = groups(world, level, entities, asked.columns)
    asked = asked._replace(columns=numbers)
    texts: list[str] = []
    for type in dict.fromkeys(call.query["targeting_types"]):
        for group in made:
            for (value,), text in segment_rows(world.seed, group, asked, values(type)):
                head = msgspec.json.encode({"targeting_type": type, "targeting_value": value})
                texts.append(f'{head.decode()[:-1]},"metrics":{text}}}')
    return f'{{"data":[{",".join(texts)}]}}'.encode()


def _split_account(world: World, call: Call) -> Any:
    return _split(world, call, "account", [account(world, call)])


def _split_by(level: Level, parameter: str) -> Handler:
    def split(world: World, call: Call) -> Any:
        owner = account(world, call)
        return _split(world, call, level, named(world, owner, level, call.query[parameter]))

    return split


HANDLERS: Final[Mapping[str, Handler]] = {
    "ad_account/analytics": _account,
    "campaigns/analytics": _campaigns,
    "ad_groups/analytics": _ad_groups,
    "ads/analytics": _ads,
    "ad_pins/analytics": _pins,
    "product_groups/analytics": _product_groups,
    "ad_account_targeting_analytics/get": _split_account,
    "campaign_targeting_analytics/get": _split_by("campaign", "campaign_ids"),
    "ad_groups_targeting_analytics/get": _split_by("ad_group", "ad_group_ids"),
    "ad_targeting_analytics/get": _split_by("ad", "ad_ids"),
}
