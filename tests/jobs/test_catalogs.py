"""Batches of catalog items and of local inventory, and readings of feeds, over real sockets."""

import json
from typing import Any

import pytest

from pinterest_async import (
    APIError,
    InvalidCallError,
    ItemsFailedError,
    JobFailedError,
    JobProgress,
    JobTimeoutError,
    Pinterest,
    Polling,
)
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import read
from pinterest_async.jobs.batches import SentBatch

LAMP = {
    "title": "Paper lamp",
    "description": "Made of paper.",
    "link": "https://shop.example/lamp",
    "image_link": "https://shop.example/lamp.jpg",
    "price": "19.90 EUR",
    "availability": "preorder",
}
FEED: Any = {
    "name": "Lamps",
    "format": "CSV",
    "location": "https://shop.example/lamps.csv",
    "default_country": "DE",
    "default_locale": "de-DE",
    "catalog_type": "RETAIL",
}


def items(count: int, *wrong: int) -> Any:
    """A body with this many items, some of which lack a price."""
    rows = [
        {"item_id": f"lamp-{n}", "operation": "UPSERT", "attributes": {**LAMP, "title": f"{n}"}}
        for n in range(count)
    ]
    for n in wrong:
        rows[n]["attributes"] = {**LAMP, "price": "cheap"}
    return {"catalog_type": "RETAIL", "country": "DE", "language": "DE", "items": rows}


async def test_any_number_of_items_and_what_became_of_each(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    steps: list[JobProgress] = []
    outcomes = await client.catalog_item_batches.run(
        items(2500, 3, 1999), polling=polling, progress=steps.append
    )
    assert len(emulator.calls("catalog_item_batches.create")) == 3
    assert [one.index for one in outcomes] == list(range(2500))
    assert all(one.item["item_id"] == f"lamp-{one.index}" for one in outcomes)
    assert [one.index for one in outcomes.failed] == [3, 1999]
    assert "price" in str(outcomes[1999].failed)
    assert all(one.result["item_id"] == one.item["item_id"] for one in outcomes if one.result)
    assert [one.sent for one in steps if one.step == "sending"] == [1000, 2000, 2500]
    with pytest.raises(ItemsFailedError) as caught:
        outcomes.raise_for_failures()
    assert [one.index for one in caught.value.failures] == [3, 1999]


async def test_a_batch_that_cannot_be_sent_fails_its_own_items_only(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(
        read("error:operation=catalog_item_batches.create,status=500,skip=1,times=1")
    )
    outcomes = await client.catalog_item_batches.run(items(2500), polling=polling)
    assert [one.index for one in outcomes.failed] == list(range(1000, 2000))
    assert outcomes[1000].failed is not None
    assert outcomes[1000].failed.code == 500


async def test_where_no_batch_can_be_sent_the_error_is_raised(
    emulator: Emulator, client: Pinterest
) -> None:
    emulator.faults.add(read("error:operation=catalog_item_batches.create,status=403"))
    with pytest.raises(APIError):
        await client.catalog_item_batches.run(items(1500))


async def test_a_wrong_item_is_named_by_its_place_before_anything_is_sent(
    emulator: Emulator, client: Pinterest
) -> None:
    body = items(1500)
    body["items"][1203]["item_id"] = 7
    with pytest.raises(InvalidCallError) as caught:
        await client.catalog_item_batches.run(body)
    assert caught.value.problems[0].field == "items[1203].item_id"
    others: list[Any] = [{**body, "items": []}, {**body, "items": None}, None]
    for wrong in others:
        with pytest.raises(InvalidCallError, match="is no list of items"):
            await client.catalog_item_batches.run(wrong)
    assert emulator.calls() == []


async def test_batches_go_on_in_another_process(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=catalog_item_batches.get,state=PROCESSING,times=4"))
    job = await client.catalog_item_batches.start(items(1200, 1100))
    assert (await job.status()).state == "PROCESSING"
    with pytest.raises(JobTimeoutError):
        await job.result(timeout=0, polling=polling)
    saved = json.loads(json.dumps(job.save()))
    outcomes = await client.job(saved).result(polling=polling)
    assert [one.index for one in outcomes.failed] == [1100]
    assert len(emulator.calls("catalog_item_batches.create")) == 2
    assert len(repr(job)) < 100


async def test_a_failed_batch_fails_the_items_that_it_does_not_name(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    emulator.faults.add(read("job:operation=catalog_item_batches.get,state=FAILED"))
    outcomes = await client.catalog_item_batches.run(items(2), polling=polling)
    assert [str(one.failed) for one in outcomes] == ["the batch ended as FAILED"] * 2
    emulator.faults.clear()
    emulator.faults.add(read("job:operation=catalog_item_batches.get,state=LOST"))
    with pytest.raises(JobFailedError, match="ended as LOST"):
        await client.catalog_item_batches.run(items(2), polling=polling)


def test_what_is_sent_is_small_when_saved() -> None:
    from msgspec import to_builtins

    assert to_builtins(SentBatch(count=3, batch_id="1")) == {"count": 3, "batch_id": "1"}


async def test_local_inventory(emulator: Emulator, client: Pinterest, polling: Polling) -> None:
    [catalog] = [one for one in await client.catalogs.list() if one.catalog_type == "RETAIL"]
    operations: Any = [
        {
            "operation": "UPSERT",
            "item_id": f"lamp-{n}",
            "store_code": "berlin",
            "attributes": {"availability": "in stock", "price": "19.90 EUR"},
        }
        for n in range(1001)
    ]
    operations.append({"operation": "DELETE", "item_id": "none", "store_code": "berlin"})
    outcomes = await client.local_inventory.run(catalog.id, operations, polling=polling)
    assert [one.index for one in outcomes.failed] == [1001]
    assert len(emulator.calls("local_inventory.create_batch")) == 2
    found = await client.local_inventory.query(
        catalog.id, item_filters=[{"item_id": "lamp-1000", "store_code": "berlin"}]
    )
    assert [one.price for one in found.items] == ["19.90 EUR"]
    job = await client.local_inventory.start(catalog.id, operations[-1:])
    again = await client.job(job.save()).result(polling=polling)
    assert "no such item" in str(again[0].failed)
    update: Any = {**operations[0], "operation": "UPDATE", "attributes": {"price": "1 EUR"}}
    create: Any = {**operations[0], "operation": "CREATE"}
    mixed = await client.local_inventory.run(catalog.id, [update, create], polling=polling)
    assert [one.failed is None for one in mixed] == [True, False]


@pytest.mark.parametrize("named", [True, False], ids=["with an id", "without a body"])
async def test_a_feed_is_followed_to_its_result_and_issues(
    named: bool, emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    feed = await client.catalog_feeds.create(FEED)
    earlier = await client.catalog_feeds.list_processing_results(feed.id)
    if not named:
        emulator.hooks.append(NoBody())
    with pytest.warns() if not named else nothing():
        job = await client.catalog_feeds.start_ingestion(feed.id)
    read_again = await client.job(json.loads(json.dumps(job.save()))).result(polling=polling)
    assert read_again.result.status == "COMPLETED"
    assert read_again.result.id not in [one.id for one in earlier.items]
    issues = await read_again.issues().collect()
    assert sum(read_again.result.validation_details.errors.values()) == len(issues)


def nothing() -> Any:
    import contextlib

    return contextlib.nullcontext()


class NoBody:
    """Answers the reading of a feed with 204, as an older version of the API does."""

    def before(self, operation: Any, incoming: Any) -> None:
        assert operation.name
        assert incoming.method

    def after(self, operation: Any, incoming: Any, answer: Any) -> Any:
        if operation.name == "ingest" and incoming.method == "POST":
            answer.status, answer.body = 204, b""
        return answer


async def test_a_feed_that_cannot_be_read_is_told_with_its_errors(
    emulator: Emulator, client: Pinterest, polling: Polling
) -> None:
    feed = await client.catalog_feeds.create(FEED)
    job = await client.catalog_feeds.start_ingestion(feed.id)
    for row in emulator.world.table("processing_results"):
        row["status"] = "FAILED"
    with pytest.raises(JobFailedError, match="ended as FAILED"):
        await job.result(polling=polling)
