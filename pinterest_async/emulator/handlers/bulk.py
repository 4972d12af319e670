"""Bulk downloads and bulk writes: started, polled, and the result fetched from a signed URL."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers import catalog_product_groups, keywords, kinds, labels
from pinterest_async.emulator.handlers.access import account, filtered
from pinterest_async.emulator.handlers.downloads import JobKind, as_csv, download_url, is_finished
from pinterest_async.emulator.handlers.handler import Handler, Handlers
from pinterest_async.emulator.model import ad_entities
from pinterest_async.emulator.model.world import Fields, World

_ENTITIES: Final[Mapping[str, tuple[str, Callable[[Fields], Fields]]]] = {
    "CAMPAIGN": ("campaigns", ad_entities.shown_campaign),
    "AD_GROUP": ("ad_groups", ad_entities.shown_ad_group),
    "AD": ("ads", ad_entities.shown_ad),
    "PRODUCT_GROUP": ("product_group_promotions", ad_entities.shown_product_group),
    "KEYWORD": ("keywords", ad_entities.shown_keyword),
    "LABEL": ("labels", ad_entities.shown_label),
}
_LISTS: Final = ("campaigns", "ad_groups", "ads")
"""What is written as a list; the others come as items of one parent."""
_NAMESPACES: Final = {"product_groups": "product_group_promotions"}
_WRITES: Final = {**kinds.HANDLERS, **keywords.HANDLERS, **labels.HANDLERS}


def _create_download(world: World, call: ApiCall) -> Any:
    job = _DOWNLOADS.start(world, call, account(world, call)["id"], call.body)
    return {"request_id": job["id"]}


def _create_upsert(world: World, call: ApiCall) -> Any:
    """The writes happen at once; the caller sees their results after some polls."""
    job = _UPSERTS.start(world, call, account(world, call)["id"], {})
    results: list[Fields] = []
    for verb in ("create", "update"):
        writes: Fields = call.body.get(verb) or {}
        for name in writes:
            answers = _written(world, call, verb, name, writes[name] or [])
            results += [{"operation": verb, "entity": name, **one} for one in answers]
    job["request"] = {"results": results}
    return {"request_id": job["id"]}


def _written(
    world: World, call: ApiCall, verb: str, name: str, items: list[Fields]
) -> list[Fields]:
    """The results of the writes of one kind, item by item, as single calls would answer them."""
    if not items:
        return []
    if name == "schedules":  # kept nowhere, as in calls of their own
        return [{"data": item} for item in items]
    if name == "catalog_product_groups":
        write = _as_ads_write(catalog_product_groups.HANDLERS[f"catalogs_product_groups/{verb}"])
    else:
        write = _WRITES[f"{_NAMESPACES.get(name, name)}/{verb}"]
    bodies: list[Any] = items
    if name in _LISTS:
        bodies = [items]
    elif verb == "update" and name in ("keywords", "labels"):
        bodies = [{name: items}]
    return [one for body in bodies for one in _results(write, world, call, body)]


def _as_ads_write(write: Handler) -> Handler:
    """A write of one product group of a catalog, in the form of a write to an ad account.

    Who may write to an ad account may write to the catalogs of its owner.
    """

    def handle(world: World, call: ApiCall) -> Any:
        body = dict(call.body)
        path = {"product_group_id": str(body.pop("id", ""))}
        query = {"ad_account_id": call.path["ad_account_id"]}
        single = msgspec.structs.replace(call, path=path, query=query, body=body)
        return {"items": [{"data": write(world, single)}]}

    return handle


def _results(write: Handler, world: World, call: ApiCall, body: Any) -> list[Fields]:
    """The items of an answer; where the whole body is rejected, its error is the only item."""
    try:
        answer = write(world, msgspec.structs.replace(call, body=body))
    except RejectedError as error:
        return [{"exceptions": [error.body]}]
    if "items" in answer:
        return list(answer["items"])
    (name,) = answer.keys() - {"errors"}
    failed = [
        {"exceptions": [{"code": 400, "message": text} for text in one["error_messages"]]}
        for one in answer["errors"]
    ]
    return [*({"data": one} for one in answer[name]), *failed]


def _get(world: World, call: ApiCall) -> Any:
    owner, id = account(world, call)["id"], call.path["bulk_request_id"]
    job = _DOWNLOADS.find(world, owner, id) or _UPSERTS.find(world, owner, id)
    if job is None:
        raise RejectedError(404, 404, f"Bulk request not found: {id}.")
    if not is_finished(job):
        return {"status": "RUNNING"}
    return {"status": "SUCCEEDED", "result_url": download_url(world, call, job)}


def _download_file(world: World, job: Fields) -> bytes:
    wanted = job["request"]
    since = int(wanted.get("updated_since") or 0)
    rows: list[Fields] = []
    for kind in wanted.get("entity_types") or ("CAMPAIGN", "AD_GROUP", "AD"):
        table, shown = _ENTITIES.get(kind, ("", dict))
        found: Iterable[Fields] = (
            shown(row)
            for row in world.table(table).by("ad_account_id", job["ad_account_id"])
            if row.get("updated_time", 0) >= since
        )
        filters = {"id": wanted.get("entity_ids")}
        if kind == "CAMPAIGN":
            conditions: Fields = wanted.get("campaign_filter") or {}
            filters["summary_status"] = conditions.get("campaign_status")
            filters["objective_type"] = conditions.get("objective_type")
        rows += [{"entity_type": kind, **row} for row in filtered(found, filters)]
    return as_csv(rows) if wanted.get("output_format") == "CSV" else msgspec.json.encode(rows)


def _upsert_file(_: World, job: Fields) -> bytes:
    return msgspec.json.encode(job["request"]["results"])


_DOWNLOADS: Final = JobKind("bulk_download", _download_file)
_UPSERTS: Final = JobKind("bulk_upsert", _upsert_file)

HANDLERS: Final[Handlers] = {
    "bulk_download/create": _create_download,
    "bulk_upsert/create": _create_upsert,
    "bulk_request/get": _get,
}
