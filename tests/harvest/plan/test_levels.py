"""Every level harvested from the emulator over real sockets, to the last unit of its own totals."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast, get_args

import pytest

from pinterest_async import Pinterest, operations
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.model.analytics.delivery import units
from pinterest_async.emulator.model.analytics.queries import totals
from pinterest_async.harvest import Plan, count, run
from pinterest_async.harvest.execute.fetch import Fetcher
from pinterest_async.harvest.execute.report_jobs import create
from pinterest_async.harvest.output.received import asked_for
from pinterest_async.harvest.output.tables import table
from pinterest_async.harvest.plan.checks import utc_today
from pinterest_async.harvest.plan.levels import (
    LEVELS,
    REPORT_LEVELS,
    Level,
    LevelFacts,
    PartLevel,
    described,
)
from pinterest_async.harvest.plan.series import begin, cut
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter

pytest.importorskip("pyarrow")


COLUMNS = ("SPEND_IN_MICRO_DOLLAR", "IMPRESSION_1", "TOTAL_CHECKOUT")
METRICS = {"IMPRESSION": "IMPRESSION_1", "SAVE": "REPIN_1"}
"""Organic metrics, and what the emulator's model has them from."""
SPLITS = ("GENDER", "APPTYPE")
DAY = dt.timedelta(days=1)

Sums = dict[tuple[Any, ...], dict[str, int]]


async def no_pause(_seconds: float) -> None:
    """The emulator's reports are done after a few looks, not after a time."""


POLLING = Polling(sleep=no_pause)


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=2, quotas=None) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token, base_url=emulator.url, limiter=InMemoryLimiter()
    ) as client:
        yield client


@pytest.fixture
def keywords(emulator: Emulator) -> None:
    """Keywords of three ad groups and of the campaign above one of them, in each ad account."""
    tables = emulator.world.table
    for account in tables("ad_accounts"):
        groups = tables("ad_groups").by("ad_account_id", account["id"])[:3]
        parents = [(group["id"], "AD_GROUP") for group in groups]
        for parent, kind in [*parents, *((one["campaign_id"], "CAMPAIGN") for one in groups[:1])]:
            for value in ("linen", "oak table"):
                tables("keywords").create(
                    {
                        "ad_account_id": account["id"],
                        "parent_id": parent,
                        "parent_type": kind,
                        "type": "KEYWORD",
                        "match_type": "BROAD",
                        "value": value,
                        "bid": None,
                        "archived": False,
                    }
                )


def make_plan(level: Level, days: int, last: int, **changes: Any) -> Plan:
    """A plan of so many days, the last of them so many days ago."""
    facts = LEVELS[level]
    end = utc_today() - last * DAY
    fields: dict[str, Any] = {
        "level": level,
        "columns": tuple(METRICS) if facts.organic else COLUMNS,
        "targeting_types": SPLITS if facts.targeting_types else (),
        "start": end - (days - 1) * DAY,
        "end": end,
    }
    return Plan(**fields | changes)


async def harvested(plan: Plan, client: Pinterest, out: Path) -> list[dict[str, Any]]:
    from pinterest_async.harvest.output.arrow import pq

    result = await run(plan, client, out=out, polling=POLLING)
    assert result.complete
    assert result.misfits == 0
    assert (await run(plan, client, out=out)).calls == 0
    rows: list[dict[str, Any]] = pq.read_table(out, partitioning=None).to_pylist()
    assert len(rows) == result.rows
    return rows


def sums(rows: Iterable[dict[str, Any]], by: tuple[str, ...], columns: Iterable[str]) -> Sums:
    found: dict[tuple[Any, ...], Counter[str]] = {}
    for row in rows:
        found.setdefault(tuple(row[name] for name in by), Counter()).update(
            {column: row[column] for column in columns}
        )
    return cast("Sums", found)


def expected(emulator: Emulator, plan: Plan) -> Sums:
    """What the emulator's model says by itself, by the keys that rows of the level have."""
    world, span = emulator.world, (plan.start, plan.end)
    if plan.facts.organic:
        return organic(emulator, plan)
    if plan.level == "ad_pin":
        pins: dict[tuple[Any, ...], Counter[str]] = {}
        for id, values in totals(world, "ad", COLUMNS, *span).items():
            ad = world.table("ads").find(id) or {}
            pins.setdefault((ad["campaign_id"], ad["pin_id"]), Counter()).update(values)
        return cast("Sums", pins)
    if plan.level == "keyword":
        return of_keywords(emulator, plan)
    base = plan.level.removesuffix("_targeting")
    if base == "product_item":
        return of_items(emulator, plan)
    whole = totals(world, cast("Any", base), COLUMNS, *span)
    # Whatever it is split by, the parts add up to the whole.
    keys: list[tuple[str, ...]] = [(split,) for split in plan.targeting_types] or [()]
    return {(id, *key): values for id, values in whole.items() for key in keys}


def of_keywords(emulator: Emulator, plan: Plan) -> Sums:
    """The keywords of an ad group, or of a campaign, have its figures among them."""
    world, found = emulator.world, dict[tuple[Any, ...], dict[str, int]]()
    for level, rows in (("campaign", "campaigns"), ("ad_group", "ad_groups")):
        whole = totals(world, cast("Any", level), COLUMNS, plan.start, plan.end)
        for id in {one["parent_id"] for one in world.table("keywords")} & whole.keys():
            row = world.table(rows).find(id) or {}
            key = (row["campaign_id"], id) if level == "ad_group" else (id, None)
            found[key] = whole[id]
    return found


def of_items(emulator: Emulator, plan: Plan) -> Sums:
    """The items of an ad group have the figures of its product groups among them."""
    world, found = emulator.world, dict[tuple[Any, ...], Counter[str]]()
    for id, values in totals(world, "product_group", COLUMNS, plan.start, plan.end).items():
        row = world.table("product_group_promotions").find(id) or {}
        for split in plan.targeting_types or (None,):
            key = (row["campaign_id"], row["ad_group_id"], *filter(None, (split,)))
            found.setdefault(key, Counter()).update(values)
    return cast("Sums", found)


def organic(emulator: Emulator, plan: Plan) -> Sums:
    found: dict[tuple[Any, ...], Counter[str]] = {}
    days = range(plan.start.toordinal(), plan.end.toordinal() + 1)
    for pin in emulator.world.table("pins").where(user=emulator.user):
        made = dt.datetime.fromisoformat(pin["created_at"]).replace(tzinfo=dt.UTC)
        as_ad = {"id": pin["id"], "created_time": int(made.timestamp())}
        key = (pin["id"],) if plan.level == "pin" else ()
        for day in days:
            found.setdefault(key, Counter()).update(
                {
                    name: units(emulator.world.seed, as_ad, day, leaf)
                    for name, leaf in METRICS.items()
                }
            )
    return cast("Sums", found)


def keys(plan: Plan) -> tuple[str, ...]:
    """The columns that say what a row is about."""
    if plan.level == "ad_pin":
        return "CAMPAIGN_ID", "PIN_ID"
    split = ("TARGETING_TYPE",) if plan.targeting_types else ()
    if isinstance(plan.facts, PartLevel):
        return "CAMPAIGN_ID", "AD_GROUP_ID", *split
    return *filter(None, (plan.facts.id_column,)), *split


@pytest.mark.usefixtures("keywords")
@pytest.mark.parametrize("level", LEVELS)
async def test_a_level_adds_up(
    level: Level, emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    reports = LEVELS[level].report is not None
    both = reports and LEVELS[level].report_days_back > 96  # days of both ways
    plan = make_plan(level, 14, 83 if both else 1)
    rows = await harvested(plan, client, tmp_path)
    metrics = METRICS if plan.facts.organic else COLUMNS
    assert sums(rows, keys(plan), metrics) == expected(emulator, plan)
    about = (*keys(plan), *filter(None, (plan.facts.id_column,)), *plan.facts.extra_columns)
    per_row = dict.fromkeys((*about, "DATE"))
    assert len({tuple(row[name] for name in per_row) for row in rows}) == len(rows)
    assert bool(emulator.calls("reports.create")) == reports
    if not plan.facts.only_reports:
        operation = plan.facts.operation
        assert emulator.calls(f"{operation.namespace}.{operation.name}")


def foretold_cases() -> list[Any]:
    """Each level with days that calls reach, those that only reports reach, and both."""
    return [
        pytest.param(level, last, id=f"{level}-{way}")
        for level, facts in LEVELS.items()
        for way, last in (("calls", 1), ("both", 83), ("report", 100))
        if (facts.report or way == "calls") and last + 13 <= facts.report_days_back
    ]


@pytest.mark.usefixtures("keywords")
@pytest.mark.parametrize(("level", "last"), foretold_cases())
async def test_an_estimate_is_what_a_run_takes(
    level: Level, last: int, emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = make_plan(level, 14, last)
    foretold = plan.estimate(await count(client, plan, sample=None))
    before = len(emulator.calls())
    result = await run(plan, client, out=tmp_path, polling=POLLING)
    categories = {f"{one.namespace}.{one.name}": one.category for one in operations()}
    calls = emulator.calls()[before:]
    made = Counter(categories[one.operation] for one in calls if one.operation in categories)
    assert made == foretold.calls
    assert result.calls == foretold.total_calls
    assert result.done == foretold.partitions
    assert len(emulator.calls("reports.create")) == foretold.reports
    if not plan.facts.only_reports and not plan.targeting_types:
        assert result.rows <= foretold.rows
    if level in ("account", "user"):
        assert result.rows == foretold.rows


BOTH_WAYS = [name for name, facts in LEVELS.items() if facts.report and not facts.only_reports]


@pytest.mark.parametrize("level", BOTH_WAYS)
async def test_a_report_and_calls_have_the_same_rows(
    level: Level, emulator: Emulator, client: Pinterest
) -> None:
    plan = make_plan(level, 5, 1)
    account = next(iter(emulator.world.table("ad_accounts")))["id"]
    ids: list[str] = []
    if plan.facts.listed:
        table = emulator.world.table(plan.facts.listed.namespace)
        ids = [row["id"] for row in table.by("ad_account_id", account)]
    fetcher = Fetcher(plan, client, polling=POLLING)
    ways: list[list[Mapping[str, Any]]] = []
    for partition in cut(begin(plan, None, utc_today()), account, ids):
        for report in (None, await create(client, plan, partition)):
            found = await fetcher.fetch(partition, report)
            ways.append(sorted(found.table.to_pylist(), key=lambda row: str(row.values())))
    assert ways[0]
    assert ways[0::2] == ways[1::2]


@pytest.mark.usefixtures("keywords")
@pytest.mark.parametrize(
    ("level", "granularity", "days", "last"),
    [
        ("campaign", "TOTAL", 20, 1),
        ("campaign", "TOTAL", 20, 80),
        ("campaign", "WEEK", 20, 80),
        ("campaign", "MONTH", 40, 1),
        ("campaign", "HOUR", 2, 1),
        ("keyword", "HOUR", 2, 1),
        ("product_group", "HOUR", 2, 1),
        ("product_item", "TOTAL", 20, 60),
        ("product_item_targeting", "WEEK", 20, 1),
    ],
)
async def test_a_granularity_adds_up(
    level: Level,
    granularity: Any,
    days: int,
    last: int,
    emulator: Emulator,
    client: Pinterest,
    tmp_path: Path,
) -> None:
    plan = make_plan(level, days, last, granularity=granularity)
    rows = await harvested(plan, client, tmp_path)
    assert sums(rows, keys(plan), COLUMNS) == expected(emulator, plan)


@pytest.mark.usefixtures("keywords")
@pytest.mark.parametrize("level", LEVELS)
async def test_every_known_column_fits(level: Level, client: Pinterest, tmp_path: Path) -> None:
    plan = make_plan(level, 1, 1, columns=["all"])
    rows = await harvested(plan, client, tmp_path)
    assert set(plan.column_names) <= rows[0].keys()
    filled = {name for row in rows for name, value in row.items() if value is not None}
    assert len(filled) > len(plan.column_names) / 2


def test_every_level_is_there() -> None:
    assert set(LEVELS) == set(get_args(Level))


def test_every_level_of_reports_is_one_of_a_harvest() -> None:
    assert {facts.report for facts in LEVELS.values() if facts.report} == REPORT_LEVELS


@pytest.mark.parametrize("level", [name for name, facts in LEVELS.items() if facts.only_reports])
def test_what_reports_refuse_is_no_column_of_the_level(level: Level) -> None:
    known = LEVELS[level].columns
    assert {"SPEND_IN_MICRO_DOLLAR", "CAMPAIGN_NAME", "AD_GROUP_ID"} <= {*known}
    assert len(known) > 500
    items = level.startswith("product_item")
    assert ("PRODUCT_ITEM_PRICE" in known) == items
    assert ({"AD_ID", "AD_STATUS", "PIN_PROMOTION_NAME"} <= {*known}) == (not items)
    assert ("TOTAL_IMPRESSION_USER" in known) == (not LEVELS[level].targeting_types)
    assert ("MEDIA_TYPE" in LEVELS[level].targeting_types) == (level == "product_item_targeting")
    assert "AUDIENCE_MULTIPLIER" not in LEVELS[level].targeting_types


async def test_an_item_in_several_ad_groups_keeps_its_row_of_each() -> None:
    plan = make_plan("product_item", 1, 1, columns=["IMPRESSION_1", "PIN_ID"])
    (partition,) = cut(begin(plan, None, utc_today()), "549755885175")
    day = {"DATE": str(plan.end), "PRODUCT_ITEM_ID": "7", "CAMPAIGN_ID": "1", "IMPRESSION_1": 3}
    of_one = [{**day, "AD_GROUP_ID": "2", "PIN_ID": "4"}, {**day, "AD_GROUP_ID": "3"}]
    of_one.append({**of_one[0], "PIN_ID": "5"})
    found = asked_for(plan, partition, table(plan, partition, [*of_one, of_one[1]]))
    kept = [(row["AD_GROUP_ID"], row["PIN_ID"]) for row in found.to_pylist()]
    assert kept == [("2", "4"), ("3", None), ("2", "5")]


def test_a_level_whose_operation_a_description_lacks_is_left_out() -> None:
    def gone() -> LevelFacts:
        return LevelFacts(cast("Any", Pinterest.campaigns).gone.operation, None)

    unreported = replace(LEVELS["keyword"], report="A_LEVEL_OF_LATER")
    made = {"ad": lambda: LEVELS["ad"], "ad_pin": gone, "keyword": lambda: unreported}
    assert described(cast("Any", made)) == {"ad": LEVELS["ad"]}
