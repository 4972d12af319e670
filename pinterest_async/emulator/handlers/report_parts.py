"""Reports on what is below the things that deliver: keywords, and the items of product groups.

Parts share out the delivery of their whole, so that they add up to it: the keywords of an ad group
(or campaign) to what it delivered, the items of a product group to what that did. Filters on
metrics and splits by targeting do not reach them.
"""

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import msgspec

from pinterest_async.emulator.analytics import TABLES, Level, groups
from pinterest_async.emulator.handlers.access import filtered
from pinterest_async.emulator.mixing import mix
from pinterest_async.emulator.rows import Question, segment_rows
from pinterest_async.emulator.world import Row, World

Parts: TypeAlias = Callable[[World, Row, Row, Question], dict[str, list[str]]]
"""World, ad account, request, question -> the rows of each part, as JSON, by its id."""

_ITEMS: Final = {1: 55, 2: 30, 3: 15}
"""Items of a product group, with the weights by which delivery falls on them."""


def _keywords(world: World, owner: Row, request: Row, asked: Question) -> dict[str, list[str]]:
    rows = world.table("keywords").by("ad_account_id", owner["id"])
    shares: dict[tuple[Level, str], dict[str, Row]] = {}
    for row in rows:
        level: Level = "campaign" if row["parent_type"] == "campaign" else "ad_group"
        shares.setdefault((level, row["parent_id"]), {})[row["id"]] = {
            "KEYWORD_ID": row["id"],
            "KEYWORD_VALUE": row["value"],
            "KEYWORD_MATCH_TYPE": row["match_type"],
            "KEYWORD_BID_IN_MICRO_CURRENCY": row["bid"],
            "KEYWORD_IS_DELETED": row["archived"],
        }
    found: dict[str, list[str]] = {}
    for (level, id), parts in shares.items():
        parent = world.table(TABLES[level]).find(id)
        wanted = {
            "campaign": {"id": request.get("campaign_ids")},
            "ad_group": {
                "campaign_id": request.get("campaign_ids"),
                "id": request.get("ad_group_ids"),
            },
        }[str(level)]
        if parent is not None and filtered([parent], wanted):
            found |= _shared(world, level, parent, asked, parts, dict.fromkeys(parts, 1))
    return found


def _items(world: World, owner: Row, request: Row, asked: Question) -> dict[str, list[str]]:
    filters = {
        "campaign_id": request.get("campaign_ids"),
        "ad_group_id": request.get("ad_group_ids"),
        "id": request.get("product_group_ids"),
    }
    table = world.table(TABLES["product_group"])
    wanted = request.get("product_item_ids")
    found: dict[str, list[str]] = {}
    for row in filtered(table.by("ad_account_id", owner["id"]), filters):
        shares = {_item(world, row, number): share for number, share in _ITEMS.items()}
        parts: dict[str, Row] = {
            id: {"PRODUCT_ITEM_ID": id, "PRODUCT_ITEM_NAME": f"Item {number}"}
            for number, id in enumerate(shares, 1)
        }
        made = _shared(world, "product_group", row, asked, parts, shares)
        found |= {id: texts for id, texts in made.items() if wanted is None or id in wanted}
    return found


def _item(world: World, group: Row, number: int) -> str:
    """The id of an item: it follows from its product group."""
    return str(10**17 + mix(world.seed, 17, int(group["id"]), number) % 10**16)


def _shared(
    world: World,
    level: Level,
    whole: Row,
    asked: Question,
    parts: Mapping[str, Row],
    shares: Mapping[str, int],
) -> dict[str, list[str]]:
    """The rows of each part of a whole: with its id, and those of its facts that were asked for."""
    (group,), numbers = groups(world, level, [whole], asked.columns)
    heads: dict[str, str] = {}
    for id, facts in parts.items():
        first = next(iter(facts))
        told = {
            name: value
            for name, value in facts.items()
            if value is not None and (name == first or name in asked.columns)
        }
        heads[id] = msgspec.json.encode(told).decode()[:-1]
    found: dict[str, list[str]] = {}
    for id, text in segment_rows(world.seed, group, asked._replace(columns=numbers), shares):
        found.setdefault(id, []).append(f"{heads[id]},{text[1:]}")
    return found


PARTS: Final[Mapping[str, Parts]] = {"KEYWORD": _keywords, "PRODUCT_ITEM": _items}
"""By level."""
