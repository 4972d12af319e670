"""Bids on single items of a catalog: submitted and deleted in batches, and read by item."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, Reply
from pinterest_async.emulator.handlers.catalog_access import catalog
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, Table, World

_KEY: Final = ("item_id", "country", "language")
_MASKS: Final = {
    "BID": "bid_in_micro_currency",
    "APP_TYPE_BID_MULTIPLIER_SET": "app_type_multipliers",
    "PLACEMENT_BID_MULTIPLIER_SET": "placement_multipliers",
}
"""The fields of bids, by the word that says which of them a submission changes."""
_NO_BIDS: Final = {"code": 404, "message": "There are no bids on this item."}


def _submit(world: World, call: ApiCall) -> Any:
    """Item by item; 206 where some fail."""
    place = catalog(world, call, call.body["catalog_id"])["id"]
    table = world.table("item_bids")
    answers: list[Fields] = []
    for item in call.body["items"]:
        errors = _write(table, place, item)
        answers.append({**item, "errors": errors})
    failed = any(one["errors"] for one in answers)
    body = {"catalog_id": place, "items": answers}
    return Reply(status=206 if failed else 200, body=body)


def _write(table: Table, place: str, item: Fields) -> list[Fields]:
    """Write one item; the errors, if there are any."""
    row = _found(table, place, item)
    if item["operation"] == "DELETE":
        if row is None:
            return [_NO_BIDS]
        table.remove(row["id"])
        return []
    if row is None:
        key = {name: item[name] for name in _KEY}
        row = table.create({"catalog_id": place, **key, "bid_options": {}})
    mask: list[str] | None = item.get("update_mask")
    sent: dict[str, Any] = item.get("bid_options") or {}
    names = _MASKS.values() if mask is None else [_MASKS[one] for one in mask]
    row["bid_options"] = {**row["bid_options"], **{name: sent.get(name) for name in names}}
    return []


def _get(world: World, call: ApiCall) -> Any:
    """Items without bids are left out."""
    place = catalog(world, call, call.body["catalog_id"])["id"]
    table = world.table("item_bids")
    found = (_found(table, place, item) for item in call.body["items"])
    items = [
        {name: row[name] for name in (*_KEY, "bid_options")} for row in found if row is not None
    ]
    return {"catalog_id": place, "items": items}


def _found(table: Table, place: str, item: Fields) -> Fields | None:
    rows = table.by("item_id", item["item_id"])
    wanted = {"catalog_id": place, **{name: item[name] for name in _KEY}}.items()
    return next((row for row in rows if all(row[key] == one for key, one in wanted)), None)


HANDLERS: Final[Handlers] = {
    "advanced_auction_items_submit/post": _submit,
    "advanced_auction_items_get/post": _get,
}
