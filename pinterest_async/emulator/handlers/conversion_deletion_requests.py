"""Conversion deletion requests: pending until they are looked at, then submitted, or cancelled."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World, page

_TABLE: Final = "conversion_deletion_requests"


def _create(world: World, call: ApiCall) -> Any:
    state = {"status": "PENDING", "created_time": call.now.date().isoformat()}
    return _shown(access.add_row(world, _TABLE, access.account(world, call), state))


def _get(world: World, call: ApiCall) -> Any:
    row = _row(world, call)
    shown = _shown(row)
    if row["status"] == "PENDING":  # submitted at the first look, which does not tell it yet
        row.update(status="SUBMITTED", processed_time=call.now.date().isoformat())
    return shown


def _list(world: World, call: ApiCall) -> Any:
    return page(call, access.rows_of_account(world, call, _TABLE), _shown)


def _cancel(world: World, call: ApiCall) -> Any:
    row = _row(world, call)
    if row["status"] != "PENDING":
        raise RejectedError(409, 409, f"The request is {row['status']}.")
    row["status"] = "CANCELLED"
    return _shown(row)


def _row(world: World, call: ApiCall) -> Fields:
    return access.row_of_path(world, call, _TABLE, "request_id", "Deletion request")


def _shown(row: Fields) -> Fields:
    names = ("status", "created_time", "processed_time")
    return {"request_id": row["id"], **{name: row[name] for name in names if name in row}}


HANDLERS: Final[Handlers] = {
    "conversion_deletion_request/create": _create,
    "conversion_deletion_request/get": _get,
    "conversion_deletion_request/list": _list,
    "conversion_deletion_request/delete": _cancel,
}
