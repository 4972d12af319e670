"""Invites to a business and requests to a partner: sent, read, answered, taken back."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import stamp
from pinterest_async.emulator.handlers.business_members import business
from pinterest_async.emulator.model.businesses import (
    INVITES,
    ally,
    assets,
    grant,
    invite,
    join,
    summary,
)
from pinterest_async.emulator.model.users import named
from pinterest_async.emulator.model.world import Row, World, page


def _status(row: Row, call: Call) -> str:
    return "PENDING" if stamp(call) < row["expires"] else "EXPIRED"


def _data(row: Row, call: Call, viewer: str, status: str = "") -> Row:
    received = row["recipient"] == viewer
    return {
        "id": row["id"],
        "user": summary(row["sender"] if received else row["recipient"]),
        "is_received_invite": received,
        "invite_data": {
            "invite_status": status or _status(row, call),
            "invite_type": row["kind"],
            "invite_expiration": row["expires"],
            "sent_at": row["sent_at"],
            "last_updated_time": row["updated"],
        },
    }


def _giver(row: Row) -> str:
    """The business whose assets an invite is about."""
    return str(row["recipient" if row["kind"] == "PARTNER_REQUEST" else "sender"])


def _checked(world: World, row: Row, permissions: Mapping[str, Any]) -> None:
    """Refuse assets that are not the giver's."""
    known = assets(world, _giver(row))
    for id in permissions:
        if id not in known:
            raise Refusal(404, 404, f"Asset not found: {id}.")


def _one_by_one(
    items: Iterable[Any], id: Callable[[Any], str | None], do: Callable[[Any], Row]
) -> Any:
    """Answer invites one by one: a refused one does not stop the others."""
    said: list[Row] = []
    for item in items:
        try:
            said.append({"invite": do(item), "exception": None})
        except Refusal as refusal:
            error = {"code": refusal.code, "message": refusal.message}
            said.append({"exception": {**error, "invite_or_request_id": id(item)}})
    return {"items": said}


def _list(world: World, call: Call) -> Any:
    owner, query = business(world, call), call.query
    kind = query.get("invite_type")
    kinds = {kind} if kind else _MEMBERS if query.get("is_member", True) else _PARTNERS
    statuses = query.get("invite_status") or ("PENDING", "EXPIRED")
    rows = [
        row
        for row in world.table(INVITES)
        if owner in (row["sender"], row["recipient"])
        and row["kind"] in kinds
        and _status(row, call) in statuses
    ]
    return page(call, rows, lambda row: _shown(world, call, row, owner))


def _shown(world: World, call: Call, row: Row, owner: str) -> Row:
    known = assets(world, _giver(row))
    return {
        **_data(row, call, owner),
        "business_roles": [row["role"]],
        "created_by_business": summary(row["sender"]),
        "created_by_user": summary(row["created_by"]),
        "created_time": row["sent_at"],
        "assets_summary": {
            name: [
                {"id": id, "permissions": permissions}
                for id, permissions in row["permissions"].items()
                if known.get(id) == kind
            ]
            for name, kind in (("ad_accounts", "AD_ACCOUNT"), ("profiles", "PROFILE"))
        },
    }


def _create(world: World, call: Call) -> Any:
    owner, body = business(world, call), call.body
    kind, role = body["invite_type"], body["business_role"]
    whom = body.get("members" if kind in _MEMBERS else "partners", ())

    def send(one: str) -> Row:
        if (role == "PARTNER") is (kind in _MEMBERS):
            raise Refusal(400, 1, f"Role {role} does not go with {kind}.")
        to = one if one.isdecimal() or "@" in one else named(world, one)
        if world.table(INVITES).where(sender=owner, recipient=to, kind=kind):
            raise Refusal(409, 409, f"There is an invite for {one} already.")
        row = invite(world, owner, to, kind, role, call.user, stamp(call))
        return {"id": row["id"], "user": summary(to)}

    return _one_by_one(whom, lambda _: None, send)


def _sent(world: World, owner: str, id: str) -> Row:
    row = world.table(INVITES).find(id)
    if row is None or row["sender"] != owner:
        raise Refusal(404, 404, f"Invite not found: {id}.")
    return row


def _add_assets(world: World, call: Call) -> Any:
    owner = business(world, call)

    def add(item: Row) -> Row:
        row = _sent(world, owner, item["invite_id"])
        _checked(world, row, item["asset_id_to_permissions"])
        row["permissions"] |= item["asset_id_to_permissions"]
        row["updated"] = stamp(call)
        by = {"created_by_business_id": row["sender"], "created_by_user_id": row["created_by"]}
        return {**_data(row, call, owner), **by}

    return _one_by_one(call.body["invites"], lambda item: item["invite_id"], add)


def _cancel(world: World, call: Call) -> Any:
    owner, said = business(world, call), list[Row]()
    for id in call.body["invite_ids"]:
        try:
            row = _sent(world, owner, id)
        except Refusal as refusal:
            said.append({"exception": {"invite_id": id, "message": refusal.message}})
        else:
            world.table(INVITES).remove(id)
            said.append({"invite": _data(row, call, owner, "CANCELLED"), "exception": None})
    return {"items": said}


def _respond(world: World, call: Call) -> Any:
    def respond(item: Row) -> Row:
        id, action = item["invite_id"], item["action"]
        row = world.table(INVITES).find(id)
        # Who answers an invite by e-mail is whoever got its id, as from the link in the mail.
        mailed = row is not None and "@" in row["recipient"] and row["sender"] != call.user
        if row is None or not (mailed or row["recipient"] == call.user):
            raise Refusal(404, 404, f"Invite not found: {id}.")
        if _status(row, call) == "EXPIRED":
            raise Refusal(400, 1, f"Invite {id} has expired.")
        row["recipient"] = call.user
        accepted = action["accept_invite"]
        if accepted:
            _accept(world, call, row, action.get("asset_id_to_permissions") or {})
        world.table(INVITES).remove(id)
        row["updated"] = stamp(call)
        return _data(row, call, call.user, "ACCEPTED" if accepted else "DECLINED")

    return _one_by_one(call.body["invites"], lambda item: item["invite_id"], respond)


def _accept(world: World, call: Call, row: Row, permissions: Mapping[str, Any]) -> None:
    """Who is asked for assets decides with the answer which to give."""
    if row["kind"] == "PARTNER_REQUEST":
        permissions = permissions or row["permissions"]
    else:
        permissions = row["permissions"]
    _checked(world, row, permissions)
    sender, recipient, giver = row["sender"], row["recipient"], _giver(row)
    holder = sender if giver == recipient else recipient
    if row["kind"] in _MEMBERS:
        join(world, giver, holder, row["role"], row["created_by"], stamp(call))
    else:
        ally(world, giver, holder, row["created_by"], stamp(call))
    for asset, allowed in permissions.items():
        grant(world, giver, holder, asset, allowed)


def _request_assets(world: World, call: Call) -> Any:
    """Ask partners for access: the requests made, by partner."""
    owner, made, failed = business(world, call), dict[str, str](), list[Row]()
    for one in call.body["asset_requests"]:
        partner, permissions = one["partner_id"], one["asset_id_to_permissions"]
        known = assets(world, partner)
        unknown = [f"Asset not found: {id}." for id in permissions if id not in known]
        if unknown:
            failed.append({"code": 404, "messages": unknown})
            continue
        row = invite(world, owner, partner, "PARTNER_REQUEST", "PARTNER", call.user, stamp(call))
        row["permissions"] = dict(permissions)
        made[partner] = row["id"]
    return {"invites": made, "exceptions": failed or None}


_MEMBERS: Final = frozenset({"MEMBER_INVITE"})
_PARTNERS: Final = frozenset({"PARTNER_INVITE", "PARTNER_REQUEST"})

HANDLERS: Final[Mapping[str, Handler]] = {
    "get/invites": _list,
    "create_membership_or_partnership_invites": _create,
    "create_asset_invites": _add_assets,
    "cancel_invites_or_requests": _cancel,
    "respond_business_access_invites": _respond,
    "asset_access_requests/create": _request_assets,
}
