"""Local inventory of catalogs: written in batches, as catalog items are, and read by pairs.

A batch is executed when it is posted; the second poll finds it completed.
"""

from collections.abc import Iterable
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.catalog_access import (
    catalog,
    item_error,
    polled_batch,
    so_far,
    start_batch,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World, picked

_BATCHES: Final = "inventory_batches"
_INVENTORY: Final = "local_inventory"
_NOT_FOUND, _EXISTS = 1001, 1002
"""Codes of per-item errors: the emulator's own, as for items."""


def _post(world: World, call: ApiCall) -> Any:
    owner = catalog(world, call, call.path["catalog_id"])["id"]
    results = [_written(world, call, owner, one) for one in call.body["operations"]]
    return _shown(start_batch(world, call, _BATCHES, {"results": results}))


def _written(world: World, call: ApiCall, owner: str, operation: Fields) -> Fields:
    """Do one operation; its result."""
    table = world.table(_INVENTORY)
    names = picked(operation, "item_id", "store_code")
    found = next(iter(table.where(catalog=owner, **names)), None)
    verb, errors = operation["operation"], list[Fields]()
    if verb in ("UPDATE", "DELETE") and found is None:
        errors.append(item_error("item_id", _NOT_FOUND, "There is no such item in this store."))
    elif verb == "CREATE" and found is not None:
        errors.append(item_error("item_id", _EXISTS, "This item is in this store already."))
    elif verb == "DELETE" and found is not None:
        table.remove(found["id"])
    else:
        kept: Fields = found["attributes"] if found is not None and verb == "UPDATE" else {}
        if found is not None:
            table.remove(found["id"])
        now = int(call.now.timestamp())
        times = {"created_at": now, "last_updated_time": now * 1000}
        attributes: Fields = {**kept, **operation["attributes"]}
        table.create({"catalog": owner, **names, "attributes": attributes}, times)
    status = "FAILURE" if errors else "SUCCESS"
    kind = {"supplemental_type": "LOCAL_INVENTORY"}
    return {**names, **kind, "status": status, "errors": errors, "warnings": []}


def _get_batch(world: World, call: ApiCall) -> Any:
    return _shown(polled_batch(world, call, _BATCHES))


def _shown(row: Fields) -> Fields:
    results = so_far(row, row["results"])
    names = ("status", "created_time", "completed_time")
    known = {name: row[name] for name in names if row[name] is not None}
    return {"batch_id": row["id"], **known, "operation_results": results}


def _query(world: World, call: ApiCall) -> Any:
    owner = catalog(world, call, call.path["catalog_id"])["id"]
    return {"items": list(_found(world, owner, call.body["item_filters"]))}


def _found(world: World, owner: str, filters: Iterable[Fields]) -> Iterable[Fields]:
    for one in filters:
        names = picked(one, "item_id", "store_code")
        for row in world.table(_INVENTORY).where(catalog=owner, **names):
            store = {"store_code": row["store_code"], "store_id": row["store_code"]}
            times = picked(row, "created_at", "last_updated_time")
            yield {"item_id": row["item_id"], **row["attributes"], **times, "store_metadata": store}


HANDLERS: Final[Handlers] = {
    "catalogs_local_inventory_items_batch/operate": _post,
    "catalogs_supplemental_items_batch/get": _get_batch,
    "catalogs_local_inventory_items/post": _query,
}
