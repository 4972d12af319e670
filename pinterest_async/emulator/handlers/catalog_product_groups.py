"""Product groups of catalogs: kept, counted, and opened to the products in them."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import account, stamp
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.model.boards_and_pins import metrics
from pinterest_async.emulator.model.catalogs import GROUPS, availability, new_group, shown_product
from pinterest_async.emulator.model.product_filters import check, chosen, media_type, members
from pinterest_async.emulator.model.world import Row, World, page

_UNKNOWN: Final = Refusal(404, 4180, "There is no such product group.")
_RETAIL: Final = frozenset(("country", "locale", "feed_id", "status", "is_featured"))


def _group(world: World, call: Call, id: str) -> Row:
    catalogs_of(world, call)
    row = world.table(GROUPS).get(id, _UNKNOWN)
    if row["user"] != merchant(world, call):
        raise _UNKNOWN
    return row


def _named(world: World, call: Call) -> Row:
    return _group(world, call, call.path["product_group_id"])


def _list(world: World, call: Call) -> Any:
    query = call.query
    catalogs_of(world, call)
    if query.get("feed_id"):
        feed(world, call, query["feed_id"])
    ids = {str(id) for id in query.get("id") or ()}
    rows = [
        row
        for row in world.table(GROUPS).where(user=merchant(world, call))
        if (not ids or row["id"] in ids)
        and query.get("feed_id") in {None, row["feed_id"]}
        and query.get("catalog_id") in {None, row["catalog_id"]}
    ]
    return page(call, rows, _shown)


def _create(world: World, call: Call) -> Any:
    return _shown(_made(world, call, call.body))


def _create_many(world: World, call: Call) -> Any:
    """All or none: what was made before a refusal goes again."""
    made: list[str] = []
    try:
        made.extend(_made(world, call, body)["id"] for body in call.body)
    except Refusal:
        for id in made:
            world.table(GROUPS).remove(id)
        raise
    return made


def _made(world: World, call: Call, body: Row) -> Row:
    catalogs_of(world, call)
    if "feed_id" in body:
        home = feed(world, call, body["feed_id"])
    else:
        home = catalog(world, call, body["catalog_id"], body["catalog_type"])
        if home["catalog_type"] == "RETAIL" and not {"country", "locale"} <= body.keys():
            raise Refusal(400, 6136, "Fields `country` and `locale`: pass both.")
    _check(world, home, body)
    return new_group(world, home, stamp(call) * 1000, body)


def _check(world: World, home: Row, body: Row, own: str = "") -> None:
    """Refuse a second group of the same name or filters in one feed or catalog."""
    check(world, home["user"], body.get("filters", {"any_of": []}))
    place = "feed_id" if "catalog_id" in home else "catalog_id"
    for row in world.table(GROUPS).by(place, home["id"]):
        if row["id"] == own:
            continue
        if body.get("name") == row["name"]:
            raise Refusal(409, 4179, "Field `name`: another product group has it.")
        if body.get("filters") == row["filters"]:
            raise Refusal(409, 4178, "Field `filters`: another product group has them.")


def _get(world: World, call: Call) -> Any:
    return _shown(_named(world, call))


def _update(world: World, call: Call) -> Any:
    row = _changeable(_named(world, call))
    if call.body.get("catalog_type", row["catalog_type"]) != row["catalog_type"]:
        raise Refusal(400, 1, f"Field `catalog_type`: this product group is {row['catalog_type']}.")
    home: Row = {"id": row["catalog_id"], "user": row["user"]}
    if row["feed_id"]:
        home = {"id": row["feed_id"], "user": row["user"], "catalog_id": row["catalog_id"]}
    _check(world, home, call.body, row["id"])
    row.update(call.body, updated_at=stamp(call) * 1000)
    return _shown(row)


def _delete(world: World, call: Call) -> None:
    row = _removable(world, _named(world, call))
    world.table(GROUPS).remove(row["id"])


def _delete_many(world: World, call: Call) -> None:
    rows = [_removable(world, _group(world, call, str(id))) for id in call.query["id"]]
    for row in rows:
        world.table(GROUPS).remove(row["id"])


def _changeable(row: Row) -> Row:
    if row["type"] == "ALL_PRODUCTS":
        raise Refusal(409, 4177, "This product group was made by Pinterest, and stays as it is.")
    return row


def _removable(world: World, row: Row) -> Row:
    ads = world.table("product_group_promotions").where(catalog_product_group_id=row["id"])
    if any(ad["status"] == "ACTIVE" for ad in ads):
        raise Refusal(409, 4176, "This product group is promoted: pause that before.")
    return _changeable(row)


def _counts(world: World, call: Call) -> Any:
    row = _named(world, call)
    items, kind = members(world, row), row["catalog_type"]
    said: Row = {"catalog_type": kind, "total": len(items)}
    if kind != "HOTEL":
        said["videos"] = sum(media_type(item) == "VIDEO" for item in items)
    if kind == "RETAIL":
        states = [availability(item) for item in items]
        said |= {state.lower(): states.count(state) for state in _STATES}
    return said


_STATES: Final = ("IN_STOCK", "OUT_OF_STOCK", "PREORDER")


def _products(world: World, call: Call) -> Any:
    return page(call, members(world, _named(world, call)), lambda item: _product(call, item))


def _product(call: Call, item: Row) -> Any:
    said = shown_product(item)
    if call.query.get("pin_metrics"):
        said["pin"]["pin_metrics"] = metrics(item["id"])
    return said


def _by_filters(world: World, call: Call) -> Any:
    body = call.body
    catalogs_of(world, call)
    if "feed_id" in body:
        home = feed(world, call, body["feed_id"])
        place: Row = {"catalog_id": home["catalog_id"], "feed_id": home["id"]}
    else:
        home = catalog(world, call, body["catalog_id"], body["catalog_type"])
        place = {"catalog_id": home["id"]}
        place |= {name: body[name] for name in ("country", "locale") if name in body}
    check(world, home["user"], body["filters"])
    return page(call, chosen(world, place, body["filters"]), lambda item: _product(call, item))


def _of_ad_account(world: World, call: Call) -> Any:
    """The product groups of the owner of an ad account, in the words of ads."""
    owner = account(world, call)["owner"]["id"]
    feed_id = call.query.get("feed_profile_id")
    rows = [
        row
        for row in world.table(GROUPS).where(user=owner)
        if row["feed_id"] is not None and feed_id in {None, row["feed_id"]}
    ]
    return page(call, rows, lambda row: _advertised(world, row))


def _advertised(world: World, row: Row) -> Row:
    return {
        "id": row["id"],
        "name": row["name"],
        "filters": row["filters"],
        "feed_profile_id": row["feed_id"],
        "merchant_id": row["user"],
        "status": row["status"],
        "product_count": len(members(world, row)),
        "created_at": row["created_at"],
        "last_update": row["updated_at"],
    }


def _shown(row: Row) -> Row:
    hidden = {"user"} if row["catalog_type"] == "RETAIL" else {"user", *_RETAIL}
    if row["catalog_type"] == "CREATIVE_ASSETS":
        hidden.add("type")
    return {name: value for name, value in row.items() if name not in hidden}


HANDLERS: Final[Mapping[str, Handler]] = {
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
