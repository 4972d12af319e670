"""Make a product group of what is cheap, rename it, look at its products, delete it."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    catalogs = [one async for one in pinterest.catalogs.list() if one.catalog_type == "RETAIL"]
    catalog = catalogs[0]
    group = await pinterest.catalog_product_groups.create(
        {
            "catalog_type": "RETAIL",
            "catalog_id": catalog.id,
            "name": "Under 50 dollars",
            "description": "For the sale",
            "country": "US",
            "locale": "en-US",
            "filters": {
                "all_of": [
                    {"MAX_PRICE": {"values": 50, "inclusion": True, "negated": False}},
                    {"AVAILABILITY": {"values": ["IN_STOCK"], "negated": False}},
                ]
            },
        }
    )
    if group.catalog_type == "RETAIL":
        print(group.id, group.name, group.status, group.country)
    changed = await pinterest.catalog_product_groups.update(
        group.id, {"catalog_type": "RETAIL", "name": "Under 50"}
    )
    print(f"{group.name} is now {changed.name}")
    counts = await pinterest.catalog_product_groups.product_counts(group.id)
    if counts.catalog_type == "RETAIL":
        share = counts.in_stock / counts.total if counts.total else 0
        print(f"{counts.total} products, {share:.0%} in stock")
    await pinterest.catalog_product_groups.delete(group.id)
