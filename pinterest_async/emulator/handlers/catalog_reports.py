"""Reports on catalogs: parameters for, polled, downloaded; and their figures at once."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.handlers.catalog_feeds import NO_RESULT
from pinterest_async.emulator.handlers.downloads import JobKind, as_csv, download_url, is_finished
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import catalogs
from pinterest_async.emulator.model.world import Fields, World, page, with_values, without

_KEEP: Final = 3600
"""Seconds after which a report is deleted."""

_GONE: Final = RejectedError(400, 1104, "This token is unknown, or its report is gone.")
_IMAGE_CODE, _STOCK_CODE = 102, 201
"""Codes of issues: the emulator's own."""


def _create(world: World, call: ApiCall) -> Any:
    catalogs_of(world, call)
    kind, report = call.body["catalog_type"], call.body["report"]
    _scope(world, call, kind, report)
    job = _JOBS.start(world, call, merchant(world, call), {"kind": kind, **report})
    return {"token": job["id"]}


def _get(world: World, call: ApiCall) -> Any:
    catalogs_of(world, call)
    job = _JOBS.find(world, merchant(world, call), call.query["token"])
    if job is None or call.now.timestamp() >= job["made"] + _KEEP:
        raise _GONE
    if not is_finished(job):
        return {"report_status": "IN_PROGRESS", "url": None, "size": None}
    size = len(_file(world, job))
    return {"report_status": "FINISHED", "url": download_url(world, call, job), "size": size}


def _stats(world: World, call: ApiCall) -> Any:
    parameters = call.query["parameters"]
    report: Fields = parameters.get("report") or {"report_type": "FEED_INGESTION_ISSUES"}
    _scope(world, call, parameters["catalog_type"], report)
    owner = merchant(world, call)
    counts: dict[tuple[str, int], int] = {}
    for row in _rows(world, owner, parameters["catalog_type"], report):
        if "code" in row:
            key = row["catalog_id"], row["code"]
            counts[key] = counts.get(key, 0) + 1
    rows = [
        {"id": str(number), "catalog_id": id, "code": code, "occurrences": times}
        for number, ((id, code), times) in enumerate(counts.items())
    ]
    return page(call, rows, lambda row: _shown(row, report["report_type"]))


def _shown(row: Fields, kind: str) -> Fields:
    shown = {"report_type": kind, **without(row, "id")}
    if row["code"] == _IMAGE_CODE:
        words = {"code_label": "IMAGE_LINK_MISSING", "message": "The item has no image."}
        return {**shown, **words, "severity": "ERROR"}
    eligible = {"ineligible_for_ads": True, "ineligible_for_organic": False}
    return {**shown, "code_label": "OUT_OF_STOCK", "message": "The item is sold out.", **eligible}


def _scope(world: World, call: ApiCall, kind: str, report: Fields) -> None:
    """Reject a report about a catalog or a feed of somebody else."""
    if report.get("catalog_id"):
        catalog(world, call, report["catalog_id"], kind)
    if report.get("feed_id"):
        feed(world, call, report["feed_id"])
    if report.get("processing_result_id"):
        id, results = report["processing_result_id"], world.table(catalogs.RESULTS)
        results.get(id, NO_RESULT, feed_id=report.get("feed_id"))


def _file(world: World, job: Fields) -> bytes:
    request = job["request"]
    return as_csv(_rows(world, job["ad_account_id"], request["kind"], request))


def _rows(world: World, owner: str, kind: str, report: Fields) -> list[Fields]:
    """One row for each item, or for each issue of one."""
    if report["report_type"] == "FEED_INGESTION_ISSUES":
        results = world.table(catalogs.RESULTS).by("feed_id", report.get("feed_id"))
        results = with_values(results, id=report.get("processing_result_id"))
        table = world.table(catalogs.FEEDS)
        return [
            {"catalog_id": source["catalog_id"], "code": _IMAGE_CODE, **issue}
            for result in results[-1:]
            if (source := table.find(result["feed_id"])) is not None
            for issue in result["issues"]
        ]
    owned = world.table(catalogs.CATALOGS).where(user=owner, catalog_type=kind)
    key, table = catalogs.KEYS[kind], world.table(catalogs.ITEMS)
    items = [
        item
        for row in with_values(owned, id=report.get("catalog_id"))
        for item in table.by("catalog_id", row["id"])
    ]
    if report["report_type"] == "ALL_ITEMS":
        return [
            {"catalog_id": item["catalog_id"], key: item["item_id"], **item["attributes"]}
            for item in items
        ]
    return [
        {"catalog_id": item["catalog_id"], "code": _STOCK_CODE, key: item["item_id"]}
        for item in items
        if item["attributes"].get("availability") == "out of stock"
    ]


_JOBS: Final = JobKind("catalog_reports", _file)

HANDLERS: Final[Handlers] = {
    "reports/create": _create,
    "reports/get": _get,
    "reports/stats": _stats,
}
