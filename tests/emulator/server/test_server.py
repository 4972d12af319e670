"""Through real sockets: what is refused and how, what is answered, what is remembered."""

import subprocess
import sys
from typing import Any

import pytest
from aiohttp import ClientSession, web
from emulator.bench import Caller, Clock

from pinterest_async import AuthenticationError, Pinterest
from pinterest_async.emulator import Emulator, HttpRequest, HttpResponse
from pinterest_async.emulator.contract.description import ApiOperation

PIN = "813744226420795884"
IMAGE = {"source_type": "image_url", "url": "https://example.com/a.png"}


async def test_our_own_client_gets_typed_answers(call: Caller) -> None:
    async with Pinterest(call.emulator.token, base_url=call.emulator.url) as pinterest:
        account = await pinterest.user_account.get()
        assert account.username
        stranger = Pinterest("pina_other", base_url=call.emulator.url, pool=pinterest.pool)
        with pytest.raises(AuthenticationError):
            await stranger.pins.get(PIN)


@pytest.mark.parametrize(
    ("method", "target", "options", "refusal", "named"),
    [
        ("GET", "/nothing", {}, (404, 404), "/nothing"),
        ("PUT", f"/pins/{PIN}", {}, (405, 5), "PUT"),
        ("GET", "/pins/word", {}, (400, 1), "pin_id"),
        ("GET", "/boards?pagesize=3", {}, (400, 1), "pagesize"),
        ("GET", "/boards?page_size=0", {}, (400, 1), "page_size"),
        ("GET", "/boards?page_size=251", {}, (400, 1), "page_size"),
        ("GET", "/boards?page_size=ten", {}, (400, 1), "page_size"),
        ("GET", "/boards?page_size=1&page_size=2", {}, (400, 1), "page_size"),
        ("GET", "/boards?privacy=OPEN", {}, (400, 1), "privacy"),
        ("GET", f"/pins/{PIN}?pin_metrics=1", {}, (400, 1), "pin_metrics"),
        ("GET", f"/pins/{PIN}?ad_account_id=%FF", {}, (400, 1), "ad_account_id"),
        ("GET", "/ad_accounts/1/analytics?end_date=2026-01-01", {}, (400, 1), "start_date"),
        ("GET", f"/pins/{PIN}", {"json": {}}, (400, 1), "body"),
        ("POST", "/pins", {}, (400, 1), "body"),
        ("POST", "/pins", {"data": b"{}"}, (400, 1), "Content-Type"),
        ("POST", "/pins", {"json": []}, (400, 1), "body"),
        ("POST", "/pins", {"json": {"board_id": 1}}, (400, 1), "board_id"),
        ("POST", "/pins", {"json": {"media_source": IMAGE, "tittle": "x"}}, (400, 1), "tittle"),
        (
            "POST",
            "/pins",
            {"json": {"media_source": {"source_type": "image_url"}}},
            (400, 1),
            "url",
        ),
        ("POST", "/pins", {"json": {"media_source": IMAGE | {"x": 1}}}, (400, 1), "media_source.x"),
        (
            "POST",
            "/pins",
            {"json": {"media_source": {"source_type": "x"}}},
            (400, 1),
            "source_type",
        ),
        ("POST", "/ad_accounts/1/campaigns", {"json": []}, (400, 1), "body"),
        ("POST", "/ad_accounts/1/campaigns", {"json": [{"name": "x"}]}, (400, 1), "[0]."),
    ],
)
async def test_what_does_not_fit_is_refused(
    call: Caller,
    method: str,
    target: str,
    options: dict[str, Any],
    refusal: tuple[int, int],
    named: str,
) -> None:
    said = await call(method, target, **options)
    assert said.error == refusal
    assert named in said.json["message"]


@pytest.mark.parametrize(
    ("target", "body", "named"),
    [
        ("/catalogs/items/batch", "items", "items[150].zz:"),
        ("/ad_accounts/1/events", "data", "data[150].zz:"),
        ("/catalogs/items/batch", "language", "language:"),
    ],
)
async def test_the_wrong_one_of_many_items_is_named(
    call: Caller, target: str, body: str, named: str
) -> None:
    item: dict[str, Any] = {"item_id": "x", "operation": "DELETE"}
    if target.endswith("events"):
        user = {"em": ["0" * 64]}
        item = {"event_name": "lead", "action_source": "web", "event_time": 1, "event_id": "1"}
        item["user_data"] = user
        sent: dict[str, Any] = {"data": [item] * 300}
    else:
        sent = {"catalog_type": "RETAIL", "country": "US", "language": "en-US"}
        sent["items"] = [item] * 300
    right = await call("POST", target, json=sent)
    assert "[" not in right.text.decode()[:60], right.text
    if isinstance(sent[body], list):
        sent[body][150] = item | {"zz": 1}
    else:
        sent[body] = 7
    said = await call("POST", target, json=sent)
    assert said.error == (400, 1)
    assert said.json["message"].startswith(named)


@pytest.mark.parametrize("ids", ["campaign_ids=12,34", "campaign_ids=12&campaign_ids=34"])
async def test_ids_are_repeated_or_joined(call: Caller, ids: str) -> None:
    await call("GET", f"/ad_accounts/1/campaigns?{ids}")
    assert call.emulator.calls("campaigns.list")[0].query["campaign_ids"] == ["12", "34"]


@pytest.mark.parametrize(
    "columns", ["IMPRESSION_1,SPEND_IN_DOLLAR", "IMPRESSION_1%2CSPEND_IN_DOLLAR"]
)
async def test_a_list_is_joined_by_commas_escaped_or_not(call: Caller, columns: str) -> None:
    target = "/ad_accounts/1/analytics?start_date=2026-01-01&end_date=2026-01-02&granularity=DAY"
    await call("GET", f"{target}&columns={columns}")
    twice = "&".join(f"columns={one}" for one in columns.replace("%2C", ",").split(","))
    assert (await call("GET", f"{target}&{twice}")).error == (400, 1)
    (record, _) = call.emulator.calls("ad_accounts.analytics")
    assert record.query["columns"] == ["IMPRESSION_1", "SPEND_IN_DOLLAR"]


async def test_the_log_tells_what_was_asked(call: Caller, clock: Clock) -> None:
    await call("GET", f"/pins/{PIN}")
    await call("POST", "/pins", json={"tittle": 1})
    await call("GET", "/nothing")
    (record,) = call.emulator.calls("pins.get")
    assert (record.method, record.path, record.user) == ("GET", f"/pins/{PIN}", call.emulator.user)
    assert record.query == {"pin_metrics": False}
    assert record.when == clock.now
    assert [one.operation for one in call.emulator.calls()] == ["pins.get", "pins.create", ""]
    assert call.emulator.calls("pins.create")[0].status == 400


class Drowsy:
    """Answers the first request itself, and changes how the second is sent."""

    def __init__(self) -> None:
        self._seen = 0

    def before(self, operation: ApiOperation, incoming: HttpRequest) -> HttpResponse | None:
        self._seen += 1
        assert operation.id == "user_account/get"
        assert incoming.target == "/user_account"
        return HttpResponse(status=503, body=b"asleep") if self._seen == 1 else None

    def after(
        self, operation: ApiOperation, incoming: HttpRequest, answer: HttpResponse
    ) -> HttpResponse:
        del operation, incoming
        answer.deliver = _half
        return answer


async def _half(request: web.BaseRequest, answer: HttpResponse) -> web.StreamResponse:
    del request
    return web.Response(status=answer.status, body=answer.body[:10])


async def test_a_long_query_is_read(call: Caller) -> None:
    ids = ",".join(str(10**17 + n) for n in range(250))
    target = f"/ad_accounts/1/campaigns/analytics?campaign_ids={ids}&columns={'A' * 9000}"
    said = await call("GET", f"{target}&start_date=2026-06-01&end_date=2026-06-02&granularity=DAY")
    assert said.error == (400, 1)
    assert "columns[0]" in said.json["message"]


async def test_the_error_of_a_wrong_method_names_the_right_ones(call: Caller) -> None:
    assert (await call("PUT", f"/pins/{PIN}")).headers["Allow"] == "DELETE, GET, PATCH"


async def test_hooks_stand_before_and_after(call: Caller) -> None:
    call.emulator.hooks.append(Drowsy())
    first = await call("GET", "/user_account")
    second = await call("GET", "/user_account")
    assert (first.status, first.text) == (503, b"asleep")
    assert (second.status, len(second.text)) == (200, 10)


async def test_it_starts_again_where_it_stopped(session: ClientSession) -> None:
    emulator = Emulator()
    for _ in range(2):
        async with emulator:
            call = Caller(emulator, session)
            assert (await call("GET", "/user_account")).status == 200
    assert len(emulator.calls("user_account.get")) == 2


async def test_a_port_in_use_leaves_nothing_open() -> None:
    async with Emulator() as first:
        port = int(first.url.split(":")[2].split("/")[0])
        with pytest.raises(OSError, match="address already in use"):
            await Emulator(port=port).start()


async def test_answers_carry_request_ids(call: Caller) -> None:
    ids = [(await call("GET", "/user_account")).headers["x-pinterest-rid"] for _ in range(5)]
    assert len(set(ids)) == 5


def test_a_missing_extra_is_named() -> None:
    script = "import sys; sys.modules['rstr'] = None; import pinterest_async.emulator"
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert ran.stderr.splitlines()[-1] == (
        "ImportError: the emulator needs rstr: pip install 'pinterest-async[emulator]'"
    )


async def test_rows_by_the_hour_fit_the_description(call: Caller) -> None:
    accounts = await call("GET", "/ad_accounts")
    account = accounts.json["items"][0]["id"]
    said = await call(
        "GET",
        f"/ad_accounts/{account}/analytics?start_date=2026-06-07&end_date=2026-06-08"
        "&granularity=HOUR&columns=SPEND_IN_MICRO_DOLLAR",
    )
    assert said.status == 200, said.text
    assert [row["DATE"] for row in said.json[:2]] == ["2026-06-07T00:00:00", "2026-06-07T01:00:00"]


def test_accounts_are_as_large_as_asked_for() -> None:
    sizes = [len(Emulator(accounts=12, ads=ads).world.table("ads")) for ads in (0, 5, 50)]
    assert sizes[0] == 0
    assert 12 * 3 < sizes[1] < 12 * 8
    assert 12 * 30 < sizes[2] < 12 * 80
