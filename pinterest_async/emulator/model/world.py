"""The world: all state as plain JSON data in tables, so that it can be saved and loaded."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final
from zlib import crc32

from pinterest_async.emulator.contract.calls import ApiCall, RejectedError

Fields = dict[str, Any]
"""The fields of a JSON object: a row of a table, or a part of a body or an answer."""

PAGE_SIZE: Final = 25
_STEP: Final = 7919
"""Ids of one kind are this far apart, so that clients cannot rely on consecutive ids."""


class Table:
    """Rows of one kind by id, in the order in which they were added."""

    def __init__(self, first: int) -> None:
        self._rows: dict[str, Fields] = {}
        self._next = self._first = first
        self._groups: dict[str, dict[Any, dict[str, Fields]]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Fields]:
        return iter(self._rows.values())

    def __contains__(self, id: object) -> bool:
        return id in self._rows

    @property
    def touched(self) -> bool:
        """Whether it ever had a row."""
        return bool(self._rows) or self._next != self._first

    def new_id(self) -> str:
        """An id that no row has had."""
        id, self._next = self._next, self._next + _STEP
        return str(id)

    def add(self, row: Fields) -> Fields:
        """Store a row under its `id`."""
        self._rows[row["id"]] = row
        for field, groups in self._groups.items():
            groups.setdefault(row.get(field), {})[row["id"]] = row
        return row

    def create(self, *parts: Mapping[str, Any]) -> Fields:
        """Add a row with a new id, made of these parts; later parts replace earlier ones."""
        row: Fields = {}
        for part in parts:
            row |= part
        row["id"] = self.new_id()
        return self.add(row)

    def find(self, id: str) -> Fields | None:
        """The row with this id."""
        return self._rows.get(id)

    def get(self, id: str, error: RejectedError, **values: Any) -> Fields:
        """The row with this id, whose fields have these values; the error where there is none."""
        row = self._rows.get(id)
        if row is None or any(row.get(name) != one for name, one in values.items()):
            raise error
        return row

    def remove(self, id: str) -> None:
        """Remove a row; nothing happens where there is none."""
        row = self._rows.pop(id, None)
        if row is not None:
            for field, groups in self._groups.items():
                groups[row.get(field)].pop(id)

    def by(self, field: str, value: Any) -> list[Fields]:
        """The rows whose `field` has this value, found by an index.

        Only for fields that never change, such as the id of a parent, or change by `change`.
        """
        groups = self._groups.get(field)
        if groups is None:
            groups = self._groups[field] = {}
            for row in self._rows.values():
                groups.setdefault(row.get(field), {})[row["id"]] = row
        return list(groups.get(value, {}).values())

    def change(self, row: Fields, field: str, value: Any) -> None:
        """Give a row another value of a field by which rows are found."""
        group = self._groups.get(field)
        if group is not None:
            group[row.get(field)].pop(row["id"])
            group.setdefault(value, {})[row["id"]] = row
        row[field] = value

    def where(self, **values: Any) -> list[Fields]:
        """The rows whose fields have these values."""
        wanted = values.items()
        return [r for r in self._rows.values() if all(r.get(k) == v for k, v in wanted)]

    def dump(self) -> Any:
        """The rows as JSON data."""
        return {"next": self._next, "rows": list(self._rows.values())}

    def load(self, data: Any) -> None:
        """Replace all rows by those of a dump."""
        self._next = data["next"]
        self._rows = {row["id"]: row for row in data["rows"]}
        self._groups = {}


class World:
    """All tables of one emulated Pinterest.

    Every made-up value follows from `seed`. A table exists as soon as it is named.
    `origin` is the server's own (`http://127.0.0.1:8800`): URLs for downloads
    and uploads start with it.
    """

    def __init__(self, seed: int = 7) -> None:
        self.seed = seed
        self.origin = ""
        self._tables: dict[str, Table] = {}

    def table(self, name: str) -> Table:
        """The table of this name."""
        table = self._tables.get(name)
        if table is None:
            # 18 digits that depend on the name only, and far from those of other tables.
            first = 10**17 + crc32(name.encode()) % 800_000 * 10**12 + self.seed % 9973
            table = self._tables[name] = Table(first)
        return table

    def counts(self) -> dict[str, int]:
        """How many rows each table has."""
        return {name: len(table) for name, table in self._tables.items()}

    def dump(self) -> Any:
        """The whole state as JSON data."""
        return {
            "seed": self.seed,
            "tables": {name: table.dump() for name, table in self._tables.items() if table.touched},
        }

    def load(self, data: Any) -> None:
        """Replace the state by that of a dump."""
        self.seed = data["seed"]
        self._tables = {}
        for name, rows in data["tables"].items():
            self.table(name).load(rows)


def is_finished_by_this_poll(row: Fields, running: int = 1) -> bool:
    """Whether a process has ended; the first polls find it `running`. This counts as a poll."""
    row["polls"] += 1
    return int(row["polls"]) > running


def picked(row: Fields, *names: str) -> Fields:
    """Some fields of a row."""
    return {name: row[name] for name in names}


def without(row: Fields, *names: str) -> Fields:
    """A row without some of its fields."""
    return {name: value for name, value in row.items() if name not in names}


def with_values(rows: Iterable[Fields], **values: Any) -> list[Fields]:
    """The rows whose fields have these values; None means any value."""
    wanted = [(field, value) for field, value in values.items() if value is not None]
    return [row for row in rows if all(row[field] == value for field, value in wanted)]


def page(
    call: ApiCall,
    rows: Iterable[Fields],
    shown: Callable[[Fields], Any] | None = None,
    *,
    size: int = 0,
) -> Any:
    """One page of rows in their order, with the bookmark that leads to the next.

    The bookmark names the last row shown, so that rows that come or go between two pages neither
    repeat nor hide others. `order` DESCENDING in the query reverses the rows.
    """
    rows = list(rows)
    if call.query.get("order") == "DESCENDING":
        rows.reverse()
    size = size or call.query.get("page_size") or PAGE_SIZE
    start = _start(call, rows)
    cut = rows[start : start + size]
    more = start + size < len(rows)
    return {
        "items": cut if shown is None else [shown(row) for row in cut],
        "bookmark": _bookmark(start + size, cut[-1]["id"]) if more else None,
    }


def _bookmark(position: int, last: str) -> str:
    return base64.urlsafe_b64encode(f"{position}:{last}".encode()).decode()


def _start(call: ApiCall, rows: list[Fields]) -> int:
    bookmark = call.query.get("bookmark")
    if not bookmark:
        return 0
    try:
        position, last = base64.urlsafe_b64decode(bookmark.encode()).decode().split(":")
        at, _ = int(position), int(last)
    except (ValueError, binascii.Error):
        raise RejectedError(400, 1, "Invalid bookmark: pass one that this list answered") from None
    if 0 < at <= len(rows) and rows[at - 1]["id"] == last:
        return at
    ids = [row["id"] for row in rows]
    if last in ids:
        return ids.index(last) + 1
    # The row was removed: go on with the first row that is younger, or older in reverse order.
    # Ids grow with each row that is added.
    descending = call.query.get("order") == "DESCENDING"
    beyond = (place for place, id in enumerate(ids) if (int(id) < int(last)) is descending)
    return next(beyond, len(rows))
