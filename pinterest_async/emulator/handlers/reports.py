"""Reports that are made while the caller waits elsewhere: asked for, polled, downloaded."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import account, mine, one
from pinterest_async.emulator.handlers.downloads import (
    WRITERS,
    find,
    finished,
    start,
    url,
)
from pinterest_async.emulator.handlers.report_rows import TARGETING, day, report
from pinterest_async.emulator.model.analytics.columns import SUMS
from pinterest_async.emulator.model.analytics.queries import check_dates
from pinterest_async.emulator.model.world import Row, World, page

BACK, WIDE = 914, 186
BACK_HOURS, WIDE_HOURS = 8, 3
BACK_ITEMS, WIDE_ITEMS = 92, 31

KEEP: Final = 3600
"""Seconds after which a report is gone."""

_USERS: Final = frozenset(("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY"))


def _check(call: Call, request: Row) -> None:
    start, end = (_date(request, name) for name in ("start_date", "end_date"))
    back, wide = BACK, WIDE
    if request.get("granularity") == "HOUR":
        back, wide = BACK_HOURS, WIDE_HOURS
    elif {"start_hour", "end_hour"} & request.keys():
        raise Refusal(400, 1, "start_hour, end_hour: are for reports by the HOUR")
    elif str(request.get("level")).startswith("PRODUCT_ITEM"):
        back, wide = BACK_ITEMS, WIDE_ITEMS
    check_dates(start, end, call.now.date(), back, wide)
    refused = _USERS.intersection(request.get("columns", ()))
    if str(request.get("level")).endswith(TARGETING):
        if refused:
            raise Refusal(400, 1, f"columns: {min(refused)} cannot be split by targeting")
        if not request.get("targeting_types"):
            raise Refusal(400, 1, "targeting_types: is required for this level")


def _date(request: Row, name: str) -> dt.date:
    try:
        return day(request, name)
    except ValueError:
        raise Refusal(400, 1, f"{name}: is not a date, as in 2026-08-01") from None


def _create(world: World, call: Call) -> Any:
    owner = account(world, call)
    _check(call, call.body)
    job = start(world, call, "report", owner, call.body)
    return {"report_status": "IN_PROGRESS", "token": job["id"], "message": ""}


def _get(world: World, call: Call) -> Any:
    return _state(world, call, account(world, call), "report")


def _state(world: World, call: Call, owner: Row, kind: str) -> Any:
    job = find(world, kind, owner, call.query["token"])
    if job is None:
        return {"report_status": "DOES_NOT_EXIST", "url": None, "size": None}
    if call.now.timestamp() - job["made"] > KEEP:
        return {"report_status": "EXPIRED", "url": None, "size": None}
    if not finished(job):
        return {"report_status": "IN_PROGRESS", "url": None, "size": None}
    if "size" not in job:
        job["size"] = len(WRITERS[kind](world, job))
    return {
        "report_status": "FINISHED",
        "url": url(world, call, job),
        "size": job["size"],
    }


# Templates: what a report asks for, kept under an id.


def _list_templates(world: World, call: Call) -> Any:
    return page(call, mine(world, call, "templates"))


def _create_from_template(world: World, call: Call) -> Any:
    owner = account(world, call)
    template = one(world, call, "templates", "template_id", "Template")
    yesterday = call.now.date() - dt.timedelta(days=1)
    request = {
        "level": template["report_level"],
        "columns": template["columns"],
        "granularity": call.query.get("granularity") or template["granularity"],
        "start_date": str(call.query.get("start_date") or yesterday - dt.timedelta(days=6)),
        "end_date": str(call.query.get("end_date") or yesterday),
    }
    _check(call, request)
    job = start(world, call, "report", owner, request)
    return {"report_status": "IN_PROGRESS", "token": job["id"], "template_id": template["id"]}


# Marketing mix modelling: campaigns or ad groups, always split by targeting.


def _create_mmm(world: World, call: Call) -> Any:
    owner = account(world, call)
    _check(call, call.body)
    job = start(world, call, "mmm_report", owner, call.body)
    data = {"report_status": "IN_PROGRESS", "status": "success", "token": job["id"]}
    return {"code": 0, "data": {**data, "message": ""}}


def _get_mmm(world: World, call: Call) -> Any:
    data = _state(world, call, account(world, call), "mmm_report")
    return {"code": 0, "status": "success", "message": "", "data": data}


# Conversions by product: what was bought, split by brand, category or item.


def _create_products(world: World, call: Call) -> Any:
    owner = account(world, call)
    _check(call, {**call.body, "columns": []})
    job = start(world, call, "product_report", owner, call.body)
    return {"report_status": "IN_PROGRESS", "token": job["id"], "message": ""}


def _get_products(world: World, call: Call) -> Any:
    return _state(world, call, account(world, call), "product_report")


# Files


def _product_report(world: World, job: Row) -> bytes:
    """Conversions of an ad account, split by the breakdown's values."""
    request = job["request"]
    skus = request.get("product_sku_ids")
    breakdown = request.get("conversion_product_breakdown", "PRODUCT_BRAND")
    column = _PRODUCT_COLUMNS.get(breakdown, "CONVERSION_PRODUCT_BRAND")
    columns: list[str] = request.get("columns") or []
    counted = {name: _product_leaf(name) for name in columns if name.startswith("TOTAL_")}
    plain: Row = {
        **job,
        "request": {
            **request,
            "level": f"{request['level']}_TARGETING",
            "targeting_types": [breakdown],
            "report_format": "JSON",
            "columns": [
                *(name for name in columns if name not in counted),
                *dict.fromkeys(counted.values()),
            ],
        },
    }
    found = report(world, plain)
    if not found:
        return found
    kept = set(counted.values())
    return msgspec.json.encode(
        {
            id: [
                {
                    column: row["TARGETING_VALUE"],
                    **{
                        name: value
                        for name, value in row.items()
                        if name not in kept and not name.startswith("TARGETING_")
                    },
                    **{
                        name: row[source] / 10**6 if name.endswith("_IN_USD") else row[source]
                        for name, source in counted.items()
                    },
                }
                for row in rows
                if skus is None or row["TARGETING_VALUE"] in skus
            ]
            for id, rows in msgspec.json.decode(found).items()
        }
    )


_PRODUCT_COLUMNS: Final = {
    "PRODUCT_CATEGORY": "CONVERSION_PRODUCT_CATEGORY",
    "PRODUCT_SKU": "CONVERSION_PRODUCT_ID",
    "PRODUCT_SKU_GROUP": "CONVERSION_PRODUCT_ID_GROUP",
}


def _product_leaf(column: str) -> str:
    """The column of ads analytics that says the same for all products together.

    Where no event is named, checkouts are meant.
    """
    event, _, kind = column.partition("CONVERSION_PRODUCT")
    name = event.strip("_")
    if name in ("TOTAL", "TOTAL_WEB", "TOTAL_INAPP", "TOTAL_OFFLINE"):
        name += "_CHECKOUT"
    told = f"{name}_VALUE_IN_MICRO_DOLLAR" if "_VALUE" in kind else name
    return told if told in SUMS else column


WRITERS.update(report=report, mmm_report=report, product_report=_product_report)

HANDLERS: Final[Mapping[str, Handler]] = {
    "analytics/create_report": _create,
    "analytics/get_report": _get,
    "templates/list": _list_templates,
    "analytics/create_template_report": _create_from_template,
    "analytics/create_mmm_report": _create_mmm,
    "analytics/get_mmm_report": _get_mmm,
    "analytics/create_conversion_product_report": _create_products,
    "analytics/get_conversion_product_report": _get_products,
}
