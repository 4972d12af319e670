"""Harvests of entities that are killed again and again, and what they ask for a second time."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from harvest.chaos import FAULTS, SURE_FAULT, Watch, kill, result, start
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


class _WatchAll(Watch):
    """Tells of every answer."""

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
    watch = _WatchAll()
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
