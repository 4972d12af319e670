"""The ad accounts of a new world, and the campaigns, ad groups and ads in them."""

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

from pinterest_async.emulator.model.boards import PINS
from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import Fields, World

ADS: Final = 67
"""Ads of a usual ad account."""

_FIRST: Final = (
    *("Alder", "Birch", "Cobalt", "Driftwood", "Ember", "Fable", "Garnet", "Harbor", "Indigo"),
    *("Juniper", "Kindred", "Linen", "Maple", "North", "Olive", "Paper", "Quartz", "Rosewood"),
    *("Saffron", "Timber", "Umber", "Velvet", "Willow", "Zephyr"),
)
_SECOND: Final = (
    *("Atelier", "Bakery", "Ceramics", "Clothing", "Cycles", "Furniture", "Gardens", "Goods"),
    *("Home", "Jewelry", "Kitchen", "Living", "Outdoors", "Paints", "Studio", "Toys", "Travel"),
)
_SEASONS: Final = ("Spring", "Summer", "Autumn", "Winter", "Holiday", "Evergreen", "Back to school")
_THEMES: Final = ("launch", "sale", "bestsellers", "retargeting", "awareness", "new customers")
_AUDIENCES: Final = ("Women 25-44", "Men 25-44", "Parents", "Home owners", "Broad", "Visitors")
_CREATIVES: Final = ("Static", "Video", "Carousel", "Collection", "Idea")

OBJECTIVES: Final = ("AWARENESS", "CONSIDERATION", "WEB_CONVERSION", "CATALOG_SALES")
_CREATIVE_TYPES: Final = ("REGULAR", "VIDEO", "CAROUSEL", "COLLECTION", "IDEA")


def seed_ads(world: World, user: str, now: dt.datetime, *, accounts: int, ads: int = ADS) -> None:
    """Add ad accounts that `user` has access to, with `ads` ads of the user's Pins on average.

    A few have none, and every tenth one is shared by another business.
    """
    today = int(now.replace(hour=0, minute=0, second=0, microsecond=0).timestamp())
    pins = [pin["id"] for pin in world.table(PINS).by("user", user)]
    for number in range(accounts):
        _seed_account(world, number, user, today, ads, pins)


def _seed_account(
    world: World, number: int, user: str, today: int, ads: int, pins: Sequence[str]
) -> None:
    noise = mix(world.seed, 11, number)
    shared = number % 10 == 9
    owner = str(549_000_000_000_000_000 + noise % 10**12) if shared else user
    created = today - (400 + noise % 900) * 86_400
    account = world.table("ad_accounts").create(
        {
            "name": f"{_FIRST[noise % 24]} {_SECOND[(noise >> 8) % 17]}",
            "owner": {"id": owner, "username": "partner_business" if shared else "emulated"},
            "members": [user],
            "country": "US",
            "currency": "USD",
            "permissions": ["CAMPAIGN_MANAGER", "ANALYST"] if shared else ["OWNER"],
            "created_time": created,
            "updated_time": created,
        }
    )
    world.table("templates").create(
        {
            "ad_account_id": account["id"],
            "name": "Campaigns by day",
            "type": "TABLE",
            "report_level": "CAMPAIGN",
            "report_format": "JSON",
            "granularity": "DAY",
            "columns": ["SPEND_IN_MICRO_DOLLAR", "TOTAL_IMPRESSION", "TOTAL_CLICKTHROUGH"],
            "updated_time": created,
        }
    )
    # 0.4 to 1.7 times the usual number; with the few that have none, the average stays.
    size = 0 if number % 16 == 7 else (ads * (420 + (noise >> 16) % 1251) + 999) // 1000
    left = size
    while left:
        left -= _seed_campaign(world, account, left, pins)


def _seed_campaign(world: World, account: Fields, left: int, pins: Sequence[str]) -> int:
    """A campaign with at most `left` ads; how many it has."""
    table = world.table("campaigns")
    id = table.new_id()
    noise = mix(world.seed, 12, int(id))
    created = account["created_time"] + noise % 300 * 86_400
    status = _status(noise, "ACTIVE")
    campaign: Fields = {
        "id": id,
        "ad_account_id": account["id"],
        "name": f"{_pick(_SEASONS, noise >> 5)} {_pick(_THEMES, noise >> 9)}",
        "status": status,
        "objective_type": _pick(OBJECTIVES, noise >> 13),
        "daily_spend_cap": (20 + (noise >> 20) % 480) * 1_000_000,
        "created_time": created,
        "updated_time": created,
    }
    table.add(campaign)
    made = 0
    for turn in range(1 + noise % 4):
        size = min(left - made, 1 + (noise >> (24 + 4 * turn)) % 9)
        if size:
            _seed_ad_group(world, campaign, size, pins)
            made += size
    return made


def _seed_ad_group(world: World, campaign: Fields, size: int, pins: Sequence[str]) -> None:
    table, ads = world.table("ad_groups"), world.table("ads")
    id = table.new_id()
    noise = mix(world.seed, 13, int(id))
    group: Fields = {
        "id": id,
        "ad_account_id": campaign["ad_account_id"],
        "campaign_id": campaign["id"],
        "name": f"{_pick(_AUDIENCES, noise)} {noise % 90 + 10}",
        "status": _status(noise >> 8, campaign["status"]),
        "bid_in_micro_currency": (20 + (noise >> 28) % 300) * 10_000,
        "created_time": campaign["created_time"],
        "updated_time": campaign["created_time"],
    }
    table.add(group)
    places = {name: group[name] for name in ("ad_account_id", "campaign_id")}
    places["ad_group_id"] = id
    times = {name: group[name] for name in ("created_time", "updated_time")}
    if campaign["objective_type"] == "CATALOG_SALES":
        promoted = world.table("product_group_promotions")
        for turn in range(1 + noise % 3):
            name = {"catalog_product_group_name": f"Products {turn + 1}"}
            state = {"status": group["status"], "included": True}
            promoted.add({"id": promoted.new_id(), **places, **name, **state, **times})
    for turn in range(size):
        id = ads.new_id()
        noise = mix(world.seed, 14, int(id))
        kind = noise % len(_CREATIVE_TYPES)
        ads.add(
            {
                "id": id,
                **places,
                "name": f"{_CREATIVES[kind]} {turn + 1}",
                "status": _status(noise >> 8, group["status"]),
                "pin_id": pins[(noise >> 16) % len(pins)],
                "creative_type": _CREATIVE_TYPES[kind],
                **times,
            }
        )


def _pick(words: tuple[str, ...], noise: int) -> Any:
    return words[noise % len(words)]


def _status(noise: int, parent: str) -> str:
    """Mostly active, some paused, few archived; all archived below what is archived."""
    if parent == "ARCHIVED":
        return parent
    turn = noise % 100
    return "ACTIVE" if turn < 74 else "PAUSED" if turn < 92 else "ARCHIVED"
