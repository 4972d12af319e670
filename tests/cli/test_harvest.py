"""The command as a person or a cron job runs it: in a process of its own, against the emulator."""

import asyncio
import datetime as dt
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse
from pinterest_async.limits import InMemoryLimiter

ds: Any = pytest.importorskip("pyarrow.dataset")
pytest.importorskip("click")
pytest.importorskip("rich")

COMMAND = [sys.executable, "-W", "error", "-m", "pinterest_async.cli", "harvest"]
SPEND = "SPEND_IN_MICRO_DOLLAR"


class Ran(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


class Refusing:
    """A hook that refuses the analytics of some accounts."""

    def __init__(self, *accounts: str) -> None:
        self.accounts = accounts

    def before(self, operation: Any, incoming: HttpRequest) -> HttpResponse | None:  # noqa: ARG002
        if "analytics" in incoming.target and any(one in incoming.target for one in self.accounts):
            body = json.dumps({"code": 29, "message": "You are not permitted"}).encode()
            return HttpResponse(status=403, body=body, headers={"Content-Type": "application/json"})
        return None

    def after(self, operation: Any, incoming: HttpRequest, answer: HttpResponse) -> HttpResponse:  # noqa: ARG002
        return answer


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=3) as emulator:
        yield emulator


@pytest.fixture
async def accounts(emulator: Emulator) -> list[str]:
    async with client(emulator) as pinterest:
        return [one.id async for one in pinterest.ad_accounts.list()]


def client(emulator: Emulator) -> Pinterest:
    return Pinterest(emulator.token, base_url=emulator.url, limiter=InMemoryLimiter())


async def start(emulator: Emulator, folder: Path, *words: object) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *COMMAND,
        *map(str, words),
        cwd=folder,
        env={
            **os.environ,
            "COLUMNS": "100",
            "PINTEREST_ACCESS_TOKEN": emulator.token,
            "PINTEREST_BASE_URL": emulator.url,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


async def harvest(emulator: Emulator, folder: Path, *words: object) -> Ran:
    process = await start(emulator, folder, *words)
    async with asyncio.timeout(300):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


def spent(folder: Path, format: str = "parquet") -> dict[str, int]:
    """What the files below a folder say that each account spent."""
    table = ds.dataset(folder, format=format, exclude_invalid_files=False).to_table()
    sums = table.group_by("AD_ACCOUNT_ID").aggregate([(SPEND, "sum")]).to_pylist()
    return {str(row["AD_ACCOUNT_ID"]): row[f"{SPEND}_sum"] for row in sums}


def below(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*")]


async def truth(emulator: Emulator, accounts: list[str], days: int) -> dict[str, int]:
    """What each account spent in the last days, asked in another way than a harvest asks."""
    start = yesterday() - dt.timedelta(days=days - 1)
    found: dict[str, int] = {}
    async with client(emulator) as pinterest:
        for account in accounts:
            rows = await pinterest.ad_accounts.analytics(
                ad_account_id=account,
                start_date=start,
                end_date=yesterday(),
                columns=[SPEND],
                granularity="TOTAL",
            )
            found[account] = sum(getattr(row, SPEND) or 0 for row in rows)
    return found


def yesterday() -> dt.date:
    """The last day of a harvest, asked when needed: a run of tests may pass midnight."""
    return dt.datetime.now(dt.UTC).date() - dt.timedelta(days=1)


def since(days: int) -> dt.date:
    return yesterday() - dt.timedelta(days=days - 1)


async def test_ads_into_a_folder(emulator: Emulator, accounts: list[str], tmp_path: Path) -> None:
    words = ("ads", "--account", "all", "--since", since(5), "--columns", "spend,engagement")
    ran = await harvest(emulator, tmp_path, *words, "--out", "data/")
    assert ran.code == 0, ran.err
    assert spent(tmp_path / "data" / "level=ad") == await truth(emulator, accounts, 5)
    assert "100 %" in ran.err
    assert "3 of 3 partitions" in ran.err
    assert "The 3 ad accounts that spent most" in ran.out
    assert "Spend by day" in ran.out
    asked = len(emulator.calls())
    again = await harvest(emulator, tmp_path, *words, "--out", "data/", "--progress", "json")
    assert again.code == 0
    assert len(emulator.calls()) == asked
    assert again.err == ""
    assert again.events[0]["event"] == "progress"
    last = again.events[-1]
    assert (last["event"], last["complete"]) == ("finished", True)
    assert (last["calls"], last["skipped"]) == (0, 3)


async def test_a_dry_run_leaves_nothing(emulator: Emulator, tmp_path: Path) -> None:
    ran = await harvest(emulator, tmp_path, "campaigns", "--dry-run", "--out", "data")
    assert ran.code == 0, ran.err
    assert "Rows" in ran.out
    assert "ads_analytics" in ran.out
    assert below(tmp_path) == []
    assert not any("analytics" in call.operation for call in emulator.calls())


async def test_a_plan_file_two_accounts_and_csv(
    emulator: Emulator, accounts: list[str], tmp_path: Path
) -> None:
    plan = {"level": "account", "columns": [SPEND], "start": str(since(4))}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    chosen = [word for account in accounts[:2] for word in ("--account", account)]
    words = ("--plan", "plan.json", *chosen, "--format", "csv", "--progress", "none")
    ran = await harvest(emulator, tmp_path, *words, "--out", "data")
    assert (ran.code, ran.err) == (0, "")
    files = [str(path) for path in (tmp_path / "data").rglob("*.csv")]
    table = ds.dataset(files, format="csv").to_table()
    expected = await truth(emulator, accounts[:2], 4)
    assert sum(table.column(SPEND).to_pylist()) == sum(expected.values())
    assert table.num_rows == 8


async def test_since_last(emulator: Emulator, accounts: list[str], tmp_path: Path) -> None:
    words = ("accounts", "--columns", SPEND, "--progress", "none", "--out", "data")
    first = await harvest(*(emulator, tmp_path, *words, "--since", since(60), "--until", since(11)))
    last = await harvest(emulator, tmp_path, *words, "--since", "last", "--restate", "7")
    assert (first.code, last.code) == (0, 0), last.err
    assert spent(tmp_path / "data") == await truth(emulator, accounts, 60)
    asked = [call.query for call in emulator.calls("ad_accounts.analytics")]
    days = {str(query["start_date"]) for query in asked if query["granularity"] == "DAY"}
    assert days == {str(since(60)), str(since(17))}


async def test_since_last_alone_goes_on_with_all_that_is_there(
    emulator: Emulator, accounts: list[str], tmp_path: Path
) -> None:
    to = ("--since", since(60), "--until", since(11), "--out", "data", "--progress", "none")
    for words in (("accounts", "--columns", SPEND), ("campaigns", "--columns", "IMPRESSION_1")):
        assert (await harvest(emulator, tmp_path, *words, *to)).code == 0
    last = ("--since", "last", "--restate", "7", "--out", "data")
    shown = await harvest(emulator, tmp_path, *last, "--dry-run")
    assert shown.code == 0
    assert f"{since(17)} to {yesterday()}" in shown.out
    ran = await harvest(emulator, tmp_path, *last)
    assert ran.code == 0, ran.err
    days = f"{since(10)} to {yesterday()} are new; {since(17)} to {since(11)} are fetched again"
    assert f"accounts: {days}" in ran.err
    assert f"campaigns: {days}" in ran.err
    assert spent(tmp_path / "data" / "level=account") == await truth(emulator, accounts, 60)
    assert len(list((tmp_path / "data" / "level=campaign").iterdir())) == 3

    asked = len(emulator.calls())
    again = await harvest(emulator, tmp_path, *last)
    assert again.code == 0
    assert again.err.count(f"nothing is new: all days through {yesterday()} are there") == 2
    assert len(emulator.calls()) == asked
    one = await harvest(emulator, tmp_path, "campaigns", *last, "--progress", "json")
    assert [one.events[place]["event"] for place in (0, -1)] == ["plan", "finished"]
    assert one.events[0]["level"] == "campaign"
    assert one.events[0]["complete_through"] == str(yesterday())
    assert one.events[0]["new_from"] is None


async def test_since_last_of_entities_says_how_to_harvest_them(
    emulator: Emulator, tmp_path: Path
) -> None:
    assert (await harvest(emulator, tmp_path, "--entities", "boards", "--out", "data")).code == 0
    ran = await harvest(emulator, tmp_path, "--since", "last", "--out", "data")
    assert ran.code == 2
    assert "LEVEL: missing, as there are entities only" in ran.err
    assert "--entities or --all in place of --since" in " ".join(ran.err.split())


async def test_since_last_without_a_harvest_says_so(emulator: Emulator, tmp_path: Path) -> None:
    ran = await harvest(emulator, tmp_path, "--since", "last", "--out", "data")
    assert ran.code == 2
    assert "LEVEL: missing, as there is no harvest to go on with" in ran.err
    words = ("accounts", "--since", since(3), "--columns", SPEND, "--out", "data")
    assert (await harvest(emulator, tmp_path, *words)).code == 0
    ran = await harvest(
        *(emulator, tmp_path, "--since", "last", "--columns", "CTR", "--out", "data")
    )
    assert ran.code == 2
    assert "--since: the harvests in --out (accounts) have other options" in ran.err


async def test_no_progress_means_the_result_alone(emulator: Emulator, tmp_path: Path) -> None:
    words = ("accounts", "--since", since(3), "--columns", SPEND, "--out", "data")
    ran = await harvest(emulator, tmp_path, *words, "--progress", "none")
    assert (ran.code, ran.err) == (0, "")
    again = await harvest(
        *(emulator, tmp_path, "--since", "last", "--out", "data", "--progress", "none")
    )
    assert (again.code, again.err) == (0, "")


async def test_mistakes_are_json_too(emulator: Emulator, tmp_path: Path) -> None:
    ran = await harvest(emulator, tmp_path, "adz", "--out", "data", "--progress", "json")
    assert (ran.code, ran.err) == (2, "")
    (event,) = ran.events
    assert (event["event"], event["error"]) == ("error", "MistakesError")
    assert event["problems"] == [
        {"field": "LEVEL", "message": "there is no adz", "fix": "did you mean ads?"}
    ]


async def test_the_status_of_a_folder(
    emulator: Emulator, accounts: list[str], tmp_path: Path
) -> None:
    ran = await harvest(emulator, tmp_path, "status", "data")
    assert ran.code == 1
    assert ran.err.startswith("data holds no harvest. ")
    emulator.hooks.append(Refusing(accounts[1]))
    words = ("accounts", "--columns", SPEND, "--out", "data", "--progress", "none")
    days = ("--since", since(3))
    assert (await harvest(emulator, tmp_path, *words, *days)).code == 3
    asked = len(emulator.calls())
    ran = await harvest(emulator, tmp_path, "status", "data/")
    assert ran.code == 3
    assert ran.out.splitlines() == [
        f"accounts, {since(3)} to {yesterday()}, all ad accounts, by day, columns {SPEND}",
        "  not complete: 2 of 3 partitions done.",
        "  6 rows of these days; 2 parquet files",
    ]
    emulator.hooks.clear()
    assert (await harvest(emulator, tmp_path, *words, *days)).code == 0
    asked = len(emulator.calls())
    ran = await harvest(emulator, tmp_path, "status", "data/", "--json")
    assert ran.code == 0
    (event,) = ran.events
    assert (event["event"], event["complete"]) == ("status", True)
    assert event["plan"]["level"] == "account"
    assert (event["rows"], event["complete_through"]) == (9, str(yesterday()))
    ran = await harvest(emulator, tmp_path, "status", "data")
    assert f"  complete. All days through {yesterday()} (UTC) are there." in ran.out
    shutil.rmtree(tmp_path / "data")
    ran = await harvest(emulator, tmp_path, "status", "data")
    assert ran.code == 1
    assert ran.err.startswith("data holds no rows of a harvest. ")
    assert len(emulator.calls()) == asked


async def test_what_is_missing_is_reported_and_fetched_later(
    emulator: Emulator, accounts: list[str], tmp_path: Path
) -> None:
    emulator.hooks.append(Refusing(accounts[1]))
    words = ("ads", "--columns", SPEND, "--since", since(3), "--out", "data")
    partial = await harvest(emulator, tmp_path, *words, "--progress", "json")
    assert partial.code == 3
    last = partial.events[-1]
    assert last["complete"] is False
    assert [one["account"] for one in last["failures"]] == [accounts[1]]
    done = await harvest(emulator, tmp_path, *words)
    assert done.code == 3
    assert f"Missing: ad account {accounts[1]}" in done.out
    emulator.hooks.clear()
    whole = await harvest(emulator, tmp_path, *words)
    assert whole.code == 0
    assert spent(tmp_path / "data") == await truth(emulator, accounts, 3)


async def test_nothing_at_all_has_a_code_of_its_own(
    emulator: Emulator, accounts: list[str], tmp_path: Path
) -> None:
    emulator.hooks.append(Refusing(*accounts))
    ran = await harvest(emulator, tmp_path, "ads", "--columns", SPEND, "--out", "data")
    assert ran.code == 1
    emulator.expire()
    ran = await harvest(emulator, tmp_path, "ads", "--out", "other", "--progress", "json")
    assert ran.code == 1
    assert ran.events[-1]["event"] == "error"
    assert "token" in ran.events[-1]["message"]
    assert emulator.token not in ran.err + ran.out


async def test_mistakes_are_named_together(emulator: Emulator, tmp_path: Path) -> None:
    ran = await harvest(emulator, tmp_path, "adz", "--columns", "spendd", "--since", "monday")
    assert ran.code == 2
    assert "did you mean ads?" in ran.err
    assert "did you mean spend?" in ran.err
    assert "--since: monday is not a date" in ran.err
    assert "--out: missing" in ran.err
    assert emulator.calls() == []


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process")
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
async def test_ctrl_c_and_the_same_command_again(
    emulator: Emulator, accounts: list[str], tmp_path: Path, stop: signal.Signals
) -> None:
    process: asyncio.subprocess.Process

    class Interrupting(Refusing):
        def before(self, operation: Any, incoming: HttpRequest) -> HttpResponse | None:  # noqa: ARG002
            if accounts[2] in incoming.target and "analytics" in incoming.target:
                process.send_signal(stop)
            return None

    emulator.hooks.append(Interrupting())
    words = ("ads", "--columns", SPEND, "--since", since(3), "--out", "data", "--concurrency", "1")
    process = await start(emulator, tmp_path, *words)
    _, err = await process.communicate()
    assert process.returncode == 130
    assert b"Stopped" in err
    assert b"Traceback" not in err
    assert "unfinished" not in below(tmp_path)
    emulator.hooks.clear()
    again = await harvest(emulator, tmp_path, *words)
    assert again.code == 0
    assert spent(tmp_path / "data") == await truth(emulator, accounts, 3)


@pytest.mark.skipif(sys.platform == "win32", reason="pipes break in another way")
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("closed", ["stdout", "stderr"])
async def test_a_harvest_goes_on_when_nobody_reads(
    emulator: Emulator, accounts: list[str], tmp_path: Path, closed: str, form: str
) -> None:
    words = ("ads", "--columns", SPEND, "--since", since(3), "--out", "data", "--progress", form)
    process = await start(emulator, tmp_path, *words)
    pipe: Any = getattr(process, closed)
    pipe._transport.close()
    async with asyncio.timeout(300):
        out, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in out + err
    assert spent(tmp_path / "data") == await truth(emulator, accounts, 3)


async def test_a_folder_of_another_plan_is_left_alone(emulator: Emulator, tmp_path: Path) -> None:
    words = ("accounts", "--since", since(3), "--out", "data")
    assert (await harvest(emulator, tmp_path, *words, "--columns", SPEND)).code == 0
    before = sorted(below(tmp_path))
    ran = await harvest(emulator, tmp_path, *words, "--columns", "CTR")
    assert ran.code == 1
    assert "Choose another folder" in ran.err
    assert "again to go on" not in ran.err
    assert sorted(below(tmp_path)) == before


async def test_organic_figures_need_no_columns(emulator: Emulator, tmp_path: Path) -> None:
    ran = await harvest(emulator, tmp_path, "pins", "--since", since(3), "--out", "data")
    assert ran.code == 0, ran.err
    assert "Impressions by day" in ran.out


class Doubling(Refusing):
    """A hook that sends the first row of every analytics answer twice."""

    def after(self, operation: Any, incoming: HttpRequest, answer: HttpResponse) -> HttpResponse:  # noqa: ARG002
        if "analytics" in incoming.target:
            rows = json.loads(answer.body)
            answer.body = json.dumps([*rows[:1], *rows]).encode()
        return answer


@pytest.mark.parametrize("form", ["none", "json"])
async def test_rows_that_are_set_aside_are_reported(
    emulator: Emulator, accounts: list[str], tmp_path: Path, form: str
) -> None:
    emulator.hooks.append(Doubling())
    words = ("accounts", "--columns", SPEND, "--since", since(3), "--out", "data")
    ran = await harvest(emulator, tmp_path, *words, "--progress", form)
    assert ran.code == 3
    if form == "json":
        assert ran.events[-1]["set_aside"] == 3
    else:
        assert "Set aside, and in no file: 3 rows" in ran.out
    emulator.hooks.clear()
    assert spent(tmp_path / "data") == await truth(emulator, accounts, 3)
