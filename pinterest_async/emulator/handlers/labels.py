"""Labels of campaigns: created and updated in bulk, with errors beside them."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import (
    account,
    add_row,
    answer_beside_errors,
    require,
    row_of_account,
    timestamp,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.ad_entities import shown_label
from pinterest_async.emulator.model.world import Fields, World


def _create(world: World, call: ApiCall) -> Any:
    owner, state = account(world, call), dict[str, Any]()
    if "parent_id" in call.body:
        parent = row_of_account(world, "campaigns", call.body["parent_id"], owner, "Campaign")
        state = {"parent_id": parent["id"], "parent_type": "CAMPAIGN"}
    more = {"status": "ACTIVE", "updated_time": timestamp(call)}

    def create(item: Fields) -> Fields:
        # Without a parent, live refuses, though 5.28 describes labels that are applied afterwards.
        require({**item, **state}, "parent_id", "value")
        return shown_label(add_row(world, "labels", owner, item, state, more))

    return answer_beside_errors("labels", call.body["labels"], create)


def _update(world: World, call: ApiCall) -> Any:
    owner = account(world, call)

    def update(item: Fields) -> Fields:
        try:
            row = row_of_account(world, "labels", item.get("id"), owner, "Label")
        except RejectedError as error:
            error.extra["data"] = {"id": "", "value": "", **item}
            raise
        row.update({key: item[key] for key in ("status", "value") if item.get(key) is not None})
        row["updated_time"] = timestamp(call)
        return shown_label(row)

    return answer_beside_errors("labels", call.body["labels"], update)


HANDLERS: Final[Handlers] = {"labels/create": _create, "labels/update": _update}
