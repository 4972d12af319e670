"""A middle value with the range of those around it."""

import statistics
from collections.abc import Sequence
from typing import NamedTuple


class Spread(NamedTuple):
    """The median of some values, and the quartiles beside it."""

    median: float
    low: float
    high: float

    def __format__(self, how: str) -> str:
        return f"{self.median:{how}} [{self.low:{how}}, {self.high:{how}}]"


def spread(values: Sequence[float]) -> Spread:
    """Half of the values are within `low` and `high`."""
    if len(values) < 3:
        return Spread(statistics.median(values), min(values), max(values))
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return Spread(median, low, high)


def ratios(one: Sequence[float], other: Sequence[float]) -> Spread:
    """The ratios of values that were taken in pairs."""
    return spread([a / b for a, b in zip(one, other, strict=True)])


def least(values: Sequence[float]) -> float:
    """What the cheapest tenth took on average.

    These were disturbed least: a busy machine makes a block dearer and never cheaper.
    """
    return statistics.fmean(sorted(values)[: max(1, len(values) // 10)])
