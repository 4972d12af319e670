"""Harvests of entities that are killed again and again, and what they ask for a second time."""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from harvest.chaos import FAULTS, SURE_FAULT, killed, result, start
from harvest.entity_state import HELD, differences, fill, held
from harvest.folders import unfinished

from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.harvest import ENTITIES, EntityPlan
from pinterest_async.harvest.output.storage import notes_folder

MOST = 40
"""Answers after which a run is killed at the latest."""

_FINDING = ("ad_accounts.list", "businesses.list_employers", "business_assets.list")
"""Lists that each run reads to know what there is."""


class EntityOutcome(NamedTuple):
    """What is left after the last run, and what went wrong on the way."""

    kills: int
    calls: int
    spoilt: int
    again: list[str]
    differences: list[str]
    things: int
    kinds: int
    last: dict[str, Any]
    unfinished: list[Path]


class Watch:
    """Stands behind the faults, and tells of each answer."""

    def __init__(self) -> None:
        self.answered: Callable[[], None] | None = None

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Let everything through."""

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        """Tell of it."""
        del operation, incoming
        if self.answered is not None:
            self.answered()
        return answer


def progress(out: Path, plan: EntityPlan) -> set[str]:
    """The lists of accounts that a killed harvest calls finished, as `campaigns.list of 123`.

    Nothing where all was finished: the next one begins anew.
    """
    file = notes_folder(out) / "checkpoint.sqlite"
    if not file.exists():
        return set()
    database = sqlite3.connect(file)
    try:
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master")}
        if "entities" not in tables:
            return set()
        notes = dict(database.execute("SELECT name, content FROM entities").fetchall())
    finally:
        database.close()
    snapshot = msgspec.json.decode(notes.get(f"snapshot/{plan.id}", '{"complete": true}'))
    return set() if snapshot["complete"] else set(_finished(notes, snapshot["id"]))


def _finished(notes: dict[str, str], snapshot: str) -> Iterator[str]:
    for name, content in notes.items():
        what, *rest = name.split("/")
        if what == "file" and msgspec.json.decode(content)["snapshot"] == snapshot:
            entity, account = rest
            yield f"{ENTITIES[entity].operation.full_name} of {account}"


def again(emulator: Emulator, finished: set[str], begun: int) -> list[str]:
    """What was asked for though it was finished."""
    found: list[str] = []
    for one in emulator.calls()[begun:]:
        parts = one.path.split("/")
        account = parts[2] if parts[1] == "ad_accounts" and len(parts) > 2 else "me"
        if one.operation not in _FINDING and f"{one.operation} of {account}" in finished:
            found.append(f"{one.operation} of {account}")
    return found


async def chaos(
    out: Path,
    *,
    kills: int,
    accounts: int,
    seed: int,
    faults: float = 0.05,
) -> EntityOutcome:
    """Kill a harvest of everything `kills` times at random, let the last one end, and look."""
    chance = random.Random(seed)
    plan = EntityPlan()
    watch = Watch()
    share = faults / len(FAULTS)
    spoilt = [f"{one}{'' if one.endswith(':') else ','}rate={share}" for one in FAULTS]
    spoilt.append(SURE_FAULT)
    async with Emulator(
        accounts=accounts, ads=20, seed=seed, quotas=None, faults=spoilt, remember=10**6
    ) as emulator:
        fill(emulator)
        emulator.hooks.append(watch)
        job = {
            "entities": plan.to_json().decode(),
            "url": emulator.url,
            "token": emulator.token,
            "out": str(out),
        }
        asked_again: list[str] = []
        killed = 0
        last: dict[str, Any] = {}
        while not last:
            finished, begun = progress(out, plan), len(emulator.calls())
            process = await start(job)
            if killed == kills:
                last = await result(process)
            else:  # where it ends before its kill, the next one begins anew, or with what failed
                killed += await kill(process, watch, chance, most=MOST)
            asked_again += again(emulator, finished, begun)
        holdings = [held(emulator, name) for name in HELD]
        return EntityOutcome(
            kills=killed,
            calls=len(emulator.calls()),
            spoilt=sum(one.hits for one in emulator.faults),
            again=asked_again,
            differences=differences(emulator, out),
            things=sum(len(things) for owners in holdings for things in owners.values()),
            kinds=sum(bool(owners) for owners in holdings),
            last=last,
            unfinished=[*unfinished(out), *(notes_folder(out) / "entities").rglob("*")],
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
