"""Trends: what people search for more and more, week by week, and the topics of a region."""

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from pinterest_async.emulator.contract.calls import ApiCall
from pinterest_async.emulator.handlers.handler import Handlers
from pinterest_async.emulator.model.pseudorandom import mix, text_number
from pinterest_async.emulator.model.world import Fields, World

_WEEKS: Final = 52
_AHEAD: Final = 12
_WORDS: Final = (
    *("linen dress", "small kitchen ideas", "patio furniture", "lemon cake", "climbing rose"),
    *("oak shelf", "hallway colours", "picnic food", "wool rug", "tiled table", "paper lamp"),
    *("balcony garden", "travel outfit", "desk setup", "autumn soup", "wedding guest dress"),
)
_TOPICS: Final = ("WOMENS_FASHION", "TRAVEL", "HOME_DECOR", "FOOD_AND_DRINKS", "GARDENING")
_AGES: Final = ("18-24", "25-34", "35-44", "45-49", "50-54", "55-64", "65+")
_GENDERS: Final = ("female", "male", "unknown")


def weeks(now: dt.datetime, numbers: Iterable[int]) -> list[str]:
    """The Saturdays on which weeks end; 0 is the last one before this day."""
    last = now.date() - dt.timedelta(days=(now.weekday() - 5) % 7 or 7)
    return [str(last + dt.timedelta(days=7 * number)) for number in numbers]


def _keywords(world: World, call: ApiCall) -> Any:
    query, kind = call.query, call.path["trend_type"]
    words = [word for word in _WORDS if _matches(word, query.get("include_keywords"))]
    where = text_number(f"{call.path['region']} {kind} {query.get('interests')}")
    words.sort(key=lambda word: mix(world.seed, where, text_number(word)))
    trends = [_keyword(word, mix(world.seed, where, text_number(word)), call) for word in words]
    return {"trends": trends[: query["limit"]]}


def _matches(word: str, wanted: list[str] | None) -> bool:
    return not wanted or any(one.lower() in word for one in wanted)


def _keyword(word: str, noise: int, call: ApiCall) -> Fields:
    query = call.query
    predicts = bool(query.get("include_prediction"))
    ahead = weeks(call.now, range(1, _AHEAD + 1)) if predicts else []
    trend: Fields = {
        "keyword": word,
        "pct_growth_wow": noise % 60 - 10,
        "pct_growth_mom": (noise >> 8) % 300,
        "pct_growth_yoy": (noise >> 16) % 900,
        "time_series": _series(noise, weeks(call.now, range(1 - _WEEKS, 1))),
        "predicted_time_series": _series(noise >> 3, ahead),
        "has_prediction": True,
        "demographics": None,
    }
    if query.get("include_demographics"):
        trend["demographics"] = {
            "age_distribution": _shares(noise, _AGES),
            "gender_distribution": _shares(noise >> 5, _GENDERS),
        }
    return trend


def _series(noise: int, dates: list[str]) -> dict[str, int]:
    """Searches by week, where 100 is the most."""
    return {date: mix(noise, number) % 101 for number, date in enumerate(dates)}


def _shares(noise: int, names: Iterable[str]) -> dict[str, float]:
    """Shares that are 1 together."""
    parts = {name: 1 + mix(noise, number) % 50 for number, name in enumerate(names)}
    return {name: part / sum(parts.values()) for name, part in parts.items()}


def _featured(world: World, call: ApiCall) -> Any:
    query = call.query
    region, interest = query["region"], query.get("interest") or "ALL"
    where = mix(world.seed, text_number(f"{region} {interest}"))
    trends = [_topic(mix(where, number), call.now) for number in range(2 + where % 3)]
    return [{"interest": interest, "market": region, "trends": trends}]


def _topic(noise: int, now: dt.datetime) -> Fields:
    word = _WORDS[noise % len(_WORDS)]
    pins = [
        {
            "id": str(10**17 + mix(noise, number) % 10**15),
            "src": f"https://i.pinimg.example/236x/{mix(noise, number) % 10**9}.jpg",
            "color": f"#{mix(noise, number, 1) % 0xFFFFFF:06x}",
            "width": 236,
            "height": 314,
        }
        for number in range(3)
    ]
    return {
        "id": str(10**17 + noise % 10**15),
        "title": word.capitalize(),
        "description": f"People look for {word}.",
        "pins": pins,
        "related_searches": [f"{word} ideas", f"{word} 2026"],
        "related_interests": [_TOPICS[(noise >> 8) % len(_TOPICS)]],
        "time_series": _series(noise, weeks(now, range(-11, 1))),
        "percent_growth_mom": (noise >> 12) % 1600,
    }


HANDLERS: Final[Handlers] = {
    "trending_keywords/list": _keywords,
    "trends_featured_topics/list": _featured,
}
