"""Whose catalogs and feeds a call is about, and the errors that all catalog handlers share."""

from typing import Final

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.access import has_access
from pinterest_async.emulator.model.catalogs import CATALOGS, FEEDS, iso_time
from pinterest_async.emulator.model.world import (
    Fields,
    World,
    is_finished_by_this_poll,
    with_values,
)

NO_CATALOG: Final = RejectedError(409, 4182, "This needs a catalog, and there is none.")
UNKNOWN_BATCH: Final = RejectedError(404, 4331, "There is no such batch.")
UNKNOWN_CATALOG: Final = RejectedError(404, 678, "There is no such catalog.")
NO_FEED: Final = RejectedError(404, 4161, "There is no such feed.")


def merchant(world: World, call: ApiCall) -> str:
    """The owner of the catalogs: the user, or the owner of the ad account in the query."""
    id = call.query.get("ad_account_id")
    if id is None:
        return call.user
    account = world.table("ad_accounts").find(id)
    if account is None or not has_access(world, account, call.user):
        raise RejectedError(401, 29, "You are not permitted to access that resource.")
    return str(account["owner"]["id"])


def catalogs_of(world: World, call: ApiCall, *, needed: bool = True) -> list[Fields]:
    """The merchant's catalogs.

    Raises:
        RejectedError: 409 where one is needed and there is none.
    """
    rows = world.table(CATALOGS).where(user=merchant(world, call))
    if needed and not rows:
        raise NO_CATALOG
    return rows


def catalog(world: World, call: ApiCall, id: str | None, kind: str | None = None) -> Fields:
    """The merchant's catalog of this id and type; without an id, the first of the type."""
    found = with_values(catalogs_of(world, call), catalog_type=kind, id=id)
    if not found:
        raise NO_CATALOG if id is None else UNKNOWN_CATALOG
    return found[0]


def feed(world: World, call: ApiCall, id: str) -> Fields:
    """The merchant's feed of this id."""
    return world.table(FEEDS).get(id, NO_FEED, user=merchant(world, call))


def start_batch(world: World, call: ApiCall, table: str, fields: Fields) -> Fields:
    """A new batch of the merchant."""
    state: Fields = {"user": merchant(world, call), "status": "PROCESSING", "polls": 0}
    times = {"created_time": iso_time(call.now), "completed_time": None}
    return world.table(table).create(state, times, fields)


def polled_batch(world: World, call: ApiCall, table: str) -> Fields:
    """The merchant's batch in the path; the second poll finds it completed."""
    id, owner = call.path["batch_id"], merchant(world, call)
    row = world.table(table).get(id, UNKNOWN_BATCH, user=owner)
    if row["status"] == "PROCESSING" and is_finished_by_this_poll(row):
        row.update(status="COMPLETED", completed_time=iso_time(call.now))
    return row


def so_far(batch: Fields, parts: list[Fields]) -> list[Fields]:
    """The parts of a batch as answers show them: what came of each is told when it has ended."""
    if batch["status"] != "PROCESSING":
        return parts
    unfinished: Fields = {"status": "PROCESSING", "errors": [], "warnings": []}
    return [{**one, **unfinished} for one in parts]


def item_error(attribute: str, code: int, message: str) -> Fields:
    """What is wrong with one attribute of an item."""
    return {"attribute": attribute, "code": code, "message": message}
