"""Whose catalogs and feeds a call is about, and the refusals that all catalog handlers share."""

from typing import Final

from pinterest_async.emulator.contract.calls import Call, Refusal
from pinterest_async.emulator.handlers.access import visible
from pinterest_async.emulator.model.catalogs import CATALOGS, FEEDS
from pinterest_async.emulator.model.world import Row, World

NO_CATALOG: Final = Refusal(409, 4182, "This needs a catalog, and there is none.")
UNKNOWN_CATALOG: Final = Refusal(404, 678, "There is no such catalog.")
NO_FEED: Final = Refusal(404, 4161, "There is no such feed.")


def merchant(world: World, call: Call) -> str:
    """The user whose catalogs a call is about: its own, or the owner of the ad account it names."""
    id = call.query.get("ad_account_id")
    if id is None:
        return call.user
    account = world.table("ad_accounts").find(id)
    if account is None or not visible(world, account, call.user):
        raise Refusal(401, 29, "You are not permitted to access that resource.")
    return str(account["owner"]["id"])


def catalogs_of(world: World, call: Call, *, needed: bool = True) -> list[Row]:
    """The merchant's catalogs.

    Raises:
        Refusal: 409 where one is needed and there is none.
    """
    rows = world.table(CATALOGS).where(user=merchant(world, call))
    if needed and not rows:
        raise NO_CATALOG
    return rows


def catalog(world: World, call: Call, id: str | None, kind: str | None = None) -> Row:
    """The merchant's catalog of this id and type; without an id, the first of the type."""
    rows = catalogs_of(world, call)
    kinds = [row for row in rows if kind in {None, row["catalog_type"]}]
    found = [row for row in kinds if id in {None, row["id"]}]
    if not found:
        raise NO_CATALOG if id is None else UNKNOWN_CATALOG
    return found[0]


def feed(world: World, call: Call, id: str) -> Row:
    """The merchant's feed of this id."""
    row = world.table(FEEDS).get(id, NO_FEED)
    if row["user"] != merchant(world, call):
        raise NO_FEED
    return row
