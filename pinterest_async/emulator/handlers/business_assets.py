"""The assets of a business, and who may use each."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.business_access import (
    asset_group_info,
    business,
    check_assets,
    page_from_index,
)
from pinterest_async.emulator.handlers.handler import Handler, Handlers
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.catalogs import CATALOGS
from pinterest_async.emulator.model.world import Fields, World, picked


def _list(world: World, call: ApiCall) -> Any:
    owner, query = business(world, call), call.query
    known = {
        id: (kind, {"OWNER", "ADMIN"}) for id, kind in businesses.owned_assets(world, owner).items()
    }
    for row in world.table(businesses.ACCESS).where(holder=owner):
        known[row["asset_id"]] = (row["asset_type"], set(row["permissions"]))
    groups = world.table(businesses.ASSET_GROUPS)
    wanted, group = query.get("permissions"), groups.find(query.get("asset_group_id") or "")
    rows: list[Fields] = []
    for id, (kind, permissions) in known.items():
        within = not query.get("asset_group_id") or (group is not None and id in group["assets"])
        child, one = query.get("child_asset_id"), groups.find(id)
        above = not child or (one is not None and child in one["assets"])
        allowed = not wanted or permissions & set(wanted)
        if kind == query.get("asset_type") and within and above and allowed:
            rows.append({"id": id, "asset_id": id, "asset_type": kind})
    return page_from_index(call, rows, lambda row: _shown(world, row))


def _shown(world: World, row: Fields) -> Fields:
    shown = {**picked(row, "asset_id", "asset_type"), **asset_group_info(world, row)}
    catalog = world.table(CATALOGS).find(row["id"])
    if catalog is not None:
        shown["catalog_info"] = picked(catalog, "id", "name", "catalog_type")
    return shown


def _list_holders(table: str, field: str) -> Handler:
    """Lists those members or partners who may use an asset."""

    def handle(world: World, call: ApiCall) -> Any:
        owner, asset = business(world, call), call.path["asset_id"]
        check_assets(world, owner, (asset,))
        known = {row[field] for row in world.table(table).where(business_id=owner)}
        system_users = world.table(businesses.SYSTEM_USERS)
        wanted = bool(call.query.get("fetch_system_users"))
        rows = [
            row
            for row in world.table(businesses.ACCESS).where(business_id=owner, asset_id=asset)
            if row["holder"] in known and (row["holder"] in system_users) is wanted
        ]
        return page_from_index(
            call,
            rows,
            lambda row: (
                {"user": businesses.user_summary(world, row["holder"])} | picked(row, "permissions")
            ),
        )

    return handle


HANDLERS: Final[Handlers] = {
    "business_asset_members/get": _list_holders(businesses.MEMBERS, "member_id"),
    "business_asset_partners/get": _list_holders(businesses.PARTNERS, "partner_id"),
    "business_assets/get": _list,
}
