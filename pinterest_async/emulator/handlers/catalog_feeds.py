"""Feeds of catalogs, and the results of their ingestion.

A feed is ingested when it is created and when a call asks for it; as with media, the second poll
for its results finds it finished.
"""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.catalog_access import catalog, feed, merchant
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import catalogs
from pinterest_async.emulator.model.users import WEBSITES
from pinterest_async.emulator.model.world import (
    Fields,
    World,
    is_finished_by_this_poll,
    page,
    picked,
    with_values,
)

NO_RESULT: Final = RejectedError(404, 4184, "There is no such processing result.")


def _list(world: World, call: ApiCall) -> Any:
    feeds = world.table(catalogs.FEEDS).where(user=merchant(world, call))
    rows = with_values(feeds, catalog_id=call.query.get("catalog_id"))
    return page(call, rows, catalogs.without_user)


def _create(world: World, call: ApiCall) -> Any:
    """Create a feed, and a catalog where the merchant has none of its type."""
    fields = dict(call.body)
    owner, now = merchant(world, call), catalogs.iso_time(call.now)
    kind, id = fields.pop("catalog_type", "RETAIL"), fields.pop("catalog_id", None)
    websites = world.table(WEBSITES).where(user=owner)
    if not any(website["verified_at"] for website in websites):
        code = 4169 if websites else 4168
        raise RejectedError(409, code, "A merchant has to have a website that is verified.")
    if "default_locale" not in fields or (kind != "HOTEL" and "default_country" not in fields):
        raise RejectedError(501, 4181, "Pass both `default_country` and `default_locale`.")
    _check_name(world, owner, fields["name"])
    kinds = world.table(catalogs.CATALOGS).where(user=owner, catalog_type=kind)
    if id is not None or kinds:
        source = catalog(world, call, id, kind)
    else:
        source = catalogs.add_catalog(world, owner, now, kind, f"Catalog of {fields['name']}")
    row = catalogs.add_feed(world, source, now, fields)
    catalogs.start_ingestion(world, row, now)
    return catalogs.without_user(row)


def _get(world: World, call: ApiCall) -> Any:
    return catalogs.without_user(feed(world, call, call.path["feed_id"]))


def _update(world: World, call: ApiCall) -> Any:
    row = feed(world, call, call.path["feed_id"])
    if call.body.get("catalog_type", row["catalog_type"]) != row["catalog_type"]:
        raise RejectedError(400, 1, f"Field `catalog_type`: this feed is {row['catalog_type']}.")
    if call.body.get("name", row["name"]) != row["name"]:
        _check_name(world, row["user"], call.body["name"])
    row.update(call.body, updated_at=catalogs.iso_time(call.now))
    return catalogs.without_user(row)


def _delete(world: World, call: ApiCall) -> None:
    """Delete a feed with its items, its product groups and its results."""
    row = feed(world, call, call.path["feed_id"])
    for name in (catalogs.ITEMS, catalogs.GROUPS, catalogs.RESULTS):
        for below in world.table(name).by("feed_id", row["id"]):
            world.table(name).remove(below["id"])
    world.table(catalogs.FEEDS).remove(row["id"])


def _check_name(world: World, owner: str, name: str) -> None:
    if world.table(catalogs.FEEDS).where(user=owner, name=name):
        raise RejectedError(422, 4170, f"Field `name`: there is a feed named {name!r}.")


def _ingest(world: World, call: ApiCall) -> Any:
    row = feed(world, call, call.path["feed_id"])
    result = catalogs.start_ingestion(world, row, catalogs.iso_time(call.now))
    return picked(result, "id", "feed_id", "status", "created_at")


def _results(world: World, call: ApiCall) -> Any:
    row = feed(world, call, call.path["feed_id"])
    results = world.table(catalogs.RESULTS).by("feed_id", row["id"])
    for result in results:
        if result["status"] == "PROCESSING" and is_finished_by_this_poll(result):
            catalogs.finish_ingestion(world, result)
            result["updated_at"] = catalogs.iso_time(call.now)
    return page(call, results, lambda result: _shown_result(world, result))


def _shown_result(world: World, result: Fields) -> Fields:
    done, wrong = result["status"] == "COMPLETED", len(result["issues"])
    info: dict[str, int] = {}
    if done:
        for item in world.table(catalogs.ITEMS).by("feed_id", result["feed_id"]):
            state = catalogs.availability(item)
            info[state] = info.get(state, 0) + 1
    fetch = {"FETCH_ERROR": 1} if result["status"] == "FAILED" else {}
    errors = {"IMAGE_LINK_MISSING": wrong} if wrong else fetch
    counts = {"original": result["lines"], "ingested": result["lines"] - wrong}
    return {
        **picked(result, "id", "status", "created_at", "updated_at"),
        "ingestion_details": {"errors": {}, "info": info, "warnings": {}},
        "validation_details": {"errors": errors, "warnings": {}},
        "product_counts": counts if done else None,
    }


def _issues(world: World, call: ApiCall) -> Any:
    result = world.table(catalogs.RESULTS).get(call.path["processing_result_id"], NO_RESULT)
    world.table(catalogs.FEEDS).get(result["feed_id"], NO_RESULT, user=merchant(world, call))
    numbers, kind = call.query.get("item_numbers"), call.query.get("item_validation_issue")
    issues = [
        {**issue, "id": str(issue["item_number"])}
        for issue in result["issues"]
        if (not numbers or issue["item_number"] in numbers) and kind in {None, "IMAGE_LINK_MISSING"}
    ]
    return page(call, issues, _shown_issue)


def _shown_issue(issue: Fields) -> Fields:
    missing = {"attribute_name": "IMAGE_LINK", "provided_value": None}
    errors: Fields = {"errors": {"IMAGE_LINK_MISSING": missing}, "warnings": {}}
    return {**picked(issue, "item_number", "item_id"), **errors}


HANDLERS: Final[Handlers] = {
    "feeds/list": _list,
    "feeds/create": _create,
    "feeds/get": _get,
    "feeds/update": _update,
    "feeds/delete": _delete,
    "feeds/ingest": _ingest,
    "feed_processing_results/list": _results,
    "items_issues/list": _issues,
}
