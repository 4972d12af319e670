"""Catalogs, feeds, items and product groups, and how products look in answers."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.model.pseudorandom import mix
from pinterest_async.emulator.model.world import Fields, World, picked, without

CATALOGS: Final = "catalogs"
FEEDS: Final = "feeds"
RESULTS: Final = "processing_results"
ITEMS: Final = "items"
GROUPS: Final = "product_groups"

KEYS: Final[Mapping[str, str]] = {
    "RETAIL": "item_id",
    "HOTEL": "hotel_id",
    "CREATIVE_ASSETS": "creative_assets_id",
}
"""The field that names an item, by the type of its catalog."""

_BRANDS: Final = ("Alder & Oak", "Fable", "Quartz", "North")
_THINGS: Final = ("Oak shelf", "Linen curtain", "Wool rug", "Tiled table", "Paper lamp")
_STATES: Final = ("in stock", "in stock", "in stock", "out of stock", "preorder")


def iso_time(now: dt.datetime) -> str:
    """A time as catalogs write it."""
    return f"{now:%Y-%m-%dT%H:%M:%SZ}"


def add_catalog(world: World, user: str, now: str, kind: str, name: str) -> Fields:
    """Add a catalog."""
    row = {"user": user, "catalog_type": kind, "name": name}
    return world.table(CATALOGS).create(row, {"created_at": now, "updated_at": now})


# Feeds and their ingestion


def add_feed(world: World, catalog: Fields, now: str, fields: Fields) -> Fields:
    """Add a feed to a catalog."""
    usual: Fields = {"status": "ACTIVE", "credentials": None, "default_availability": None}
    usual |= {"default_currency": None, "preferred_processing_schedule": None}
    places = picked(catalog, "user", "catalog_type")
    times = {"catalog_id": catalog["id"], "created_at": now, "updated_at": now}
    return world.table(FEEDS).create(usual, fields, places, times)


def start_ingestion(world: World, feed: Fields, now: str) -> Fields:
    """Start the ingestion of a feed; the second poll finds it finished."""
    row: Fields = {"feed_id": feed["id"], "status": "PROCESSING", "polls": 0}
    row |= {"lines": 0, "issues": [], "created_at": now, "updated_at": now}
    return world.table(RESULTS).create(row)


def finish_ingestion(world: World, result: Fields) -> None:
    """Ingest the products of a feed. A location that contains `fail` cannot be fetched."""
    feed = world.table(FEEDS).find(result["feed_id"])
    if feed is None or "fail" in feed["location"]:
        result["status"] = "FAILED"
        return
    result["status"] = "COMPLETED"
    result["lines"] = 12 + mix(world.seed, 31, int(feed["id"])) % 30
    for line in range(result["lines"]):
        if line == result["lines"] // 2:
            result["issues"] = [{"item_number": line, "item_id": _item_id(feed, line)}]
        else:
            _add_item(world, feed, line)


def _item_id(feed: Fields, line: int) -> str:
    return f"{feed['id'][-8:]}-{line:03}"


def _add_item(world: World, feed: Fields, line: int) -> None:
    noise = mix(world.seed, 32, int(feed["id"]), line)
    thing = _THINGS[noise % 5]
    currency = feed["default_currency"] or "USD"
    attributes: Fields = {
        "description": f"{thing}, made well.",
        "link": f"https://shop.example/{_item_id(feed, line)}",
        "custom_label_0": ("sale", "new", "basic")[noise % 3],
    }
    kind = feed["catalog_type"]
    image = f"https://shop.example/{_item_id(feed, line)}.jpg"
    if kind == "HOTEL":
        attributes |= {"name": f"Hotel {thing}", "brand": _BRANDS[noise % 4]}
        attributes |= {
            "base_price": f"{40 + noise % 200} {currency}",
            "main_image": {"link": image},
        }
    elif kind == "CREATIVE_ASSETS":
        attributes |= {"title": thing, "image_link": image, "visibility": "visible"}
    else:
        attributes |= {
            "title": f"{thing} no. {line}",
            "image_link": [image],
            "brand": _BRANDS[noise % 4],
            "availability": _STATES[(noise >> 8) % 5],
            "condition": "new",
            "price": f"{5 + (noise >> 16) % 200}.90 {currency}",
            "product_type": f"Home > {thing}",
            "item_group_id": f"{thing.lower().replace(' ', '-')}",
        }
    country = feed.get("default_country") or "US"
    place = ItemTable(world, feed["catalog_id"], kind, country, feed["default_locale"])
    place.put(_item_id(feed, line), attributes, feed_id=feed["id"])


# Items


class ItemTable:
    """The items of one catalog, country and language, by name."""

    def __init__(self, world: World, catalog: str, kind: str, country: str, language: str) -> None:
        self.table = world.table(ITEMS)
        self._fields = {
            "catalog_id": catalog,
            "catalog_type": kind,
            "country": country,
            "language": language[:2].upper(),
        }

    def find(self, name: str) -> Fields | None:
        """The item of this name."""
        wanted = {**self._fields, "item_id": name}.items()
        rows = self.table.by("item_id", name)
        return next((row for row in rows if all(row[k] == v for k, v in wanted)), None)

    def put(self, name: str, attributes: Fields, *, feed_id: str | None = None) -> Fields:
        """Add an item, or replace its attributes."""
        row = self.find(name)
        if row is None:
            row = self.table.create(self._fields, {"item_id": name, "feed_id": feed_id})
        row["attributes"] = attributes
        return row


def product_pin(item: Fields) -> Fields:
    """The Pin that shows an item."""
    attributes = item["attributes"]
    return {
        "id": item["id"],
        "title": attributes.get("title") or attributes.get("name"),
        "description": attributes.get("description"),
        "link": attributes.get("link"),
        "creative_type": "SHOPPING",
        "board_id": item["catalog_id"],
        "board_owner": {"username": "shop"},
        "created_at": "2024-01-01T00:00:00",
        "is_owner": True,
        "is_standard": False,
        "media": {"media_type": "image"},
    }


def seed_catalogs(world: World, user: str, now: dt.datetime) -> None:
    """Give a user a catalog with an ingested feed, and two product groups."""
    created = iso_time(now - dt.timedelta(days=90))
    catalog = add_catalog(world, user, created, "RETAIL", "Shop")
    fields = {
        "name": "Shop feed",
        "format": "TSV",
        "location": "https://shop.example/feed.tsv",
        "default_country": "US",
        "default_locale": "en-US",
        "default_currency": "USD",
    }
    feed = add_feed(world, catalog, created, fields)
    finish_ingestion(world, start_ingestion(world, feed, created))
    stocked = {"any_of": [{"AVAILABILITY": {"values": ["IN_STOCK"], "negated": False}}]}
    millis = int((now - dt.timedelta(days=90)).timestamp()) * 1000
    add_product_group(world, feed, millis, {"name": "In stock", "filters": stocked})
    everything: Fields = {"name": "All products", "filters": {"any_of": []}, "type": "ALL_PRODUCTS"}
    add_product_group(world, feed, millis, everything)


def add_product_group(world: World, source: Fields, now: int, fields: Fields) -> Fields:
    """Add a product group to a feed or a catalog; `now` is in milliseconds."""
    by_feed = "catalog_id" in source
    usual = {"description": None, "type": "MERCHANT_CREATED", "country": None, "locale": None}
    state = {
        "user": source["user"],
        "catalog_id": source["catalog_id"] if by_feed else source["id"],
        "catalog_type": source["catalog_type"],
        "feed_id": source["id"] if by_feed else None,
        "status": "ACTIVE",
        "created_at": now,
        "updated_at": now,
    }
    return world.table(GROUPS).create(usual, fields, state)


def without_user(row: Fields) -> Fields:
    """A catalog or a feed as the API shows it."""
    return without(row, "user")


def shown_product(item: Fields) -> Any:
    """An item and its Pin, as lists of products show them."""
    kind, attributes = item["catalog_type"], item["attributes"]
    metadata: Fields = {KEYS[kind]: item["item_id"]}
    if kind == "RETAIL":
        metadata |= {
            "availability": availability(item),
            "price": price(item),
            "sale_price": price(item, "sale_price") if attributes.get("sale_price") else None,
            "currency": currency(item),
            "item_group_id": attributes.get("item_group_id"),
        }
    elif kind == "CREATIVE_ASSETS":
        metadata["visibility"] = (attributes.get("visibility") or "visible").upper()
    return {"catalog_type": kind, "metadata": metadata, "pin": product_pin(item)}


def availability(item: Fields) -> str:
    """IN_STOCK, OUT_OF_STOCK or PREORDER."""
    text = str(item["attributes"].get("availability") or "in stock").upper().replace(" ", "_")
    return text if text in {"OUT_OF_STOCK", "PREORDER"} else "IN_STOCK"


def price(item: Fields, name: str = "price") -> float:
    """The amount in a price such as `19.99 USD`; 0 where there is none."""
    words = str(item["attributes"].get(name) or "").split()
    try:
        return float(words[0]) if words else 0.0
    except ValueError:
        return 0.0


def currency(item: Fields) -> str:
    """The currency of an item's price."""
    words = str(item["attributes"].get("price") or "").split()
    return words[1] if len(words) > 1 else "USD"
