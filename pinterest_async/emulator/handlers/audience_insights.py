"""What an audience is like: its size, its interests, and its shares by age, gender and so on."""

from collections.abc import Mapping
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.access import account
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.analytics.targeting import values
from pinterest_async.emulator.model.pseudorandom import mix, text_number
from pinterest_async.emulator.model.world import Fields, World

_DEMOGRAPHICS: Final = {
    "ages": "AGE_BUCKET",
    "genders": "GENDER",
    "devices": "APPTYPE",
    "countries": "COUNTRY",
    "metros": "LOCATION",
}
_CATEGORIES: Final[Mapping[str, tuple[str, ...]]] = {
    "home decor": ("room decor", "wall art"),
    "food and drinks": ("dessert", "dinner"),
    "gardening": ("balcony", "roses"),
}


def _get(world: World, call: ApiCall) -> Any:
    kind, noise = call.query["audience_insight_type"], int(account(world, call)["id"])
    noise = mix(world.seed, noise, text_number(kind))
    return {
        "type": kind,
        "date": str(call.now.date()),
        "size": 10_000 + noise % 10**7,
        "size_is_upper_bound": False,
        "demographics": {
            name: [_share(key, part) for key, part in _shares(values(type)).items()]
            for name, type in _DEMOGRAPHICS.items()
        },
        "categories": [
            {
                **_category(name, mix(noise, text_number(name))),
                "subcategories": [_category(one, mix(noise, text_number(one))) for one in below],
            }
            for name, below in _CATEGORIES.items()
        ],
    }


def _shares(weights: Mapping[str, int]) -> dict[str, float]:
    """Shares that are 1 together."""
    return {name: weight / sum(weights.values()) for name, weight in weights.items()}


def _share(key: str, ratio: float) -> Fields:
    return {"key": key, "name": key, "ratio": ratio}


def _category(name: str, noise: int) -> Fields:
    """A category: the share of the audience that likes it, and how that compares to everybody."""
    ratio = (noise % 1000) / 1000
    id = str(900_000_000_000 + text_number(name))
    return {"key": id, "id": id, "name": name, "ratio": ratio, "index": 0.2 + noise % 30 / 10}


HANDLERS: Final[Handlers] = {
    "audience_insights/get": _get,
}
