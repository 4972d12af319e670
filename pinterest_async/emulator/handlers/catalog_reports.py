"""Reports on catalogs: asked for, polled, downloaded; and their figures at once."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.handlers.catalogs import NO_RESULT
from pinterest_async.emulator.handlers.downloads import WRITERS, as_csv, find, finished, start, url
from pinterest_async.emulator.model.catalogs import CATALOGS, FEEDS, ITEMS, KEYS, RESULTS
from pinterest_async.emulator.model.world import Row, World, page

_KIND: Final = "catalog_reports"
_KEEP: Final = 3600
"""Seconds after which a report is gone."""

_LAPSED: Final = Refusal(400, 1104, "This token is unknown, or its report is gone.")
_IMAGE_CODE, _STOCK_CODE = 102, 201
"""Codes of issues: the emulator's own."""


def _create(world: World, call: Call) -> Any:
    catalogs_of(world, call)
    kind, report = call.body["catalog_type"], call.body["report"]
    _scope(world, call, kind, report)
    owner = {"id": merchant(world, call)}
    return {"token": start(world, call, _KIND, owner, {"kind": kind, **report})["id"]}


def _get(world: World, call: Call) -> Any:
    catalogs_of(world, call)
    job = find(world, _KIND, {"id": merchant(world, call)}, call.query["token"])
    if job is None or call.now.timestamp() >= job["made"] + _KEEP:
        raise _LAPSED
    if not finished(job):
        return {"report_status": "IN_PROGRESS", "url": None, "size": None}
    size = len(_file(world, job))
    return {"report_status": "FINISHED", "url": url(world, call, job), "size": size}


def _stats(world: World, call: Call) -> Any:
    asked = call.query["parameters"]
    report: Row = asked.get("report") or {"report_type": "FEED_INGESTION_ISSUES"}
    _scope(world, call, asked["catalog_type"], report)
    owner = merchant(world, call)
    counts: dict[tuple[str, int], int] = {}
    for row in _rows(world, owner, asked["catalog_type"], report):
        if "code" in row:
            key = row["catalog_id"], row["code"]
            counts[key] = counts.get(key, 0) + 1
    rows = [
        {"id": str(number), "catalog_id": id, "code": code, "occurrences": times}
        for number, ((id, code), times) in enumerate(counts.items())
    ]
    return page(call, rows, lambda row: _shown(row, report["report_type"]))


def _shown(row: Row, kind: str) -> Row:
    said = {"report_type": kind, **{name: one for name, one in row.items() if name != "id"}}
    if row["code"] == _IMAGE_CODE:
        message = "The item has no image."
        return {**said, "code_label": "IMAGE_LINK_MISSING", "message": message, "severity": "ERROR"}
    reach = {"ineligible_for_ads": True, "ineligible_for_organic": False}
    return {**said, "code_label": "OUT_OF_STOCK", "message": "The item is sold out.", **reach}


def _scope(world: World, call: Call, kind: str, report: Row) -> None:
    """Refuse a report on what is not the merchant's."""
    if report.get("catalog_id"):
        catalog(world, call, report["catalog_id"], kind)
    if report.get("feed_id"):
        feed(world, call, report["feed_id"])
    if report.get("processing_result_id"):
        result = world.table(RESULTS).get(report["processing_result_id"], NO_RESULT)
        if result["feed_id"] != report.get("feed_id"):
            raise NO_RESULT


def _file(world: World, job: Row) -> bytes:
    request = job["request"]
    return as_csv(_rows(world, job["ad_account_id"], request["kind"], request))


def _rows(world: World, owner: str, kind: str, report: Row) -> list[Row]:
    """One row for each item, or for each issue of one."""
    homes = world.table(CATALOGS).where(user=owner, catalog_type=kind)
    homes = [home for home in homes if report.get("catalog_id") in {None, home["id"]}]
    if report["report_type"] == "FEED_INGESTION_ISSUES":
        results = world.table(RESULTS).by("feed_id", report.get("feed_id"))
        wanted = report.get("processing_result_id")
        latest = [row for row in results if wanted in {None, row["id"]}][-1:]
        table = world.table(FEEDS)
        return [
            {"catalog_id": source["catalog_id"], "code": _IMAGE_CODE, **issue}
            for result in latest
            if (source := table.find(result["feed_id"])) is not None
            for issue in result["issues"]
        ]
    items = [item for home in homes for item in world.table(ITEMS).by("catalog_id", home["id"])]
    if report["report_type"] == "ALL_ITEMS":
        return [
            {"catalog_id": item["catalog_id"], KEYS[kind]: item["item_id"], **item["attributes"]}
            for item in items
        ]
    return [
        {"catalog_id": item["catalog_id"], "code": _STOCK_CODE, KEYS[kind]: item["item_id"]}
        for item in items
        if item["attributes"].get("availability") == "out of stock"
    ]


HANDLERS: Final[Mapping[str, Handler]] = {
    "reports/create": _create,
    "reports/get": _get,
    "reports/stats": _stats,
}
WRITERS[_KIND] = _file
