"""Organic analytics: of one Pin, of many Pins, and of all Pins of a user."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import product
from typing import Any, Final, TypeAlias

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError
from pinterest_async.emulator.handlers.handler import Handler, Handlers
from pinterest_async.emulator.model.analytics.delivery import delivered, portions, series
from pinterest_async.emulator.model.analytics.queries import BACK, check_dates, date_of
from pinterest_async.emulator.model.boards import PINS, created_day, visible_pin
from pinterest_async.emulator.model.world import Fields, World

_BASE_COUNTS: Final[Mapping[str, str]] = {
    "IMPRESSION": "IMPRESSION_1",
    "OUTBOUND_CLICK": "OUTBOUND_CLICK_1",
    "PIN_CLICK": "CLOSEUP_1",
    "SAVE": "REPIN_1",
    "USER_FOLLOW": "OUTBOUND_CLICK_2",
    "PROFILE_VISIT": "CLICKTHROUGH_2",
    "VIDEO_MRC_VIEW": "VIDEO_MRC_VIEWS_1",
    "VIDEO_10S_VIEW": "VIDEO_15SEC_UNIQUE_VIEWS_1",
    "VIDEO_START": "VIDEO_P0_COMBINED_1",
    "QUARTILE_95_PERCENT_VIEW": "VIDEO_P95_COMBINED_1",
    "VIDEO_V50_WATCH_TIME": "VIDEO_WATCHTIME_1",
}
_SUMS: Final[Mapping[str, tuple[str, ...]]] = {
    "ENGAGEMENT": ("OUTBOUND_CLICK", "PIN_CLICK", "SAVE"),
}
_RATES: Final[Mapping[str, tuple[str, str]]] = {
    "ENGAGEMENT_RATE": ("ENGAGEMENT", "IMPRESSION"),
    "OUTBOUND_CLICK_RATE": ("OUTBOUND_CLICK", "IMPRESSION"),
    "PIN_CLICK_RATE": ("PIN_CLICK", "IMPRESSION"),
    "SAVE_RATE": ("SAVE", "IMPRESSION"),
    "VIDEO_AVG_WATCH_TIME": ("VIDEO_V50_WATCH_TIME", "VIDEO_START"),
}
_LIFETIME: Final[Mapping[str, str]] = {
    "TOTAL_COMMENTS": "OUTBOUND_CLICK_2",
    "TOTAL_REACTIONS": "CLICKTHROUGH_2",
}
"""Metrics that exist for the whole life of a Pin only."""

_SPLITS: Final[Mapping[str, Mapping[str, int]]] = {
    "APP_TYPE": {"MOBILE": 70, "TABLET": 8, "WEB": 22},
    "OWNED_CONTENT": {"CLAIMED": 40, "OTHER": 60},
    "SOURCE": {"YOUR_PINS": 80, "OTHER_PINS": 20},
    "PIN_FORMAT": {"regular": 75, "product": 15, "video": 10},
}
_FILTERS: Final = {
    "OWNED_CONTENT": "from_claimed_content",
    "APP_TYPE": "app_types",
    "SOURCE": "source",
}
_USUAL: Final = (
    *("ENGAGEMENT", "ENGAGEMENT_RATE", "IMPRESSION", "OUTBOUND_CLICK", "OUTBOUND_CLICK_RATE"),
    *("PIN_CLICK", "PIN_CLICK_RATE", "SAVE", "SAVE_RATE"),
)
_FORMATS: Final = {
    "ORGANIC_IMAGE": "regular",
    "ORGANIC_PRODUCT": "product",
    "ORGANIC_VIDEO": "video",
}
_PAID: Final = {"ORGANIC": 1, "PAID": 0}
_Share: TypeAlias = tuple[Mapping[str, int], str]
"""Segments with their weights, and one of them."""


def _as_ad(pin: Fields) -> Fields:
    """A Pin as the model of delivery takes it."""
    made = dt.datetime.fromisoformat(pin["created_at"])
    made = made if made.tzinfo else made.replace(tzinfo=dt.UTC)
    return {"id": pin["id"], "created_time": int(made.timestamp())}


class _PinFigures:
    """The days and the metrics of a request."""

    def __init__(self, call: ApiCall, metrics: Sequence[str]) -> None:
        query = call.query
        start, end = date_of(query, "start_date"), date_of(query, "end_date")
        check_dates(start, end, call.now.date(), BACK, BACK + 1)
        self.first, self.last = start.toordinal(), end.toordinal()
        self.today = call.now.date().toordinal()
        self.metrics = [name for name in dict.fromkeys(metrics) if name not in _LIFETIME]
        self.lifetime = [name for name in dict.fromkeys(metrics) if name in _LIFETIME]
        wanted = {part for name in self.metrics for part in _RATES.get(name, (name,))}
        self.counts = {count for name in wanted for count in _SUMS.get(name, (name,))}

    def sums(
        self, seed: int, pins: Iterable[Fields], shares: Sequence[_Share]
    ) -> list[dict[str, int]]:
        """The counts of each day, added up for all Pins; shares apply one after another."""
        cuts = [tuple(segments.values()) for segments, _ in shares]
        (place,) = [
            at
            for at, names in enumerate(product(*(segments for segments, _ in shares)))
            if names == tuple(name for _, name in shares)
        ]
        days = [dict.fromkeys(self.counts, 0) for _ in range(self.first, self.last + 1)]
        for pin in pins:
            of = delivered(seed, _as_ad(pin), self.first, min(self.last, self.today))
            for name in self.counts:
                daily = series(of, _BASE_COUNTS[name])
                for day, units, bits in zip(of.days, daily, of.noise, strict=True):
                    days[day - self.first][name] += portions(units, cuts, bits)[place]
        return days

    def shown(self, counts: Mapping[str, int]) -> dict[str, float]:
        """Metrics from counts; rates of nothing are 0."""
        made: dict[str, float] = {}
        for name in self.metrics:
            if name in _RATES:
                over, under = (_count(counts, part) for part in _RATES[name])
                made[name] = over / under if under else 0.0
            else:
                made[name] = _count(counts, name)
        return made

    def answer(self, days: Sequence[Mapping[str, int]], created: int = 0) -> Any:
        """Metrics by day and in total; none for the days before the account was created."""
        daily = [
            {
                "date": str(dt.date.fromordinal(day)),
                "data_status": self._status(day, created),
                "metrics": self.shown(counts) if day >= created else {},
            }
            for day, counts in enumerate(days, self.first)
        ]
        total = self.shown(_total(days)) if self.last >= created else {}
        return {"summary_metrics": total, "daily_metrics": daily}

    def _status(self, day: int, created: int) -> str:
        if day < created:
            return "BEFORE_BUSINESS_CREATED"
        return "READY" if day < self.today else "PROCESSING"


def _count(counts: Mapping[str, int], name: str) -> int:
    return sum(counts[part] for part in _SUMS.get(name, (name,)))


def _total(days: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for day in days:
        for name, units in day.items():
            total[name] = total.get(name, 0) + units
    return total


def _answers(
    world: World, call: ApiCall, days: _PinFigures, pins: Sequence[Fields], created: int = 0
) -> dict[str, Any]:
    shares = _shares(call)
    answers = {"all": days.answer(days.sums(world.seed, pins, shares), created)}
    split = call.query.get("split_field") or ""
    for name in _SPLITS.get(split, ()):
        part = [*shares, (_SPLITS[split], name)]
        answers[name] = days.answer(days.sums(world.seed, pins, part), created)
    return answers


def _shares(call: ApiCall) -> list[_Share]:
    """The shares of a Pin's figures that pass the filters of a request. Nothing was paid for."""
    query = call.query
    paid = query.get("content_type") == "PAID"
    shares: list[_Share] = [(_PAID, "PAID")] if paid else []
    for split, parameter in _FILTERS.items():
        if query.get(parameter) not in (None, "ALL", "BOTH"):
            shares.append((_SPLITS[split], query[parameter]))
    format = query.get("pin_format", "ALL")
    if format != "ALL":
        known = _FORMATS.get(format)
        shares.append((_SPLITS["PIN_FORMAT"], known) if known else (_PAID, "PAID"))
    return shares


def _of_pin(world: World, call: ApiCall, pin: Fields) -> Any:
    days = _PinFigures(call, call.query["metric_types"])
    answers = _answers(world, call, days, [pin])
    if days.lifetime:
        ad = _as_ad(pin)
        born = dt.datetime.fromtimestamp(ad["created_time"], dt.UTC).toordinal()
        life = delivered(world.seed, ad, born, days.today)
        answers["all"]["lifetime_metrics"] = {
            name: sum(series(life, _LIFETIME[name])) for name in days.lifetime
        }
    return answers


def _pin(world: World, call: ApiCall) -> Any:
    return _of_pin(world, call, visible_pin(world, call, call.path["pin_id"]))


def _pins(world: World, call: ApiCall) -> Any:
    """Pins that the user cannot see are left out."""
    found: dict[str, Any] = {}
    for id in dict.fromkeys(call.query["pin_ids"]):
        with suppress(RejectedError):
            found[id] = _of_pin(world, call, visible_pin(world, call, id))
    return found


def _own(world: World, call: ApiCall) -> list[Fields]:
    return [pin for pin in world.table(PINS) if pin["user"] == call.user]


def _user(world: World, call: ApiCall) -> Any:
    days = _PinFigures(call, call.query.get("metric_types") or _USUAL)
    return _answers(world, call, days, _own(world, call), created_day(world, call))


def _top(usual: Sequence[str], video: bool) -> Handler:
    def top(world: World, call: ApiCall) -> Any:
        query = call.query
        by = query["sort_by"]
        metrics = query.get("metric_types") or usual
        days, shares = _PinFigures(call, [*metrics, by]), _shares(call)
        pins = _own(world, call)
        if video:
            pins = [pin for pin in pins if pin.get("creative_type") == "VIDEO"]
        if query.get("created_in_last_n_days"):
            since = call.now.timestamp() - query["created_in_last_n_days"] * 86_400
            pins = [pin for pin in pins if _as_ad(pin)["created_time"] >= since]
        found = [
            (pin["id"], days.shown(_total(days.sums(world.seed, [pin], shares)))) for pin in pins
        ]
        found.sort(key=lambda one: (-one[1][by], one[0]))
        available: Fields = {}
        if found:
            today = dt.datetime.fromordinal(days.today).replace(tzinfo=dt.UTC)
            latest = (int(today.timestamp()) - 1) * 1000  # the last second of yesterday
            available = {"latest_available_timestamp": latest, "is_realtime": False}
        return {
            "date_availability": available,
            "sort_by": by,
            "pins": [
                {
                    "pin_id": id,
                    "metrics": {name: figures[name] for name in metrics},
                    "data_status": dict.fromkeys(metrics, "READY"),
                }
                for id, figures in found[: query.get("num_of_pins") or 10]
            ],
        }

    return top


HANDLERS: Final[Handlers] = {
    "pins/analytics": _pin,
    "multi_pins/analytics": _pins,
    "user_account/analytics": _user,
    "user_account/analytics/top_pins": _top(_USUAL, video=False),
    "user_account/analytics/top_video_pins": _top(
        ("IMPRESSION", "SAVE", "VIDEO_MRC_VIEW", "VIDEO_START", "OUTBOUND_CLICK"), video=True
    ),
}
