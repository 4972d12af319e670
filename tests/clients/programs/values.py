"""Arguments by parameter, for the clients that are generated from a description."""

from typing import Any

MORE = {"ads_analytics": ("ad_ids",)}
"""Parameters that descriptions do not require, but the API does, by method."""

OTHER = {"catalogs_supplemental_items_batch_get": {"batch_id": "inventory_batch_id"}}
"""Parameters whose value goes by another name, where two methods name different things alike."""


def values(known: dict[str, Any]) -> dict[str, Any]:
    """What the world holds, days, and a fitting word for each parameter that takes one of a few."""
    many = {
        f"{thing}_ids": [known[f"{thing}_id"]]
        for thing in ("ad", "ad_group", "campaign", "pin", "product_group", "promotion")
    }
    unkept = (
        "billing_invoice_id",
        "business_access_id",
        "interest_id",
        "order_line_id",
        "pin_order_id",
    )
    return {
        "account_type": "AD_ACCOUNT",
        "audience_insight_type": "YOUR_TOTAL_AUDIENCE",
        "columns": ["SPEND_IN_DOLLAR", "TOTAL_ENGAGEMENT"],
        "country_code": "US",
        "date": known["end_date"],
        "entity_ids": [known["ad_group_id"]],
        "granularity": "DAY",
        "id": known["integration_id"],
        "is_active": True,
        "keywords": ["lamp"],
        "lookback_period": "14d",
        "metric_types": ["IMPRESSION"],
        "product_categories": ["ACCESSORIES"],
        "query": "lamp",
        "region": "US",
        "sort_by": "IMPRESSION",
        "targeting_type": "LOCATION",
        "targeting_types": ["GENDER"],
        "term": "lamp",
        "terms": ["lamp"],
        "trend_type": "growing",
        "var_date": known["end_date"],
        **dict.fromkeys(unkept, "1234567890"),
        **many,
        **known,
    }
