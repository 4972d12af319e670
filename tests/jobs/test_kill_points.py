"""Killed before and after each request, one after the other, a job goes on from what was saved."""

import asyncio
import datetime as dt
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no fork")

PROGRAM = Path(__file__).parents[1] / "support" / "jobs" / "dying_jobs.py"
VIDEO = b"\x00\x00\x00\x18ftypmp42" + b"v" * 2000
JPEG = b"\xff\xd8\xff\xe0" + b"j" * 100
MOST = 40
"""Steps; no job has as many."""


class Forker:
    """Has jobs done by forks of a program."""

    def __init__(self, process: Process, emulator: Emulator) -> None:
        self._process = process
        self._emulator = emulator

    async def __call__(self, job: str, state: Path, options: Any, die: int = 0) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        task = {"job": job, "state": str(state), "options": options, "die": die}
        line = json.dumps({**task, "url": self._emulator.url, "token": self._emulator.token})
        self._process.stdin.write(line.encode() + b"\n")
        answer = json.loads(await self._process.stdout.readline())
        assert "error" not in (answer["said"] or ()), answer
        return answer

    async def at_each_step(self, job: str, folder: Path, option: Callable[[int], Any]) -> list[Any]:
        """The results of a job that was killed at a step, and taken up; for each of its steps."""
        results: list[Any] = []
        for die in range(1, MOST):
            state = folder / f"{job}-{die}.json"
            options = option(die)
            answer = await self(job, state, options, die)
            if not answer["died"]:
                assert len(results) > 2
                return [*results, answer["said"]["result"]]
            again = await self(job, state, options)
            results.append(again["said"]["result"])
        raise AssertionError("it has too many steps")


@pytest.fixture
async def fork(emulator: Emulator) -> AsyncIterator[Forker]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PROGRAM), stdin=PIPE, stdout=PIPE
    )
    yield Forker(process, emulator)
    assert process.stdin is not None
    process.stdin.close()
    assert await process.wait() == 0


async def test_an_upload(fork: Forker, client: Pinterest, tmp_path: Path) -> None:
    path = tmp_path / "lamp.mp4"
    path.write_bytes(VIDEO)
    ids = await fork.at_each_step("media", tmp_path, lambda _: {"video": str(path)})
    assert len({*ids}) == len(ids)
    for id in ids:
        assert (await client.media.get(id)).status == "succeeded"


@pytest.mark.parametrize("kind", ["image", "video"])
async def test_a_pin_is_made_exactly_once(
    kind: str, fork: Forker, client: Pinterest, tmp_path: Path
) -> None:
    board = (await client.boards.create(name="Lamps")).id
    for name, content in (("video", VIDEO), ("image", JPEG)):
        (tmp_path / name).write_bytes(content)
    files = {"video": str(tmp_path / "video"), "image": str(tmp_path / "image"), "board": board}
    ids = await fork.at_each_step(kind, tmp_path, lambda die: {**files, "title": f"Lamp {die}"})
    pins = [pin async for pin in client.boards.list_pins(board)]
    assert sorted(pin.id for pin in pins) == sorted(ids)
    assert len({pin.title for pin in pins}) == len(ids)


async def test_a_report(fork: Forker, emulator: Emulator, tmp_path: Path) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    today = dt.datetime.now(dt.UTC).date()
    options = {
        "ad_account_id": account["id"],
        "level": "CAMPAIGN",
        "granularity": "DAY",
        "start_date": str(today - dt.timedelta(days=300)),
        "end_date": str(today - dt.timedelta(days=2)),
        "columns": ["SPEND_IN_DOLLAR"],
    }
    counts = await fork.at_each_step("report", tmp_path, lambda _: options)
    assert len({*counts}) == 1
    assert counts[0] >= 299


@pytest.mark.parametrize("kind", ["download", "upsert"])
async def test_a_bulk_job(kind: str, fork: Forker, emulator: Emulator, tmp_path: Path) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    changes = {"update": {"campaigns": [{"id": "9", "ad_account_id": account["id"]}]}}
    options = {"ad_account_id": account["id"], **(changes if kind == "upsert" else {})}
    counts = await fork.at_each_step(kind, tmp_path, lambda _: options)
    assert len({*counts}) == 1
    assert counts[0] >= 1


async def test_batches_of_items(fork: Forker, tmp_path: Path) -> None:
    items = [{"item_id": str(n), "operation": "DELETE"} for n in range(1100)]
    body = {"catalog_type": "RETAIL", "country": "DE", "language": "DE", "items": items}
    counts = await fork.at_each_step("batches", tmp_path, lambda _: body)
    assert {*counts} == {1100}


async def test_a_feed(fork: Forker, client: Pinterest, tmp_path: Path) -> None:
    feed = await client.catalog_feeds.create(
        {
            "name": "Lamps",
            "format": "CSV",
            "location": "https://shop.example/lamps.csv",
            "default_country": "DE",
            "default_locale": "de-DE",
            "catalog_type": "RETAIL",
        }
    )
    states = await fork.at_each_step("feed", tmp_path, lambda _: {"feed": feed.id})
    assert {*states} == {"COMPLETED"}


async def test_a_copy_of_a_board(fork: Forker, client: Pinterest, tmp_path: Path) -> None:
    board = (await client.boards.create(name="Lamps")).id
    section = (await client.board_sections.create(board, name="Desk")).id
    source: Any = {"source_type": "image_url", "url": "https://example.com/lamp.jpg"}
    await client.pins.create(board_id=board, media_source=source)
    await client.pins.create(board_id=board, board_section_id=section, media_source=source)
    copies = await fork.at_each_step(
        "copy", tmp_path, lambda die: {"board": board, "name": f"Copy {die}"}
    )
    assert [pins for _, pins in copies] == [2] * len(copies)
    for new, _ in copies:
        assert len([pin async for pin in client.boards.list_pins(new)]) == 2
        assert len([one async for one in client.board_sections.list(new)]) == 1
    assert len([one async for one in client.boards.list()]) >= len(copies) + 1
    assert len({new for new, _ in copies}) == len(copies)


async def test_events_are_counted_exactly_once(
    fork: Forker, emulator: Emulator, tmp_path: Path
) -> None:
    (account, *_) = emulator.world.table("ad_accounts")

    def option(die: int) -> Any:
        events = [
            {
                "event_name": "checkout",
                "action_source": "web",
                "event_id": f"{die}-{number}",
                "event_time": int(emulator.now()) - 60,
                "user_data": {"em": ["ann@example.com"]},
            }
            for number in range(1100)
        ]
        return {"events": events, "account": account["id"]}

    counts = await fork.at_each_step("events", tmp_path, option)
    assert {*counts} == {1100}
    assert len(emulator.world.table("conversion_events")) == 1100 * len(counts)


async def test_a_customer_list_is_made_exactly_once(
    fork: Forker, emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    records = [f"person{number}@example.com" for number in range(150)]

    def option(die: int) -> Any:
        name = f"Buyers {die}"
        return {"name": name, "records": records, "part": 100, "ad_account_id": account["id"]}

    ids = await fork.at_each_step("customers", tmp_path, option)
    lists = [one async for one in client.customer_lists.list(ad_account_id=account["id"])]
    made = [one for one in lists if one.name.startswith("Buyers ")]
    assert sorted(one.id for one in made) == sorted(ids)


async def test_an_audience(
    fork: Forker, emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    made = await client.audiences.create(
        ad_account_id=account["id"], name="All", audience_type="VISITOR", rule={"country": "US"}
    )
    options = {"audience_id": made.id, "ad_account_id": account["id"]}
    ids = await fork.at_each_step("audience", tmp_path, lambda _: options)
    assert {*ids} == {made.id}


async def test_an_export_of_leads(fork: Forker, emulator: Emulator, tmp_path: Path) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    (ad, *_) = emulator.world.table("ads").by("ad_account_id", account["id"])
    days = {"start_date": "2026-01-31", "end_date": "2026-01-31"}
    options = {"ad_id": ad["id"], "ad_account_id": account["id"], **days}
    counts = await fork.at_each_step("leads", tmp_path, lambda _: options)
    assert len({*counts}) == 1
    assert counts[0] >= 3


async def test_a_deletion_request(fork: Forker, emulator: Emulator, tmp_path: Path) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    options = {"ad_account_id": account["id"], "deletion_targets": [{"event_id": "1"}]}
    states = await fork.at_each_step("deletion", tmp_path, lambda _: options)
    assert {*states} == {"SUBMITTED"}


async def test_an_upload_of_customers(
    fork: Forker, emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    (account, *_) = emulator.world.table("ad_accounts")
    file = tmp_path / "people.csv"
    file.write_bytes(b"ann@example.com\nbob@example.com\n")
    made = await client.customer_lists.create(
        ad_account_id=account["id"], name="Buyers", records="a@b.example"
    )
    options = {"list": made.id, "file": str(file), "account": account["id"]}
    states = await fork.at_each_step("records", tmp_path, lambda _: options)
    assert {*states} == {"SUCCEEDED"}
