"""Catalogs, feeds, items, product groups and reports agree with each other."""

import csv
import io
from typing import Any

from emulator.bench import Caller, Clock, made, walked

STRANGER = "549755885999"
FEED = {
    "name": "Lamps",
    "format": "CSV",
    "location": "https://shop.example/lamps.csv",
    "default_country": "DE",
    "default_locale": "de-DE",
    "catalog_type": "RETAIL",
}
LAMP = {
    "title": "Paper lamp",
    "description": "Made of paper.",
    "link": "https://shop.example/lamp",
    "image_link": "https://shop.example/lamp.jpg",
    "price": "19.90 EUR",
    "availability": "preorder",
    "brand": "Lumen",
}


async def batch(call: Caller, operation: str, *items: Any) -> Any:
    body = {"country": "DE", "language": "DE", "operation": operation, "items": items}
    said = await call("POST", "/catalogs/items/batch", json=body)
    assert said.status == 200, said.text
    posted = said.json
    assert (posted["status"], posted["completed_time"]) == ("PROCESSING", None)
    assert {item["status"] for item in posted["items"]} == {"PROCESSING"}
    path = f"/catalogs/items/batch/{posted['batch_id']}"
    assert (await call("GET", path)).json == posted
    done = (await call("GET", path)).json
    assert done["status"] == "COMPLETED"
    assert (await call("GET", path)).json == done
    return done["items"]


async def item(call: Caller, name: str) -> Any:
    filters = {"catalog_type": "RETAIL", "item_ids": [name]}
    body = {"country": "DE", "language": "DE", "filters": filters}
    said = await call("POST", "/catalogs/items", json=body)
    assert said.status == 200, said.text
    return said.json["items"][0]


async def test_a_merchant_without_a_catalog_gets_an_error_that_says_so(call: Caller) -> None:
    token = call.emulator.issue_token(STRANGER)
    for target in ("/catalogs/product_groups", "/catalogs/reports?token=1"):
        assert (await call("GET", target, token=token)).error == (409, 4182)
    assert (await call("GET", "/catalogs", token=token)).json["items"] == []
    assert (await call("POST", "/catalogs/feeds", json=FEED, token=token)).error == (409, 4168)
    body = {"catalog_type": "HOTEL", "name": "Rooms"}
    catalog = (await call("POST", "/catalogs", json=body, token=token)).json
    assert (await call("GET", "/catalogs", token=token)).json["items"] == [catalog]
    assert (await call("GET", "/catalogs/product_groups", token=token)).json["items"] == []
    foreign = f"/catalogs?ad_account_id={(await walked(call, '/ad_accounts'))[0]['id']}"
    assert (await call("GET", foreign, token=token)).error == (401, 29)


async def test_a_feed_is_taken_in_and_goes_with_all_it_brought(call: Caller) -> None:
    feed = await made(call, "/catalogs/feeds", **FEED)
    path = f"/catalogs/feeds/{feed['id']}"
    assert (await call("POST", "/catalogs/feeds", json=FEED)).error == (422, 4170)
    assert (await call("GET", path)).json == feed
    results = await walked(call, f"{path}/processing_results")
    assert [(one["status"], one["product_counts"]) for one in results] == [("PROCESSING", None)]
    (result,) = await walked(call, f"{path}/processing_results")
    counts = result["product_counts"]
    assert (result["status"], counts["original"]) == ("COMPLETED", counts["ingested"] + 1)
    assert sum(result["ingestion_details"]["info"].values()) == counts["ingested"]
    issues = await walked(call, f"/catalogs/processing_results/{result['id']}/item_issues")
    assert result["validation_details"]["errors"] == {"IMAGE_LINK_MISSING": len(issues)}

    changed = (await call("PATCH", path, json={"name": "All lamps"})).json
    assert changed == {**feed, "name": "All lamps"}
    assert (await call("PATCH", path, json={"catalog_type": "HOTEL"})).error == (400, 1)
    filters = {"all_of": [{"MIN_PRICE": {"values": 0}}]}
    body = {"feed_id": feed["id"], "name": "All", "filters": filters}
    group = await made(call, "/catalogs/product_groups", **body)
    group_path = f"/catalogs/product_groups/{group['id']}"
    total = (await call("GET", f"{group_path}/product_counts")).json["total"]
    assert total == counts["ingested"]
    assert (await call("DELETE", path)).status == 204
    for gone, code in ((path, 4161), (group_path, 4180)):
        assert (await call("GET", gone)).error == (404, code)
    gone = f"/catalogs/processing_results/{result['id']}/item_issues"
    assert (await call("GET", gone)).error == (404, 4184)


async def test_a_feed_that_cannot_be_fetched_fails(call: Caller) -> None:
    feed = await made(call, "/catalogs/feeds", **FEED)
    path = f"/catalogs/feeds/{feed['id']}"
    for _ in range(2):
        await walked(call, f"{path}/processing_results")
    await call("PATCH", path, json={"location": "https://shop.example/fail.csv"})
    again = (await call("POST", f"{path}/ingest")).json
    assert (again["feed_id"], again["status"]) == (feed["id"], "PROCESSING")
    await walked(call, f"{path}/processing_results")
    results = await walked(call, f"{path}/processing_results")
    assert [one["status"] for one in results] == ["COMPLETED", "FAILED"]


async def test_feeds_ask_for_a_country_and_a_language(call: Caller) -> None:
    body = {name: FEED[name] for name in ("name", "format", "location")}
    assert (await call("POST", "/catalogs/feeds", json=body)).error == (501, 4181)
    body = {**FEED, "catalog_id": "1"}
    assert (await call("POST", "/catalogs/feeds", json=body)).error == (404, 678)


async def test_batches_write_items_one_by_one(call: Caller) -> None:
    done = await batch(
        call,
        "CREATE",
        {"item_id": "lamp", "attributes": LAMP},
        {"item_id": "lamp", "attributes": LAMP},
        {"item_id": "bare", "attributes": {"title": "Bare"}},
    )
    assert [one["status"] for one in done] == ["SUCCESS", "FAILURE", "FAILURE"]
    assert "image_link" in {error["attribute"] for error in done[2]["errors"]}
    priced = {"item_id": "dear", "attributes": {**LAMP, "price": "nine"}}
    (dear,) = await batch(call, "CREATE", priced)
    assert [error["attribute"] for error in dear["errors"]] == ["price"]
    read = await item(call, "lamp")
    assert read["attributes"] == {**LAMP, "image_link": [LAMP["image_link"]]}
    assert read["pins"][0]["title"] == LAMP["title"]

    update = {"attributes": {"price": "9.90 EUR", "title": "No"}, "update_mask": ["price"]}
    done = await batch(call, "UPDATE", {"item_id": "lamp", **update}, {"item_id": "x", **update})
    assert [one["status"] for one in done] == ["SUCCESS", "FAILURE"]
    attributes = (await item(call, "lamp"))["attributes"]
    assert (attributes["price"], attributes["title"]) == ("9.90 EUR", LAMP["title"])
    done = await batch(call, "UPSERT", {"item_id": "lamp", "attributes": {**LAMP, "title": "Y"}})
    assert (await item(call, "lamp"))["attributes"]["title"] == "Y"
    done = await batch(call, "DELETE", {"item_id": "lamp"}, {"item_id": "lamp"})
    assert [one["status"] for one in done] == ["SUCCESS", "FAILURE"]
    assert (await item(call, "lamp"))["errors"]
    assert (await call("GET", "/catalogs/items/batch/1")).error == (404, 4331)


async def test_product_groups_hold_what_their_filters_let_through(call: Caller) -> None:
    feed = (await walked(call, "/catalogs/feeds"))[0]
    lists = "/catalogs/products/get_by_product_group_filters"

    async def names(*criteria: Any, word: str = "all_of") -> set[str]:
        body = {"feed_id": feed["id"], "filters": {word: criteria}}
        said = await call("POST", f"{lists}?page_size=250", json=body)
        return {one["metadata"]["item_id"] for one in said.json["items"]}

    everything = await names({"MIN_PRICE": {"values": 0}})
    cheap = {"MAX_PRICE": {"values": 80}}
    quartz = {"BRAND": {"values": ["Quartz"]}}
    stocked = {"AVAILABILITY": {"values": ["IN_STOCK"]}}
    assert set() < await names(cheap) < everything
    assert await names(cheap, quartz) == await names(cheap) & await names(quartz)
    both = await names(cheap, quartz, word="any_of")
    assert both == await names(cheap) | await names(quartz)
    dear = await names({"MAX_PRICE": {"values": 80, "negated": True}})
    assert dear == everything - await names(cheap)
    rugs = await names({"PRODUCT_TYPE_1": {"values": [["Home", "Wool rug"]]}})
    assert rugs == await names({"TITLE_KEYWORDS": {"values": ["wool RUG"]}}) != set()
    groups = await walked(call, f"/catalogs/product_groups?feed_id={feed['id']}")
    (group,) = [one for one in groups if one["name"] == "In stock"]
    reference = {"PRODUCT_GROUP": {"values": [group["id"]]}}
    assert await names(reference) == await names(stocked)
    products = await walked(call, f"/catalogs/product_groups/{group['id']}/products", size=5)
    assert {one["metadata"]["item_id"] for one in products} == await names(stocked)
    body = {"feed_id": feed["id"], "filters": {"all_of": [{"PRODUCT_GROUP": {"values": ["1"]}}]}}
    assert (await call("POST", lists, json=body)).error == (409, 4183)


async def test_product_groups_are_kept_apart(call: Caller) -> None:
    feed = (await walked(call, "/catalogs/feeds"))[0]
    known = await walked(call, "/catalogs/product_groups")
    body: dict[str, Any] = {
        "feed_id": feed["id"],
        "name": "New",
        "filters": {"any_of": [{"MIN_PRICE": {"values": 3}}]},
    }
    group = await made(call, "/catalogs/product_groups", **body)
    path = f"/catalogs/product_groups/{group['id']}"
    brands: dict[str, Any] = {"any_of": [{"BRAND": {"values": []}}]}
    others: list[tuple[Any, int]] = [
        ({**body, "name": "Other"}, 4178),
        ({**body, "filters": brands}, 4179),
    ]
    for other, code in others:
        assert (await call("POST", "/catalogs/product_groups", json=other)).error == (409, code)
    many = "/catalogs/product_groups/multiple"
    bodies = [
        {**body, "name": str(n), "filters": {"any_of": [{"MAX_PRICE": {"values": n}}]}}
        for n in range(3)
    ]
    assert (await call("POST", many, json=[*bodies, body])).error[0] == 409
    assert await walked(call, "/catalogs/product_groups") == [*known, group]
    ids = (await call("POST", many, json=bodies)).json
    assert len(await walked(call, "/catalogs/product_groups")) == len(known) + 4
    changed = (await call("PATCH", path, json={"description": "x"})).json
    assert changed == (await call("GET", path)).json == {**group, "description": "x"}
    assert (await call("DELETE", f"{many}?id={','.join(ids)}")).status == 204
    assert (await call("DELETE", path)).status == 204
    assert (await call("DELETE", path)).error == (404, 4180)
    assert await walked(call, "/catalogs/product_groups") == known
    (automatic,) = [one for one in known if one["type"] == "ALL_PRODUCTS"]
    gone = f"/catalogs/product_groups/{automatic['id']}"
    assert (await call("DELETE", gone)).error == (409, 4177)


async def test_reports_are_asked_for_and_downloaded(call: Caller, clock: Clock) -> None:
    feed = (await walked(call, "/catalogs/feeds"))[0]
    report = {"report_type": "ALL_ITEMS", "catalog_id": feed["catalog_id"]}
    body = {"catalog_type": "RETAIL", "report": report}
    token = (await call("POST", "/catalogs/reports", json=body)).json["token"]
    path = f"/catalogs/reports?token={token}"
    while (said := (await call("GET", path)).json)["report_status"] != "FINISHED":
        assert said["url"] is None
    async with call.session.get(said["url"]) as answer:
        text = await answer.text()
    assert len(text.encode()) == said["size"]
    rows = [*csv.DictReader(io.StringIO(text))]
    counts = [
        one
        for one in await walked(call, "/catalogs/product_groups")
        if one["type"] == "ALL_PRODUCTS"
    ]
    total = (await call("GET", f"/catalogs/product_groups/{counts[0]['id']}/product_counts")).json
    assert len({row["item_id"] for row in rows}) == total["total"]
    assert (await call("GET", "/catalogs/reports?token=1")).error == (400, 1104)
    report = {"report_type": "FEED_INGESTION_ISSUES", "feed_id": "1"}
    body = {"catalog_type": "RETAIL", "report": report}
    assert (await call("POST", "/catalogs/reports", json=body)).error == (404, 4161)
    stats = "/catalogs/reports/stats?parameters[catalog_type]=RETAIL&parameters[report]"
    stats = f"{stats}[report_type]=FEED_INGESTION_ISSUES&parameters[report][feed_id]={feed['id']}"
    (row,) = (await call("GET", stats)).json["items"]
    assert (row["code_label"], row["occurrences"]) == ("IMAGE_LINK_MISSING", 1)
    assert row["catalog_id"] == feed["catalog_id"]
    clock.now += 3600
    assert (await call("GET", path)).error == (400, 1104)


async def test_filter_values_are_those_of_the_items(call: Caller) -> None:
    catalog = (await walked(call, "/catalogs"))[0]
    said = await call("GET", f"/catalogs/available_filter_values?catalog_id={catalog['id']}")
    values = said.json["filter_values"]
    assert "Quartz" in values["brand"]
    assert values["product_type_0"] == ["Home"]
    assert values["media_type"] == ["IMAGE"]
    gone = "/catalogs/available_filter_values?catalog_id=1"
    assert (await call("GET", gone)).error == (404, 678)
