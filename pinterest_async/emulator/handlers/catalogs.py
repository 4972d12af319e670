"""Catalogs, and the values by which their items can be filtered."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.catalog_access import catalog, catalogs_of, feed, merchant
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model import catalogs
from pinterest_async.emulator.model.product_filters import category_levels, media_type
from pinterest_async.emulator.model.world import World, page, with_values

_FILTERED: Final[Mapping[str, tuple[str, ...]]] = {
    "RETAIL": ("brand", *(f"custom_label_{n}" for n in range(5))),
    "HOTEL": ("brand", *(f"custom_label_{n}" for n in range(5))),
    "CREATIVE_ASSETS": tuple(f"custom_label_{n}" for n in range(5)),
}
_LEVELS: Final = {"product_type": 5, "google_product_category": 7}


def _list(world: World, call: ApiCall) -> Any:
    return page(call, catalogs_of(world, call, needed=False), catalogs.without_user)


def _create(world: World, call: ApiCall) -> Any:
    kind, name = call.body["catalog_type"], call.body["name"]
    return catalogs.without_user(
        catalogs.add_catalog(world, merchant(world, call), catalogs.iso_time(call.now), kind, name)
    )


def _filter_values(world: World, call: ApiCall) -> Any:
    """The attribute values that the items of a catalog have."""
    query = call.query
    source = catalog(world, call, query["catalog_id"])
    if query.get("feed_id"):
        feed(world, call, query["feed_id"])
    rows = world.table(catalogs.ITEMS).by("catalog_id", source["id"])
    items = with_values(rows, feed_id=query.get("feed_id"), country=query.get("country"))
    kind = source["catalog_type"]
    found: dict[str, list[Any]] = {
        name: [item["attributes"].get(name) for item in items] for name in _FILTERED[kind]
    }
    if kind == "RETAIL":
        found["availability"] = [*map(catalogs.availability, items)]
        for name in ("condition", "gender"):
            found[name] = [str(item["attributes"].get(name) or "").upper() for item in items]
    if kind != "HOTEL":
        found["media_type"] = [*map(media_type, items)]
        for name, levels in _LEVELS.items():
            for level in range(levels):
                found[f"{name}_{level}"] = [
                    " > ".join(parts[: level + 1])
                    for item in items
                    if len(parts := category_levels(item, name)) > level
                ]
    values = {name: sorted({one for one in ones if one}) for name, ones in found.items()}
    return {"catalog_type": kind, "filter_values": {k: v for k, v in values.items() if v}}


HANDLERS: Final[Handlers] = {
    "catalogs/list": _list,
    "catalogs/create": _create,
    "catalogs/available_filter_values": _filter_values,
}
