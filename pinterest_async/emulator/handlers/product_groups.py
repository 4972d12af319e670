"""Product groups that ad groups promote."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler
from pinterest_async.emulator.handlers.access import (
    account,
    each,
    filtered,
    mine,
    new,
    one,
    owned,
    stamp,
)
from pinterest_async.emulator.handlers.campaigns import changed, parent_of
from pinterest_async.emulator.model.ad_entities import shown_product_group
from pinterest_async.emulator.model.world import Row, World, page

TABLE: Final = "product_group_promotions"
_TITLE: Final = "Product group"


def _list(world: World, call: Call) -> Any:
    query = call.query
    group = query.get("ad_group_id")
    filters = {
        "id": query.get("product_group_promotion_ids"),
        "ad_group_id": [group] if group else None,
        "status": query.get("entity_statuses") or ("ACTIVE", "PAUSED"),
    }
    return page(call, filtered(mine(world, call, TABLE), filters), shown_product_group)


def _get(world: World, call: Call) -> Any:
    return shown_product_group(one(world, call, TABLE, "product_group_promotion_id", _TITLE))


def _create(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def create(item: Row) -> Row:
        parent = parent_of(world, "ad_groups", call.body["ad_group_id"], owner, "Ad group")
        usual = {"status": "ACTIVE", "included": True}
        places = {"ad_group_id": parent["id"], "campaign_id": parent["campaign_id"]}
        times = {"created_time": now, "updated_time": now}
        return shown_product_group(new(world, TABLE, owner, usual, item, places, times))

    return each(call.body["product_group_promotion"], create)


def _update(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = owned(world, TABLE, item.get("id"), owner, _TITLE)
        changed(row, item, now, ("ad_group_id", "campaign_id"))
        return shown_product_group(row)

    return each(call.body["product_group_promotion"], update)


HANDLERS: Final[Mapping[str, Handler]] = {
    "product_group_promotions/list": _list,
    "product_group_promotions/get": _get,
    "product_group_promotions/create": _create,
    "product_group_promotions/update": _update,
}
