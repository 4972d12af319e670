"""Ad accounts: open them, read them, wipe them in the sandbox."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler
from pinterest_async.emulator.handlers.access import account, stamp, visible
from pinterest_async.emulator.model.businesses import ACCESS, through_groups
from pinterest_async.emulator.model.world import Row, World, page


def _shown(world: World, call: Call, row: Row) -> Any:
    """An ad account, with what the user may do with it."""
    shown = {key: value for key, value in row.items() if key != "members"}
    if row["owner"]["id"] != call.user:
        held = world.table(ACCESS).by("holder", call.user)
        direct = [row["permissions"] for row in held if row["asset_id"] == shown["id"]]
        through = through_groups(world, call.user).get(row["id"])
        shown["permissions"] = [*direct, through, row["permissions"]][0] or row["permissions"]
    return shown


def _list(world: World, call: Call) -> Any:
    shared = call.query.get("include_shared_accounts", True)
    rows = [
        row
        for row in world.table("ad_accounts")
        if visible(world, row, call.user) and (shared or row["owner"]["id"] == call.user)
    ]
    return page(call, rows, lambda row: _shown(world, call, row))


def _get(world: World, call: Call) -> Any:
    return _shown(world, call, account(world, call))


def _create(world: World, call: Call) -> Any:
    table, now = world.table("ad_accounts"), stamp(call)
    row: Row = {"country": "US", "currency": "USD", "name": "Ad account", **call.body}
    owner = row.pop("owner_user_id", None) or call.user
    row |= {
        "id": table.new_id(),
        "owner": {"id": owner, "username": "emulated"},
        "members": [call.user],
        "permissions": ["OWNER"],
        "created_time": now,
        "updated_time": now,
    }
    return _shown(world, call, table.add(row))


def _wipe(world: World, call: Call) -> Any:
    owner = account(world, call)
    for name in world.counts():
        for row in world.table(name).by("ad_account_id", owner["id"]):
            world.table(name).remove(row["id"])
    world.table("ad_accounts").remove(owner["id"])
    return "Deleted"


HANDLERS: Final[Mapping[str, Handler]] = {
    "ad_accounts/list": _list,
    "ad_accounts/get": _get,
    "ad_accounts/create": _create,
    "sandbox/delete": _wipe,
}
