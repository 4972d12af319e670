"""Members and partners of a business, and what each may do with its assets."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import stamp
from pinterest_async.emulator.model.businesses import (
    ACCESS,
    ASSET_GROUPS,
    MEMBERS,
    PARTNERS,
    SYSTEM_USERS,
    accesses,
    assets,
    grant,
    membership,
    named,
    new_group,
    partnership,
    revoke,
    summary,
)
from pinterest_async.emulator.model.catalogs import CATALOGS
from pinterest_async.emulator.model.world import Row, World, page


def business(world: World, call: Call) -> str:
    """The business in the path, which is the user's own or one that the user administers.

    Raises:
        Refusal: 403 for any other.
    """
    id = call.path["business_id"]
    row = membership(world, id, call.user)
    if id != call.user and (row is None or row["business_role"] != "BIZ_ADMIN"):
        raise Refusal(403, 29, "You are not permitted to access that resource.")
    return id


def _listed(call: Call, rows: list[Row], shown: Callable[[Row], Any]) -> Any:
    return page(call, rows[call.query.get("start_index") or 0 :], shown)


def _binding(world: World, call: Call, row: Row, user: str, roles: list[str]) -> Row:
    """A member, partner or employer as lists show it."""
    said = {
        "id": row["id"],
        "user": named(world, user),
        "business_roles": roles,
        "created_by_user": summary(row["created_by"]),
        "created_by_business": summary(row["business_id"]),
        "created_time": row["created_time"],
        "is_shared_partner": False,
        "assets_summary": None,
    }
    if call.query.get("assets_summary"):
        holder = row.get("partner_id") or row["member_id"]
        rows = accesses(world, holder, row["business_id"])
        said["assets_summary"] = {
            name: [
                {"id": one["asset_id"], "permissions": one["permissions"]}
                for one in rows
                if one["asset_type"] == kind
            ]
            for name, kind in (("ad_accounts", "AD_ACCOUNT"), ("profiles", "PROFILE"))
        }
    return said


# Members


def _employers(world: World, call: Call) -> Any:
    rows = world.table(MEMBERS).where(member_id=call.user)
    return page(
        call,
        rows,
        lambda row: _binding(world, call, row, row["business_id"], [row["business_role"]]),
    )


def _members(world: World, call: Call) -> Any:
    rows = world.table(MEMBERS).by("business_id", business(world, call))
    query = call.query
    robots, wanted = world.table(SYSTEM_USERS), bool(query.get("fetch_system_users"))
    rows = [row for row in rows if (row["member_id"] in robots) is wanted]
    if query.get("business_roles"):
        rows = [row for row in rows if row["business_role"] in query["business_roles"]]
    if query.get("member_ids"):
        rows = [row for row in rows if row["member_id"] in query["member_ids"].split(",")]
    return _listed(
        call,
        rows,
        lambda row: _binding(world, call, row, row["member_id"], [row["business_role"]]),
    )


def _member(world: World, owner: str, id: str) -> Row:
    row = membership(world, owner, id)
    if row is None:
        raise Refusal(404, 404, f"Member not found: {id}.")
    return row


def _update_members(world: World, call: Call) -> Any:
    owner = business(world, call)
    rows = [(_member(world, owner, one["member_id"]), one["business_role"]) for one in call.body]
    for row, role in rows:
        row["business_role"] = role
    said = [{"member_id": row["member_id"], "business_role": role} for row, role in rows]
    return {"items": said}


def _delete_members(world: World, call: Call) -> Any:
    """Only those go who are members in the role that was named."""
    owner, gone = business(world, call), list[str]()
    for one in call.body["members"]:
        row = membership(world, owner, one["member_id"])
        if row is not None and row["business_role"] == one["business_role"]:
            world.table(MEMBERS).remove(row["id"])
            if partnership(world, owner, row["member_id"]) is None:
                revoke(world, accesses(world, row["member_id"], owner))
            world.table(SYSTEM_USERS).remove(row["member_id"])
            gone.append(row["member_id"])
    return {"deleted_members": gone}


def _rename(world: World, call: Call) -> None:
    """Give a system user of a business another name."""
    owner, id = business(world, call), call.path["system_user_id"]
    row = world.table(SYSTEM_USERS).find(id)
    if row is None or row["business_id"] != owner:
        raise Refusal(404, 404, f"System user not found: {id}.")
    row["name"] = call.body["name"]


# Partners


def _sides(world: World, owner: str, kind: str | None) -> list[tuple[Row, str]]:
    """Partnerships with the other side's id: INTERNAL ones use the business's assets."""
    table = world.table(PARTNERS)
    inner = [(row, row["partner_id"]) for row in table.where(business_id=owner)]
    outer = [(row, row["business_id"]) for row in table.where(partner_id=owner)]
    return (inner if kind != "EXTERNAL" else []) + (outer if kind != "INTERNAL" else [])


def _partners(world: World, call: Call) -> Any:
    sides = _sides(world, business(world, call), call.query.get("partner_type"))
    wanted = call.query.get("partner_ids")
    others = {row["id"]: other for row, other in sides if not wanted or other in wanted.split(",")}
    rows = [row for row, _ in sides if row["id"] in others]
    return _listed(
        call, rows, lambda row: _binding(world, call, row, others[row["id"]], ["PARTNER"])
    )


def _delete_partners(world: World, call: Call) -> Any:
    owner, gone = business(world, call), list[str]()
    for row, other in _sides(world, owner, call.body.get("partner_type")):
        if other in call.body["partner_ids"]:
            world.table(PARTNERS).remove(row["id"])
            if membership(world, row["business_id"], row["partner_id"]) is None:
                revoke(world, accesses(world, row["partner_id"], row["business_id"]))
            gone.append(other)
    return {"deleted_partners": list(dict.fromkeys(gone))}


# Who may do what


def _grants(world: World, call: Call, who: str) -> list[Row]:
    """Grant everything that was asked for, or nothing."""
    owner = business(world, call)
    known = assets(world, owner)
    for one in call.body["accesses"]:
        _holder(world, owner, one[who], who)
        if one["asset_id"] not in known:
            raise Refusal(404, 404, f"Asset not found: {one['asset_id']}.")
    return [
        grant(world, owner, one[who], one["asset_id"], one["permissions"])
        for one in call.body["accesses"]
    ]


def _holder(world: World, owner: str, id: str, who: str) -> None:
    if who == "member_id":
        _member(world, owner, id)
    elif partnership(world, owner, id) is None:
        raise Refusal(404, 404, f"Partner not found: {id}.")


def _grant_members(world: World, call: Call) -> Any:
    return {
        "items": [
            {"response": {"member_id": row["holder"], **_access(row, "asset_id", "permissions")}}
            for row in _grants(world, call, "member_id")
        ]
    }


def _grant_partners(world: World, call: Call) -> Any:
    return {
        "items": [
            {"partner_id": row["holder"], **_access(row, *_SHOWN)}
            for row in _grants(world, call, "partner_id")
        ]
    }


def _access(row: Row, *names: str) -> Row:
    return {name: row[name] for name in names}


def _revoke_members(world: World, call: Call) -> Any:
    owner, said = business(world, call), list[Row]()
    for one in call.body["accesses"]:
        rows = accesses(world, one["member_id"], owner, asset=one["asset_id"])
        revoke(world, rows)
        said += [{"member_id": row["holder"], "asset_id": row["asset_id"]} for row in rows]
    return {"items": said}


def _revoke_partners(world: World, call: Call) -> Any:
    """INTERNAL takes from the partner, EXTERNAL gives back what the partner had granted."""
    owner, said = business(world, call), list[Row]()
    for one in call.body["accesses"]:
        pair = (one["partner_id"], owner)
        holder, giver = pair[::-1] if one.get("partner_type") == "EXTERNAL" else pair
        rows = accesses(world, holder, giver, asset=one["asset_id"])
        revoke(world, rows)
        shared = {"partner_id": one["partner_id"], "is_shared_partner": False}
        said += [{**shared, **_access(row, *_SHOWN)} for row in rows]
    return {"items": said}


def _held(world: World, call: Call, rows: Iterable[Row]) -> Any:
    """Accesses as a list of one kind of asset."""
    kind = call.query.get("asset_type")
    wanted = [row for row in rows if row["asset_type"] == kind]
    return _listed(call, wanted, lambda row: {**_access(row, *_SHOWN), **_detail(world, row)})


def _detail(world: World, row: Row) -> Row:
    group = world.table(ASSET_GROUPS).find(row["asset_id"])
    return {} if group is None else {"asset_group_info": _group(world, group)}


def _member_assets(world: World, call: Call) -> Any:
    owner, member = business(world, call), call.path["member_id"]
    _member(world, owner, member)
    return _held(world, call, accesses(world, member, owner))


def _partner_assets(world: World, call: Call) -> Any:
    pair = (call.path["partner_id"], business(world, call))
    holder, giver = pair[::-1] if call.query.get("partner_type") == "EXTERNAL" else pair
    return _held(world, call, accesses(world, holder, giver))


def _holders(world: World, call: Call, table: str, field: str) -> Any:
    owner, asset = business(world, call), call.path["asset_id"]
    if asset not in assets(world, owner):
        raise Refusal(404, 404, f"Asset not found: {asset}.")
    known = {row[field] for row in world.table(table).where(business_id=owner)}
    rows = world.table(ACCESS).where(business_id=owner, asset_id=asset)
    rows = [row for row in rows if row["holder"] in known]
    robots, wanted = world.table(SYSTEM_USERS), bool(call.query.get("fetch_system_users"))
    rows = [row for row in rows if (row["holder"] in robots) is wanted]
    return _listed(
        call,
        rows,
        lambda row: {"user": named(world, row["holder"]), "permissions": row["permissions"]},
    )


# Assets and their groups


def _assets(world: World, call: Call) -> Any:
    owner, query = business(world, call), call.query
    held = {id: (kind, {"OWNER", "ADMIN"}) for id, kind in assets(world, owner).items()}
    for row in world.table(ACCESS).where(holder=owner):
        held[row["asset_id"]] = (row["asset_type"], set(row["permissions"]))
    groups = world.table(ASSET_GROUPS)
    wanted, group = query.get("permissions"), groups.find(query.get("asset_group_id") or "")
    rows: list[Row] = []
    for id, (kind, permissions) in held.items():
        within = not query.get("asset_group_id") or (group is not None and id in group["assets"])
        child, one = query.get("child_asset_id"), groups.find(id)
        above = not child or (one is not None and child in one["assets"])
        allowed = not wanted or permissions & set(wanted)
        if kind == query.get("asset_type") and within and above and allowed:
            rows.append({"id": id, "asset_id": id, "asset_type": kind})
    return _listed(call, rows, lambda row: _asset(world, row))


def _asset(world: World, row: Row) -> Row:
    said = {**_access(row, "asset_id", "asset_type"), **_detail(world, row)}
    catalog = world.table(CATALOGS).find(row["id"])
    if catalog is not None:
        said["catalog_info"] = _access(catalog, "id", "name", "catalog_type")
    return said


def _group(world: World, row: Row) -> Row:
    known = assets(world, row["business_id"])
    kinds = (("ad_accounts_ids", "AD_ACCOUNT"), ("profiles_ids", "PROFILE"))
    names = ("asset_group_name", "asset_group_description", "asset_group_types")
    return {
        **_access(row, "id", *names, "created_time", "updated_time"),
        **{
            name: [id for id in row["assets"] if known.get(id) == kind]
            for name, kind in (*kinds, ("catalogs_ids", "CATALOG"))
        },
        "created_by": summary(row["created_by"]),
        "owner": summary(row["business_id"]),
    }


def _create_group(world: World, call: Call) -> Any:
    owner = business(world, call)
    return {
        "asset_group": _group(world, new_group(world, owner, call.user, stamp(call), call.body))
    }


def _own_group(world: World, owner: str, id: str) -> Row:
    row = world.table(ASSET_GROUPS).find(id)
    if row is None or row["business_id"] != owner:
        raise Refusal(404, 404, f"Asset group not found: {id}.")
    return row


def _groups_one_by_one(
    world: World, call: Call, items: Iterable[Any], do: Callable[[Row, Any], Any]
) -> tuple[list[Any], list[Row] | None]:
    owner, done, failed = business(world, call), list[Any](), list[Row]()
    for item in items:
        id = item if isinstance(item, str) else item["asset_group_id"]
        try:
            done.append(do(_own_group(world, owner, id), item))
        except Refusal as refusal:
            said = {"code": refusal.code, "message": refusal.message}
            failed.append({"asset_group_id": id, **said})
    return done, failed or None


def _update_groups(world: World, call: Call) -> Any:
    def update(row: Row, item: Row) -> Row:
        known = assets(world, row["business_id"])
        for id in item.get("assets_to_add", ()):
            if known.get(id, "ASSET_GROUP") == "ASSET_GROUP":
                raise Refusal(404, 404, f"Asset not found: {id}.")
        kept = [id for id in row["assets"] if id not in item.get("assets_to_remove", ())]
        row["assets"] = list(dict.fromkeys([*kept, *item.get("assets_to_add", ())]))
        row["asset_group_name"] = item.get("name", row["asset_group_name"])
        row["asset_group_description"] = item.get("description", row["asset_group_description"])
        row["asset_group_types"] = item.get("asset_group_types", row["asset_group_types"])
        row["updated_time"] = stamp(call)
        return _group(world, row)

    items = call.body.get("asset_groups_to_update", ())
    done, failed = _groups_one_by_one(world, call, items, update)
    return {"updated_asset_groups": done, "exceptions": failed}


def _delete_groups(world: World, call: Call) -> Any:
    """Accesses to the group go with it; those to its assets stay."""

    def delete(row: Row, _: str) -> str:
        revoke(world, world.table(ACCESS).where(asset_id=row["id"]))
        world.table(ASSET_GROUPS).remove(row["id"])
        return str(row["id"])

    items = call.body["asset_groups_to_delete"]
    done, failed = _groups_one_by_one(world, call, items, delete)
    return {"deleted_asset_groups": done, "exceptions": failed}


_SHOWN: Final = ("asset_id", "asset_type", "permissions")

HANDLERS: Final[Mapping[str, Handler]] = {
    "get/business_employers": _employers,
    "get/business_members": _members,
    "update/business_memberships": _update_members,
    "system_user/update": _rename,
    "delete_business_membership": _delete_members,
    "get/business_partners": _partners,
    "delete_business_partners": _delete_partners,
    "business_members_asset_access/update": _grant_members,
    "business_members_asset_access/delete": _revoke_members,
    "update_partner_asset_access_handler_impl": _grant_partners,
    "delete_partner_asset_access_handler_impl": _revoke_partners,
    "business_member_assets/get": _member_assets,
    "business_partner_asset_access/get": _partner_assets,
    "business_asset_members/get": lambda world, call: _holders(world, call, MEMBERS, "member_id"),
    "business_asset_partners/get": lambda world, call: _holders(
        world, call, PARTNERS, "partner_id"
    ),
    "business_assets/get": _assets,
    "asset_group/create": _create_group,
    "asset_group/update": _update_groups,
    "asset_group/delete": _delete_groups,
}
