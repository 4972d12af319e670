"""Product groups of catalogs, and the products in them."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import account, timestamp
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import catalogs
from pinterest_async.emulator.model.boards import pin_metrics
from pinterest_async.emulator.model.product_filters import (
    check_filters,
    items_in_group,
    matching_items,
    media_type,
)
from pinterest_async.emulator.model.world import (
    Fields,
    World,
    page,
    picked,
    with_values,
    without,
)

_UNKNOWN: Final = RejectedError(404, 4180, "There is no such product group.")
_RETAIL: Final = frozenset(("country", "locale", "feed_id", "status", "is_featured"))


def _group(world: World, call: ApiCall, id: str) -> Fields:
    catalogs_of(world, call)
    return world.table(catalogs.GROUPS).get(id, _UNKNOWN, user=merchant(world, call))


def _named(world: World, call: ApiCall) -> Fields:
    return _group(world, call, call.path["product_group_id"])


def _list(world: World, call: ApiCall) -> Any:
    query = call.query
    catalogs_of(world, call)
    if query.get("feed_id"):
        feed(world, call, query["feed_id"])
    ids = {str(id) for id in query.get("id") or ()}
    groups = world.table(catalogs.GROUPS).where(user=merchant(world, call))
    rows = with_values(groups, feed_id=query.get("feed_id"), catalog_id=query.get("catalog_id"))
    return page(call, [row for row in rows if not ids or row["id"] in ids], _shown)


def _create(world: World, call: ApiCall) -> Any:
    return _shown(_add(world, call, call.body))


def _create_many(world: World, call: ApiCall) -> Any:
    """Create all or none: where one is rejected, the earlier ones are removed again."""
    added: list[str] = []
    try:
        added.extend(_add(world, call, body)["id"] for body in call.body)
    except RejectedError:
        for id in added:
            world.table(catalogs.GROUPS).remove(id)
        raise
    return added


def _add(world: World, call: ApiCall, body: Fields) -> Fields:
    catalogs_of(world, call)
    if "feed_id" in body:
        source = feed(world, call, body["feed_id"])
    else:
        source = catalog(world, call, body["catalog_id"], body["catalog_type"])
        if source["catalog_type"] == "RETAIL" and not {"country", "locale"} <= body.keys():
            raise RejectedError(400, 6136, "Fields `country` and `locale`: pass both.")
    _check(world, source, body)
    return catalogs.add_product_group(world, source, timestamp(call) * 1000, body)


def _check(world: World, source: Fields, body: Fields, own: str = "") -> None:
    """Reject a second group of the same name or filters in one feed or catalog."""
    check_filters(world, source["user"], body.get("filters", {"any_of": []}))
    place = "feed_id" if "catalog_id" in source else "catalog_id"
    for row in world.table(catalogs.GROUPS).by(place, source["id"]):
        if row["id"] == own:
            continue
        if body.get("name") == row["name"]:
            raise RejectedError(409, 4179, "Field `name`: another product group has it.")
        if body.get("filters") == row["filters"]:
            raise RejectedError(409, 4178, "Field `filters`: another product group has them.")


def _get(world: World, call: ApiCall) -> Any:
    return _shown(_named(world, call))


def _update(world: World, call: ApiCall) -> Any:
    row = _changeable(_named(world, call))
    if call.body.get("catalog_type", row["catalog_type"]) != row["catalog_type"]:
        message = f"Field `catalog_type`: this product group is {row['catalog_type']}."
        raise RejectedError(400, 1, message)
    source: Fields = {"id": row["catalog_id"], "user": row["user"]}
    if row["feed_id"]:
        source = {"id": row["feed_id"], "user": row["user"], "catalog_id": row["catalog_id"]}
    _check(world, source, call.body, row["id"])
    row.update(call.body, updated_at=timestamp(call) * 1000)
    return _shown(row)


def _delete(world: World, call: ApiCall) -> None:
    row = _removable(world, _named(world, call))
    world.table(catalogs.GROUPS).remove(row["id"])


def _delete_many(world: World, call: ApiCall) -> None:
    rows = [_removable(world, _group(world, call, str(id))) for id in call.query["id"]]
    for row in rows:
        world.table(catalogs.GROUPS).remove(row["id"])


def _changeable(row: Fields) -> Fields:
    if row["type"] == "ALL_PRODUCTS":
        message = "This product group was made by Pinterest, and stays as it is."
        raise RejectedError(409, 4177, message)
    return row


def _removable(world: World, row: Fields) -> Fields:
    ads = world.table("product_group_promotions").where(catalog_product_group_id=row["id"])
    if any(ad["status"] == "ACTIVE" for ad in ads):
        raise RejectedError(409, 4176, "This product group is promoted: pause that before.")
    return _changeable(row)


def _counts(world: World, call: ApiCall) -> Any:
    row = _named(world, call)
    items, kind = items_in_group(world, row), row["catalog_type"]
    counts: Fields = {"catalog_type": kind, "total": len(items)}
    if kind != "HOTEL":
        counts["videos"] = sum(media_type(item) == "VIDEO" for item in items)
    if kind == "RETAIL":
        states = [catalogs.availability(item) for item in items]
        counts |= {state.lower(): states.count(state) for state in _STATES}
    return counts


_STATES: Final = ("IN_STOCK", "OUT_OF_STOCK", "PREORDER")


def _products(world: World, call: ApiCall) -> Any:
    return page(call, items_in_group(world, _named(world, call)), lambda item: _product(call, item))


def _product(call: ApiCall, item: Fields) -> Any:
    shown = catalogs.shown_product(item)
    if call.query.get("pin_metrics"):
        shown["pin"]["pin_metrics"] = pin_metrics(item["id"])
    return shown


def _by_filters(world: World, call: ApiCall) -> Any:
    body = call.body
    catalogs_of(world, call)
    if "feed_id" in body:
        source = feed(world, call, body["feed_id"])
        place: Fields = {"catalog_id": source["catalog_id"], "feed_id": source["id"]}
    else:
        source = catalog(world, call, body["catalog_id"], body["catalog_type"])
        place = {"catalog_id": source["id"]}
        place |= {name: body[name] for name in ("country", "locale") if name in body}
    check_filters(world, source["user"], body["filters"])
    items = matching_items(world, place, body["filters"])
    return page(call, items, lambda item: _product(call, item))


def _of_ad_account(world: World, call: ApiCall) -> Any:
    """The product groups of the owner of an ad account, as ads show them."""
    owner = account(world, call)["owner"]["id"]
    feed_id = call.query.get("feed_profile_id")
    rows = with_values(world.table(catalogs.GROUPS).where(user=owner), feed_id=feed_id)
    rows = [row for row in rows if row["feed_id"] is not None]
    return page(call, rows, lambda row: _shown_to_ads(world, row))


def _shown_to_ads(world: World, row: Fields) -> Fields:
    return {
        **picked(row, "id", "name", "filters", "status", "created_at"),
        "feed_profile_id": row["feed_id"],
        "merchant_id": row["user"],
        "product_count": len(items_in_group(world, row)),
        "last_update": row["updated_at"],
    }


def _shown(row: Fields) -> Fields:
    hidden = {"user"} if row["catalog_type"] == "RETAIL" else {"user", *_RETAIL}
    if row["catalog_type"] == "CREATIVE_ASSETS":
        hidden.add("type")
    return without(row, *hidden)


HANDLERS: Final[Handlers] = {
    "ad_accounts_catalogs_product_groups/list": _of_ad_account,
    "catalogs_product_groups/list": _list,
    "catalogs_product_groups/create": _create,
    "catalogs_product_groups/create_many": _create_many,
    "catalogs_product_groups/get": _get,
    "catalogs_product_groups/update": _update,
    "catalogs_product_groups/delete": _delete,
    "catalogs_product_groups/delete_many": _delete_many,
    "catalogs_product_groups/product_counts_get": _counts,
    "catalogs_product_group_pins/list": _products,
    "products_by_product_group_filter/list": _by_filters,
}
