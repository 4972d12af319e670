"""Saved jobs that somebody has changed: whatever they say, they end in errors of this package."""

import asyncio
import copy
import datetime as dt
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from typing import Any, Final, NamedTuple

import pytest
from contract.bench import Unlimited
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pinterest_async import (
    InvalidCallError,
    Pinterest,
    PinterestError,
    Polling,
    Retry,
)
from pinterest_async._core.guards import is_object
from pinterest_async.emulator import Emulator
from pinterest_async.jobs.kinds import KINDS

VIDEO: Final = b"\x00\x00\x00\x18ftypmp42" + b"v" * 2000
DAY: Final = dt.date(2026, 1, 31)
NEW: Final[Any] = (
    None, True, False, 0, 1, -1, 3, 2**63, -(2**70), 10**400, 0.5, -1e308, float("nan"),
    float("inf"), "", " ", "a", "../a/b?c", "\ud800", "\x00", "ä" * 3000, "1" * 25, "DATE", "rows",
    "class", "ADD", [], [[]], [None], ["a", "a"], [{}], {}, {"a": 1}, {"": []}, {"id": []},
)  # fmt: skip
"""What may stand where something else stood."""


class World(NamedTuple):
    """An emulator with a client, on a loop that goes on only while an example runs."""

    runner: asyncio.Runner
    client: Pinterest
    saved: dict[str, list[Any]]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds
        await asyncio.sleep(0)

    def polling(self) -> Polling:
        return Polling(sleep=self.sleep, monotonic=lambda: self.now)


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with asyncio.Runner() as runner:
        things = AsyncExitStack()
        try:
            client, ad_id = runner.run(opened(things))
            yield World(runner, client, runner.run(begun(client, ad_id)))
        finally:
            runner.run(things.aclose())


async def opened(things: AsyncExitStack) -> tuple[Pinterest, str]:
    """A client of an emulator, and an ad of its account."""
    emulator = await things.enter_async_context(Emulator(accounts=2, ads=4, quotas=None))
    (account, *_) = emulator.world.table("ad_accounts")
    (ad, *_) = emulator.world.table("ads").by("ad_account_id", account["id"])
    client = Pinterest(
        emulator.token,
        base_url=emulator.url,
        ad_account_id=account["id"],
        limiter=Unlimited(),
        retry=Retry(base=0.001, cap=0.01),
    )
    return await things.enter_async_context(client), ad["id"]


async def begun(client: Pinterest, ad_id: str) -> dict[str, list[Any]]:
    """Jobs as they are saved, by kind: when they were begun, and when they were done."""
    account = client.ad_account_id or ""
    board = (await client.boards.create(name="Lamps")).id
    people = await client.customer_lists.create(name="Buyers", records="a@b.example")
    audience = await client.audiences.create(
        name="All", audience_type="VISITOR", rule={"country": "US"}
    )
    feed: Any = {
        "name": "Lamps",
        "format": "CSV",
        "location": "https://shop.example/lamps.csv",
        "default_country": "DE",
        "default_locale": "de-DE",
        "catalog_type": "RETAIL",
    }
    event: Any = {
        "event_name": "checkout",
        "action_source": "web",
        "event_time": 1_767_225_600,
        "user_data": {"em": ["ann@example.com"]},
    }
    events: Any = [{**event, "event_id": str(number)} for number in range(3)]
    items: Any = [{"item_id": str(number), "operation": "DELETE"} for number in range(3)]
    campaign: Any = {"id": "9", "ad_account_id": account}
    emails = [f"person{number}@example.com" for number in range(150)]
    source: Any = {"source_type": "image_url", "url": "https://example.com/lamp.jpg"}
    await client.pins.create(board_id=board, title="Lamp", media_source=source)
    jobs: Any = [
        client.audiences.ready(audience.id, ad_account_id=account),
        await client.catalog_item_batches.start(
            {"catalog_type": "RETAIL", "country": "DE", "language": "DE", "items": items}
        ),
        await client.boards.start_copy(board, "A copy of lamps"),
        await client.bulk.start_download(),
        await client.bulk.start_upsert(update={"campaigns": [campaign]}),
        await client.conversion_deletion_requests.start(deletion_targets=[{"event_id": "1"}]),
        await client.customer_lists.start("People", emails, part=100),
        await client.customer_list_uploads.start_upload(people.id, b"ann@example.com\n"),
        await client.conversions.start_send_all(events),
        await client.catalog_feeds.start_ingestion((await client.catalog_feeds.create(feed)).id),
        await client.lead_exports.start(ad_id, start_date=DAY, end_date=DAY),
        await client.media.start_upload(VIDEO),
        await client.pins.start_video(board, VIDEO, cover=1, title="A lamp"),
        await client.reports.start(
            level="CAMPAIGN",
            granularity="DAY",
            start_date=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=9),
            end_date=dt.datetime.now(dt.UTC).date() - dt.timedelta(days=2),
            columns=["SPEND_IN_DOLLAR"],
        ),
    ]
    found: dict[str, list[Any]] = {}
    for job in jobs:
        first = job.save()
        await job.result(polling=Clock().polling())
        found[first["job"]] = [first, job.save()]
    saved: dict[str, list[Any]] = json.loads(json.dumps(found))
    return saved


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """All places in JSON: what holds the value, and its key or index."""
    places_of: Any = list(value) if is_object(value) else range(len(value))
    for at in places_of:
        yield value, at
        if isinstance(value[at], dict | list):
            yield from places(value[at])


def changed(saved: Any, draw: st.DataObject) -> Any:
    """A saved job with one to three changes: other values, missing, repeated and extra ones."""
    saved = copy.deepcopy(saved)
    for _ in range(draw.draw(st.integers(1, 3))):
        known = [one for one in places(saved) if one[1] not in ("job", "version")]
        if not known:
            break
        holder, at = draw.draw(st.sampled_from(known))
        new = copy.deepcopy(draw.draw(st.sampled_from(NEW)))
        what = draw.draw(st.sampled_from(["replace", "delete", "repeat", "extra"]))
        if what == "delete":
            del holder[at]
        elif what == "repeat" and isinstance(holder[at], list):
            holder[at] *= 2
        elif what == "extra" and isinstance(at, int):
            holder.append(new)
        elif what == "extra":
            holder["more"] = new
        else:
            holder[at] = new
    return saved


async def taken_up(client: Pinterest, saved: Any) -> None:
    """Take up a job in all ways that there are, each as far as it gets."""
    try:
        job = client.job(saved)
    except PinterestError:
        return
    assert repr(job)
    assert job.save()
    with suppress(PinterestError):
        await job.status()
    with suppress(PinterestError):
        result: Any = await job.result(timeout=60, polling=Clock().polling())
        assert repr(result)
        if saved["job"] == "report":
            async for row in result.rows():
                assert repr(row)


@pytest.mark.filterwarnings("ignore::pinterest_async.DriftWarning")
@pytest.mark.parametrize("kind", KINDS)
@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_a_job_that_was_changed_ends_in_errors_of_ours(
    kind: str, data: st.DataObject, world: World
) -> None:
    saved = changed(data.draw(st.sampled_from(world.saved[kind])), data)
    world.runner.run(taken_up(world.client, saved))


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("events", {"events": []}, "`results` is longer than `events`"),
        ("customer_list", {"part": 0}, "part"),
        ("customer_list", {"sent": -1}, "sent"),
        ("customer_list", {"sent": 10**6}, "`sent` is more than `records`"),
        ("customer_list", {"customer_list_id": None}, "`customer_list_id`"),
        ("batches", {"batches": []}, "do not add up"),
        ("batches", {"batches": [{"count": -1}, {"count": 4}]}, "count"),
        ("report", {"tokens": []}, "tokens"),
        ("batches", {"source": "\ud800"}, "not UTF-8"),
    ],
)
def test_what_cannot_be_is_named_at_once(
    kind: str, changes: dict[str, Any], words: str, world: World
) -> None:
    done = world.saved[kind][1]
    assert json.loads(json.dumps(world.client.job(done).save())) == done
    with pytest.raises(InvalidCallError, match=words):
        world.client.job({**done, **changes})


@pytest.mark.parametrize("value", [[], {}, "\ud800", None])
def test_an_event_of_no_known_source_is_not_sent_again(value: Any, world: World) -> None:
    saved = copy.deepcopy(world.saved["events"][0])
    saved["events"][1]["action_source"] = value
    job = world.client.job(saved)
    outcomes = world.runner.run(job.result(timeout=60, polling=Clock().polling()))
    (failed,) = outcomes.failed
    assert failed.index == 1
    assert "may have been counted" in str(failed.failed)


def test_a_pin_without_its_board_is_refused(world: World) -> None:
    saved = copy.deepcopy(world.saved["pin"][1])
    del saved["body"]["board_id"]
    with pytest.raises(InvalidCallError, match="board_id"):
        world.runner.run(world.client.job(saved).result(timeout=60, polling=Clock().polling()))
