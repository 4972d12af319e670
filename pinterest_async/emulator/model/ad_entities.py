"""How campaigns, ad groups, ads and promoted product groups look, whoever tells of them.

Kept apart from the handlers, as analytics tell the same facts of them.
"""

from typing import Final

from pinterest_async.emulator.model.world import Row

_RUNNING: Final = {"ACTIVE": "RUNNING"}
_CAMPAIGN: Final[Row] = {
    "type": "campaign",
    "is_campaign_budget_optimization": False,
    "is_flexible_daily_budgets": False,
    "is_automated_campaign": False,
    "is_performance_plus": False,
}
_AD_GROUP: Final[Row] = {
    "type": "adgroup",
    "billable_event": "CLICKTHROUGH",
    "bid_strategy_type": "AUTOMATIC_BID",
    "budget_type": "DAILY",
    "pacing_delivery_type": "STANDARD",
    "placement_group": "ALL",
    "auto_targeting_enabled": True,
    "targeting_spec": {"LOCATION": ["US"]},
}
_AD: Final[Row] = {"type": "pinpromotion", "review_status": "APPROVED"}
"""What all of a kind have in common is not kept a hundred thousand times."""

_HIDDEN: Final = frozenset({"ad_account_id", "campaign_id", "created_time", "updated_time"})


def shown_campaign(row: Row) -> Row:
    """A campaign as the API shows it."""
    return {**_CAMPAIGN, **row, "summary_status": summary_status(row)}


def shown_ad_group(row: Row) -> Row:
    """An ad group as the API shows it."""
    return {**_AD_GROUP, **row, "summary_status": summary_status(row)}


def shown_ad(row: Row) -> Row:
    """An ad as the API shows it."""
    status = row["status"]
    return {**_AD, **row, "summary_status": "APPROVED" if status == "ACTIVE" else status}


def shown_product_group(row: Row) -> Row:
    """A promoted product group as the API shows it."""
    return {key: value for key, value in row.items() if key not in _HIDDEN}


def summary_status(row: Row) -> str:
    """The status of a campaign, an ad group or a promoted product group in one word for all."""
    if not row.get("included", True):
        return "EXCLUDED"
    return str(_RUNNING.get(row["status"], row["status"]))
