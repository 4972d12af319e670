"""Targeting templates: a deleted one stays in its table, but no list has it."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import text_number
from pinterest_async.emulator.model.world import Fields, World, page

_TABLE: Final = "targeting_templates"


def _create(world: World, call: ApiCall) -> Any:
    now = access.timestamp(call)
    defaults: Fields = dict.fromkeys(("placement_traffic_type", "sizing", "tracking_urls"))
    defaults |= {"auto_targeting_enabled": True, "placement_group": "ALL", "keywords": []}
    defaults |= {"status": "ACTIVE"}
    state = {"valid": True, "created_time": now, "updated_time": now}
    return access.add_row(world, _TABLE, access.account(world, call), defaults, call.body, state)


def _list(world: World, call: ApiCall) -> Any:
    wanted = (call.query.get("search_query") or "").lower()
    rows = [
        row
        for row in access.rows_of_account(world, call, _TABLE)
        if row["status"] == "ACTIVE" and wanted in row["name"].lower()
    ]
    return page(call, rows, _with_size if call.query.get("include_sizing") else None)


def _with_size(row: Fields) -> Fields:
    """A template with the number of people that it reaches, which follows from its targeting."""
    estimate = 10**5 + text_number(str(row["targeting_attributes"])) % 10**7
    bounds = {"lower_bound": estimate * 9 // 10, "upper_bound": estimate * 11 // 10}
    return {**row, "sizing": {"reach_estimate": {"estimate": estimate, **bounds}}}


def _update(world: World, call: ApiCall) -> None:
    owner, body = access.account(world, call), call.body
    row = access.row_of_account(world, _TABLE, body["id"], owner, "Targeting template")
    if row["status"] == "DELETED":
        raise RejectedError(404, 404, f"Targeting template not found: {body['id']}.")
    if body["operation_type"] == "REMOVE":
        row["status"] = "DELETED"
    elif "targeting_attributes" in body:
        row["targeting_attributes"] = body["targeting_attributes"]
    row["updated_time"] = access.timestamp(call)


HANDLERS: Final[Handlers] = {
    "targeting_template/list": _list,
    "targeting_template/create": _create,
    "targeting_template/update": _update,
}
