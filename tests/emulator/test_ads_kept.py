"""What is created beside the campaigns can be listed, read, changed and taken away."""

import base64

import pytest
from analytics_bench import Desk

from pinterest_async.emulator.call import Refusal


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_audiences(desk: Desk) -> None:
    body = {"name": "Buyers", "audience_type": "VISITOR", "rule": {"visitor_source_id": "1"}}
    made = dict(desk.call("audiences/create", body))
    assert desk.call("audiences/list")["items"] == [made]
    desk.call("audiences/update", {"name": "Buyers, all"}, audience_id=made["id"])
    read = desk.call("audiences/get", audience_id=made["id"])
    assert read == {**made, "name": "Buyers, all"}


def test_customer_lists(desk: Desk) -> None:
    made = desk.call(
        "customer_lists/create", {"name": "Spring", "records": "a@x.example,b@x.example"}
    )
    assert made["num_uploaded_user_records"] == 2
    changes = {"records": "c@x.example", "operation_type": "ADD"}
    desk.call("customer_lists/update", changes, customer_list_id=made["id"])
    changes["operation_type"] = "REMOVE"
    desk.call("customer_lists/update", changes, customer_list_id=made["id"])
    read = desk.call("customer_lists/get", customer_list_id=made["id"])
    assert (read["num_uploaded_user_records"], read["num_removed_user_records"]) == (3, 1)
    assert [one["id"] for one in desk.call("customer_lists/list")["items"]] == [made["id"]]


def test_lead_forms(desk: Desk) -> None:
    made = dict(desk.call("lead_forms/create", [{"name": "Ask"}])["items"][0]["data"])
    answer = desk.call("lead_forms/update", [{"id": made["id"], "name": "Tell"}, {"id": "1"}])
    assert answer["items"][1]["exceptions"][0]["code"] == 404
    assert desk.call("lead_form/get", lead_form_id=made["id"]) == {**made, "name": "Tell"}


def test_subscriptions(desk: Desk) -> None:
    made = desk.call("ad_accounts_subscriptions/post", {"webhook_url": "https://shop.example/w"})
    assert len(base64.b64decode(made["cryptographic_key"] + "=")) == 32
    assert desk.call("ad_accounts_subscriptions/get_list")["items"] == [made]
    assert desk.call("ad_accounts_subscriptions/get_by_id", subscription_id=made["id"]) == made
    desk.call("ad_accounts_subscriptions/del_by_id", subscription_id=made["id"])
    with pytest.raises(Refusal):
        desk.call("ad_accounts_subscriptions/get_by_id", subscription_id=made["id"])


def test_product_groups() -> None:
    desk = Desk(accounts=5, ads=60)
    row = next(iter(desk.world.table("product_group_promotions")))
    desk.account = row["ad_account_id"]
    found = desk.call(
        "product_group_promotions/list",
        ad_group_id=row["ad_group_id"],
        entity_statuses=[row["status"]],
    )["items"]
    assert row["id"] in {one["id"] for one in found}
    assert {one["ad_group_id"] for one in found} == {row["ad_group_id"]}
    id = row["id"]
    read = desk.call("product_group_promotions/get", product_group_promotion_id=id)
    assert read in found
