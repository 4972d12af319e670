"""Audiences: made by rules, and shared with ad accounts and businesses."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeAlias

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.business_access import business
from pinterest_async.emulator.handlers.customer_lists import LEAST
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import text_number
from pinterest_async.emulator.model.world import Fields, World, page

_SHARES: Final = "audience_shares"

_Find: TypeAlias = Callable[[World, ApiCall, str], Fields]
"""Finds an audience that the caller may share."""


def _create_checked(world: World, call: ApiCall) -> Any:
    missing = [name for name in ("name", "audience_type", "rule") if name not in call.body]
    if missing:
        raise RejectedError(400, 1, f"Give {', '.join(missing)}.")
    return _create(world, call)


def _create(world: World, call: ApiCall) -> Any:
    now, owner = access.timestamp(call), access.account(world, call)
    state = {
        "audience_type": call.body.get("audience_type", "CUSTOMER_LIST"),
        "type": "audience",
        "status": "INITIALIZING",
        "size": 0,
        "created_by_company_name": owner["name"],
        "is_nca": False,
    }
    times = {"created_timestamp": now, "updated_timestamp": now}
    return access.add_row(world, "audiences", owner, call.body, state, times)


def _get(world: World, call: ApiCall) -> Any:
    row = access.row_of_path(world, call, "audiences", "audience_id", "Audience")
    shown = dict(row)
    if row["status"] == "INITIALIZING":  # filled at the first look, which does not tell it yet
        size = _size(world, row)
        row.update(status="READY" if size >= LEAST else "TOO_SMALL", size=size)
    return shown


def _size(world: World, row: Fields) -> int:
    """The people of a customer list; for any other rule, the same number each time."""
    rule: Fields = row.get("rule") or {}
    id = rule.get("customer_list_id")
    if id is None:
        return 1000 + text_number(row["id"]) % 9000
    found = world.table("customer_lists").find(id)
    if found is None:
        return 0
    return int(found["num_uploaded_user_records"] - found["num_removed_user_records"])


def _update(world: World, call: ApiCall) -> Any:
    row = access.row_of_path(world, call, "audiences", "audience_id", "Audience")
    if call.body.get("operation_type") == "REMOVE":
        world.table("audiences").remove(row["id"])
        for share in world.table(_SHARES).by("audience_id", row["id"]):
            world.table(_SHARES).remove(share["id"])
        return row
    fixed = {"operation_type", "ad_account_id"}
    row.update({name: value for name, value in call.body.items() if name not in fixed})
    row["updated_timestamp"] = access.timestamp(call)
    return row


def _list(world: World, call: ApiCall) -> Any:
    """The account's own audiences, or those that others share with it."""
    if call.query.get("ownership_type") != "RECEIVED":
        return page(call, access.rows_of_account(world, call, "audiences"))
    return page(call, _received(world, access.account(world, call)["id"]))


def _received(world: World, id: str) -> list[Fields]:
    """The audiences that are shared with an ad account or a business, oldest first."""
    shared = world.table(_SHARES).by("account_id", id)
    found = (world.table("audiences").find(share["audience_id"]) for share in shared)
    return sorted((row for row in found if row is not None), key=lambda row: int(row["id"]))


def _list_of_business(world: World, call: ApiCall) -> Any:
    return page(call, _received(world, business(world, call)))


# Sharing


def _of_account(world: World, call: ApiCall, id: str) -> Fields:
    owner = access.account(world, call)
    return access.row_of_account(world, "audiences", id, owner, "Audience")


def _of_business(world: World, call: ApiCall, id: str) -> Fields:
    """An audience of an ad account that the business owns, or one shared with the business."""
    owner = business(world, call)
    row = world.table("audiences").find(id)
    if row is not None:
        account = world.table("ad_accounts").find(row["ad_account_id"])
        owned = account is not None and account["owner"]["id"] == owner
        if owned or row in _received(world, owner):
            return row
    raise RejectedError(404, 404, f"Audience not found: {id}.")


def _share(find: _Find, kind: str, field: str, world: World, call: ApiCall) -> Any:
    """Share an audience with accounts of one kind, or end that."""
    body, table = call.body, world.table(_SHARES)
    audience = find(world, call, body["audience_id"])
    shares = {
        row["account_id"]: row
        for row in table.by("audience_id", audience["id"])
        if row["account_type"] == kind
    }
    owner = {"id": audience["ad_account_id"]}
    for id in dict.fromkeys(body[field]):
        if body["operation_type"] == "REVOKE":
            table.remove(shares[id]["id"] if id in shares else "")
        elif id not in shares:
            share = {"audience_id": audience["id"], "account_id": id, "account_type": kind}
            share["shared_on_timestamp"] = access.timestamp(call)
            access.add_row(world, _SHARES, owner, share)
    return {"audience_id": audience["id"], "permissions": ["AUDIENCE_MANAGER"], field: body[field]}


def _recipients(find: _Find, world: World, call: ApiCall) -> Any:
    audience = find(world, call, call.query["audience_id"])
    kinds = {"account_type": [call.query.get("account_type") or "AD_ACCOUNT"]}
    rows = access.filtered(world.table(_SHARES).by("audience_id", audience["id"]), kinds)

    def shown(share: Fields) -> Fields:
        id = share["account_id"]
        account = world.table("ad_accounts").find(id) or {}
        return {
            "account_id": id,
            "account_name": account.get("name", f"Account {id}"),
            "account_type": share["account_type"],
            "shared_on_timestamp": share["shared_on_timestamp"],
        }

    return page(call, rows, shown)


_ACCOUNTS: Final = ("AD_ACCOUNT", "recipient_account_ids")
_BUSINESSES: Final = ("BUSINESS_ACCOUNT", "recipient_business_ids")

HANDLERS: Final[Handlers] = {
    "audiences/list": _list,
    "audiences/create": _create_checked,
    "audiences/get": _get,
    "audiences/create_custom": _create,
    "audiences/update": _update,
    "shared_audiences_for_business/list": _list_of_business,
    "ad_accounts_audiences_shared_accounts/list": partial(_recipients, _of_account),
    "business_account_audiences_shared_accounts/list": partial(_recipients, _of_business),
    "update_ad_account_to_ad_account_shared_audience": partial(_share, _of_account, *_ACCOUNTS),
    "update_ad_account_to_business_shared_audience": partial(_share, _of_account, *_BUSINESSES),
    "update_business_to_ad_account_shared_audience": partial(_share, _of_business, *_ACCOUNTS),
    "update_business_to_business_shared_audience": partial(_share, _of_business, *_BUSINESSES),
}
