"""A checked call becomes exactly one request: encodings, fillings, and nothing lost on the way."""

import datetime as dt
import enum
from collections import deque
from collections.abc import Sequence
from types import MappingProxyType
from typing import Annotated, Any, Required, TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from pinterest_async._core.build import WireRequest, build_request
from pinterest_async._core.checks import check_call
from pinterest_async._core.operation import Body, Operation, Parameter


class Item(TypedDict, total=False):
    ad_account_id: Required[str]
    name: str


class Other(TypedDict, total=False):
    ad_account_id: Required[str]
    title: str


class Foreign(TypedDict, total=False):
    title: str


PIN_ID = Parameter(name="pin_id", type=str, required=True)


def operation(*query: Parameter, body: Body | None = None, path: str = "/pins") -> Operation[Any]:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    return Operation(
        id="things/do",
        namespace="things",
        name="do",
        method="POST" if body else "GET",
        path=path,
        answer=None,
        category="org_read",
        path_parameters=tuple(Parameter(name=one, type=str, required=True) for one in names),
        query=query,
        body=body,
    )


def target(one: Operation[Any], *path: Any, **query: Any) -> str:
    return build_request(one, path, query).target


def query_of(kind: Any, encoding: Any, value: Any) -> str:
    one = operation(Parameter(name="value", type=kind, encoding=encoding))
    return target(one, value=value).partition("?")[2]


def test_a_plain_call() -> None:
    get = operation(
        Parameter(name="ad_account_id", type=str),
        Parameter(name="pin_metrics", type=bool),
        path="/pins/{pin_id}",
    )
    assert build_request(get, ("813",), {"pin_metrics": True}) == WireRequest(
        "GET", "/pins/813?pin_metrics=true", None, None
    )
    assert target(get, "813") == "/pins/813"
    assert target(get, "813", pin_metrics=None) == "/pins/813"


def test_a_request_shows_itself_without_its_content() -> None:
    assert repr(WireRequest("POST", "/pins", b"SECRET", "text/plain")) == "<POST /pins>"


def test_the_declared_order_is_the_order_on_the_wire() -> None:
    one = operation(*(Parameter(name=name, type=str) for name in "cab"))
    assert target(one, a="1", b="2", c="3") == "/pins?c=3&a=1&b=2"


@pytest.mark.parametrize(
    ("value", "encoded"),
    [
        ("GB+IE", "GB%2BIE"),
        ("a b", "a%20b"),
        ("a-b_c.d~e", "a-b_c.d~e"),
        ("100%2F", "100%252F"),
        ("naïve", "na%C3%AFve"),
        ("a=b&c;d:e@f!$'()*,", "a%3Db%26c%3Bd%3Ae%40f%21%24%27%28%29%2A%2C"),
    ],
)
def test_percent_encoding_by_rfc_3986(value: str, encoded: str) -> None:
    one = operation(Parameter(name="q", type=str), path="/pins/{pin_id}/x")
    assert target(one, value, q=value) == f"/pins/{encoded}/x?q={encoded}"


def test_path_values_never_meet_one_another() -> None:
    one = operation(path="/a/{one}/b/{two}")
    assert target(one, "{two}", "5") == "/a/%7Btwo%7D/b/5"


class Color(enum.StrEnum):
    RED = "RED"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (0.5, "0.5"),
        (Color.RED, "RED"),
        (dt.date(2026, 1, 31), "2026-01-31"),
        (dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC), "2026-01-31T12%3A00%3A00Z"),
        (
            dt.datetime(2026, 1, 31, tzinfo=dt.timezone(dt.timedelta(hours=2))),
            "2026-01-31T00%3A00%3A00%2B02%3A00",
        ),
    ],
)
def test_single_values(value: Any, said: str) -> None:
    assert query_of(Any, "plain", value) == f"value={said}"


def test_lists() -> None:
    assert query_of(list[str], "comma", ["a", "b c"]) == "value=a,b%20c"
    assert query_of(list[int], "plain", (1, 2)) == "value=1,2"
    assert query_of(list[str], "repeated", ["a,b", "c"]) == "value=a%2Cb&value=c"
    assert query_of(list[Any], "comma", [Color.RED, dt.date(2026, 1, 31)]) == "value=RED,2026-01-31"


@given(
    st.lists(
        st.text(max_size=4)
        | st.sampled_from(["a,b", ",", "%2C", "IMPRESSION_1", "\u00fc", Color.RED])
        | st.integers()
        | st.booleans()
        | st.dates()
    )
)
def test_lists_are_quoted_value_by_value(values: list[Any]) -> None:
    one_by_one = [query_of(Any, "plain", value).partition("=")[2] for value in values]
    assert query_of(list[Any], "comma", values) == f"value={','.join(one_by_one)}"


def test_deep_objects() -> None:
    value = {
        "report": {"report_type": "ALL", "ids": ["1", "2"], "no": None},
        "catalog_type": "RETAIL",
    }
    assert query_of(dict[str, Any], "deep", value) == (
        "value%5Breport%5D%5Breport_type%5D=ALL"
        "&value%5Breport%5D%5Bids%5D=1&value%5Breport%5D%5Bids%5D=2"
        "&value%5Bcatalog_type%5D=RETAIL"
    )


def test_parameters_that_are_not_declared_come_last() -> None:
    one = operation(
        Parameter(name="a", type=str), Parameter(name="ids", type=list[str], encoding="comma")
    )
    query: dict[str, Any] = {
        "new one": [Color.RED, "b c", 5],
        "ids": ["1", "2"],
        "flag": True,
        "no": None,
        "deep": {"report": {"ids": ["1", "2"], "no": None}, "kind": "x"},
        "day": dt.date(2026, 1, 31),
        "a": "1",
    }
    assert target(one, **query) == (
        "/pins?a=1&ids=1,2&new%20one=RED,b%20c,5&flag=true"
        "&deep%5Breport%5D%5Bids%5D=1&deep%5Breport%5D%5Bids%5D=2&deep%5Bkind%5D=x"
        "&day=2026-01-31"
    )
    assert target(operation(), x="1") == "/pins?x=1"
    assert target(operation(), x=None) == "/pins"
    assert target(one, a=None, x=["p", "q"]) == "/pins?x=p,q"


def bodied(kind: Any, shape: Any, *from_path: str) -> Operation[Any]:
    return operation(
        body=Body(kind=shape, type=kind, from_path=from_path),
        path="/ad_accounts/{ad_account_id}/things",
    )


def sent(one: Operation[Any], body: Any = msgspec.UNSET) -> Any:
    request = build_request(one, ("7",), {}, body)
    assert request.content_type == "application/json"
    assert request.body is not None
    return msgspec.json.decode(request.body)


def test_absent_is_absent_and_none_is_null() -> None:
    assert sent(bodied(Item, "object"), {"name": None}) == {"name": None}
    assert sent(bodied(Item, "object")) == {}


def test_fields_that_repeat_the_path_are_filled_in() -> None:
    assert sent(bodied(Item, "object", "ad_account_id"), {"name": "x"}) == {
        "ad_account_id": "7",
        "name": "x",
    }
    assert sent(bodied(Item, "object", "ad_account_id"), {"ad_account_id": "8"}) == {
        "ad_account_id": "8"
    }


def test_items_are_filled_in_where_their_type_has_the_field() -> None:
    body = [{"name": "x"}, {"ad_account_id": "8"}]
    wanted = [{"ad_account_id": "7", "name": "x"}, {"ad_account_id": "8"}]
    bounded = Annotated[Sequence[Item], Meta(max_length=30)]
    for kind in (Sequence[Item], bounded, Sequence[Item | Other]):
        assert sent(bodied(kind, "array", "ad_account_id"), body) == wanted
    foreign = bodied(Sequence[Foreign], "array", "ad_account_id")
    assert sent(foreign, [{"title": "x"}]) == [{"title": "x"}]


def test_the_callers_body_is_left_as_it_was() -> None:
    items: list[Any] = [{"name": "x"}]
    sent(bodied(Sequence[Item], "array", "ad_account_id"), items)
    assert items == [{"name": "x"}]


class Text(str):
    __slots__ = ()


class Whole(int):
    pass


def test_kin_of_builtins_are_encoded_as_these() -> None:
    body = {
        "day": dt.date(2026, 1, 31),
        "text": Text("x"),
        "whole": Whole(5),
        "map": MappingProxyType({"a": 1}),
        "deque": deque([1]),
        "enum": Color.RED,
    }
    assert sent(bodied(Any, "union"), body) == {
        "day": "2026-01-31",
        "text": "x",
        "whole": 5,
        "map": {"a": 1},
        "deque": [1],
        "enum": "RED",
    }
    with pytest.raises(TypeError, match="object has no JSON form"):
        sent(bodied(Any, "union"), {"x": object()})


def test_forms() -> None:
    request = build_request(
        bodied(Any, "form"),
        ("7",),
        {},
        {"scope": ["ads:read", "boards:read"], "code": "a b+c", "refresh": True, "no": None},
    )
    assert request.content_type == "application/x-www-form-urlencoded"
    assert request.body == b"scope=ads%3Aread%2Cboards%3Aread&code=a+b%2Bc&refresh=true"


def test_objects_in_forms() -> None:
    body = {"new": {"a": ["1", "2"], "no": None}, "items": [{"b": True}]}
    request = build_request(bodied(Any, "form"), ("7",), {}, body)
    assert request.body == b"new%5Ba%5D=1&new%5Ba%5D=2&items%5Bb%5D=true"


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
SEGMENT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zs"]), min_size=1)


@given(SEGMENT, TEXT, st.lists(TEXT, min_size=1), st.lists(TEXT, min_size=1), st.booleans())
def test_parsing_gives_back_what_went_in(
    pin_id: str, plain: str, comma: list[str], repeated: list[str], flag: bool
) -> None:
    one = operation(
        Parameter(name="plain[]", type=str),
        Parameter(name="comma", type=list[str], encoding="comma"),
        Parameter(name="repeated", type=list[str], encoding="repeated"),
        Parameter(name="flag", type=bool),
        path="/pins/{pin_id}/x",
    )
    query = {"plain[]": plain, "comma": comma, "repeated": repeated, "flag": flag}
    if check_call(one, (pin_id,), query):
        return
    parts = urlsplit(build_request(one, (pin_id,), query).target)
    assert [unquote(part) for part in parts.path.split("/")] == ["", "pins", pin_id, "x"]
    assert parts.fragment == ""
    assert parse_qsl(parts.query, keep_blank_values=True) == [
        ("plain[]", plain),
        ("comma", ",".join(comma)),
        *(("repeated", one) for one in repeated),
        ("flag", "true" if flag else "false"),
    ]
    assert parts.query.isascii()
    ((_, joined),) = [pair for pair in parse_qsl(parts.query) if pair[0] == "comma"]
    assert joined.split(",") == comma


@given(st.dictionaries(TEXT, TEXT | st.integers() | st.none() | st.booleans()))
def test_encoding_is_the_same_for_the_same(body: dict[str, Any]) -> None:
    one = bodied(Any, "union")
    assert build_request(one, ("7",), {}, body) == build_request(one, ("7",), {}, dict(body))
    assert sent(one, body) == body


UNDECLARED = st.dictionaries(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]")),
    TEXT | st.integers() | st.booleans() | st.lists(TEXT.filter(bool), min_size=1),
)


@given(UNDECLARED)
def test_parsing_gives_back_what_was_not_declared(query: dict[str, Any]) -> None:
    one = operation(path="/pins")
    if check_call(one, (), query, strict=False):
        return
    sent_query = urlsplit(build_request(one, (), query).target).query
    assert sent_query.isascii()
    assert parse_qsl(sent_query, keep_blank_values=True) == [
        (name, joined(value)) for name, value in query.items()
    ]


def joined(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case [*items]:
            return ",".join(items)
        case _:
            return str(value)
