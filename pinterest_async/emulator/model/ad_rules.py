"""What the live API checks of campaigns, ads and so on, and fills in, beyond its description.

Every rule is from recorded exchanges, or from tests of other clients that run against the live API.
"""

import re
from typing import Final

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.boards import PINS
from pinterest_async.emulator.model.world import Fields, World

NO_BUDGET: Final = 2384
"""The code for a campaign that has no budget."""
NO_SUCH_PIN: Final = 2781
"""The code for an ad of a Pin that the ad account cannot promote."""
TERMS: Final = 3078
"""The code that was seen on a lead form that was not created."""

_BUDGETS: Final = (
    *("daily_spend_cap", "lifetime_spend_cap", "default_ad_group_budget_in_micro_currency"),
)
_ADDRESS: Final = re.compile(r"https?://[^\s/]+\S*", re.IGNORECASE)


def check_item(world: World, item: Fields) -> Fields:
    """What is kept of what a campaign, an ad group or an ad is created or changed with.

    Tracking URLs that are no addresses are not kept, and are no error.

    Raises:
        RejectedError: for a name that is blank.
    """
    del world
    name: str | None = item.get("name")
    if name is not None and not name.strip():
        raise RejectedError(400, 1, "name: is empty; give it a name")
    tracking: dict[str, list[str]] | None = item.get("tracking_urls")
    if not tracking:
        return item
    rest, kept = {k: v for k, v in item.items() if k != "tracking_urls"}, _addresses(tracking)
    return {**rest, "tracking_urls": kept} if kept else rest


def _addresses(tracking: dict[str, list[str]]) -> dict[str, list[str]]:
    """The addresses among tracking URLs, by the event that they are for."""
    found = {
        event: [url for url in urls if _ADDRESS.fullmatch(url)] for event, urls in tracking.items()
    }
    return {event: urls for event, urls in found.items() if urls}


def new_campaign(item: Fields, parent: Fields) -> Fields:
    """What a new campaign has that was not sent.

    Raises:
        RejectedError: where it has no budget, neither of its own nor for its ad groups.
    """
    del parent
    if not any(item.get(name) for name in _BUDGETS):
        raise RejectedError(400, NO_BUDGET, f"{', '.join(_BUDGETS)}: a campaign needs one of them")
    own = item.get("is_campaign_budget_optimization") is not False
    return {"is_campaign_budget_optimization": own}


def new_ad_group(item: Fields, parent: Fields) -> Fields:
    """What a new ad group has that was not sent: how it bids, and whose budget it spends."""
    bid, budget = (item.get(f"{name}_in_micro_currency") for name in ("bid", "budget"))
    shared = parent.get("is_campaign_budget_optimization", True) and not budget
    usual = "MAX_BID" if bid else "AUTOMATIC_BID"
    return {
        "bid_strategy_type": item.get("bid_strategy_type") or usual,
        "budget_type": "CBO_ADGROUP" if shared else item.get("budget_type") or "DAILY",
    }


def check_ad(world: World, item: Fields) -> Fields:
    """What is kept of what an ad is created or changed with.

    Raises:
        RejectedError: as `check_item`, and where there is no such Pin.
    """
    pin = item.get("pin_id")
    if pin is not None and pin not in world.table(PINS):
        raise RejectedError(400, NO_SUCH_PIN, f"pin_id: there is no Pin {pin} to promote")
    return check_item(world, item)


def check_lead_form(world: World, item: Fields) -> Fields:
    """What is kept of what a lead form is created or changed with: all of it.

    Raises:
        RejectedError: where the terms of lead forms are not accepted.
    """
    del world
    if item.get("has_accepted_terms") is False:
        raise RejectedError(400, TERMS, "has_accepted_terms: a lead form needs accepted terms")
    return item
