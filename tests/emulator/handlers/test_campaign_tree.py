"""Ad accounts, campaigns, ad groups and ads: they agree with each other."""

from collections import Counter
from typing import Any

import pytest
from emulator.analytics_bench import ALL, Desk

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.seeding import seed_world
from pinterest_async.emulator.model.world import World

LISTS = ("campaigns", "ad_groups", "ads")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def walk(desk: Desk, operation: str, **values: Any) -> list[Any]:
    items: list[Any] = []
    bookmark = None
    while True:
        page = desk.call(operation, **values, page_size=7, bookmark=bookmark)
        items += page["items"]
        bookmark = page["bookmark"]
        if bookmark is None:
            return items


def test_one_seed_makes_one_world() -> None:
    first, second, other = Desk(), Desk(), Desk(seed=8)
    assert first.world.dump() == second.world.dump() != other.world.dump()


def test_the_size_is_as_asked_for() -> None:
    desk = Desk(accounts=50, ads=67)
    sizes = Counter(ad["ad_account_id"] for ad in desk.world.table("ads"))
    accounts = [account["id"] for account in desk.world.table("ad_accounts")]
    assert len(accounts) == 50
    assert 3_000 < sum(sizes.values()) < 3_700
    assert any(not sizes[id] for id in accounts)
    assert max(sizes.values()) > 1.5 * 67


def test_lists_walk_every_row_once(desk: Desk) -> None:
    for name in LISTS:
        items = walk(desk, f"{name}/list", entity_statuses=ALL)
        assert [item["id"] for item in items] == desk.ids(name)
        turned = walk(desk, f"{name}/list", entity_statuses=ALL, order="DESCENDING")
        assert turned == items[::-1]
        usual = walk(desk, f"{name}/list")
        assert usual == [one for one in items if one["status"] in ("ACTIVE", "PAUSED")]


def test_filters_hold_together(desk: Desk) -> None:
    campaign = desk.ids("campaigns")[0]
    groups = walk(desk, "ad_groups/list", campaign_ids=[campaign], entity_statuses=ALL)
    assert groups
    assert {one["campaign_id"] for one in groups} == {campaign}
    below = walk(desk, "ads/list", ad_group_ids=[one["id"] for one in groups], entity_statuses=ALL)
    assert below == walk(desk, "ads/list", campaign_ids=[campaign], entity_statuses=ALL)
    picked = walk(desk, "ads/list", ad_ids=[below[0]["id"]], entity_statuses=ALL)
    assert picked == below[:1] == [desk.call("ads/get", ad_id=below[0]["id"])]


def test_what_is_created_can_be_read_changed_and_archived(desk: Desk) -> None:
    campaign = desk.call(
        "campaigns/create",
        [{"name": "New", "objective_type": "AWARENESS", "daily_spend_cap": 10**8}],
    )["items"][0]["data"]
    group = desk.call(
        "ad_groups/create",
        [{"campaign_id": campaign["id"], "name": "Group", "billable_event": "IMPRESSION"}],
    )["items"][0]["data"]
    ad = desk.call(
        "ads/create", [{"ad_group_id": group["id"], "creative_type": "VIDEO", "pin_id": desk.pin}]
    )["items"][0]["data"]
    assert ad["campaign_id"] == campaign["id"]
    changed = [{"id": ad["id"], "name": "Renamed", "ad_account_id": "9", "ad_group_id": "9"}]
    desk.call("ads/update", changed)
    assert desk.call("ads/get", ad_id=ad["id"]) == {**ad, "name": "Renamed"}
    assert (ad["rejected_reasons"], ad["rejection_labels"]) == ([], [])

    archived = [{"ad_account_id": desk.account, "id": campaign["id"], "status": "ARCHIVED"}]
    desk.call("campaigns/update", archived)
    assert desk.call("ad_groups/get", ad_group_id=group["id"])["status"] == "ARCHIVED"
    assert desk.call("ads/get", ad_id=ad["id"])["status"] == "ARCHIVED"
    back = desk.call("ads/update", [{"id": ad["id"], "status": "ACTIVE"}])
    assert back["items"][0]["exceptions"]["code"] == 1
    late = {"campaign_id": campaign["id"], "name": "Late", "billable_event": "IMPRESSION"}
    assert "archived" in str(desk.call("ad_groups/create", [late]))


def test_a_bulk_write_answers_item_by_item(desk: Desk) -> None:
    good = {"id": desk.ids("campaigns")[0], "ad_account_id": desk.account, "name": "Good"}
    answer = desk.call("campaigns/update", [{**good, "id": "1"}, good])
    bad, done = answer["items"]
    assert bad["exceptions"][0]["message"] == "Campaign not found: 1."
    assert "data" not in bad
    assert done["data"]["name"] == "Good"
    assert "exceptions" not in done


def test_what_live_refuses_is_refused_item_by_item(desk: Desk) -> None:
    campaign: Any = {"name": "New", "objective_type": "AWARENESS", "daily_spend_cap": 10**8}
    tracked = {"impression": ["https://shop.example/seen", "URL1"]}
    wrong = [
        {**campaign, "daily_spend_cap": None},
        {**campaign, "daily_spend_cap": 0},
        {**campaign, "name": " "},
    ]
    answer = desk.call("campaigns/create", [*wrong, campaign])["items"]
    codes = [one["exceptions"][0]["code"] for one in answer[:-1]]
    assert codes == [2384, 2384, 1]
    own = {"is_campaign_budget_optimization": False, "tracking_urls": tracked}
    items = [campaign, {**campaign, **own}]
    shared, separate = (one["data"] for one in desk.call("campaigns/create", items)["items"])
    assert shared["is_campaign_budget_optimization"] is True
    assert shared["lifetime_spend_cap"] == 0
    assert shared["start_time"] == shared["created_time"]
    assert separate["tracking_urls"] == {"impression": ["https://shop.example/seen"]}

    group: Any = {"name": "Group", "billable_event": "IMPRESSION", "campaign_id": shared["id"]}
    groups = [
        {**group, "bid_in_micro_currency": 10**6},
        {**group, "campaign_id": separate["id"], "budget_in_micro_currency": 10**7},
    ]
    first, second = (one["data"] for one in desk.call("ad_groups/create", groups)["items"])
    assert (first["bid_strategy_type"], first["budget_type"]) == ("MAX_BID", "CBO_ADGROUP")
    assert (second["bid_strategy_type"], second["budget_type"]) == ("AUTOMATIC_BID", "DAILY")
    changed = [{"id": first["id"], "tracking_urls": {"click": ["shop.example"]}}]
    assert desk.call("ad_groups/update", changed)["items"] == [{"data": first}]
    ad = {"ad_group_id": first["id"], "creative_type": "REGULAR", "pin_id": "1"}
    (refused,) = desk.call("ads/create", [ad])["items"]
    assert refused["exceptions"]["code"] == 2781


def test_ads_are_of_pins_that_exist(desk: Desk) -> None:
    pins = desk.world.table("pins")
    assert all(ad["pin_id"] in pins for ad in desk.world.table("ads"))


def test_strangers_and_strange_ids_are_refused(desk: Desk) -> None:
    with pytest.raises(RejectedError) as caught:
        desk.call("campaigns/list", user="1")
    assert (caught.value.status, caught.value.code) == (403, 29)
    with pytest.raises(RejectedError) as caught:
        desk.call("ads/get", ad_id="1")
    assert caught.value.status == 404
    other = [one["id"] for one in desk.world.table("ad_accounts")][1]
    with pytest.raises(RejectedError):
        desk.call("ads/get", ad_account_id=other, ad_id=desk.ids("ads")[0])


def test_shared_ad_accounts_are_listed_unless_left_out() -> None:
    desk = Desk(accounts=20, ads=0)
    everything = walk(desk, "ad_accounts/list")
    own = walk(desk, "ad_accounts/list", include_shared_accounts=False)
    assert (len(everything), len(own)) == (20, 18)
    assert "members" not in everything[0]


def test_an_account_opened_or_wiped_is_there_or_gone(desk: Desk) -> None:
    made = desk.call("ad_accounts/create", {"name": "Mine", "country": "DE", "currency": "EUR"})
    assert desk.call("ad_accounts/get", ad_account_id=made["id"]) == made
    desk.call("sandbox/delete")
    assert desk.ids("ads") == []
    with pytest.raises(RejectedError):
        desk.call("ad_accounts/get")


def test_tables_find_children_after_every_change() -> None:
    world = World()
    seed_world(world, accounts=2, user="1", now=Desk().now, ads=10)
    ads = world.table("ads")
    first = next(iter(ads))
    group = first["ad_group_id"]
    before = ads.by("ad_group_id", group)
    assert first in before
    ads.remove(first["id"])
    assert first not in ads.by("ad_group_id", group)
    ads.add(first)
    assert first in ads.by("ad_group_id", group)
    again = World()
    again.load(world.dump())
    assert again.table("ads").by("ad_group_id", group) == ads.by("ad_group_id", group)


def test_parents_and_children_agree() -> None:
    """Every parent is there, in the same account, and nothing lives below what is archived."""
    desk = Desk(accounts=5, ads=60)
    tables = desk.world.table
    fields = (
        ("ad_groups", "campaign_id", "campaigns"),
        ("ads", "ad_group_id", "ad_groups"),
        ("ads", "campaign_id", "campaigns"),
        ("product_group_promotions", "ad_group_id", "ad_groups"),
        ("product_group_promotions", "campaign_id", "campaigns"),
    )

    def agree() -> None:
        for table, field, above in fields:
            assert len(tables(table))
            for row in tables(table):
                parent = tables(above).find(row[field])
                assert parent is not None
                assert parent["ad_account_id"] == row["ad_account_id"]
                if parent["status"] == "ARCHIVED":
                    assert row["status"] == "ARCHIVED"

    agree()
    for promoted in list(tables("product_group_promotions"))[::2]:
        desk.account = promoted["ad_account_id"]
        archived = {"ad_account_id": desk.account, "id": promoted["campaign_id"]}
        (said,) = desk.call("campaigns/update", [{**archived, "status": "ARCHIVED"}])["items"]
        assert said["data"]["status"] == promoted["status"] == "ARCHIVED"
    agree()
