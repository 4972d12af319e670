"""Businesses: invites make members and partners, and these hold accesses to assets."""

from typing import Any, NamedTuple

import pytest
from aiohttp import ClientSession
from emulator.bench import Caller, Clock, walked

from pinterest_async.emulator import Emulator

NEWCOMER = "549755885111"
CAMPAIGNS = ["CAMPAIGN_MANAGER"]


class Desk(NamedTuple):
    """One user's view of one business."""

    call: Caller
    user: str
    token: str

    async def __call__(self, method: str, path: str, body: Any = None) -> Any:
        target = path if path.startswith("/") else f"/businesses/{self.user}/{path}"
        said = await self.call(method, target, token=self.token, json=body)
        assert said.status == 200, said.text
        return said.json

    async def users(self, path: str) -> list[str]:
        return [item["user"]["id"] for item in (await self("GET", path))["items"]]

    async def accounts(self) -> list[str]:
        return [item["id"] for item in (await self("GET", "/ad_accounts"))["items"]]

    async def answer(self, invite: str, accept: bool, **more: Any) -> Any:
        body = {"invites": [{"invite_id": invite, "action": {"accept_invite": accept, **more}}]}
        return (await self("PATCH", "/businesses/invites", body))["items"][0]


@pytest.fixture
def boss(call: Caller) -> Desk:
    return Desk(call, call.emulator.user, call.emulator.token)


@pytest.fixture
def newcomer(call: Caller) -> Desk:
    return Desk(call, NEWCOMER, call.emulator.issue_token(NEWCOMER))


async def invited(desk: Desk, kind: str, role: str, who: str) -> str:
    field = "members" if kind == "MEMBER_INVITE" else "partners"
    body = {"invite_type": kind, "business_role": role, field: [who]}
    return str((await desk("POST", "invites", body))["items"][0]["invite"]["id"])


async def test_an_accepted_invite_makes_a_member_with_its_assets(
    boss: Desk, newcomer: Desk
) -> None:
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    before = await boss.users("members")
    invite = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER)
    offer = {"invite_id": invite, "invite_type": "MEMBER_INVITE"}
    offer_body = {"invites": [{**offer, "asset_id_to_permissions": {account: CAMPAIGNS}}]}
    assert (await boss("POST", "invites/assets/access", offer_body))["items"][0]["invite"]
    received = (await newcomer("GET", "invites"))["items"][0]
    assert (received["id"], received["is_received_invite"]) == (invite, True)
    assert received["assets_summary"]["ad_accounts"] == [{"id": account, "permissions": CAMPAIGNS}]
    assert await newcomer.accounts() == []

    said = await newcomer.answer(invite, accept=True)
    assert said["invite"]["invite_data"]["invite_status"] == "ACCEPTED"
    assert await boss.users("members") == [*before, NEWCOMER]
    assert await newcomer.users("/businesses/employers") == [boss.user]
    assert await newcomer.accounts() == [account]
    assert NEWCOMER in await boss.users(f"assets/{account}/members")
    assert (await newcomer("GET", "invites"))["items"] == []
    assert (await newcomer.answer(invite, accept=True))["exception"]["code"] == 404


async def test_a_deleted_member_loses_all_accesses(boss: Desk, newcomer: Desk) -> None:
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    invite = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER)
    await newcomer.answer(invite, accept=True)
    one = {"member_id": NEWCOMER, "asset_id": account}
    grants = {"accesses": [{**one, "permissions": CAMPAIGNS}]}
    said = await boss("PATCH", "members/assets/access", grants)
    assert said["items"] == [{"response": {**one, "permissions": CAMPAIGNS}}]
    held = await boss("GET", f"members/{NEWCOMER}/assets")
    assert ([item["asset_id"] for item in held["items"]], held["total_data_count"]) == (
        [account],
        1,
    )
    said = await boss("DELETE", "members/assets/access", {"accesses": [one]})
    assert said["items"] == [one]
    assert await newcomer.accounts() == []

    await boss("PATCH", "members/assets/access", grants)
    assert await newcomer.accounts() == [account]
    wrong = {"members": [{"member_id": NEWCOMER, "business_role": "BIZ_ADMIN"}]}
    assert (await boss("DELETE", "members", wrong))["deleted_members"] == []
    right = {"members": [{"member_id": NEWCOMER, "business_role": "EMPLOYEE"}]}
    assert (await boss("DELETE", "members", right))["deleted_members"] == [NEWCOMER]
    assert NEWCOMER not in await boss.users("members")
    assert NEWCOMER not in await boss.users(f"assets/{account}/members")
    assert await newcomer.accounts() == []
    assert (await newcomer("GET", "/businesses/employers"))["items"] == []


async def test_only_administrators_of_a_business_get_in(boss: Desk, newcomer: Desk) -> None:
    target = f"/businesses/{boss.user}/members"
    assert (await boss.call("GET", target, token=newcomer.token)).error == (403, 29)
    await newcomer.answer(await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER), accept=True)
    assert (await boss.call("GET", target, token=newcomer.token)).error == (403, 29)
    role = [{"member_id": NEWCOMER, "business_role": "BIZ_ADMIN"}]
    assert (await boss("PATCH", "members", role))["items"] == role
    assert NEWCOMER in await newcomer.users(f"{target}?business_roles=BIZ_ADMIN")
    unknown = [{"member_id": "1", "business_role": "EMPLOYEE"}]
    assert (await boss.call("PATCH", target, token=boss.token, json=unknown)).error == (404, 404)


async def test_invites_are_declined_cancelled_or_run_out(
    boss: Desk, newcomer: Desk, clock: Clock
) -> None:
    before = await boss.users("members")
    first = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER)
    said = await newcomer.answer(first, accept=False)
    assert said["invite"]["invite_data"]["invite_status"] == "DECLINED"
    second = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER)
    gone, unknown = (await boss("DELETE", "invites", {"invite_ids": [second, "1"]}))["items"]
    assert gone["invite"]["invite_data"]["invite_status"] == "CANCELLED"
    assert unknown["exception"]["invite_id"] == "1"
    third = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER)
    row = boss.call.emulator.world.table("invites").find(third)
    assert row is not None
    row["expires"] = int(clock() * 1000)
    assert (await newcomer.answer(third, accept=True))["exception"]["code"] == 1
    pending = (await newcomer("GET", "invites?invite_status=PENDING"))["items"]
    expired = (await newcomer("GET", "invites?invite_status=EXPIRED"))["items"]
    assert (pending, [item["id"] for item in expired]) == ([], [third])
    assert await boss.users("members") == before


async def test_a_partner_asks_for_assets_and_loses_them_with_the_partnership(
    boss: Desk, newcomer: Desk
) -> None:
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    asked = [
        {"partner_id": boss.user, "asset_id_to_permissions": {account: ["ANALYST"]}},
        {"partner_id": boss.user, "asset_id_to_permissions": {"1": ["ANALYST"]}},
    ]
    said = await newcomer("POST", "requests/assets/access", {"asset_requests": asked})
    assert len(said["exceptions"]) == 1
    await boss.answer(said["invites"][boss.user], accept=True)
    assert NEWCOMER in await boss.users("partners?partner_type=INTERNAL")
    assert await newcomer.users("partners?partner_type=EXTERNAL") == [boss.user]
    assert await newcomer.users("partners?partner_type=INTERNAL") == []
    assert await newcomer.accounts() == [account]
    mine = (await newcomer("GET", f"partners/{boss.user}/assets?partner_type=EXTERNAL"))["items"]
    theirs = (await boss("GET", f"partners/{NEWCOMER}/assets"))["items"]
    assert mine == theirs
    assert [item["permissions"] for item in mine] == [["ANALYST"]]
    one = {"partner_id": NEWCOMER, "asset_id": account}
    await boss("DELETE", "partners/assets", {"accesses": [one]})
    assert await newcomer.accounts() == []
    again = {"accesses": [{**one, "permissions": ["ADMIN"]}]}
    assert (await boss("PATCH", "partners/assets", again))["items"][0]["permissions"] == ["ADMIN"]
    assert NEWCOMER in await boss.users(f"assets/{account}/partners")
    assert (await boss("DELETE", "partners", {"partner_ids": [NEWCOMER]}))["deleted_partners"]
    assert NEWCOMER not in await boss.users(f"assets/{account}/partners")
    assert await newcomer.accounts() == []


async def test_a_deleted_asset_group_takes_its_accesses_along(boss: Desk) -> None:
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    names = {"asset_group_name": "A", "asset_group_description": "B"}
    body = {**names, "asset_group_types": ["OTHER"]}
    group = (await boss("POST", "asset_groups", body))["asset_group"]["id"]
    changes = [
        {"asset_group_id": group, "assets_to_add": [account], "name": "C"},
        {"asset_group_id": group, "assets_to_add": ["1"]},
    ]
    said = await boss("PATCH", "asset_groups", {"asset_groups_to_update": changes})
    changed = said["updated_asset_groups"][0]
    assert (changed["ad_accounts_ids"], changed["asset_group_name"]) == ([account], "C")
    assert [one["code"] for one in said["exceptions"]] == [404]
    within = (await boss("GET", f"assets?asset_group_id={group}"))["items"]
    assert [item["asset_id"] for item in within] == [account]
    member = (await boss.users("members"))[0]
    one = {"member_id": member, "asset_id": group, "permissions": ["ADMIN"]}
    await boss("PATCH", "members/assets/access", {"accesses": [one]})
    target = f"members/{member}/assets?asset_type=ASSET_GROUP"
    assert [item["asset_id"] for item in (await boss("GET", target))["items"]] == [group]
    said = await boss("DELETE", "asset_groups", {"asset_groups_to_delete": [group, "1"]})
    assert said["deleted_asset_groups"] == [group]
    assert said["exceptions"][0]["asset_group_id"] == "1"
    assert (await boss("GET", target))["items"] == []


async def test_two_worlds_of_one_seed_have_the_same_members(
    call: Caller, session: ClientSession, clock: Clock
) -> None:
    target = f"/businesses/{call.emulator.user}/members?assets_summary=true"
    async with Emulator(now=clock) as other:
        said = await walked(Caller(other, session), target)
    assert said == await walked(call, target, size=1) != []


async def test_access_to_an_asset_group_is_access_to_its_ad_accounts(
    boss: Desk, newcomer: Desk
) -> None:
    await newcomer.answer(await invited(boss, "MEMBER_INVITE", "EMPLOYEE", NEWCOMER), accept=True)
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    body = {"asset_group_name": "A", "asset_group_description": "B", "asset_group_types": ["OTHER"]}
    group = (await boss("POST", "asset_groups", body))["asset_group"]["id"]
    one = {"member_id": NEWCOMER, "asset_id": group}
    grants = {"accesses": [{**one, "permissions": CAMPAIGNS}]}
    await boss("PATCH", "members/assets/access", grants)
    assert await newcomer.accounts() == []

    async def change(**changes: Any) -> Any:
        items = [{"asset_group_id": group, **changes}]
        said = await boss("PATCH", "asset_groups", {"asset_groups_to_update": items})
        return said["updated_asset_groups"][0]

    assert (await change(assets_to_add=[account], description="C"))[
        "asset_group_description"
    ] == "C"
    assert await newcomer.accounts() == [account]
    seen = await newcomer("GET", f"/ad_accounts/{account}")
    assert seen["permissions"] == CAMPAIGNS
    assert (await boss("GET", f"/ad_accounts/{account}"))["permissions"] == ["OWNER"]
    assert (await newcomer("GET", f"/ad_accounts/{account}/campaigns"))["items"]
    await change(assets_to_remove=[account])
    assert await newcomer.accounts() == []
    await change(assets_to_add=[account])
    assert (await boss("DELETE", "members/assets/access", {"accesses": [one]}))["items"] == [one]
    assert await newcomer.accounts() == []


async def test_whoever_got_the_mail_accepts_its_invite(boss: Desk, newcomer: Desk) -> None:
    invite = await invited(boss, "MEMBER_INVITE", "EMPLOYEE", "new@shop.example")
    assert (await boss.answer(invite, accept=True))["exception"]["code"] == 404
    said = await newcomer.answer(invite, accept=True)
    assert said["invite"]["invite_data"]["invite_status"] == "ACCEPTED"
    assert NEWCOMER in await boss.users("members")
    assert (await newcomer.answer(invite, accept=True))["exception"]["code"] == 404


async def test_system_users_are_members_of_their_own_list(boss: Desk) -> None:
    (robot,) = (await boss("GET", "members?fetch_system_users=true"))["items"]
    id = robot["user"]["id"]
    assert id not in await boss.users("members")
    target = f"/businesses/{boss.user}/system_users/{id}"
    assert (await boss.call("PATCH", target, token=boss.token, json={"name": "Bot"})).status == 200
    (robot,) = (await boss("GET", "members?fetch_system_users=true"))["items"]
    assert robot["user"]["username"] == "Bot"
    unknown = await boss.call("PATCH", target + "1", token=boss.token, json={"name": "Bot"})
    assert unknown.error == (404, 404)
    account = (await boss("GET", "assets"))["items"][0]["asset_id"]
    grants = {"accesses": [{"member_id": id, "asset_id": account, "permissions": CAMPAIGNS}]}
    await boss("PATCH", "members/assets/access", grants)
    assert await boss.users(f"assets/{account}/members?fetch_system_users=true") == [id]
    assert id not in await boss.users(f"assets/{account}/members")
