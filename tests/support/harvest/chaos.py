"""Harvests of the emulator in another process, killed at random, again and again, over one plan."""

import asyncio
import datetime as dt
import random
import signal
import sqlite3
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from harvest.folders import unfinished
from harvest.kills import Kills, Pace

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.contract.wire import is_object
from pinterest_async.emulator.faults import RateLimited
from pinterest_async.emulator.model.analytics.queries import totals
from pinterest_async.harvest import Plan
from pinterest_async.harvest.output.storage import notes_folder
from pinterest_async.harvest.plan.series import Series, cut

HARVESTER = Path(__file__).with_name("harvester.py")
DAYS = 110
"""Partly beyond what the synchronous endpoints reach, so that reports are killed as well."""
SPEND = "SPEND_IN_MICRO_DOLLAR"
QUOTA = (12, 1.0)
"""Calls for analytics and reports in so many seconds: tight, in a window that lets a test end."""
FAULTS = (
    "error:status=503",
    "html:status=502",
    "rate_limited:reset=1",
    "reset:",
    "truncated:",
    "garbled:",
)
"""What answers are spoilt with, in equal shares."""
SURE_FAULT = "error:status=503,skip=3,times=1"
"""Spoils an answer also where few are given, and chance spoils none."""

NOTES = "pinterest:harvest:{chaos}"
"""Where the checkpoint of a cluster's harvests is in Redis."""
WORKERS = 4
PARTITIONS = 5
"""Partitions of an account, at least: each is an answer with figures, one of old days several."""

Key = tuple[str, tuple[str, ...], dt.date, dt.date]


Rows = list[tuple[str, str, dt.date, int]]


class Outcome(NamedTuple):
    """What is left after the last run, and what went wrong on the way.

    `kills` of the process that runs the plan, `deaths` of workers; calls that were `spoilt` by
    faults, and `refused` for the quota; partitions that were fetched `again` after their commit.
    """

    kills: int
    deaths: int
    calls: int
    spoilt: int
    refused: int
    again: list[Key]
    rows: Rows
    expected: Rows
    last: dict[str, Any]
    idle: dict[str, Any]
    unfinished: list[Path]


class Watch:
    """Stands behind the faults, and tells of each answer with figures."""

    def __init__(self) -> None:
        self.answered: Callable[[], None] | None = None

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Let everything through."""

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """Tell of it."""
        del incoming
        if operation.category == "ads_analytics" and self.answered is not None:
            self.answered()
        return answer


def make_plan(today: dt.date) -> Plan:
    end = today - dt.timedelta(days=1)
    return Plan(
        level="ad",
        columns=[SPEND],
        start=end - dt.timedelta(days=DAYS - 1),
        end=end,
    )


def committed(out: Path) -> set[Key]:
    """What the checkpoint of a killed harvest calls finished, as the calls that fetched it."""
    file = notes_folder(out) / "checkpoint.sqlite"
    if not file.exists():
        return set()
    database = sqlite3.connect(file)
    try:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "commits" not in tables:
            return set()
        done = {name for (name,) in database.execute("SELECT partition FROM commits")}
        texts = [text for (text,) in database.execute("SELECT content FROM series")]
        listings = dict(database.execute("SELECT account, ids FROM listings").fetchall())
    finally:
        database.close()
    return set(_finished(texts, listings, done))


async def committed_in(redis: Any) -> set[Key]:
    """The same of a checkpoint in Redis."""
    texts: dict[bytes, bytes] = await redis.hgetall(f"{NOTES}:series")
    found: set[Key] = set()
    for name, text in texts.items():
        listings = await redis.hgetall(f"{NOTES}:listings:{name.decode()}")
        done = await redis.hkeys(f"{NOTES}:commits:{name.decode()}")
        ids = {
            account.decode(): msgspec.json.encode(msgspec.json.decode(listing)["ids"])
            for account, listing in listings.items()
        }
        found |= set(_finished([text], ids, {one.decode() for one in done}))
    return found


def _finished(
    texts: Iterable[str | bytes], listings: Mapping[str, str | bytes], done: set[str]
) -> Iterator[Key]:
    for text in texts:
        series = msgspec.json.decode(text, type=Series)
        for account, ids in listings.items():
            for partition in cut(series, account, msgspec.json.decode(ids)):
                if partition.id in done:
                    yield partition.account, partition.ids, partition.start, partition.end


def fetched(
    emulator: Emulator, begun: int = 0, ended: int | None = None
) -> Iterator[tuple[Key, float]]:
    """The partitions that requests asked about, and when; those that were refused left out."""
    for call in emulator.calls()[begun:ended]:
        asked = {"ads.analytics": call.query, "reports.create": call.body}.get(call.operation)
        if call.operation == "reports.get" and is_object(call.query):
            job = emulator.world.table("jobs").find(str(call.query["token"]))
            asked = job and job["request"]
        if is_object(asked):
            start, end = (
                dt.date.fromisoformat(str(asked[name])) for name in ("start_date", "end_date")
            )
            yield (call.path.split("/")[2], tuple(asked["ad_ids"]), start, end), call.when


def commits(log: Path) -> Iterator[tuple[Key, float]]:
    """The partitions that harvesters committed, and when they had done so."""
    for line in log.read_bytes().splitlines() if log.exists() else ():
        yield msgspec.json.decode(line, type=tuple[Key, float])


def expected(emulator: Emulator, plan: Plan) -> Rows:
    """All rows that the emulator's model has for a plan, sorted."""
    rows: Rows = []
    for ordinal in range(plan.start.toordinal(), plan.end.toordinal() + 1):
        day = dt.date.fromordinal(ordinal)
        for id, values in totals(emulator.world, "ad", [SPEND], day, day).items():
            ad = emulator.world.table("ads").find(id) or {}
            rows.append((ad["ad_account_id"], id, day, values[SPEND]))
    return sorted(rows)


async def chaos(
    out: Path,
    *,
    kills: int,
    accounts: int,
    seed: int,
    faults: float = 0.05,
    quota: tuple[int, float] = QUOTA,
    redis: str | None = None,
    workers: int = 0,
) -> Outcome:
    """Kill a harvest `kills` times at moments of chance, let the last one end, and look.

    With the address of a Redis, it runs on the worker processes of a Dask cluster, with quotas and
    checkpoint in that Redis; `workers` are killed as well, so often, and which and when is chance.
    """
    chance = random.Random(seed)
    plan = make_plan(dt.datetime.now(dt.UTC).date())
    log = out.with_name(f"{out.name}.commits")
    again: list[Key] = []
    share = faults / len(FAULTS)
    spoilt = [f"{one}{'' if one.endswith(':') else ','}rate={share}" for one in FAULTS]
    spoilt.append(SURE_FAULT)
    async with AsyncExitStack() as stack:
        emulator = await stack.enter_async_context(
            Emulator(
                accounts=accounts,
                seed=seed,
                quotas={"ads_analytics": quota},
                faults=spoilt,
                remember=10**6,
            )
        )
        job = {
            "plan": plan.to_json().decode(),
            "url": emulator.url,
            "token": emulator.token,
            "out": str(out),
            "log": str(log),
        }
        # A partition of young days takes a call, one of old days a report.
        pace, work = Pace(), accounts * PARTITIONS
        emulator.hooks.append(pace)
        deaths: list[int] = []
        notes: Any = None
        begun, held = 0, None

        async def lives() -> bool:
            if notes is None:
                return len(emulator.calls()) > begun
            return await notes.get(f"{NOTES}:lock") not in (None, held)

        victim: Callable[[], int | None] | None = None
        if redis is not None:
            notes = await stack.enter_async_context(_redis(redis))
            dask = await stack.enter_async_context(cluster(out.with_name(f"{out.name}.dask")))
            job |= {"redis": redis, "dask": dask.scheduler.address}
            victim = partial(_victim, dask, deaths, chance)
        kills_ahead = Kills(
            pace, chance, work=work, runs=kills, workers=workers, lives=lives, worker=victim
        )
        last: dict[str, Any] | None = None
        # A cluster's workers outlive the run that was killed, and still ask about what it had not
        # committed, while the next run does so as well: from here on, times prove nothing.
        shared: int | None = None
        group = await stack.enter_async_context(asyncio.TaskGroup())
        killing = group.create_task(kills_ahead.happen())
        while last is None:
            finished = committed(out) if notes is None else await committed_in(notes)
            begun = len(emulator.calls())
            process = await start(job)
            kills_ahead.take(process)
            text, _ = await process.communicate()
            if process.returncode != -signal.SIGKILL:
                assert process.returncode == 0
                ended = msgspec.json.decode(text, type=dict[str, Any])
                if ended["complete"] or killing.done():
                    last = ended
            elif notes is not None:  # the next run waits for the lock to end
                shared = len(emulator.calls()) if shared is None else shared
                held = await notes.get(f"{NOTES}:lock")
                await notes.pexpire(f"{NOTES}:lock", 1000)
            again += [key for key, _ in fetched(emulator, begun) if key in finished]
        killing.cancel()
        calls = len(emulator.calls())
        idle = await result(await start(job))
        assert len(emulator.calls()) == calls
        when = dict(commits(log))
        again += [key for key, at in fetched(emulator, ended=shared) if at > when.get(key, at)]
        limited = sum(one.hits for one in emulator.faults if isinstance(one.fault, RateLimited))
        return Outcome(
            kills=kills_ahead.runs,
            deaths=kills_ahead.workers,
            calls=calls,
            spoilt=sum(one.hits for one in emulator.faults),
            refused=sum(call.status == 429 for call in emulator.calls()) - limited,
            again=again,
            rows=read(out),
            expected=expected(emulator, plan),
            last=last,
            idle=idle,
            unfinished=unfinished(out),
        )


@asynccontextmanager
async def cluster(folder: Path) -> AsyncGenerator[Any]:
    """A Dask cluster of `WORKERS` processes on this machine, however long these take to start."""
    distributed: Any = import_module("distributed")
    patient = {
        "distributed.comm.timeouts.connect": "600s",
        "distributed.deploy.lost-worker-timeout": "600s",  # after 15, it starts no other one
    }
    async with AsyncExitStack() as stack:
        stack.enter_context(import_module("dask").config.set(patient))
        local = distributed.LocalCluster(
            n_workers=WORKERS,
            threads_per_worker=4,
            processes=True,
            dashboard_address="127.0.0.1:0",
            asynchronous=True,
            local_directory=str(folder),
            silence_logs=60,
        )
        yield await stack.enter_async_context(local)


@asynccontextmanager
async def _redis(address: str) -> AsyncGenerator[Any]:
    redis: Any = import_module("redis.asyncio").Redis.from_url(address)
    async with redis:
        yield redis


def _victim(dask: Any, deaths: list[int], chance: random.Random) -> int | None:
    """The process of some worker of a cluster, noted among the `deaths`.

    Half of them are left, so that those that start anew do not hold one another up.
    """
    # A worker's process is the child of its nanny's, which starts another when it dies, but gives
    # up where that does not live to register with the scheduler.
    nannies: list[Any] = list(dask.workers.values())
    known = dask.scheduler.workers
    living = [one.pid for one in nannies if one.worker_address in known]
    living = [pid for pid in living if pid is not None and pid not in deaths]
    if len(living) <= WORKERS // 2:
        return None
    deaths.append(chance.choice(living))
    return deaths[-1]


def read(out: Path) -> list[tuple[str, str, dt.date, int]]:
    """All rows of a harvested folder, sorted."""
    from pinterest_async.harvest.output.arrow import pq

    table = pq.read_table(out / "level=ad", partitioning=None)
    columns = ("AD_ACCOUNT_ID", "AD_ID", "DATE", SPEND)
    return sorted(zip(*(table.column(name).to_pylist() for name in columns), strict=True))


async def start(job: dict[str, Any]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(HARVESTER), msgspec.json.encode(job).decode()),
        stdout=asyncio.subprocess.PIPE,
    )


async def kill(
    process: asyncio.subprocess.Process, watch: Watch, chance: random.Random, most: int
) -> bool:
    """Kill a harvest some moments after one of its calls; False where it ended before."""
    left = chance.randint(0, most)
    reached = asyncio.Event()

    def answered() -> None:
        nonlocal left
        left -= 1
        if left <= 0:
            reached.set()

    watch.answered = answered
    ended = asyncio.ensure_future(process.communicate())
    waiting = asyncio.ensure_future(reached.wait())
    await asyncio.wait([ended, waiting], return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        # Somewhere in decoding, writing, committing, or before the next call.
        await asyncio.wait([ended], timeout=chance.choice([0, 0.002, 0.01, 0.03]))
    gone = await killed(process)
    await ended
    waiting.cancel()
    watch.answered = None
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
