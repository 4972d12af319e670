"""Items of catalogs: read by name, and written in batches.

A batch is done when it is posted, so that what comes of it does not hang on who asks; how it went
is told by the second question after it.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.catalog_access import catalog, merchant
from pinterest_async.emulator.model.catalogs import (
    CATALOGS,
    KEYS,
    Place,
    moment,
    polled,
    product_pin,
)
from pinterest_async.emulator.model.world import Row, World

BATCHES: Final = "item_batches"

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "RETAIL": ("title", "description", "link", "image_link", "price", "availability"),
    "HOTEL": ("name", "link", "description", "brand", "address", "main_image"),
    "CREATIVE_ASSETS": ("title", "description", "link"),
}
_NOT_FOUND, _EXISTS, _MISSING = 1001, 1002, 1003
"""Codes of per-item errors: the emulator's own, Pinterest publishes none."""


def _get_by_query(world: World, call: Call) -> Any:
    """The same with the question in the query, where plain ids are those of retail items."""
    query = call.query
    filters: Row = query.get("filters") or {}
    filters = filters or {"catalog_type": "RETAIL", "item_ids": query.get("item_ids") or ()}
    body = {"country": query["country"], "language": query["language"], "filters": filters}
    return _get(world, msgspec.structs.replace(call, body=body))


def _get(world: World, call: Call) -> Any:
    filters = call.body["filters"]
    kind, id = filters["catalog_type"], filters.get("catalog_id")
    homes = world.table(CATALOGS).where(user=merchant(world, call), catalog_type=kind)
    ids = [home["id"] for home in homes if id in {None, home["id"]}]
    language = call.body["language"]
    places = [Place(world, home, kind, call.body["country"], language) for home in ids]
    items: list[Row] = []
    for name in filters[f"{KEYS[kind]}s"]:
        found = next((row for place in places if (row := place.find(name)) is not None), None)
        said: Row = {"catalog_type": kind, KEYS[kind]: name}
        if found is None:
            said["errors"] = [_error(KEYS[kind], _NOT_FOUND, "There is no such item.")]
        else:
            said |= {"attributes": found["attributes"], "pins": [product_pin(found)]}
        items.append(said)
    return {"items": items}


def _post(world: World, call: Call) -> Any:
    body = call.body
    kind = body.get("catalog_type", "RETAIL")
    home = catalog(world, call, body.get("catalog_id"), kind)
    place = Place(world, home["id"], kind, body["country"], body["language"])
    key = KEYS[kind]
    records: list[Row] = []
    for item in body["items"]:
        name, errors = item.get(key, ""), list[Row]()
        operation = item.get("operation") or body["operation"]
        if name:
            errors = _written(place, kind, name, operation, item)
        else:
            errors.append(_error(key, _MISSING, "An item needs its id."))
        status = "FAILURE" if errors else "SUCCESS"
        records.append({key: name, "status": status, "errors": errors, "warnings": []})
    table = world.table(BATCHES)
    batch = {"id": table.new_id(), "user": merchant(world, call), "catalog_type": kind}
    times = {"created_time": moment(call.now), "completed_time": None}
    row = table.add({**batch, **times, "status": "PROCESSING", "polls": 0, "items": records})
    return _shown(row)


def _written(place: Place, kind: str, name: str, operation: str, item: Row) -> list[Row]:
    """Do what a batch says of one item; what is wrong with it, if anything."""
    known, key = place.find(name), KEYS[kind]
    if operation in {"DELETE", "DELETE_DISCONTINUED", "UPDATE"} and known is None:
        return [_error(key, _NOT_FOUND, "There is no such item.")]
    if operation == "CREATE" and known is not None:
        return [_error(key, _EXISTS, "There is such an item already.")]
    sent = _attributes(kind, item.get("attributes") or {})
    if known is None or operation == "UPSERT":
        missing = [one for one in _NEEDED[kind] if not sent.get(one)]
        if missing:
            return [_error(one, _MISSING, f"An item needs its {one}.") for one in missing]
        place.put(name, sent)
    elif operation == "UPDATE":
        mask = item.get("update_mask")
        changes = sent if mask is None else {one: sent.get(one) for one in mask}
        place.put(name, {**known["attributes"], **changes})
    else:
        place.remove(known)
    return []


def _attributes(kind: str, sent: Row) -> Row:
    """Attributes as they are answered: of retail items, images are always a list."""
    image = sent.get("image_link")
    return {**sent, "image_link": [image]} if kind == "RETAIL" and isinstance(image, str) else sent


def _get_batch(world: World, call: Call) -> Any:
    unknown = Refusal(404, 4331, "There is no such batch.")
    row = world.table(BATCHES).get(call.path["batch_id"], unknown)
    if row["user"] != merchant(world, call):
        raise unknown
    if row["status"] == "PROCESSING" and polled(row):
        row.update(status="COMPLETED", completed_time=moment(call.now))
    return _shown(row)


def _shown(row: Row) -> Row:
    items = row["items"]
    if row["status"] == "PROCESSING":
        quiet: Row = {"status": "PROCESSING", "errors": [], "warnings": []}
        items = [{**item, **quiet} for item in items]
    names = ("catalog_type", "status", "created_time", "completed_time")
    return {"batch_id": row["id"], **{name: row[name] for name in names}, "items": items}


def _error(attribute: str, code: int, message: str) -> Row:
    return {"attribute": attribute, "code": code, "message": message}


HANDLERS: Final[Mapping[str, Handler]] = {
    "items/get": _get_by_query,
    "items/post": _get,
    "items_batch/post": _post,
    "items_batch/get": _get_batch,
}
