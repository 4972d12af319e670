"""Insertion orders, order lines, bids on items and ads credits: what is written is found again."""

from typing import Any

import pytest_asyncio
from emulator.bench import Caller

ORDER: dict[str, Any] = {
    "accepted_terms_id": "t1",
    "accepted_terms_time": 1_781_000_000,
    "billing_contact_email": "b@shop.example",
    "billing_contact_firstname": "B",
    "billing_contact_lastname": "C",
    "billto_billing_address_id": "1",
    "billto_business_address_id": "2",
    "billto_company_id": "Shop Ltd",
    "budget_amount": 1500.5,
    "currency_info": "USD",
    "end_date": "2026-09-30",
    "media_contact_email": "m@shop.example",
    "media_contact_firstname": "M",
    "media_contact_lastname": "N",
    "order_line_type": "BUDGET",
    "order_name": "Summer",
    "pmp_id": "p1",
    "po_number": "PO-7",
    "start_date": "2026-07-01",
    "user_email": "u@shop.example",
}


@pytest_asyncio.fixture
async def of(call: Caller) -> str:
    said = await call("GET", "/ad_accounts")
    return f"/ad_accounts/{said.json['items'][0]['id']}"


async def got(call: Caller, target: str) -> Any:
    said = await call("GET", target)
    assert said.status == 200, said.text
    return said.json


async def sent(call: Caller, target: str, body: Any, status: int = 200) -> Any:
    said = await call("POST", target, json=body)
    assert said.status == status, said.text
    return said.json


async def test_an_order_is_found_by_every_way(call: Caller, of: str) -> None:
    ids = [
        (await sent(call, f"{of}/ssio/insertion_orders", {**ORDER, "order_name": name}))[
            "pin_order_id"
        ]
        for name in ("Summer", "Autumn")
    ]
    statuses = (await got(call, f"{of}/ssio/insertion_orders/status"))["items"]
    assert [one["pin_order_id"] for one in statuses] == ids
    assert await got(call, f"{of}/ssio/insertion_orders/{ids[0]}/status") == statuses[0]
    assert (await call("GET", f"{of}/ssio/insertion_orders/9/status")).status == 404
    (summer,) = (await got(call, f"{of}/ssio/order_lines?pin_order_id={ids[0]}"))["items"]
    kept = ORDER.keys() & summer.keys() - {"accepted_terms_time"}
    assert len(kept) > 10
    assert {name: summer[name] for name in kept} == {name: ORDER[name] for name in kept}
    assert (summer["bill_to_company_name"], summer["pmp_name"]) == ("Shop Ltd", "p1")
    assert summer["accepted_terms_time"] == "2026-06-09T10:13:20.000Z"
    assert len((await got(call, f"{of}/ssio/order_lines"))["items"]) == 2

    line = summer["ads_manager_order_line_id"]
    change = {"ads_manager_order_line_id": line, "budget_amount": 9.0, "po_number": "PO-8"}
    said = await call("PATCH", f"{of}/ssio/insertion_orders", json=change)
    assert (said.status, said.json["pin_order_id"]) == (200, ids[0])
    read = await got(call, f"{of}/order_lines/{line}")
    assert (read["budget"], read["purchase_order_id"], read["name"]) == (9, "PO-8", "Summer")
    assert read["campaign_ids"] == []
    campaign = {"name": "Billed", "objective_type": "AWARENESS", "order_line_id": line}
    campaign |= {"ad_account_id": of.rpartition("/")[2], "daily_spend_cap": 10**8}
    made = (await sent(call, f"{of}/campaigns", [campaign]))["items"][0]["data"]
    lines = (await got(call, f"{of}/order_lines"))["items"]
    assert [one["campaign_ids"] for one in lines] == [[made["id"]], []]
    unknown = {"salesforce_order_line_id": "no"}
    assert (await call("PATCH", f"{of}/ssio/insertion_orders", json=unknown)).status == 404


async def test_bids_are_those_that_were_submitted(call: Caller) -> None:
    catalog = (await got(call, "/catalogs"))["items"][0]["id"]
    item = {"country": "US", "language": "EN", "item_id": "lamp"}

    async def submit(status: int, *items: dict[str, Any]) -> Any:
        body = {"catalog_id": catalog, "items": [{**item, **one} for one in items]}
        return (await sent(call, "/advanced_auction/items/submit", body, status))["items"]

    async def read(*names: str) -> Any:
        wanted = [{**item, "item_id": name} for name in names]
        body = {"catalog_id": catalog, "items": wanted}
        return (await sent(call, "/advanced_auction/items/get", body))["items"]

    bids = {"bid_in_micro_currency": 5, "placement_multipliers": {"SEARCH": 1.5}}
    upsert = {"operation": "UPSERT", "update_mask": None}
    await submit(200, {**upsert, "bid_options": bids})
    (lamp,) = await read("lamp", "rug")
    assert lamp == {**item, "bid_options": {**bids, "app_type_multipliers": None}}
    raised = {"bid_in_micro_currency": 7}
    await submit(200, {**upsert, "update_mask": ["BID"], "bid_options": raised})
    (lamp,) = await read("lamp")
    assert lamp["bid_options"] == {**bids, "app_type_multipliers": None, **raised}
    elsewhere = {**upsert, "country": "CA", "bid_options": {"bid_in_micro_currency": 1}}
    await submit(200, elsewhere)
    assert await read("lamp") == [lamp]
    gone, never = await submit(206, {"operation": "DELETE"}, {"operation": "DELETE"})
    assert (gone["errors"], never["errors"][0]["code"]) == ([], 404)
    assert await read("lamp") == []
    body = {"catalog_id": "1", "items": [item]}
    assert (await call("POST", "/advanced_auction/items/get", json=body)).error == (404, 678)


async def test_a_credit_is_given_once(call: Caller, of: str) -> None:
    async def redeem(code: str, *, only: bool = False) -> Any:
        return await sent(
            call, f"{of}/ads_credit/redeem", {"offerCodeHash": code, "validateOnly": only}
        )

    assert (await redeem("abc1", only=True))["success"] is True
    assert (await got(call, f"{of}/ads_credit/discounts"))["items"] == []
    assert (await redeem("abc1"))["success"] is True
    again = await redeem("abc1")
    assert (again["success"], again["errorCode"]) == (False, 2)
    assert (await redeem(""))["errorCode"] == 1
    (credit,) = (await got(call, f"{of}/ads_credit/discounts"))["items"]
    assert credit["discountInMicroCurrency"] == credit["remainingDiscountInMicroCurrency"] > 0
    assert credit["advertiser_id"] == of.rpartition("/")[2]
