"""Conversions: events on websites and in apps, each with a result of its own."""

from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import account
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.world import Fields, World

MOST: Final = 1000
TESTED: Final = 20
"""Events of a batch that a test checks."""

_SOURCES: Final = ("app_android", "app_ios", "web", "offline")
_NAMES: Final = frozenset(
    (
        *("add_payment_info", "add_to_cart", "add_to_wishlist", "app_install", "app_open"),
        *("checkout", "contact", "custom", "customize_product", "find_location"),
        *("initiate_checkout", "lead", "page_visit", "schedule", "search", "signup"),
        *("start_trial", "submit_application", "subscribe", "view_category", "view_content"),
        "watch_video",
    )
)
_HEX: Final = frozenset("0123456789abcdef")
_HASHED: Final = ("em", "ph", "fn", "ln", "hashed_maids", "external_id")


def _create(world: World, call: ApiCall) -> Any:
    owner = account(world, call)
    events = call.body["data"]
    if not 1 <= len(events) <= MOST:
        raise RejectedError(400, 4196, f"data: must have 1 to {MOST} events")
    if call.query.get("test"):
        events = events[:TESTED]
    now = call.now.timestamp()
    results = [_result(event, now) for event in events]
    processed = sum(result["status"] == "processed" for result in results)
    if not call.query.get("test"):
        table = world.table("conversion_events")
        for event, result in zip(events, results, strict=True):
            key = f"{owner['id']}:{event['event_name']}:{event['event_id']}"
            if result["status"] == "processed" and event["action_source"] != "offline":
                table.add({"id": key, "ad_account_id": owner["id"], "time": event["event_time"]})
    return {
        "num_events_received": len(call.body["data"]),
        "num_events_processed": processed,
        "events": results,
    }


def _result(event: Fields, now: float) -> Fields:
    problem = _problem(event, now)
    if problem:
        return {"status": "failed", "error_message": problem, "warning_message": ""}
    known = event["event_name"] in _NAMES
    warning = "" if known else f"event_name: {event['event_name']} is not a standard event"
    return {"status": "processed", "error_message": "", "warning_message": warning}


def _problem(event: Fields, now: float) -> str:
    """Why an event cannot be processed; "" if it can."""
    if event["action_source"] not in _SOURCES:
        return f"action_source: must be one of {', '.join(_SOURCES)}"
    if event["event_time"] > now + 60:
        return "event_time: lies in the future"
    user = event["user_data"]
    if user.get("client_ip_address") == "0.0.0.0":  # noqa: S104  (rejected, not listened on)
        return "user_data.client_ip_address: 0.0.0.0 is nobody's"
    for name in _HASHED:
        for value in user.get(name) or ():
            if len(value) != 64 or not _HEX.issuperset(value):
                return f"user_data.{name}: must be SHA-256 in lower-case hex"
    return ""


HANDLERS: Final[Handlers] = {"events/create": _create}
