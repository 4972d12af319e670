"""Put two items into a catalog, and tell for each what became of it."""

import asyncio

from pinterest_async import Pinterest

PRICES = {"lamp-1": 19.9, "lamp-2": 24.5}


async def main(pinterest: Pinterest) -> None:
    [catalog] = await pinterest.catalogs.list().limit(1).collect()
    batch = await pinterest.catalog_item_batches.create(
        {
            "catalog_type": "RETAIL",
            "catalog_id": catalog.id,
            "country": "US",
            "language": "EN",
            "items": [
                {
                    "operation": "UPSERT",
                    "item_id": item_id,
                    "attributes": {
                        "title": item_id.title(),
                        "description": "A lamp",
                        "link": f"https://shop.example/{item_id}",
                        "image_link": [f"https://shop.example/{item_id}.jpg"],
                        "price": f"{price:.2f} USD",
                        "availability": "in stock",
                    },
                }
                for item_id, price in PRICES.items()
            ],
        }
    )
    for _ in range(5):
        batch = await pinterest.catalog_item_batches.get(batch.batch_id)
        if batch.status in ("COMPLETED", "FAILED"):
            break
        await asyncio.sleep(0)
    if batch.catalog_type == "RETAIL":
        failed = [item for item in batch.items if item.status == "FAILURE"]
        for item in failed:
            print(item.item_id, [f"{error.attribute}: {error.message}" for error in item.errors])
        print(f"{len(batch.items) - len(failed)} of {len(batch.items)} items taken")
    items = await pinterest.catalog_items.get(
        country="US",
        language="EN",
        filters={"catalog_type": "RETAIL", "item_ids": list(PRICES)},
    )
    for one in items.items:
        print(one.item_id, one.pins)
