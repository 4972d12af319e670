"""Harvests in another process, killed at random, again and again, over one plan."""

import asyncio
import datetime as dt
import random
import signal
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from small_pinterest import SmallPinterest

from pinterest_async.harvest import Plan
from pinterest_async.harvest.series import Series, cut

HARVESTER = Path(__file__).with_name("harvester.py")
DAYS = 120
"""Partly beyond what the synchronous endpoints reach, so that reports are killed as well."""

Key = tuple[str, tuple[str, ...], dt.date, dt.date]


class Outcome(NamedTuple):
    """What is left after the last run, and what went wrong on the way."""

    kills: int
    calls: int
    again: list[Key]
    rows: list[tuple[str, str, dt.date, int]]
    expected: list[tuple[str, str, dt.date, int]]
    last: dict[str, Any]
    idle: dict[str, Any]
    unfinished: list[Path]


def make_plan(today: dt.date) -> Plan:
    end = today - dt.timedelta(days=1)
    return Plan(
        level="ad",
        columns=["SPEND_IN_MICRO_DOLLAR"],
        start=end - dt.timedelta(days=DAYS - 1),
        end=end,
    )


def committed(out: Path) -> set[Key]:
    """What the checkpoint of a killed harvest calls finished, as the calls that fetched it."""
    file = out / "_harvest" / "checkpoint.sqlite"
    if not file.exists():
        return set()
    database = sqlite3.connect(file)
    try:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "commits" not in tables:
            return set()
        return set(_finished(database))
    finally:
        database.close()


def _finished(database: sqlite3.Connection) -> Iterator[Key]:
    done = {name for (name,) in database.execute("SELECT partition FROM commits")}
    for (text,) in database.execute("SELECT content FROM series"):
        series = msgspec.json.decode(text, type=Series)
        for account, ids in database.execute("SELECT account, ids FROM listings"):
            for partition in cut(series, account, msgspec.json.decode(ids)):
                if partition.id in done:
                    yield partition.account, partition.ids, partition.start, partition.end


async def chaos(
    out: Path, *, kills: int, accounts: int, ads: int, seed: int, faults: float = 0.05
) -> Outcome:
    """Kill a harvest `kills` times at moments of chance, let the last one end, and look."""
    chance = random.Random(seed)
    things = {
        str(10**6 + number): [str((10**6 + number) * 1000 + ad) for ad in range(ads)]
        for number in range(accounts)
    }
    plan = make_plan(dt.datetime.now(dt.UTC).date())
    again: list[Key] = []
    killed = 0
    async with SmallPinterest(things, faults=faults, seed=seed) as server:
        job = {
            "plan": plan.to_json().decode(),
            "url": f"{server.url}/v5",
            "out": str(out),
        }
        total = accounts * 2
        while killed < kills:
            finished = committed(out)
            begun = len(server.asked)
            process = await start(job)
            gone = await _kill(process, server, chance, most=max(1, total // kills))
            killed += gone
            counted = Counter(server.asked[begun:])
            again += [key for key in counted if key in finished]
            if not gone:
                break
        finished, begun = committed(out), len(server.asked)
        last = await result(await start(job))
        again += [key for key in server.asked[begun:] if key in finished]
        calls = server.calls
        idle = await result(await start(job))
        assert server.calls == calls
        expected = server.expected(plan.start, plan.end)
    return Outcome(
        kills=killed,
        calls=calls,
        again=again,
        rows=read(out),
        expected=expected,
        last=last,
        idle=idle,
        unfinished=unfinished(out),
    )


def unfinished(out: Path) -> list[Path]:
    """What a harvest should have swept away."""
    return [path for path in out.rglob("*") if "unfinished" in path.parts]


def read(out: Path) -> list[tuple[str, str, dt.date, int]]:
    """All rows of a harvested folder, sorted."""
    from pinterest_async.harvest.arrow import pq

    table = pq.read_table(out / "level=ad", partitioning=None)
    columns = ("AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR")
    return sorted(zip(*(table.column(name).to_pylist() for name in columns), strict=True))


async def start(job: dict[str, Any]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(HARVESTER), msgspec.json.encode(job).decode()),
        stdout=asyncio.subprocess.PIPE,
    )


async def _kill(
    process: asyncio.subprocess.Process, server: SmallPinterest, chance: random.Random, most: int
) -> bool:
    """Kill a harvest some moments after one of its calls; False where it ended before."""
    left = chance.randint(0, most)
    reached = asyncio.Event()

    def answered() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            reached.set()

    server.answered = answered
    ended = asyncio.ensure_future(process.communicate())
    waiting = asyncio.ensure_future(reached.wait())
    await asyncio.wait([ended, waiting], return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        # Somewhere in decoding, writing, committing, or before the next call.
        await asyncio.wait([ended], timeout=chance.choice([0, 0.002, 0.01, 0.03]))
    gone = await killed(process)
    await ended
    waiting.cancel()
    server.answered = None
    return gone


async def killed(process: asyncio.subprocess.Process) -> bool:
    """Kill a process; False where it ended before."""
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
    await process.wait()
    return process.returncode == -signal.SIGKILL


async def result(process: asyncio.subprocess.Process) -> dict[str, Any]:
    text, _ = await process.communicate()
    assert process.returncode == 0
    return msgspec.json.decode(text, type=dict[str, Any])
