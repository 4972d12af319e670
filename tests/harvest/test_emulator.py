"""Harvests of the emulator: figures that add up on every level, foretold calls, kills."""

import asyncio
import datetime as dt
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from harvest_chaos import killed, result, start

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.errors import AuthenticationError
from pinterest_async.harvest import Plan, count, run
from pinterest_async.limits import InMemoryLimiter

pytest.importorskip("pyarrow")

SPEND = "SPEND_IN_MICRO_DOLLAR"
TIGHT = {"ads_analytics": (15, 1.0)}
"""A quota that holds a harvest up without making the test long."""


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=20, quotas=TIGHT) as emulator:
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        emulator.token, base_url=emulator.url, limiter=InMemoryLimiter()
    ) as client:
        yield client


def plan(level: Any = "ad", **changes: Any) -> Plan:
    end = dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)
    fields: dict[str, Any] = {
        "level": level,
        "columns": [SPEND, "IMPRESSION_1"],
        "start": end - dt.timedelta(days=13),
        "end": end,
    }
    return Plan(**fields | changes)


def rows(out: Path) -> list[dict[str, Any]]:
    from pinterest_async.harvest.arrow import pq

    found = pq.read_table(out, partitioning=None).to_pylist()
    return sorted(found, key=lambda row: sorted(map(str, row.values())))


def totals(out: Path) -> Counter[tuple[str, dt.date, str]]:
    sums: Counter[tuple[str, dt.date, str]] = Counter()
    for row in rows(out):
        for column in (SPEND, "IMPRESSION_1"):
            sums[row["AD_ACCOUNT_ID"], row["DATE"], column] += row[column] or 0
    return +sums


async def test_all_levels_add_up(client: Pinterest, tmp_path: Path) -> None:
    sums: dict[str, Any] = {}
    for level in ("account", "campaign", "ad_group", "ad"):
        found = await run(plan(level), client, out=tmp_path / level)
        assert found.complete
        assert found.misfits == 0
        sums[level] = totals(tmp_path / level)
    assert sums["account"]
    assert sums["account"] == sums["campaign"] == sums["ad_group"] == sums["ad"]


async def test_an_estimate_is_what_a_run_takes(
    client: Pinterest, emulator: Emulator, tmp_path: Path
) -> None:
    foretold = plan().estimate(await count(client, plan()))
    before = len(emulator.calls())
    found = await run(plan(), client, out=tmp_path)
    assert found.calls == foretold.total_calls == len(emulator.calls()) - before
    assert found.rows <= foretold.rows
    assert (await run(plan(), client, out=tmp_path)).calls == 0
    assert len(emulator.calls()) == before + found.calls


async def test_a_token_that_is_revoked_ends_the_run_and_it_can_go_on(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    async with Pinterest(
        "pina_revoked", base_url=emulator.url, limiter=InMemoryLimiter()
    ) as revoked:
        with pytest.raises(AuthenticationError) as caught:
            await run(plan(), revoked, out=tmp_path)
    assert "run the same plan again" in caught.value.__notes__[0]
    assert (await run(plan(), client, out=tmp_path)).complete


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL")
async def test_killed_on_the_way_the_rows_are_those_of_an_undisturbed_run(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    calm, rough = tmp_path / "calm", tmp_path / "rough"
    wide = plan(accounts="all", columns=["spend", "engagement"])
    await run(wide, client, out=calm)
    chance = random.Random(3)
    job = {
        "plan": wide.to_json().decode(),
        "url": emulator.url,
        "token": emulator.token,
        "out": str(rough),
    }
    for _ in range(2):
        enough = len(emulator.calls()) + chance.randint(5, 15)
        process = await start(job)
        while process.returncode is None and len(emulator.calls()) < enough:  # noqa: ASYNC110
            await asyncio.sleep(0.002)  # nothing tells of a call
        assert await killed(process)
    assert (await result(await start(job)))["complete"]
    assert rows(rough) == rows(calm)
    assert (await result(await start(job)))["calls"] == 0
