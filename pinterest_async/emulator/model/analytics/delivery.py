"""How much each ad delivered: integers that add up exactly by hour, by day and by segment.

A number belongs to an ad, a UTC day and a base count (see `columns`). Its units are distributed to
the hours of the day and to the segments of a targeting type, so both add up to the number. Nothing
is stored: every number follows from the seed and the ids.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from typing import Final, NamedTuple

from pinterest_async.emulator.model.analytics.columns import PER_IMPRESSION, BaseCount, base_count
from pinterest_async.emulator.model.pseudorandom import MASK, mix, text_number
from pinterest_async.emulator.model.world import Fields

DEFAULT_WINDOWS: Final[Mapping[str, int]] = {"click": 30, "engagement": 30, "view": 1}

_SHARE: Final = {0: 0, 1: 400, 7: 800, 14: 900, 30: 1000, 60: 1050}
"""Conversions within so many days, in thousandths of those within 30."""

_IDLE: Final = 20
"""Days without delivery, of 1024."""

_WEEK: Final = (950, 920, 940, 980, 1040, 1150, 1180)
_DAY: Final = (
    *(20, 14, 10, 8, 8, 12, 20, 30, 38, 42, 44, 46),
    *(50, 50, 48, 48, 50, 54, 62, 74, 84, 84, 64, 40),
)
_HOURS: Final = tuple(sum(_DAY[:hour]) for hour in range(25))
"""The part of a day's units before each hour, of `_HOURS[24]`."""


class DeliveredDays(NamedTuple):
    """The days on which an ad delivered: each with 20 bits of noise and its paid impressions."""

    ad: int
    days: Sequence[int]
    noise: Sequence[int]
    impressions: Sequence[int]


@lru_cache(maxsize=4096)
def _of_day(seed: int, day: int) -> tuple[int, int]:
    """An odd number for a day, and its weight; 1000 is usual."""
    return mix(seed, 1, day) | 1, _WEEK[(day - 1) % 7]


def _profile(seed: int, id: str) -> tuple[int, int]:
    """A number for an ad, and its paid impressions on a usual day."""
    number = mix(seed, 2, int(id))
    return number, (300 << number % 5) + (number >> 8) % 400


def delivered(seed: int, ad: Fields, first: int, last: int) -> DeliveredDays:
    """What an ad delivered from one day to another, both ordinals and included."""
    number, usual = _profile(seed, ad["id"])
    born = dt.datetime.fromtimestamp(ad["created_time"], dt.UTC).toordinal()
    days: list[int] = []
    noise: list[int] = []
    impressions: list[int] = []
    for day in range(max(first, born), last + 1):
        factor, weight = _of_day(seed, day)
        bits = ((number | 1) * factor & MASK) >> 44
        if bits >> 10 >= _IDLE:
            days.append(day)
            noise.append(bits)
            impressions.append(usual * (512 + (bits & 1023)) * weight >> 20)
    return DeliveredDays(number, days, noise, impressions)


@lru_cache(maxsize=4096)
def _of_base_count(name: str) -> tuple[BaseCount, int, int]:
    """A base count, a number for it, and a factor for the noise."""
    number = mix(3, text_number(name))
    return base_count(name), number, number >> 40 | 1


def _rate(ad: int, name: str, windows: Mapping[str, int]) -> int:
    """An ad's units of a base count for 2^24 impressions."""
    count, number, _ = _of_base_count(name)
    rate = count.low
    if count.high > count.low:
        rate += mix(ad, number) % (count.high - count.low)
    if count.window:
        days = windows.get(count.window, DEFAULT_WINDOWS[count.window])
        usual = _SHARE[DEFAULT_WINDOWS[count.window]]
        rate = rate * _SHARE.get(days, 1000) // usual
    return (rate << 24) // PER_IMPRESSION


def series(of: DeliveredDays, name: str, windows: Mapping[str, int] = DEFAULT_WINDOWS) -> list[int]:
    """The units of a base count on each day of delivery."""
    if name == "IMPRESSION_1":
        return list(of.impressions)
    count, _, step = _of_base_count(name)
    if count.of:
        total = series(of, count.of, windows)
        return [
            segments(units, count.weights, bits)[count.part]
            for units, bits in zip(total, of.noise, strict=True)
        ]
    rate = _rate(of.ad, name, windows)
    return [
        impressions * rate * (768 + (bits * step >> 12 & 511)) >> 34
        for impressions, bits in zip(of.impressions, of.noise, strict=True)
    ]


def units(
    seed: int, ad: Fields, day: int, name: str, windows: Mapping[str, int] = DEFAULT_WINDOWS
) -> int:
    """The units of a base count on one day: the definition; `series` is the fast form."""
    number, usual = _profile(seed, ad["id"])
    factor, weight = _of_day(seed, day)
    bits = ((number | 1) * factor & MASK) >> 44
    born = dt.datetime.fromtimestamp(ad["created_time"], dt.UTC).toordinal()
    if day < born or bits >> 10 < _IDLE:
        return 0
    impressions = usual * (512 + (bits & 1023)) * weight >> 20
    if name == "IMPRESSION_1":
        return impressions
    count, _, step = _of_base_count(name)
    if count.of:
        return segments(units(seed, ad, day, count.of, windows), count.weights, bits)[count.part]
    swing = 768 + (bits * step >> 12 & 511)
    return impressions * _rate(number, name, windows) * swing >> 34


def hours(units: int, bits: int) -> list[int]:
    """The units of a day, distributed to its hours."""
    edges = _edges(units, bits)
    return [edges[hour + 1] - edges[hour] for hour in range(24)]


def _edges(units: int, bits: int) -> list[int]:
    total = _HOURS[24]
    shift = bits % total
    return [(units * edge + shift) // total for edge in _HOURS]


@cache
def _first_shares(weights: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """For each number of units up to the sum of weights, how many each segment has."""
    total = sum(weights)
    order = [segment for segment, weight in enumerate(weights) for _ in range(weight)]
    received = [0] * len(weights)
    after = [tuple(received)]
    stride = 37 if total % 37 else 1
    for step in range(total):
        received[order[step * stride % total]] += 1
        after.append(tuple(received))
    return tuple(after)


def segments(units: int, weights: tuple[int, ...], bits: int, hour: int | None = None) -> list[int]:
    """The units of a day, or of one hour of it, distributed to segments by their weights."""
    return portions(units, (weights,), bits, hour)


def portions(
    units: int, cuts: Sequence[tuple[int, ...]], bits: int, hour: int | None = None
) -> list[int]:
    """The units of a day, or of one hour of it, distributed by several cuts.

    The segments of the last cut vary fastest. The parts of a segment add up to it, by day and by
    hour.
    """
    ranges = [(0, units)]
    if hour is not None:
        edges = _edges(units, bits)
        ranges = [(edges[hour], edges[hour + 1])]
    for weights in cuts:
        after = _first_shares(weights)
        shift = bits % (len(after) - 1)
        before = after[shift]
        ranges = [
            (early - first, late - first)
            for begin, end in ranges
            for early, late, first in zip(
                _shares(begin + shift, weights), _shares(end + shift, weights), before, strict=True
            )
        ]
    return [late - early for early, late in ranges]


def _shares(units: int, weights: tuple[int, ...]) -> list[int]:
    """How many of the first units each segment has."""
    after = _first_shares(weights)
    full, rest = divmod(units, len(after) - 1)
    return [full * weight + some for weight, some in zip(weights, after[rest], strict=True)]
