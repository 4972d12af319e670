"""One call from arguments to answer, on mocked answers: no socket, no sleep."""

# pyright: reportPrivateUsage=false
# The options of a client are kept in its private settings; nothing public shows them.

import asyncio
import warnings
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from multidict import CIMultiDict
from yarl import URL

from pinterest_async import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    DecodeError,
    DriftError,
    DriftWarning,
    InMemoryLimiter,
    InvalidCallError,
    MemoryStore,
    NotFoundError,
    NotInSandboxError,
    Page,
    Pinterest,
    RateLimitError,
    RefreshToken,
    ReportCostError,
    Retry,
    ServerError,
    SpamError,
    TokenStoreError,
)
from pinterest_async._core.operation import Body, Operation, Parameter

TOKEN = "pina_SECRETsecretSECRET123"
Make = Callable[..., Pinterest]
Op = Callable[..., Operation[Any]]
BASE = "https://api.test/v5"


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    size: int | None = None


@pytest.fixture
def get(op: Op) -> Operation[Any]:
    return op(
        id="things/get",
        path="/things/{thing_id}",
        answer=Thing,
        path_parameters=(Parameter(name="thing_id", type=str, required=True),),
        query=(Parameter(name="verbose", type=bool),),
    )


@pytest.fixture
def post(op: Op) -> Operation[Any]:
    return op(
        id="things/create",
        name="create",
        method="POST",
        answer=Thing,
        body=Body(kind="object", type=dict[str, Any]),
    )


async def test_an_answer_shows_itself_without_its_content(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/a", body=b'{"id": "pina_SECRET"}', headers={"x-pinterest-rid": "12"})
    answer = await make().send(get, "a")
    assert repr(answer) == "<Response 200 of things.get, 21 bytes, request id 12>"


async def test_each_request_is_logged_without_its_content(
    api: Any, make: Make, get: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(f"{BASE}/things/a?verbose=true", status=503, payload={"message": "SECRET"})
    api.get(f"{BASE}/things/a?verbose=true", payload={"id": "SECRET"})
    with caplog.at_level("DEBUG", "pinterest_async"):
        await make().send(get, "a", query={"verbose": True})
    first, _, last = caplog.messages
    assert first == "things.get: GET /things/a, attempt 1: status 503, request id None"
    assert last == "things.get: GET /things/a, attempt 2: status 200, request id None"
    assert TOKEN not in caplog.text
    assert "SECRET" not in first + last


async def test_a_request_without_an_answer_is_logged_too(
    api: Any, make: Make, get: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(f"{BASE}/things/a", exception=ConnectionResetError("gone"))
    with caplog.at_level("DEBUG", "pinterest_async"), pytest.raises(ConnectionFailedError):
        await make(retry=False).send(get, "a")
    [line] = caplog.messages
    assert line == "things.get: GET /things/a, attempt 1: lost, ConnectionResetError: gone"


async def test_the_whole_answer(api: Any, make: Make, get: Any, limiter: Any) -> None:
    headers = {"X-Pinterest-Rid": "1234", "x-ratelimit-remaining": "7"}
    api.get(f"{BASE}/things/a%20b?verbose=true", payload={"id": "a"}, headers=headers)
    answer = await make().send(get, "a b", query={"verbose": True})
    assert answer.data == Thing(id="a")
    assert (answer.status, answer.request_id, answer.attempts) == (200, "1234", 1)
    assert answer.raw == b'{"id": "a"}'
    assert answer.headers["x-pinterest-rid"] == "1234"
    assert answer.operation is get
    assert answer.rate == limiter.states[0]
    assert answer.rate.remaining == 7
    assert limiter.done == {"finished": 1}


async def test_the_request(api: Any, make: Make, post: Any) -> None:
    api.post(f"{BASE}/things", payload={"id": "a"}, status=201)
    await make().send(post, body={"title": None})
    (sent,) = api.sent
    headers: CIMultiDict[str] = CIMultiDict(sent["headers"])
    assert headers["Authorization"] == f"Bearer {TOKEN}"
    assert headers["Content-Type"] == "application/json"
    assert headers["Accept"] == "application/json"
    assert headers["User-Agent"].startswith("pinterest-async")
    assert sent["data"] == b'{"title":null}'
    assert sent["allow_redirects"] is False


async def test_what_the_limiter_gets(make: Make, op: Op, api: Any, limiter: Any) -> None:
    account = op(
        path="/ad_accounts/{ad_account_id}",
        path_parameters=(Parameter(name="ad_account_id", type=str, required=True),),
        category="ads_conversions",
    )
    api.get(f"{BASE}/ad_accounts/549", payload={}, repeat=True)
    client = make(access="trial", priority="background")
    await client.send(account, ad_account_id="549")
    await client.with_options(priority="interactive").send(account, ad_account_id="549")
    first, second = limiter.requests
    assert (first.category, first.operation_id) == ("ads_conversions", "things/get")
    assert (first.ad_account_id, first.access) == ("549", "trial")
    assert (first.priority, second.priority) == ("background", "interactive")
    assert first.max_wait == 10_800
    assert first.subject == second.subject
    assert TOKEN not in repr(first)
    assert "SECRET" not in first.subject


async def test_a_faulty_call_spends_nothing(make: Make, get: Any, limiter: Any) -> None:
    with pytest.raises(InvalidCallError, match="unknown parameter"):
        await make().send(get, "1", query={"verbos": True})
    with pytest.raises(InvalidCallError, match="thing_id: is required"):
        await make().send(get)
    with pytest.raises(InvalidCallError, match="thing_id: holds one of"):
        await make().send(get, "../x")
    assert limiter.requests == []


async def test_the_sandbox_refuses_what_it_lacks(
    make: Make, get: Any, api: Any, limiter: Any
) -> None:
    lacking = msgspec.structs.replace(get, sandbox=False)
    client = make(base_url=None, environment="sandbox")
    with pytest.raises(NotInSandboxError, match=r"things\.get: .*environment='production'"):
        await client.send(lacking, "1")
    assert limiter.requests == []
    api.get("https://api-sandbox.pinterest.com/v5/things/1", payload={"id": "1"})
    assert (await client.send(get, "1")).status == 200


async def test_production_is_the_default(make: Make, get: Any, api: Any) -> None:
    api.get("https://api.pinterest.com/v5/things/1", payload={"id": "1"})
    assert (await make(base_url=None).send(get, "1")).status == 200


async def test_the_timeout_of_a_token_store_is_not_taken_for_the_deadline(
    make: Make, get: Any
) -> None:
    class Slow(MemoryStore):
        async def load(self) -> None:
            raise TimeoutError("the store did not answer")

    auth = RefreshToken("app", "secret", "pinr_x", store=Slow())
    with pytest.raises(TokenStoreError, match="the store did not answer"):
        await make(auth=auth, timeout=60).send(get, "1")


# Scope defaults


@pytest.fixture
def nested(op: Op) -> Operation[Any]:
    return op(
        path="/ad_accounts/{ad_account_id}/things/{thing_id}",
        path_parameters=(
            Parameter(name="ad_account_id", type=str, required=True),
            Parameter(name="thing_id", type=str, required=True),
        ),
        query=(Parameter(name="ad_account_id", type=str),),
    )


async def test_scope_defaults_fill_the_path_and_not_the_query(
    api: Any, make: Make, nested: Any
) -> None:
    api.get(f"{BASE}/ad_accounts/549/things/1", payload={})
    account = make().with_options(ad_account_id="549")
    answer = await account.send(nested, "1", query={"ad_account_id": None})
    assert answer.status == 200
    assert api.urls == [f"{BASE}/ad_accounts/549/things/1"]


async def test_an_argument_takes_precedence_over_the_scope(
    api: Any, make: Make, nested: Any
) -> None:
    api.get(f"{BASE}/ad_accounts/7/things/1", payload={})
    await make(ad_account_id="549").send(nested, "1", ad_account_id="7")


async def test_an_id_that_nobody_supplies_is_asked_for(make: Make, nested: Any) -> None:
    with pytest.raises(InvalidCallError, match=r"ad_account_id: is required; .*with_options"):
        await make().send(nested, "1")
    with pytest.raises(InvalidCallError, match=r"thing_id: is required; pass thing_id$"):
        await make(ad_account_id="549").send(nested)


async def test_views_share_everything_but_their_options(make: Make) -> None:
    client = make()
    view = client.with_options(business_id="1", retry=False).with_options(ad_account_id="2")
    assert view._settings.scope == {"business_id": "1", "ad_account_id": "2"}
    assert view._settings.retry == Retry.off()
    assert client._settings.scope == {"business_id": None, "ad_account_id": None}
    assert view._dispatcher is client._dispatcher
    assert view.limits is client.limits
    assert view.boards is not client.boards
    assert view.with_options(ad_account_id=None)._settings.scope["ad_account_id"] is None
    await view.aclose()
    assert not client.pool.closed


# Answers


async def test_an_empty_answer_where_none_is_expected(api: Any, make: Make, get: Any) -> None:
    nothing = msgspec.structs.replace(get, answer=None, method="DELETE")
    api.delete(f"{BASE}/things/1", status=204, body=b"")
    answer = await make().send(nothing, "1")
    assert (answer.data, answer.status, answer.raw) == (None, 204, b"")


@pytest.mark.parametrize("body", [b"<html>", b'{"id": ', b"\xff"])
async def test_an_answer_that_is_no_json_keeps_its_body_and_is_not_retried(
    api: Any, make: Make, get: Any, body: bytes
) -> None:
    api.get(f"{BASE}/things/1", body=body, headers={"x-pinterest-rid": "rid"})
    with pytest.raises(DecodeError, match=r"things\.get: the answer cannot be read") as caught:
        await make().send(get, "1")
    assert (caught.value.body, caught.value.status) == (body, 200)
    assert (caught.value.request_id, caught.value.attempts) == ("rid", 1)


async def test_drift_warns_once_for_each_operation_and_field(
    api: Any, make: Make, get: Any
) -> None:
    api.get(f"{BASE}/things/1", payload={"id": 5, "size": "L"}, repeat=True)
    client = make()
    with pytest.warns(DriftWarning) as caught:
        answer = await client.send(get, "1")
    assert (answer.data.id, answer.data.size) == (5, "L")
    assert sorted(str(one.message)[:18] for one in caught) == [
        "things.get: id sho",
        "things.get: size s",
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        await client.send(get, "1")
        await client.with_options(timeout=9).send(get, "1")


async def test_drift_can_raise(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/1", payload={"id": None})
    with pytest.raises(DriftError, match="id should be str and is null") as caught:
        await make(on_drift="raise").send(get, "1")
    assert caught.value.data.id is None
    assert caught.value.body == b'{"id": null}'


async def test_drift_can_be_ignored(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/1", payload={})
    answer = await make(on_drift="ignore").send(get, "1")
    assert answer.data.id is None


async def test_unknown_fields_are_no_drift(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/1", payload={"id": "1", "new": [1]})
    assert (await make(on_drift="raise").send(get, "1")).data == Thing(id="1")


# Refusals and retries


async def test_an_error_carries_what_is_known(api: Any, make: Make, get: Any, limiter: Any) -> None:
    api.get(
        f"{BASE}/things/1",
        status=404,
        payload={"code": 50, "message": "Pin not found."},
        headers={"X-Pinterest-Rid": "99"},
    )
    with pytest.raises(NotFoundError) as caught:
        await make().send(get, "1")
    error = caught.value
    assert (error.status, error.code, error.message) == (404, 50, "Pin not found.")
    assert (error.request_id, error.attempts, error.operation) == ("99", 1, get)
    assert error.category == "org_read"
    assert limiter.done == {"finished": 1}


async def test_a_read_is_tried_again_with_growing_pauses(
    api: Any, make: Make, get: Any, time: Any, limiter: Any
) -> None:
    for _ in range(3):
        api.get(f"{BASE}/things/1", status=500)
    api.get(f"{BASE}/things/1", payload={"id": "1"})
    answer = await make().send(get, "1")
    assert answer.attempts == 4
    assert time.slept == [0.5, 1.0, 2.0]
    assert limiter.done == {"finished": 4}


async def test_it_gives_up_with_the_last_error(api: Any, make: Make, get: Any, time: Any) -> None:
    api.get(f"{BASE}/things/1", status=520, repeat=True)
    with pytest.raises(ServerError, match=r"status 520, after 3 attempts") as caught:
        await make(retry=Retry(attempts=3)).send(get, "1")
    assert caught.value.attempts == 3
    assert time.slept == [0.5, 1.0]


async def test_retries_off(api: Any, make: Make, get: Any) -> None:
    for status in (500, 429):
        api.get(f"{BASE}/things/1", status=status)
        with pytest.raises((ServerError, RateLimitError)) as caught:
            await make().with_options(retry=False).send(get, "1")
        assert caught.value.attempts == 1


async def test_a_write_is_not_repeated_after_a_fault_of_the_server(
    api: Any, make: Make, post: Any
) -> None:
    api.post(f"{BASE}/things", status=500, repeat=True)
    with pytest.raises(ServerError) as caught:
        await make().send(post, body={})
    assert caught.value.attempts == 1


async def test_a_write_is_repeated_after_a_429(
    api: Any, make: Make, post: Any, limiter: Any, time: Any
) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "42"}
    api.post(f"{BASE}/things", status=429, payload={"code": 8, "message": "slow"}, headers=headers)
    api.post(f"{BASE}/things", payload={"id": "1"})
    answer = await make().send(post, body={})
    assert answer.attempts == 2
    assert limiter.frozen == [42.0]
    assert time.slept == []  # the frozen bucket makes it wait


async def test_a_429_without_headers_freezes_longer_each_time(
    api: Any, make: Make, get: Any, limiter: Any
) -> None:
    for _ in range(4):
        api.get(f"{BASE}/things/1", status=429)
    api.get(f"{BASE}/things/1", payload={"id": "1"})
    assert (await make().send(get, "1")).attempts == 5
    assert limiter.frozen == [1.0, 1.0, 2.0, 4.0]


@pytest.mark.parametrize(
    ("headers", "frozen"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "0"}, [1.0, 1.0, 2.0]),
        ({"Retry-After": "0"}, [1.0, 1.0, 2.0]),
        ({"Retry-After": "9" * 400}, [86_400.0]),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1764035000000"}, [86_400.0]),
    ],
)
async def test_a_429_that_names_nonsense_neither_hurries_nor_stops_for_ever(
    headers: dict[str, str], frozen: list[float], api: Any, make: Make, get: Any, limiter: Any
) -> None:
    api.get(f"{BASE}/things/1", status=429, headers=headers, repeat=True)
    with pytest.raises(RateLimitError):
        await make(retry=Retry(refusals=2)).send(get, "1")
    assert limiter.frozen == frozen


async def test_refusals_have_a_bound_of_their_own(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/1", status=429, repeat=True)
    with pytest.raises(RateLimitError) as caught:
        await make(retry=Retry(attempts=2, refusals=5)).send(get, "1")
    assert caught.value.attempts == 6


async def test_a_wait_beyond_the_bound_is_an_error_at_once(
    api: Any, make: Make, get: Any, limiter: Any
) -> None:
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "67150"}
    api.get(f"{BASE}/things/1", status=429, headers=headers)
    with pytest.raises(RateLimitError) as caught:
        await make().send(get, "1")
    assert (caught.value.wait, caught.value.attempts) == (67150.0, 1)
    assert limiter.frozen == [67150.0]


async def test_the_cost_limit_of_reports_is_waited_for_without_freezing(
    api: Any, make: Make, post: Any, limiter: Any, time: Any
) -> None:
    message = {
        "code": 2726,
        "message": "Reporting query cost limit exceeded. Retry after 3 seconds",
    }
    api.post(f"{BASE}/things", status=429, payload=message)
    api.post(f"{BASE}/things", status=400, payload={**message, "code": 1})
    api.post(f"{BASE}/things", payload={"id": "1"})
    await make().send(post, body={})
    assert time.slept == [3.5, 3.5]
    assert limiter.frozen == []
    api.post(f"{BASE}/things", status=429, payload=message)
    with pytest.raises(ReportCostError) as caught:
        await make(retry=False).send(post, body={})
    assert caught.value.wait == 3.0


async def test_a_long_pause_that_pinterest_names_is_told_once(
    api: Any, make: Make, post: Any, get: Any, time: Any, caplog: pytest.LogCaptureFixture
) -> None:
    for seconds in (4, 30, 40):
        message = f"Reporting query cost limit exceeded. Retry after {seconds} seconds"
        api.post(f"{BASE}/things", status=429, payload={"code": 2726, "message": message})
    api.post(f"{BASE}/things", payload={"id": "1"})
    for _ in range(3):
        api.get(f"{BASE}/things/1", status=500)
    api.get(f"{BASE}/things/1", payload={"id": "1"})
    with caplog.at_level("WARNING", "pinterest_async"):
        await make().send(post, body={})
        await make(retry=Retry(base=8.0)).send(get, "1")  # long, but nobody's quota
    assert time.slept == [4.5, 30.5, 40.5, 8.0, 16.0, 30.0]
    [line] = caplog.messages
    assert line.startswith("things.create: Reporting query cost limit exceeded.")
    assert line.endswith("Next attempt in 30.50 s.")


async def test_a_program_at_the_end_of_a_quota_says_what_it_waits_for(
    api: Any, make: Make, get: Any, loop_time: Any, settle: Any, caplog: pytest.LogCaptureFixture
) -> None:
    api.get(f"{BASE}/things/1", payload={"id": "1"}, repeat=True)
    limiter = InMemoryLimiter(quotas={"org_read": (1, 60.0)}, clock=lambda: loop_time.now)
    client = make(limiter=limiter)
    with caplog.at_level("WARNING", "pinterest_async"):
        await client.send(get, "1")
        waiting = asyncio.ensure_future(client.send(get, "1"))
        await settle()
        loop_time.advance(5.1)
        await settle()
        [line] = caplog.messages
        assert not waiting.done()
        loop_time.advance(56)
        assert (await waiting).status == 200
    assert line == (
        "A call has waited 5 s for quota of org_read, and will wait about 55 s more. "
        "Waiting for it: 1. Timeout(max_wait=...) bounds such waits."
    )
    assert caplog.messages == [line]


async def test_spam_is_not_repeated(api: Any, make: Make, post: Any, limiter: Any) -> None:
    api.post(f"{BASE}/things", status=429, payload={"code": 8, "message": "This is spam"})
    with pytest.raises(SpamError):
        await make().send(post, body={})
    assert limiter.frozen == []


async def test_the_spurious_400_is_tried_again_once(
    api: Any, make: Make, get: Any, time: Any
) -> None:
    message = {"code": 1, "message": "You can only get data from the last 90 days"}
    api.get(f"{BASE}/things/1", status=400, payload=message, repeat=True)
    with pytest.raises(Exception, match="90 days") as caught:
        await make().send(get, "1")
    assert getattr(caught.value, "attempts", 0) == 2
    assert time.slept == [1.5]


async def test_an_expired_fixed_token_is_an_error_at_once(api: Any, make: Make, get: Any) -> None:
    api.get(
        f"{BASE}/things/1", status=401, payload={"code": 2, "message": "Authentication failed."}
    )
    with pytest.raises(AuthenticationError, match="new access token") as caught:
        await make().send(get, "1")
    assert caught.value.attempts == 1


async def test_app_credentials_are_asked_for_where_needed(make: Make, op: Op, limiter: Any) -> None:
    with pytest.raises(ConfigurationError, match="credentials of an app"):
        await make().send(op(schemes=("basic",)))
    assert limiter.requests == []


async def test_a_page_answer(api: Any, make: Make, op: Op) -> None:
    listing = op(answer=Page[Thing], paged=True)
    api.get(f"{BASE}/things", payload={"items": [{"id": "1"}], "bookmark": "b"})
    assert (await make().send(listing)).data == Page(items=[Thing(id="1")], bookmark="b")


async def test_clients_without_a_limiter_share_one() -> None:
    one, other = Pinterest("pina_a"), Pinterest("pina_b")
    assert one.limits is other.limits
    assert one.pool is not other.pool


def test_a_client_shows_no_token() -> None:
    client = Pinterest(TOKEN)
    assert TOKEN not in repr(client) + repr(client._dispatcher) + repr(vars(client))
    assert repr(client) == "<Pinterest at https://api.pinterest.com/v5, AccessToken([redacted])>"


async def test_the_target_is_sent_as_built(api: Any, make: Make, get: Any) -> None:
    api.get(URL(f"{BASE}/things/a%2Bb%20c%25", encoded=True), payload={"id": "1"})
    assert (await make().send(get, "a+b c%")).status == 200


async def test_a_view_leaves_answers_undecoded(api: Any, make: Make, get: Any) -> None:
    api.get(f"{BASE}/things/7", body=b'{"id": "7", "size": "large"}', repeat=True)
    view = make(on_drift="raise").undecoded()
    response = await view.send(get, "7")
    assert (response.status, response.raw) == (200, b'{"id": "7", "size": "large"}')
    read: Any = response.data
    with pytest.raises(DriftError, match="size"):
        read()
    lenient: Any = (await make(on_drift="ignore").undecoded().send(get, "7")).data
    assert (await asyncio.to_thread(lenient)).id == "7"
    assert (await view.with_options(on_drift="ignore").send(get, "7")).data != response.data
