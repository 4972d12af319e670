"""A way around: endpoints without a method, parameters without a type, methods sent whole."""

import json
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from pinterest_async import (
    ConfigurationError,
    InvalidCallError,
    NotFoundError,
    Page,
    Pager,
    Pinterest,
    Response,
    ServerError,
)

Make = Callable[..., Pinterest]
BASE = "https://api.test/v5"
BOARD = {"id": "7", "name": "Lamps", "owner": {"username": "ann"}, "privacy": "PUBLIC"}


class Thing(msgspec.Struct):
    id: str


def untyped(value: Any) -> Any:
    """The value, for what type checkers would refuse."""
    return value


async def test_an_endpoint_without_a_method(api: Any, make: Make, limiter: Any) -> None:
    api.get(f"{BASE}/new/things?page=2&kinds=A,B%26C", payload={"any": [1]})
    query = {"page": 2, "kinds": ["A", "B&C"], "absent": None}
    assert await make().request("GET", "/new/things", query=query) == {"any": [1]}
    assert [one.category for one in limiter.requests] == ["org_read"]
    assert limiter.done == {"finished": 1}


async def test_an_answer_of_a_type(api: Any, make: Make) -> None:
    api.get(f"{BASE}/new/things/a%20b", payload={"id": "a", "more": 1})
    assert await make().request("GET", "/new/things/a b", answer=Thing) == Thing("a")


async def test_bodies(api: Any, make: Make) -> None:
    client = make()
    api.post(f"{BASE}/new", payload={}, repeat=True)
    await client.request("POST", "/new", json={"name": None})
    await client.request("POST", "/new", json=[1])
    await client.request("POST", "/new", form={"name": "a b", "all": True})
    await client.request("POST", "/new")
    assert [one["data"] for one in api.sent] == [
        b'{"name":null}',
        b"[1]",
        b"name=a+b&all=true",
        None,
    ]
    kinds = [one["headers"].get("Content-Type") for one in api.sent]
    form = "application/x-www-form-urlencoded"
    assert kinds == ["application/json", "application/json", form, None]


async def test_pages(api: Any, make: Make) -> None:
    api.get(f"{BASE}/new?size=1", payload={"items": [{"id": "1"}], "bookmark": "b"}, repeat=True)
    api.get(f"{BASE}/new?size=1&bookmark=b", payload={"items": [{"id": "2"}], "bookmark": None})
    pager = make().request("GET", "/new", query={"size": 1}, answer=Thing, paged=True)
    assert isinstance(pager, Pager)
    assert await pager.collect() == [Thing("1"), Thing("2")]
    page = await pager
    assert isinstance(page, Page)
    assert repr(pager) == "<Pager of GET /new, limit=None, read_ahead=False>"


@pytest.mark.parametrize(
    ("method", "path", "category"),
    [
        ("GET", "/ad_accounts/1/new", "ads_read"),
        ("POST", "/ad_accounts/1/new", "ads_write"),
        ("GET", "/ad_accounts/1/new/analytics", "ads_analytics"),
        ("POST", "/ad_accounts/1/reports", "ads_analytics"),
        ("POST", "/ad_accounts/1/events", "ads_conversions"),
        ("PATCH", "/catalogs/feeds/1", "catalogs_write"),
        ("GET", "/trends/new/US", "trends_read"),
        ("GET", "/pins/1/analytics", "org_analytics"),
        ("DELETE", "/boards/1", "org_write"),
        ("GET", "/businesses/1/new", "ads_read"),
        ("POST", "/advanced_auction/items/new", "advanced_auction_write"),
    ],
)
async def test_the_likely_category(
    api: Any, make: Make, limiter: Any, method: Any, path: str, category: str
) -> None:
    api.add(method, f"{BASE}{path}", payload={})
    await make().request(method, path)
    assert [one.category for one in limiter.requests] == [category]


async def test_a_category_of_ones_own(api: Any, make: Make, limiter: Any) -> None:
    api.get(f"{BASE}/new", payload={})
    await make().request("GET", "/new", category="ads_read")
    assert [one.category for one in limiter.requests] == ["ads_read"]


async def test_reads_are_retried_and_writes_are_not(api: Any, make: Make) -> None:
    api.get(f"{BASE}/new", status=503)
    api.get(f"{BASE}/new", payload={"ok": True})
    assert await make().request("GET", "/new") == {"ok": True}
    api.post(f"{BASE}/new", status=503, repeat=True)
    with pytest.raises(ServerError) as caught:
        await make().request("POST", "/new", json={})
    assert caught.value.attempts == 1
    assert str(caught.value).startswith("POST /new: ")


async def test_errors_are_those_of_other_calls(api: Any, make: Make) -> None:
    api.get(f"{BASE}/new", status=404, payload={"code": 50, "message": "Not there."})
    with pytest.raises(NotFoundError, match="GET /new: Not there"):
        await make().request("GET", "/new")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"path": "new"}, "path: is not a path below /v5; begin with one slash"),
    ({"path": "https://elsewhere.example/new"}, "path: is not a path below /v5"),
    ({"path": "//elsewhere.example"}, "path: is not a path below /v5"),
    ({"path": "/new?a=1"}, "path: holds a query or a fragment; pass query=... instead"),
    ({"path": "/new/{id}"}, "path: has a placeholder; put the id in its place"),
    ({"path": "/a/../b"}, "path: has a dot segment"),
    ({"path": "/a\n"}, "path: holds a control"),
    ({"path": 7}, "path: expected str, got int"),
    ({"method": "HEAD"}, "method: is not a method of the API; pass one of GET"),
    ({"json": {}, "form": {}}, "form: is given beside json; pass one of them"),
    ({"json": {"a": float("nan")}}, "a: is not finite"),
    ({"query": {"a": object()}}, "a: expected a JSON value"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
async def test_what_cannot_be_sent_is_refused(
    api: Any, make: Make, changes: dict[str, Any], words: str
) -> None:
    call = {"method": "POST", "path": "/new", **changes}
    with pytest.raises(InvalidCallError) as caught:
        await untyped(make()).request(call.pop("method"), call.pop("path"), **call)
    assert words in str(caught.value)
    assert api.sent == []


# Beside what a method knows


async def test_parameters_beside_those_of_the_method(api: Any, make: Make) -> None:
    view = make().with_options(extra_query={"new": ["a", "b"], "other": True})
    api.get(f"{BASE}/boards/7?new=a,b&other=true", payload=BOARD)
    assert (await view.boards.get("7")).name == "Lamps"


async def test_fields_beside_those_of_the_body(api: Any, make: Make) -> None:
    view = make().with_options(extra_body={"new": 1}, ad_account_id="1")
    api.post(f"{BASE}/boards", payload=BOARD)
    await view.boards.create(name="Lamps")
    assert json.loads(api.sent[0]["data"]) == {"name": "Lamps", "new": 1}
    api.add("PATCH", f"{BASE}/ad_accounts/1/campaigns", payload={"items": []})
    await view.campaigns.update([{"id": "1"}, {"id": "2"}])
    sent = json.loads(api.sent[1]["data"])
    assert [(one["id"], one["new"]) for one in sent] == [("1", 1), ("2", 1)]


async def test_a_view_of_a_view_keeps_them_and_none_takes_them_away(api: Any, make: Make) -> None:
    view = make().with_options(extra_query={"new": 1}).with_options(retry=False)
    api.get(f"{BASE}/boards/7?new=1", payload=BOARD)
    await view.boards.get("7")
    api.get(f"{BASE}/boards/7", payload=BOARD)
    await view.with_options(extra_query=None).boards.get("7")


async def test_fields_for_a_call_without_a_body_are_refused(api: Any, make: Make) -> None:
    view = make().with_options(extra_body={"new": 1})
    with pytest.raises(InvalidCallError, match="extra_body: is not taken by this operation"):
        await view.boards.get("7")
    with pytest.raises(InvalidCallError, match=r"extra_body\.new: is not finite"):
        await make().with_options(extra_body={"new": float("inf")}).boards.create(name="x")
    assert api.sent == []


@pytest.mark.parametrize("extra", [[1], "text", {1: 2}])
def test_extras_are_named(make: Make, extra: Any) -> None:
    with pytest.raises(ConfigurationError, match="extra_query is not a mapping of names"):
        make().with_options(extra_query=extra)


# The whole answer of a method


async def test_a_method_sent_whole(api: Any, make: Make) -> None:
    client = make()
    api.get(f"{BASE}/boards/7", payload=BOARD, headers={"x-pinterest-rid": "12"})
    answer = await client.send(client.boards.get, "7")
    assert isinstance(answer, Response)
    assert (answer.data.name, answer.request_id, answer.status) == ("Lamps", "12", 200)
    assert answer.operation is client.boards.get.operation


async def test_a_method_without_data_sent_whole(api: Any, make: Make) -> None:
    client = make()
    api.delete(f"{BASE}/boards/7", status=204, headers={"x-pinterest-rid": "12"})
    answer = await client.send(client.boards.delete, "7")
    assert (answer.data, answer.request_id, answer.status) == (None, "12", 204)


async def test_the_first_page_of_a_list_sent_whole(api: Any, make: Make) -> None:
    client = make()
    api.get(f"{BASE}/boards?page_size=1", payload={"items": [BOARD], "bookmark": "b"})
    answer = await client.send(client.boards.list, page_size=1)
    assert ([one.id for one in answer.data], answer.data.bookmark) == (["7"], "b")


async def test_a_method_of_a_view_is_sent_with_its_options(api: Any, make: Make) -> None:
    client = make()
    view = client.with_options(ad_account_id="1")
    api.get(f"{BASE}/ad_accounts/1/ssio/accounts", payload={"currency": "USD"})
    assert (await client.send(view.insertion_orders.accounts)).data.currency == "USD"


async def test_only_methods_and_operations_are_sent(make: Make) -> None:
    with pytest.raises(TypeError, match="takes an operation or a method of a namespace"):
        await untyped(make()).send(len, "7")


# How strictly calls are checked


async def test_lenient_calls_let_pass_what_the_description_lacks(api: Any, make: Make) -> None:
    strict = make(ad_account_id="1")
    lenient = strict.with_options(check="lenient")
    body: Any = {"name": "Lamps", "privacy": "NEIGHBOURS", "colour": "red"}
    with pytest.raises(InvalidCallError) as caught:
        await untyped(strict.boards).create(**body)
    assert [problem.field for problem in caught.value.problems] == ["privacy", "colour"]
    api.post(f"{BASE}/boards", payload=BOARD)
    await lenient.boards.create(**body)
    assert json.loads(api.sent[0]["data"]) == body
    with pytest.raises(InvalidCallError, match="name: is required"):
        await untyped(lenient.boards).create()
    api.get(f"{BASE}/ad_accounts/1/campaigns/x", payload={})
    with pytest.raises(InvalidCallError, match="campaign_id: must be digits only"):
        await strict.campaigns.get("x")


@pytest.mark.parametrize("check", ["loose", None, True])
def test_there_are_two_ways_to_check(make: Make, check: Any) -> None:
    with pytest.raises(ConfigurationError, match="check is"):
        make(check=check)
