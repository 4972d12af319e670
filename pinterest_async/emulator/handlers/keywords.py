"""Keywords and labels: short texts on campaigns and ad groups."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.call import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import account, filtered, mine
from pinterest_async.emulator.world import Row, World, page


def _parent(world: World, owner: Row, id: str) -> tuple[Row, str]:
    bare = id.lstrip("AGC")
    for table, kind in (("campaigns", "campaign"), ("ad_groups", "adgroup")):
        row = world.table(table).find(bare)
        if row is not None and row["ad_account_id"] == owner["id"]:
            return row, kind
    raise Refusal(404, 404, f"parent_id: there is no campaign or ad group {id}.")


def _shown(row: Row) -> Row:
    return {key: value for key, value in row.items() if key != "ad_account_id"}


def _create(world: World, call: Call) -> Any:
    owner, table = account(world, call), world.table("keywords")
    parent, kind = _parent(world, owner, call.body["parent_id"])
    made = [
        table.add(
            {
                "bid": None,
                **item,
                "id": table.new_id(),
                "ad_account_id": owner["id"],
                "parent_id": parent["id"],
                "parent_type": kind,
                "type": "keyword",
                "archived": False,
            }
        )
        for item in call.body["keywords"]
    ]
    return {"keywords": [_shown(row) for row in made], "errors": []}


def _update(world: World, call: Call) -> Any:
    owner, table = account(world, call), world.table("keywords")
    changed: list[Row] = []
    errors: list[Row] = []
    for item in call.body["keywords"]:
        row = table.find(item["id"])
        if row is None or row["ad_account_id"] != owner["id"]:
            errors.append({"error_messages": [f"Keyword not found: {item['id']}."]})
            continue
        row.update({key: item[key] for key in ("archived", "bid") if key in item})
        changed.append(_shown(row))
    return {"keywords": changed, "errors": errors}


def _list(world: World, call: Call) -> Any:
    query = call.query
    parents = [query[name] for name in ("campaign_id", "ad_group_id") if query.get(name)]
    parents += query.get("ad_group_ids") or []
    filters = {"parent_id": parents or None, "match_type": query.get("match_types")}
    return page(call, filtered(mine(world, call, "keywords"), filters), _shown)


HANDLERS: Final[Mapping[str, Handler]] = {
    "keywords/create": _create,
    "keywords/update": _update,
    "keywords/get": _list,
}
