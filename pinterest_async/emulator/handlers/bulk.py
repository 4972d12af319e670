"""Bulk jobs and exports of leads: started, polled, fetched from a signed URL."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers import (
    campaigns,
    catalog_product_groups,
    keywords,
    product_groups,
)
from pinterest_async.emulator.handlers.access import account, filtered
from pinterest_async.emulator.handlers.downloads import (
    WRITERS,
    as_csv,
    find,
    finished,
    start,
    url,
)
from pinterest_async.emulator.model.ad_entities import (
    shown_ad,
    shown_ad_group,
    shown_campaign,
    shown_product_group,
)
from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import Row, World

_KINDS: Final[Mapping[str, tuple[str, Callable[[Row], Row]]]] = {
    "CAMPAIGN": ("campaigns", shown_campaign),
    "AD_GROUP": ("ad_groups", shown_ad_group),
    "AD": ("ads", shown_ad),
    "PRODUCT_GROUP": ("product_group_promotions", shown_product_group),
    "KEYWORD": ("keywords", keywords.shown_keyword),
    "LABEL": ("labels", keywords.shown_label),
}
_TREE: Final = ("campaigns", "ad_groups", "ads")
"""What is written as a list; the others come as items of one parent."""
_TABLES: Final = {"product_groups": "product_group_promotions"}
_WRITES: Final = {**campaigns.HANDLERS, **keywords.HANDLERS, **product_groups.HANDLERS}


def _download(world: World, call: Call) -> Any:
    job = start(world, call, "bulk_download", account(world, call), call.body)
    return {"request_id": job["id"]}


def _upsert(world: World, call: Call) -> Any:
    """The writes are done at once; the caller learns of them when it asks."""
    owner = account(world, call)
    job = start(world, call, "bulk_upsert", owner, {})
    results: list[Row] = []
    for verb in ("create", "update"):
        writes: Row = call.body.get(verb) or {}
        for name in writes:
            said = _written(world, call, verb, name, writes[name] or [])
            results += [{"operation": verb, "entity": name, **one} for one in said]
    job["request"] = {"results": results}
    return {"request_id": job["id"]}


def _written(world: World, call: Call, verb: str, name: str, items: list[Row]) -> list[Row]:
    """What came of the writes of one kind, item by item: what single calls would have answered."""
    if not items:
        return []
    if name == "catalog_product_groups":
        write = catalog_product_groups.HANDLERS[f"catalogs_product_groups/{verb}"]
        return [one for body in items for one in _said(_alone(write), world, call, body)]
    write = _WRITES[f"{_TABLES.get(name, name)}/{verb}"]
    if name in _TREE:
        return _said(write, world, call, items)
    if verb == "update" and name in ("keywords", "labels"):
        return _said(write, world, call, {name: items})
    return [one for body in items for one in _said(write, world, call, body)]


def _alone(write: Handler) -> Handler:
    """A write of one product group of a catalog in the words of a bulk write.

    Who may write to an ad account does so to the catalogs of its owner.
    """

    def one(world: World, call: Call) -> Any:
        body = dict(call.body)
        path = {"product_group_id": str(body.pop("id", ""))}
        query = {"ad_account_id": call.path["ad_account_id"]}
        alone = msgspec.structs.replace(call, path=path, query=query, body=body)
        return {"items": [{"data": write(world, alone)}]}

    return one


def _said(write: Handler, world: World, call: Call, body: Any) -> list[Row]:
    """The items of an answer; a refusal of the whole body is one of them."""
    try:
        said = write(world, msgspec.structs.replace(call, body=body))
    except Refusal as refusal:
        return [{"exceptions": [{"code": refusal.code, "message": refusal.message}]}]
    if "items" in said:
        return list(said["items"])
    (name,) = said.keys() - {"errors"}
    failed = [
        {"exceptions": [{"code": 400, "message": text} for text in one["error_messages"]]}
        for one in said["errors"]
    ]
    return [*({"data": one} for one in said[name]), *failed]


def _state(world: World, call: Call) -> Any:
    owner, id = account(world, call), call.path["bulk_request_id"]
    job = find(world, "bulk_download", owner, id) or find(world, "bulk_upsert", owner, id)
    if job is None:
        raise Refusal(404, 404, f"Bulk request not found: {id}.")
    if not finished(job):
        return {"status": "RUNNING"}
    return {"status": "SUCCEEDED", "result_url": url(world, call, job)}


def _downloaded(world: World, job: Row) -> bytes:
    request = job["request"]
    ids = request.get("entity_ids")
    since = int(request.get("updated_since") or 0)
    rows: list[Row] = []
    for kind in request.get("entity_types") or ("CAMPAIGN", "AD_GROUP", "AD"):
        table, shown = _KINDS.get(kind, ("", dict))
        found: Iterable[Row] = (
            shown(row)
            for row in world.table(table).by("ad_account_id", job["ad_account_id"])
            if row.get("updated_time", 0) >= since
        )
        if kind == "CAMPAIGN":
            wanted: Row = request.get("campaign_filter") or {}
            found = filtered(
                found,
                {
                    "summary_status": wanted.get("campaign_status"),
                    "objective_type": wanted.get("objective_type"),
                },
            )
        rows += [{"entity_type": kind, **row} for row in filtered(found, {"id": ids})]
    return as_csv(rows) if request.get("output_format") == "CSV" else msgspec.json.encode(rows)


def _upserted(_: World, job: Row) -> bytes:
    return msgspec.json.encode(job["request"]["results"])


def _export(world: World, call: Call) -> Any:
    owner = account(world, call)
    ad = world.table("ads").find(call.body["ad_id"])
    if ad is None or ad["ad_account_id"] != owner["id"]:
        raise Refusal(404, 404, f"Ad not found: {call.body['ad_id']}.")
    return {"leads_export_id": start(world, call, "leads_export", owner, call.body)["id"]}


def _exported(world: World, call: Call) -> Any:
    owner, id = account(world, call), call.path["leads_export_id"]
    job = find(world, "leads_export", owner, id)
    if job is None:
        raise Refusal(404, 404, f"Leads export not found: {id}.")
    if not finished(job):
        return {"export_status": "IN_PROGRESS", "download_url": None}
    return {"export_status": "FINISHED", "download_url": url(world, call, job)}


def _leads(world: World, job: Row) -> bytes:
    """Made-up leads of an ad."""
    ad = job["request"]["ad_id"]
    dice = mix(world.seed, 15, int(ad))
    return as_csv(
        [
            {
                "lead_id": str(10**17 + mix(dice, number) % 10**16),
                "ad_id": ad,
                "date": job["request"]["start_date"],
                "email": f"lead{number}@shop.example",
                "full_name": f"Lead {number}",
            }
            for number in range(1, 4 + dice % 20)
        ]
    )


WRITERS.update(bulk_download=_downloaded, bulk_upsert=_upserted, leads_export=_leads)

HANDLERS: Final[Mapping[str, Handler]] = {
    "bulk_download/create": _download,
    "bulk_upsert/create": _upsert,
    "bulk_request/get": _state,
    "leads_export/create": _export,
    "leads_export/get": _exported,
}
