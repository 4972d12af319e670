"""Keywords of campaigns and ad groups."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import access
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.ad_entities import shown_keyword
from pinterest_async.emulator.model.world import Fields, World, page


def _parent(world: World, owner: Fields, id: str) -> tuple[Fields, str]:
    for table, kind in (("campaigns", "campaign"), ("ad_groups", "adgroup")):
        row = world.table(table).find(id.lstrip("AGC"))
        if row is not None and row["ad_account_id"] == owner["id"]:
            return row, kind
    raise RejectedError(404, 404, f"parent_id: there is no campaign or ad group {id}.")


def _create(world: World, call: ApiCall) -> Any:
    owner = access.account(world, call)
    parent, kind = _parent(world, owner, call.body["parent_id"])
    state = {
        "parent_id": parent["id"],
        "parent_type": kind,
        "type": "keyword",
        "archived": False,
        "updated_time": access.timestamp(call),
    }
    items = call.body["keywords"]
    rows = [access.add_row(world, "keywords", owner, {"bid": None}, item, state) for item in items]
    return {"keywords": [shown_keyword(row) for row in rows], "errors": []}


def _update(world: World, call: ApiCall) -> Any:
    owner, table = access.account(world, call), world.table("keywords")
    changed: list[Fields] = []
    errors: list[Fields] = []
    for item in call.body.get("keywords", ()):
        row = table.find(item["id"])
        if row is None or row["ad_account_id"] != owner["id"]:
            errors.append({"error_messages": [f"Keyword not found: {item['id']}."]})
            continue
        row.update({key: item[key] for key in ("archived", "bid") if key in item})
        row["updated_time"] = access.timestamp(call)
        changed.append(shown_keyword(row))
    return {"keywords": changed, "errors": errors}


def _list(world: World, call: ApiCall) -> Any:
    query = call.query
    parents = [query[name] for name in ("campaign_id", "ad_group_id") if query.get(name)]
    parents += query.get("ad_group_ids") or []
    filters = {"parent_id": parents or None, "match_type": query.get("match_types")}
    return page(
        call,
        access.filtered(access.rows_of_account(world, call, "keywords"), filters),
        shown_keyword,
    )


HANDLERS: Final[Handlers] = {
    "keywords/create": _create,
    "keywords/update": _update,
    "keywords/get": _list,
}
