"""Parts of lists: what is loaded by them is what is listed, load after load."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinterest_async.harvest.output import entity_parts
from pinterest_async.harvest.output.entity_parts import PART, Parts

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")

KEY = ("board_id", "id")

Things = dict[str, int]
IDS = st.integers(0, 300).map(str)


def many(size: int) -> Things:
    return dict.fromkeys(map(str, range(size)), 0)


LISTS = st.lists(
    st.one_of(
        st.dictionaries(IDS, st.integers(0, 2), max_size=60),
        st.integers(0, 300).map(many),
    ),
    max_size=6,
)


class Table:
    """A table that is merged by its key and by its parts, as dlt does it."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "things.parquet"
        self._digests: Sequence[str] = ()
        self.rows: dict[str, tuple[int, str]] = {}

    def load(self, things: Things, account: str = "549") -> set[str]:
        """Load a list; return the ids of what was handed over."""
        rows = [{"board_id": "1", "id": id, "n": {"of": [n]}} for id, n in things.items()]
        schema = pa.schema(
            [
                *(pa.field(name, pa.string()) for name in KEY),
                pa.field("n", pa.struct([pa.field("of", pa.list_(pa.int64()))])),
            ]
        )
        pq.write_table(pa.Table.from_pylist(rows, schema), self._file)
        parts = Parts(account, self._file if things else None, KEY, self._digests)
        loaded = [row for table in parts.changed() for row in table.to_pylist()]
        gone = {*parts.gone, *(row[PART] for row in loaded)}
        self.rows = {id: row for id, row in self.rows.items() if row[1] not in gone}
        self.rows |= {row["id"]: (row["n"]["of"][0], row[PART]) for row in loaded}
        self._digests = parts.digests
        return {row["id"] for row in loaded}

    def things(self) -> Things:
        return {id: n for id, (n, _) in self.rows.items()}


@given(LISTS)
def test_after_each_load_the_table_holds_what_is_listed(lists: Sequence[Things]) -> None:
    with TemporaryDirectory() as folder:
        table = Table(Path(folder))
        for things in lists:
            table.load(things)
            assert table.things() == things
            assert table.load(dict(reversed(things.items()))) == set()


def test_of_many_things_few_come_again_with_one_that_changed(tmp_path: Path) -> None:
    table = Table(tmp_path)
    things = many(3000)
    assert table.load(things) == set(things)
    again = table.load({**things, "7": 1})
    assert "7" in again
    assert len(again) < 40
    assert table.things()["7"] == 1


def test_parts_have_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entity_parts, "MOST_PARTS", 4)
    table = Table(tmp_path)
    table.load(many(3000))
    assert {part for _, part in table.rows.values()} == {f"549/4/{part}" for part in range(4)}


def test_things_without_an_id_are_in_no_part(tmp_path: Path) -> None:
    file = tmp_path / "things.parquet"
    rows = [{"id": "1", "n": 1}, {"id": None, "n": 2}]
    pq.write_table(pa.Table.from_pylist(rows), file)
    (table,) = Parts("549", file, ("id",), ()).changed()
    assert table.select(["id", "n"]).to_pylist() == rows[:1]
    assert not table.schema.field("id").nullable
