"""How much each ad delivered: whole numbers that add up exactly, whichever way they are cut.

A number belongs to an ad, a UTC day and a leaf (see `columns`). Its units are dealt out one by one
to the hours of the day and to the segments of a targeting type, so the parts sum to the whole both
ways. Nothing is stored: every number follows from the seed and the ids.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pinterest_async.emulator.model.analytics.columns import PER_IMPRESSION, Leaf, leaf
from pinterest_async.emulator.model.pseudorandom import MASK, mark, mix
from pinterest_async.emulator.model.world import Row

DEFAULT_WINDOWS: Final[Mapping[str, int]] = {"click": 30, "engagement": 30, "view": 1}

_SHARE: Final = {0: 0, 1: 400, 7: 800, 14: 900, 30: 1000, 60: 1050}
"""Conversions within so many days, in thousandths of those within 30."""

_IDLE: Final = 20
"""Of 1024 days, so many without delivery."""

_WEEK: Final = (950, 920, 940, 980, 1040, 1150, 1180)
_DAY: Final = (
    *(20, 14, 10, 8, 8, 12, 20, 30, 38, 42, 44, 46),
    *(50, 50, 48, 48, 50, 54, 62, 74, 84, 84, 64, 40),
)
_HOURS: Final = tuple(sum(_DAY[:hour]) for hour in range(25))
"""Where each hour begins among the units of a day, of `_HOURS[24]`."""


class Delivered(NamedTuple):
    """The days on which an ad delivered: each with its dice (20 bits) and paid impressions."""

    ad: int
    days: Sequence[int]
    dice: Sequence[int]
    impressions: Sequence[int]


@lru_cache(maxsize=4096)
def _of_day(seed: int, day: int) -> tuple[int, int]:
    """A day's own odd number, and its weight with 1000 as the usual."""
    return mix(seed, 1, day) | 1, _WEEK[(day - 1) % 7]


def _profile(seed: int, id: str) -> tuple[int, int]:
    """An ad's own number, and its paid impressions on a usual day."""
    number = mix(seed, 2, int(id))
    return number, (300 << number % 5) + (number >> 8) % 400


def delivered(seed: int, ad: Row, first: int, last: int) -> Delivered:
    """What an ad delivered from one day to another, both ordinals and included."""
    number, usual = _profile(seed, ad["id"])
    born = dt.datetime.fromtimestamp(ad["created_time"], dt.UTC).toordinal()
    days: list[int] = []
    dice: list[int] = []
    impressions: list[int] = []
    for day in range(max(first, born), last + 1):
        factor, weight = _of_day(seed, day)
        thrown = ((number | 1) * factor & MASK) >> 44
        if thrown >> 10 >= _IDLE:
            days.append(day)
            dice.append(thrown)
            impressions.append(usual * (512 + (thrown & 1023)) * weight >> 20)
    return Delivered(number, days, dice, impressions)


@lru_cache(maxsize=4096)
def _of_leaf(name: str) -> tuple[Leaf, int, int]:
    """A leaf, a number for it, and how it turns the dice."""
    number = mix(3, mark(name))
    return leaf(name), number, number >> 40 | 1


def _rate(ad: int, name: str, windows: Mapping[str, int]) -> int:
    """An ad's units of a leaf for 2^24 impressions."""
    kind, number, _ = _of_leaf(name)
    rate = kind.low
    if kind.high > kind.low:
        rate += mix(ad, number) % (kind.high - kind.low)
    if kind.window:
        days = windows.get(kind.window, DEFAULT_WINDOWS[kind.window])
        usual = _SHARE[DEFAULT_WINDOWS[kind.window]]
        rate = rate * _SHARE.get(days, 1000) // usual
    return (rate << 24) // PER_IMPRESSION


def series(of: Delivered, name: str, windows: Mapping[str, int] = DEFAULT_WINDOWS) -> list[int]:
    """The units of a leaf on each day of delivery."""
    if name == "IMPRESSION_1":
        return list(of.impressions)
    kind, _, turn = _of_leaf(name)
    if kind.of:
        whole = series(of, kind.of, windows)
        return [
            segments(units, kind.weights, thrown)[kind.part]
            for units, thrown in zip(whole, of.dice, strict=True)
        ]
    rate = _rate(of.ad, name, windows)
    return [
        impressions * rate * (768 + (thrown * turn >> 12 & 511)) >> 34
        for impressions, thrown in zip(of.impressions, of.dice, strict=True)
    ]


def units(
    seed: int, ad: Row, day: int, name: str, windows: Mapping[str, int] = DEFAULT_WINDOWS
) -> int:
    """The units of a leaf on one day: the definition, of which `series` is the fast form."""
    number, usual = _profile(seed, ad["id"])
    factor, weight = _of_day(seed, day)
    thrown = ((number | 1) * factor & MASK) >> 44
    born = dt.datetime.fromtimestamp(ad["created_time"], dt.UTC).toordinal()
    if day < born or thrown >> 10 < _IDLE:
        return 0
    impressions = usual * (512 + (thrown & 1023)) * weight >> 20
    if name == "IMPRESSION_1":
        return impressions
    kind, _, turn = _of_leaf(name)
    if kind.of:
        return segments(units(seed, ad, day, kind.of, windows), kind.weights, thrown)[kind.part]
    swing = 768 + (thrown * turn >> 12 & 511)
    return impressions * _rate(number, name, windows) * swing >> 34


def hours(units: int, thrown: int) -> list[int]:
    """The units of a day, dealt out to its hours."""
    edges = _edges(units, thrown)
    return [edges[hour + 1] - edges[hour] for hour in range(24)]


def _edges(units: int, thrown: int) -> list[int]:
    whole = _HOURS[24]
    shift = thrown % whole
    return [(units * edge + shift) // whole for edge in _HOURS]


@cache
def _deal(weights: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """For each number of cards from one round, how many each segment has got."""
    whole = sum(weights)
    cards = [segment for segment, weight in enumerate(weights) for _ in range(weight)]
    got = [0] * len(weights)
    rounds = [tuple(got)]
    stride = 37 if whole % 37 else 1
    for turn in range(whole):
        got[cards[turn * stride % whole]] += 1
        rounds.append(tuple(got))
    return tuple(rounds)


def segments(
    units: int, weights: tuple[int, ...], thrown: int, hour: int | None = None
) -> list[int]:
    """The units of a day, or of one hour of it, dealt out to segments by their weights."""
    return portions(units, (weights,), thrown, hour)


def portions(
    units: int, cuts: Sequence[tuple[int, ...]], thrown: int, hour: int | None = None
) -> list[int]:
    """The units of a day, or of one hour of it, dealt out to segments and from these to others.

    The last cut's segments come first one after another. What is dealt out from a segment is what
    that has, by day and by hour.
    """
    spans = [(0, units)]
    if hour is not None:
        edges = _edges(units, thrown)
        spans = [(edges[hour], edges[hour + 1])]
    for weights in cuts:
        rounds = _deal(weights)
        shift = thrown % (len(rounds) - 1)
        before = rounds[shift]
        spans = [
            (early - first, late - first)
            for begin, end in spans
            for early, late, first in zip(
                _dealt(begin + shift, weights), _dealt(end + shift, weights), before, strict=True
            )
        ]
    return [late - early for early, late in spans]


def _dealt(units: int, weights: tuple[int, ...]) -> list[int]:
    """How many of the first units each segment has got."""
    rounds = _deal(weights)
    full, rest = divmod(units, len(rounds) - 1)
    return [full * weight + some for weight, some in zip(weights, rounds[rest], strict=True)]
