"""Audiences: made by rules, and shared with other accounts."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
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
from pinterest_async.emulator.handlers.business_members import business
from pinterest_async.emulator.model.world import Row, World, page


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
    if call.body.get("operation_type") == "REMOVE":
        _remove(world, row)
        return row
    changes = {key: value for key, value in call.body.items() if key != "operation_type"}
    row.update({key: value for key, value in changes.items() if key != "ad_account_id"})
    row["updated_timestamp"] = stamp(call)
    return row


def _remove(world: World, row: Row) -> None:
    """Take an audience away, and from all whom it is shared with."""
    world.table("audiences").remove(row["id"])
    for share in world.table(_SHARES).by("audience_id", row["id"]):
        world.table(_SHARES).remove(share["id"])


def _list(world: World, call: Call) -> Any:
    """The account's own audiences, or those that others share with it."""
    if call.query.get("ownership_type") != "RECEIVED":
        return page(call, mine(world, call, "audiences"))
    return page(call, _received(world, account(world, call)["id"]))


# Sharing


def _shared(world: World, call: Call, audience: Row, kind: str, field: str) -> Any:
    """Share an audience with accounts of one kind, or take it back."""
    body, table = call.body, world.table(_SHARES)
    held = {
        row["account_id"]: row
        for row in table.by("audience_id", audience["id"])
        if row["account_type"] == kind
    }
    owner = {"id": audience["ad_account_id"]}
    for id in dict.fromkeys(body[field]):
        if body["operation_type"] == "REVOKE":
            table.remove(held[id]["id"] if id in held else "")
        elif id not in held:
            said = {"audience_id": audience["id"], "account_id": id, "account_type": kind}
            new(world, _SHARES, owner, said, {"shared_on_timestamp": stamp(call)})
    return {"audience_id": audience["id"], "permissions": ["AUDIENCE_MANAGER"], field: body[field]}


def _share_with(kind: str, field: str) -> Handler:
    def share(world: World, call: Call) -> Any:
        owner = account(world, call)
        audience = owned(world, "audiences", call.body["audience_id"], owner, "Audience")
        return _shared(world, call, audience, kind, field)

    return share


def _of_business(world: World, call: Call, id: str) -> Row:
    """An audience of an ad account that the business in the path owns, or that it was given."""
    owner = business(world, call)
    row = world.table("audiences").find(id)
    if row is not None:
        home = world.table("ad_accounts").find(row["ad_account_id"])
        if row in _received(world, owner) or (home is not None and home["owner"]["id"] == owner):
            return row
    raise Refusal(404, 404, f"Audience not found: {id}.")


def _share_of_business(kind: str, field: str) -> Handler:
    def share(world: World, call: Call) -> Any:
        audience = _of_business(world, call, call.body["audience_id"])
        return _shared(world, call, audience, kind, field)

    return share


def _received(world: World, id: str) -> list[Row]:
    """The audiences that are shared with an ad account or a business, oldest first."""
    shared = world.table(_SHARES).by("account_id", id)
    found = (world.table("audiences").find(share["audience_id"]) for share in shared)
    return sorted((row for row in found if row is not None), key=lambda row: int(row["id"]))


def _list_of_business(world: World, call: Call) -> Any:
    return page(call, _received(world, business(world, call)))


def _shared_with(world: World, call: Call) -> Any:
    owner, id = account(world, call), call.query["audience_id"]
    return _recipients(world, call, owned(world, "audiences", id, owner, "Audience"))


def _shared_by_business(world: World, call: Call) -> Any:
    return _recipients(world, call, _of_business(world, call, call.query["audience_id"]))


def _recipients(world: World, call: Call, audience: Row) -> Any:
    kinds = {"account_type": [call.query.get("account_type") or "AD_ACCOUNT"]}
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
    "business_account_audiences_shared_accounts/list": _shared_by_business,
    "shared_audiences_for_business/list": _list_of_business,
    "update_business_to_ad_account_shared_audience": _share_of_business(
        "AD_ACCOUNT", "recipient_account_ids"
    ),
    "update_business_to_business_shared_audience": _share_of_business(
        "BUSINESS_ACCOUNT", "recipient_business_ids"
    ),
    "update_ad_account_to_business_shared_audience": _share_with(
        "BUSINESS_ACCOUNT", "recipient_business_ids"
    ),
}
