"""How campaigns, ad groups, ads, promoted product groups, keywords and labels look in answers.

The handlers and the analytics show the same fields.
"""

from typing import Final

from pinterest_async.emulator.model.world import Fields

_RUNNING: Final = {"ACTIVE": "RUNNING"}
_CAMPAIGN: Final[Fields] = {
    "type": "campaign",
    **dict.fromkeys(("end_time", "order_line_id", "tracking_urls", "ext_features")),
    "is_top_of_search": False,
    "intended_promotion_type": "STANDARD_AD",
    "lifetime_spend_cap": 0,
    "is_campaign_budget_optimization": True,
    "is_flexible_daily_budgets": False,
    "is_automated_campaign": False,
    "is_performance_plus": False,
}
_AD_GROUP: Final[Fields] = {
    "type": "adgroup",
    **dict.fromkeys(("start_time", "end_time", "budget_in_micro_currency", "tracking_urls")),
    **dict.fromkeys(("bid_multiplier", "conversion_learning_mode_type", "promotion_id")),
    **dict.fromkeys(("is_creative_optimization", "promotion_application_level")),
    **dict.fromkeys(("targeting_template_ids", "placement_traffic_type", "ext_features")),
    "enabled_catalog_expansion": False,
    "feed_profile_id": "0",
    "optimization_goal_metadata": {},
    "billable_event": "CLICKTHROUGH",
    "bid_strategy_type": "MAX_BID",
    "budget_type": "CBO_ADGROUP",
    "lifetime_frequency_cap": -1,
    "promotion_ids": [],
    "pacing_delivery_type": "STANDARD",
    "placement_group": "ALL",
    "auto_targeting_enabled": True,
    "targeting_spec": {"GEO": ["US"]},
}
_AD: Final[Fields] = {
    "type": "pinpromotion",
    "review_status": "APPROVED",
    "rejected_reasons": [],
    "rejection_labels": [],
}
"""Fields that all of a kind have in common: rows do not repeat them."""

_PLACES: Final = frozenset({"ad_account_id", "campaign_id", "created_time", "updated_time"})
_ACCOUNT: Final = frozenset({"ad_account_id", "updated_time"})


def shown_campaign(row: Fields) -> Fields:
    """A campaign as the API shows it."""
    state = {"summary_status": summary_status(row)}
    return {**_CAMPAIGN, "start_time": row["created_time"], **row, **state}


def shown_ad_group(row: Fields) -> Fields:
    """An ad group as the API shows it."""
    return {**_AD_GROUP, **row, "summary_status": summary_status(row)}


def shown_ad(row: Fields) -> Fields:
    """An ad as the API shows it."""
    status = row["status"]
    return {**_AD, **row, "summary_status": "APPROVED" if status == "ACTIVE" else status}


def shown_product_group(row: Fields) -> Fields:
    """A promoted product group as the API shows it."""
    return {name: value for name, value in row.items() if name not in _PLACES}


def shown_keyword(row: Fields) -> Fields:
    """A keyword as the API shows it."""
    return {name: value for name, value in row.items() if name not in _ACCOUNT}


def shown_label(row: Fields) -> Fields:
    """A label as the API shows it."""
    return shown_keyword(row)


def summary_status(row: Fields) -> str:
    """The status of a campaign, an ad group or a promoted product group in one word."""
    if not row.get("included", True):
        return "EXCLUDED"
    return str(_RUNNING.get(row["status"], row["status"]))
