"""Faults on demand: what they do to answers, whom they hit, and that they can be repeated."""

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import ClientError, ClientPayloadError, ClientSession, ServerDisconnectedError
from emulator.bench import Caller, Clock

from pinterest_async import (
    BadRequestError,
    InMemoryLimiter,
    Pinterest,
    RateLimitError,
    RepeatedBookmarkError,
    Retry,
    ServerError,
)
from pinterest_async._core.ratelimit_headers import parse
from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse
from pinterest_async.emulator.contract.description import ApiOperation
from pinterest_async.emulator.faults import (
    ChangedHeaders,
    Drift,
    EmptyPage,
    Error,
    ExpiredToken,
    Fault,
    HtmlError,
    Late,
    RateLimited,
    RepeatedItems,
    Reset,
    Slow,
    Truncated,
    WrongBookmark,
    read,
)

ONE = "/user_account"


class Naps:
    """Instead of sleeping: how long it would have been."""

    def __init__(self) -> None:
        self.taken: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.taken.append(seconds)
        await asyncio.sleep(0)


@pytest.fixture
def naps(call: Caller) -> Naps:
    call.emulator.faults.sleep = naps = Naps()
    return naps


@pytest_asyncio.fixture
async def pinterest(call: Caller) -> AsyncIterator[Pinterest]:
    async with Pinterest(
        call.emulator.token,
        base_url=call.emulator.url,
        retry=Retry.off(),
        limiter=InMemoryLimiter(),
        on_drift="ignore",
    ) as pinterest:
        for number in range(5):
            await pinterest.boards.create(name=f"Board {number}")
        yield pinterest


async def statuses(call: Caller, requests: int, target: str = ONE) -> list[int]:
    return [(await call("GET", target)).status for _ in range(requests)]


# Whom and how often


async def test_once_then_never_again(call: Caller) -> None:
    fault = call.emulator.faults.add(Error(503, times=1))
    assert await statuses(call, 3) == [503, 200, 200]
    assert (fault.matched, fault.hits) == (1, 1)


async def test_the_first_ones_pass(call: Caller) -> None:
    call.emulator.faults.add(Error(503, skip=2, times=2))
    assert await statuses(call, 6) == [200, 200, 503, 503, 200, 200]


@pytest.mark.parametrize("name", ["user_account.get", "user_account/get", "user_*.get", "*"])
async def test_an_operation_by_name_id_or_pattern(call: Caller, name: str) -> None:
    call.emulator.faults.add(Error(503, operation=name))
    assert await statuses(call, 1) == [503]
    others = await statuses(call, 1, "/boards")
    assert others == ([503] if name == "*" else [200])


async def test_for_a_block_only(call: Caller) -> None:
    with call.emulator.faults.add(Error(500)) as fault:
        assert await statuses(call, 2) == [500, 500]
    assert await statuses(call, 1) == [200]
    assert fault.hits == 2
    call.emulator.faults.add(Error(500))
    call.emulator.faults.clear()
    assert await statuses(call, 1) == [200]
    assert len(call.emulator.faults) == 0


async def test_at_a_rate_and_the_same_again(clock: Clock, session: ClientSession) -> None:
    targets = [f"/boards?page_size={size}" for size in range(1, 101)] * 4
    runs: list[list[tuple[str, int]]] = []
    for seed, order in ((7, 1), (7, 2), (8, 1)):
        shuffled = targets[:]
        random.Random(order).shuffle(shuffled)
        async with Emulator(
            now=clock, seed=seed, quotas=None, faults=["error:status=503,rate=0.2"]
        ) as emulator:
            call = Caller(emulator, session)
            said = [(one, (await call("GET", one)).status) for one in shuffled]
        # The n-th call of one target meets the same luck whatever is called in between.
        runs.append(sorted(said, key=lambda one: targets.index(one[0])))
    assert runs[0] == runs[1] != runs[2]
    hit = sum(status == 503 for _, status in runs[0])
    assert 50 <= hit <= 110


def test_what_makes_no_sense_is_refused() -> None:
    faults = Emulator(accounts=0).faults
    with pytest.raises(ValueError, match="which fits none"):
        faults.add(Error(operation="pins.lost"))
    for said, complaint in (
        ("nonsense", "kind is 'nonsense': use one of bookmark, drift"),
        ("error:status", "'status' is no field"),
        ("error:stattus=503", "stattus"),
        ("error:status=no", "status"),
        ("error:status=200", "status is 200"),
        ("error:rate=2", "rate is 2"),
        ("error:times=0", "times is 0"),
        ("error:skip=-1", "skip is -1"),
        ("late:seconds=0", "seconds is 0"),
        ("late:spread=-1", "spread is -1"),
        ("slow:pieces=1", "pieces is 1"),
        ("truncated:at=-1", "at is -1"),
        ("reset:at=5,applied=false", "nothing is answered"),
        ("empty_page:count=0", "count is 0"),
        ("repeated_items:count=0", "count is 0"),
        ("drift:what=other", "what"),
    ):
        with pytest.raises(ValueError, match=complaint):
            read(said)


def test_text_data_and_code_say_the_same() -> None:
    fault = Error(503, operation="pins.list", rate=0.05, times=3, applied=True)
    data = {"kind": "error", "status": 503, "operation": "pins.list", "rate": 0.05, "times": 3}
    assert read(data | {"applied": True}) == fault
    assert read("error:status=503,operation=pins.list,rate=0.05,times=3,applied=true") == fault
    assert read(fault) is fault


# Answers


async def test_errors_have_codes_words_and_headers(call: Caller) -> None:
    faults = call.emulator.faults
    faults.add(Error(400, 12, times=1))
    faults.add(Error(429, 2726, "Retry after 3 seconds", headers={"X-Own": "1"}, times=1))
    faults.add(Error(422, extra={"details": {"a": 1}}, times=1))
    first = await call("GET", ONE)
    second = await call("GET", ONE)
    third = await call("GET", ONE)
    assert first.error == (400, 12)
    assert first.json["message"]
    assert second.json == {"code": 2726, "message": "Retry after 3 seconds"}
    assert second.headers["X-Own"] == "1"
    assert third.json["details"] == {"a": 1}
    assert [one.status for one in call.emulator.calls()] == [400, 429, 422]


@pytest.mark.parametrize("applied", [True, False])
async def test_an_error_before_or_after_the_deed(call: Caller, *, applied: bool) -> None:
    call.emulator.faults.add(Error(400, 2787, operation="boards.create", applied=applied))
    before = len((await call("GET", "/boards?page_size=250")).json["items"])
    said = await call("POST", "/boards", json={"name": "x"})
    after = len((await call("GET", "/boards?page_size=250")).json["items"])
    assert said.error == (400, 2787)
    assert after - before == applied


async def test_html(call: Caller, pinterest: Pinterest) -> None:
    call.emulator.faults.add(HtmlError(502))
    said = await call("GET", ONE)
    assert (said.status, said.headers["Content-Type"]) == (502, "text/html; charset=utf-8")
    assert said.text.startswith(b"<!DOCTYPE html>")
    with pytest.raises(ServerError):
        await pinterest.user_account.get()


@pytest.mark.parametrize("shape", ["named", "nameless", "bare", "none"])
async def test_rate_limits_in_every_shape(call: Caller, shape: Any) -> None:
    call.emulator.faults.add(RateLimited(reset=17, headers=shape, retry_after=9))
    said = await call("GET", "/boards")
    assert said.error == (429, 8)
    assert said.headers["Retry-After"] == "9"
    state = parse(said.headers)
    if shape == "none":
        assert state.limit is None
        return
    assert (state.limit, state.remaining, state.reset) == (1000, 0, 17)
    named = {name for _, _, name in state.windows}
    names = {"safety_net_app_id_user_id", "org_read_app_id_user_id"}
    assert named == (names if shape == "named" else {None} if shape == "nameless" else set())


async def test_headers_come_and_go(call: Caller) -> None:
    call.emulator.faults.add(
        ChangedHeaders(put={"x-ratelimit-limit": "odd"}, drop=("X-RateLimit-Reset",))
    )
    said = await call("GET", ONE)
    assert said.headers["X-RateLimit-Limit"] == "odd"
    assert "X-RateLimit-Reset" not in said.headers
    assert "X-RateLimit-Remaining" in said.headers


async def test_a_token_expires_and_stays_so(call: Caller) -> None:
    other = call.emulator.issue_token()
    fault = call.emulator.faults.add(ExpiredToken(times=1, skip=1))
    assert await statuses(call, 3) == [200, 401, 401]
    assert (await call("GET", ONE, token=other)).status == 200
    assert fault.hits == 1


# On the way


async def test_late_answers(call: Caller, naps: Naps, clock: Clock) -> None:
    faults = call.emulator.faults
    for name in ("fixed", "uniform", "exponential", "lognormal"):
        with faults.add(read({"kind": "late", "seconds": 2.0, "distribution": name})):
            assert await statuses(call, 40) == [200] * 40
        clock.now += 60
    fixed, uniform, exponential, lognormal = (
        sorted(naps.taken[start : start + 40]) for start in range(0, 160, 40)
    )
    assert set(fixed) == {2.0}
    assert 1.0 <= uniform[0] < 1.5
    assert 2.5 < uniform[-1] <= 3.0
    assert exponential[-1] > 4.0
    assert 1 < sum(exponential) / 40 < 4
    assert 1.5 < lognormal[20] < 2.7


async def test_slow_bodies_are_whole(call: Caller, naps: Naps) -> None:
    calm = await call("GET", ONE)
    call.emulator.faults.add(Slow(5.0, pieces=4))
    said = await call("GET", ONE)
    assert said.json == calm.json
    assert naps.taken == [1.25] * 4


async def test_truncated_bodies(call: Caller) -> None:
    whole = (await call("GET", ONE)).text
    with call.emulator.faults.add(Truncated(at=10)), pytest.raises(ClientPayloadError):
        await call("GET", ONE)
    with call.emulator.faults.add(Truncated(at=10, announced=False)):
        assert (await call("GET", ONE)).text == whole[:10]
    with call.emulator.faults.add(Truncated(announced=False)):
        lengths = {len((await call("GET", ONE)).text) for _ in range(20)}
    assert len(lengths) > 5
    assert max(lengths) < len(whole)
    assert await statuses(call, 1) == [200]


@pytest.mark.parametrize("at", [0, 1, 12, 40, 200, 300])
async def test_resets_at_any_byte(call: Caller, at: int) -> None:
    address = call.emulator.world.origin.removeprefix("http://").split(":")
    call.emulator.faults.add(Reset(at))
    reader, writer = await asyncio.open_connection(address[0], int(address[1]))
    writer.write(
        b"GET /v5/user_account HTTP/1.1\r\nHost: localhost\r\n"
        b"Authorization: Bearer " + call.emulator.token.encode() + b"\r\n\r\n"
    )
    got = await reader.readexactly(at)
    with pytest.raises(ConnectionResetError):
        await reader.read()
    writer.close()
    assert b"HTTP/1.1 200 OK\r\n".startswith(got[:17])


@pytest.mark.parametrize("applied", [True, False])
async def test_a_reset_before_or_after_the_deed(call: Caller, *, applied: bool) -> None:
    fault = call.emulator.faults.add(Reset(operation="boards.create", applied=applied))
    before = (await call("GET", "/boards?page_size=250")).json["items"]
    with pytest.raises((ServerDisconnectedError, ClientError)):
        await call("POST", "/boards", json={"name": "x"})
    after = (await call("GET", "/boards?page_size=250")).json["items"]
    assert len(after) - len(before) == applied
    assert fault.hits == 1
    assert call.emulator.calls("boards.create")[0].status == (201 if applied else 0)


async def test_faults_add_up(call: Caller, naps: Naps) -> None:
    call.emulator.faults.add(Error(503))
    call.emulator.faults.add(Late(1.0))
    call.emulator.faults.add(Late(2.0))
    call.emulator.faults.add(ChangedHeaders(put={"X-Own": "1"}))
    said = await call("GET", ONE)
    assert (said.status, said.headers["X-Own"], naps.taken) == (503, "1", [3.0])


# Lists


async def walked(pinterest: Pinterest, **options: Any) -> list[str]:
    found = await pinterest.boards.list(page_size=2, **options).collect()
    return [board.id for board in found]


async def test_empty_pages_lose_nothing(call: Caller, pinterest: Pinterest) -> None:
    calm = await walked(pinterest, privacy="PUBLIC")
    begun = len(call.emulator.calls("boards.list"))
    fault = call.emulator.faults.add(EmptyPage(2, operation="boards.list"))
    assert await walked(pinterest, privacy="PUBLIC") == calm
    pages = len(call.emulator.calls("boards.list")) - begun
    assert fault.hits == begun * 2
    assert pages == begun * 3
    first = await pinterest.boards.list(page_size=2)
    assert first.items == []
    assert first.bookmark


async def test_items_come_twice(call: Caller, pinterest: Pinterest) -> None:
    calm = await walked(pinterest)
    call.emulator.faults.add(RepeatedItems(operation="boards.list"))
    rough = await walked(pinterest)
    assert len(rough) > len(calm)
    assert list(dict.fromkeys(rough)) == calm
    assert rough[:4] == [*calm[:2], calm[1], calm[2]]


@pytest.mark.parametrize("how", ["repeat", "back"])
async def test_bookmarks_that_lead_back(call: Caller, pinterest: Pinterest, how: Any) -> None:
    call.emulator.faults.add(WrongBookmark(how))
    asked = len(call.emulator.calls())
    with pytest.raises(RepeatedBookmarkError):
        await walked(pinterest)
    asked = len(call.emulator.calls()) - asked
    assert asked == {"repeat": 2, "back": 3}[how]


async def test_a_bookmark_lapses(call: Caller, pinterest: Pinterest) -> None:
    call.emulator.faults.add(WrongBookmark("lapse"))
    assert (await pinterest.boards.list(page_size=2)).bookmark
    with pytest.raises(BadRequestError, match="bookmark"):
        await walked(pinterest)


# Drift


async def drifted(
    call: Caller, fault: Fault, target: str = "/boards?page_size=2"
) -> tuple[Any, Any]:
    calm = (await call("GET", target)).json
    with call.emulator.faults.add(fault) as active:
        said = (await call("GET", target)).json
    assert active.hits == 1
    return calm, said


@pytest.mark.usefixtures("pinterest")
async def test_unknown_fields(call: Caller) -> None:
    calm, said = await drifted(call, Drift("unknown_field", field="novelty"))
    assert all("novelty" in board and "novelty" in board["owner"] for board in said["items"])
    for board in (said, *said["items"], *(board["owner"] for board in said["items"])):
        del board["novelty"]
    for board in said["items"]:
        board["media"].pop("novelty", None)
    assert said == calm


@pytest.mark.usefixtures("pinterest")
async def test_unknown_values_of_enums(call: Caller) -> None:
    calm, said = await drifted(call, Drift("unknown_enum", field="privacy"))
    assert {board["privacy"] for board in said["items"]} == {"EMULATED_UNKNOWN"}
    calm, said = await drifted(call, Drift("unknown_enum"))
    assert str(said).count("EMULATED_UNKNOWN") == 1
    assert len(str(calm)) != len(str(said))


@pytest.mark.usefixtures("pinterest")
async def test_nulls_and_missing_fields(call: Caller) -> None:
    _, said = await drifted(call, Drift("null", field="name"))
    assert [board["name"] for board in said["items"]] == [None, None]
    _, said = await drifted(call, Drift("missing", field="name"))
    assert all("name" not in board for board in said["items"])
    calm, said = await drifted(call, Drift("missing"))
    # `name` is the only field of a board that is required.
    assert sorted("name" in board for board in said["items"]) == [False, True]
    assert calm["bookmark"] == said["bookmark"]


class Zoned:
    """Answers with times, as an API does that keeps to its description."""

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> None:
        """Let it through."""

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        del operation, incoming
        answer.body = b'{"a":"2026-01-02T03:04:05Z","b":["2026-01-02T03:04:05.67+01:00","Z"]}'
        return answer


async def test_times_without_a_zone(call: Caller) -> None:
    call.emulator.hooks.insert(0, Zoned())
    _, said = await drifted(call, Drift("naive_time"))
    assert said == {"a": "2026-01-02T03:04:05", "b": ["2026-01-02T03:04:05.67", "Z"]}


async def test_our_client_bears_drift(call: Caller, pinterest: Pinterest) -> None:
    calm = await walked(pinterest)
    for what in ("unknown_field", "unknown_enum", "null", "missing", "naive_time"):
        with call.emulator.faults.add(read({"kind": "drift", "what": what})):
            rough = await pinterest.boards.list(page_size=250)
        assert len(rough.items) == len(calm)


async def test_our_client_gets_through() -> None:
    faults = ["error:status=503,rate=0.1", "reset:rate=0.1", "html:rate=0.1", "truncated:rate=0.1"]
    async with (
        Emulator(quotas=None, faults=faults) as emulator,
        Pinterest(
            emulator.token,
            base_url=emulator.url,
            retry=Retry(attempts=12, base=0.0001, cap=0.001),
            limiter=InMemoryLimiter(),
        ) as pinterest,
    ):
        accounts = [one.id async for one in pinterest.ad_accounts.list(page_size=1)]
        for _ in range(10):
            again = [one.id async for one in pinterest.ad_accounts.list(page_size=1)]
            assert again == accounts
        assert sum(one.hits for one in emulator.faults) > 5
        with emulator.faults.add(RateLimited(reset=3600)), pytest.raises(RateLimitError):
            await pinterest.with_options(retry=Retry.off()).user_account.get()
