"""`pinterest harvest --entities` and `--all`, in a process of its own against the emulator."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

pytest.importorskip("pyarrow")
pytest.importorskip("click")
pytest.importorskip("rich")

from harvest.entity_state import differences, fill
from harvest.folders import everything

from pinterest_async.cli.entities import outcome
from pinterest_async.cli.harvest_options import MistakesError, read_entity_command
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.faults import Error
from pinterest_async.harvest import ENTITIES, EntityResult

COMMAND = [sys.executable, "-W", "error", "-m", "pinterest_async.cli", "harvest"]


class Ran(NamedTuple):
    code: int | None
    out: str
    err: str


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=2, ads=5, quotas=None) as emulator:
        fill(emulator)
        yield emulator


async def run(emulator: Emulator, folder: Path, *words: str, token: str | None = None) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "COLUMNS": "100",
            "PINTEREST_ACCESS_TOKEN": token or emulator.token,
            "PINTEREST_BASE_URL": emulator.url,
        },
    )
    out, err = await process.communicate()
    return Ran(process.returncode, out.decode(), err.decode())


async def test_everything(emulator: Emulator, tmp_path: Path) -> None:
    ran = await run(emulator, tmp_path, "--all", "--out", "data")
    assert ran.code == 0, ran.err
    assert differences(emulator, tmp_path / "data") == []
    assert "keywords" in ran.out
    assert "files now in data/" in ran.out
    # The businesses that the emulator's user works for have lists that are for their owners.
    assert "Not permitted: business-members of 4" in ran.out
    assert "needs biz_access:read" in ran.out


async def test_some_entities(emulator: Emulator, tmp_path: Path) -> None:
    words = ("--entities", "boards,lead-forms", "--out", "data", "--progress", "none")
    ran = await run(emulator, tmp_path, *words)
    assert (ran.code, ran.err) == (0, "")
    folders = sorted(path.name for path in (tmp_path / "data").glob("entity=*"))
    assert folders == ["entity=boards", "entity=lead_forms"]
    assert differences(emulator, tmp_path / "data", ["boards", "lead_forms"]) == []


async def test_what_is_missing_is_told(emulator: Emulator, tmp_path: Path) -> None:
    words = ("--entities", "boards,campaigns", "--out", "data")
    emulator.faults.add(Error(status=400, operation="campaigns.list"))
    ran = await run(emulator, tmp_path, *words)
    assert ran.code == 3
    assert "Missing: campaigns of " in ran.out
    assert "Not complete, 2 parts missing: the same command within 12 hours" in ran.out
    ran = await run(emulator, tmp_path, "status", "data")
    assert ran.code == 3
    assert "entities: boards, campaigns, all ad accounts\n  not complete, written" in ran.out
    assert "  12 rows of 1 list; 1 file\n" in ran.out
    emulator.faults.clear()
    ran = await run(emulator, tmp_path, *words)
    assert ran.code == 0
    assert "Were there already, from the run before: 1 list." in ran.out


async def test_a_token_that_may_see_nothing_of_it(emulator: Emulator, tmp_path: Path) -> None:
    token = emulator.issue_token(scopes=["boards:read"])
    ran = await run(
        emulator, tmp_path, "--entities", "campaigns,boards", "--out", "data", token=token
    )
    assert ran.code == 0
    assert "Not permitted: ad-accounts of your own account, needs ads:read: " in ran.out


async def test_a_token_that_may_see_nothing_at_all(emulator: Emulator, tmp_path: Path) -> None:
    token = emulator.issue_token(scopes=["user_accounts:read"])
    ran = await run(emulator, tmp_path, "--entities", "boards", "--out", "data", token=token)
    assert ran.code == 1
    assert "Not permitted: boards of your own account, needs boards:read: " in ran.out


async def test_json(emulator: Emulator, tmp_path: Path) -> None:
    words = ("--entities", "boards", "--out", "data", "--progress", "json")
    ran = await run(emulator, tmp_path, *words)
    events = [json.loads(line) for line in (ran.err or ran.out).splitlines() if line[:1] == "{"]
    assert events[0]["event"] == "progress"
    last = events[-1]
    assert (last["event"], last["complete"], last["entities"]) == ("finished", True, {"boards": 12})


async def test_what_it_would_take(emulator: Emulator, tmp_path: Path) -> None:
    ran = await run(emulator, tmp_path, "--entities", "keywords,boards", "--dry-run")
    assert ran.code == 0
    # The list of ad accounts; in each, campaigns, ad groups and keywords; and the boards.
    assert "at least 8" in ran.out
    assert "one more for each of the campaigns and ad-groups" in ran.out
    assert "campaigns.list" not in {one.operation for one in emulator.calls()}
    assert everything(tmp_path) == []


def options(**changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "entities": ("boards",),
        "everything": False,
        "file": None,
        "out": "data",
        "format": "parquet",
        "checkpoint": None,
        "restate_days": "30",
        "concurrency": "16",
        "progress_format": "text",
        "dry_run": False,
        "environment": None,
        "base_url": "http://127.0.0.1:1/v5",
        "proxy": None,
        "ca_file": None,
    }
    return given | changes


@pytest.fixture
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINTEREST_ACCESS_TOKEN", "a-token")


@pytest.mark.usefixtures("token")
def test_names_are_read_with_hyphens_or_without() -> None:
    given = {"accounts": ("1,2",), "businesses": ()}
    command, _ = read_entity_command(
        given, **options(entities=("Boards,ad-groups", "conversion_tags"))
    )
    assert command.plan.entities == ("boards", "ad_groups", "conversion_tags")
    assert command.plan.accounts == ("1", "2")


@pytest.mark.usefixtures("token")
def test_all_are_all_of_all_businesses_too() -> None:
    given = {"accounts": (), "businesses": ()}
    command, _ = read_entity_command(given, **options(entities=(), everything=True))
    assert command.plan.names == tuple(ENTITIES)
    assert (command.plan.accounts, command.plan.businesses) == ("all", "all")


@pytest.mark.usefixtures("token")
def test_all_mistakes_are_named_at_once() -> None:
    given = {
        "accounts": ("x",),
        "businesses": (),
        "level": "ads",
        "start": "2026-08-01",
        "columns": ("spend",),
    }
    wrong = options(
        entities=("campaign", "adgroup"), concurrency="0", restate_days="3", file=Path("plan.json")
    )
    with pytest.raises(MistakesError) as caught:
        read_entity_command(given, **wrong)
    assert str(caught.value).splitlines()[1:] == [
        "  LEVEL: does not go with --entities; leave it out",
        "  --since: does not go with --entities; leave it out",
        "  --columns: does not go with --entities; leave it out",
        "  --plan: does not go with --entities; leave it out",
        "  --restate: does not go with --entities; leave it out",
        "  --entities: there is no entity campaign; did you mean campaigns?",
        "  --entities: there is no entity adgroup; did you mean ad-groups?",
        "  --account (number 1): this is no ad account id; pass digits, as in '549755885175'",
        "  --concurrency: 0 is not possible; give a number from 1 to 1000",
    ]


@pytest.mark.usefixtures("token")
def test_one_of_names_and_all() -> None:
    given = {"accounts": (), "businesses": ()}
    with pytest.raises(MistakesError, match="--all has all of them"):
        read_entity_command(given, **options(everything=True))


def test_a_result_as_facts() -> None:
    result = EntityResult(
        rows=0,
        calls=0,
        done=0,
        skipped=0,
        failures=(),
        not_permitted=(),
        misfits=0,
        repeated=0,
        set_aside=0,
        seconds=0.0,
        files=(),
    )
    assert json.dumps(outcome(result))
