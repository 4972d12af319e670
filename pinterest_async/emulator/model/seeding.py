"""The content of a new world."""

import datetime as dt

from pinterest_async.emulator.model.ad_accounts import ADS, seed_ads
from pinterest_async.emulator.model.boards import seed_organic
from pinterest_async.emulator.model.businesses import seed_businesses
from pinterest_async.emulator.model.catalogs import seed_catalogs
from pinterest_async.emulator.model.users import seed_people
from pinterest_async.emulator.model.world import World


def seed_world(world: World, *, accounts: int, user: str, now: dt.datetime, ads: int = ADS) -> None:
    """Fill an empty world: the user account `user`, who owns this many ad accounts.

    The server calls this once, when it starts; `now` is in UTC. The content follows from
    `world.seed`. Ad accounts have `ads` ads on average.
    """
    world.table("users").add({"id": user, "ad_accounts": accounts, "created_at": now.isoformat()})
    seed_organic(world, user, now)
    seed_ads(world, user, now, accounts=accounts, ads=ads)
    seed_people(world, user, now)
    seed_catalogs(world, user, now)
    seed_businesses(world, user, now)
