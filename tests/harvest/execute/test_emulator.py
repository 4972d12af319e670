"""Harvests of the emulator: levels that add up to one another, foretold calls, lost tokens."""

import datetime as dt
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Error, ExpiredToken
from pinterest_async.errors import AuthenticationError, PermissionDeniedError
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
    from pinterest_async.harvest.output.arrow import pq

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


async def test_an_estimate_is_what_a_run_takes(emulator: Emulator, tmp_path: Path) -> None:
    # More calls than this quota has may be under way before the first answer names it.
    limiter = InMemoryLimiter(quotas=TIGHT)
    async with Pinterest(emulator.token, base_url=emulator.url, limiter=limiter) as client:
        foretold = plan().estimate(await count(client, plan()))
        before = len(emulator.calls())
        found = await run(plan(), client, out=tmp_path)
        assert found.calls == foretold.total_calls == len(emulator.calls()) - before
        assert found.rows <= foretold.rows
        assert (await run(plan(), client, out=tmp_path)).calls == 0
        assert len(emulator.calls()) == before + found.calls


def answered(emulator: Emulator) -> list[Any]:
    """Calls with figures; a client that knows nothing of the quota used so far has some refused."""
    return [one for one in emulator.calls("ads.analytics") if one.status == 200]


async def test_a_token_that_ends_midway_ends_the_run_and_another_goes_on(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    emulator.faults.add(ExpiredToken(operation="ads.analytics", skip=3, times=1))
    with pytest.raises(AuthenticationError, match="Authentication failed") as caught:
        await run(plan(), client, out=tmp_path, concurrency=1)
    assert "run the same plan again" in caught.value.__notes__[0]
    before = len(answered(emulator))
    async with Pinterest(
        emulator.issue_token(), base_url=emulator.url, limiter=InMemoryLimiter()
    ) as other:
        result = await run(plan(), other, out=tmp_path)
    assert result.complete
    assert result.skipped == 3
    assert before == 3
    assert result.done == len(answered(emulator)) - before


async def test_an_account_whose_permission_is_lost_is_named_and_had_later(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    emulator.faults.add(Error(operation="ads.analytics", status=403, skip=3, times=1))
    result = await run(plan(), client, out=tmp_path, concurrency=1)
    (failure,) = result.failures
    assert failure.account in str(emulator.calls("ads.analytics")[3].path)
    assert isinstance(failure.error, PermissionDeniedError)
    assert len(emulator.calls("ads.analytics")) == result.done + 1
    again = await run(plan(), client, out=tmp_path)
    assert again.complete
    assert (again.done, again.calls) == (1, 1)
