"""Segments become one file, each thing once, in every format; a broken merge changes nothing."""

import csv
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("pyarrow")

from harvest.entity_state import flat, flat_row

from pinterest_async.harvest import LocalStorage, RemoteStorage
from pinterest_async.harvest.output import entity_files
from pinterest_async.harvest.output.arrow import fs, pa, pq
from pinterest_async.harvest.output.entity_files import (
    Last,
    LostSegmentError,
    Written,
    merge,
    staged,
)
from pinterest_async.harvest.output.entity_rows import entity_rows
from pinterest_async.harvest.output.formats import FormatName
from pinterest_async.harvest.plan.entities import ENTITIES

BOARDS = ENTITIES["boards"]
ROWS = entity_rows(BOARDS)
THING = {
    "id": "1",
    "name": 'Soup, "hot"',
    "created_at": "2026-08-01T05:00:00",
    "pin_count": 3,
    "is_ads_only": False,
    "media": {"image_cover_url": None, "pin_thumbnail_urls": ["https://a", "https://b"]},
    "owner": {"username": "me"},
    "new": {"x": [1, None]},
}


def boards(*pairs: tuple[str | None, int]) -> Any:
    return ROWS.table([{"id": id, "pin_count": count} for id, count in pairs], {})


@pytest.fixture
def storage(tmp_path: Path) -> LocalStorage:
    storage = LocalStorage(tmp_path / "data")
    storage.open()
    return storage


def write(
    storage: Any, tables: Sequence[Any], format: FormatName = "parquet", segments: Any = ()
) -> Written:
    path = entity_files.file("boards", "me", format)
    return merge(storage, format, BOARDS, ROWS, staged(storage, segments, tables), path, True)


def test_segments_and_what_is_in_memory_become_one_file(storage: LocalStorage) -> None:
    names = [f"{entity_files.folder('boards', 'me')}/{number}.parquet" for number in range(2)]
    entity_files.stage(storage, names[0], [boards(("1", 1)), boards(("2", 1))])
    entity_files.stage(storage, names[1], [boards(("3", 1))])
    found = write(storage, [boards(("4", 1))], segments=names)
    assert found == Written(
        "entity=boards/account=me/part-0.parquet", 4, 0, 0, ("1", "2", "3", "4")
    )
    table = pq.read_table(storage.folder / str(found.path), partitioning=None)
    assert table.schema.equals(ROWS.schema, check_metadata=False)
    assert table.column("id").to_pylist() == ["1", "2", "3", "4"]


def test_a_thing_that_was_listed_twice_is_there_as_it_was_last(storage: LocalStorage) -> None:
    tables = [boards(("1", 1), ("2", 1)), boards(("2", 2), ("3", 1), ("1", 3), (None, 1))]
    found = write(storage, [*tables, boards(("1", 4), (None, 2))])
    assert (found.rows, found.repeated) == (5, 3)
    table = pq.read_table(storage.folder / str(found.path), partitioning=None)
    pairs = list(
        zip(*(table.column(name).to_pylist() for name in ("id", "pin_count")), strict=True)
    )
    assert pairs == [("2", 2), ("3", 1), (None, 1), ("1", 4), (None, 2)]


@given(
    pages=st.lists(
        st.lists(st.tuples(st.sampled_from("abcdef"), st.integers(0, 9)), max_size=5), max_size=5
    )
)
def test_every_thing_is_there_once(pages: list[list[tuple[str, int]]]) -> None:
    tables = [boards(*page) for page in pages]
    last = Last("id", staged(LocalStorage(Path()), (), tables))
    kept = [row for table in tables for row in last.of(table).to_pylist()]
    wanted = dict(pair for page in pages for pair in page)
    assert {row["id"]: row["pin_count"] for row in kept} == wanted
    assert len(kept) == len(wanted)
    assert last.repeated == sum(map(len, pages)) - len(wanted)


def test_many_rows_are_written_in_groups(
    storage: LocalStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entity_files, "GROUP_BYTES", 1000)
    tables = [boards(*((str(10 * page + number), 1) for number in range(10))) for page in range(9)]
    found = write(storage, tables)
    file = pq.ParquetFile(storage.folder / str(found.path))
    assert file.num_row_groups > 3
    assert file.metadata.num_rows == found.rows == 90


def test_without_rows_there_is_no_file(storage: LocalStorage) -> None:
    path = write(storage, [boards(("1", 1))]).path
    assert (storage.folder / str(path)).exists()
    assert write(storage, [boards()]) == Written(None, 0, 0, 0, ())
    assert not (storage.folder / str(path)).exists()


def test_json_lines_hold_things_as_they_were_sent(storage: LocalStorage) -> None:
    path = write(storage, [ROWS.table([THING], {})], "jsonl").path
    (line,) = (storage.folder / str(path)).read_text("utf-8").splitlines()
    found = json.loads(line)
    assert list(found) == ROWS.schema.names
    unknown = found.pop("_unknown_fields")
    assert unknown == {"new": {"x": [1, None]}}
    assert flat({**found, **unknown}) == flat(THING)


def test_csv_holds_objects_and_lists_as_json(storage: LocalStorage) -> None:
    path = write(storage, [ROWS.table([THING], {})], "csv").path
    with (storage.folder / str(path)).open(newline="", encoding="utf-8") as file:
        (found,) = csv.DictReader(file)
    assert {name: value for name, value in found.items() if value} == {
        "id": "1",
        "name": 'Soup, "hot"',
        "created_at": "2026-08-01T05:00:00+00:00",
        "pin_count": "3",
        "is_ads_only": "false",
        "media": '{"pin_thumbnail_urls":["https://a","https://b"]}',
        "owner": '{"username":"me"}',
        "_unknown_fields": '{"new":{"x":[1,null]}}',
    }


def test_parquet_holds_things_as_they_were_sent(storage: LocalStorage) -> None:
    path = write(storage, [ROWS.table([THING], {})]).path
    table = pq.read_table(storage.folder / str(path), partitioning=None)
    assert flat_row(table.to_pylist()[0], table.schema) == flat(THING)


@pytest.mark.parametrize("format", ["parquet", "jsonl", "csv"])
def test_a_merge_that_breaks_off_leaves_the_old_file(
    storage: LocalStorage, format: FormatName
) -> None:
    path = storage.folder / str(write(storage, [boards(("1", 1))], format).path)
    before = path.read_bytes()

    def breaks_off(columns: Any) -> Any:
        yield boards(("2", 1)) if columns is None else boards(("2", 1)).select(columns)
        if columns is None:
            raise OSError(28, "No space left on device")

    name = entity_files.file("boards", "me", format)
    with pytest.raises(OSError, match="No space"):
        merge(storage, format, BOARDS, ROWS, breaks_off, name)
    assert path.read_bytes() == before
    assert not [one for one in (storage.notes / "unfinished").rglob("*") if one.is_file()]


def test_a_segment_that_is_gone(storage: LocalStorage) -> None:
    with pytest.raises(LostSegmentError):
        write(storage, [], segments=["_harvest/entities/boards/me/0-0.parquet"])


def test_another_file_system(tmp_path: Path) -> None:
    storage = RemoteStorage(fs.LocalFileSystem(), str(tmp_path / "data"))
    storage.open()
    segment = f"{entity_files.folder('boards', 'me')}/0.parquet"
    entity_files.stage(storage, segment, [boards(("1", 1))])
    for count in (1, 2):
        found = write(storage, [boards(("2", count))], segments=[segment])
        table = pq.read_table(tmp_path / "data" / str(found.path), partitioning=None)
        assert table.column("pin_count").to_pylist() == [1, count]
    storage.sweep(entity_files.STAGING)
    storage.close()
    assert [path.name for path in (tmp_path / "data").rglob("*") if path.is_file()] == [
        "part-0.parquet"
    ]


def test_an_upload_that_broke_off_is_never_seen(tmp_path: Path) -> None:
    storage = RemoteStorage(fs.LocalFileSystem(), str(tmp_path / "data"), rename=False)
    storage.open()
    with suppress(OSError), storage.writing("a/b.parquet") as file:
        file.write(b"half")
        raise OSError("broken")
    assert storage.read("a/b.parquet") is None


def test_staging_is_not_where_readers_look(storage: LocalStorage) -> None:
    entity_files.stage(storage, f"{entity_files.folder('boards', 'me')}/0.parquet", [boards()])
    data: Any = pytest.importorskip("pyarrow.dataset")
    assert data.dataset(storage.folder, format="parquet").files == []


def test_a_table_of_arrow_is_a_table_of_the_schema() -> None:
    assert boards(("1", 1)).schema == ROWS.schema
    assert pa.concat_tables([boards(), boards(("1", 1))]).num_rows == 1
