"""What is created beside the campaigns can be listed, read, changed and taken away."""

import base64
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from emulator.analytics_bench import USER, Desk

from pinterest_async.emulator.contract.calls import FileRequest, RejectedError, Reply
from pinterest_async.emulator.handlers import FILE_HANDLERS


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


def test_a_removed_audience_is_gone_from_all_lists(desk: Desk) -> None:
    body = {"name": "Buyers", "audience_type": "VISITOR", "rule": {"visitor_source_id": "1"}}
    made = desk.call("audiences/create", body)
    other = next(one["id"] for one in desk.world.table("ad_accounts") if one["id"] != desk.account)
    share = {"audience_id": made["id"], "operation_type": "SHARE", "recipient_account_ids": [other]}
    desk.call("update_ad_account_to_ad_account_shared_audience", share)
    received = {"ad_account_id": other, "ownership_type": "RECEIVED"}
    assert desk.call("audiences/list", **received)["items"] == [made]
    desk.call("audiences/update", {"operation_type": "REMOVE"}, audience_id=made["id"])
    assert desk.call("audiences/list")["items"] == []
    assert desk.call("audiences/list", **received)["items"] == []
    with pytest.raises(RejectedError):
        desk.call("audiences/get", audience_id=made["id"])


def test_a_business_shares_on_what_it_has_or_was_given(desk: Desk) -> None:
    body = {"name": "Buyers", "audience_type": "VISITOR", "rule": {"visitor_source_id": "1"}}
    made = desk.call("audiences/create", body)
    partner, third = "549755885111", "549755885112"
    share = {"audience_id": made["id"], "operation_type": "SHARE"}
    desk.call(
        "update_ad_account_to_business_shared_audience",
        {**share, "recipient_business_ids": [partner]},
    )
    partners = {"business_id": partner, "user": partner}
    assert desk.call("shared_audiences_for_business/list", **partners)["items"] == [made]
    operation = "update_business_to_business_shared_audience"
    desk.call(operation, {**share, "recipient_business_ids": [third]}, **partners)
    asked = {"audience_id": made["id"], "account_type": "BUSINESS_ACCOUNT"}
    for query in (partners, {"business_id": USER}):
        found = desk.call("business_account_audiences_shared_accounts/list", **asked, **query)
        assert [one["account_id"] for one in found["items"]] == [partner, third]
    thirds = {"business_id": third, "user": third}
    assert desk.call("shared_audiences_for_business/list", **thirds)["items"] == [made]
    stop = {**share, "operation_type": "REVOKE", "recipient_business_ids": [third]}
    desk.call(operation, stop, **partners)
    assert desk.call("shared_audiences_for_business/list", **thirds)["items"] == []
    with pytest.raises(RejectedError, match="Audience not found"):
        desk.call(operation, stop, **thirds)


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
    assert (made["has_accepted_terms"], made["questions"]) == (True, [])
    answer = desk.call("lead_forms/update", [{"id": made["id"], "name": "Tell"}, {"id": "1"}])
    assert answer["items"][1]["exceptions"][0]["error_code"] == 404
    unaccepted = desk.call("lead_forms/create", [{"name": "Ask", "has_accepted_terms": False}])
    assert unaccepted["items"][0]["exceptions"][0]["error_code"] == 3078
    assert desk.call("lead_form/get", lead_form_id=made["id"]) == {**made, "name": "Tell"}


def test_subscriptions(desk: Desk) -> None:
    made = desk.call("ad_accounts_subscriptions/post", {"webhook_url": "https://shop.example/w"})
    assert len(base64.b64decode(made["cryptographic_key"] + "=")) == 32
    assert desk.call("ad_accounts_subscriptions/get_list")["items"] == [made]
    assert desk.call("ad_accounts_subscriptions/get_by_id", subscription_id=made["id"]) == made
    desk.call("ad_accounts_subscriptions/del_by_id", subscription_id=made["id"])
    with pytest.raises(RejectedError):
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


def test_product_groups_are_promoted_changed_and_archived_with_their_ad_group() -> None:
    desk = Desk(accounts=5, ads=60)
    desk.account = next(iter(desk.world.table("product_group_promotions")))["ad_account_id"]
    group = next(
        one["id"]
        for one in desk.world.table("ad_groups").by("ad_account_id", desk.account)
        if one["status"] == "ACTIVE"
    )
    wanted = [{"catalog_product_group_id": "1", "bid_in_micro_currency": 5}]
    body: dict[str, Any] = {"ad_group_id": group, "product_group_promotion": wanted}
    (done,) = desk.call("product_group_promotions/create", body)["items"]
    made = done["data"]
    assert made["ad_group_id"] == group
    changes = [{"id": made["id"], "bid_in_micro_currency": 7}, {"id": "1"}]
    answer = desk.call(
        "product_group_promotions/update",
        {"ad_group_id": group, "product_group_promotion": changes},
    )
    assert answer["items"][0]["data"] == {**made, "bid_in_micro_currency": 7}
    assert answer["items"][1]["exceptions"][0]["code"] == 404
    listed = desk.call("product_group_promotions/list", ad_group_id=group)["items"]
    assert answer["items"][0]["data"] in listed
    desk.call("ad_groups/update", [{"id": group, "status": "ARCHIVED"}])
    id = made["id"]
    read = desk.call("product_group_promotions/get", product_group_promotion_id=id)
    assert read["status"] == "ARCHIVED"
    body["product_group_promotion"] = wanted
    (refused,) = desk.call("product_group_promotions/create", body)["items"]
    assert "archived" in refused["exceptions"][0]["message"]


def test_labels_belong_to_campaigns(desk: Desk) -> None:
    campaign = desk.ids("campaigns")[0]
    wanted = [{"label_type": "BRAND", "value": "A"}, {"label_type": "CUSTOM", "value": "B"}]
    body = {"parent_id": campaign, "labels": wanted}
    first, second = desk.call("labels/create", body)["labels"]
    assert (first["value"], first["parent_id"], first["status"]) == ("A", campaign, "ACTIVE")

    def listed(**query: Any) -> list[Any]:
        pages: list[Any] = []
        bookmark = None
        while True:
            page = desk.call("labels/list", page_size=1, bookmark=bookmark, **query)
            pages += [label for item in page["items"] for label in item["labels"]]
            bookmark = page["bookmark"]
            if bookmark is None:
                return pages

    assert listed() == [first, second]
    assert listed(label_types=["CUSTOM"]) == [second]
    assert listed(campaign_ids=["1"]) == []
    changes = [{"id": first["id"], "status": "ARCHIVED"}, {"id": "1", "value": "C"}]
    answer = desk.call("labels/update", {"labels": changes})
    assert answer["labels"] == [{**first, "status": "ARCHIVED"}]
    assert "1" in answer["errors"][0]["error_messages"][0]
    assert listed() == [second]
    assert listed(entity_statuses=["ARCHIVED"]) == answer["labels"]
    with pytest.raises(RejectedError):
        desk.call("labels/create", {**body, "parent_id": desk.ids("ad_groups")[0]})
    answer = desk.call("labels/create", {"labels": wanted})
    assert (answer["labels"], len(answer["errors"])) == ([], 2)
    assert "parent_id" in answer["errors"][0]["error_messages"][0]


def test_targeting_templates(desk: Desk) -> None:
    names = [("Women in Ohio", ["female"]), ("Men", ["male"])]
    for name, gender in names:
        body = {"name": name, "targeting_attributes": {"GENDER": gender}}
        desk.call("targeting_template/create", body)
    women, men = desk.call("targeting_template/list")["items"]
    assert desk.call("targeting_template/list", search_query="ohio")["items"] == [women]
    (sized,) = desk.call("targeting_template/list", search_query="men", include_sizing=True)[
        "items"
    ][1:]
    reach = sized["sizing"]["reach_estimate"]
    assert reach["lower_bound"] < reach["estimate"] < reach["upper_bound"]
    attributes = {"GENDER": ["female"], "AGE_BUCKET": ["25-34"]}
    change = {"operation_type": "UPDATE", "targeting_attributes": attributes}
    desk.call("targeting_template/update", {"id": women["id"], **change})
    desk.call("targeting_template/update", {"id": men["id"], "operation_type": "REMOVE"})
    (left,) = desk.call("targeting_template/list")["items"]
    assert left["targeting_attributes"] == attributes
    with pytest.raises(RejectedError):
        desk.call("targeting_template/update", {"id": men["id"], **change})


def test_promotions(desk: Desk) -> None:
    item = {"promotion_title": "Spring", "promotion_type": "SITEWIDE"}
    made = dict(desk.call("promotions/create", [item])["promotions"][0]["data"])
    answer = desk.call("promotions/update", [{"id": made["id"], "end_time": 9}, {"id": "1"}])
    assert answer["promotions"][1]["exception"]["code"] == 404
    assert desk.call("promotions/get", promotion_id=made["id"]) == {**made, "end_time": 9}
    desk.call("promotions/delete", promotion_id=made["id"])
    assert desk.call("promotions/list")["items"] == []


def test_conversion_tags(desk: Desk) -> None:
    assert desk.call("ocpm_eligible_conversion_tags/get") == {}
    made = desk.call("conversion_tags/create", {"name": "Shop", "aem_enabled": True})
    assert made["configs"]["aem_enabled"] is True
    assert made["configs"]["aem_ph_enabled"] is False
    unset = desk.call("conversion_tags/create", {"name": "Unset", "aem_enabled": None})
    assert unset["configs"]["aem_enabled"] is False
    assert unset["configs"]["md_frequency"] == 1
    assert made["id"] in made["code_snippet"]
    assert desk.call("conversion_tags/list")["items"] == [made, unset]
    # Neither has fired: no website has their code.
    assert desk.call("page_visit_conversion_tags/get")["items"] == []
    assert desk.call("ocpm_eligible_conversion_tags/get") == {}
    table = desk.world.table("conversion_tags")
    table.get(made["id"], RejectedError(404, 404, ""))["last_fired_time_ms"] = 1_781_006_400_000
    assert desk.call("conversion_tags/get", conversion_tag_id=made["id"]) == made
    (visit,) = desk.call("page_visit_conversion_tags/get")["items"]
    assert visit in desk.call("ocpm_eligible_conversion_tags/get")["PAGE_VISIT"]
    assert visit["conversion_tag_id"] == made["id"]


def test_audiences_are_shared_and_taken_back(desk: Desk) -> None:
    body: dict[str, Any] = {"name": "Buyers", "audience_type": "VISITOR", "rule": {}}
    audience = desk.call("audiences/create", body)
    owner = desk.account
    other = [one["id"] for one in desk.world.table("ad_accounts")][1]
    share = {"audience_id": audience["id"], "operation_type": "SHARE"}
    with_accounts = "update_ad_account_to_ad_account_shared_audience"
    for _ in range(2):
        desk.call(with_accounts, {**share, "recipient_account_ids": [other]})
    with_businesses = "update_ad_account_to_business_shared_audience"
    desk.call(with_businesses, {**share, "recipient_business_ids": ["77"]})

    def recipients(kind: str) -> list[str]:
        found = desk.call(
            "ad_accounts_audiences_shared_accounts/list",
            audience_id=audience["id"],
            account_type=kind,
        )
        return [one["account_id"] for one in found["items"]]

    assert recipients("AD_ACCOUNT") == [other]
    assert recipients("BUSINESS_ACCOUNT") == ["77"]
    desk.account = other
    assert desk.call("audiences/list", ownership_type="OWNED")["items"] == []
    assert desk.call("audiences/list", ownership_type="RECEIVED")["items"] == [audience]
    desk.account = owner
    revoke = {**share, "operation_type": "REVOKE", "recipient_account_ids": [other, "5"]}
    desk.call(with_accounts, revoke)
    assert recipients("AD_ACCOUNT") == []


def put(desk: Desk, url: str, body: bytes, method: str = "PUT") -> Reply:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    visit = FileRequest(
        method=method, path=parts.path, query=query, headers={}, body=body, now=desk.now
    )
    return FILE_HANDLERS[parts.path.split("/")[1]](desk.world, visit)


def test_customer_lists_are_uploaded_in_parts(desk: Desk) -> None:
    held = desk.call("customer_lists/create", {"name": "Spring", "records": "a@x.example"})
    ids = {"customer_list_id": held["id"]}

    def begun(operation: str) -> tuple[str, list[str]]:
        body = {"operation": operation, "total_parts": 2}
        said = desk.call("customer_list_uploads/create", body, **ids)
        parts = said["s3_multipart_upload_data"]["file_parts"]
        return said["customer_list_upload"]["id"], [part["presigned_url"] for part in parts]

    def ended(upload: str) -> Any:
        desk.call("customer_list_uploads/run", customer_list_upload_id=upload, **ids)
        for _ in range(5):
            said = desk.call("customer_list_uploads/get", customer_list_upload_id=upload, **ids)
            if said["state"] != "RUNNING":
                return said
        raise AssertionError("it never ended")

    upload, (first, second) = begun("ADD")
    put(desk, first, b"a@x.example\nb@x.example\n")
    assert put(desk, second, b"c@x.example").headers["ETag"]
    with pytest.raises(RejectedError, match="Signature"):
        put(desk, first.replace("/1?", "/2?"), b"")
    with pytest.raises(RejectedError, match="Method"):
        put(desk, first, b"", "POST")
    done = ended(upload)
    assert done["state"] == "SUCCEEDED"
    assert done["record_counts"] == {"invalid": 0, "processed": 3, "valid": 3}
    assert ended(upload) == done
    read = desk.call("customer_lists/get", **ids)
    assert (read["num_uploaded_user_records"], read["num_removed_user_records"]) == (4, 0)
    upload, (first, _) = begun("REMOVE")
    put(desk, first, b"a@x.example")
    failed = ended(upload)
    assert (failed["state"], failed["error_counts"][0]["count"]) == ("FAILED", 1)
    assert desk.call("customer_lists/get", **ids)["num_removed_user_records"] == 0
