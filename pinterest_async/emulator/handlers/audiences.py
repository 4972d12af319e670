"""Audiences: made by rules, and shared with other accounts."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.call import Call, Handler
from pinterest_async.emulator.handlers.access import (
    account,
    filtered,
    getter,
    mine,
    new,
    one,
    owned,
    stamp,
)
from pinterest_async.emulator.world import Row, World, page


def _create_audience(world: World, call: Call) -> Any:
    now = stamp(call)
    state = {
        "type": "audience",
        "status": "INITIALIZING",
        "size": None,
        "created_timestamp": now,
        "updated_timestamp": now,
    }
    return new(world, "audiences", account(world, call), call.body, state)


def _update_audience(world: World, call: Call) -> Any:
    row = one(world, call, "audiences", "audience_id", "Audience")
    changes = {key: value for key, value in call.body.items() if key != "operation_type"}
    row.update({key: value for key, value in changes.items() if key != "ad_account_id"})
    row["updated_timestamp"] = stamp(call)
    return row


def _list(world: World, call: Call) -> Any:
    """The account's own audiences, or those that others share with it."""
    if call.query.get("ownership_type") != "RECEIVED":
        return page(call, mine(world, call, "audiences"))
    account_id = account(world, call)["id"]
    shared = world.table(_SHARES).by("account_id", account_id)
    found = (world.table("audiences").find(share["audience_id"]) for share in shared)
    return page(call, [row for row in found if row is not None])


# Sharing


def _share_with(kind: str, field: str) -> Handler:
    """Shares an audience with accounts of one kind, or takes it back."""

    def share(world: World, call: Call) -> Any:
        owner, body, table = account(world, call), call.body, world.table(_SHARES)
        audience = owned(world, "audiences", body["audience_id"], owner, "Audience")
        held = {
            row["account_id"]: row
            for row in table.by("audience_id", audience["id"])
            if row["account_type"] == kind
        }
        for id in dict.fromkeys(body[field]):
            if body["operation_type"] == "REVOKE":
                table.remove(held[id]["id"] if id in held else "")
            elif id not in held:
                said = {"audience_id": audience["id"], "account_id": id, "account_type": kind}
                new(world, _SHARES, owner, said, {"shared_on_timestamp": stamp(call)})
        return {
            "audience_id": audience["id"],
            "permissions": ["AUDIENCE_MANAGER"],
            field: body[field],
        }

    return share


def _shared_with(world: World, call: Call) -> Any:
    owner, query = account(world, call), call.query
    audience = owned(world, "audiences", query["audience_id"], owner, "Audience")
    kinds = {"account_type": [query["account_type"]]}
    rows = filtered(world.table(_SHARES).by("audience_id", audience["id"]), kinds)
    return page(call, rows, lambda row: _recipient(world, row))


def _recipient(world: World, share: Row) -> Row:
    id = share["account_id"]
    known = world.table("ad_accounts").find(id) or {}
    return {
        "account_id": id,
        "account_name": known.get("name", f"Account {id}"),
        "account_type": share["account_type"],
        "shared_on_timestamp": share["shared_on_timestamp"],
    }


_SHARES: Final = "audience_shares"

HANDLERS: Final[Mapping[str, Handler]] = {
    "audiences/list": _list,
    "audiences/get": getter("audiences", "audience_id", "Audience"),
    "audiences/create": _create_audience,
    "audiences/create_custom": _create_audience,
    "audiences/update": _update_audience,
    "ad_accounts_audiences_shared_accounts/list": _shared_with,
    "update_ad_account_to_ad_account_shared_audience": _share_with(
        "AD_ACCOUNT", "recipient_account_ids"
    ),
    "update_ad_account_to_business_shared_audience": _share_with(
        "BUSINESS_ACCOUNT", "recipient_business_ids"
    ),
}
