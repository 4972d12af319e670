"""The examples of jobs run as they stand, and are as short as the README says."""

import ast
import datetime as dt
import inspect
import re
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Final

import pytest
from jobs import calls_alone
from programs import EXAMPLES, example

from pinterest_async import Pinterest, Polling
from pinterest_async.emulator import Emulator
from pinterest_async.jobs import JobNamespace
from pinterest_async.jobs.kinds import KINDS, kind

README: Final = (EXAMPLES.parent / "README.md").read_text("utf-8")
LONGEST: Final = 10
"""Lines of an example, its first line not counted."""
VIDEO: Final = b"\x00\x00\x00\x18ftypmp42" + b"v" * 2000
TODAY: Final = dt.datetime.now(dt.UTC).date()
ITEMS: Final = [
    {"item_id": "lamp", "operation": "DELETE"},
    {"item_id": "desk", "operation": "DELETE"},
]
FEED: Final[Any] = {
    "name": "Lamps",
    "format": "CSV",
    "location": "https://shop.example/lamps.csv",
    "default_country": "DE",
    "default_locale": "de-DE",
    "catalog_type": "RETAIL",
}
CAMPAIGN: Final = {"name": "Spring", "objective_type": "AWARENESS", "daily_spend_cap": 10_000_000}
EVENT: Final[Any] = {
    "event_name": "checkout",
    "action_source": "web",
    "event_time": 1_767_225_600,
    "user_data": {"em": ["Ann@Example.com"]},
}
JPEG: Final = b"\xff\xd8\xff\xe0" + b"j" * 100

Example = Callable[..., Coroutine[Any, Any, Any]]


def functions(module: Any) -> dict[str, Example]:
    """The examples in a module."""
    found = inspect.getmembers(module, inspect.iscoroutinefunction)
    return {
        name: one for name, one in found if one.__module__ == module.__name__ and name != "main"
    }


FUNCTIONS: Final = functions(example("jobs"))
ALONE: Final = functions(calls_alone)


def lines(function: Example) -> int:
    """The lines of a function's body."""
    (tree,) = ast.parse(inspect.getsource(function)).body
    assert isinstance(tree, ast.AsyncFunctionDef)
    return int(tree.body[-1].end_lineno or 0) - tree.body[0].lineno + 1


@pytest.fixture
async def things(emulator: Emulator, client: Pinterest, tmp_path: Path) -> dict[str, Any]:
    """What the examples ask for, by the names of their parameters."""
    for name, content in (("lamp.mp4", VIDEO), ("lamp.jpg", JPEG), ("desk.jpg", JPEG)):
        (tmp_path / name).write_bytes(content)
    (account, *_) = emulator.world.table("ad_accounts")
    return {
        "pinterest": client.with_options(ad_account_id=account["id"]),
        "board_id": (await client.boards.create(name="Lamps")).id,
        "start": TODAY - dt.timedelta(days=400),
        "end": TODAY - dt.timedelta(days=2),
        "names": {"999": "Nobody"},
        "items": ITEMS,
        "feed_id": (await client.catalog_feeds.create(FEED)).id,
        "account": client.with_options(ad_account_id=account["id"]),
        "campaigns": [CAMPAIGN] * 35,
        "name": "A copy of lamps",
        "events": [EVENT | {"event_id": str(number)} for number in range(3)],
        "emails": [f"person{number}@example.com" for number in range(150)],
        "list_id": (
            await client.customer_lists.create(
                ad_account_id=account["id"], name="Buyers of lamps", records="a@b.example"
            )
        ).id,
        "template_id": (await client.reports.list_templates(ad_account_id=account["id"]))[0].id,
        "gone": ["person1@example.com"],
        "targets": [{"event_id": "order-1"}],
        "catalog_id": next(
            one.id for one in await client.catalogs.list() if one.catalog_type == "RETAIL"
        ),
        "stock": [{"operation": "DELETE", "item_id": "lamp", "store_code": "berlin"}],
        "ad_id": emulator.world.table("ads").by("ad_account_id", account["id"])[0]["id"],
        "paths": [tmp_path / "lamp.jpg", tmp_path / "desk.jpg"],
    }


async def no_pause(_seconds: float) -> None: ...


@pytest.mark.parametrize("examples", [FUNCTIONS, ALONE], ids=["jobs", "calls"])
@pytest.mark.parametrize("name", FUNCTIONS)
async def test_an_example_runs(
    name: str,
    examples: dict[str, Example],
    things: dict[str, Any],
    tmp_path: Path,
    polling: Polling,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for each in KINDS:
        monkeypatch.setattr(kind(each), "POLLING", polling)
    monkeypatch.setattr("pinterest_async.jobs.pin_search.PAUSES", (0.0,))
    if examples is ALONE:
        monkeypatch.setattr("asyncio.sleep", no_pause)
    path = tmp_path / ("lamp.mp4" if "video" in name else "lamp.jpg")
    known = {**things, "path": path, "folder": tmp_path}
    wanted = inspect.signature(examples[name]).parameters
    returned = await examples[name](**{one: known[one] for one in wanted})
    assert returned if examples is ALONE else capsys.readouterr().out


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_example_is_short(name: str) -> None:
    assert lines(FUNCTIONS[name]) <= LONGEST


def test_the_readme_counts_the_lines() -> None:
    rows = re.findall(r"^\| .* \| `(\w+)` \| (\d+) \| (\d+) \|$", README, re.MULTILINE)
    assert {name for name, _, _ in rows} == set(FUNCTIONS)
    for name, today, before in rows:
        assert int(today) == lines(FUNCTIONS[name])
        assert int(before) == lines(ALONE[name])


async def test_each_job_has_an_example(client: Pinterest) -> None:
    known = [
        (name, one)
        for name in dir(client)
        if not name.startswith("_") and isinstance(one := getattr(client, name), JobNamespace)
    ]
    waiting = [
        f".{name}.{method}("
        for name, one in known
        for method, call in inspect.getmembers(one, inspect.ismethod)
        if "timeout" in inspect.signature(call).parameters
    ]
    assert len(waiting) > 20
    source = (EXAMPLES / "jobs.py").read_text("utf-8")
    assert [one for one in waiting if one not in source] == []
