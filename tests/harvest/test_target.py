import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.harvest import Partition, Plan, TargetError
from pinterest_async.harvest.tables import schema
from pinterest_async.harvest.target import Target

pa: Any = pytest.importorskip("pyarrow")
pq: Any = pytest.importorskip("pyarrow.parquet")


@pytest.fixture
def plan(make_plan: Callable[..., Plan]) -> Plan:
    return make_plan()


@pytest.fixture
def target(tmp_path: Path, plan: Plan) -> Iterator[Target]:
    target = Target(tmp_path, plan)
    target.open()
    yield target
    target.close()


@pytest.fixture
def partition(plan: Plan) -> Partition:
    return next(plan.cut("549", ["1"]))


def files(folder: Path) -> list[str]:
    """Everything below a folder but the harvest's notes."""
    return sorted(
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and "_harvest" not in path.parts
    )


def test_a_committed_partition_is_one_typed_file(
    target: Target, plan: Plan, partition: Partition
) -> None:
    assert not target.has(partition)
    path = target.commit(partition, schema(plan).empty_table())
    assert target.has(partition)
    assert files(target.folder) == [f"level=ad/account=549/part-{partition.id}.parquet"]
    assert pq.read_schema(path) == schema(plan)
    assert pq.ParquetFile(path).metadata.num_rows == 0


def test_a_write_that_fails_leaves_nothing(
    target: Target, plan: Plan, partition: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_table: Any, file: Any, **_options: Any) -> None:
        file.write(b"PAR1")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        target.commit(partition, schema(plan).empty_table())
    assert not target.has(partition)
    assert files(target.folder) == []
    assert list((target.folder / "_harvest" / "unfinished").iterdir()) == []


def test_a_file_is_not_seen_before_it_is_complete(
    target: Target, plan: Plan, partition: Partition, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[str]] = []
    write = pq.write_table

    def watched(table: Any, file: Any, **options: Any) -> None:
        write(table, file, **options)
        seen.append(files(target.folder))

    monkeypatch.setattr(pq, "write_table", watched)
    target.commit(partition, schema(plan).empty_table())
    assert seen == [[]]


def test_what_a_killed_run_left_unfinished_is_swept_away(tmp_path: Path, plan: Plan) -> None:
    unfinished = tmp_path / "_harvest" / "unfinished"
    unfinished.mkdir(parents=True)
    (unfinished / "part-1.parquet").write_bytes(b"PAR1")
    target = Target(tmp_path, plan)
    target.open()
    assert list(unfinished.iterdir()) == []
    target.close()
    assert not unfinished.exists()


def test_listings_are_remembered(tmp_path: Path, plan: Plan) -> None:
    first = Target(tmp_path, plan)
    first.open()
    assert first.listed(None) is None
    assert first.note(None, ["1", "2"]) == ("1", "2")
    first.note("1", ["11"])
    first.note("2", [])
    first.close()
    with (tmp_path / "_harvest" / f"{plan.id}.jsonl").open("ab") as log:
        log.write(b'{"account":"3","ids":["3')  # the power went off here
    for _ in range(2):
        second = Target(tmp_path, plan)
        second.open()
        assert second.listed(None) == ("1", "2")
        assert second.listed("1") == ("11",)
        assert second.listed("2") == ()
        assert second.listed("3") is None
        second.note("4", ["41"])
        second.close()
    third = Target(tmp_path, plan)
    third.open()
    assert third.listed("4") == ("41",)
    third.close()


def test_two_runs_do_not_share_a_folder(target: Target, plan: Plan) -> None:
    with pytest.raises(TargetError, match="another harvest is filling"):
        Target(target.folder, plan).open()
    target.close()
    again = Target(target.folder, plan)
    again.open()
    again.close()


@pytest.mark.parametrize(
    ("changes", "welcome"),
    [
        ({}, True),
        ({"columns": ["CTR"]}, False),
        ({"granularity": "TOTAL"}, False),
        ({"accounts": ["549"]}, False),
        ({"level": "campaign"}, True),
    ],
)
def test_rows_are_not_harvested_twice_into_one_folder(
    target: Target, make_plan: Callable[..., Plan], changes: dict[str, Any], welcome: bool
) -> None:
    target.close()
    other = Target(target.folder, make_plan(**changes))
    if welcome:
        other.open()
        other.close()
    else:
        with pytest.raises(TargetError, match="would be there twice"):
            other.open()


def test_other_days_and_other_accounts_may_join(
    tmp_path: Path, make_plan: Callable[..., Plan], yesterday: dt.date
) -> None:
    week = dt.timedelta(days=7)
    for plan in (
        make_plan(accounts=["1"]),
        make_plan(accounts=["2"], columns=["CTR"]),
        make_plan(accounts=["1", "2"], start=yesterday - 3 * week, end=yesterday - 2 * week),
    ):
        target = Target(tmp_path, plan)
        target.open()
        target.close()


def test_files_of_unknown_origin_are_left_alone(tmp_path: Path, plan: Plan) -> None:
    (tmp_path / "level=ad").mkdir()
    with pytest.raises(TargetError, match="no harvest left there"):
        Target(tmp_path, plan).open()
