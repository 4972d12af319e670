"""Labels of campaigns: created and updated in bulk, with errors beside them."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import (
    account,
    add_row,
    listed_error,
    row_of_account,
    timestamp,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.ad_entities import shown_label
from pinterest_async.emulator.model.world import Fields, World


def _create(world: World, call: ApiCall) -> Any:
    owner, items = account(world, call), call.body["labels"]
    if "parent_id" not in call.body:
        # What live answers, though 5.28 describes labels that are applied afterwards.
        return {"labels": [], "errors": [listed_error("parent_id") for _ in items]}
    parent = row_of_account(world, "campaigns", call.body["parent_id"], owner, "Campaign")
    state: Fields = {"status": "ACTIVE", "updated_time": timestamp(call)}
    state |= {"parent_id": parent["id"], "parent_type": "CAMPAIGN"}
    whole = [item for item in items if item.get("value") is not None]
    rows = [add_row(world, "labels", owner, item, state) for item in whole]
    errors = [listed_error("value")] * (len(items) - len(whole))
    return {"labels": [shown_label(row) for row in rows], "errors": errors}


def _update(world: World, call: ApiCall) -> Any:
    owner = account(world, call)
    changed: list[Fields] = []
    errors: list[Fields] = []
    for item in call.body["labels"]:
        try:
            row = row_of_account(world, "labels", item.get("id"), owner, "Label")
        except RejectedError as error:
            sent = {"id": "", "value": "", **item}
            errors.append({"data": sent, "error_messages": [error.message]})
            continue
        row.update({key: item[key] for key in ("status", "value") if item.get(key) is not None})
        row["updated_time"] = timestamp(call)
        changed.append(shown_label(row))
    return {"labels": changed, "errors": errors}


HANDLERS: Final[Handlers] = {"labels/create": _create, "labels/update": _update}
