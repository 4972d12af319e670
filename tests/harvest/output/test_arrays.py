"""Arrow arrays from Python values are those that pyarrow makes, without the import of pandas."""

import datetime as dt
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

pytest.importorskip("pyarrow")

from pinterest_async.harvest.output import arrays
from pinterest_async.harvest.output.arrays import (
    arrow_array,
    arrow_scalar,
    arrow_texts,
    without_zones,
)
from pinterest_async.harvest.output.arrow import pa

UTC = pa.timestamp("us", tz="UTC")
MOMENTS = st.datetimes(timezones=st.just(dt.UTC))
SCALARS: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (pa.string(), st.text(st.characters(codec="utf-8"))),
    (pa.bool_(), st.booleans()),
    (pa.int64(), st.integers(-(2**63), 2**63 - 1)),
    (pa.float64(), st.floats(allow_nan=False) | st.integers(-(2**53), 2**53)),
    (pa.date32(), st.dates()),
    (UTC, MOMENTS),
    (pa.timestamp("s", tz="UTC"), MOMENTS.map(lambda one: one.replace(microsecond=0))),
]


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Types of lists and structs of such types, each with its values."""

    def listed(one: Any) -> Any:
        return pa.list_(one[0]), st.lists(one[1] | st.none(), max_size=4)

    def structured(two: Any) -> Any:
        (a, first), (b, second) = two
        fields = {"a": first | st.none(), "b": second}
        return pa.struct([("a", a), ("b", b)]), st.fixed_dictionaries({}, optional=fields)

    return inner.map(listed) | st.tuples(inner, inner).map(structured)


TYPES = st.recursive(st.sampled_from(SCALARS), nested, max_leaves=5)


@st.composite
def columns(draw: st.DrawFn) -> tuple[Any, list[Any]]:
    type_, values = draw(TYPES)
    return type_, draw(st.lists(values | st.none(), max_size=12))


@example((pa.float64(), [float("inf"), 2**53, None, -float("inf")]))
@example((pa.string(), ["x" * 256, None, "", "\u00e9" * 300]))
@given(columns())
def test_an_array_is_the_one_that_pyarrow_makes(column: tuple[Any, list[Any]]) -> None:
    type_, values = column
    found = arrow_array(values, type_)
    found.validate(full=True)
    assert found.type == type_
    assert found.equals(pa.array(values, type_))
    assert found.null_count == values.count(None)


WHOLE = st.integers(-(2**63), 2**63 - 1) | st.none()


@given(st.lists(st.tuples(WHOLE, st.integers(1, 3))))
def test_whole_numbers_become_their_texts_also_in_runs(runs: list[tuple[int | None, int]]) -> None:
    numbers = [number for number, times in runs for _ in range(times)]
    found = arrow_texts(numbers)
    found.validate(full=True)
    texts = [None if number is None else str(number) for number in numbers]
    assert found.equals(pa.array(texts, pa.string()))


def test_what_is_no_whole_number_has_no_text() -> None:
    for wrong in (2**63, "1", 1.5):
        with pytest.raises(ValueError, match="int64"):
            arrow_texts([1, wrong])  # type: ignore[list-item]


@given(st.lists(st.dates(), min_size=1), st.integers(0, 3), st.lists(st.dates() | st.none()))
def test_days_may_come_again_and_again(
    days: list[dt.date], times: int, others: list[dt.date | None]
) -> None:
    values = [*days * times, *others]
    assert arrow_array(values, pa.date32()).equals(pa.array(values, pa.date32()))


@given(st.lists(st.dates() | st.none()))
def test_dates_may_be_texts(days: list[dt.date | None]) -> None:
    texts = [day and day.isoformat() for day in days]
    assert arrow_array(texts, pa.date32()).equals(pa.array(days, pa.date32()))


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        (2**63, pa.int64()),
        (2**53 + 1, pa.float64()),
        (10**400, pa.float64()),
        (1.5, pa.int64()),
        ("1", pa.int64()),
        (1, pa.string()),
        ("\ud800", pa.string()),
        ("soon", pa.date32()),
        ("2026-02-30", pa.date32()),
        (dt.datetime(2026, 8, 1), UTC),  # noqa: DTZ001  (that is what is wrong with it)
        ({"a": "x"}, pa.struct([("a", pa.int64())])),
        ([1, "x"], pa.list_(pa.int64())),
        (7, pa.struct([("a", pa.int64())])),
        (7, pa.list_(pa.int64())),
    ],
)
def test_what_does_not_fit_is_an_error(value: Any, type_: Any) -> None:
    for values in ([value], [None, value]):
        with pytest.raises(ValueError, match=r".+"):
            arrow_array(values, type_)


def test_more_text_than_an_array_has_room_for_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "_MOST_TEXT", 600)
    assert len(arrow_array(["x" * 300, "x" * 300], pa.string())) == 2
    with pytest.raises(ValueError, match="601 bytes of text"):
        arrow_array(["x" * 300, "x" * 301], pa.string())


def test_a_scalar_is_the_one_that_pyarrow_makes() -> None:
    for type_, value in ((pa.string(), "a"), (pa.string(), None), (pa.int64(), 7)):
        assert arrow_scalar(value, type_).equals(pa.scalar(value, type_))


def test_times_without_zones_are_those_in_utc() -> None:
    moment = dt.datetime(2026, 8, 1, 5, tzinfo=dt.UTC)
    rows = [{"at": moment, "in": [{"at": moment}]}]
    schema = pa.schema([("at", UTC), ("in", pa.list_(pa.struct([("at", UTC)])))])
    table = pa.Table.from_pylist(rows, schema).cast(without_zones(schema))
    plain = moment.replace(tzinfo=None)
    assert table.to_pylist() == [{"at": plain, "in": [{"at": plain}]}]


HARVEST = """
import asyncio, datetime as dt, sys
from pathlib import Path
from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.harvest import EntityPlan, Plan, run, run_entities
from pinterest_async.harvest.output.arrays import arrow_texts

async def harvest(folder, format):
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    async with (
        Emulator(accounts=2, quotas=None) as emulator,
        Pinterest(emulator.token, base_url=emulator.url) as client,
    ):
        for days in (5, 3):  # the second one replaces days in the files of the first
            start = end - dt.timedelta(days=days - 1)
            for columns in (["SPEND_IN_MICRO_DOLLAR"], ["CTR", "CAMPAIGN_NAME", "CAMPAIGN_ID"]):
                plan = Plan(level="ad", columns=columns, start=start, end=end)
                out = folder / f"figures{len(columns)}"
                result = await run(plan, client, out=out, format=format)
                assert result.complete and result.rows
        result = await run_entities(EntityPlan(), client, out=folder / "entities", format=format)
        assert result.complete and result.rows

asyncio.run(harvest(Path(sys.argv[1]), sys.argv[2]))
arrow_texts([1, 1, None])  # ids as live answers have them
assert "pandas" not in sys.modules
"""


@pytest.mark.skipif(find_spec("pandas") is None, reason="pandas is not installed")
@pytest.mark.parametrize("format", ["parquet", "jsonl", "csv"])
def test_no_harvest_imports_pandas(tmp_path: Path, format: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", HARVEST, str(tmp_path), format],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
