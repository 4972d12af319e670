"""Which business a call is about, and what its members and partners may do with its assets."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.world import Fields, World, page, picked

ACCESS_FIELDS: Final = ("asset_id", "asset_type", "permissions")


def business(world: World, call: ApiCall) -> str:
    """The business in the path, which is the user's own or one that the user administers.

    Raises:
        RejectedError: 403 for any other.
    """
    id = call.path["business_id"]
    row = businesses.membership(world, id, call.user)
    if id != call.user and (row is None or row["business_role"] != "BIZ_ADMIN"):
        raise RejectedError(403, 29, "You are not permitted to access that resource.")
    return id


def member_of(world: World, owner: str, id: str) -> Fields:
    """The row of a member.

    Raises:
        RejectedError: 404 for a user who is no member.
    """
    row = businesses.membership(world, owner, id)
    if row is None:
        raise RejectedError(404, 404, f"Member not found: {id}.")
    return row


def check_assets(world: World, owner: str, ids: Iterable[str]) -> None:
    """Check that a business owns these assets.

    Raises:
        RejectedError: 404 for one that it does not own.
    """
    known = businesses.owned_assets(world, owner)
    for id in ids:
        if id not in known:
            raise RejectedError(404, 404, f"Asset not found: {id}.")


def page_from_index(call: ApiCall, rows: list[Fields], shown: Callable[[Fields], Any]) -> Any:
    """A page of rows, without the first ones where the query has a `start_index`."""
    return page(call, rows[call.query.get("start_index") or 0 :], shown)


def shown_relation(world: World, call: ApiCall, row: Fields, user: str, roles: list[str]) -> Fields:
    """A member, partner or employer as lists show it."""
    shown = {
        "id": row["id"],
        "user": businesses.user_summary(world, user),
        "business_roles": roles,
        "created_by_user": businesses.account_summary(row["created_by"]),
        "created_by_business": businesses.account_summary(row["business_id"]),
        "created_time": row["created_time"],
        "is_shared_partner": False,
        "assets_summary": None,
    }
    if call.query.get("assets_summary"):
        holder = row.get("partner_id") or row["member_id"]
        permissions = {
            one["asset_id"]: (one["asset_type"], one["permissions"])
            for one in businesses.access_rows(world, holder, row["business_id"])
        }
        shown["assets_summary"] = assets_summary(permissions)
    return shown


def assets_summary(permissions: dict[str, tuple[str | None, Any]]) -> Fields:
    """Ad accounts and profiles with their permissions, from kind and permissions by id."""
    return {
        name: [
            {"id": id, "permissions": allowed}
            for id, (kind, allowed) in permissions.items()
            if kind == wanted
        ]
        for name, wanted in (("ad_accounts", "AD_ACCOUNT"), ("profiles", "PROFILE"))
    }


def access_page(world: World, call: ApiCall, rows: Iterable[Fields]) -> Any:
    """A page of what somebody may do with assets of one kind."""
    kind = call.query.get("asset_type")
    wanted = [row for row in rows if row["asset_type"] == kind]
    return page_from_index(
        call, wanted, lambda row: {**picked(row, *ACCESS_FIELDS), **asset_group_info(world, row)}
    )


def grant_all(
    world: World, call: ApiCall, holder: str, check: Callable[[World, str, str], Any]
) -> list[Fields]:
    """Grant everything in the body, or nothing; `check` rejects users who may have no access."""
    owner = business(world, call)
    for one in call.body["accesses"]:
        check(world, owner, one[holder])
        check_assets(world, owner, (one["asset_id"],))
    return [
        businesses.grant_access(world, owner, one[holder], one["asset_id"], one["permissions"])
        for one in call.body["accesses"]
    ]


def asset_group_info(world: World, row: Fields) -> Fields:
    """What answers add for an asset that is a group."""
    group = world.table(businesses.ASSET_GROUPS).find(row["asset_id"])
    return {} if group is None else {"asset_group_info": shown_asset_group(world, group)}


def shown_asset_group(world: World, row: Fields) -> Fields:
    """An asset group as the API shows it."""
    known = businesses.owned_assets(world, row["business_id"])
    kinds = (("ad_accounts_ids", "AD_ACCOUNT"), ("profiles_ids", "PROFILE"))
    names = ("asset_group_name", "asset_group_description", "asset_group_types")
    return {
        **picked(row, "id", *names, "created_time", "updated_time"),
        **{
            name: [id for id in row["assets"] if known.get(id) == kind]
            for name, kind in (*kinds, ("catalogs_ids", "CATALOG"))
        },
        "created_by": businesses.account_summary(row["created_by"]),
        "owner": businesses.account_summary(row["business_id"]),
    }
