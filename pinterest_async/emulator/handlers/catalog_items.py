"""Items of catalogs: read by name, and written in batches.

A batch is executed when it is posted, so its effect does not depend on polls; the second poll
finds it completed.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.catalog_access import (
    catalog,
    item_error,
    merchant,
    polled_batch,
    so_far,
    start_batch,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import catalogs
from pinterest_async.emulator.model.world import Fields, World, picked, with_values

BATCHES: Final = "item_batches"

_REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "RETAIL": ("title", "description", "link", "image_link", "price", "availability"),
    "HOTEL": ("name", "link", "description", "brand", "address", "main_image"),
    "CREATIVE_ASSETS": ("title", "description", "link"),
}
_PRICES: Final = ("price", "sale_price", "base_price")
_PRICE: Final = re.compile(r"\d+(\.\d+)?( ?[A-Z]{3})?")
_NOT_FOUND, _EXISTS, _MISSING, _INVALID = 1001, 1002, 1003, 1004
"""Codes of per-item errors: the emulator's own, Pinterest publishes none."""


def _get_by_query(world: World, call: ApiCall) -> Any:
    """The same with the filters in the query, where plain ids are those of retail items."""
    query = call.query
    filters: Fields = query.get("filters") or {}
    filters = filters or {"catalog_type": "RETAIL", "item_ids": query.get("item_ids") or ()}
    body = {"country": query["country"], "language": query["language"], "filters": filters}
    return _get(world, msgspec.structs.replace(call, body=body))


def _get(world: World, call: ApiCall) -> Any:
    filters = call.body["filters"]
    kind, id = filters["catalog_type"], filters.get("catalog_id")
    rows = world.table(catalogs.CATALOGS).where(user=merchant(world, call), catalog_type=kind)
    country, language = call.body["country"], call.body["language"]
    stores = [
        catalogs.ItemTable(world, row["id"], kind, country, language)
        for row in with_values(rows, id=id)
    ]
    items: list[Fields] = []
    key = catalogs.KEYS[kind]
    for name in filters[f"{key}s"]:
        found = next((row for store in stores if (row := store.find(name)) is not None), None)
        item: Fields = {"catalog_type": kind, key: name}
        if found is None:
            item["errors"] = [item_error(key, _NOT_FOUND, "There is no such item.")]
        else:
            item |= {"attributes": found["attributes"], "pins": [catalogs.product_pin(found)]}
        items.append(item)
    return {"items": items}


def _post(world: World, call: ApiCall) -> Any:
    body = call.body
    kind = body.get("catalog_type", "RETAIL")
    row = catalog(world, call, body.get("catalog_id"), kind)
    store = catalogs.ItemTable(world, row["id"], kind, body["country"], body["language"])
    key = catalogs.KEYS[kind]
    records: list[Fields] = []
    for item in body["items"]:
        name, errors = item.get(key, ""), list[Fields]()
        operation = item.get("operation") or body["operation"]
        if name:
            errors = _write(store, kind, name, operation, item)
        else:
            errors.append(item_error(key, _MISSING, "An item needs its id."))
        status = "FAILURE" if errors else "SUCCESS"
        records.append({key: name, "status": status, "errors": errors, "warnings": []})
    return _shown(start_batch(world, call, BATCHES, {"catalog_type": kind, "items": records}))


def _write(
    store: catalogs.ItemTable, kind: str, name: str, operation: str, item: Fields
) -> list[Fields]:
    """Write one item of a batch; the errors, if there are any."""
    known, key = store.find(name), catalogs.KEYS[kind]
    if operation in {"DELETE", "DELETE_DISCONTINUED", "UPDATE"} and known is None:
        return [item_error(key, _NOT_FOUND, "There is no such item.")]
    if operation == "CREATE" and known is not None:
        return [item_error(key, _EXISTS, "There is such an item already.")]
    sent = _attributes(kind, item.get("attributes") or {})
    wrong = [one for one in _PRICES if sent.get(one) and not _PRICE.fullmatch(str(sent[one]))]
    if wrong:
        return [item_error(one, _INVALID, "A price is like 19.99 USD.") for one in wrong]
    if known is None or operation == "UPSERT":
        missing = [one for one in _REQUIRED[kind] if not sent.get(one)]
        if missing:
            return [item_error(one, _MISSING, f"An item needs its {one}.") for one in missing]
        store.put(name, sent)
    elif operation == "UPDATE":
        mask = item.get("update_mask")
        changes = sent if mask is None else {one: sent.get(one) for one in mask}
        store.put(name, {**known["attributes"], **changes})
    else:
        store.table.remove(known["id"])
    return []


def _attributes(kind: str, sent: Fields) -> Fields:
    """Attributes as answers have them: the images of retail items are always a list."""
    image = sent.get("image_link")
    return {**sent, "image_link": [image]} if kind == "RETAIL" and isinstance(image, str) else sent


def _get_batch(world: World, call: ApiCall) -> Any:
    return _shown(polled_batch(world, call, BATCHES))


def _shown(row: Fields) -> Fields:
    facts = picked(row, "catalog_type", "status", "created_time", "completed_time")
    return {"batch_id": row["id"], **facts, "items": so_far(row, row["items"])}


HANDLERS: Final[Handlers] = {
    "items/get": _get_by_query,
    "items/post": _get,
    "items_batch/post": _post,
    "items_batch/get": _get_batch,
}
