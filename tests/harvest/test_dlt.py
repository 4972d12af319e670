"""The dlt source: loaded into DuckDB again and again, and held against the emulator's own state."""

import asyncio
import datetime as dt
import re
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from importlib import import_module
from pathlib import Path
from typing import Any

import msgspec
import pytest
from harvest.entity_state import HELD, fill, held
from msgspec.structs import replace
from programs import EXAMPLES, finished, started

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import Error
from pinterest_async.emulator.model.analytics.queries import totals
from pinterest_async.errors import ConfigurationError
from pinterest_async.harvest import Plan, PlanError, stream
from pinterest_async.harvest.plan.entities import ENTITIES
from pinterest_async.harvest.plan.levels import LEVELS
from pinterest_async.jobs.polling import Polling
from pinterest_async.jobs.report_job import ReportJob

duckdb: Any = pytest.importorskip("duckdb")
dlt: Any = pytest.importorskip("dlt")
PipelineStepFailed: Any = import_module("dlt.pipeline.exceptions").PipelineStepFailed
source: Any = import_module("pinterest_async.harvest.dlt")

MakePlan = Callable[..., Plan]

SPEND = "SPEND_IN_MICRO_DOLLAR"
FIGURES = ("ad_days", "ad_id", "date", SPEND)
KEPT_DAYS = 40


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=2, quotas=None) as emulator:
        yield emulator


class Warehouse:
    """A pipeline of dlt into a file of DuckDB; `loaded` are the rows of the last load, by table."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        self._emulator = emulator
        self._pipeline = dlt.pipeline(
            "test",
            destination=dlt.destinations.duckdb(str(folder / "warehouse.duckdb")),
            dataset_name="pins",
            pipelines_dir=str(folder / "pipelines"),
        )
        self.loaded: dict[str, int] = {}
        self.calls = 0

    def connect(self) -> Pinterest:
        return Pinterest(self._emulator.token, base_url=self._emulator.url)

    async def load(self, make: Callable[..., Any], *arguments: Any, **options: Any) -> None:
        """Load what the function makes of these arguments and a client's."""
        before = len(self._emulator.calls())

        def run() -> None:
            made = make(*arguments, connect=self.connect, **options)
            done = self._pipeline.run(made)
            trace = self._pipeline.last_trace.last_normalize_info
            counts: dict[str, int] = trace.row_counts if done.loads_ids else {}
            self.loaded = {k: n for k, n in counts.items() if not k.startswith("_dlt")}

        # In a thread, since dlt blocks, and the emulator answers in this one.
        await asyncio.to_thread(run)
        self.calls = len(self._emulator.calls()) - before

    def rows(self, table: str, *columns: str) -> list[tuple[Any, ...]]:
        """Some columns of a table, sorted."""
        with self._pipeline.sql_client() as client:
            found = client.execute_sql(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL")  # noqa: S608
            return list(found)


@pytest.fixture
def warehouse(tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    return Warehouse(tmp_path, emulator)


def spent(emulator: Emulator, plan: Plan) -> list[tuple[str, dt.date, int]]:
    """The emulator's own figures of a plan of ads."""
    return sorted(
        (id, day, values[SPEND])
        for number in range((plan.end - plan.start).days + 1)
        for day in [plan.start + dt.timedelta(days=number)]
        for id, values in totals(emulator.world, "ad", [SPEND], day, day).items()
    )


async def test_a_new_day_comes_with_the_days_that_still_change(
    emulator: Emulator, warehouse: Warehouse, make_plan: MakePlan
) -> None:
    last = make_plan(start=make_plan().end - dt.timedelta(days=KEPT_DAYS - 1))
    first = make_plan(start=last.start, end=last.end - dt.timedelta(days=1))
    await warehouse.load(source.pinterest_source, [first])
    assert warehouse.rows(*FIGURES) == spent(emulator, first)
    await warehouse.load(source.pinterest_source, [first])
    assert (warehouse.loaded, warehouse.calls) == ({}, 0)
    await warehouse.load(source.pinterest_source, [last], restate_days=7)
    again = make_plan(start=first.end - dt.timedelta(days=6))
    assert warehouse.loaded == {"ad_days": len(spent(emulator, again))}
    assert warehouse.rows(*FIGURES) == spent(emulator, last)
    assert warehouse.rows("ad_days", f"sum({SPEND})") == [
        (sum(value for _, _, value in spent(emulator, last)),)
    ]


class Smaller:
    """Stands between the emulator and a client: figures are one less than they will be."""

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Let everything through."""

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        del incoming
        if operation.category != "ads_analytics":
            return answer
        rows = msgspec.json.decode(answer.body)
        for row in rows:
            row[SPEND] -= 1
        return replace(answer, body=msgspec.json.encode(rows))


async def test_restated_figures_take_the_place_of_those_before(
    emulator: Emulator, warehouse: Warehouse, make_plan: MakePlan
) -> None:
    last = make_plan(start=make_plan().end - dt.timedelta(days=KEPT_DAYS - 1))
    first = make_plan(start=last.start, end=last.end - dt.timedelta(days=1))
    smaller = Smaller()
    emulator.hooks.append(smaller)
    await warehouse.load(source.figures, first)
    emulator.hooks.remove(smaller)
    await warehouse.load(source.figures, last)
    restated = first.end - dt.timedelta(days=29)
    assert warehouse.rows(*FIGURES) == [
        (id, day, value if day >= restated else value - 1)
        for id, day, value in spent(emulator, last)
    ]


async def test_each_level_has_a_key(
    emulator: Emulator,
    warehouse: Warehouse,
    make_plan: MakePlan,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(emulator)
    monkeypatch.setattr(ReportJob, "POLLING", Polling(first=0.02, longest=0.1))
    plans = [
        make_plan(
            level=level,
            start=make_plan().end - dt.timedelta(days=1),
            columns=["all"] if facts.organic else [SPEND],
            targeting_types=facts.targeting_types[:2],
        )
        for level, facts in LEVELS.items()
    ]
    first = [replace(plan, end=plan.start) for plan in plans]
    await warehouse.load(source.pinterest_source, first)
    assert set(warehouse.loaded) == {f"{plan.level}_days" for plan in plans}
    # The first day comes again with the second, and no row of it is there twice.
    await warehouse.load(source.pinterest_source, plans)
    async with warehouse.connect() as client:
        for plan in plans:
            name, rows = f"{plan.level}_days", 0
            async with aclosing(stream(plan, client)) as batches:
                async for batch in batches:
                    rows += batch.num_rows
            assert rows
            assert warehouse.loaded[name] == rows
            assert warehouse.rows(name, "count(*)") == [(rows,)]


async def test_where_a_part_is_missing_nothing_is_loaded(
    emulator: Emulator, warehouse: Warehouse, make_plan: MakePlan
) -> None:
    emulator.faults.add(Error(403, operation="ads.analytics", times=1))
    with pytest.raises(PipelineStepFailed, match="1 part could not be fetched"):
        await warehouse.load(source.figures, make_plan())
    with pytest.raises(Exception, match="ad_days does not exist"):
        warehouse.rows("ad_days", "*")
    await warehouse.load(source.figures, make_plan())
    assert warehouse.loaded == {"ad_days": len(spent(emulator, make_plan()))}


def test_each_stream_of_airbytes_connector_has_a_counterpart() -> None:
    text = (EXAMPLES.parent / "CONTRIBUTING.md").read_text("utf-8")
    (section,) = re.findall(r"^## Streams of .*?(?=^## )", text, re.MULTILINE | re.DOTALL)
    cells = re.findall(r"`(\w+)` \| `(\w+)`", section.partition("|---|")[2])
    assert len({stream for stream, _ in cells}) == 32
    days = {f"{level}_days" for level in LEVELS}
    assert {resource for _, resource in cells} - ENTITIES.keys() <= days


def test_what_cannot_be_merged_is_refused(make_plan: MakePlan) -> None:
    with pytest.raises(ConfigurationError, match='granularity="DAY"'):
        source.figures(make_plan(granularity="WEEK"))
    with pytest.raises(PlanError, match="no entity campaign; did you mean campaigns"):
        source.pinterest_source(entities=["campaign"])
    with pytest.raises(ConfigurationError, match=r"several plans for ad_days.*figures\(plan, name"):
        source.pinterest_source([make_plan(), make_plan(accounts=["1"])])
    resource = source.figures(make_plan(), name="spend")
    assert resource.name == "spend"
    assert resource.compute_table_schema()["columns"].keys() == {"AD_ACCOUNT_ID", "AD_ID", "DATE"}


async def test_the_second_load_brings_what_has_changed(
    emulator: Emulator, warehouse: Warehouse, make_plan: MakePlan
) -> None:
    fill(emulator)
    last = make_plan()
    first = make_plan(end=last.end - dt.timedelta(days=1))
    await warehouse.load(source.pinterest_source, [first], entities=HELD)
    there = {name: sum(map(len, held(emulator, name).values())) for name in HELD}
    assert warehouse.loaded == {
        **{name: count for name, count in there.items() if count},
        "ad_days": len(spent(emulator, first)),
    }
    await warehouse.load(source.pinterest_source, [first], entities=HELD)
    assert warehouse.loaded == {}
    async with warehouse.connect() as client:
        account = next(iter(emulator.world.table("ad_accounts")))["id"]
        campaign = emulator.world.table("campaigns").by("ad_account_id", account)[0]["id"]
        change: Any = {"id": campaign, "ad_account_id": account, "name": "Changed"}
        await client.campaigns.update([change], ad_account_id=account)
        (board, gone, *_) = [one async for one in client.boards.list()]
        media: Any = {"source_type": "image_url", "url": "https://example.com/pin.jpg"}
        added = await client.pins.create(board_id=board.id, media_source=media)
        await client.boards.delete(gone.id)
    await warehouse.load(source.pinterest_source, [last], entities=HELD)
    assert warehouse.loaded["campaigns"] < there["campaigns"]
    assert warehouse.loaded["pins"] < there["pins"]
    assert not warehouse.loaded.keys() & {"ad_groups", "audiences", "catalogs", "lead_forms"}
    assert warehouse.rows("campaigns", "name").count(("Changed",)) == 1
    pins = {id for (id,) in warehouse.rows("pins", "id")}
    assert added.id in pins
    assert (gone.id,) not in warehouse.rows("boards", "id")
    for name in HELD:
        id = ENTITIES[name].id
        ids = sorted(
            str(value)
            for things in held(emulator, name).values()
            for thing in things
            for place, _, value in thing
            if place == id
        )
        assert not ids or [one for (one,) in warehouse.rows(name, id)] == ids
    assert warehouse.rows(*FIGURES) == spent(emulator, last)


async def test_what_a_token_may_not_see_stays_as_it_was(
    emulator: Emulator, warehouse: Warehouse, caplog: pytest.LogCaptureFixture
) -> None:
    fill(emulator)
    names = ["audiences", "boards"]
    await warehouse.load(source.pinterest_source, entities=names)
    before = {name: warehouse.rows(name, "*") for name in names}
    for operation in ("audiences.list", "boards.list"):
        emulator.faults.add(Error(403, operation=operation))
    await warehouse.load(source.pinterest_source, entities=names)
    assert warehouse.loaded == {}
    assert {name: warehouse.rows(name, "*") for name in names} == before
    assert caplog.text.count("Not loaded: audiences of ") == 2
    assert caplog.text.count("Not loaded: boards of me: ") == 1


async def test_a_list_that_fails_is_told(emulator: Emulator, warehouse: Warehouse) -> None:
    emulator.faults.add(Error(400, operation="boards.list"))
    with pytest.raises(PipelineStepFailed, match="first of me: "):
        await warehouse.load(source.pinterest_source, entities=["board_sections"])


async def test_the_example_loads_what_is_new(emulator: Emulator, tmp_path: Path) -> None:
    script = str(EXAMPLES / "load_with_dlt.py")
    said = await finished(await started(emulator, tmp_path, script))
    assert "1 load package(s) were loaded" in said
    with duckdb.connect(tmp_path / "pinterest.duckdb") as database:
        (found,) = database.execute(
            "SELECT count(*), sum(spend_in_micro_dollar) FROM ads.ad_days"
        ).fetchall()
    yesterday = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    plan = Plan(level="ad", start=yesterday - dt.timedelta(days=59), end=yesterday)
    figures = spent(emulator, plan)
    assert found == (len(figures), sum(value for _, _, value in figures))
    said = await finished(await started(emulator, tmp_path, script))
    assert "0 load package(s) were loaded" in said
