"""How a plan is cut: account x ids x dates, each piece one call and one file."""

import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

IDS_PER_CALL: Final = 250
DAYS_PER_CALL: Final = 90
HOURLY_DAYS_PER_CALL: Final = 3

URL_BUDGET: Final = 8000
"""Longest request line to make, in characters: servers commonly refuse more than 8 KiB."""
_URL_FIXED: Final = 400  # path, dates, granularity and attribution windows, generously
_URL_PER_ID: Final = 14  # "&ad_group_ids=", the longest way to say one id


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """One call's worth of rows: an account, at most 250 ids, and a span of days, both included.

    `id` is made from everything that decides which rows come back, so it is the same in every run
    of the same plan. `ids` is empty for the account level.
    """

    id: str
    account: str
    ids: tuple[str, ...]
    start: dt.date
    end: dt.date


def digest(*content: Any) -> str:
    """A short, stable name for a value: 20 hexadecimal digits."""
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=10).hexdigest()


def windows(start: dt.date, end: dt.date, days: int) -> Iterator[tuple[dt.date, dt.date]]:
    """Cut a span of days, both ends included, into spans of at most `days`."""
    while start <= end:
        last = min(start + dt.timedelta(days=days - 1), end)
        yield start, last
        start = last + dt.timedelta(days=1)


def ids_per_call(ids: Sequence[str], columns: Sequence[str]) -> int:
    """How many ids fit into one request: 250, or fewer when many columns fill the URL already."""
    taken = _URL_FIXED + sum(len(column) + 3 for column in columns)
    each = max(map(len, ids), default=0) + _URL_PER_ID
    return max(1, min(IDS_PER_CALL, (URL_BUDGET - taken) // each))


def chunks(ids: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Cut ids into runs of at most `size`, in order."""
    for first in range(0, len(ids), size):
        yield tuple(ids[first : first + size])
