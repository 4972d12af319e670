"""Harvests of the emulator: levels that add up to one another, foretold calls, lost tokens."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

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
