"""Answers with more, less or something else than was asked for: no more of them gets into files."""

import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse
from pinterest_async.errors import PinterestError
from pinterest_async.harvest import Plan, UnusableAnswerError, run
from pinterest_async.harvest.plan.levels import LEVELS, Level
from pinterest_async.harvest.plan.series import begin, cut
from pinterest_async.limits import InMemoryLimiter

pytest.importorskip("pyarrow")

from pinterest_async.harvest.execute.fetch import Fetcher
from pinterest_async.harvest.output.arrow import pq

MakePlan = Callable[..., Plan]
SPEND = "SPEND_IN_MICRO_DOLLAR"
YESTERDAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


class Spoiled:
    """A hook of the emulator that changes the rows of the analytics of ads, for so many answers."""

    def __init__(self, change: Callable[[list[Any]], Any], times: int = 1) -> None:
        self._change = change
        self.left = times

    def before(self, operation: Any, incoming: HttpRequest) -> None:
        """Let everything through."""

    def after(self, operation: Any, incoming: HttpRequest, answer: HttpResponse) -> HttpResponse:  # noqa: ARG002
        if operation is not None and operation.id == "ads/analytics" and self.left:
            self.left -= 1
            answer.body = json.dumps(self._change(json.loads(answer.body))).encode()
        return answer


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=3, ads=2, quotas=None) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token, base_url=emulator.url, limiter=InMemoryLimiter(), on_drift="ignore"
    ) as client:
        yield client


def keys(out: Path) -> list[tuple[Any, ...]]:
    found = pq.read_table(out / "level=ad", partitioning=None).to_pylist()
    return [(row["AD_ACCOUNT_ID"], row["AD_ID"], row["DATE"]) for row in found]


def a_day_later(rows: list[Any]) -> list[Any]:
    after = dt.date.fromisoformat(rows[-1]["DATE"]) + dt.timedelta(days=1)
    return [*rows, {**rows[-1], "DATE": str(after)}]


CHANGES: dict[str, tuple[Callable[[list[Any]], Any], int]] = {
    "a day later": (a_day_later, 1),
    "no day": (lambda rows: [*rows, {**rows[0], "DATE": None}], 1),
    "no date": (lambda rows: [*rows, {**rows[0], "DATE": "someday"}], 1),
    "another id": (lambda rows: [{**rows[0], "AD_ID": "1"}, *rows], 1),
    "no id": (lambda rows: [{**rows[0], "AD_ID": {}}, *rows], 1),
    "another account": (lambda rows: [*rows, {**rows[0], "AD_ACCOUNT_ID": "1"}], 1),
    "twice": (lambda rows: [rows[0], *rows, rows[-1]], 2),
    "another value": (lambda rows: [*rows, {**rows[0], SPEND: 7}], 1),
    "null": (lambda rows: [None, *rows, None], 2),
    "no rows": (lambda rows: [5, *rows, [], "row", True], 4),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_rows_that_nobody_asked_for_are_set_aside(
    client: Pinterest, emulator: Emulator, tmp_path: Path, make_plan: MakePlan, change: str
) -> None:
    await run(make_plan(), client, out=tmp_path / "good")
    change_rows, more = CHANGES[change]
    spoiled = Spoiled(change_rows)
    emulator.hooks.append(spoiled)
    result = await run(make_plan(), client, out=tmp_path / "spoiled")
    assert spoiled.left == 0
    assert result.complete
    expected = keys(tmp_path / "good")
    assert sorted(keys(tmp_path / "spoiled")) == sorted(expected)
    assert result.set_aside == more
    assert result.rows == len(expected)
    again = await run(make_plan(), client, out=tmp_path / "spoiled")
    assert (again.done, again.set_aside) == (0, result.set_aside)


async def test_a_day_too_many_is_not_doubled_by_the_next_run(
    client: Pinterest, emulator: Emulator, tmp_path: Path, make_plan: MakePlan
) -> None:
    before = dt.timedelta(days=2)
    plan = make_plan(start=YESTERDAY - dt.timedelta(days=9), end=YESTERDAY - before)
    emulator.hooks.append(Spoiled(a_day_later, times=100))
    first = await run(plan, client, out=tmp_path, since_last=True)
    assert first.set_aside > 0
    emulator.hooks.clear()
    later = make_plan(start=plan.start)
    await run(later, client, out=tmp_path, since_last=True, restate_days=1)
    found = keys(tmp_path)
    assert len(found) == len(set(found))


@pytest.mark.parametrize("answer", [None, {}, "rows", 5, True])
async def test_an_answer_without_rows_costs_one_partition_and_is_tried_again(
    client: Pinterest, emulator: Emulator, tmp_path: Path, make_plan: MakePlan, answer: Any
) -> None:
    emulator.hooks.append(Spoiled(lambda _: answer))
    result = await run(make_plan(), client, out=tmp_path)
    assert result.complete
    assert result.set_aside == 0
    assert result.calls == len(emulator.calls()) == 8  # of accounts, of ads 3, 3 and one again


async def test_one_that_stays_without_rows_is_named(
    client: Pinterest, emulator: Emulator, tmp_path: Path, make_plan: MakePlan
) -> None:
    spoiled: set[str] = set()

    def none(rows: list[Any]) -> Any:
        ids = {row["AD_ID"] for row in rows}
        spoiled.update(ids if not spoiled else ())
        return rows if ids.isdisjoint(spoiled) else None

    emulator.hooks.append(Spoiled(none, times=100))
    result = await run(make_plan(), client, out=tmp_path)
    (failure,) = result.failures
    assert isinstance(failure.error, UnusableAnswerError)
    assert "no list but null" in str(failure.error)
    assert result.done == 2


# Whatever arrives, on every level

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
_IDS = st.sampled_from(["8", "9", "10", 8, "1", None]) | _VALUES
_DAYS = st.integers(-3, 3).map(lambda days: str(YESTERDAY + dt.timedelta(days=days))) | _VALUES
_PLACES = ("AD_ACCOUNT_ID", "CAMPAIGN_ID", "AD_GROUP_ID", "AD_ID", "PIN_ID", "PRODUCT_GROUP_ID")
_ROWS = _VALUES | st.fixed_dictionaries(
    {"DATE": _DAYS, **dict.fromkeys(_PLACES, _IDS)}, optional={SPEND: _VALUES, "SAVE": _VALUES}
)
_ITEMS = _VALUES | st.fixed_dictionaries(
    {"targeting_type": _VALUES, "targeting_value": _VALUES, "metrics": _ROWS}
)
_ORGANIC_DAYS = _VALUES | st.fixed_dictionaries(
    {"date": _DAYS, "data_status": _VALUES, "metrics": _ROWS}
)
_ORGANIC = _VALUES | st.fixed_dictionaries(
    {"all": _VALUES | st.fixed_dictionaries({"daily_metrics": _VALUES | st.lists(_ORGANIC_DAYS)})}
)
_ANSWERS = (
    _VALUES
    | st.lists(_ROWS, max_size=6)
    | st.fixed_dictionaries({"data": _VALUES | st.lists(_ITEMS, max_size=6)})
    | _ORGANIC
    | st.dictionaries(st.sampled_from(["8", "9", "1"]), _ORGANIC)
)


def answering(level: Level, answer: Any) -> Any:
    async def send(_method: Any, *_path: Any, **_query: Any) -> Any:
        return SimpleNamespace(data=lambda: answer, raw=json.dumps(answer).encode())

    operation = LEVELS[level].operation
    names = {operation.namespace: SimpleNamespace(**{operation.name: None})}
    client = SimpleNamespace(send=send, **names)
    client.undecoded = lambda: client
    return client


@pytest.mark.parametrize("level", [one for one in LEVELS if one != "product_group"])
@settings(max_examples=30)
@given(answer=_ANSWERS)
async def test_nothing_but_what_was_asked_for_or_our_error_comes_of_any_answer(
    level: Level, answer: Any
) -> None:
    facts = LEVELS[level]
    columns = ["SAVE"] if facts.organic else [SPEND]
    types = ["GENDER"] if facts.targeting_types else []
    start = YESTERDAY - dt.timedelta(days=1)
    plan = Plan(level=level, columns=columns, targeting_types=types, start=start, end=YESTERDAY)
    ids = ("7/8", "7/9") if facts.parent_column else ("8", "9")
    (partition,) = cut(begin(plan, None, YESTERDAY), "5", ids if facts.listed else ())
    try:
        found = await Fetcher(plan, answering(level, answer)).fetch(partition)
    except PinterestError:
        return
    rows = found.table.to_pylist()
    assert {row["DATE"] for row in rows} <= {start, YESTERDAY}
    assert {row["AD_ACCOUNT_ID"] for row in rows} <= {"5"}
    if facts.listed:
        assert {row[facts.id_column] for row in rows} <= {"8", "9"}
    names = (facts.id_column, "DATE", "TARGETING_TYPE", "TARGETING_VALUE")
    seen = [tuple(row.get(name) for name in names) for row in rows]
    assert len(seen) == len(set(seen))


@given(st.lists(_VALUES, min_size=1))
async def test_ids_from_a_list_are_ids_or_our_error(ids: list[Any]) -> None:
    from pinterest_async.harvest.plan.discover import account_pages
    from pinterest_async.pages import Page, Pager

    async def fetch(_bookmark: str | None) -> Page[Any]:
        return Page(items=[{"id": id} for id in ids])

    def pages(**_options: object) -> Pager[Any]:
        return Pager(fetch)

    client: Any = SimpleNamespace(ad_accounts=SimpleNamespace(list=pages))
    plan = Plan(level="ad", start=YESTERDAY, end=YESTERDAY)
    try:
        found = [id async for page, _ in account_pages(client, plan) for id in page]
    except PinterestError:
        return
    assert all(Path(f"account={id}").name == f"account={id}" for id in found)
