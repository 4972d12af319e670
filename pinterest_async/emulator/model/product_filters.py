"""Which items a product group holds."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import RejectedError
from pinterest_async.emulator.model.catalogs import (
    GROUPS,
    ITEMS,
    KEYS,
    availability,
    currency,
    price,
)
from pinterest_async.emulator.model.world import Fields, World

BAD_FILTERS: Final = RejectedError(
    409, 4183, "Field `filters`: a product group in it does not exist."
)

_NAMES: Final = frozenset(key.upper() for key in KEYS.values())
_COMPARED: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GREATER_THAN": lambda a, b: a > b,
    "GREATER_THAN_OR_EQUALS": lambda a, b: a >= b,
    "LESS_THAN": lambda a, b: a < b,
    "LESS_THAN_OR_EQUALS": lambda a, b: a <= b,
}


def items_in_group(world: World, group: Fields) -> list[Fields]:
    """The items of a product group, in the order in which they were added."""
    return matching_items(world, group, group["filters"], ())


def matching_items(
    world: World, source: Fields, filters: Fields, within: tuple[str, ...] = ()
) -> list[Fields]:
    """The items of a feed or a catalog, a country and a language that filters let through.

    `source` has `catalog_id`, and may have `feed_id`, `country` and `locale`. `within` are the ids
    of the product groups that referred to each other on the way.
    """
    feed, country, locale = (source.get(name) for name in ("feed_id", "country", "locale"))
    id = source.get("id", "")
    rows = [
        row
        for row in world.table(ITEMS).by("catalog_id", source["catalog_id"])
        if feed in {None, row["feed_id"]}
        and country in {None, row["country"]}
        and (locale or row["language"])[:2].upper() == row["language"]
    ]
    one_is_enough = "any_of" in filters
    criteria = filters["any_of"] if one_is_enough else filters["all_of"]
    if not criteria:
        return rows
    tests = [_test(world, criterion, (*within, id)) for criterion in criteria]
    wanted = any if one_is_enough else all
    return [row for row in rows if wanted(test(row) for test in tests)]


def check_filters(world: World, user: str, filters: Fields) -> None:
    """Reject filters that refer to product groups of other users."""
    for criterion in next(iter(filters.values())):
        for id in criterion.get("PRODUCT_GROUP", {}).get("values", ()):
            group = world.table(GROUPS).find(id)
            if group is None or group["user"] != user:
                raise BAD_FILTERS


def _test(world: World, criterion: Fields, within: tuple[str, ...]) -> Callable[[Fields], bool]:
    ((name, facts),) = criterion.items()
    fits = _reference(world, facts, within) if name == "PRODUCT_GROUP" else _matcher(name, facts)
    negated = facts.get("negated", False)
    return lambda item: fits(item) is not negated


def _reference(world: World, facts: Fields, within: tuple[str, ...]) -> Callable[[Fields], bool]:
    ids: set[str] = set()
    for id in facts["values"]:
        group = world.table(GROUPS).find(id)
        if group is not None and id not in within:
            ids |= {row["id"] for row in matching_items(world, group, group["filters"], within)}
    return lambda item: item["id"] in ids


def _matcher(name: str, facts: Fields) -> Callable[[Fields], bool]:
    """A test of one attribute."""
    values: Any = facts.get("values")
    attribute, edge = name.lower(), facts.get("inclusion", True)
    match name:
        case "MIN_PRICE":
            return lambda item: price(item) > values or (edge and price(item) == values)
        case "MAX_PRICE":
            return lambda item: price(item) < values or (edge and price(item) == values)
        case "CURRENCY":
            return lambda item: currency(item) == values
        case "AVAILABILITY":
            return lambda item: availability(item) in set(map(_plain, values))
        case "MEDIA_TYPE":
            return lambda item: media_type(item) in values
        case "COUNTRY":
            return lambda item: item["attributes"].get("address", {}).get("country") in values
        case "TITLE_KEYWORDS":
            return lambda item: _holds(item["attributes"].get("title"), values)
        case _ if name in _NAMES:
            return lambda item: item["item_id"] in values
        case _ if name.startswith("CUSTOM_NUMBER_"):
            compare = _COMPARED[facts["operator"]]
            return lambda item: compare(item["attributes"].get(attribute) or 0, facts["value"])
        case _ if name.startswith(("PRODUCT_TYPE_", "GOOGLE_PRODUCT_CATEGORY_")):
            return lambda item: any(
                category_levels(item, name[:-2].lower())[: len(one)] == one for one in values
            )
        case _ if facts.get("filter_operator_type") == "CONTAINS":
            return lambda item: _holds(item["attributes"].get(attribute), values)
        case _:
            plain = set(map(_plain, values))
            return lambda item: _plain(item["attributes"].get(attribute)) in plain


def media_type(item: Fields) -> str:
    """IMAGE or VIDEO."""
    return "VIDEO" if item["attributes"].get("video_link") else "IMAGE"


def category_levels(item: Fields, attribute: str) -> list[str]:
    """The levels of a category such as `Home > Lamps`."""
    text = item["attributes"].get(attribute) or ""
    return [part.strip() for part in text.split(">")] if text else []


def _plain(value: Any) -> str:
    return str(value or "").upper().replace(" ", "_")


def _holds(text: Any, words: list[str]) -> bool:
    return any(word.lower() in str(text or "").lower() for word in words)
