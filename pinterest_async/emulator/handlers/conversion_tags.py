"""Conversion tags: the code that a website needs so that conversions are counted."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account, add_row, rows_of_account
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World, page

_TABLE: Final = "conversion_tags"
_EVENTS: Final = ("CHECKOUT", "PAGE_VISIT", "SIGNUP")
"""The conversions that a tag counts, once it has fired: a website with its code is needed."""


def _create(world: World, call: ApiCall) -> Any:
    sent = {key: value for key, value in call.body.items() if value is not None}
    state = {
        "name": call.body["name"],
        "status": "ACTIVE",
        "version": "3",
        "configs": {**_CONFIGS, **{key: sent[key] for key in sent if key != "name"}},
    }
    row = add_row(world, _TABLE, account(world, call), state)
    row["code_snippet"] = f"<script>pintrk('load', '{row['id']}'); pintrk('page');</script>"
    return row


_SWITCHES: Final = ("db_", "", "external_id_", "fnln_", "ge_", "loc_", "ph_")
_CONFIGS: Final[Fields] = {f"aem_{name}enabled": False for name in _SWITCHES} | {"md_frequency": 1}


def _list(world: World, call: ApiCall) -> Any:
    rows = rows_of_account(world, call, _TABLE)
    if call.query.get("filter_deleted"):
        rows = [row for row in rows if row["status"] != "ARCHIVED"]
    return {"items": rows}


def _event(row: Fields, event: str) -> Fields:
    return {
        "conversion_event": event,
        "conversion_tag_id": row["id"],
        "ad_account_id": row["ad_account_id"],
        "created_time": row["last_fired_time_ms"] // 1000,
    }


def _fired(world: World, call: ApiCall) -> list[Fields]:
    return [row for row in rows_of_account(world, call, _TABLE) if row.get("last_fired_time_ms")]


def _eligible(world: World, call: ApiCall) -> Any:
    rows = _fired(world, call)
    return {event: [_event(row, event) for row in rows] for event in _EVENTS if rows}


def _page_visits(world: World, call: ApiCall) -> Any:
    return page(call, _fired(world, call), lambda row: _event(row, "PAGE_VISIT"))


HANDLERS: Final[Handlers] = {
    "conversion_tags/list": _list,
    "conversion_tags/create": _create,
    "ocpm_eligible_conversion_tags/get": _eligible,
    "page_visit_conversion_tags/get": _page_visits,
}
