"""The pieces of a harvest, account x ids x days, each one file; and the sizes that the API sets."""

import datetime as dt
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, Literal, TypeAlias

import msgspec

FetchMethod: TypeAlias = Literal["calls", "report"]
"""Where rows come from: the synchronous endpoints, or an async report."""

SYNC_DAYS: Final = 90
"""Most days of a synchronous call, and most days that it reaches back."""
SAFE_DAYS_BACK: Final = 89
"""Up to here a synchronous call is sure to work in every time zone; reports do what is older."""
REPORT_DAYS: Final = 186
REPORT_DAYS_BACK: Final = 914
HOURLY_DAYS: Final = 3
HOURLY_DAYS_BACK: Final = 8

REPORT_CALLS: Final = 4
"""What a report costs, as a rule: one call to create it, and a few to see whether it is done."""

VALUES_PER_CALL: Final = 2_000_000
"""Most values of one call's answer; more of them would take too much memory at a time."""
VALUES_PER_REPORT: Final = 8_000_000
"""The same for a report, whose rows become columns while they arrive."""

URL_BUDGET: Final = 8000
"""Longest request line to make, in characters: servers commonly refuse more than 8 KiB."""
_URL_FIXED: Final = 400  # path, dates, granularity and attribution windows, generously
_URL_PER_ID: Final = 14  # "&ad_group_ids=", the longest name before an id

PARENT: Final = "/"
"""In a listed id, what stands between a parent and its child: `campaign/pin`."""


class Block(msgspec.Struct, frozen=True, array_like=True):
    """A span of days that share a file: `days` of them from `start`, filled or still to come.

    `old`: only reports reached it when it was made, so its files hold as many ids as reports take.
    """

    start: dt.date
    days: int
    old: bool = False

    @property
    def end(self) -> dt.date:
        """The last day, included."""
        return self.start + dt.timedelta(days=self.days - 1)


class Partition(msgspec.Struct, frozen=True, kw_only=True):
    """One piece of a harvest: an account, some ids, and a span of days, both included.

    `id` is made from everything that decides which rows come back, so it is the same in every run
    of the same plan. `file` names the file that holds them; rows that are there for other days
    stay. `ids` is empty where the account is asked about as a whole; `parent` is the campaign of
    the ids where the API wants to know. `account_name` is known once the partition is about to be
    done, in plans with names.
    """

    id: str
    file: str
    account: str
    ids: tuple[str, ...] = ()
    start: dt.date
    end: dt.date
    method: FetchMethod = "calls"
    parent: str | None = None
    account_name: str | None = None

    @property
    def days(self) -> int:
        """How many days it spans."""
        return (self.end - self.start).days + 1


class Group(msgspec.Struct, frozen=True):
    """Ids that share calls and files: the `number`th of their parent."""

    parent: str | None
    number: int
    ids: tuple[str, ...]


def digest(*content: Any) -> str:
    """A short, stable name for a value: 20 hexadecimal digits."""
    return hashlib.blake2b(msgspec.json.encode(content), digest_size=10).hexdigest()


def url_length(columns: Iterable[str]) -> int:
    """Characters of a request line that columns take, and what is there without ids."""
    return _URL_FIXED + sum(len(column) + 3 for column in columns)


def ids_per_call(ids: Sequence[str], taken: int, most: int) -> int:
    """How many ids fit into one request: `most`, or fewer when columns fill the URL already."""
    each = max(map(len, ids), default=0) + _URL_PER_ID
    return max(1, min(most, (URL_BUDGET - taken) // each))


def chunks(ids: Sequence[str], size: int) -> Iterator[tuple[str, ...]]:
    """Cut ids into runs of at most `size`, in order."""
    for first in range(0, len(ids), size):
        yield tuple(ids[first : first + size])


def groups(ids: Iterable[str], size: int) -> Iterator[Group]:
    """Ids in groups of at most `size`, those with a parent apart from those of another.

    Ids that are added at the end leave the groups before the last one of their parent unchanged.
    """
    ids = list(dict.fromkeys(ids))
    by_parent: dict[str | None, list[str]] = {}
    if PARENT not in "".join(ids):
        by_parent[None] = ids
    else:
        for id in ids:
            before, slash, after = id.partition(PARENT)
            by_parent.setdefault(before if slash else None, []).append(after if slash else id)
    for parent, children in by_parent.items():
        for number, chunk in enumerate(chunks(children, size)):
            yield Group(parent, number, chunk)


def block_days(columns: int, ids: int, rows: int, most: int, values: int = VALUES_PER_CALL) -> int:
    """How many days of so many rows a block has: `most`, or fewer where the values are too many."""
    return max(1, min(most, values // max(1, columns * ids * rows)))


def add_blocks(
    known: Sequence[Block], start: dt.date, end: dt.date, *, today: dt.date, days: int, old: int
) -> list[Block]:
    """The blocks known so far, and new ones for the days from `start` to `end` without one.

    `days` is the width of a new block; `old` that of one of days that only reports reach, which
    ends where these end.
    """
    blocks = sorted(known, key=lambda block: block.start)
    young = today - dt.timedelta(days=SAFE_DAYS_BACK)
    day, index = start, 0
    while day <= end:
        while index < len(blocks) and blocks[index].end < day:
            index += 1
        if index == len(blocks) or day < blocks[index].start:
            width, aged = days, bool(old) and day < young
            if aged:
                width = min(old, (young - day).days)
            if index < len(blocks):
                width = min(width, (blocks[index].start - day).days)
            blocks.insert(index, Block(day, width, aged))
        day = blocks[index].end + dt.timedelta(days=1)
    return blocks
