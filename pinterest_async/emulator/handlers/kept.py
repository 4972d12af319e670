"""What an ad account keeps beside its campaigns: audiences, lists, forms, tags, subscriptions."""

import base64
from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.call import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import (
    account,
    each,
    filtered,
    merged,
    mine,
    one,
    stamp,
)
from pinterest_async.emulator.mixing import mix
from pinterest_async.emulator.world import Row, World, page


def _new(world: World, table: str, owner: Row, *parts: Row) -> Row:
    row: Row = {}
    for part in parts:
        row |= part
    row |= {"id": world.table(table).new_id(), "ad_account_id": owner["id"]}
    return world.table(table).add(row)


def _lister(table: str) -> Handler:
    return lambda world, call: page(call, mine(world, call, table))


def _getter(table: str, parameter: str, title: str) -> Handler:
    return lambda world, call: one(world, call, table, parameter, title)


# Audiences


def _create_audience(world: World, call: Call) -> Any:
    now = stamp(call)
    state = {
        "type": "audience",
        "status": "INITIALIZING",
        "size": None,
        "created_timestamp": now,
        "updated_timestamp": now,
    }
    return _new(world, "audiences", account(world, call), call.body, state)


def _update_audience(world: World, call: Call) -> Any:
    row = one(world, call, "audiences", "audience_id", "Audience")
    changes = {key: value for key, value in call.body.items() if key != "operation_type"}
    row.update({key: value for key, value in changes.items() if key != "ad_account_id"})
    row["updated_timestamp"] = stamp(call)
    return row


# Customer lists


def _create_list(world: World, call: Call) -> Any:
    now = stamp(call)
    state = {
        "name": call.body["name"],
        "type": "customerlist",
        "status": "PROCESSING",
        "num_batches": 1,
        "num_uploaded_user_records": _records(call.body),
        "num_removed_user_records": 0,
        "created_time": now,
        "updated_time": now,
    }
    return _new(world, "customer_lists", account(world, call), state)


def _update_list(world: World, call: Call) -> Any:
    row = one(world, call, "customer_lists", "customer_list_id", "Customer list")
    removes = call.body.get("operation_type") == "REMOVE"
    row["num_removed_user_records" if removes else "num_uploaded_user_records"] += _records(
        call.body
    )
    row["num_batches"] += 1
    row["updated_time"] = stamp(call)
    return row


def _records(body: Row) -> int:
    return sum(bool(record.strip()) for record in body["records"].split(","))


# Lead forms, and webhooks for their leads


def _create_forms(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)
    times = {"created_time": now, "updated_time": now}
    return each(call.body, lambda item: _new(world, "lead_forms", owner, item, times))


def _update_forms(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = world.table("lead_forms").find(item["id"])
        if row is None or row["ad_account_id"] != owner["id"]:
            raise Refusal(404, 404, f"Lead form not found: {item['id']}.")
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
    row = _new(world, "lead_subscriptions", account(world, call), state)
    numbers = (mix(world.seed, 16, int(row["id"]), part) for part in range(4))
    key = b"".join(number.to_bytes(8, "big") for number in numbers)
    row["cryptographic_key"] = base64.b64encode(key).decode().rstrip("=")
    return row


def _unsubscribe(world: World, call: Call) -> None:
    row = one(world, call, "lead_subscriptions", "subscription_id", "Subscription")
    world.table("lead_subscriptions").remove(row["id"])


# Product groups that are promoted


def _list_product_groups(world: World, call: Call) -> Any:
    query = call.query
    group = query.get("ad_group_id")
    filters = {
        "id": query.get("product_group_promotion_ids"),
        "ad_group_id": [group] if group else None,
        "status": query.get("entity_statuses") or ("ACTIVE", "PAUSED"),
    }
    rows = filtered(mine(world, call, "product_group_promotions"), filters)
    return page(call, rows, _shown_product_group)


def _get_product_group(world: World, call: Call) -> Any:
    id = "product_group_promotion_id"
    return _shown_product_group(one(world, call, "product_group_promotions", id, "Product group"))


def _shown_product_group(row: Row) -> Row:
    hidden = {"ad_account_id", "campaign_id", "created_time", "updated_time"}
    return {key: value for key, value in row.items() if key not in hidden}


HANDLERS: Final[Mapping[str, Handler]] = {
    "audiences/list": _lister("audiences"),
    "audiences/get": _getter("audiences", "audience_id", "Audience"),
    "audiences/create": _create_audience,
    "audiences/update": _update_audience,
    "customer_lists/list": _lister("customer_lists"),
    "customer_lists/get": _getter("customer_lists", "customer_list_id", "Customer list"),
    "customer_lists/create": _create_list,
    "customer_lists/update": _update_list,
    "lead_forms/list": _lister("lead_forms"),
    "lead_form/get": _getter("lead_forms", "lead_form_id", "Lead form"),
    "lead_forms/create": _create_forms,
    "lead_forms/update": _update_forms,
    "ad_accounts_subscriptions/get_list": _lister("lead_subscriptions"),
    "ad_accounts_subscriptions/get_by_id": _getter(
        "lead_subscriptions", "subscription_id", "Subscription"
    ),
    "ad_accounts_subscriptions/post": _subscribe,
    "ad_accounts_subscriptions/del_by_id": _unsubscribe,
    "product_group_promotions/list": _list_product_groups,
    "product_group_promotions/get": _get_product_group,
}
