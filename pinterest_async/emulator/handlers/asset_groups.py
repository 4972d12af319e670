"""Groups of the assets of a business."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import milliseconds
from pinterest_async.emulator.handlers.business_access import business, shown_asset_group
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import businesses
from pinterest_async.emulator.model.world import Fields, World


def _create(world: World, call: ApiCall) -> Any:
    owner = business(world, call)
    row = businesses.add_asset_group(world, owner, call.user, milliseconds(call), call.body)
    return {"asset_group": shown_asset_group(world, row)}


def _each_group(
    world: World, call: ApiCall, items: Iterable[Any], handle: Callable[[Fields, Any], Any]
) -> tuple[list[Any], list[Fields] | None]:
    """Handle groups one by one: the answers, and the exceptions of those that were rejected."""
    owner, answers, exceptions = business(world, call), list[Any](), list[Fields]()
    table = world.table(businesses.ASSET_GROUPS)
    for item in items:
        id = item if isinstance(item, str) else item["asset_group_id"]
        unknown = RejectedError(404, 404, f"Asset group not found: {id}.")
        try:
            answers.append(handle(table.get(id, unknown, business_id=owner), item))
        except RejectedError as error:
            exceptions.append({"asset_group_id": id, **error.body})
    return answers, exceptions or None


def _update(world: World, call: ApiCall) -> Any:
    def update(row: Fields, item: Fields) -> Fields:
        known = businesses.owned_assets(world, row["business_id"])
        added = item.get("assets_to_add", ())
        for id in added:
            if known.get(id, "ASSET_GROUP") == "ASSET_GROUP":
                raise RejectedError(404, 404, f"Asset not found: {id}.")
        left = [id for id in row["assets"] if id not in item.get("assets_to_remove", ())]
        row["assets"] = list(dict.fromkeys([*left, *added]))
        row["asset_group_name"] = item.get("name", row["asset_group_name"])
        row["asset_group_description"] = item.get("description", row["asset_group_description"])
        row["asset_group_types"] = item.get("asset_group_types", row["asset_group_types"])
        row["updated_time"] = milliseconds(call)
        return shown_asset_group(world, row)

    items = call.body.get("asset_groups_to_update", ())
    answers, exceptions = _each_group(world, call, items, update)
    return {"updated_asset_groups": answers, "exceptions": exceptions}


def _delete(world: World, call: ApiCall) -> Any:
    """Access to a group ends with it; access to its assets does not."""

    def delete(row: Fields, _: str) -> str:
        businesses.revoke_access(world, world.table(businesses.ACCESS).where(asset_id=row["id"]))
        world.table(businesses.ASSET_GROUPS).remove(row["id"])
        return str(row["id"])

    items = call.body["asset_groups_to_delete"]
    answers, exceptions = _each_group(world, call, items, delete)
    return {"deleted_asset_groups": answers, "exceptions": exceptions}


HANDLERS: Final[Handlers] = {
    "asset_group/create": _create,
    "asset_group/update": _update,
    "asset_group/delete": _delete,
}
