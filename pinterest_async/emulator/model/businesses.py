"""Businesses: their members, partners and assets, and who may do what with which asset.

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

_INVITE_LIFE: Final = 30 * 86_400_000


def user_summary(world: World, user: str) -> Fields:
    """A member, partner or business as in `account_summary`, with the names of system users."""
    system_user = world.table(SYSTEM_USERS).find(user)
    return account_summary(user) | (
        {} if system_user is None else {"username": system_user["name"]}
    )


def account_summary(user: str) -> Fields:
    """A user account as business operations name it. An e-mail address has no id."""
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
    """Make a user a member; an existing member gets the role."""
    row = membership(world, business, member)
    if row is None:
        row = {"business_id": business, "member_id": member, "created_by": by, "created_time": now}
        row = world.table(MEMBERS).create(row)
    row["business_role"] = role
    return row


def add_partner(world: World, business: str, partner: str, by: str, now: int) -> None:
    """Let a partner use assets of a business; nothing happens for an existing partner."""
    if partnership(world, business, partner) is None:
        row = {"business_id": business, "partner_id": partner}
        world.table(PARTNERS).create(row, {"created_by": by, "created_time": now})


def add_invite(
    world: World, sender: str, recipient: str, kind: str, role: str, by: str, now: int
) -> Fields:
    """Send an invite or a request, which waits for an answer."""
    row: Fields = {"sender": sender, "recipient": recipient, "kind": kind, "role": role}
    times = {"sent_at": now, "updated": now, "expires": now + _INVITE_LIFE}
    return world.table(INVITES).create(row, times, {"created_by": by, "permissions": {}})


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
    """Replace the permissions that a member or partner has for an asset of the business."""
    known = access_rows(world, holder, business, asset=asset)
    if known:
        row = known[0]
    else:
        row = {"business_id": business, "holder": holder, "asset_id": asset}
        kind = {"asset_type": owned_assets(world, business)[asset]}
        row = world.table(ACCESS).create(row, kind)
        account = world.table("ad_accounts").find(asset)
        if account is not None and holder not in account["members"]:
            account["members"].append(holder)
    row["permissions"] = list(permissions)
    return row


def permissions_through_groups(world: World, user: str) -> dict[str, list[str]]:
    """What a user may do with assets of the asset groups that the user has access to, by id."""
    found: dict[str, list[str]] = {}
    for row in world.table(ACCESS).by("holder", user):
        group = world.table(ASSET_GROUPS).find(row["asset_id"])
        for id in () if group is None else group["assets"]:
            found.setdefault(id, []).extend(row["permissions"])
    return {id: list(dict.fromkeys(permissions)) for id, permissions in found.items()}


def revoke_access(world: World, rows: Iterable[Fields]) -> None:
    """Revoke access; its holders do not see the ad accounts any more."""
    for row in list(rows):
        world.table(ACCESS).remove(row["id"])
        account = world.table("ad_accounts").find(row["asset_id"])
        if account is not None and row["holder"] in account["members"]:
            account["members"].remove(row["holder"])


def add_asset_group(
    world: World, business: str, by: str, now: int, fields: Mapping[str, Any]
) -> Fields:
    """Add an asset group without assets."""
    row: Fields = {"business_id": business, "created_by": by, "assets": []}
    times = {"created_time": now, "updated_time": now}
    return world.table(ASSET_GROUPS).create(row, fields, times)


def seed_businesses(world: World, user: str, now: dt.datetime) -> None:
    """Give the user's business a member, a partner, a group and invites; and an employer."""
    moment = int(now.timestamp()) * 1000
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
    row = {"business_id": user, "name": "Nightly reports"}
    system_user = world.table(SYSTEM_USERS).create(row)
    add_member(world, user, system_user["id"], "EMPLOYEE", user, moment)
    name = {"asset_group_name": "Spring", "asset_group_description": "Seasonal"}
    group = add_asset_group(world, user, user, moment, {**name, "asset_group_types": ["BRAND"]})
    group["assets"] += accounts[:1]
    add_invite(world, stranger, user, "MEMBER_INVITE", "EMPLOYEE", stranger, moment)
    add_invite(world, user, stranger, "MEMBER_INVITE", "EMPLOYEE", user, moment)
