"""Members of a business and its system users, and their access to its assets."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.business_access import (
    access_page,
    business,
    grant_all,
    member_of,
    page_from_index,
    shown_relation,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.world import Fields, World, page, picked


def _employers(world: World, call: ApiCall) -> Any:
    def shown(row: Fields) -> Fields:
        return shown_relation(world, call, row, row["business_id"], [row["business_role"]])

    return page(call, world.table(businesses.MEMBERS).where(member_id=call.user), shown)


def _list(world: World, call: ApiCall) -> Any:
    rows = world.table(businesses.MEMBERS).by("business_id", business(world, call))
    query, system_users = call.query, world.table(businesses.SYSTEM_USERS)
    wanted = bool(query.get("fetch_system_users"))
    rows = [row for row in rows if (row["member_id"] in system_users) is wanted]
    if query.get("business_roles"):
        rows = [row for row in rows if row["business_role"] in query["business_roles"]]
    if query.get("member_ids"):
        rows = [row for row in rows if row["member_id"] in query["member_ids"].split(",")]

    def shown(row: Fields) -> Fields:
        return shown_relation(world, call, row, row["member_id"], [row["business_role"]])

    return page_from_index(call, rows, shown)


def _update(world: World, call: ApiCall) -> Any:
    owner = business(world, call)
    rows = [(member_of(world, owner, one["member_id"]), one["business_role"]) for one in call.body]
    for row, role in rows:
        row["business_role"] = role
    return {"items": [{"member_id": row["member_id"], "business_role": role} for row, role in rows]}


def _delete(world: World, call: ApiCall) -> Any:
    """Delete members who have the role that the body names."""
    owner, deleted = business(world, call), list[str]()
    for one in call.body["members"]:
        row = businesses.membership(world, owner, one["member_id"])
        if row is not None and row["business_role"] == one["business_role"]:
            world.table(businesses.MEMBERS).remove(row["id"])
            if businesses.partnership(world, owner, row["member_id"]) is None:
                businesses.revoke_access(
                    world, businesses.access_rows(world, row["member_id"], owner)
                )
            world.table(businesses.SYSTEM_USERS).remove(row["member_id"])
            deleted.append(row["member_id"])
    return {"deleted_members": deleted}


def _rename_system_user(world: World, call: ApiCall) -> None:
    owner, id = business(world, call), call.path["system_user_id"]
    unknown = RejectedError(404, 404, f"System user not found: {id}.")
    row = world.table(businesses.SYSTEM_USERS).get(id, unknown, business_id=owner)
    row["name"] = call.body["name"]


def _grant(world: World, call: ApiCall) -> Any:
    return {
        "items": [
            {"response": {"member_id": row["holder"], **picked(row, "asset_id", "permissions")}}
            for row in grant_all(world, call, "member_id", member_of)
        ]
    }


def _revoke(world: World, call: ApiCall) -> Any:
    owner, items = business(world, call), list[Fields]()
    for one in call.body["accesses"]:
        rows = businesses.access_rows(world, one["member_id"], owner, asset=one["asset_id"])
        businesses.revoke_access(world, rows)
        items += [{"member_id": row["holder"], "asset_id": row["asset_id"]} for row in rows]
    return {"items": items}


def _list_assets(world: World, call: ApiCall) -> Any:
    owner, member = business(world, call), call.path["member_id"]
    member_of(world, owner, member)
    rows = businesses.access_rows(world, member, owner)
    count = sum(row["asset_type"] == call.query.get("asset_type") for row in rows)
    return {**access_page(world, call, rows), "total_data_count": count}


HANDLERS: Final[Handlers] = {
    "get/business_employers": _employers,
    "get/business_members": _list,
    "update/business_memberships": _update,
    "system_user/update": _rename_system_user,
    "delete_business_membership": _delete,
    "business_members_asset_access/update": _grant,
    "business_members_asset_access/delete": _revoke,
    "business_member_assets/get": _list_assets,
}
