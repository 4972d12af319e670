"""Businesses: who works for whom, who is whose partner, and who may do what with which asset.

A business is a user account. What it owns are its ad accounts, catalogs, asset groups and its own
profile, whose id is that of the account.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pinterest_async.emulator.model.boards import username
from pinterest_async.emulator.model.catalogs import CATALOGS
from pinterest_async.emulator.model.users import PEOPLE
from pinterest_async.emulator.model.world import Fields, World

MEMBERS: Final = "business_members"
PARTNERS: Final = "business_partners"
"""`partner_id` may use assets of `business_id`."""
ACCESS: Final = "business_asset_access"
SYSTEM_USERS: Final = "system_users"
"""Members that are programs."""
INVITES: Final = "invites"
ASSET_GROUPS: Final = "asset_groups"

_INVITE_LIFE: Final = 30 * 86_400


def user_summary(world: World, user: str) -> Fields:
    """A member, partner or business as `summary`; system users have names of their own."""
    robot = world.table(SYSTEM_USERS).find(user)
    return account_summary(user) | ({} if robot is None else {"username": robot["name"]})


def account_summary(user: str) -> Fields:
    """A user account as business operations name it. An address stands for whom it was sent to."""
    if "@" in user:
        return {"id": None, "username": None, "email": user}
    return {"id": user, "username": username(user), "email": None}


def membership(world: World, business: str, member: str) -> Fields | None:
    """The row that makes a user a member of a business."""
    return next(iter(world.table(MEMBERS).where(business_id=business, member_id=member)), None)


def partnership(world: World, business: str, partner: str) -> Fields | None:
    """The row that lets a partner use assets of a business."""
    return next(iter(world.table(PARTNERS).where(business_id=business, partner_id=partner)), None)


def add_member(world: World, business: str, member: str, role: str, by: str, now: int) -> Fields:
    """Make a user a member; one who is, gets the role."""
    row = membership(world, business, member)
    if row is None:
        table = world.table(MEMBERS)
        row = {"id": table.new_id(), "business_id": business, "member_id": member}
        row = table.add({**row, "created_by": by, "created_time": now})
    row["business_role"] = role
    return row


def add_partner(world: World, business: str, partner: str, by: str, now: int) -> None:
    """Let a partner use assets of a business; once is enough."""
    if partnership(world, business, partner) is None:
        table = world.table(PARTNERS)
        row = {"id": table.new_id(), "business_id": business, "partner_id": partner}
        table.add({**row, "created_by": by, "created_time": now})


def add_invite(
    world: World, sender: str, recipient: str, kind: str, role: str, by: str, now: int
) -> Fields:
    """Send an invite or a request, which waits for an answer."""
    table = world.table(INVITES)
    row: Fields = {"id": table.new_id(), "sender": sender, "recipient": recipient, "kind": kind}
    times = {"sent_at": now, "updated": now, "expires": now + _INVITE_LIFE}
    return table.add({**row, "role": role, "created_by": by, "permissions": {}, **times})


def owned_assets(world: World, business: str) -> dict[str, str]:
    """The kind of each asset that a business owns, by id."""
    owned = {business: "PROFILE"}
    for account in world.table("ad_accounts"):
        if account["owner"]["id"] == business:
            owned[account["id"]] = "AD_ACCOUNT"
    owned |= {row["id"]: "CATALOG" for row in world.table(CATALOGS).where(user=business)}
    for group in world.table(ASSET_GROUPS).by("business_id", business):
        owned[group["id"]] = "ASSET_GROUP"
    return owned


def access_rows(
    world: World, holder: str, business: str, *, asset: str | None = None
) -> list[Fields]:
    """What a member or partner may do with assets of a business."""
    values = {"holder": holder, "business_id": business} | ({"asset_id": asset} if asset else {})
    return world.table(ACCESS).where(**values)


def grant_access(
    world: World, business: str, holder: str, asset: str, permissions: Iterable[str]
) -> Fields:
    """Let a member or partner do this with an asset of the business, and nothing else."""
    table = world.table(ACCESS)
    known = access_rows(world, holder, business, asset=asset)
    if known:
        row = known[0]
    else:
        row = {"id": table.new_id(), "business_id": business, "holder": holder, "asset_id": asset}
        row = table.add({**row, "asset_type": owned_assets(world, business)[asset]})
        account = world.table("ad_accounts").find(asset)
        if account is not None and holder not in account["members"]:
            account["members"].append(holder)
    row["permissions"] = list(permissions)
    return row


def permissions_through_groups(world: World, user: str) -> dict[str, list[str]]:
    """What a user may do with assets of the asset groups that the user has access to, by id."""
    held: dict[str, list[str]] = {}
    for row in world.table(ACCESS).by("holder", user):
        group = world.table(ASSET_GROUPS).find(row["asset_id"])
        for id in () if group is None else group["assets"]:
            held.setdefault(id, []).extend(row["permissions"])
    return {id: list(dict.fromkeys(permissions)) for id, permissions in held.items()}


def revoke_access(world: World, rows: Iterable[Fields]) -> None:
    """Take accesses away; ad accounts are out of their holders' sight from then on."""
    for row in list(rows):
        world.table(ACCESS).remove(row["id"])
        account = world.table("ad_accounts").find(row["asset_id"])
        if account is not None and row["holder"] in account["members"]:
            account["members"].remove(row["holder"])


def add_asset_group(
    world: World, business: str, by: str, now: int, fields: Mapping[str, Any]
) -> Fields:
    """Make an asset group without assets."""
    table = world.table(ASSET_GROUPS)
    row: Fields = {"id": table.new_id(), "business_id": business, "created_by": by, "assets": []}
    return table.add({**row, **fields, "created_time": now, "updated_time": now})


def seed_businesses(world: World, user: str, now: dt.datetime) -> None:
    """Give the user's business a member, a partner, a group and invites; and an employer."""
    moment = int(now.timestamp())
    others = [row["id"] for row in world.table(PEOPLE) if row["id"] != user]
    if len(others) < 4:
        return
    member, partner, employer, stranger = others[:4]
    accounts = [one for one, kind in owned_assets(world, user).items() if kind == "AD_ACCOUNT"]
    add_member(world, user, member, "EMPLOYEE", user, moment)
    add_partner(world, user, partner, user, moment)
    for account in accounts[:1]:
        grant_access(world, user, member, account, ["CAMPAIGN_MANAGER"])
        grant_access(world, user, partner, account, ["ANALYST"])
    add_member(world, employer, user, "EMPLOYEE", employer, moment)
    robots = world.table(SYSTEM_USERS)
    robot = robots.add({"id": robots.new_id(), "business_id": user, "name": "Nightly reports"})
    add_member(world, user, robot["id"], "EMPLOYEE", user, moment)
    name = {"asset_group_name": "Spring", "asset_group_description": "Seasonal"}
    group = add_asset_group(world, user, user, moment, {**name, "asset_group_types": ["BRAND"]})
    group["assets"] += accounts[:1]
    add_invite(world, stranger, user, "MEMBER_INVITE", "EMPLOYEE", stranger, moment)
    add_invite(world, user, stranger, "MEMBER_INVITE", "EMPLOYEE", user, moment)
