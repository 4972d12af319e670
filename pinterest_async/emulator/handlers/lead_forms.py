"""What an ad account keeps beside its campaigns: forms, subscriptions, promotions, templates."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import (
    account,
    each,
    getter,
    lister,
    merged,
    mine,
    new,
    one,
    owned,
    stamp,
)
from pinterest_async.emulator.model.pseudorandom import mark, mix
from pinterest_async.emulator.model.world import Row, World, page

# Lead forms, and webhooks for their leads


def _create_forms(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)
    times = {"created_time": now, "updated_time": now}
    return each(call.body, lambda item: new(world, "lead_forms", owner, item, times))


def _update_forms(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = owned(world, "lead_forms", item["id"], owner, "Lead form")
        merged(row, item, now)
        return row

    return each(call.body, update)


def _subscribe(world: World, call: Call) -> Any:
    state = {
        "lead_form_id": call.body.get("lead_form_id"),
        "webhook_url": call.body["webhook_url"],
        "user_account_id": call.user,
        "api_version": "v5",
        "cryptographic_algorithm": "AES-256-GCM",
        "created_time": stamp(call) * 1000,
    }
    row = new(world, "lead_subscriptions", account(world, call), state)
    numbers = (mix(world.seed, 16, int(row["id"]), part) for part in range(4))
    key = b"".join(number.to_bytes(8, "big") for number in numbers)
    row["cryptographic_key"] = base64.b64encode(key).decode().rstrip("=")
    return row


def _unsubscribe(world: World, call: Call) -> None:
    row = one(world, call, "lead_subscriptions", "subscription_id", "Subscription")
    world.table("lead_subscriptions").remove(row["id"])


# Promotions


def _create_promotions(world: World, call: Call) -> Any:
    owner = account(world, call)
    return _promotions(each(call.body, lambda item: new(world, "promotions", owner, _ACTIVE, item)))


def _update_promotions(world: World, call: Call) -> Any:
    owner = account(world, call)

    def update(item: Row) -> Row:
        row = owned(world, "promotions", item["id"], owner, "Promotion")
        row.update({**item, "id": row["id"]})
        return row

    return _promotions(each(call.body, update))


def _promotions(said: Row) -> Row:
    """What came of each item, under the names that promotions have for it."""
    return {
        "promotions": [
            {"exception": one["exceptions"][0]} if "exceptions" in one else one
            for one in said["items"]
        ]
    }


def _delete_promotion(world: World, call: Call) -> None:
    row = one(world, call, "promotions", "promotion_id", "Promotion")
    world.table("promotions").remove(row["id"])


# Targeting templates


def _create_template(world: World, call: Call) -> Any:
    now = stamp(call)
    state = {"valid": True, "created_time": now, "updated_time": now}
    usual = {"auto_targeting_enabled": True, "placement_group": "ALL", **_ACTIVE}
    return new(world, _TEMPLATES, account(world, call), usual, call.body, state)


def _list_templates(world: World, call: Call) -> Any:
    wanted = (call.query.get("search_query") or "").lower()
    rows = [
        row
        for row in mine(world, call, _TEMPLATES)
        if row["status"] == "ACTIVE" and wanted in row["name"].lower()
    ]
    return page(call, rows, _sized if call.query.get("include_sizing") else None)


def _sized(row: Row) -> Row:
    """A template with the number of people it reaches, which follows from what it says."""
    estimate = 10**5 + mark(str(row["targeting_attributes"])) % 10**7
    bounds = {"lower_bound": estimate * 9 // 10, "upper_bound": estimate * 11 // 10}
    return {**row, "sizing": {"reach_estimate": {"estimate": estimate, **bounds}}}


def _update_template(world: World, call: Call) -> None:
    owner, body = account(world, call), call.body
    row = owned(world, _TEMPLATES, body["id"], owner, "Targeting template")
    if row["status"] == "DELETED":
        raise Refusal(404, 404, f"Targeting template not found: {body['id']}.")
    if body["operation_type"] == "REMOVE":
        row["status"] = "DELETED"
    elif "targeting_attributes" in body:
        row["targeting_attributes"] = body["targeting_attributes"]
    row["updated_time"] = stamp(call)


_ACTIVE: Final = {"status": "ACTIVE"}
_TEMPLATES: Final = "targeting_templates"

HANDLERS: Final[Mapping[str, Handler]] = {
    "lead_forms/list": lister("lead_forms"),
    "lead_form/get": getter("lead_forms", "lead_form_id", "Lead form"),
    "lead_forms/create": _create_forms,
    "lead_forms/update": _update_forms,
    "ad_accounts_subscriptions/get_list": lister("lead_subscriptions"),
    "ad_accounts_subscriptions/get_by_id": getter(
        "lead_subscriptions", "subscription_id", "Subscription"
    ),
    "ad_accounts_subscriptions/post": _subscribe,
    "ad_accounts_subscriptions/del_by_id": _unsubscribe,
    "promotions/list": lister("promotions"),
    "promotions/get": getter("promotions", "promotion_id", "Promotion"),
    "promotions/create": _create_promotions,
    "promotions/update": _update_promotions,
    "promotions/delete": _delete_promotion,
    "targeting_template/list": _list_templates,
    "targeting_template/create": _create_template,
    "targeting_template/update": _update_template,
}
