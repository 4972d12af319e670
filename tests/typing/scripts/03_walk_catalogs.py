"""All catalogs with their feeds, how the feeds were last processed, and product groups."""

from pinterest_async import Pinterest


async def main(pinterest: Pinterest) -> None:
    async for catalog in pinterest.catalogs.list():
        print(f"{catalog.name} ({catalog.catalog_type}) since {catalog.created_at:%d %b %Y}")
        async for feed in pinterest.catalog_feeds.list(catalog_id=catalog.id):
            print(f"  feed {feed.id} {feed.name} {feed.format} {feed.status} from {feed.location}")
            if feed.catalog_type == "RETAIL":
                print("    prices in", feed.default_currency, "for", feed.default_country)
            results = await pinterest.catalog_feeds.list_processing_results(feed.id, page_size=1)
            for result in results:
                print("   ", result.status, result.created_at)
                counts = result.product_counts
                if counts:
                    print(f"    {counts.original} items, {counts.ingested} taken")
                async for issue in pinterest.catalog_feeds.list_item_issues(result.id).limit(5):
                    print("    item", issue.item_number, issue.item_id, issue.errors)
        groups = await pinterest.catalog_product_groups.list(catalog_id=catalog.id).collect()
        by_id = {group.id: group for group in groups}
        for group_id, group in sorted(by_id.items()):
            there = await pinterest.catalog_product_groups.product_counts(group_id)
            print(f"  {group.catalog_type} group {group.name}: {there.total} products")
            async for product in pinterest.catalog_product_groups.list_products(group_id).limit(3):
                if product.catalog_type == "HOTEL":
                    print("    hotel", product.metadata.hotel_id, product.pin.id)
                elif product.catalog_type == "RETAIL":
                    print("    item", product.metadata.item_id, f"{product.metadata.price:.2f}")
