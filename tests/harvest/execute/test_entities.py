"""Harvests of entities over sockets, held against the emulator's own state."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

pytest.importorskip("pyarrow")

from harvest.entity_state import HELD, Before, accounts, call, differences, fill, harvested, held
from harvest.folders import ProgressLog

from pinterest_async import Pinterest
from pinterest_async.emulator import Emulator
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.contract.messages import HttpRequest, HttpResponse
from pinterest_async.emulator.faults import Drift, Error, WrongBookmark
from pinterest_async.errors import AuthenticationError, ConfigurationError
from pinterest_async.harvest import (
    EntityPlan,
    EntityResult,
    FileSink,
    LocalStorage,
    MemoryCheckpoint,
    RedisCheckpoint,
    RemoteStorage,
    SinkError,
    SQLiteCheckpoint,
    TargetError,
    run_entities,
)
from pinterest_async.harvest.execute import entity_engine, entity_run, entity_walk
from pinterest_async.harvest.output.arrow import fs, pq
from pinterest_async.harvest.output.entity_notes import entity_status, snapshot_name
from pinterest_async.harvest.output.storage import notes_folder
from pinterest_async.limits import InMemoryLimiter
from pinterest_async.options import Retry

ALL = EntityPlan()


@pytest.fixture
async def emulator() -> AsyncIterator[Emulator]:
    async with Emulator(accounts=3, ads=8, quotas=None) as emulator:
        fill(emulator)
        yield emulator


@pytest.fixture
async def client(emulator: Emulator) -> AsyncIterator[Pinterest]:
    async with connect(emulator, emulator.token) as client:
        yield client


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of many pages, and walks of several segments."""
    monkeypatch.setattr(entity_walk, "PAGE_SIZE", 7)
    monkeypatch.setattr(entity_walk, "PAGES_PER_SEGMENT", 3)
    monkeypatch.setattr(entity_engine, "PLACES_PER_WALK", 4)


def connect(emulator: Emulator, token: str, **options: Any) -> Pinterest:
    retry = Retry(base=0.001, cap=0.002)
    return Pinterest(
        token, base_url=emulator.url, limiter=InMemoryLimiter(), retry=retry, **options
    )


def staged(out: Path) -> list[str]:
    """What a harvest keeps in its notes beside the checkpoint, names of walks first."""
    found = [path for path in notes_folder(out).rglob("*") if path.is_file()]
    return [path.name for path in found if not path.name.startswith("checkpoint")]


def asked(emulator: Emulator, begun: int = 0) -> list[tuple[str, Any]]:
    return [(one.operation, one.query) for one in emulator.calls()[begun:]]


def refused(result: EntityResult) -> dict[str, str]:
    return {one.entity: one.reason for one in result.not_permitted}


async def test_everything_that_the_emulator_holds(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert differences(emulator, tmp_path) == []
    assert sum(len(things) for name in HELD for things in held(emulator, name).values()) > 300
    assert {one.entity for one in result.files if one.rows} >= {"keywords", "audiences", "pins"}
    assert all((tmp_path / path).is_file() for path in result.paths)
    assert staged(tmp_path) == []


@pytest.mark.usefixtures("small")
async def test_many_pages_and_segments(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert result.calls == len(emulator.calls())
    assert differences(emulator, tmp_path) == []
    assert staged(tmp_path) == []


async def test_columns_are_typed_and_read_by_others(client: Pinterest, tmp_path: Path) -> None:
    await run_entities(EntityPlan(entities=["boards", "campaigns"]), client, out=tmp_path)
    polars: Any = pytest.importorskip("polars")
    boards = polars.read_parquet(tmp_path / "entity=boards")
    assert boards.schema["created_at"] == polars.Datetime("us", "UTC")
    assert boards.schema["media"].is_nested()
    duckdb: Any = pytest.importorskip("duckdb")
    read = duckdb.read_parquet(f"{tmp_path}/entity=campaigns/**/*.parquet", hive_partitioning=True)
    assert read.filter("account::text = ad_account_id").shape == read.shape


@pytest.mark.parametrize("format", ["jsonl", "csv"])
async def test_other_formats(
    emulator: Emulator, client: Pinterest, tmp_path: Path, format: Any
) -> None:
    result = await run_entities(ALL, client, out=tmp_path, format=format)
    assert result.complete
    duckdb: Any = pytest.importorskip("duckdb")
    read = {"jsonl": duckdb.read_json, "csv": duckdb.read_csv}[format]
    for entity in HELD:
        for owner, things in held(emulator, entity).items():
            file = tmp_path / f"entity={entity}" / f"account={owner}" / f"part-0.{format}"
            assert read(str(file)).shape[0] == len(things)


async def test_a_second_harvest_replaces_what_has_changed(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    await run_entities(ALL, client, out=tmp_path)
    world = emulator.world
    first, second, *_ = accounts(emulator)
    campaign, *_ = world.table("campaigns").by("ad_account_id", first)
    campaign["name"] = "Renamed"
    for row in world.table("audiences").by("ad_account_id", second):
        world.table("audiences").remove(row["id"])
    call(emulator, "boards/create", {}, {}, {"name": "New"})
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert result.skipped == 0
    assert differences(emulator, tmp_path) == []
    assert not (tmp_path / "entity=audiences" / f"account={second}" / "part-0.parquet").exists()


async def test_another_format_replaces_the_file_of_the_first(
    client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["boards"])
    await run_entities(plan, client, out=tmp_path)
    await run_entities(plan, client, out=tmp_path, format="jsonl")
    assert [path.name for path in (tmp_path / "entity=boards").rglob("part-*")] == ["part-0.jsonl"]


async def test_some_accounts_and_entities(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    first, *_ = accounts(emulator)
    plan = EntityPlan(entities=["keywords"], accounts=[first])
    result = await run_entities(plan, client, out=tmp_path)
    assert [one.entity for one in result.files] == ["ad_groups", "campaigns", "keywords"]
    assert harvested(tmp_path, "keywords") == {first: held(emulator, "keywords")[first]}
    assert {Path(path).parts[0] for path in result.paths} == {
        *("entity=ad_groups", "entity=campaigns", "entity=keywords"),
    }


# What the token may not see


async def test_what_the_token_may_not_see_is_told(emulator: Emulator, tmp_path: Path) -> None:
    token = emulator.issue_token(scopes=["boards:read", "pins:read", "user_accounts:read"])
    async with connect(emulator, token) as client:
        result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    refused = {one.entity: one for one in result.not_permitted}
    assert refused["ad_accounts"].scopes == ("ads:read",)
    assert refused["catalogs"].scopes == refused["local_stores"].scopes == ("catalogs:read",)
    assert refused["local_stores"].reason.startswith("catalogs cannot be listed: ")
    own = ("boards", "board_sections", "pins", "board_pins", "board_section_pins", "media")
    assert differences(emulator, tmp_path, own) == []


async def test_what_the_sandbox_lacks_costs_no_call(emulator: Emulator, tmp_path: Path) -> None:
    plan = EntityPlan(entities=["audiences", "campaigns"])
    async with connect(emulator, emulator.token, environment="sandbox") as client:
        result = await run_entities(plan, client, out=tmp_path)
    assert set(refused(result)) == {"audiences"}
    assert "audiences.list" not in {name for name, _ in asked(emulator)}
    assert differences(emulator, tmp_path, ["campaigns"]) == []


@pytest.mark.parametrize("status", [403, 404, 409])
async def test_a_list_that_is_refused_keeps_its_file(
    emulator: Emulator, client: Pinterest, tmp_path: Path, status: int
) -> None:
    plan = EntityPlan(entities=["campaigns", "boards", "board_sections", "board_pins"])
    await run_entities(plan, client, out=tmp_path)
    before = harvested(tmp_path, "board_sections")
    with emulator.faults.add(Error(status=status, code=29, operation="boards.list")):
        result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    assert list(refused(result)) == ["boards", "board_sections", "board_pins"]
    assert harvested(tmp_path, "board_sections") == before
    # It is asked again, also by a run that goes on.
    assert refused(await run_entities(plan, client, out=tmp_path)) == {}


async def test_one_of_many_lists_that_is_refused_is_told_with_the_rest_there(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["board_sections"])
    with emulator.faults.add(Error(status=403, code=29, operation="board_sections.list", times=2)):
        result = await run_entities(plan, client, out=tmp_path, concurrency=1)
    assert [(one.entity, one.lists) for one in result.not_permitted] == [("board_sections", 2)]
    there = harvested(tmp_path, "board_sections")["me"]
    assert set(there) <= set(held(emulator, "board_sections")["me"])


@pytest.mark.usefixtures("small")
async def test_what_was_refused_is_asked_again_by_a_run_that_goes_on(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["board_sections", "campaigns"])
    with (
        emulator.faults.add(Error(status=403, code=29, operation="board_sections.list")),
        emulator.faults.add(Error(status=400, operation="campaigns.list")),
    ):
        result = await run_entities(plan, client, out=tmp_path)
    assert not result.complete
    assert list(refused(result)) == ["board_sections"]
    result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    assert (result.skipped, refused(result)) == (1, {})
    assert differences(emulator, tmp_path, plan.names) == []


async def test_what_is_below_a_thing_that_was_deleted_meanwhile_is_gone(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    boards = emulator.world.table("boards").by("user", emulator.user)

    def delete() -> None:
        call(emulator, "boards/delete", {"board_id": boards[-1]["id"]}, {})

    emulator.hooks.append(Before("board_sections/list", 1, delete))
    plan = EntityPlan(entities=["board_sections"])
    result = await run_entities(plan, client, out=tmp_path, concurrency=1)
    assert result.complete
    assert len(held(emulator, "boards")["me"]) == len(boards) - 1
    assert refused(result) == {}
    assert differences(emulator, tmp_path, ["board_sections"]) == []


async def test_businesses_that_the_token_may_not_see_do_not_stop_the_rest(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["campaigns", "business_members"], businesses="all")
    with emulator.faults.add(Error(status=403, code=29, operation="businesses.list_employers")):
        result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    assert list(refused(result)) == ["businesses"]
    assert differences(emulator, tmp_path, ["campaigns"]) == []


# What fails, and goes on


async def test_a_failure_is_repeated_and_the_rest_goes_on(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    with emulator.faults.add(Error(status=500, operation="campaigns.list")):
        result = await run_entities(ALL, client, out=tmp_path)
    assert not result.complete
    missing = {(one.entity, one.account) for one in result.failures}
    assert {name for name, _ in missing} == {"campaigns", "keywords"}
    assert {account for _, account in missing} == set(accounts(emulator))
    rest = [name for name in HELD if name not in ("campaigns", "keywords")]
    assert differences(emulator, tmp_path, rest) == []
    begun = len(emulator.calls())
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert {name for name, _ in asked(emulator, begun)} == {
        *("ad_accounts.list", "campaigns.list", "keywords.list"),
    }
    assert differences(emulator, tmp_path) == []


@pytest.mark.usefixtures("small")
async def test_a_run_that_was_cut_off_goes_on_at_its_bookmarks(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["pins"])
    reached = asyncio.Event()
    emulator.hooks.append(Before("pins/list", 8, reached.set))
    running = asyncio.create_task(run_entities(plan, client, out=tmp_path))
    await reached.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert len(staged(tmp_path)) == 2
    assert not (tmp_path / "entity=pins").exists()
    begun = len(emulator.calls())
    result = await run_entities(plan, client, out=tmp_path)
    first, *_ = asked(emulator, begun)
    assert first[1]["bookmark"] == asked(emulator)[6][1]["bookmark"]
    assert result.complete
    assert differences(emulator, tmp_path, ["pins"]) == []


@pytest.mark.usefixtures("small")
async def test_a_bookmark_that_has_expired_begins_the_list_anew(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["pins"])
    with emulator.faults.add(Error(status=500, operation="pins.list", skip=10)):
        assert not (await run_entities(plan, client, out=tmp_path)).complete
    begun = len(emulator.calls())
    with emulator.faults.add(Error(status=400, operation="pins.list", times=1)):
        result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    assert "bookmark" not in asked(emulator, begun)[1][1]
    assert differences(emulator, tmp_path, ["pins"]) == []


@pytest.mark.usefixtures("small")
async def test_a_list_without_end_fails(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["pins"])
    with emulator.faults.add(WrongBookmark(operation="pins.list", how="repeat")):
        result = await run_entities(plan, client, out=tmp_path)
    (failure,) = result.failures
    assert "never end" in str(failure.error)


@pytest.mark.usefixtures("small")
async def test_a_segment_that_somebody_removed_is_listed_again(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["pins"])
    with emulator.faults.add(Error(status=500, operation="pins.list", skip=10)):
        await run_entities(plan, client, out=tmp_path)
    next((notes_folder(tmp_path) / "entities").rglob("*.parquet")).unlink()
    result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    assert differences(emulator, tmp_path, ["pins"]) == []


class Dying(SQLiteCheckpoint):
    """Keeps no cursor, as where a run is killed between a segment and its commit."""

    async def keep(self, name: str, content: bytes) -> None:
        if name.startswith("walk/"):
            raise OSError("killed")
        await super().keep(name, content)


@pytest.mark.usefixtures("small")
async def test_segments_of_another_plan_are_not_taken_for_own_ones(
    emulator: Emulator, client: Pinterest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, other = EntityPlan(entities=["pins"]), EntityPlan(entities=["pins", "websites"])
    with emulator.faults.add(Error(status=500, operation="pins.list", skip=10)):
        assert not (await run_entities(plan, client, out=tmp_path)).complete
    checkpoint = Dying(notes_folder(tmp_path) / "checkpoint.sqlite")
    with monkeypatch.context() as patch:
        patch.setattr(entity_walk, "PAGES_PER_SEGMENT", 1)
        with pytest.raises(OSError, match="killed"):
            await run_entities(other, client, out=tmp_path, checkpoint=checkpoint)
    begun = len(emulator.calls())
    assert (await run_entities(plan, client, out=tmp_path)).complete
    assert "bookmark" in asked(emulator, begun)[0][1]
    assert differences(emulator, tmp_path, ["pins"]) == []
    assert staged(tmp_path) == []


async def test_a_file_that_somebody_removed_is_made_again(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    with emulator.faults.add(Error(status=500, operation="campaigns.list")):
        assert not (await run_entities(ALL, client, out=tmp_path)).complete
    (tmp_path / "entity=boards" / "account=me" / "part-0.parquet").unlink()
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert differences(emulator, tmp_path) == []


async def test_a_run_of_long_ago_is_not_gone_on_with(
    emulator: Emulator, client: Pinterest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with emulator.faults.add(Error(status=500, operation="campaigns.list")):
        assert not (await run_entities(ALL, client, out=tmp_path)).complete
    later = time.time() + entity_run.GOES_ON + 1
    monkeypatch.setattr(time, "time", lambda: later)
    result = await run_entities(ALL, client, out=tmp_path)
    assert result.complete
    assert result.skipped == 0


@pytest.mark.parametrize("drift", [Drift(), Drift(what="unknown_enum"), Drift(what="null")])
async def test_drift_is_kept_and_counted(emulator: Emulator, tmp_path: Path, drift: Drift) -> None:
    plan = EntityPlan(entities=["campaigns", "pins"])
    async with connect(emulator, emulator.token, on_drift="raise") as client:
        with emulator.faults.add(msgspec.structs.replace(drift, operation="campaigns.list")):
            result = await run_entities(plan, client, out=tmp_path)
    assert result.complete
    there, wanted = harvested(tmp_path, "campaigns"), held(emulator, "campaigns")
    assert {owner: len(things) for owner, things in there.items()} == {
        owner: len(things) for owner, things in wanted.items()
    }
    added = {value for things in there.values() for thing in things for value in thing}
    if drift.what == "unknown_field":
        assert any("tomorrow" in map(str, value) for value in added)
        pins = len(held(emulator, "pins")["me"])  # the emulator has more than the description
        assert result.misfits == sum(map(len, wanted.values())) + pins


class Changed:
    """Changes the items in answers of an operation."""

    def __init__(self, operation: str, change: Callable[[Any], Any]) -> None:
        self._operation = operation
        self._change = change

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        del operation, incoming

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        del incoming
        if operation.id == self._operation:
            body = self._change(msgspec.json.decode(answer.body))
            answer = HttpResponse(
                status=200,
                body=msgspec.json.encode(body),
                headers={"Content-Type": "application/json"},
            )
        return answer


async def test_items_that_are_null_are_set_aside(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    emulator.hooks.append(
        Changed("boards/list", lambda body: {**body, "items": [*body["items"], None, None]})
    )
    result = await run_entities(EntityPlan(entities=["boards"]), client, out=tmp_path)
    assert (result.complete, result.set_aside) == (True, 2)
    assert differences(emulator, tmp_path, ["boards"]) == []


@pytest.mark.filterwarnings("ignore::pinterest_async.errors.DriftWarning")
@pytest.mark.parametrize(
    "body",
    [[], {}, {"items": None}, {"items": {}}, {"items": [], "bookmark": 3}],
)
async def test_an_answer_that_is_no_page_is_a_failure(
    emulator: Emulator, client: Pinterest, tmp_path: Path, body: Any
) -> None:
    plan = EntityPlan(entities=["boards"])
    await run_entities(plan, client, out=tmp_path)
    emulator.hooks.append(Changed("boards/list", lambda _: body))
    result = await run_entities(plan, client, out=tmp_path)
    assert [one.entity for one in result.failures] == ["boards"]
    assert differences(emulator, tmp_path, ["boards"]) == []


async def test_a_token_that_is_revoked_ends_the_run(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    emulator.auth.revoke(emulator.token)
    with pytest.raises(AuthenticationError) as caught:
        await run_entities(ALL, client, out=tmp_path)
    assert "run the same plan again" in caught.value.__notes__[0]


# Targets


async def test_a_folder_that_somebody_else_filled(client: Pinterest, tmp_path: Path) -> None:
    (tmp_path / "entity=boards").mkdir()
    (tmp_path / "entity=boards" / "own.parquet").write_bytes(b"")
    with pytest.raises(TargetError, match="no harvest left there"):
        await run_entities(EntityPlan(entities=["boards"]), client, out=tmp_path)


async def test_a_target_in_use(client: Pinterest, tmp_path: Path) -> None:
    checkpoint = SQLiteCheckpoint(notes_folder(tmp_path) / "checkpoint.sqlite")
    await checkpoint.open()
    with pytest.raises(TargetError, match="another harvest is filling"):
        await run_entities(ALL, client, out=tmp_path)
    await checkpoint.aclose()


async def test_a_place_that_cannot_be_written(client: Pinterest, tmp_path: Path) -> None:
    (tmp_path / "entity=boards").write_bytes(b"")
    with pytest.raises(SinkError, match="cannot be written"):
        await run_entities(EntityPlan(entities=["boards"]), client, out=tmp_path)


async def test_another_file_system_and_a_checkpoint_in_memory(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    sink = FileSink(RemoteStorage(fs.LocalFileSystem(), str(tmp_path)))
    with pytest.raises(ConfigurationError, match="needs a checkpoint"):
        await run_entities(ALL, client, sink=sink)
    result = await run_entities(ALL, client, sink=sink, checkpoint=MemoryCheckpoint())
    assert result.complete
    assert differences(emulator, tmp_path) == []
    assert not (tmp_path / "_harvest" / "entities").exists()


@pytest.mark.usefixtures("small")
async def test_a_checkpoint_in_redis(
    emulator: Emulator, client: Pinterest, tmp_path: Path, redis: Any
) -> None:
    plan = EntityPlan(entities=["pins", "boards", "keywords"])

    def where() -> dict[str, Any]:
        sink = FileSink(LocalStorage(tmp_path))
        return {"sink": sink, "checkpoint": RedisCheckpoint(redis, "entities")}

    with emulator.faults.add(Error(status=500, operation="pins.list", skip=10)):
        assert not (await run_entities(plan, client, **where())).complete
    begun = len(emulator.calls())
    result = await run_entities(plan, client, **where())
    assert result.complete
    assert asked(emulator, begun)[1][1]["bookmark"]
    assert differences(emulator, tmp_path, plan.names) == []


async def test_a_sink_or_checkpoint_that_does_not_do(client: Pinterest, tmp_path: Path) -> None:
    class Old:
        async def open(self) -> None: ...
        async def aclose(self) -> None: ...

    old: Any = Old()
    with pytest.raises(ConfigurationError, match="does not keep how far"):
        await run_entities(ALL, client, out=tmp_path, checkpoint=old)
    with pytest.raises(ConfigurationError, match="into files"):
        await run_entities(ALL, client, sink=old, checkpoint=MemoryCheckpoint())


async def test_the_status_of_a_folder(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    file = notes_folder(tmp_path) / "checkpoint.sqlite"
    with emulator.faults.add(Error(status=400, operation="campaigns.list")):
        first = await run_entities(ALL, client, out=tmp_path)
    (found,) = entity_status(file)
    assert not found.snapshot.complete
    assert (found.lists, found.rows, found.files) == (
        len(first.files),
        first.rows,
        len(first.paths),
    )
    await run_entities(ALL, client, out=tmp_path)
    plan = EntityPlan(entities=["boards"])
    second = await run_entities(plan, client, out=tmp_path)
    by_plan = {one.snapshot.plan: one for one in entity_status(file)}
    assert by_plan[plan].rows == second.rows
    assert by_plan[plan].snapshot.complete
    assert by_plan[ALL].snapshot.complete
    # Boards belong to the last snapshot that read them.
    assert by_plan[ALL].lists == len(first.files) + len(first.failures) - 1


async def test_a_damaged_note_is_as_none(
    emulator: Emulator, client: Pinterest, tmp_path: Path
) -> None:
    plan = EntityPlan(entities=["boards"])
    checkpoint = MemoryCheckpoint()
    for name in (snapshot_name(plan), "file/boards/me", "walk/boards/me/0"):
        await checkpoint.keep(name, msgspec.json.encode({"x": 1}))
    result = await run_entities(plan, client, out=tmp_path, checkpoint=checkpoint)
    assert result.complete
    assert differences(emulator, tmp_path, ["boards"]) == []


async def test_progress(client: Pinterest, tmp_path: Path) -> None:
    log = ProgressLog()
    result = await run_entities(ALL, client, out=tmp_path, progress=log)
    last = log.received[-1]
    assert (last.done, last.partitions, last.accounts) == (result.done, result.done, 3)
    assert (last.rows, last.calls, last.calls_left) == (
        result.rows + result.repeated,
        result.calls,
        0,
    )
    done = [one.done for one in log.received]
    assert done == sorted(done)


async def test_files_have_one_schema(client: Pinterest, tmp_path: Path) -> None:
    await run_entities(EntityPlan(entities=["ads"]), client, out=tmp_path)
    schemas = {str(pq.read_schema(path)) for path in (tmp_path / "entity=ads").rglob("*.parquet")}
    assert len(schemas) == 1
