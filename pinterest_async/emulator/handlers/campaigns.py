"""Campaigns, ad groups and ads: one tree, and each level knows the one above."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import Call, Handler, Refusal
from pinterest_async.emulator.handlers.access import (
    account,
    archive_below,
    each,
    filtered,
    merged,
    mine,
    one,
    owned,
    stamp,
)
from pinterest_async.emulator.model.ad_entities import shown_ad, shown_ad_group, shown_campaign
from pinterest_async.emulator.model.world import Row, World, page

_DEFAULT_STATUSES: Final = ("ACTIVE", "PAUSED")


def _statuses(call: Call) -> Any:
    return call.query.get("entity_statuses") or _DEFAULT_STATUSES


def _list_campaigns(world: World, call: Call) -> Any:
    filters = {"id": call.query.get("campaign_ids"), "status": _statuses(call)}
    return page(call, filtered(mine(world, call, "campaigns"), filters), shown_campaign)


def _list_ad_groups(world: World, call: Call) -> Any:
    filters = {
        "id": call.query.get("ad_group_ids"),
        "campaign_id": call.query.get("campaign_ids"),
        "status": _statuses(call),
    }
    return page(call, filtered(mine(world, call, "ad_groups"), filters), shown_ad_group)


def _list_ads(world: World, call: Call) -> Any:
    filters = {
        "id": call.query.get("ad_ids"),
        "ad_group_id": call.query.get("ad_group_ids"),
        "campaign_id": call.query.get("campaign_ids"),
        "status": _statuses(call),
    }
    return page(call, filtered(mine(world, call, "ads"), filters), shown_ad)


def _get_campaign(world: World, call: Call) -> Any:
    return shown_campaign(one(world, call, "campaigns", "campaign_id", "Campaign"))


def _get_ad_group(world: World, call: Call) -> Any:
    return shown_ad_group(one(world, call, "ad_groups", "ad_group_id", "Ad group"))


def _get_ad(world: World, call: Call) -> Any:
    return shown_ad(one(world, call, "ads", "ad_id", "Ad"))


def _new(world: World, table: str, owner: Row, now: int, item: Row, extra: Row) -> Row:
    row = {
        **item,
        "status": item.get("status") or "ACTIVE",
        **extra,
        "id": world.table(table).new_id(),
        "ad_account_id": owner["id"],
        "created_time": now,
        "updated_time": now,
    }
    return world.table(table).add(row)


def parent_of(world: World, table: str, id: Any, owner: Row, title: str) -> Row:
    """What a body names as the parent of something new: it must not be archived."""
    row = owned(world, table, id, owner, title)
    if row["status"] == "ARCHIVED":
        raise Refusal(400, 1, f"{title} {id} is archived: choose another one.")
    return row


def _create_campaigns(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def create(item: Row) -> Row:
        if item.get("ad_account_id", owner["id"]) != owner["id"]:
            raise Refusal(400, 1, "ad_account_id: is not the one in the path")
        return shown_campaign(_new(world, "campaigns", owner, now, item, {}))

    return each(call.body, create)


def _create_ad_groups(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def create(item: Row) -> Row:
        parent = parent_of(world, "campaigns", item["campaign_id"], owner, "Campaign")
        extra = {"campaign_id": parent["id"]}
        return shown_ad_group(_new(world, "ad_groups", owner, now, item, extra))

    return each(call.body, create)


def _create_ads(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def create(item: Row) -> Row:
        parent = parent_of(world, "ad_groups", item["ad_group_id"], owner, "Ad group")
        extra = {"ad_group_id": parent["id"], "campaign_id": parent["campaign_id"]}
        return shown_ad(_new(world, "ads", owner, now, item, extra))

    return each(call.body, create, listed=False)


def changed(row: Row, item: Row, now: int, fixed: tuple[str, ...]) -> bool:
    """Change a row; whether this archived it."""
    status = item.get("status")
    if row["status"] == "ARCHIVED" and status not in (None, "ARCHIVED"):
        raise Refusal(400, 1, "status: what is archived stays so")
    archived = status == "ARCHIVED" and row["status"] != status
    merged(row, item, now, fixed)
    return archived


def _update_campaigns(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = owned(world, "campaigns", item["id"], owner, "Campaign")
        if changed(row, item, now, ()):
            archive_below(world, "campaigns", row["id"], now)
        return shown_campaign(row)

    return each(call.body, update)


def _update_ad_groups(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = owned(world, "ad_groups", item["id"], owner, "Ad group")
        if changed(row, item, now, ("campaign_id",)):
            archive_below(world, "ad_groups", row["id"], now)
        return shown_ad_group(row)

    return each(call.body, update)


def _update_ads(world: World, call: Call) -> Any:
    owner, now = account(world, call), stamp(call)

    def update(item: Row) -> Row:
        row = owned(world, "ads", item["id"], owner, "Ad")
        changed(row, item, now, ("ad_group_id", "campaign_id", "pin_id"))
        if item.get("pin_id"):
            world.table("ads").change(row, "pin_id", item["pin_id"])
        return shown_ad(row)

    return each(call.body, update, listed=False)


HANDLERS: Final[Mapping[str, Handler]] = {
    "campaigns/list": _list_campaigns,
    "campaigns/get": _get_campaign,
    "campaigns/create": _create_campaigns,
    "campaigns/update": _update_campaigns,
    "ad_groups/list": _list_ad_groups,
    "ad_groups/get": _get_ad_group,
    "ad_groups/create": _create_ad_groups,
    "ad_groups/update": _update_ad_groups,
    "ads/list": _list_ads,
    "ads/get": _get_ad,
    "ads/create": _create_ads,
    "ads/update": _update_ads,
}
