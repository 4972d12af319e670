"""Keywords and labels: short texts on campaigns and ad groups."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import account, filtered, mine, new, owned, stamp
from pinterest_async.emulator.model.world import Row, World, page


def _parent(world: World, owner: Row, id: str) -> tuple[Row, str]:
    bare = id.lstrip("AGC")
    for table, kind in (("campaigns", "campaign"), ("ad_groups", "adgroup")):
        row = world.table(table).find(bare)
        if row is not None and row["ad_account_id"] == owner["id"]:
            return row, kind
    raise Refusal(404, 404, f"parent_id: there is no campaign or ad group {id}.")


def shown_keyword(row: Row) -> Row:
    """A keyword as the API shows it."""
    return {key: value for key, value in row.items() if key not in _UNSHOWN}


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
                "updated_time": stamp(call),
            }
        )
        for item in call.body["keywords"]
    ]
    return {"keywords": [shown_keyword(row) for row in made], "errors": []}


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
        row["updated_time"] = stamp(call)
        changed.append(shown_keyword(row))
    return {"keywords": changed, "errors": errors}


def _list(world: World, call: Call) -> Any:
    query = call.query
    parents = [query[name] for name in ("campaign_id", "ad_group_id") if query.get(name)]
    parents += query.get("ad_group_ids") or []
    filters = {"parent_id": parents or None, "match_type": query.get("match_types")}
    return page(call, filtered(mine(world, call, "keywords"), filters), shown_keyword)


# Labels: on campaigns only


def _create_labels(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)
    parent = owned(world, "campaigns", call.body["parent_id"], owner, "Campaign")
    said = {"parent_id": parent["id"], "parent_type": "CAMPAIGN", "status": "ACTIVE"}
    times = {"updated_time": now}
    made = [new(world, "labels", owner, item, said, times) for item in call.body["labels"]]
    return {"labels": [shown_label(row) for row in made], "errors": []}


def _update_labels(world: World, call: Call) -> Any:
    owner = account(world, call)
    changed: list[Row] = []
    errors: list[Row] = []
    for item in call.body["labels"]:
        try:
            row = owned(world, "labels", item["id"], owner, "Label")
        except Refusal as refusal:
            errors.append({"data": {"id": item["id"]}, "error_messages": [refusal.message]})
            continue
        row.update({key: item[key] for key in ("status", "value") if item.get(key) is not None})
        row["updated_time"] = stamp(call)
        changed.append(shown_label(row))
    return {"labels": changed, "errors": errors}


def _list_labels(world: World, call: Call) -> Any:
    """A page whose items are answers in themselves, as described: one for each label."""
    query = call.query
    filters = {
        "id": query.get("label_ids"),
        "parent_id": query.get("campaign_ids"),
        "label_type": query.get("label_types"),
        "status": query.get("entity_statuses") or ("ACTIVE",),
    }
    rows = filtered(mine(world, call, "labels"), filters)
    return page(call, rows, lambda row: {"labels": [shown_label(row)], "errors": []})


def shown_label(row: Row) -> Row:
    """A label as the API shows it."""
    return {key: value for key, value in row.items() if key not in _UNSHOWN}


_UNSHOWN: Final = frozenset(("ad_account_id", "updated_time"))

HANDLERS: Final[Mapping[str, Handler]] = {
    "keywords/create": _create,
    "keywords/update": _update,
    "keywords/get": _list,
    "labels/create": _create_labels,
    "labels/update": _update_labels,
    "labels/list": _list_labels,
}
