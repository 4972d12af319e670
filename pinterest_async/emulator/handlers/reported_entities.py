"""The entities of reports, and the parts of some: keywords, and the items of product groups.

The figures of parts add up to those of their entity: keywords to their ad group (or campaign),
items to their product group.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeAlias

from pinterest_async.emulator.handlers.access import filtered
from pinterest_async.emulator.model import ad_entities
from pinterest_async.emulator.model.analytics.queries import TABLES, EntityLevel
from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import Fields, World

_ITEMS: Final = {1: 55, 2: 30, 3: 15}
"""Items of a product group, with the weights of their shares."""


class EntityPart(NamedTuple):
    """A part of an entity. `facts` starts with its id."""

    facts: Mapping[str, Any]
    weight: int


class ReportedEntity(NamedTuple):
    """An entity, and its parts by id, where the level of the report is that of the parts."""

    level: EntityLevel
    row: Fields
    parts: Mapping[str, EntityPart] = {}
    wanted: frozenset[str] | None = None
    """The parts that were requested; None for all."""


def entities(world: World, level: EntityLevel, owner: Fields, request: Fields) -> list[Fields]:
    """The entities of a report's level that pass its filters, those on their parents included."""
    if level == "account":
        return [owner]
    campaigns = filtered(
        map(ad_entities.shown_campaign, world.table("campaigns").by("ad_account_id", owner["id"])),
        {
            "id": _branded(world, request),
            "summary_status": request.get("campaign_statuses"),
            "objective_type": request.get("campaign_objective_types"),
        },
    )
    campaigns = filtered(campaigns, {"id": request.get("campaign_ids")})
    parents = [row["id"] for row in campaigns]
    if level == "campaign":
        return campaigns
    groups = filtered(
        map(ad_entities.shown_ad_group, world.table("ad_groups").by("ad_account_id", owner["id"])),
        {
            "campaign_id": parents,
            "id": request.get("ad_group_ids"),
            "summary_status": request.get("ad_group_statuses"),
        },
    )
    if level == "ad_group":
        return groups
    rows = world.table(TABLES[level]).by("ad_account_id", owner["id"])
    filters: Fields = {"ad_group_id": [row["id"] for row in groups]}
    if level == "product_group":
        statuses = request.get("product_group_statuses")
        rows = [
            row for row in rows if statuses is None or ad_entities.summary_status(row) in statuses
        ]
        return filtered(rows, {**filters, "id": request.get("product_group_ids")})
    filters |= {"id": request.get("ad_ids"), "summary_status": request.get("ad_statuses")}
    return filtered(map(ad_entities.shown_ad, rows), filters)


def _branded(world: World, request: Fields) -> list[str] | None:
    """The campaigns that have the requested brand label."""
    brand = request.get("campaign_brand_label")
    if brand is None:
        return None
    labels = world.table("labels").where(label_type="BRAND", value=brand, status="ACTIVE")
    return [label["parent_id"] for label in labels if "parent_id" in label]


def _keywords(world: World, owner: Fields, request: Fields) -> Iterator[ReportedEntity]:
    """Keywords belong to ad groups or campaigns, which are filtered as on their own levels."""
    for level in ("campaign", "ad_group"):
        if level == "campaign" and request.get("ad_group_ids") is not None:
            continue
        for parent in entities(world, level, owner, request):
            parts = {
                row["id"]: EntityPart(
                    {
                        "KEYWORD_ID": row["id"],
                        "KEYWORD_VALUE": row["value"],
                        "KEYWORD_MATCH_TYPE": row["match_type"],
                        "KEYWORD_BID_IN_MICRO_CURRENCY": row["bid"],
                        "KEYWORD_IS_DELETED": row["archived"],
                    },
                    1,
                )
                for row in world.table("keywords").by("parent_id", parent["id"])
            }
            if parts:
                yield ReportedEntity(level, parent, parts)


def _items(world: World, owner: Fields, request: Fields) -> Iterator[ReportedEntity]:
    wanted = request.get("product_item_ids")
    for row in entities(world, "product_group", owner, request):
        parts: dict[str, EntityPart] = {}
        for number, weight in _ITEMS.items():
            id = _item(world, row, number)
            facts = {"PRODUCT_ITEM_ID": id, "PRODUCT_ITEM_NAME": f"Item {number}"}
            parts[id] = EntityPart(facts, weight)
        yield ReportedEntity(
            "product_group", row, parts, None if wanted is None else frozenset(wanted)
        )


def _item(world: World, group: Fields, number: int) -> str:
    """The id of an item: it follows from its product group."""
    return str(10**17 + mix(world.seed, 17, int(group["id"]), number) % 10**16)


def _without_parts(level: EntityLevel) -> "EntitySource":
    def entities_of_level(world: World, owner: Fields, request: Fields) -> Iterable[ReportedEntity]:
        return (ReportedEntity(level, row) for row in entities(world, level, owner, request))

    return entities_of_level


EntitySource: TypeAlias = Callable[[World, Fields, Fields], Iterable[ReportedEntity]]
"""Makes the entities of a report from the world, the ad account and the request."""

ENTITY_SOURCES: Final[Mapping[str, EntitySource]] = {
    "ADVERTISER": _without_parts("account"),
    "CAMPAIGN": _without_parts("campaign"),
    "AD_GROUP": _without_parts("ad_group"),
    "PIN_PROMOTION": _without_parts("ad"),
    "PRODUCT_GROUP": _without_parts("product_group"),
    "KEYWORD": _keywords,
    "PRODUCT_ITEM": _items,
}
"""By the level of a report, without `_TARGETING`."""
