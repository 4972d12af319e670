"""Conversion tags: what a website has to carry so that conversions are counted."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler
from pinterest_async.emulator.handlers.access import account, getter, mine, new, stamp
from pinterest_async.emulator.model.world import Row, World, page

_TABLE: Final = "conversion_tags"
_EVENTS: Final = ("CHECKOUT", "PAGE_VISIT", "SIGNUP")
"""What is counted once a tag is there."""


def _create(world: World, call: Call) -> Any:
    configs = {key: value for key, value in call.body.items() if key != "name"}
    row = new(
        world,
        _TABLE,
        account(world, call),
        {
            "name": call.body["name"],
            "status": "ACTIVE",
            "version": "3",
            "enhanced_match_status": "NOT_VALIDATED",
            "last_fired_time_ms": stamp(call) * 1000,
            "configs": {**_CONFIGS, **configs},
        },
    )
    row["code_snippet"] = f"<script>pintrk('load', '{row['id']}'); pintrk('page');</script>"
    return row


_CONFIGS: Final[Row] = {
    "aem_db_enabled": False,
    "aem_enabled": False,
    "aem_external_id_enabled": False,
    "aem_fnln_enabled": False,
    "aem_ge_enabled": False,
    "aem_loc_enabled": False,
    "aem_ph_enabled": False,
    "md_frequency": 1,
}


def _list(world: World, call: Call) -> Any:
    rows = mine(world, call, _TABLE)
    if call.query.get("filter_deleted"):
        rows = [row for row in rows if row["status"] != "ARCHIVED"]
    return {"items": rows}


def _event(row: Row, event: str) -> Row:
    return {
        "conversion_event": event,
        "conversion_tag_id": row["id"],
        "ad_account_id": row["ad_account_id"],
        "created_time": row["last_fired_time_ms"] // 1000,
    }


def _eligible(world: World, call: Call) -> Any:
    rows = mine(world, call, _TABLE)
    return {event: [_event(row, event) for row in rows] for event in _EVENTS if rows}


def _page_visits(world: World, call: Call) -> Any:
    return page(call, mine(world, call, _TABLE), lambda row: _event(row, "PAGE_VISIT"))


HANDLERS: Final[Mapping[str, Handler]] = {
    "conversion_tags/list": _list,
    "conversion_tags/get": getter(_TABLE, "conversion_tag_id", "Conversion tag"),
    "conversion_tags/create": _create,
    "ocpm_eligible_conversion_tags/get": _eligible,
    "page_visit_conversion_tags/get": _page_visits,
}
