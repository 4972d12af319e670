"""Reports that are made while the caller waits elsewhere: asked for, polled, downloaded."""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from pinterest_async.emulator.analytics import TABLES, Level, asked, check_dates, groups
from pinterest_async.emulator.call import Call, Handler, Refusal
from pinterest_async.emulator.delivery import DEFAULT_WINDOWS
from pinterest_async.emulator.handlers.access import account, filtered, mine, one
from pinterest_async.emulator.handlers.campaigns import shown_ad, shown_ad_group, shown_campaign
from pinterest_async.emulator.handlers.downloads import (
    WRITERS,
    as_csv,
    find,
    finished,
    start,
    url,
)
from pinterest_async.emulator.handlers.report_parts import PARTS
from pinterest_async.emulator.rows import Group, Question, group_rows, segment_rows
from pinterest_async.emulator.targeting import values
from pinterest_async.emulator.world import Row, World, page

BACK, WIDE = 914, 186
BACK_HOURS, WIDE_HOURS = 8, 3
BACK_ITEMS, WIDE_ITEMS = 92, 31

KEEP: Final = 3600
"""Seconds after which a report is gone."""

_LEVELS: Final[Mapping[str, Level]] = {
    "ADVERTISER": "account",
    "CAMPAIGN": "campaign",
    "AD_GROUP": "ad_group",
    "PIN_PROMOTION": "ad",
    "PRODUCT_GROUP": "product_group",
}
_USERS: Final = frozenset(("TOTAL_IMPRESSION_USER", "TOTAL_IMPRESSION_FREQUENCY"))


def _check(call: Call, request: Row) -> None:
    start, end = (_date(request, name) for name in ("start_date", "end_date"))
    back, wide = BACK, WIDE
    if request.get("granularity") == "HOUR":
        back, wide = BACK_HOURS, WIDE_HOURS
    elif str(request.get("level")).startswith("PRODUCT_ITEM"):
        back, wide = BACK_ITEMS, WIDE_ITEMS
    check_dates(start, end, call.now.date(), back, wide)
    refused = _USERS.intersection(request.get("columns", ()))
    if str(request.get("level")).endswith("_TARGETING"):
        if refused:
            raise Refusal(400, 1, f"columns: {min(refused)} cannot be split by targeting")
        if not request.get("targeting_types"):
            raise Refusal(400, 1, "targeting_types: is required for this level")


def _date(request: Row, name: str) -> dt.date:
    try:
        return dt.date.fromisoformat(str(request[name]))
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


def _entities(world: World, level: Level, owner: Row, request: Row) -> list[Row]:
    """The entities of a report's level that pass its filters, those on their parents included."""
    if level == "account":
        return [owner]
    campaigns = filtered(
        map(shown_campaign, world.table("campaigns").by("ad_account_id", owner["id"])),
        {
            "id": request.get("campaign_ids"),
            "summary_status": request.get("campaign_statuses"),
            "objective_type": request.get("campaign_objective_types"),
        },
    )
    parents = [row["id"] for row in campaigns]
    if level == "campaign":
        return campaigns
    groups_ = filtered(
        map(shown_ad_group, world.table("ad_groups").by("ad_account_id", owner["id"])),
        {
            "campaign_id": parents,
            "id": request.get("ad_group_ids"),
            "summary_status": request.get("ad_group_statuses"),
        },
    )
    if level == "ad_group":
        return groups_
    rows = world.table(TABLES[level]).by("ad_account_id", owner["id"])
    filters: Row = {"ad_group_id": [row["id"] for row in groups_]}
    if level == "product_group":
        return filtered(rows, {**filters, "id": request.get("product_group_ids")})
    filters |= {"id": request.get("ad_ids"), "summary_status": request.get("ad_statuses")}
    return filtered(map(shown_ad, rows), filters)


def _report(world: World, job: Row) -> bytes:
    """An object with a list of rows for each entity; nothing at all where there is none."""
    request = job["request"]
    owner = world.table("ad_accounts").find(job["ad_account_id"])
    name = str(request.get("level", "PIN_PROMOTION"))
    if owner is None:
        return b""
    windows = {
        kind: request[field]
        for kind in DEFAULT_WINDOWS
        if request.get(field := f"{kind}_window_days") is not None
    }
    made_on = dt.datetime.fromtimestamp(job["made"], dt.UTC).date()
    question = asked(
        request["columns"],
        _date(request, "start_date"),
        _date(request, "end_date"),
        request["granularity"],
        made_on,
        windows,
    )
    if name in PARTS:
        found = PARTS[name](world, owner, request, question)
    else:
        found = _of_entities(world, owner, request, question)
    by_entity = [f'"{id}":[{",".join(texts)}]' for id, texts in found.items() if texts]
    if not by_entity:
        return b""
    body = f"{{{','.join(by_entity)}}}".encode()
    if request.get("report_format") == "CSV":
        return as_csv([row for rows in msgspec.json.decode(body).values() for row in rows])
    return body


def _of_entities(world: World, owner: Row, request: Row, asked: Question) -> dict[str, list[str]]:
    """The rows of each entity of a level, whole or split by targeting."""
    name = str(request.get("level", "PIN_PROMOTION"))
    level = _LEVELS.get(name.removesuffix("_TARGETING"))
    if level is None:
        return {}
    made, numbers = groups(world, level, _entities(world, level, owner, request), asked.columns)
    asked = asked._replace(columns=numbers)
    found: dict[str, list[str]] = {}
    for group in made:
        if not _passes(world, group, asked, request.get("metrics_filters") or ()):
            continue
        texts = found[next(iter(group.facts.values()))] = []
        if not name.endswith("_TARGETING"):
            texts += group_rows(world.seed, group, asked)
            continue
        for type in dict.fromkeys(request["targeting_types"]):
            for value, text in segment_rows(world.seed, group, asked, values(type)):
                head = msgspec.json.encode({"TARGETING_TYPE": type, "TARGETING_VALUE": value})
                texts.append(f"{head.decode()[:-1]},{text[1:]}")
    return found


def _passes(world: World, group: Group, asked: Question, filters: Iterable[Row]) -> bool:
    """Whether what an entity delivered on all days together passes every filter on metrics.

    Of a filter's values, one has to fit.
    """
    for wanted in filters:
        whole = asked._replace(columns=(wanted["field"],), span=asked.span.total())
        rows = [msgspec.json.decode(text) for text in group_rows(world.seed, group, whole)]
        held = sum(row[wanted["field"]] or 0 for row in rows)
        below = wanted["operator"] == "LESS_THAN"
        if not any(held < value if below else held > value for value in wanted["values"]):
            return False
    return True


def _product_report(world: World, job: Row) -> bytes:
    """Checkouts of an ad account, split by the breakdown's values."""
    request = job["request"]
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
    found = _report(world, plain)
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
                    **{name: row[source] for name, source in counted.items()},
                }
                for row in rows
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
    """The column of ads analytics that says the same for all products together."""
    for source in ("WEB", "INAPP", "OFFLINE"):
        if f"_{source}_" in column:
            event = f"TOTAL_{source}_CHECKOUT"
            break
    else:
        event = "TOTAL_ADD_TO_CART" if "ADD_TO_CART" in column else "TOTAL_CHECKOUT"
    return f"{event}_VALUE_IN_MICRO_DOLLAR" if "_VALUE" in column else event


WRITERS.update(report=_report, mmm_report=_report, product_report=_product_report)

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
