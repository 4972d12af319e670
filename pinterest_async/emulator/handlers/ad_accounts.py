"""Ad accounts: created, listed, read, and deleted with their data in the sandbox."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account, has_access, timestamp
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.businesses import ACCESS, permissions_through_groups
from pinterest_async.emulator.model.world import Fields, World, page, without


def _shown(world: World, call: ApiCall, row: Fields) -> Any:
    """An ad account, with what the user may do with it."""
    shown = without(row, "members")
    shown["time_zone"] = "America/Los_Angeles"
    if row["owner"]["id"] != call.user:
        rows = world.table(ACCESS).by("holder", call.user)
        direct = [row["permissions"] for row in rows if row["asset_id"] == shown["id"]]
        through = permissions_through_groups(world, call.user).get(row["id"])
        shown["permissions"] = [*direct, through, row["permissions"]][0] or row["permissions"]
    return shown


def _list(world: World, call: ApiCall) -> Any:
    shared = call.query.get("include_shared_accounts", True)
    rows = [
        row
        for row in world.table("ad_accounts")
        if has_access(world, row, call.user) and (shared or row["owner"]["id"] == call.user)
    ]
    return page(call, rows, lambda row: _shown(world, call, row))


def _get(world: World, call: ApiCall) -> Any:
    return _shown(world, call, account(world, call))


def _create(world: World, call: ApiCall) -> Any:
    now = timestamp(call)
    row: Fields = {"country": "US", "currency": "USD", "name": "Ad account", **call.body}
    owner = row.pop("owner_user_id", None) or call.user
    access = {"members": [call.user], "permissions": ["OWNER"]}
    row |= {
        "owner": {"id": owner, "username": "emulated"},
        "created_time": now,
        "updated_time": now,
    }
    return _shown(world, call, world.table("ad_accounts").create(row, access))


def _delete(world: World, call: ApiCall) -> Any:
    owner = account(world, call)
    for name in world.counts():
        for row in world.table(name).by("ad_account_id", owner["id"]):
            world.table(name).remove(row["id"])
    world.table("ad_accounts").remove(owner["id"])
    return "Deleted"


HANDLERS: Final[Handlers] = {
    "ad_accounts/list": _list,
    "ad_accounts/get": _get,
    "ad_accounts/create": _create,
    "sandbox/delete": _delete,
}
