"""Values of parameters with which requests to an emulator get through."""

import datetime as dt
from typing import Any

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers import HANDLERS

MADE: list[tuple[str, str, Any]] = [
    ("audience_id", "audiences/create", {"name": "x", "audience_type": "VISITOR", "rule": {}}),
    (
        "batch_id",
        "items_batch/post",
        {"country": "US", "language": "EN", "operation": "DELETE", "items": [{"item_id": "x"}]},
    ),
    (
        "inventory_batch_id",
        "catalogs_local_inventory_items_batch/operate",
        {"operations": [{"operation": "DELETE", "item_id": "x", "store_code": "y"}]},
    ),
    (
        "token",
        "reports/create",
        {"catalog_type": "RETAIL", "report": {"report_type": "ALL_ITEMS"}},
    ),
    ("bulk_request_id", "bulk_download/create", {}),
    ("conversion_tag_id", "conversion_tags/create", {"name": "x"}),
    ("customer_list_id", "customer_lists/create", {"name": "x", "records": "a,b"}),
    ("external_business_id", "integrations_commerce/post", {"external_business_id": "shop"}),
    ("integration_id", "integrations_commerce/post", {"external_business_id": "shop"}),
    (
        "customer_list_upload_id",
        "customer_list_uploads/create",
        {"operation": "ADD", "total_parts": 1},
    ),
    ("lead_form_id", "lead_forms/create", [{"name": "x"}]),
    (
        "promotion_id",
        "promotions/create",
        [{"promotion_title": "x", "promotion_type": "SITEWIDE"}],
    ),
    (
        "targeting_template_id",
        "targeting_template/create",
        {"name": "x", "targeting_attributes": {}},
    ),
    ("request_id", "conversion_deletion_request/create", {"deletion_targets": []}),
    ("pin_order_id", "ssio_insertion_order/create", {"order_name": "x"}),
    ("subscription_id", "ad_accounts_subscriptions/post", {"webhook_url": "https://x.example"}),
]
"""What a new world lacks: the parameter that names it, and what makes it."""


def known(emulator: Emulator) -> dict[str, Any]:
    """What cannot be made up: ids of what the world holds, and recent days.

    The world gets one of each thing that it lacks.
    """
    now = dt.datetime.fromtimestamp(emulator.now(), dt.UTC)
    first, last = (str((now - dt.timedelta(days=days)).date()) for days in (4, 2))
    found: dict[str, Any] = {"bookmark": None, "start_date": first, "end_date": last}
    for table, rows in emulator.world.dump()["tables"].items():
        for row in rows["rows"][:1]:
            parents = {name: one for name, one in row.items() if name.endswith("_id") and one}
            found |= {name: row[name] for name in ("username", "website") if name in row}
            found |= {**parents, f"{table.removesuffix('s')}_id": row["id"]}
    body = {"ad_id": found["ad_id"], "start_date": first, "end_date": last}
    keyword = {"value": "lamp", "match_type": "BROAD", "bid": 1_000_000}
    words = {"parent_id": found["ad_group_id"], "keywords": [keyword]}
    made = [
        *MADE,
        ("leads_export_id", "leads_export/create", body),
        ("keyword_id", "keywords/create", words),
    ]
    for parameter, operation, body in made:
        path: dict[str, str] = {
            name: found[name]
            for name in ("ad_account_id", "catalog_id", "customer_list_id")
            if name in found
        }
        call = ApiCall(
            operation=operation, path=path, query={}, body=body, user=emulator.user, now=now
        )
        said = HANDLERS[operation](emulator.world, call)
        for name in ("items", "promotions", "keywords"):
            said = said[name][0].get("data", said) if said.get(name) else said
        said = said.get("customer_list_upload", said)
        found[parameter] = said.get(parameter) or said.get("id") or next(iter(said.values()))
    line = next(iter(emulator.world.table("order_lines")))["id"]
    report = {"report_type": "FEED_INGESTION_ISSUES", "feed_id": found["feed_id"]}
    return found | {
        "parameters": {"catalog_type": "RETAIL", "report": report},
        "order_line_id": line,
        "ads_manager_order_line_id": line,
        "section_id": found.get("board_section_id"),
        "parent_id": found["campaign_id"],
    }
