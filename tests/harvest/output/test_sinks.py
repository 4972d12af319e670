import asyncio
import datetime as dt
import os
import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, cast

import msgspec
import pytest

from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import FileSink, Partition, Plan, SinkError, file_sink
from pinterest_async.harvest.output.formats import FORMATS, FormatName
from pinterest_async.harvest.output.storage import LocalStorage, RemoteStorage, notes_folder
from pinterest_async.harvest.output.tables import schema, table
from pinterest_async.harvest.plan.series import begin, cut

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")
fs: Any = pytest.importorskip("pyarrow.fs")
fsspec: Any = pytest.importorskip("fsspec")

MakePlan = Callable[..., Plan]


def partition_of(plan: Plan) -> Partition:
    return next(cut(begin(plan, None, plan.end), "549", ["1"]))


def rows(partition: Partition, value: Any = 5) -> list[dict[str, Any]]:
    days = [partition.start + dt.timedelta(days=day) for day in range(partition.days)]
    names = ['été, "quoted"\nand on', "", None]
    return [
        {
            "AD_ID": "1",
            "DATE": day.isoformat(),
            "SPEND_IN_MICRO_DOLLAR": value,
            "CTR": 0.1,
            "CAMPAIGN_NAME": names[day.toordinal() % 3],
        }
        for day in days
    ]


def content(sink: FileSink, plan: Plan, path: str | None, format: str) -> Any:
    """The table in a file."""
    return FORMATS[cast("FormatName", format)].decode(sink.storage.read(path or ""), schema(plan))


def files(folder: Path) -> list[str]:
    """Everything below a folder but the harvest's notes."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def unfinished(folder: Path) -> list[Path]:
    found = (notes_folder(folder) / "unfinished").rglob("*")
    return [path for path in found if path.is_file()]


async def put(sink: FileSink, plan: Plan, partition: Partition, data: Any) -> str | None:
    await sink.open(plan)
    try:
        return await sink.put(plan, partition, data)
    finally:
        await sink.aclose()


@pytest.fixture
def plan(make_plan: MakePlan) -> Plan:
    return make_plan(columns=["SPEND_IN_MICRO_DOLLAR", "CTR", "CAMPAIGN_NAME"])


@pytest.mark.parametrize("format", list(FORMATS))
async def test_a_file_reads_back_as_it_was_put(tmp_path: Path, plan: Plan, format: Any) -> None:
    partition = partition_of(plan)
    data = table(plan, partition, rows(partition))
    sink = file_sink(tmp_path, format=format)
    path = await put(sink, plan, partition, data)
    assert path == f"level=ad/account=549/part-{partition.file}.{format}"
    assert files(tmp_path) == [path]
    found = content(sink, plan, path, format)
    assert found.select(data.schema.names).to_pylist() == data.to_pylist()
    assert found.schema.field("DATE").type == pa.date32()


@pytest.mark.parametrize("format", list(FORMATS))
async def test_days_that_are_put_again_replace_those_days_only(
    tmp_path: Path, plan: Plan, format: Any
) -> None:
    whole = partition_of(plan)
    sink = file_sink(tmp_path, format=format)
    await put(sink, plan, whole, table(plan, whole, rows(whole)))
    middle = Partition(
        id="again",
        file=whole.file,
        account=whole.account,
        ids=whole.ids,
        start=whole.start + dt.timedelta(days=3),
        end=whole.start + dt.timedelta(days=5),
    )
    path = await put(sink, plan, middle, table(plan, middle, rows(middle, value=9)))
    assert path is not None
    assert files(tmp_path) == [path]
    found = content(sink, plan, path, format).sort_by("DATE").to_pylist()
    assert [row["SPEND_IN_MICRO_DOLLAR"] for row in found] == [5] * 3 + [9] * 3 + [5] * 4
    assert len({row["DATE"] for row in found}) == 10


@pytest.mark.parametrize("format", list(FORMATS))
async def test_hours_are_restated_too(tmp_path: Path, make_plan: MakePlan, format: Any) -> None:
    first, second_day = dt.date(2026, 8, 1), dt.date(2026, 8, 2)
    plan = make_plan(granularity="HOUR", start=first, end=second_day)
    whole = next(cut(begin(plan, None, plan.end), "549", ["1"]))
    moments = [f"2026-08-0{day}T{hour:02}:00:00" for day in (1, 2) for hour in range(24)]
    data = [{"AD_ID": "1", "DATE": one, "SPEND_IN_MICRO_DOLLAR": 1} for one in moments]
    sink = file_sink(tmp_path, format=format)
    await put(sink, plan, whole, table(plan, whole, data))
    second = Partition(
        id="x", file=whole.file, account="549", start=plan.end, end=plan.end, ids=("1",)
    )
    path = await put(sink, plan, second, table(plan, second, data[24:25]))
    assert path is not None
    found = content(sink, plan, path, format)
    assert found.num_rows == 25
    assert found.schema.field("DATE").type == pa.timestamp("s", tz="UTC") or format == "parquet"


async def test_no_rows_leave_no_file(tmp_path: Path, plan: Plan) -> None:
    partition = partition_of(plan)
    sink = file_sink(tmp_path)
    assert await put(sink, plan, partition, schema(plan).empty_table()) is None
    assert files(tmp_path) == []
    await put(sink, plan, partition, table(plan, partition, rows(partition)))
    assert await put(sink, plan, partition, schema(plan).empty_table()) is None
    assert files(tmp_path) == []


async def test_a_column_that_comes_later_does_not_break_old_rows(
    tmp_path: Path, plan: Plan, make_plan: MakePlan
) -> None:
    partition = partition_of(plan)
    sink = file_sink(tmp_path)
    await put(sink, plan, partition, table(plan, partition, rows(partition)))
    wider = make_plan(columns=[*plan.columns, "CLICKTHROUGH_1"])
    last = Partition(
        id="x", file=partition.file, account="549", start=plan.end, end=plan.end, ids=("1",)
    )
    new = [{**row, "CLICKTHROUGH_1": 3} for row in rows(last)]
    await put(sink, wider, last, table(wider, last, new))
    found = pq.read_table(tmp_path / "level=ad", partitioning=None).sort_by("DATE").to_pydict()
    assert found["CLICKTHROUGH_1"] == [None] * 9 + [3]
    assert found["SPEND_IN_MICRO_DOLLAR"] == [5] * 10


async def test_a_write_that_fails_leaves_nothing_and_says_so(
    tmp_path: Path, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    partition = partition_of(plan)
    sink = file_sink(tmp_path)
    await sink.open(plan)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SinkError, match=f"{tmp_path} cannot be written: No space left") as caught:
        await sink.put(plan, partition, table(plan, partition, rows(partition)))
    assert isinstance(caught.value, OSError)
    monkeypatch.undo()
    assert files(tmp_path) == []
    assert unfinished(tmp_path) == []
    await sink.aclose()


def test_of_several_files_one_that_fails_leaves_nothing_unfinished(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    storage.open()
    storage.write("a/1", b"before")
    with pytest.raises(FileExistsError):
        storage.write_all([("a/1", b"new"), ("b/c/2", b"two"), ("a/1/3", b"in a file")])
    assert storage.read("a/1") in (b"before", b"new")
    assert unfinished(tmp_path) == []
    storage.write_all([("b/c/2", b"two"), ("b/c/3", b"three"), ("b/c/2", b"last")])
    assert (storage.read("b/c/2"), storage.read("b/c/3")) == (b"last", b"three")
    assert unfinished(tmp_path) == []


async def test_files_in_other_places_are_written_side_by_side(tmp_path: Path, plan: Plan) -> None:
    class Slow(RemoteStorage):
        meeting = threading.Barrier(3)

        def write(self, path: str, content: Any) -> None:
            self.meeting.wait(600)
            super().write(path, content)

    local = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    sink = FileSink(Slow(local, "data"))
    partition = partition_of(plan)
    others = [msgspec.structs.replace(partition, account=str(number)) for number in range(3)]
    async with asyncio.TaskGroup() as tasks:
        for one in others:
            tasks.create_task(sink.put(plan, one, table(plan, one, rows(one))))
    assert len(sink.storage.files("level=ad")) == len(others)


def test_what_a_killed_run_left_unfinished_is_swept_away(tmp_path: Path) -> None:
    folder = notes_folder(tmp_path) / "unfinished"
    folder.mkdir(parents=True)
    (folder / "part-1.parquet").write_bytes(b"PAR1")
    storage = LocalStorage(tmp_path)
    storage.open()
    assert unfinished(tmp_path) == []
    storage.close()
    assert not folder.exists()


async def test_any_pyarrow_file_system_will_do(tmp_path: Path, plan: Plan) -> None:
    partition = partition_of(plan)
    local = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    sink = file_sink("bucket/data", filesystem=local)
    path = await put(sink, plan, partition, table(plan, partition, rows(partition)))
    assert files(tmp_path) == [f"bucket/data/{path}"]
    assert sink.storage.files("level=ad") == [path]
    assert not sink.storage.files("level=campaign")
    await put(sink, plan, partition, table(plan, partition, rows(partition, value=6)))
    found = pq.read_table(tmp_path / "bucket/data" / (path or ""), partitioning=None)
    assert set(found.column("SPEND_IN_MICRO_DOLLAR").to_pylist()) == {6}
    await put(sink, plan, partition, schema(plan).empty_table())
    assert files(tmp_path) == []


async def test_any_fsspec_file_system_will_do(plan: Plan) -> None:
    partition = partition_of(plan)
    sink = file_sink("memory://bucket/data")
    try:
        for value in (5, 6):
            data = table(plan, partition, rows(partition, value=value))
            path = await put(sink, plan, partition, data)
        found = content(sink, plan, path, "parquet")
        assert found.column("SPEND_IN_MICRO_DOLLAR").to_pylist() == [6] * 10
        assert sink.storage.files("level=ad") == [path]
        assert not sink.storage.files("_harvest")
    finally:
        fsspec.filesystem("memory").rm("/bucket", recursive=True)


async def test_an_address_is_opened_by_its_protocol(tmp_path: Path, plan: Plan) -> None:
    partition = partition_of(plan)
    sink = file_sink(f"file://{tmp_path}")
    path = await put(sink, plan, partition, table(plan, partition, rows(partition)))
    assert files(tmp_path) == [path]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="parquet, jsonl, csv"):
        file_sink(tmp_path, format="xlsx")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def test_a_sink_travels_to_another_process(tmp_path: Path, plan: Plan) -> None:
    partition = partition_of(plan)
    sink = file_sink(tmp_path)
    await sink.open(plan)
    copy = pickle.loads(pickle.dumps(sink))  # noqa: S301
    data = table(plan, partition, rows(partition))
    await asyncio.gather(*(one.put(plan, partition, data) for one in (sink, copy)))
    assert len(files(tmp_path)) == 1
    await sink.aclose()


class Target(NamedTuple):
    sink: FileSink
    can_tell_openings: bool


@pytest.fixture(params=["folder", "renaming", "store"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> Target:
    """A folder; a file system; one that takes itself for an object store."""
    if request.param == "folder":
        return Target(file_sink(tmp_path), can_tell_openings=True)
    local = fs.SubTreeFileSystem(str(tmp_path), fs.LocalFileSystem())
    storage = RemoteStorage(local, "data", rename=request.param == "renaming")
    return Target(FileSink(storage), can_tell_openings=False)


def copy_of(sink: FileSink) -> FileSink:
    """The sink as a worker has it."""
    return cast("FileSink", pickle.loads(pickle.dumps(sink)))  # noqa: S301


def spent(sink: FileSink, plan: Plan, path: str | None) -> dict[dt.date, int]:
    table = sink.read(plan, path or "")
    names = ("DATE", "SPEND_IN_MICRO_DOLLAR")
    rows = [*zip(*(table.column(name).to_pylist() for name in names), strict=True)]
    assert len(rows) == len(dict(rows))
    return dict(rows)


async def test_a_file_that_a_worker_prepared_is_finished_elsewhere(
    target: Target, plan: Plan
) -> None:
    partition, sink = partition_of(plan), target.sink
    await sink.open(plan)
    worker = copy_of(sink)
    prepared = await worker.prepare(plan, partition, table(plan, partition, rows(partition)))
    assert not sink.storage.files("level=ad")
    path = await sink.finish(plan, partition, prepared)
    assert path == sink.path(plan, partition)
    assert set(spent(sink, plan, path).values()) == {5}
    assert await worker.prepare(plan, partition, schema(plan).empty_table()) is None
    assert set(spent(sink, plan, path).values()) == {5}
    assert await sink.finish(plan, partition, None) is None
    assert sink.storage.read(str(path)) is None
    await sink.aclose()
    assert not sink.storage.files("_harvest/unfinished")


async def test_a_worker_that_went_on_late_changes_nothing(target: Target, plan: Plan) -> None:
    """Between its look at the file and its own, another did the same, and a later run more."""
    partition, sink = partition_of(plan), target.sink
    half = msgspec.structs.replace(partition, id="half", end=partition.start + dt.timedelta(days=4))
    await sink.open(plan)
    hung, awake = copy_of(sink), copy_of(sink)
    late = await hung.prepare(plan, half, table(plan, half, rows(half, value=1)))
    assert late is not None
    prepared = await awake.prepare(plan, half, table(plan, half, rows(half, value=2)))
    await sink.finish(plan, half, prepared)
    await sink.aclose()
    await sink.open(plan)
    path = await sink.put(plan, partition, table(plan, partition, rows(partition, value=3)))
    if target.can_tell_openings:
        with pytest.raises(SinkError, match="No such file"):
            await hung.prepare(plan, half, table(plan, half, rows(half, value=1)))
        with pytest.raises(SinkError, match="No such file"):
            await hung.finish(plan, half, late)
    else:
        assert await hung.prepare(plan, half, table(plan, half, rows(half, value=1)))
    await sink.aclose()
    assert [*spent(sink, plan, path).values()] == [3] * 10
    assert not sink.storage.files("_harvest/unfinished")
