"""Catalogs, their feeds, and what became of taking the feeds in.

A feed is taken in when it is made and when that is asked for; as with media, the second question
for its results finds it done.
"""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.model.catalogs import (
    CATALOGS,
    FEEDS,
    GROUPS,
    ITEMS,
    RESULTS,
    availability,
    finish,
    ingest,
    moment,
    new_catalog,
    new_feed,
    polled,
)
from pinterest_async.emulator.model.product_filters import media_type, path
from pinterest_async.emulator.model.users import WEBSITES
from pinterest_async.emulator.model.world import Row, World, page

NO_RESULT: Final = Refusal(404, 4184, "There is no such processing result.")

_FILTERED: Final[Mapping[str, tuple[str, ...]]] = {
    "RETAIL": ("brand", *(f"custom_label_{n}" for n in range(5))),
    "HOTEL": ("brand", *(f"custom_label_{n}" for n in range(5))),
    "CREATIVE_ASSETS": tuple(f"custom_label_{n}" for n in range(5)),
}
_LEVELS: Final = {"product_type": 5, "google_product_category": 7}


def _list(world: World, call: Call) -> Any:
    return page(call, catalogs_of(world, call, needed=False), _shown)


def _create(world: World, call: Call) -> Any:
    kind, name = call.body["catalog_type"], call.body["name"]
    return _shown(new_catalog(world, merchant(world, call), moment(call.now), kind, name))


def _filter_values(world: World, call: Call) -> Any:
    """What the items of a catalog offer to filter by."""
    query = call.query
    home = catalog(world, call, query["catalog_id"])
    if query.get("feed_id"):
        feed(world, call, query["feed_id"])
    items = [
        item
        for item in world.table(ITEMS).by("catalog_id", home["id"])
        if query.get("feed_id") in {None, item["feed_id"]}
        and query.get("country") in {None, item["country"]}
    ]
    kind = home["catalog_type"]
    found: dict[str, list[Any]] = {
        name: [item["attributes"].get(name) for item in items] for name in _FILTERED[kind]
    }
    if kind == "RETAIL":
        found["availability"] = [*map(availability, items)]
        for name in ("condition", "gender"):
            found[name] = [str(item["attributes"].get(name) or "").upper() for item in items]
    if kind != "HOTEL":
        found["media_type"] = [*map(media_type, items)]
        for name, levels in _LEVELS.items():
            for level in range(levels):
                found[f"{name}_{level}"] = [
                    " > ".join(parts[: level + 1])
                    for item in items
                    if len(parts := path(item, name)) > level
                ]
    values = {name: sorted({one for one in said if one}) for name, said in found.items()}
    return {"catalog_type": kind, "filter_values": {k: v for k, v in values.items() if v}}


# Feeds


def _list_feeds(world: World, call: Call) -> Any:
    rows = world.table(FEEDS).where(user=merchant(world, call))
    wanted = call.query.get("catalog_id")
    return page(call, [row for row in rows if wanted in {None, row["catalog_id"]}], _shown)


def _create_feed(world: World, call: Call) -> Any:
    """Make a feed, and where the merchant has no catalog of its type, that too."""
    fields = dict(call.body)
    owner, now = merchant(world, call), moment(call.now)
    kind, id = fields.pop("catalog_type", "RETAIL"), fields.pop("catalog_id", None)
    websites = world.table(WEBSITES).where(user=owner)
    if not any(website["verified_at"] for website in websites):
        code = 4169 if websites else 4168
        raise Refusal(409, code, "A merchant has to have a website that is verified.")
    if "default_locale" not in fields or (kind != "HOTEL" and "default_country" not in fields):
        raise Refusal(501, 4181, "Pass both `default_country` and `default_locale`.")
    _check_name(world, owner, fields["name"])
    kinds = world.table(CATALOGS).where(user=owner, catalog_type=kind)
    if id is not None or kinds:
        home = catalog(world, call, id, kind)
    else:
        home = new_catalog(world, owner, now, kind, f"Catalog of {fields['name']}")
    row = new_feed(world, home, now, fields)
    ingest(world, row, now)
    return _shown(row)


def _get_feed(world: World, call: Call) -> Any:
    return _shown(feed(world, call, call.path["feed_id"]))


def _update_feed(world: World, call: Call) -> Any:
    row = feed(world, call, call.path["feed_id"])
    if call.body.get("catalog_type", row["catalog_type"]) != row["catalog_type"]:
        raise Refusal(400, 1, f"Field `catalog_type`: this feed is {row['catalog_type']}.")
    if call.body.get("name", row["name"]) != row["name"]:
        _check_name(world, row["user"], call.body["name"])
    row.update(call.body, updated_at=moment(call.now))
    return _shown(row)


def _delete_feed(world: World, call: Call) -> None:
    """Take a feed away, with its items, its product groups and its results."""
    row = feed(world, call, call.path["feed_id"])
    for name in (ITEMS, GROUPS, RESULTS):
        for below in world.table(name).by("feed_id", row["id"]):
            world.table(name).remove(below["id"])
    world.table(FEEDS).remove(row["id"])


def _check_name(world: World, owner: str, name: str) -> None:
    if world.table(FEEDS).where(user=owner, name=name):
        raise Refusal(422, 4170, f"Field `name`: there is a feed named {name!r}.")


# Results


def _ingest(world: World, call: Call) -> Any:
    row = feed(world, call, call.path["feed_id"])
    result = ingest(world, row, moment(call.now))
    return {name: result[name] for name in ("id", "feed_id", "status", "created_at")}


def _results(world: World, call: Call) -> Any:
    row = feed(world, call, call.path["feed_id"])
    results = world.table(RESULTS).by("feed_id", row["id"])
    for result in results:
        if result["status"] == "PROCESSING" and polled(result):
            finish(world, result)
            result["updated_at"] = moment(call.now)
    return page(call, results, lambda result: _shown_result(world, result))


def _shown_result(world: World, result: Row) -> Row:
    done, wrong = result["status"] == "COMPLETED", len(result["issues"])
    info: dict[str, int] = {}
    if done:
        for item in world.table(ITEMS).by("feed_id", result["feed_id"]):
            state = availability(item)
            info[state] = info.get(state, 0) + 1
    fetch = {"FETCH_ERROR": 1} if result["status"] == "FAILED" else {}
    errors = {"IMAGE_LINK_MISSING": wrong} if wrong else fetch
    counts = {"original": result["lines"], "ingested": result["lines"] - wrong}
    return {
        "id": result["id"],
        "status": result["status"],
        "created_at": result["created_at"],
        "updated_at": result["updated_at"],
        "ingestion_details": {"errors": {}, "info": info, "warnings": {}},
        "validation_details": {"errors": errors, "warnings": {}},
        "product_counts": counts if done else None,
    }


def _issues(world: World, call: Call) -> Any:
    result = world.table(RESULTS).get(call.path["processing_result_id"], NO_RESULT)
    row = world.table(FEEDS).find(result["feed_id"])
    if row is None or row["user"] != merchant(world, call):
        raise NO_RESULT
    numbers, kind = call.query.get("item_numbers"), call.query.get("item_validation_issue")
    issues = [
        {**issue, "id": str(issue["item_number"])}
        for issue in result["issues"]
        if (not numbers or issue["item_number"] in numbers) and kind in {None, "IMAGE_LINK_MISSING"}
    ]
    return page(call, issues, _shown_issue)


def _shown_issue(issue: Row) -> Row:
    missing = {"attribute_name": "IMAGE_LINK", "provided_value": None}
    return {
        "item_number": issue["item_number"],
        "item_id": issue["item_id"],
        "errors": {"IMAGE_LINK_MISSING": missing},
        "warnings": {},
    }


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "user"}


HANDLERS: Final[Mapping[str, Handler]] = {
    "catalogs/list": _list,
    "catalogs/create": _create,
    "catalogs/available_filter_values": _filter_values,
    "feeds/list": _list_feeds,
    "feeds/create": _create_feed,
    "feeds/get": _get_feed,
    "feeds/update": _update_feed,
    "feeds/delete": _delete_feed,
    "feeds/ingest": _ingest,
    "feed_processing_results/list": _results,
    "items_issues/list": _issues,
}
