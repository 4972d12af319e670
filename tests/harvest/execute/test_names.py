"""Names beside ids: those that the emulator's things have, by no more calls than are needed."""

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Error
from pinterest_async.harvest import Plan, PlanError, count, run, stream
from pinterest_async.harvest.plan.levels import LEVELS, Level
from pinterest_async.jobs.polling import Polling
from pinterest_async.limits import InMemoryLimiter

pytest.importorskip("pyarrow")

YESTERDAY = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
DAY = dt.timedelta(days=1)


async def no_pause(_seconds: float) -> None:
    """The emulator's reports are done after a few looks, not after a time."""


POLLING = Polling(sleep=no_pause)
TABLES = {
    "AD_ACCOUNT": "ad_accounts",
    "CAMPAIGN": "campaigns",
    "AD_GROUP": "ad_groups",
    "AD": "ads",
    "PIN_PROMOTION": "ads",
}


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=3, quotas=None, ads=30) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token, base_url=emulator.url, limiter=InMemoryLimiter()
    ) as client:
        yield client


def make_plan(level: Any = "ad", days: int = 3, **changes: Any) -> Plan:
    fields: dict[str, Any] = {
        "level": level,
        "columns": ["SPEND_IN_MICRO_DOLLAR"],
        "targeting_types": ["GENDER"] if LEVELS[level].targeting_types else [],
        "start": YESTERDAY - (days - 1) * DAY,
        "end": YESTERDAY,
        "names": True,
    }
    return Plan(**fields | changes)


def read(out: Path) -> list[dict[str, Any]]:
    from pinterest_async.harvest.output.arrow import pq

    rows: list[dict[str, Any]] = pq.read_table(out, partitioning=None).to_pylist()
    return rows


def names_asked_for(emulator: Emulator) -> int:
    return len(emulator.calls("ad_accounts.list")) + len(emulator.calls("ad_accounts.get"))


@pytest.mark.parametrize(
    ("level", "things"),
    [
        ("account", ["AD_ACCOUNT"]),
        ("campaign", ["AD_ACCOUNT", "CAMPAIGN"]),
        ("ad_group", ["AD_ACCOUNT", "CAMPAIGN", "AD_GROUP"]),
        ("ad", ["AD_ACCOUNT", "CAMPAIGN", "AD_GROUP", "AD"]),
        ("ad_pin", ["AD_ACCOUNT", "CAMPAIGN"]),
        ("campaign_targeting", ["AD_ACCOUNT", "CAMPAIGN"]),
        ("ad_targeting", ["AD_ACCOUNT", "CAMPAIGN", "AD_GROUP", "AD"]),
        ("product_group", ["AD_ACCOUNT", "CAMPAIGN", "AD_GROUP"]),
        ("product_item", ["AD_ACCOUNT", "CAMPAIGN", "AD_GROUP"]),
    ],
)
async def test_names_are_those_of_the_things(
    level: Level, things: list[str], emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    result = await run(make_plan(level), client, out=tmp_path, polling=POLLING)
    assert result.complete
    rows = read(tmp_path)
    assert rows
    assert {name for name in rows[0] if name.endswith("_NAME")} >= {f"{one}_NAME" for one in things}
    for row in rows:
        for thing in things:
            known = emulator.world.table(TABLES[thing]).find(row[f"{thing}_ID"])
            assert known is not None
            assert row[f"{thing}_NAME"] == known["name"]
    assert names_asked_for(emulator) == 1  # the list of accounts, which a plan without names takes
    if level == "product_item":
        assert {row["PRODUCT_ITEM_NAME"] for row in rows} == {"Item 1", "Item 2", "Item 3"}


def test_other_ids_among_the_columns_have_their_names() -> None:
    plan = make_plan("product_group", columns=["PIN_PROMOTION_ID", "PIN_ID", "IMPRESSION_1"])
    assert plan.column_names == (
        *("CAMPAIGN_ID", "CAMPAIGN_NAME", "AD_GROUP_ID", "AD_GROUP_NAME"),
        *("PIN_PROMOTION_ID", "PIN_PROMOTION_NAME", "PIN_ID", "IMPRESSION_1"),
    )
    assert make_plan("ad", columns=["all"]).column_names.count("AD_NAME") == 1


async def test_accounts_that_are_named_are_asked_for_one_by_one_and_once(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    accounts = [one["id"] for one in emulator.world.table("ad_accounts")]
    plan = make_plan(accounts=accounts[:2], days=100)  # several partitions of each
    foretold = plan.estimate(await count(client, plan, sample=None))
    before = len(emulator.calls("ad_accounts.get"))
    result = await run(plan, client, out=tmp_path, polling=POLLING)
    assert result.calls == foretold.total_calls
    assert result.done > 2
    assert len(emulator.calls("ad_accounts.get")) - before == 2
    assert len({row["AD_ACCOUNT_NAME"] for row in read(tmp_path)}) == 2


async def test_a_run_that_goes_on_asks_for_names_again_only_where_it_needs_them(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    emulator.faults.add(Error(operation="ads.analytics", status=403, skip=1, times=1))
    assert not (await run(make_plan(), client, out=tmp_path, concurrency=1)).complete
    assert (await run(make_plan(), client, out=tmp_path)).calls == 2  # names, and what was missing
    assert (await run(make_plan(), client, out=tmp_path)).calls == 0
    assert None not in {row["AD_ACCOUNT_NAME"] for row in read(tmp_path)}


async def test_a_row_keeps_the_names_of_the_day_on_which_it_was_fetched(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = make_plan("account", days=20, end=YESTERDAY - DAY)
    await run(plan, client, out=tmp_path)
    first = next(iter(emulator.world.table("ad_accounts")))
    old, first["name"] = first["name"], "Renamed"
    later = make_plan("account", days=20)
    await run(later, client, out=tmp_path, since_last=True, restate_days=5)
    named = {
        row["DATE"]: row["AD_ACCOUNT_NAME"]
        for row in read(tmp_path)
        if row["AD_ACCOUNT_ID"] == first["id"]
    }
    assert {day for day, name in named.items() if name == "Renamed"} == {
        YESTERDAY - back * DAY for back in range(6)
    }
    assert {name for day, name in named.items() if day < YESTERDAY - 5 * DAY} == {old}


def test_organic_levels_have_no_names() -> None:
    with pytest.raises(PlanError, match="names: the level user has no names; leave it out"):
        make_plan("user", columns=["IMPRESSION"])
    with pytest.raises(PlanError, match="names: expected true or false, got str"):
        make_plan(names="yes")


def test_plans_without_names_are_of_the_series_that_they_were_of() -> None:
    day = dt.date(2026, 8, 1)
    known: dict[str, dict[str, Any]] = {
        "70e44a1b323819ddedd6": {"level": "ad"},
        "f64ac73975e7d978f5e6": {
            "level": "campaign",
            "accounts": ["549755885175"],
            "columns": ["spend", "CTR"],
            "click_window_days": 0,
        },
        "3b7ace71b7a62ffd9b5e": {
            "level": "ad_targeting",
            "targeting_types": ["GENDER"],
            "granularity": "TOTAL",
        },
    }
    for name, fields in known.items():
        plan = Plan(start=day, end=day, **fields)
        assert plan.series_id == name
        assert Plan(start=day, end=day, names=True, **fields).series_id != name
        assert Plan.from_json(plan.to_json()) == plan


async def test_a_stream_has_names_as_well(emulator: Emulator, client: Pinterest) -> None:
    names = {
        row["AD_ACCOUNT_NAME"]
        async for batch in stream(make_plan("account"), client)
        for row in batch.to_pylist()
    }
    assert names == {one["name"] for one in emulator.world.table("ad_accounts")}
