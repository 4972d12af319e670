"""Invites to a business and requests to a partner: sent, listed, answered, cancelled."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import milliseconds
from pinterest_async.emulator.handlers.business_access import assets_summary, business, check_assets
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.users import find_user
from pinterest_async.emulator.model.world import Fields, World, page


def _status(row: Fields, call: ApiCall) -> str:
    return "PENDING" if milliseconds(call) < row["expires"] else "EXPIRED"


def _data(row: Fields, call: ApiCall, viewer: str, status: str = "") -> Fields:
    received = row["recipient"] == viewer
    return {
        "id": row["id"],
        "user": businesses.account_summary(row["sender"] if received else row["recipient"]),
        "is_received_invite": received,
        "invite_data": {
            "invite_status": status or _status(row, call),
            "invite_type": row["kind"],
            "invite_expiration": row["expires"],
            "sent_at": row["sent_at"],
            "last_updated_time": row["updated"],
        },
    }


def _owner_of_assets(row: Fields) -> str:
    """The business whose assets an invite is about."""
    return str(row["recipient" if row["kind"] == "PARTNER_REQUEST" else "sender"])


def _answer_each(
    items: Iterable[Any], id: Callable[[Any], str | None], handle: Callable[[Any], Fields]
) -> Any:
    """Answer invites one by one: one that is rejected does not stop the others."""
    answers: list[Fields] = []
    for item in items:
        try:
            answers.append({"invite": handle(item), "exception": None})
        except RejectedError as error:
            answers.append({"exception": {**error.body, "invite_or_request_id": id(item)}})
    return {"items": answers}


def _list(world: World, call: ApiCall) -> Any:
    owner, query = business(world, call), call.query
    kind = query.get("invite_type")
    kinds = {kind} if kind else _MEMBERS if query.get("is_member", True) else _PARTNERS
    statuses = query.get("invite_status") or ("PENDING", "EXPIRED")
    rows = [
        row
        for row in world.table(businesses.INVITES)
        if owner in (row["sender"], row["recipient"])
        and row["kind"] in kinds
        and _status(row, call) in statuses
    ]
    return page(call, rows, lambda row: _shown(world, call, row, owner))


def _shown(world: World, call: ApiCall, row: Fields, owner: str) -> Fields:
    known = businesses.owned_assets(world, _owner_of_assets(row))
    return {
        **_data(row, call, owner),
        "business_roles": [row["role"]],
        "created_by_business": businesses.account_summary(row["sender"]),
        "created_by_user": businesses.account_summary(row["created_by"]),
        "created_time": row["sent_at"],
        "assets_summary": assets_summary(
            {id: (known.get(id), allowed) for id, allowed in row["permissions"].items()}
        ),
    }


def _create(world: World, call: ApiCall) -> Any:
    owner, body = business(world, call), call.body
    kind, role = body["invite_type"], body["business_role"]
    recipients = body.get("members" if kind in _MEMBERS else "partners", ())

    def send(one: str) -> Fields:
        if (role == "PARTNER") is (kind in _MEMBERS):
            raise RejectedError(400, 1, f"Role {role} does not go with {kind}.")
        to = one if one.isdecimal() or "@" in one else find_user(world, one)
        if world.table(businesses.INVITES).where(sender=owner, recipient=to, kind=kind):
            raise RejectedError(409, 409, f"There is an invite for {one} already.")
        row = businesses.add_invite(world, owner, to, kind, role, call.user, milliseconds(call))
        return {"id": row["id"], "user": businesses.account_summary(to)}

    return _answer_each(recipients, lambda _: None, send)


def _sent(world: World, owner: str, id: str) -> Fields:
    unknown = RejectedError(404, 404, f"Invite not found: {id}.")
    return world.table(businesses.INVITES).get(id, unknown, sender=owner)


def _add_assets(world: World, call: ApiCall) -> Any:
    owner = business(world, call)

    def add(item: Fields) -> Fields:
        row = _sent(world, owner, item["invite_id"])
        check_assets(world, _owner_of_assets(row), item["asset_id_to_permissions"])
        row["permissions"] |= item["asset_id_to_permissions"]
        row["updated"] = milliseconds(call)
        by = {"created_by_business_id": row["sender"], "created_by_user_id": row["created_by"]}
        return {**_data(row, call, owner), **by}

    return _answer_each(call.body["invites"], lambda item: item["invite_id"], add)


def _cancel(world: World, call: ApiCall) -> Any:
    owner, answers = business(world, call), list[Fields]()
    for id in call.body["invite_ids"]:
        try:
            row = _sent(world, owner, id)
        except RejectedError as error:
            answers.append({"exception": {"invite_id": id, "message": error.message}})
        else:
            world.table(businesses.INVITES).remove(id)
            answers.append({"invite": _data(row, call, owner, "CANCELLED"), "exception": None})
    return {"items": answers}


def _respond(world: World, call: ApiCall) -> Any:
    def respond(item: Fields) -> Fields:
        id, action = item["invite_id"], item["action"]
        row = world.table(businesses.INVITES).find(id)
        # Whoever has the id of an invite by e-mail may answer it: the e-mail has it in a link.
        by_email = row is not None and "@" in row["recipient"] and row["sender"] != call.user
        if row is None or not (by_email or row["recipient"] == call.user):
            raise RejectedError(404, 404, f"Invite not found: {id}.")
        if _status(row, call) == "EXPIRED":
            raise RejectedError(400, 1, f"Invite {id} has expired.")
        row["recipient"] = call.user
        accepted = action["accept_invite"]
        if accepted:
            _accept(world, call, row, action.get("asset_id_to_permissions") or {})
        world.table(businesses.INVITES).remove(id)
        row["updated"] = milliseconds(call)
        return _data(row, call, call.user, "ACCEPTED" if accepted else "DECLINED")

    return _answer_each(call.body["invites"], lambda item: item["invite_id"], respond)


def _accept(world: World, call: ApiCall, row: Fields, permissions: Mapping[str, Any]) -> None:
    """Who answers a request for assets may choose which permissions to grant."""
    if row["kind"] != "PARTNER_REQUEST" or not permissions:
        permissions = row["permissions"]
    check_assets(world, _owner_of_assets(row), permissions)
    sender, recipient, owner = row["sender"], row["recipient"], _owner_of_assets(row)
    holder = sender if owner == recipient else recipient
    if row["kind"] in _MEMBERS:
        businesses.add_member(
            world, owner, holder, row["role"], row["created_by"], milliseconds(call)
        )
    else:
        businesses.add_partner(world, owner, holder, row["created_by"], milliseconds(call))
    for asset, allowed in permissions.items():
        businesses.grant_access(world, owner, holder, asset, allowed)


def _request_assets(world: World, call: ApiCall) -> Any:
    """Request access from partners: the ids of the requests, by partner."""
    owner, made, failed = business(world, call), dict[str, str](), list[Fields]()
    for one in call.body["asset_requests"]:
        partner, permissions = one["partner_id"], one["asset_id_to_permissions"]
        known = businesses.owned_assets(world, partner)
        unknown = [f"Asset not found: {id}." for id in permissions if id not in known]
        if unknown:
            failed.append({"code": 404, "messages": unknown})
            continue
        row = businesses.add_invite(
            world, owner, partner, "PARTNER_REQUEST", "PARTNER", call.user, milliseconds(call)
        )
        row["permissions"] = dict(permissions)
        made[partner] = row["id"]
    return {"invites": made, "exceptions": failed or None}


_MEMBERS: Final = frozenset({"MEMBER_INVITE"})
_PARTNERS: Final = frozenset({"PARTNER_INVITE", "PARTNER_REQUEST"})

HANDLERS: Final[Handlers] = {
    "get/invites": _list,
    "create_membership_or_partnership_invites": _create,
    "create_asset_invites": _add_assets,
    "cancel_invites_or_requests": _cancel,
    "respond_business_access_invites": _respond,
    "asset_access_requests/create": _request_assets,
}
