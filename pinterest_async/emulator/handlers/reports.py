"""Asynchronous reports on ads: created, polled, and downloaded."""

import datetime as dt
from functools import partial
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import account, row_of_path
from pinterest_async.emulator.handlers.downloads import JobKind, download_url, is_finished
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.handlers.report_files import TARGETING, report_file
from pinterest_async.emulator.model.analytics.columns import SUMS
from pinterest_async.emulator.model.analytics.queries import check_dates, date_of
from pinterest_async.emulator.model.world import Fields, World

BACK, WIDE = 914, 186
BACK_HOURS, WIDE_HOURS = 8, 3
BACK_ITEMS, WIDE_ITEMS = 92, 31

KEEP: Final = 3600
"""Seconds after which a report is deleted."""

_USERS: Final = frozenset(("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY"))
_ONE_LEVEL: Final = {
    "AUDIENCE_MULTIPLIER": "CAMPAIGN_TARGETING",
    "MEDIA_TYPE": "PRODUCT_ITEM_TARGETING",
}
"""Targeting types that reports of one level have."""


def _check(call: ApiCall, request: Fields) -> None:
    start, end = (_date(request, name) for name in ("start_date", "end_date"))
    back, wide, level = BACK, WIDE, str(request.get("level"))
    if request.get("granularity") == "HOUR":
        back, wide = BACK_HOURS, WIDE_HOURS
    elif {"start_hour", "end_hour"} & request.keys():
        raise RejectedError(400, 1, "start_hour, end_hour: are for reports by the HOUR")
    elif level.startswith("PRODUCT_ITEM"):
        back, wide = BACK_ITEMS, WIDE_ITEMS
    check_dates(start, end, call.now.date(), back, wide)
    unsplit = _USERS.intersection(request.get("columns", ()))
    if unsplit and level.endswith(TARGETING):
        raise RejectedError(400, 1, f"columns: {min(unsplit)} cannot be split by targeting")
    # Columns of ads are no mistake there: connectors of others ask for all columns on each level.
    if level.startswith("PRODUCT_ITEM") and (of_ads := {"ad_ids", "ad_statuses"} & request.keys()):
        raise RejectedError(400, 1, f"{min(of_ads)}: is not for reports on product items")
    for kind in request.get("targeting_types") or ():
        if _ONE_LEVEL.get(kind, level) != level:
            raise RejectedError(400, 1, f"targeting_types: {kind} is for {_ONE_LEVEL[kind]} only")


def _date(request: Fields, name: str) -> dt.date:
    try:
        return date_of(request, name)
    except ValueError:
        raise RejectedError(400, 1, f"{name}: is not a date, as in 2026-08-01") from None


def _start(
    world: World, call: ApiCall, jobs: JobKind, request: Fields, **changes: list[str]
) -> str:
    """Check a request (with some changes) and start a job; the token by which it is found."""
    owner = account(world, call)
    _check(call, {**request, **changes})
    return str(jobs.start(world, call, owner["id"], request)["id"])


def _create(world: World, call: ApiCall) -> Any:
    token = _start(world, call, _REPORTS, call.body)
    return {"report_status": "IN_PROGRESS", "token": token, "message": ""}


def _get(jobs: JobKind, world: World, call: ApiCall) -> Any:
    job = jobs.find(world, account(world, call)["id"], call.query["token"])
    answer = {"report_status": "DOES_NOT_EXIST", "url": None, "size": None}
    if job is None:
        return answer
    if call.now.timestamp() - job["made"] > KEEP:
        return answer | {"report_status": "EXPIRED"}
    if not is_finished(job):
        return answer | {"report_status": "IN_PROGRESS"}
    if "size" not in job:
        job["size"] = len(jobs.write(world, job))
    url = download_url(world, call, job)
    return {"report_status": "FINISHED", "url": url, "size": job["size"]}


def _create_from_template(world: World, call: ApiCall) -> Any:
    """A template is what a report asks for, stored under an id."""
    template = row_of_path(world, call, "templates", "template_id", "Template")
    yesterday = call.now.date() - dt.timedelta(days=1)
    request = {
        "level": template["report_level"],
        "columns": template["columns"],
        "granularity": call.query.get("granularity") or template["granularity"],
        "start_date": str(call.query.get("start_date") or yesterday - dt.timedelta(days=6)),
        "end_date": str(call.query.get("end_date") or yesterday),
    }
    token = _start(world, call, _REPORTS, request)
    return {"report_status": "IN_PROGRESS", "token": token, "template_id": template["id"]}


# Marketing mix modelling: campaigns or ad groups, always split by targeting.


def _create_mmm(world: World, call: ApiCall) -> Any:
    data = {"report_status": "IN_PROGRESS", "status": "success", "message": ""}
    return {"code": 0, "data": {**data, "token": _start(world, call, _MMM_REPORTS, call.body)}}


def _get_mmm(world: World, call: ApiCall) -> Any:
    data = _get(_MMM_REPORTS, world, call)
    return {"code": 0, "status": "success", "message": "", "data": data}


# Conversions by product: purchases, split by brand, category or item.


def _create_products(world: World, call: ApiCall) -> Any:
    token = _start(world, call, _PRODUCT_REPORTS, call.body, columns=[])
    return {"report_status": "IN_PROGRESS", "token": token, "message": ""}


def _product_report(world: World, job: Fields) -> bytes:
    """Conversions of an ad account, split by the values of the breakdown."""
    request = job["request"]
    skus = request.get("product_sku_ids")
    breakdown = request.get("conversion_product_breakdown", "PRODUCT_BRAND")
    column = _PRODUCT_COLUMNS.get(breakdown, "CONVERSION_PRODUCT_BRAND")
    columns: list[str] = request.get("columns") or []
    sources = {name: _source_column(name) for name in columns if name.startswith("TOTAL_")}
    used = dict.fromkeys(sources.values())
    targeting: Fields = {
        "level": f"{request['level']}_TARGETING",
        "targeting_types": [breakdown],
        "report_format": "JSON",
        "columns": [*(name for name in columns if name not in sources), *used],
    }
    file = report_file(world, {**job, "request": request | targeting})

    def shown(row: Fields) -> Fields:
        facts = {
            name: value
            for name, value in row.items()
            if name not in used and not name.startswith("TARGETING_")
        }
        counts = {
            name: row[source] / 10**6 if name.endswith("_IN_USD") else row[source]
            for name, source in sources.items()
        }
        return {column: row["TARGETING_VALUE"], **facts, **counts}

    if not file:
        return file
    found = msgspec.json.decode(file, type=dict[str, list[Fields]])
    answer = {
        id: [shown(row) for row in rows if skus is None or row["TARGETING_VALUE"] in skus]
        for id, rows in found.items()
    }
    return msgspec.json.encode(answer)


_PRODUCT_COLUMNS: Final = {
    "PRODUCT_CATEGORY": "CONVERSION_PRODUCT_CATEGORY",
    "PRODUCT_SKU": "CONVERSION_PRODUCT_ID",
    "PRODUCT_SKU_GROUP": "CONVERSION_PRODUCT_ID_GROUP",
}


def _source_column(column: str) -> str:
    """The column of ads analytics with the same count for all products together.

    A column that names no event counts checkouts.
    """
    event, _, kind = column.partition("CONVERSION_PRODUCT")
    name = event.strip("_")
    if name in ("TOTAL", "TOTAL_WEB", "TOTAL_INAPP", "TOTAL_OFFLINE"):
        name += "_CHECKOUT"
    source = f"{name}_VALUE_IN_MICRO_DOLLAR" if "_VALUE" in kind else name
    return source if source in SUMS else column


_REPORTS: Final = JobKind("report", report_file)
_MMM_REPORTS: Final = JobKind("mmm_report", report_file)
_PRODUCT_REPORTS: Final = JobKind("product_report", _product_report)

HANDLERS: Final[Handlers] = {
    "analytics/create_report": _create,
    "analytics/get_report": partial(_get, _REPORTS),
    "analytics/create_template_report": _create_from_template,
    "analytics/create_mmm_report": _create_mmm,
    "analytics/get_mmm_report": _get_mmm,
    "analytics/create_conversion_product_report": _create_products,
    "analytics/get_conversion_product_report": partial(_get, _PRODUCT_REPORTS),
}
