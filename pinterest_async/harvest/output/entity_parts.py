"""Things of an account in parts with digests, so that those that did not change can be left out."""

import hashlib
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import msgspec

from pinterest_async.harvest.output.arrow import pa, pc, pq

PART: Final = "_part"
"""The column that names the part of a row."""

THINGS_PER_PART: Final = 8
MOST_PARTS: Final = 4096
"""Of one account: what is remembered of it stays small, and parts of very long lists grow."""

ROWS: Final = 1000
"""Rows that are in memory as objects at a time."""

EMPTY: Final = f"{0:016x}"
"""The digest of a part without things."""


class Parts:
    """The things of an account in a Parquet file, or in none, in parts by a hash of their keys.

    How many parts there are depends on how many things. `before` are the digests that the parts had
    before, in their order.
    """

    def __init__(
        self, account: str, file: Path | None, key: Sequence[str], before: Sequence[str]
    ) -> None:
        self._account = account
        self._file = file
        self._key = key
        self._before = before

    @cached_property
    def digests(self) -> list[str]:
        """The digests of the parts, whatever the order of the things in them."""
        if self._file is None:
            return []
        sums = [0] * self._count
        for table in self._tables():
            for part, row in zip(self._parts(table), table.to_pylist(), strict=True):
                text = msgspec.json.encode(row, order="deterministic")
                found = hashlib.blake2b(text, digest_size=8).digest()
                sums[part] = (sums[part] + int.from_bytes(found, "big")) % 2**64
        return [f"{one:016x}" for one in sums]

    @property
    def gone(self) -> list[str]:
        """The names of parts that had things before and have none now."""
        there = set(self._names(self.digests))
        return [name for name in self._names(self._before) if name not in there]

    def changed(self) -> Iterator[Any]:
        """The rows of parts that have changed, as tables with the part's name as last column."""
        before = self._before if len(self._before) == len(self.digests) else [""] * self._count
        changed = {
            part
            for part, (old, new) in enumerate(zip(before, self.digests, strict=True))
            if old != new
        }
        if not changed:
            return
        for table in self._tables():
            parts = [*self._parts(table)]
            kept = table.filter(pa.array([part in changed for part in parts]))
            if kept.num_rows:
                names = [self._name(part, self._count) for part in parts if part in changed]
                field = pa.field(PART, pa.string(), nullable=False)
                yield kept.append_column(field, pa.array(names, pa.string()))

    @cached_property
    def _count(self) -> int:
        if self._file is None:
            return 0
        rows, count = pq.read_metadata(self._file).num_rows, 1
        while count < MOST_PARTS and count * THINGS_PER_PART < rows:
            count *= 2
        return count

    def _tables(self) -> Iterator[Any]:
        """What is in the file, where nothing lacks its key."""
        with pq.ParquetFile(self._file) as file:
            for batch in file.iter_batches(ROWS):
                table = pa.Table.from_batches([batch])
                for name in self._key:
                    table = table.filter(pc.is_valid(table.column(name)))
                fields = [one.with_nullable(one.name not in self._key) for one in table.schema]
                yield table.cast(pa.schema(fields))

    def _parts(self, table: Any) -> Iterator[int]:
        keys = zip(*(table.column(name).to_pylist() for name in self._key), strict=True)
        return (zlib.crc32("/".join(key).encode()) % self._count for key in keys)

    def _name(self, part: int, count: int) -> str:
        return f"{self._account}/{count}/{part}"

    def _names(self, digests: Sequence[str]) -> list[str]:
        """The names of the parts that have things."""
        count = len(digests)
        return [self._name(part, count) for part, one in enumerate(digests) if one != EMPTY]
