"""Partners of a business, and their access to its assets."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.business_access import (
    ACCESS_FIELDS,
    access_page,
    business,
    grant_all,
    page_from_index,
    shown_relation,
)
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.world import Fields, World, picked


def _partnerships(world: World, owner: str, kind: str | None) -> list[tuple[Fields, str]]:
    """Partnerships with the other side's id: INTERNAL partners use assets of the business."""
    table = world.table(businesses.PARTNERS)
    internal = [(row, row["partner_id"]) for row in table.where(business_id=owner)]
    external = [(row, row["business_id"]) for row in table.where(partner_id=owner)]
    return (internal if kind != "EXTERNAL" else []) + (external if kind != "INTERNAL" else [])


def _list(world: World, call: ApiCall) -> Any:
    sides = _partnerships(world, business(world, call), call.query.get("partner_type"))
    wanted = call.query.get("partner_ids")
    others = {row["id"]: other for row, other in sides if not wanted or other in wanted.split(",")}
    rows = [row for row, _ in sides if row["id"] in others]
    return page_from_index(
        call, rows, lambda row: shown_relation(world, call, row, others[row["id"]], ["PARTNER"])
    )


def _delete(world: World, call: ApiCall) -> Any:
    owner, deleted = business(world, call), list[str]()
    for row, other in _partnerships(world, owner, call.body.get("partner_type")):
        if other in call.body["partner_ids"]:
            world.table(businesses.PARTNERS).remove(row["id"])
            if businesses.membership(world, row["business_id"], row["partner_id"]) is None:
                businesses.revoke_access(
                    world, businesses.access_rows(world, row["partner_id"], row["business_id"])
                )
            deleted.append(other)
    return {"deleted_partners": list(dict.fromkeys(deleted))}


def _check_partner(world: World, owner: str, id: str) -> None:
    if businesses.partnership(world, owner, id) is None:
        raise RejectedError(404, 404, f"Partner not found: {id}.")


def _grant(world: World, call: ApiCall) -> Any:
    return {
        "items": [
            {"partner_id": row["holder"], **picked(row, *ACCESS_FIELDS)}
            for row in grant_all(world, call, "partner_id", _check_partner)
        ]
    }


def _holder_and_owner(partner: str, owner: str, kind: str | None) -> tuple[str, str]:
    """Who uses whose assets: with EXTERNAL, the business uses those of the partner."""
    return (owner, partner) if kind == "EXTERNAL" else (partner, owner)


def _revoke(world: World, call: ApiCall) -> Any:
    owner, items = business(world, call), list[Fields]()
    for one in call.body["accesses"]:
        sides = _holder_and_owner(one["partner_id"], owner, one.get("partner_type"))
        rows = businesses.access_rows(world, *sides, asset=one["asset_id"])
        businesses.revoke_access(world, rows)
        partner = {"partner_id": one["partner_id"], "is_shared_partner": False}
        items += [{**partner, **picked(row, *ACCESS_FIELDS)} for row in rows]
    return {"items": items}


def _list_assets(world: World, call: ApiCall) -> Any:
    partner, kind = call.path["partner_id"], call.query.get("partner_type")
    sides = _holder_and_owner(partner, business(world, call), kind)
    return access_page(world, call, businesses.access_rows(world, *sides))


HANDLERS: Final[Handlers] = {
    "get/business_partners": _list,
    "delete_business_partners": _delete,
    "update_partner_asset_access_handler_impl": _grant,
    "delete_partner_asset_access_handler_impl": _revoke,
    "business_partner_asset_access/get": _list_assets,
}
