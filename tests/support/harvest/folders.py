"""What tests of whole harvests read from the folder that was filled, and hand to `run`."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from pinterest_async.harvest import Partition, Plan, Progress
from pinterest_async.harvest.output.storage import notes_folder

ds: Any = pytest.importorskip("pyarrow.dataset")


class NullSink:
    """A sink of the user's own, that writes nothing."""

    async def open(self, plan: Plan) -> None: ...

    async def aclose(self) -> None: ...

    async def put(self, plan: Plan, partition: Partition, table: Any) -> str | None: ...


class ProgressLog:
    """A listener that keeps what it receives."""

    def __init__(self) -> None:
        self.received: list[Progress] = []

    def update(self, progress: Progress) -> None:
        self.received.append(progress)


def read(folder: Path) -> list[tuple[str, str, dt.date, int]]:
    """All rows of a harvested folder, sorted; none where nothing was committed yet."""
    if not everything(folder, "*.parquet"):
        return []
    table = ds.dataset(folder, partitioning="hive").to_table()
    rows = table.select(["AD_ACCOUNT_ID", "AD_ID", "DATE", "SPEND_IN_MICRO_DOLLAR"]).to_pylist()
    return sorted(tuple(row.values()) for row in rows)


def expected(plan: Plan, things: dict[str, list[str]]) -> list[tuple[str, str, dt.date, int]]:
    """The rows that the fake client has for a plan."""
    days = range((plan.end - plan.start).days + 1)
    return sorted(
        (account, ad, plan.start + dt.timedelta(days=day), int(ad))
        for account, ads in things.items()
        for ad in ads
        for day in days
    )


def everything(folder: Path, pattern: str = "*") -> list[Path]:
    return sorted(folder.rglob(pattern))


def unfinished(folder: Path) -> list[Path]:
    """What a run left that it had not finished, in a target or in the notes beside it."""
    places = {folder, notes_folder(folder)}
    found = [path for place in places for path in place.rglob("*")]
    return [path for path in found if "unfinished" in path.parts]
